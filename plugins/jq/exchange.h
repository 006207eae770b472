/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.h: what maps see of a message and of an answer, and what they say of a request. */
#pragma once

#include <lienthong/plugin.h>

#include "value.h"

/** exchange_header_value: Returns: the message's header as maps see it */
jv exchange_header_value(LtMessage *message);
/**
 * exchange_message_value:
 * @content_max: most bytes of attachments that are given as base64; 0: their description only
 *
 * Errors: TOO_LARGE `map.attachments`, UNAVAILABLE `map.attachment`, those of lt_json_check()
 *
 * Returns: {header, payload, attachments}; invalid on error
 */
jv exchange_message_value(LtMessage *message, gint64 content_max, GError **error);
/** exchange_body_value: Returns: parsed when it is JSON that the hub takes, as text when it is UTF-8, else null */
jv exchange_body_value(GBytes *body);
/** exchange_reply_value: Returns: {status, headers, body} */
jv exchange_reply_value(LtReply *reply);
/** exchange_is_page: HTML where no browser asked: a sign-in page, a proxy's error */
gboolean exchange_is_page(LtReply *reply);
/** exchange_set_nonsense: UNAVAILABLE `reply.nonsense`: what the map said, and why the body is no JSON, if it is none */
void exchange_set_nonsense(LtReply *reply, const GError *cause, GError **error);
/**
 * exchange_request_of:
 * @output: {method, path, query, headers, body | form}
 *
 * Errors: CONFIG `map.output`
 */
LtRequest *exchange_request_of(jv output, GError **error);
