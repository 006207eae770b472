/* SPDX-License-Identifier: Apache-2.0 */
/* acknowledgement.c: a unit without a system of its own says that it has taken an envelope out of its inbox. What it sees is what
 * waits for it: another unit's delivery is not found, not forbidden. */
#include "routing/intake-private.h"

#include <string.h>

#include "base/error.h"
#include "routing/delivery.h"

typedef struct {
    char *unit;
    LtIntakeDone done;
    gpointer data;
    GMainContext *context;
    LtSettlement settlement;
    GError *error; /* of an answer without a write */
} Acknowledgement;

static void
finish(Acknowledgement *self, GError *error)
{
    LtAnswer *answer = g_new0(LtAnswer, 1);

    answer->status = error != NULL ? lt_error_http_status(error) : 204;
    answer->error = error;
    answer->index = -1;
    self->done(self->data, answer);
    g_main_context_unref(self->context);
    g_free(self->unit);
    g_free(self);
}

static void
settled(gpointer data, const GError *error)
{
    finish(data, error != NULL ? g_error_copy(error) : NULL);
}

static gboolean
finish_late(gpointer data)
{
    Acknowledgement *self = data;

    finish(self, g_steal_pointer(&self->error));
    return G_SOURCE_REMOVE;
}

static void
finish_without_write(Acknowledgement *self, GError *error)
{
    g_autoptr(GSource) source = g_idle_source_new();

    self->error = error;
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, finish_late, self, NULL);
    g_source_attach(source, self->context);
}

/* The one in this unit's inbox that still waits, else any that is over; NULL: there is none. */
static LtDelivery *
find_in_inbox(LtStore *store, const char *unit, const char *from, const char *id, GError **error)
{
    LtDeliveryQuery query = { .endpoint = LT_ROUTE_INBOX, .message_id = id, .limit = 256 };
    g_autoptr(GPtrArray) deliveries = lt_store_list_deliveries(store, &query, error);
    LtDelivery *found = NULL;

    for (guint i = 0; deliveries != NULL && i < deliveries->len; i++) {
        LtDelivery *delivery = deliveries->pdata[i];

        if (strcmp(delivery->from, from) != 0 || strcmp(delivery->receiver, unit) != 0)
            continue;
        if (found == NULL || delivery->state == LT_DELIVERY_WAITING)
            found = delivery;
    }
    if (deliveries != NULL && found == NULL)
        lt_error_set(error, LT_ERROR_NOT_FOUND, "inbox.unknown", "no such envelope in this inbox");
    return found != NULL ? lt_delivery_ref(found) : NULL;
}

void
lt_intake_acknowledge(LtIntake *self, const LtCaller *caller, const char *from, const char *id, LtIntakeDone done, gpointer data,
                      GMainContext *context)
{
    Acknowledgement *act = g_new0(Acknowledgement, 1);
    GError *error = NULL;
    g_autoptr(LtDelivery) delivery = find_in_inbox(self->options.store, caller->unit, from, id, &error);
    const LtDeliveryRule *rule;

    act->unit = g_strdup(caller->unit);
    act->done = done;
    act->data = data;
    act->context = g_main_context_ref(context);
    if (delivery == NULL) {
        finish_without_write(act, error);
        return;
    }
    rule = lt_delivery_rule(delivery->state, LT_EVENT_ARRIVED);
    if (rule == NULL) {
        finish_without_write(act, NULL);
        return;
    }
    act->settlement = (LtSettlement) {
        .delivery = delivery->id, .expected = delivery->state, .state = rule->to, .record_event = rule->record,
        .attempts = delivery->attempts + 1, .actor_kind = "unit", .actor = act->unit,
    };
    lt_store_settle(self->options.store, &act->settlement, settled, act, context);
}
