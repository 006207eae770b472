/* SPDX-License-Identifier: Apache-2.0 */
/* intervention.c: what an operator may do to a delivery: let it go on, refuse it, hand it over once more. Recorded with who did it. */
#include "routing/dispatcher-private.h"

#include <string.h>

#include "base/uuid.h"

gboolean
lt_delivery_intervene(LtStore *store, gint64 id, LtDeliveryEvent event, const char *actor, char **endpoint, GError **error)
{
    g_autoptr(LtDelivery) delivery = lt_store_get_delivery(store, id, error);
    const LtDeliveryRule *rule = delivery != NULL ? lt_delivery_rule(delivery->state, event) : NULL;
    const char *reason = event == LT_EVENT_GIVEN_UP ? "delivery.by-operator" : NULL;
    LtSettlement settlement;

    *endpoint = NULL;
    if (delivery == NULL)
        return FALSE;
    if (rule == NULL) {
        lt_error_set(error, LT_ERROR_CONFLICT, "delivery.state", "delivery %" G_GINT64_FORMAT " is %s: it cannot be %s", id,
                     lt_delivery_state_word(delivery->state), lt_delivery_event_word(event));
        return FALSE;
    }
    settlement = (LtSettlement) {
        .delivery = id,
        .expected = delivery->state,
        .state = rule->to,
        .record_event = rule->record,
        .attempts = rule->to == LT_DELIVERY_WAITING ? 0 : delivery->attempts,
        .reason = reason,
        .cause = reason != NULL ? lt_delivery_advice(reason)->cause : NULL,
        .actor_kind = lt_uuid_is_v4(actor, strlen(actor)) ? "user" : "hub",
        .actor = actor,
    };
    *endpoint = g_strdup(delivery->endpoint);
    return lt_store_settle_wait(store, &settlement, error);
}

static gboolean
intervene(LtDispatcher *self, gint64 id, LtDeliveryEvent event, const char *actor, GError **error)
{
    g_autofree char *endpoint = NULL;

    if (!lt_delivery_intervene(self->store, id, event, actor, &endpoint, error))
        return FALSE;
    lt_dispatcher_wake(self, endpoint);
    return TRUE;
}

gboolean
lt_dispatcher_release(LtDispatcher *self, gint64 delivery, const char *actor, GError **error)
{
    return intervene(self, delivery, LT_EVENT_RELEASED, actor, error);
}

gboolean
lt_dispatcher_refuse(LtDispatcher *self, gint64 delivery, const char *actor, GError **error)
{
    return intervene(self, delivery, LT_EVENT_GIVEN_UP, actor, error);
}

gboolean
lt_dispatcher_resend(LtDispatcher *self, gint64 delivery, const char *actor, GError **error)
{
    return intervene(self, delivery, LT_EVENT_RESENT, actor, error);
}
