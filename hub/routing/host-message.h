/* SPDX-License-Identifier: Apache-2.0 */
/* host-message.h: messages, requests and answers as bodies of frames: written on one side of a plugin host, read on the other. */
#pragma once

#include "base/message.h"
#include "routing/headers.h"
#include <lienthong/link.h>

#define LT_HOST_ENVELOPE G_MAXUINT32 /* the part that is the container itself */

/** lt_host_write_message: "(ssssmsm(sss)xxxsa(sssts))"; its payload travels as data */
GVariant *lt_host_write_message(LtMessage *message);
/** lt_host_read_message: @source: static; @data: (transfer full) */
LtMessage *lt_host_read_message(GVariant *body, GBytes *payload, const LtMessageSource *source, gpointer data);
/** lt_host_write_headers: "a(ss)" */
GVariant *lt_host_write_headers(const LtHeaderList *headers);
void lt_host_read_request_headers(GVariant *headers, LtRequest *request);
void lt_host_read_reply_headers(GVariant *headers, LtReply *reply);
/** lt_host_write_built: body of SUBMIT. *data: (out) (transfer full): payload and attachments, one after the other */
GVariant *lt_host_write_built(LtMessageBuilder *message, GBytes **data);
/** lt_host_read_built: Errors: INTERNAL `plugin.protocol` when sizes and data do not fit */
LtMessageBuilder *lt_host_read_built(GVariant *body, GBytes *data, GError **error);
