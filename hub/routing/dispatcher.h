/* SPDX-License-Identifier: Apache-2.0 */
/* dispatcher.h: the small wheel: due deliveries to free workers, outcomes to the store. Per endpoint: a share of workers, order per dossier, back-off, circuit
 * breaker. Memory is bounded; the backlog is on disk. Also runs collect on its schedule. */
#pragma once

#include "routing/plan.h"
#include "routing/intake.h"

typedef struct _LtDispatcher LtDispatcher;
LtDispatcher *lt_dispatcher_new(LtStore *store, LtIntake *intake, guint n_workers);
/** lt_dispatcher_set_plan: from now on; deliveries in flight finish under theirs */
void lt_dispatcher_set_plan(LtDispatcher *self, LtPlan *plan);
/** lt_dispatcher_offer: new deliveries just committed, with their message in memory: the fast path */
void lt_dispatcher_offer(LtDispatcher *self, GPtrArray *deliveries, LtMessage *message);
/** lt_dispatcher_wake: something changed on disk for this endpoint (released, resent) */
void lt_dispatcher_wake(LtDispatcher *self, const char *endpoint);
/** lt_dispatcher_stop: lets verbs in flight finish up to @grace_us, cancels the rest, joins */
void lt_dispatcher_stop(LtDispatcher *self, gint64 grace_us);
void lt_dispatcher_free(LtDispatcher *self);

/* For health and metrics: one per endpoint. */
typedef struct {
    char *endpoint;
    const char *breaker;       /* "closed", "open", "probing" */
    guint in_flight, queued, stuck;
    guint64 delivered, failed, refused, held, collected;
    gint64 last_success_us, last_failure_us, retry_at_us;
    char *last_reason;
} LtEndpointHealth;
GPtrArray *lt_dispatcher_health(LtDispatcher *self);

/* By an operator; recorded with who did it. */
gboolean lt_dispatcher_release(LtDispatcher *self, gint64 delivery, const char *actor, GError **error);
gboolean lt_dispatcher_refuse(LtDispatcher *self, gint64 delivery, const char *actor, GError **error);
gboolean lt_dispatcher_resend(LtDispatcher *self, gint64 delivery, const char *actor, GError **error);
