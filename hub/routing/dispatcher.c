/* SPDX-License-Identifier: Apache-2.0 */
/* dispatcher.c: the small wheel.
 *
 * Workers take what may go, port by port in turn; every port that has nothing under way keeps one worker free for itself,
 * so that a system that hangs occupies its own share and no more. One clock thread does what time brings: postponed deliveries,
 * probes, rounds of collecting, verbs past their deadline, and looks at the disk. When there is nothing to do, nothing wakes.
 */
#include "routing/dispatcher-private.h"

#include <string.h>

#include "base/value.h"

#define WATCH_US LT_US_PER_SECOND
#define DISK_AGAIN_US LT_US_PER_SECOND
#define KEEP_BYTES (32 * 1024) /* a message that is larger is read again from disk, and so are those */
#define KEEP_MOST 256          /* behind so many others of its endpoint */
#define NEVER_US G_MAXINT64

static gpointer run_clock(gpointer data);
static gpointer run_worker(gpointer data);

LtDispatcher *
lt_dispatcher_new(LtStore *store, LtIntake *intake, guint n_workers)
{
    LtDispatcher *self = g_new0(LtDispatcher, 1);

    self->store = store;
    self->intake = intake;
    self->n_workers = MAX(n_workers, 1);
    self->unit = g_strdup(lt_intake_get_unit(intake));
    self->ports = g_ptr_array_new_with_free_func((GDestroyNotify) lt_port_free);
    self->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    self->threads = g_ptr_array_new();
    self->cancellable = g_cancellable_new();
    self->clock_at_us = NEVER_US;
    g_mutex_init(&self->lock);
    g_cond_init(&self->work);
    g_cond_init(&self->time);
    g_cond_init(&self->quiet);
    return self;
}

void
lt_dispatcher_free(LtDispatcher *self)
{
    if (self == NULL)
        return;
    lt_dispatcher_stop(self, 0);
    g_hash_table_unref(self->by_name);
    g_ptr_array_unref(self->ports);
    g_ptr_array_unref(self->threads);
    g_object_unref(self->cancellable);
    g_mutex_clear(&self->lock);
    g_cond_clear(&self->work);
    g_cond_clear(&self->time);
    g_cond_clear(&self->quiet);
    g_free(self->unit);
    g_free(self);
}

/* Each endpoint may have a delivery and a round of collecting that hang at the same time. */
static guint
get_most_threads(const LtDispatcher *self)
{
    return MAX(self->n_workers, 2 * self->ports->len);
}

void
lt_dispatcher_want_worker(LtDispatcher *self)
{
    if (self->is_stopping)
        return;
    if (self->n_idle > 0) {
        g_cond_signal(&self->work);
    } else if (self->threads->len < get_most_threads(self)) {
        GThread *thread = g_thread_try_new("deliver", run_worker, self, NULL);

        if (thread != NULL) /* else those that there are do it, one after the other */
            g_ptr_array_add(self->threads, thread);
    }
}

void
lt_dispatcher_want_clock(LtDispatcher *self, gint64 at_us)
{
    if (at_us >= self->clock_at_us)
        return;
    self->clock_at_us = at_us;
    if (!self->clock_is_awake)
        g_cond_signal(&self->time);
}

void
lt_dispatcher_want_clock_utc(LtDispatcher *self, gint64 at_us)
{
    lt_dispatcher_want_clock(self, g_get_monotonic_time() + MAX(at_us - lt_time_now_us(), 0));
}

static Port *
get_port(LtDispatcher *self, const char *name)
{
    Port *port = g_hash_table_lookup(self->by_name, name);

    if (port != NULL)
        return port;
    port = lt_port_new(self, name);
    g_ptr_array_add(self->ports, port);
    g_hash_table_insert(self->by_name, port->name, port);
    return port;
}

/* Deliveries may wait for endpoints that the plan does not have: they get a port, too, which holds them. */
static void
add_ports_of_disk(LtDispatcher *self)
{
    g_autoptr(GPtrArray) backlogs = lt_store_backlogs(self->store, NULL);

    g_mutex_lock(&self->lock);
    for (guint i = 0; backlogs != NULL && i < backlogs->len; i++) {
        const LtEndpointBacklog *backlog = backlogs->pdata[i];

        if (backlog->waiting > 0 && strcmp(backlog->endpoint, LT_ROUTE_INBOX) != 0)
            get_port(self, backlog->endpoint);
    }
    g_mutex_unlock(&self->lock);
}

