/* SPDX-License-Identifier: Apache-2.0 */
/* lane.h: the deliveries of one endpoint that are in memory, and their order.
 *
 * Of each dossier only the oldest unfinished delivery may go; the others stand behind it. A dossier whose oldest is held is
 * blocked. A lane holds at most so many; whoever fills it knows whether there are more on disk. No locks, no clock, no disk:
 * the dispatcher's.
 */
#pragma once

#include "base/message.h"
#include "store/deliveries.h"

typedef struct _LtLane LtLane;

typedef struct {
    LtDelivery *delivery;
    LtMessage *message;      /* nullable: to be read from disk */
    guint attempts;          /* so far; the row in @delivery is as it was read */
    gint64 not_before_us;    /* UTC */
    gint64 failed_us;        /* UTC: its last failure; 0: none */
    /* the lane's own: */
    gpointer chain;
    GSequenceIter *delayed;
} LtLaneItem;

LtLane *lt_lane_new(guint most);
void lt_lane_free(LtLane *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtLane, lt_lane_free)

/** lt_lane_add: FALSE when the lane is full; one that it has already is TRUE and nothing happens */
gboolean lt_lane_add(LtLane *self, LtDelivery *delivery, LtMessage *message);
/** lt_lane_block: a held delivery of this dossier is on disk */
void lt_lane_block(LtLane *self, const char *dossier);
/** lt_lane_retain: what is not taken and not in @ids (set of gint64 *) leaves; only the dossiers in @blocked (set of strings) stay blocked */
void lt_lane_retain(LtLane *self, GHashTable *ids, GHashTable *blocked);

/** lt_lane_take: the next that may go; the lane's until it is given back by one of the following three */
LtLaneItem *lt_lane_take(LtLane *self, gint64 now_us);
/** lt_lane_finish: it is over: the next of its dossier may go */
void lt_lane_finish(LtLane *self, LtLaneItem *item);
/** lt_lane_postpone: item->attempts and item->not_before_us say when it may go again */
void lt_lane_postpone(LtLane *self, LtLaneItem *item);
/** lt_lane_hold: a person must look; its dossier is blocked */
void lt_lane_hold(LtLane *self, LtLaneItem *item);

/** lt_lane_hurry: what was postponed may go at once */
void lt_lane_hurry(LtLane *self);

gboolean lt_lane_has_ready(const LtLane *self, gint64 now_us);
/** lt_lane_next_us: when the first postponed one may go (UTC); 0: none is postponed */
gint64 lt_lane_next_us(const LtLane *self);
guint lt_lane_get_size(const LtLane *self);
guint lt_lane_get_most(const LtLane *self);
