/* SPDX-License-Identifier: Apache-2.0 */
/* intervention.c: what an operator may do to a delivery: let it go on, refuse it, hand it over once more. Recorded with who did it. */
#include "routing/dispatcher-private.h"

static gboolean
intervene(LtDispatcher *self, gint64 id, LtDeliveryEvent event, const char *reason, const char *actor, GError **error)
{
    g_autoptr(LtDelivery) delivery = lt_store_get_delivery(self->store, id, error);
    const LtDeliveryRule *rule;
    LtSettlement settlement;

    if (delivery == NULL)
        return FALSE;
    rule = lt_delivery_rule(delivery->state, event);
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
        .actor_kind = "user",
        .actor = actor,
    };
    if (!lt_store_settle_wait(self->store, &settlement, error))
        return FALSE;
    lt_dispatcher_wake(self, delivery->endpoint);
    return TRUE;
}

gboolean
lt_dispatcher_release(LtDispatcher *self, gint64 delivery, const char *actor, GError **error)
{
    return intervene(self, delivery, LT_EVENT_RELEASED, NULL, actor, error);
}

gboolean
lt_dispatcher_refuse(LtDispatcher *self, gint64 delivery, const char *actor, GError **error)
{
    return intervene(self, delivery, LT_EVENT_GIVEN_UP, "delivery.by-operator", actor, error);
}

gboolean
lt_dispatcher_resend(LtDispatcher *self, gint64 delivery, const char *actor, GError **error)
{
    return intervene(self, delivery, LT_EVENT_RESENT, NULL, actor, error);
}
