/* SPDX-License-Identifier: Apache-2.0 */
/* attempt.c: one verb on one delivery, from the endpoint's answer to the settled outcome.
 *
 * The worker is free again as soon as the verb has returned; the delivery stays the head of its dossier until the outcome is
 * on disk. An outcome that the store would not take is kept and offered again, so that a full disk does not mean a
 * second delivery.
 */
#include "routing/dispatcher-private.h"

#include <string.h>

#include "base/value.h"
#include "routing/inbox.h"

#define POISON_ATTEMPTS 10 /* so often refused by a system that takes others in between */
#define TEXT_MOST 500
#define SETTLE_AGAIN_US LT_US_PER_SECOND

void
lt_attempt_free(Attempt *self)
{
    g_clear_pointer(&self->endpoint, lt_endpoint_unref);
    g_clear_pointer(&self->receipt, g_bytes_unref);
    g_free(self->receipt_type);
    g_free(self->reason);
    g_free(self->text);
    g_free(self);
}

static gboolean
deliver(Attempt *self, gboolean *reached, GError **error)
{
    LtDispatcher *dispatcher = self->port->dispatcher;
    g_autoptr(LtMessage) message = NULL;
    g_autoptr(LtInbox) answers = NULL;

    *reached = FALSE;
    if (self->endpoint == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "delivery.no-endpoint", "there is no endpoint %s in the configuration any more", self->port->name);
        return FALSE;
    }
    message = self->item->message != NULL ? lt_message_ref(self->item->message)
                                          : lt_store_load_message(dispatcher->store, self->item->delivery->message, error);
    if (message == NULL)
        return FALSE;
    if (lt_endpoint_get_settings(self->endpoint)->next_hub && lt_message_get_expires_us(message) <= lt_time_now_us()) {
        lt_error_set(error, LT_ERROR_REFUSED, "env.time.expired", "the next hub had not taken the envelope when it expired");
        return FALSE;
    }
    *reached = TRUE;
    answers = lt_inbox_new(dispatcher->intake, dispatcher->store, self->endpoint);
    return lt_endpoint_deliver_answered(self->endpoint, message, answers, dispatcher->cancellable, &self->receipt, &self->receipt_type, error);
}

/* A system that takes others but not this one, again and again, will not take it the next time either. */
static gboolean
is_poisoned(const Attempt *self, const char *reason)
{
    return self->item->attempts + 1 >= POISON_ATTEMPTS && self->item->failed_us > 0 &&
           self->port->health.last_success_us > self->item->failed_us && !g_str_has_prefix(reason, "link.");
}

static void
note_reason(Attempt *self, const GError *error)
{
    const char *reason = error != NULL ? lt_error_get_reason(error) : NULL;
    g_autofree char *text = NULL;

    if (error == NULL)
        return;
    if (self->event == LT_EVENT_POSTPONED && is_poisoned(self, reason)) {
        self->event = LT_EVENT_STUCK;
        reason = "delivery.poison";
    }
    self->reason = g_strdup(reason);
    text = lt_escape_for_log(error->message);
    self->text = g_utf8_substring(text, 0, MIN(g_utf8_strlen(text, -1), TEXT_MOST));
}

static gint64
next_try_us(const Attempt *self, const GError *error, gint64 now_us)
{
    const LtEndpointSettings *settings = self->endpoint != NULL ? lt_endpoint_get_settings(self->endpoint) : NULL;
    guint32 dice;

    lt_random_bytes((guint8 *) &dice, sizeof dice);
    return now_us + lt_delivery_backoff(self->item->attempts + 1, dice, lt_error_get_retry_after(error),
                                        settings != NULL ? settings->retry_first : LT_US_PER_SECOND,
                                        settings != NULL ? settings->retry_cap : 60 * LT_US_PER_SECOND);
}

static void
make_settlement(Attempt *self, const GError *error, gint64 now_us)
{
    const LtDeliveryRule *rule = lt_delivery_rule(LT_DELIVERY_WAITING, self->event);
    gboolean postponed = self->event == LT_EVENT_POSTPONED;
    guint attempts = self->item->attempts + 1;

    self->settlement = (LtSettlement) {
        .delivery = self->item->delivery->id,
        .expected = LT_DELIVERY_WAITING,
        .state = rule->to,
        .record_event = postponed ? NULL : rule->record,
        .attempts = attempts,
        .not_before_us = postponed ? next_try_us(self, error, now_us) : 0,
        .reason = self->reason,
        .cause = self->reason != NULL ? lt_delivery_advice(self->reason)->cause : NULL,
        .text = self->text,
        .receipt = self->receipt,
        .receipt_type = self->receipt_type,
        .actor_kind = "hub",
        .actor = self->port->dispatcher->unit,
    };
}

static void
count_outcome(LtEndpointHealth *health, const Attempt *self, gint64 now_us)
{
    if (self->event == LT_EVENT_ARRIVED)
        health->delivered++;
    else if (self->event == LT_EVENT_POSTPONED)
        health->failed++;
    else if (self->event == LT_EVENT_REFUSED)
        health->refused++;
    else
        health->held++;
    if (self->event == LT_EVENT_ARRIVED)
        health->last_success_us = now_us;
    else
        health->last_failure_us = now_us;
    if (self->reason != NULL) {
        g_free(health->last_reason);
        health->last_reason = g_strdup(self->reason);
    }
}

