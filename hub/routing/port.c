/* SPDX-License-Identifier: Apache-2.0 */
/* port.c: what one endpoint has under way, and how its lane is filled from the disk.
 *
 * Most of the time the lane knows every waiting delivery of its endpoint: then new ones come through memory and the disk is not
 * asked at all. When there are more than the lane holds, the port is behind: new ones are left on disk, and the lane is
 * filled in order of id from there until a look finds that all fit again.
 */
#include "routing/dispatcher-private.h"

#include <string.h>

#include "base/value.h"

#define LANE_MOST 1024
#define LOOK_LIMIT 512
#define COLLECT_CAP_US (10 * 60 * LT_US_PER_SECOND)

#define FORMER_MOST 8

Port *
lt_port_new(LtDispatcher *dispatcher, const char *name)
{
    Port *self = g_new0(Port, 1);

    self->dispatcher = dispatcher;
    self->name = g_strdup(name);
    self->lane = lt_lane_new(LANE_MOST);
    self->finished = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    self->held = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->former = g_ptr_array_new_with_free_func((GDestroyNotify) lt_endpoint_unref);
    self->canary_held = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_queue_init(&self->pending);
    g_queue_init(&self->unsettled);
    self->is_behind = TRUE;
    self->is_told = TRUE;
    self->is_stale = TRUE;
    self->has_wrapped = TRUE;
    lt_breaker_init(&self->breaker, 5, 30 * LT_US_PER_SECOND, 600 * LT_US_PER_SECOND);
    return self;
}

static void
offer_free(Offer *offer)
{
    lt_delivery_unref(offer->delivery);
    g_clear_pointer(&offer->message, lt_message_unref);
    g_free(offer);
}

void
lt_port_free(Port *self)
{
    g_queue_clear_full(&self->pending, (GDestroyNotify) offer_free);
    g_queue_clear_full(&self->unsettled, (GDestroyNotify) lt_attempt_free);
    lt_lane_free(self->lane);
    g_hash_table_unref(self->finished);
    g_hash_table_unref(self->held);
    g_array_unref(self->canary_held);
    g_clear_pointer(&self->bad, lt_endpoint_unref);
    g_clear_pointer(&self->endpoint, lt_endpoint_unref);
    g_ptr_array_unref(self->former);
    g_free(self->health.last_reason);
    g_free(self->name);
    g_free(self);
}

/* The old version's rate is the one to beat; the new one begins to count. */
static void
watch_change(Port *self, LtEndpoint *endpoint, gboolean watch)
{
    gboolean watched = watch && self->endpoint != NULL && endpoint != NULL;

    lt_canary_begin(&self->canary, watched ? (guint) lt_endpoint_get_settings(endpoint)->canary : 0, self->rate);
    self->rate = (LtCanaryRate) { 0, 0 };
    if (watched)
        g_clear_pointer(&self->bad, lt_endpoint_unref);
    g_array_set_size(self->canary_held, 0);
}

void
lt_port_set_endpoint(Port *self, LtEndpoint *endpoint, gboolean watch)
{
    const LtEndpointSettings *settings;

    if (endpoint == self->endpoint)
        return;
    watch_change(self, endpoint, watch);
    if (self->endpoint != NULL && (self->in_flight > 0 || self->is_collecting))
        g_ptr_array_add(self->former, lt_endpoint_ref(self->endpoint));
    g_clear_pointer(&self->endpoint, lt_endpoint_unref);
    self->collect_at_us = 0;
    self->breaker = (LtBreaker) { .limit = 0 };
    if (endpoint == NULL)
        return;
    self->endpoint = lt_endpoint_ref(endpoint);
    settings = lt_endpoint_get_settings(endpoint);
    lt_breaker_init(&self->breaker, (guint) settings->breaker_failures, settings->breaker_rest, settings->retry_cap);
    if (settings->collect_every > 0)
        self->collect_at_us = g_get_monotonic_time();
    lt_lane_hurry(self->lane); /* its section changed: what failed before may go through now */
    self->is_hurried = TRUE;
}

guint
lt_port_watch(Port *self, gint64 mono_us)
{
    /* One that was just claimed may not run yet: only a port with nothing under way, or too long a list, lets them go. */
    gboolean may_forget = (self->in_flight == 0 && !self->is_collecting) || self->former->len > FORMER_MOST;
    guint n = self->endpoint != NULL ? lt_endpoint_watch(self->endpoint, mono_us) : 0;

    for (guint i = self->former->len; i-- > 0;) {
        LtEndpoint *former = self->former->pdata[i];

        n += lt_endpoint_watch(former, mono_us);
        if (may_forget && lt_endpoint_is_idle(former))
            g_ptr_array_remove_index_fast(self->former, i);
    }
    return n;
}

