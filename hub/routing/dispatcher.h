/* SPDX-License-Identifier: Apache-2.0 */
/* dispatcher.h: the small wheel: due deliveries to free workers, outcomes to the store. Per endpoint: a share of workers, order per dossier,
 * back-off, circuit breaker. Memory is bounded; the backlog is on disk. Also runs collect on its schedule. */
#pragma once

#include "routing/canary.h"
#include "routing/intake.h"
#include "routing/plan.h"

typedef struct _LtDispatcher LtDispatcher;
/** lt_dispatcher_new: @store and @intake borrowed; @n_workers: threads that run verbs; more when there are more endpoints, so
 * that each always has one. Does nothing before the first plan */
LtDispatcher *lt_dispatcher_new(LtStore *store, LtIntake *intake, guint n_workers);
/** lt_dispatcher_set_plan: from now on; deliveries in flight finish under theirs. Those that wait for an endpoint that is no longer there
 * are held (`delivery.no-endpoint`). @watch: changed endpoints that have 'canary' are watched */
void lt_dispatcher_set_plan(LtDispatcher *self, LtPlan *plan, gboolean watch);
/* Trouble with an endpoint begins or ends: once each. Borrowed. */
typedef struct {
    const char *endpoint;
    gboolean begins;
    guint count;        /* deliveries that wait for it */
    const char *code;   /* nullable: dossier of the delivery that showed it */
    const char *reason; /* nullable: of the failure; NULL when it ends */
} LtAlert;
/** lt_dispatcher_on_alert: before the first plan: who is told, on a worker's thread */
void lt_dispatcher_on_alert(LtDispatcher *self, void (*alert)(gpointer data, const LtAlert *alert), gpointer data);
/** lt_dispatcher_on_canary: before the first plan: who is told, on a worker's thread, that a watched endpoint does worse than the one before */
void lt_dispatcher_on_canary(LtDispatcher *self, void (*failed)(gpointer data, const LtCanaryVerdict *verdict), gpointer data);
/** lt_dispatcher_offer: (element-type LtDelivery): new deliveries just committed, with their message in memory: the fast path */
void lt_dispatcher_offer(LtDispatcher *self, GPtrArray *deliveries, LtMessage *message);
/** lt_dispatcher_wake: something changed on disk for this endpoint (released, resent, confirmed out of turn) */
void lt_dispatcher_wake(LtDispatcher *self, const char *endpoint);
/** lt_dispatcher_wake_all: it changed for any of them (a re-organisation) */
void lt_dispatcher_wake_all(LtDispatcher *self);
/** lt_dispatcher_stop: lets verbs in flight finish up to @grace_us, cancels the rest, joins */
void lt_dispatcher_stop(LtDispatcher *self, gint64 grace_us);
void lt_dispatcher_free(LtDispatcher *self);

/* For health and metrics: one per endpoint. */
typedef struct {
    char *endpoint;
    const char *breaker;       /* "closed", "open", "probing" */
    guint in_flight, queued;   /* queued: in memory, those in flight included */
    guint stuck;               /* verbs that run on past their deadline */
    gboolean behind;           /* there are more on disk than in memory */
    guint64 delivered, failed, refused, held, collected;
    guint64 recent_delivered, recent_failed; /* of the last five minutes */
    gint64 last_success_us, last_failure_us, retry_at_us; /* UTC; 0: never */
    char *last_reason;
} LtEndpointHealth;
/** lt_dispatcher_health: Returns: (transfer full) (element-type LtEndpointHealth) */
GPtrArray *lt_dispatcher_health(LtDispatcher *self);

/* By an operator; recorded with who did it. Errors: NOT_FOUND `delivery.unknown`; CONFLICT `delivery.state` when its state does not allow it,
 * or has just changed. They wait for the commit. */
gboolean lt_dispatcher_release(LtDispatcher *self, gint64 delivery, const char *actor, GError **error);
gboolean lt_dispatcher_refuse(LtDispatcher *self, gint64 delivery, const char *actor, GError **error);
gboolean lt_dispatcher_resend(LtDispatcher *self, gint64 delivery, const char *actor, GError **error);
