/* SPDX-License-Identifier: Apache-2.0 */
/* exchange-private.h: an exchange as its own files see it: exchange.c (the way of a request), admission.c (who and how much), reply.c (the answer). */
#pragma once

#include "http/server-private.h"

typedef struct {
    char *name, *value;
} Field;

struct _LtExchange {
    gint refs;
    LtHttpThread *thread;
    LtGuard *guard;
    SoupServerMessage *message;     /* borrowed while the message owns us; owned from lt_exchange_later() to lt_exchange_answer() */
    guint site;
    gboolean is_operator;
    const LtHttpRoute *route;
    LtRegistry *registry;
    LtCaller caller;
    char *peer;
    gboolean has_caller;
    char *params[LT_ROUTE_MAX_PARAMS];
    GHashTable *query;
    LtUpload *upload;
    GByteArray *collected;
    GBytes *body;
    gint64 began_us;
    gboolean replied, sent, finished, fed_up;

    guint status;
    char *media_type;
    GBytes *answer;
    GInputStream *stream;
    guint64 stream_left;
    GArray *fields;                 /* of Field */
};

/** lt_exchange_admit: caller, limits and route, before a body is read. Errors: what the caller is to be told */
gboolean lt_exchange_admit(LtExchange *self, GError **error);
/** lt_exchange_send: gives what was replied to libsoup; once */
void lt_exchange_send(LtExchange *self);
/** lt_exchange_refuse_at_once: answers without waiting for the body; what still comes of it is thrown away */
void lt_exchange_refuse_at_once(LtExchange *self, const GError *error, gint64 index);