void
lt_port_offer(Port *self, LtDelivery *delivery, LtMessage *message)
{
    Offer *offer;

    if (self->is_looking && self->pending.length < LANE_MOST) {
        offer = g_new0(Offer, 1);
        offer->delivery = lt_delivery_ref(delivery);
        offer->message = message != NULL ? lt_message_ref(message) : NULL;
        g_queue_push_tail(&self->pending, offer);
        return;
    }
    if (!self->is_looking && !self->is_behind && lt_lane_add(self->lane, delivery, message))
        return;
    self->is_told = TRUE;
    self->is_behind = TRUE;
}

gboolean
lt_port_needs_look(const Port *self, gint64 now_us)
{
    if (self->is_stale)
        return TRUE;
    if (!self->is_behind || lt_lane_get_size(self->lane) > LANE_MOST / 2)
        return FALSE;
    return self->is_told || !self->has_wrapped || (self->look_at_us > 0 && self->look_at_us <= now_us);
}

/* What a look found; read without the lock. */
typedef struct {
    GPtrArray *waiting; /* of LtDelivery *: all of them, or those that are due */
    GPtrArray *held;    /* nullable: all of them; without it the dossiers they block are not known and the lane stays behind */
    gint64 next_us;
    gboolean is_all;
} Look;

static void
look_clear(Look *look)
{
    g_clear_pointer(&look->waiting, g_ptr_array_unref);
    g_clear_pointer(&look->held, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Look, look_clear)

static GPtrArray *
list_all(Port *self, LtDeliveryState state)
{
    LtDeliveryQuery query = { .endpoint = self->name, .state = state, .limit = LANE_MOST + 1 };
    GPtrArray *rows = lt_store_list_deliveries(self->dispatcher->store, &query, NULL);

    if (rows != NULL && rows->len > LANE_MOST)
        g_clear_pointer(&rows, g_ptr_array_unref);
    return rows;
}

static void
read_disk(Port *self, Look *look, gint64 horizon_us, gint64 after, gboolean try_all)
{
    if (try_all) {
        look->waiting = list_all(self, LT_DELIVERY_WAITING);
        look->held = look->waiting != NULL ? list_all(self, LT_DELIVERY_HELD) : NULL;
        look->is_all = look->held != NULL;
        if (look->is_all)
            return;
        g_clear_pointer(&look->waiting, g_ptr_array_unref);
    }
    look->waiting = lt_store_due_deliveries(self->dispatcher->store, self->name, horizon_us, after, LOOK_LIMIT, &look->next_us, NULL);
}

static void
add_row(Port *self, LtDelivery *row)
{
    if (!g_hash_table_contains(self->finished, &row->id) && !lt_lane_add(self->lane, row, NULL))
        self->is_told = TRUE;
}

/* What was finished or held while the disk was read is newer than what was read. */
static void
adopt_all(Port *self, const Look *look)
{
    g_autoptr(GHashTable) ids = g_hash_table_new(g_int64_hash, g_int64_equal);

    for (guint i = 0; i < look->waiting->len; i++)
        g_hash_table_add(ids, &((LtDelivery *) look->waiting->pdata[i])->id);
    for (guint i = 0; i < look->held->len; i++) {
        const LtDelivery *delivery = look->held->pdata[i];

        if (delivery->dossier != NULL && !g_hash_table_contains(self->finished, &delivery->id))
            g_hash_table_add(self->held, g_strdup(delivery->dossier));
    }
    lt_lane_retain(self->lane, ids, self->held);
    for (guint i = 0; i < look->waiting->len; i++)
        add_row(self, look->waiting->pdata[i]);
    GHashTableIter iter;
    gpointer dossier;
    g_hash_table_iter_init(&iter, self->held);
    while (g_hash_table_iter_next(&iter, &dossier, NULL))
        lt_lane_block(self->lane, dossier);
    self->is_behind = self->is_told;
    self->has_wrapped = TRUE;
    self->cursor = 0;
    self->look_at_us = 0;
}

static void
adopt_due(Port *self, const Look *look, gboolean was_stale)
{
    guint n = look->waiting->len;

    if (was_stale) {
        g_autoptr(GHashTable) nothing = g_hash_table_new(g_int64_hash, g_int64_equal);
        g_autoptr(GHashTable) nobody = g_hash_table_new(g_str_hash, g_str_equal);

        lt_lane_retain(self->lane, nothing, nobody);
    }
    for (guint i = 0; i < n; i++)
        add_row(self, look->waiting->pdata[i]);
    self->is_behind = TRUE;
    self->has_wrapped = n < LOOK_LIMIT;
    self->cursor = self->has_wrapped ? 0 : ((LtDelivery *) look->waiting->pdata[n - 1])->id;
    self->look_at_us = self->has_wrapped ? look->next_us : 0;
}

static void
take_pending(Port *self)
{
    Offer *offer;

    while ((offer = g_queue_pop_head(&self->pending)) != NULL) {
        if (!g_hash_table_contains(self->finished, &offer->delivery->id))
            lt_port_offer(self, offer->delivery, offer->message);
        offer_free(offer);
    }
}

static void
adopt(Port *self, const Look *look, gboolean was_stale)
{
    self->is_looking = FALSE;
    if (look->waiting == NULL) {
        /* The disk did not answer; the clock thread comes again. */
        self->is_told = TRUE;
        self->is_stale = self->is_stale || was_stale;
    } else if (look->is_all) {
        adopt_all(self, look);
    } else {
        adopt_due(self, look, was_stale);
    }
    if (self->is_hurried) {
        lt_lane_hurry(self->lane);
        self->is_hurried = !self->has_wrapped;
    }
    take_pending(self);
    g_hash_table_remove_all(self->finished);
    g_hash_table_remove_all(self->held);
}

gboolean
lt_port_look(Port *self)
{
    g_auto(Look) look = { NULL, NULL, 0, FALSE };
    gboolean try_all, was_stale;
    gint64 horizon_us, after;

    g_mutex_lock(&self->dispatcher->lock);
    was_stale = self->is_stale;
    try_all = was_stale || self->has_wrapped;
    after = was_stale ? 0 : self->cursor;
    horizon_us = lt_time_now_us();
    if (self->is_hurried && self->endpoint != NULL)
        horizon_us += lt_endpoint_get_settings(self->endpoint)->retry_cap;
    self->is_stale = FALSE;
    self->is_told = FALSE;
    self->is_looking = TRUE;
    g_mutex_unlock(&self->dispatcher->lock);
    read_disk(self, &look, horizon_us, after, try_all);
    g_mutex_lock(&self->dispatcher->lock);
    adopt(self, &look, was_stale);
    g_mutex_unlock(&self->dispatcher->lock);
    return look.waiting != NULL;
}

void
lt_port_note_finished(Port *self, const LtLaneItem *item, gboolean held)
{
    if (!self->is_looking)
        return;
    g_hash_table_add(self->finished, g_memdup2(&item->delivery->id, sizeof item->delivery->id));
    if (held && item->delivery->dossier != NULL)
        g_hash_table_add(self->held, g_strdup(item->delivery->dossier));
}

gboolean
lt_port_may_start(const Port *self, gint64 mono_us, gint64 now_us)
{
    guint most = self->endpoint != NULL ? (guint) lt_endpoint_get_settings(self->endpoint)->max_in_flight : 1;

    return self->in_flight < most && lt_lane_has_ready(self->lane, now_us) && lt_breaker_may_send(&self->breaker, mono_us);
}

static Attempt *
attempt_new(Port *self)
{
    Attempt *attempt = g_new0(Attempt, 1);

    attempt->port = self;
    attempt->endpoint = self->endpoint != NULL ? lt_endpoint_ref(self->endpoint) : NULL;
    return attempt;
}

Attempt *
lt_port_start_delivery(Port *self, gint64 now_us)
{
    Attempt *attempt = attempt_new(self);

    attempt->item = lt_lane_take(self->lane, now_us);
    lt_breaker_sent(&self->breaker);
    self->in_flight++;
    return attempt;
}

gboolean
lt_port_may_collect(const Port *self, gint64 mono_us)
{
    return self->endpoint != NULL && self->collect_at_us > 0 && self->collect_at_us <= mono_us && !self->is_collecting;
}

Attempt *
lt_port_start_collecting(Port *self)
{
    self->is_collecting = TRUE;
    return attempt_new(self);
}

/* The next round; after failures in a row the rounds grow rarer. */
void
lt_port_collected(Port *self, gboolean ok, guint n_messages)
{
    gint64 every_us = self->endpoint != NULL ? lt_endpoint_get_settings(self->endpoint)->collect_every : 0;
    gint64 wait_us = every_us;

    self->is_collecting = FALSE;
    self->health.collected += n_messages;
    self->collect_failures = ok ? 0 : self->collect_failures + 1;
    for (guint i = 0; i < self->collect_failures && wait_us < COLLECT_CAP_US; i++)
        wait_us *= 2;
    self->collect_at_us = every_us > 0 ? g_get_monotonic_time() + MAX(every_us, MIN(wait_us, COLLECT_CAP_US)) : 0;
}

void
lt_port_fill_health(Port *self, LtEndpointHealth *out, gint64 mono_us, gint64 now_us)
{
    *out = self->health;
    out->endpoint = g_strdup(self->name);
    out->last_reason = g_strdup(self->health.last_reason);
    for (guint i = 0; i < LT_PORT_MINUTES; i++) {
        const Minute *slot = &self->minutes[i];

        if (slot->minute + LT_PORT_MINUTES <= now_us / (60 * LT_US_PER_SECOND))
            continue;
        out->recent_delivered += slot->delivered;
        out->recent_failed += slot->failed;
    }
    out->breaker = lt_breaker_word(&self->breaker);
    out->in_flight = self->in_flight;
    out->queued = lt_lane_get_size(self->lane);
    out->behind = self->is_behind;
    out->retry_at_us = self->breaker.state == LT_BREAKER_OPEN ? now_us + (self->breaker.retry_at_us - mono_us) : 0;
}