void
lt_dispatcher_on_alert(LtDispatcher *self, void (*alert)(gpointer data, const LtAlert *alert), gpointer data)
{
    self->alert = alert;
    self->alert_data = data;
}

void
lt_dispatcher_on_canary(LtDispatcher *self, void (*failed)(gpointer data, const LtCanaryVerdict *verdict), gpointer data)
{
    self->canary_failed = failed;
    self->canary_data = data;
}

void
lt_dispatcher_set_plan(LtDispatcher *self, LtPlan *plan, gboolean watch)
{
    add_ports_of_disk(self);
    g_mutex_lock(&self->lock);
    for (guint i = 0; i < lt_plan_get_n_endpoints(plan); i++)
        get_port(self, lt_endpoint_get_name(lt_plan_get_endpoint(plan, i)));
    for (guint i = 0; i < self->ports->len; i++) {
        Port *port = self->ports->pdata[i];

        lt_port_set_endpoint(port, lt_plan_lookup_endpoint(plan, port->name), watch);
    }
    if (self->clock == NULL && !self->is_stopping)
        self->clock = g_thread_new("clock", run_clock, self);
    lt_dispatcher_want_clock(self, 0);
    g_mutex_unlock(&self->lock);
}

/* Only what is small and lies in memory already is kept; the rest is read when its turn comes. */
static gboolean
is_worth_keeping(LtMessage *message)
{
    const LtPart *payload = lt_message_get_payload_part(message);
    guint64 size = payload != NULL ? payload->size : 0;

    for (guint i = 0; i < lt_message_get_n_attachments(message) && size <= KEEP_BYTES; i++) {
        const LtPart *part = lt_message_get_attachment(message, i);

        size += part->size < LT_CONTAINER_SMALL ? part->size : KEEP_BYTES + 1;
    }
    return size <= KEEP_BYTES;
}

void
lt_dispatcher_offer(LtDispatcher *self, GPtrArray *deliveries, LtMessage *message)
{
    LtMessage *kept = message != NULL && is_worth_keeping(message) ? message : NULL;
    gint64 now_us = lt_time_now_us(), mono_us = g_get_monotonic_time();

    g_mutex_lock(&self->lock);
    for (guint i = 0; i < deliveries->len && !self->is_stopping; i++) {
        LtDelivery *delivery = deliveries->pdata[i];
        Port *port;

        if (strcmp(delivery->endpoint, LT_ROUTE_INBOX) == 0)
            continue;
        port = get_port(self, delivery->endpoint);
        lt_port_offer(port, delivery, lt_lane_get_size(port->lane) < KEEP_MOST ? kept : NULL);
        if (lt_port_may_start(port, mono_us, now_us))
            lt_dispatcher_want_worker(self);
        else if (lt_port_needs_look(port, now_us))
            lt_dispatcher_want_clock(self, 0);
    }
    g_mutex_unlock(&self->lock);
}

void
lt_dispatcher_wake(LtDispatcher *self, const char *endpoint)
{
    g_mutex_lock(&self->lock);
    if (strcmp(endpoint, LT_ROUTE_INBOX) != 0) {
        get_port(self, endpoint)->is_stale = TRUE;
        lt_dispatcher_want_clock(self, 0);
    }
    g_mutex_unlock(&self->lock);
}

void
lt_dispatcher_wake_all(LtDispatcher *self)
{
    add_ports_of_disk(self);
    g_mutex_lock(&self->lock);
    for (guint i = 0; i < self->ports->len; i++)
        ((Port *) self->ports->pdata[i])->is_stale = TRUE;
    lt_dispatcher_want_clock(self, 0);
    g_mutex_unlock(&self->lock);
}

static guint
count_quiet_ports(const LtDispatcher *self)
{
    guint n = 0;

    for (guint i = 0; i < self->ports->len; i++)
        n += ((const Port *) self->ports->pdata[i])->in_flight == 0;
    return n;
}

