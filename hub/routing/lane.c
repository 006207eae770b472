/* SPDX-License-Identifier: Apache-2.0 */
/* lane.c: one chain per dossier; the head of each chain is ready, postponed or taken, the rest stand behind it. */
#include "routing/lane.h"

#include <string.h>

typedef struct {
    char *dossier;   /* nullable: a delivery without one is a chain of its own */
    GQueue items;    /* of LtLaneItem *, oldest first */
    gboolean is_blocked; /* its oldest is held */
} Chain;

struct _LtLane {
    guint most;
    GHashTable *items;    /* delivery id → LtLaneItem: all */
    GHashTable *chains;   /* dossier → Chain */
    GQueue ready;         /* of LtLaneItem *: heads that may go */
    GSequence *delayed;   /* of LtLaneItem *: heads by not_before_us */
    GHashTable *taken;    /* set of LtLaneItem * */
};

static void
item_free(LtLaneItem *item)
{
    lt_delivery_unref(item->delivery);
    g_clear_pointer(&item->message, lt_message_unref);
    g_free(item);
}

static void
chain_free(Chain *chain)
{
    g_queue_clear(&chain->items);
    g_free(chain->dossier);
    g_free(chain);
}

LtLane *
lt_lane_new(guint most)
{
    LtLane *self = g_new0(LtLane, 1);

    self->most = most;
    self->items = g_hash_table_new(g_int64_hash, g_int64_equal);
    self->chains = g_hash_table_new(g_str_hash, g_str_equal);
    g_queue_init(&self->ready);
    self->delayed = g_sequence_new(NULL);
    self->taken = g_hash_table_new(NULL, NULL);
    return self;
}

static Chain *
get_chain(LtLane *self, const char *dossier)
{
    Chain *chain = dossier != NULL ? g_hash_table_lookup(self->chains, dossier) : NULL;

    if (chain != NULL)
        return chain;
    chain = g_new0(Chain, 1);
    chain->dossier = g_strdup(dossier);
    g_queue_init(&chain->items);
    if (dossier != NULL)
        g_hash_table_insert(self->chains, chain->dossier, chain);
    return chain;
}

static void
drop_chain_if_empty(LtLane *self, Chain *chain)
{
    if (!g_queue_is_empty(&chain->items) || chain->is_blocked)
        return;
    if (chain->dossier != NULL)
        g_hash_table_remove(self->chains, chain->dossier);
    chain_free(chain);
}

static gint
compare_not_before(gconstpointer a, gconstpointer b, gpointer data)
{
    const LtLaneItem *one = a, *other = b;

    (void) data;
    return (one->not_before_us > other->not_before_us) - (one->not_before_us < other->not_before_us);
}

/* Puts the head of a chain where it may go from, unless the dossier is blocked. */
static void
line_up(LtLane *self, Chain *chain)
{
    LtLaneItem *item = g_queue_peek_head(&chain->items);

    if (item == NULL || chain->is_blocked || g_hash_table_contains(self->taken, item))
        return;
    if (item->not_before_us > 0)
        item->delayed = g_sequence_insert_sorted(self->delayed, item, compare_not_before, NULL);
    else
        g_queue_push_tail(&self->ready, item);
}

/* Two that were committed together may be told in either order; behind the head they are put right. */
static void
stand_in_line(Chain *chain, LtLaneItem *item)
{
    GList *place = chain->items.tail;

    while (place != NULL && place != chain->items.head && ((LtLaneItem *) place->data)->delivery->id > item->delivery->id)
        place = place->prev;
    if (place == NULL)
        g_queue_push_tail(&chain->items, item);
    else
        g_queue_insert_after(&chain->items, place, item);
}

gboolean
lt_lane_add(LtLane *self, LtDelivery *delivery, LtMessage *message)
{
    LtLaneItem *item;
    Chain *chain;

    if (g_hash_table_contains(self->items, &delivery->id))
        return TRUE;
    if (g_hash_table_size(self->items) >= self->most)
        return FALSE;
    item = g_new0(LtLaneItem, 1);
    item->delivery = lt_delivery_ref(delivery);
    item->message = message != NULL ? lt_message_ref(message) : NULL;
    item->attempts = delivery->attempts;
    item->not_before_us = delivery->not_before_us;
    item->failed_us = delivery->attempts > 0 ? delivery->changed_us : 0;
    g_hash_table_insert(self->items, &item->delivery->id, item);
    chain = get_chain(self, delivery->dossier);
    item->chain = chain;
    stand_in_line(chain, item);
    if (chain->items.length == 1)
        line_up(self, chain);
    return TRUE;
}

static void
remove_from_line(LtLane *self, LtLaneItem *item)
{
    if (item->delayed != NULL)
        g_sequence_remove(item->delayed);
    else
        g_queue_remove(&self->ready, item);
    item->delayed = NULL;
}

