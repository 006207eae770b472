/* SPDX-License-Identifier: Apache-2.0 */
/* delivery.h: what becomes of a delivery: state × event → state and record word, back-off, and the suggested fix of a held one. Tables and pure functions. */
#pragma once

#include "store/deliveries.h"

typedef enum {
    LT_EVENT_ARRIVED = 1, LT_EVENT_RECEIPTED, LT_EVENT_POSTPONED, LT_EVENT_STUCK, LT_EVENT_REFUSED, LT_EVENT_RELEASED, LT_EVENT_GIVEN_UP, LT_EVENT_WITHDRAWN,
    LT_EVENT_RESENT,
} LtDeliveryEvent;
typedef struct { LtDeliveryState from; LtDeliveryEvent event; LtDeliveryState to; const char *record; } LtDeliveryRule;
const LtDeliveryRule *lt_delivery_rules(gsize *n_rules);
/** lt_delivery_rule: NULL when the event has no meaning in this state */
const LtDeliveryRule *lt_delivery_rule(LtDeliveryState state, LtDeliveryEvent event);
/** lt_delivery_backoff: microseconds to wait after @attempts failures: exponential, capped, with jitter from @dice (0 … 2^32−1). @retry_after_s ≥ 0 wins */
gint64 lt_delivery_backoff(guint attempts, guint32 dice, gint64 retry_after_s, gint64 first_us, gint64 cap_us);
typedef struct { const char *reason; const char *cause; const char *fix_vi, *fix_en; } LtDeliveryAdvice;
const LtDeliveryAdvice *lt_delivery_advice(const char *reason);