/* Ports in turn. One that has something under way already leaves a worker for each that has nothing. */
static Attempt *
claim(LtDispatcher *self)
{
    gint64 mono_us = g_get_monotonic_time(), now_us = lt_time_now_us();
    guint n_free = get_most_threads(self) - self->n_running;

    if (lt_store_get_state(self->store, NULL) == LT_STORE_HALTED) /* no outcome could be kept: nothing is handed over */
        return NULL;
    for (guint i = 0; i < self->ports->len; i++) {
        guint place = (self->turn + i) % self->ports->len;
        Port *port = self->ports->pdata[place];

        if (lt_port_may_collect(port, mono_us)) {
            self->turn = place + 1;
            return lt_port_start_collecting(port);
        }
        if (!lt_port_may_start(port, mono_us, now_us) || (port->in_flight > 0 && n_free <= count_quiet_ports(self)))
            continue;
        self->turn = place + 1;
        return lt_port_start_delivery(port, now_us);
    }
    return NULL;
}

static gboolean
has_work(const LtDispatcher *self)
{
    gint64 mono_us = g_get_monotonic_time(), now_us = lt_time_now_us();

    for (guint i = 0; i < self->ports->len && lt_store_get_state(self->store, NULL) != LT_STORE_HALTED; i++)
        if (lt_port_may_start(self->ports->pdata[i], mono_us, now_us) || lt_port_may_collect(self->ports->pdata[i], mono_us))
            return TRUE;
    return FALSE;
}

static gpointer
run_worker(gpointer data)
{
    LtDispatcher *self = data;

    g_mutex_lock(&self->lock);
    while (!self->is_stopping) {
        Attempt *attempt = claim(self);

        if (attempt == NULL) {
            self->n_idle++;
            g_cond_wait(&self->work, &self->lock);
            self->n_idle--;
            continue;
        }
        self->n_running++;
        if (has_work(self))
            lt_dispatcher_want_worker(self);
        lt_dispatcher_want_clock(self, g_get_monotonic_time() + WATCH_US);
        g_mutex_unlock(&self->lock);
        lt_attempt_run(attempt);
        g_mutex_lock(&self->lock);
        self->n_running--;
        if (self->is_stopping)
            g_cond_broadcast(&self->quiet);
    }
    g_mutex_unlock(&self->lock);
    return NULL;
}

/* Verbs past their deadline are cancelled; those that do not even heed that are counted. */
static void
watch_verbs(LtDispatcher *self)
{
    gint64 now_us = g_get_monotonic_time();

    for (guint i = 0; i < self->ports->len; i++) {
        Port *port = self->ports->pdata[i];

        port->health.stuck = lt_port_watch(port, now_us);
    }
}

static void
settle_again(LtDispatcher *self, Port *port)
{
    GQueue unsettled = port->unsettled;
    Attempt *attempt;

    g_queue_init(&port->unsettled);
    while ((attempt = g_queue_pop_head(&unsettled)) != NULL) {
        self->n_settling++;
        g_mutex_unlock(&self->lock);
        lt_attempt_settle(attempt);
        g_mutex_lock(&self->lock);
    }
}

static gint64
to_monotonic(gint64 utc_us, gint64 now_us, gint64 mono_us)
{
    return mono_us + MAX(utc_us - now_us, 0);
}

/* When this port next needs the clock. */
static gint64
port_next_us(const Port *port, gint64 now_us, gint64 mono_us)
{
    gint64 next_us = NEVER_US, postponed_us = lt_lane_next_us(port->lane);

    if (postponed_us > now_us)
        next_us = MIN(next_us, to_monotonic(postponed_us, now_us, mono_us));
    if (port->is_behind && port->look_at_us > now_us)
        next_us = MIN(next_us, to_monotonic(port->look_at_us, now_us, mono_us));
    if (port->breaker.state == LT_BREAKER_OPEN && port->breaker.retry_at_us > mono_us)
        next_us = MIN(next_us, port->breaker.retry_at_us);
    if (port->collect_at_us > mono_us)
        next_us = MIN(next_us, port->collect_at_us);
    return next_us;
}

