/* SPDX-License-Identifier: Apache-2.0 */
/* dispatcher-private.h: the dispatcher's inside, shared by dispatcher.c (threads and plan), port.c (what one endpoint has under way),
 * attempt.c (one verb and its outcome) and intervention.c (operators). One lock guards everything here. */
#pragma once

#include "routing/breaker.h"
#include "routing/delivery.h"
#include "routing/dispatcher.h"
#include "routing/lane.h"

typedef struct {
    LtDelivery *delivery;
    LtMessage *message; /* nullable */
} Offer;

#define LT_PORT_MINUTES 5

/* Outcomes of one minute. */
typedef struct {
    gint64 minute;
    guint64 delivered, failed;
} Minute;

/* One endpoint and what is under way to it. Never removed while the dispatcher lives. */
typedef struct {
    LtDispatcher *dispatcher;
    char *name;
    LtEndpoint *endpoint;     /* nullable: no longer in the plan: what waits for it is held */
    GPtrArray *former;        /* of LtEndpoint: of earlier plans, as long as verbs of them run */
    LtLane *lane;
    LtBreaker breaker;
    guint in_flight;          /* verbs of deliveries */

    /* The lane and the disk. */
    gboolean is_behind;       /* the disk may have waiting ones that the lane has not */
    gboolean is_told;         /* something was committed since the last look that the lane did not take */
    gboolean is_stale;        /* something was changed on disk that the lane may hold otherwise */
    gboolean has_wrapped;     /* the last look came to the end of what is due */
    gboolean is_hurried;      /* the endpoint is back: what was postponed on disk goes at once */
    gint64 look_at_us;        /* UTC: when a postponed one on disk becomes due; 0: not known of any */
    gint64 cursor;            /* delivery up to which the disk was read */
    gboolean is_looking;
    GHashTable *finished;     /* set of ids, while looking */
    GHashTable *held;         /* set of dossiers, while looking */
    GQueue pending;           /* of Offer *, while looking */

    gboolean is_collecting;
    gint64 collect_at_us;     /* monotonic; 0: never */
    guint collect_failures;
    Minute minutes[LT_PORT_MINUTES];
    LtCanary canary;
    LtCanaryRate rate;        /* of the endpoint as it is now */
    gboolean is_in_trouble;   /* an alert was given, and not yet the one that ends it */
    LtEndpoint *bad;          /* nullable: the version that was found bad last */
    GArray *canary_held;      /* of gint64: deliveries held while watched */
    GQueue unsettled;         /* of Attempt *: outcomes that the store would not take yet */
    LtEndpointHealth health;
} Port;

struct _LtDispatcher {
    LtStore *store;
    LtIntake *intake;
    char *unit;                /* of the hub: who acts */
    GMutex lock;
    GCond work;                /* workers wait for it */
    GCond time;                /* the clock thread waits for it */
    GCond quiet;               /* lt_dispatcher_stop() waits for it */
    GPtrArray *ports;          /* of Port * */
    GHashTable *by_name;
    guint turn;                /* port that is asked first for work */
    guint n_workers, n_threads, n_idle;
    GPtrArray *threads;        /* of GThread * */
    GThread *clock;
    gboolean clock_is_awake;
    gint64 clock_at_us;        /* monotonic: when the clock thread will wake, or, while it is awake, when it is wanted next */
    guint n_settling;          /* outcomes on their way to the disk */
    guint n_running;           /* verbs */
    gboolean is_stopping;
    void (*canary_failed)(gpointer data, const LtCanaryVerdict *verdict); /* nullable */
    gpointer canary_data;
    void (*alert)(gpointer data, const LtAlert *alert); /* nullable */
    gpointer alert_data;
    GCancellable *cancellable; /* of all verbs: at the end of the grace */
};

/* One verb: on a delivery, or a round of collecting. Made under the lock, run without it. */
typedef struct {
    Port *port;
    LtEndpoint *endpoint;      /* nullable: of the plan under which it was started */
    LtLaneItem *item;          /* NULL: a round of collecting */
    LtDeliveryEvent event;
    LtSettlement settlement;   /* borrows from here: */
    char *reason, *text, *receipt_type;
    GBytes *receipt;
} Attempt;

/* port.c; under the lock unless said otherwise */
Port *lt_port_new(LtDispatcher *dispatcher, const char *name);
void lt_port_free(Port *self);
void lt_port_set_endpoint(Port *self, LtEndpoint *endpoint, gboolean watch);
void lt_port_offer(Port *self, LtDelivery *delivery, LtMessage *message);
/** lt_port_needs_look: is it time to read the disk? */
gboolean lt_port_needs_look(const Port *self, gint64 now_us);
/** lt_port_look: reads the disk; without the lock, which it takes for short. FALSE: the disk did not answer */
gboolean lt_port_look(Port *self);
/** lt_port_note_finished: the item is about to leave the lane */
void lt_port_note_finished(Port *self, const LtLaneItem *item, gboolean held);
gboolean lt_port_may_start(const Port *self, gint64 mono_us, gint64 now_us);
/** lt_port_start_delivery: only after lt_port_may_start() */
Attempt *lt_port_start_delivery(Port *self, gint64 now_us);
/** lt_port_watch: cancels verbs past their deadline, also those that a former plan has started. Returns: how many still run on */
guint lt_port_watch(Port *self, gint64 mono_us);
gboolean lt_port_may_collect(const Port *self, gint64 mono_us);
Attempt *lt_port_start_collecting(Port *self);
void lt_port_collected(Port *self, gboolean ok, guint n_messages);
void lt_port_fill_health(Port *self, LtEndpointHealth *out, gint64 mono_us, gint64 now_us);

/* attempt.c; without the lock */
/** lt_attempt_run: runs the verb on this thread and hands the outcome to the store. Owns itself from then on */
void lt_attempt_run(Attempt *self);
/** lt_attempt_settle: once more, when the store would not take the outcome */
void lt_attempt_settle(Attempt *self);
void lt_attempt_free(Attempt *self);

/* dispatcher.c; under the lock */
/** lt_dispatcher_want_worker: there may be work */
void lt_dispatcher_want_worker(LtDispatcher *self);
/** lt_dispatcher_want_clock: something is to be done at this monotonic time; 0: now */
void lt_dispatcher_want_clock(LtDispatcher *self, gint64 at_us);
/** lt_dispatcher_want_clock_utc: the same for a UTC time */
void lt_dispatcher_want_clock_utc(LtDispatcher *self, gint64 at_us);