/* The plugin itself waits, for the morning or the end of a month: the system behind it is not to blame. */
static gboolean
is_own_wait(const GError *error)
{
    return g_str_has_suffix(lt_error_get_reason(error), ".not-yet");
}

static void
count_minute(Port *port, gboolean arrived, gint64 now_us)
{
    gint64 minute = now_us / (60 * LT_US_PER_SECOND);
    Minute *slot = &port->minutes[minute % LT_PORT_MINUTES];

    if (slot->minute != minute)
        *slot = (Minute) { minute, 0, 0 };
    slot->delivered += arrived;
    slot->failed += !arrived;
}

/* What the outcome says of the system behind the endpoint: a refusal is an answer, a fault on our side says nothing. */
static void
tell_breaker(Attempt *self, gboolean reached, const GError *error)
{
    Port *port = self->port;
    gint64 now_us = g_get_monotonic_time();

    if (reached && (self->event == LT_EVENT_ARRIVED || self->event == LT_EVENT_REFUSED)) {
        if (!lt_breaker_succeeded(&port->breaker))
            return;
        lt_lane_hurry(port->lane);
        port->is_hurried = port->is_behind;
        port->has_wrapped = port->has_wrapped && !port->is_behind;
        lt_dispatcher_want_worker(port->dispatcher);
    } else if (reached && g_error_matches(error, LT_ERROR, LT_ERROR_UNAVAILABLE) && !is_own_wait(error)) {
        lt_breaker_failed(&port->breaker, self->item->delivery->id, now_us);
        lt_dispatcher_want_clock(port->dispatcher, port->breaker.retry_at_us);
    } else {
        lt_breaker_skipped(&port->breaker);
    }
}

/* The lane follows what is on disk now. */
static void
apply(Attempt *self)
{
    Port *port = self->port;
    LtLaneItem *item = self->item;

    if (self->event == LT_EVENT_POSTPONED && (port->is_looking || !port->is_behind)) {
        item->attempts = self->settlement.attempts;
        item->not_before_us = self->settlement.not_before_us;
        item->failed_us = port->health.last_failure_us;
        lt_lane_postpone(port->lane, item);
    } else if (self->event == LT_EVENT_POSTPONED) {
        /* Found again on disk when it is due. */
        port->look_at_us = port->look_at_us > 0 ? MIN(port->look_at_us, self->settlement.not_before_us) : self->settlement.not_before_us;
        lt_lane_finish(port->lane, item);
    } else {
        gboolean held = self->event == LT_EVENT_STUCK;

        lt_port_note_finished(port, item, held);
        (held ? lt_lane_hold : lt_lane_finish)(port->lane, item);
        port->is_told = port->is_told || port->is_behind; /* on disk others of its dossier may stand behind it */
    }
    if (self->event == LT_EVENT_POSTPONED)
        lt_dispatcher_want_clock_utc(port->dispatcher, self->settlement.not_before_us);
}

/* On the writer's thread, after the commit. */
static void
settled(gpointer data, const GError *error)
{
    Attempt *self = data;
    Port *port = self->port;
    LtDispatcher *dispatcher = port->dispatcher;
    gboolean again = error != NULL && !g_error_matches(error, LT_ERROR, LT_ERROR_CONFLICT) &&
                     !g_error_matches(error, LT_ERROR, LT_ERROR_NOT_FOUND);

    g_mutex_lock(&dispatcher->lock);
    dispatcher->n_settling--;
    if (again) {
        g_queue_push_tail(&port->unsettled, self);
        lt_dispatcher_want_clock(dispatcher, g_get_monotonic_time() + SETTLE_AGAIN_US);
    } else if (error == NULL) {
        apply(self);
    } else { /* an operator or a receipt was quicker: the disk knows better */
        lt_port_note_finished(port, self->item, FALSE);
        lt_lane_finish(port->lane, self->item);
        port->is_stale = TRUE;
    }
    if (lt_port_needs_look(port, lt_time_now_us()))
        lt_dispatcher_want_clock(dispatcher, 0);
    if (lt_lane_has_ready(port->lane, lt_time_now_us()))
        lt_dispatcher_want_worker(dispatcher);
    if (dispatcher->is_stopping)
        g_cond_broadcast(&dispatcher->quiet);
    g_mutex_unlock(&dispatcher->lock);
    if (!again)
        lt_attempt_free(self);
}

void
lt_attempt_settle(Attempt *self)
{
    lt_store_settle(self->port->dispatcher->store, &self->settlement, settled, self, NULL);
}

/* Stopped in the middle: what the system did with it is not known, so nothing is written and it goes again after the start. */
static gboolean
was_interrupted(LtDispatcher *dispatcher, const GError *error)
{
    return error != NULL && g_cancellable_is_cancelled(dispatcher->cancellable);
}