/* One round of the clock. Returns: when to come again. */
static gint64
tick(LtDispatcher *self)
{
    gint64 now_us = lt_time_now_us(), mono_us = g_get_monotonic_time(), next_us = NEVER_US;

    for (guint i = 0; i < self->ports->len && !self->is_stopping; i++) {
        Port *port = self->ports->pdata[i];

        if (!g_queue_is_empty(&port->unsettled)) {
            settle_again(self, port);
            next_us = MIN(next_us, mono_us + DISK_AGAIN_US);
        }
        if (lt_port_needs_look(port, now_us)) {
            gboolean ok;

            g_mutex_unlock(&self->lock);
            ok = lt_port_look(port);
            g_mutex_lock(&self->lock);
            next_us = MIN(next_us, ok && lt_port_needs_look(port, now_us) ? mono_us : ok ? NEVER_US : mono_us + DISK_AGAIN_US);
        }
        if (lt_port_may_start(port, mono_us, now_us) || lt_port_may_collect(port, mono_us))
            lt_dispatcher_want_worker(self);
        next_us = MIN(next_us, port_next_us(port, now_us, mono_us));
    }
    return next_us;
}

/* While a verb runs, and once after the last has returned. */
static gint64
watch_if_running(LtDispatcher *self, gint64 *watched_us)
{
    gint64 now_us = g_get_monotonic_time();

    if (*watched_us == 0 && self->n_running == 0)
        return NEVER_US;
    if (now_us - *watched_us < WATCH_US)
        return *watched_us + WATCH_US;
    watch_verbs(self);
    *watched_us = self->n_running > 0 ? now_us : 0;
    return self->n_running > 0 ? now_us + WATCH_US : NEVER_US;
}

static gpointer
run_clock(gpointer data)
{
    LtDispatcher *self = data;
    gint64 watched_us = 0;

    g_mutex_lock(&self->lock);
    while (!self->is_stopping) {
        gint64 next_us;

        self->clock_is_awake = TRUE;
        self->clock_at_us = NEVER_US;
        next_us = tick(self);
        next_us = MIN(next_us, watch_if_running(self, &watched_us));
        self->clock_at_us = MIN(self->clock_at_us, next_us);
        self->clock_is_awake = FALSE;
        while (!self->is_stopping && self->clock_at_us > g_get_monotonic_time()) {
            if (self->clock_at_us == NEVER_US)
                g_cond_wait(&self->time, &self->lock);
            else
                g_cond_wait_until(&self->time, &self->lock, self->clock_at_us);
        }
    }
    g_mutex_unlock(&self->lock);
    return NULL;
}

static gboolean
is_quiet(const LtDispatcher *self)
{
    return self->n_running == 0 && self->n_settling == 0;
}

static void
wait_for_verbs(LtDispatcher *self, gint64 grace_us)
{
    gint64 until_us = g_get_monotonic_time() + grace_us;

    g_mutex_lock(&self->lock);
    self->is_stopping = TRUE;
    g_cond_broadcast(&self->work);
    g_cond_broadcast(&self->time);
    while (!is_quiet(self) && g_cond_wait_until(&self->quiet, &self->lock, until_us))
        ;
    g_mutex_unlock(&self->lock);
}

void
lt_dispatcher_stop(LtDispatcher *self, gint64 grace_us)
{
    wait_for_verbs(self, grace_us);
    g_cancellable_cancel(self->cancellable);
    for (guint i = 0; i < self->threads->len; i++)
        g_thread_join(self->threads->pdata[i]);
    g_ptr_array_set_size(self->threads, 0);
    if (self->clock != NULL)
        g_thread_join(g_steal_pointer(&self->clock));
    g_mutex_lock(&self->lock);
    while (!is_quiet(self))
        g_cond_wait(&self->quiet, &self->lock);
    g_mutex_unlock(&self->lock);
}

static void
health_free(LtEndpointHealth *health)
{
    g_free(health->endpoint);
    g_free(health->last_reason);
    g_free(health);
}

GPtrArray *
lt_dispatcher_health(LtDispatcher *self)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify) health_free);
    gint64 mono_us = g_get_monotonic_time(), now_us = lt_time_now_us();

    g_mutex_lock(&self->lock);
    for (guint i = 0; i < self->ports->len; i++) {
        LtEndpointHealth *health = g_new0(LtEndpointHealth, 1);

        lt_port_fill_health(self->ports->pdata[i], health, mono_us, now_us);
        g_ptr_array_add(list, health);
    }
    g_mutex_unlock(&self->lock);
    return list;
}
