/* SPDX-License-Identifier: Apache-2.0 */
/* breaker.h: when an endpoint is left alone. After so many different deliveries in a row have failed it rests; then one probe at a
 * time goes out, and the first that succeeds reopens it. One delivery that fails again and again counts once: a poisoned
 * dossier does not stop its neighbours. Pure: the caller brings the time. */
#pragma once

#include <glib.h>

#define LT_BREAKER_MOST 64 /* failures in a row that are told apart; more are not needed to know that a system is down */

typedef enum { LT_BREAKER_CLOSED, LT_BREAKER_OPEN, LT_BREAKER_PROBING } LtBreakerState;

typedef struct {
    guint limit;             /* failures in a row */
    gint64 rest_us, cap_us;  /* first rest; it doubles with each failed probe up to the cap */
    LtBreakerState state;
    gint64 failed[LT_BREAKER_MOST]; /* deliveries that failed since the last success */
    guint n_failed;
    guint n_rests;
    gint64 retry_at_us;      /* end of the rest, monotonic */
} LtBreaker;

void lt_breaker_init(LtBreaker *self, guint limit, gint64 rest_us, gint64 cap_us);
/** lt_breaker_may_send: closed, or open and rested: then the next lt_breaker_sent() is the probe */
gboolean lt_breaker_may_send(const LtBreaker *self, gint64 now_us);
void lt_breaker_sent(LtBreaker *self);
/** lt_breaker_succeeded: the system answered, be it with a refusal. Returns: %TRUE if it was open until now */
gboolean lt_breaker_succeeded(LtBreaker *self);
void lt_breaker_failed(LtBreaker *self, gint64 delivery, gint64 now_us);
/** lt_breaker_skipped: the probe came to nothing, neither good nor bad (cancelled, or failed on our side) */
void lt_breaker_skipped(LtBreaker *self);
const char *lt_breaker_word(const LtBreaker *self);