/* An outcome of the endpoint as it is now counts for it; one of a version that was replaced meanwhile counts for nobody. Under the lock. */
static gboolean
watch(Attempt *self)
{
    Port *port = self->port;
    gboolean failed = self->event != LT_EVENT_ARRIVED;
    LtCanaryState state;

    if (self->endpoint == NULL || self->endpoint != port->endpoint)
        return FALSE;
    port->rate.n_seen++;
    port->rate.n_failed += failed;
    state = lt_canary_note(&port->canary, failed);
    if (state == LT_CANARY_WATCHED && self->event == LT_EVENT_STUCK)
        g_array_append_val(port->canary_held, self->item->delivery->id);
    if (state == LT_CANARY_BAD)
        port->bad = lt_endpoint_ref(self->endpoint);
    return state == LT_CANARY_BAD;
}

/* A version that has been found bad holds nothing any more: its deliveries go again under the one that takes its place. Under the lock. */
static void
spare(Attempt *self)
{
    if (self->endpoint != NULL && self->endpoint == self->port->bad && self->event == LT_EVENT_STUCK)
        self->event = LT_EVENT_POSTPONED;
}

/* On this worker's thread, after the outcome went to the store: what is done about it is written behind it. */
static void
tell_canary(LtDispatcher *dispatcher, Port *port)
{
    g_autoptr(GArray) held = NULL;
    LtCanaryVerdict verdict;

    g_mutex_lock(&dispatcher->lock);
    held = g_array_copy(port->canary_held);
    verdict = (LtCanaryVerdict) { port->name, (guint) port->canary.own.n_failed, (guint) port->canary.own.n_seen, (guint) port->canary.old.n_failed,
                                  (guint) port->canary.old.n_seen, (const gint64 *) (gpointer) held->data, held->len };
    g_mutex_unlock(&dispatcher->lock);
    if (dispatcher->canary_failed != NULL)
        dispatcher->canary_failed(dispatcher->canary_data, &verdict);
}

/* Whether the breaker has just opened, or closed after it. Under the lock. */
static gboolean
has_turned(Port *port)
{
    gboolean is_down = port->breaker.state != LT_BREAKER_CLOSED;
    gboolean turned = is_down != port->is_in_trouble;

    port->is_in_trouble = is_down;
    return turned;
}

static void
give_alert(Attempt *self, guint count, gboolean begins)
{
    LtDispatcher *dispatcher = self->port->dispatcher;
    LtAlert alert = { self->port->name, begins, count, self->item->delivery->code, begins ? self->reason : NULL };

    if (dispatcher->alert != NULL)
        dispatcher->alert(dispatcher->alert_data, &alert);
}

static void
run_delivery(Attempt *self)
{
    Port *port = self->port;
    LtDispatcher *dispatcher = port->dispatcher;
    g_autoptr(GError) error = NULL;
    gboolean reached = FALSE, ok = deliver(self, &reached, &error);
    gint64 now_us = lt_time_now_us();
    gboolean interrupted = !ok && was_interrupted(dispatcher, error);
    gboolean bad, turned, begins;
    guint count;

    g_mutex_lock(&dispatcher->lock);
    port->in_flight--;
    if (interrupted) {
        lt_lane_finish(port->lane, self->item);
        g_mutex_unlock(&dispatcher->lock);
        lt_attempt_free(self);
        return;
    }
    self->event = lt_delivery_outcome(ok ? NULL : error);
    note_reason(self, ok ? NULL : error);
    tell_breaker(self, reached, error);
    count_outcome(&port->health, self, now_us);
    count_minute(port, self->event == LT_EVENT_ARRIVED, now_us);
    bad = watch(self);
    spare(self);
    turned = has_turned(port);
    begins = port->is_in_trouble;
    count = lt_lane_get_size(port->lane);
    dispatcher->n_settling++;
    g_mutex_unlock(&dispatcher->lock);
    if (turned)
        give_alert(self, count, begins);
    make_settlement(self, error, now_us);
    lt_attempt_settle(self);
    if (bad)
        tell_canary(dispatcher, port);
}

static void
run_collecting(Attempt *self)
{
    Port *port = self->port;
    LtDispatcher *dispatcher = port->dispatcher;
    g_autoptr(LtInbox) inbox = lt_inbox_new(dispatcher->intake, dispatcher->store, self->endpoint);
    g_autoptr(GError) error = NULL;
    gboolean ok = lt_endpoint_collect(self->endpoint, inbox, dispatcher->cancellable, &error);

    g_mutex_lock(&dispatcher->lock);
    lt_port_collected(port, ok, lt_inbox_get_n_submitted(inbox));
    if (!ok) {
        port->health.last_failure_us = lt_time_now_us();
        g_free(port->health.last_reason);
        port->health.last_reason = g_strdup(lt_error_get_reason(error));
    }
    if (port->collect_at_us > 0)
        lt_dispatcher_want_clock(dispatcher, port->collect_at_us);
    g_mutex_unlock(&dispatcher->lock);
    lt_attempt_free(self);
}

void
lt_attempt_run(Attempt *self)
{
    if (self->item != NULL)
        run_delivery(self);
    else
        run_collecting(self);
}