void
lt_lane_block(LtLane *self, const char *dossier)
{
    Chain *chain = dossier != NULL ? get_chain(self, dossier) : NULL;
    LtLaneItem *head = chain != NULL ? g_queue_peek_head(&chain->items) : NULL;

    if (chain == NULL || chain->is_blocked)
        return;
    chain->is_blocked = TRUE;
    if (head != NULL && !g_hash_table_contains(self->taken, head))
        remove_from_line(self, head);
}

static void
ready_what_is_due(LtLane *self, gint64 now_us)
{
    while (!g_sequence_is_empty(self->delayed)) {
        GSequenceIter *first = g_sequence_get_begin_iter(self->delayed);
        LtLaneItem *item = g_sequence_get(first);

        if (item->not_before_us > now_us)
            return;
        g_sequence_remove(first);
        item->delayed = NULL;
        g_queue_push_tail(&self->ready, item);
    }
}

LtLaneItem *
lt_lane_take(LtLane *self, gint64 now_us)
{
    LtLaneItem *item;

    ready_what_is_due(self, now_us);
    item = g_queue_pop_head(&self->ready);
    if (item != NULL)
        g_hash_table_add(self->taken, item);
    return item;
}

/* The item leaves the lane; what stood behind it in its dossier lines up. */
static void
leave(LtLane *self, LtLaneItem *item, gboolean held)
{
    Chain *chain = item->chain;

    g_hash_table_remove(self->taken, item);
    g_hash_table_remove(self->items, &item->delivery->id);
    g_queue_remove(&chain->items, item);
    chain->is_blocked = chain->is_blocked || (held && chain->dossier != NULL);
    item_free(item);
    line_up(self, chain);
    drop_chain_if_empty(self, chain);
}

void
lt_lane_finish(LtLane *self, LtLaneItem *item)
{
    leave(self, item, FALSE);
}

void
lt_lane_hold(LtLane *self, LtLaneItem *item)
{
    leave(self, item, TRUE);
}

void
lt_lane_postpone(LtLane *self, LtLaneItem *item)
{
    g_hash_table_remove(self->taken, item);
    g_clear_pointer(&item->message, lt_message_unref); /* memory is for those that go soon */
    line_up(self, item->chain);
}

void
lt_lane_hurry(LtLane *self)
{
    ready_what_is_due(self, G_MAXINT64);
}

/* A copy, so that the table may change while it is gone through. */
static GPtrArray *
list_values(GHashTable *table)
{
    GPtrArray *values = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_ptr_array_add(values, value);
    return values;
}

static void
unblock_others(LtLane *self, GHashTable *blocked)
{
    g_autoptr(GPtrArray) chains = list_values(self->chains);

    for (guint i = 0; i < chains->len; i++) {
        Chain *chain = chains->pdata[i];

        if (!chain->is_blocked || g_hash_table_contains(blocked, chain->dossier))
            continue;
        chain->is_blocked = FALSE;
        line_up(self, chain);
        drop_chain_if_empty(self, chain);
    }
}

/* An item that was taken stays the head of its chain, so that its dossier keeps its order meanwhile. */
void
lt_lane_retain(LtLane *self, GHashTable *ids, GHashTable *blocked)
{
    g_autoptr(GPtrArray) items = list_values(self->items);

    for (guint i = 0; i < items->len; i++) {
        LtLaneItem *item = items->pdata[i];
        Chain *chain = item->chain;
        gboolean is_head = g_queue_peek_head(&chain->items) == item;

        if (g_hash_table_contains(self->taken, item) || g_hash_table_contains(ids, &item->delivery->id))
            continue;
        if (is_head && !chain->is_blocked)
            remove_from_line(self, item);
        g_hash_table_remove(self->items, &item->delivery->id);
        g_queue_remove(&chain->items, item);
        item_free(item);
        if (is_head)
            line_up(self, chain);
        drop_chain_if_empty(self, chain);
    }
    unblock_others(self, blocked);
}

void
lt_lane_free(LtLane *self)
{
    g_autoptr(GHashTable) nothing = g_hash_table_new(NULL, NULL);

    if (self == NULL)
        return;
    g_hash_table_remove_all(self->taken);
    lt_lane_retain(self, nothing, nothing);
    g_hash_table_unref(self->taken);
    g_sequence_free(self->delayed);
    g_hash_table_unref(self->chains);
    g_hash_table_unref(self->items);
    g_free(self);
}

gboolean
lt_lane_has_ready(const LtLane *self, gint64 now_us)
{
    gint64 next_us = lt_lane_next_us(self);

    return !g_queue_is_empty((GQueue *) &self->ready) || (next_us > 0 && next_us <= now_us);
}

gint64
lt_lane_next_us(const LtLane *self)
{
    const LtLaneItem *item;

    if (g_sequence_is_empty(self->delayed))
        return 0;
    item = g_sequence_get(g_sequence_get_begin_iter(self->delayed));
    return item->not_before_us;
}

guint
lt_lane_get_size(const LtLane *self)
{
    return g_hash_table_size(self->items);
}

guint
lt_lane_get_most(const LtLane *self)
{
    return self->most;
}
