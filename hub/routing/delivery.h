/* SPDX-License-Identifier: Apache-2.0 */
/* delivery.h: what becomes of a delivery: state × event → state and record word, back-off, and the suggested fix of a held one.
 * Tables and pure functions: what is kept stands in store/deliveries.h, who runs it in dispatcher.h. */
#pragma once

#include "store/deliveries.h"

/**
 * LtDeliveryEvent:
 * @LT_EVENT_ARRIVED: the other side has it
 * @LT_EVENT_RECEIPTED: the other side has answered: a receipt, or a message with `re` to this one
 * @LT_EVENT_POSTPONED: an attempt failed and will be tried again
 * @LT_EVENT_STUCK: an attempt failed and a person must look
 * @LT_EVENT_REFUSED: the other side said no, finally
 * @LT_EVENT_RELEASED: an operator lets a held or refused one go on
 * @LT_EVENT_GIVEN_UP: an operator refuses it, or no hub took it before it expired
 * @LT_EVENT_WITHDRAWN: the sender took the message back
 * @LT_EVENT_RESENT: an operator has it handed over once more
 */
typedef enum {
    LT_EVENT_ARRIVED = 1,
    LT_EVENT_RECEIPTED,
    LT_EVENT_POSTPONED,
    LT_EVENT_STUCK,
    LT_EVENT_REFUSED,
    LT_EVENT_RELEASED,
    LT_EVENT_GIVEN_UP,
    LT_EVENT_WITHDRAWN,
    LT_EVENT_RESENT,
} LtDeliveryEvent;
#define LT_EVENT_LAST LT_EVENT_RESENT

typedef struct {
    LtDeliveryState from;
    LtDeliveryEvent event;
    LtDeliveryState to;
    const char *record; /* event of the audit log; of failed attempts the store writes the first, every tenth and the last of a series */
} LtDeliveryRule;
const LtDeliveryRule *lt_delivery_rules(gsize *n_rules);
/** lt_delivery_rule: NULL when the event has no meaning in this state */
const LtDeliveryRule *lt_delivery_rule(LtDeliveryState state, LtDeliveryEvent event);
const char *lt_delivery_event_word(LtDeliveryEvent event);

/** lt_delivery_outcome: the event that an attempt's error means: refuse → REFUSED, postpone → POSTPONED, hold → STUCK; NULL → ARRIVED */
LtDeliveryEvent lt_delivery_outcome(const GError *error);

/** lt_delivery_backoff: microseconds to wait after @attempts failures: exponential from @first_us, capped, then shortened by up to a
 * half with @dice (0 … 2^32−1). @retry_after_s ≥ 0 wins, lengthened by up to a tenth so that not all come back at once */
gint64 lt_delivery_backoff(guint attempts, guint32 dice, gint64 retry_after_s, gint64 first_us, gint64 cap_us);

/**
 * lt_delivery_intervene:
 * @event: RELEASED, GIVEN_UP or RESENT
 * @actor: who; a user's UUID, or the unit of the hub
 * @endpoint: (out): whose delivery it was
 *
 * What an operator may do to a delivery, written and recorded; waits for the commit. The dispatcher must be told after it.
 *
 * Errors: NOT_FOUND `delivery.unknown`; CONFLICT `delivery.state`
 */
gboolean lt_delivery_intervene(LtStore *store, gint64 delivery, LtDeliveryEvent event, const char *actor, char **endpoint, GError **error);

typedef struct {
    const char *reason; /* exact, or a prefix that ends in `.` */
    const char *cause;  /* "data", "mapping", "outage", "bug" */
    const char *fix_vi, *fix_en;
} LtDeliveryAdvice;
const LtDeliveryAdvice *lt_delivery_advices(gsize *n_advices);
/** lt_delivery_advice: the row with this reason, else with the longest prefix of it, else the last row (a bug of ours); never NULL */
const LtDeliveryAdvice *lt_delivery_advice(const char *reason);
/** lt_delivery_cause_text: what a cause means, for people: "vi" or "en" */
const char *lt_delivery_cause_text(const char *cause, const char *language);
