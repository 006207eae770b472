/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.h: one request and its one answer, as a resource sees them.
 *
 * A resource reads path and query, knows who calls, and replies once: at once, or later from a completion on the same thread. It never touches libsoup. A route that is
 * marked `worker` runs in a thread of its own and may block.
 */
#pragma once

#include "http/caller.h"
#include "http/server.h"

typedef struct _LtExchange LtExchange;

const LtHttpParts *lt_exchange_get_parts(LtExchange *self);
/** lt_exchange_get_caller: Returns: (nullable): NULL on routes that ask for no unit */
const LtCaller *lt_exchange_get_caller(LtExchange *self);
/** lt_exchange_get_registry: the units as they were when the request came */
LtRegistry *lt_exchange_get_registry(LtExchange *self);
/** lt_exchange_get_param: @index: which `{…}` of the path, from 0 */
const char *lt_exchange_get_param(LtExchange *self, guint index);
/** lt_exchange_get_query: Returns: (nullable): unescaped value */
const char *lt_exchange_get_query(LtExchange *self, const char *name);
/** lt_exchange_get_number: a query value in digits; @otherwise when absent. Sets %LT_ERROR_INVALID `http.parameter` */
gboolean lt_exchange_get_number(LtExchange *self, const char *name, guint64 otherwise, guint64 most, guint64 *value, GError **error);
/** lt_exchange_get_body: of routes that take BYTES or JSON; never NULL */
GBytes *lt_exchange_get_body(LtExchange *self);
const char *lt_exchange_get_header(LtExchange *self, const char *name);
const char *lt_exchange_get_method(LtExchange *self);
/** lt_exchange_is_operators: may details of an error be told */
gboolean lt_exchange_is_operators(LtExchange *self);

/* One of these, once. @body and @error are borrowed. */
void lt_exchange_reply(LtExchange *self, guint status, const char *media_type, GBytes *body);
void lt_exchange_reply_text(LtExchange *self, guint status, const char *media_type, char *text /* transfer full */);
void lt_exchange_reply_stream(LtExchange *self, const char *media_type, GInputStream *stream, guint64 size);
/** lt_exchange_fail: also in place of an answer that was replied and has not left */
void lt_exchange_fail(LtExchange *self, const GError *error);
/** lt_exchange_fail_full: @index: log entry or -1; @id: (nullable): message or dossier; @faults: (nullable): told on the operator's site only */
void lt_exchange_fail_full(LtExchange *self, const GError *error, gint64 index, const char *id, GPtrArray *faults);
void lt_exchange_set_header(LtExchange *self, const char *name, const char *value);

/** lt_exchange_later: the answer comes from a completion on this thread's context. Returns: (transfer full): given back to lt_exchange_answer() */
LtExchange *lt_exchange_later(LtExchange *self);
/** lt_exchange_answer: (transfer full) @self: sends what was replied */
void lt_exchange_answer(LtExchange *self);
GMainContext *lt_exchange_get_context(LtExchange *self);
/** lt_exchange_steal_upload: the envelope that came as body */
LtUpload *lt_exchange_steal_upload(LtExchange *self);
