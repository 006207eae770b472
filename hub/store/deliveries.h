/* SPDX-License-Identifier: Apache-2.0 */
/* deliveries.h: one message under way to one endpoint. What event leads to what state is decided in routing/delivery.c; here it is kept. */
#pragma once

#include "store/store.h"

typedef enum {
    LT_DELIVERY_WAITING = 1, LT_DELIVERY_DELIVERED, LT_DELIVERY_CONFIRMED, LT_DELIVERY_HELD, LT_DELIVERY_REFUSED, LT_DELIVERY_WITHDRAWN,
} LtDeliveryState;

typedef struct {
    gint64 id;               /* row id: also the order of arrival */
    gint64 message;          /* row id of the message */
    char *message_id, *from, *to, *type, *dossier, *code, *manifest; /* copied for lists; dossier and code nullable */
    char *endpoint;
    char *receiver;          /* unit that it goes to: `to`, or its successor */
    guint64 plan;
    LtDeliveryState state;
    guint attempts;
    gint64 created_us, not_before_us, changed_us;
    char *reason;            /* nullable: last error's reason */
    char *cause;             /* nullable: "data", "mapping", "outage", "bug": of a held one */
    char *text;              /* nullable: last error's text, for people; never content */
} LtDelivery;
LtDelivery *lt_delivery_ref(LtDelivery *self);
void lt_delivery_unref(LtDelivery *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtDelivery, lt_delivery_unref)
const char *lt_delivery_state_word(LtDeliveryState state);

typedef struct {
    gint64 delivery;
    LtDeliveryState expected;   /* state it must have now, else CONFLICT */
    LtDeliveryState state;      /* new */
    const char *record_event;   /* "delivery.arrived", … or NULL when only attempts change */
    guint attempts;
    gint64 not_before_us;
    const char *reason, *cause, *text;
    GBytes *receipt;            /* nullable: what the other side answered, verbatim */
    const char *receipt_type;
    const char *actor_kind, *actor; /* who did it: "hub" and own unit, or a user */
} LtSettlement;
/** lt_store_settle: new state, receipt, dossier event, records: one transaction. Makes the receipt `failed` when all deliveries of the message are over without success. */
void lt_store_settle(LtStore *self, const LtSettlement *settlement, LtStoreDone done, gpointer data, GMainContext *context);
gboolean lt_store_settle_wait(LtStore *self, const LtSettlement *settlement, GError **error);

/* Lists; keyset paging by id, oldest first. */
typedef struct {
    const char *endpoint, *unit /* from or to */, *dossier, *code, *message_id;
    LtDeliveryState state;   /* 0: any */
    gint64 after;            /* id */
    guint limit;
} LtDeliveryQuery;
GPtrArray *lt_store_list_deliveries(LtStore *self, const LtDeliveryQuery *query, GError **error);
LtDelivery *lt_store_get_delivery(LtStore *self, gint64 id, GError **error);
/** lt_store_get_answer: newest answer of the other side, verbatim; *type: (out) (nullable). Errors: NOT_FOUND `delivery.answer` */
GBytes *lt_store_get_answer(LtStore *self, gint64 delivery, char **type, GError **error);

/**
 * lt_store_due_deliveries: WAITING ones of an endpoint, in order of id, whose not_before has come, and before which no unfinished (WAITING or HELD)
 * one of the same dossier stands at the same endpoint.
 * @after: id from which to go on; @next_us: (out): earliest not_before among those that are not due yet, or 0
 */
GPtrArray *lt_store_due_deliveries(LtStore *self, const char *endpoint, gint64 now_us, gint64 after, guint limit, gint64 *next_us, GError **error);

typedef struct { char *endpoint; guint64 waiting, held; gint64 oldest_us; } LtEndpointBacklog;
GPtrArray *lt_store_backlogs(LtStore *self, GError **error);

/* Built-in inbox: WAITING deliveries to the endpoint "inbox" for a unit, by cursor: what was acknowledged is gone from it. */
GPtrArray *lt_store_inbox(LtStore *self, const char *unit, gint64 after, guint limit, GError **error);
