/* SPDX-License-Identifier: Apache-2.0 */
/* anchors.h: what others have put beside our checkpoints: cosignatures of witnesses, time stamps, the unit's legal signature (audit-log.md §§8, 9). */
#pragma once

#include "store/audit-log.h"

/* A checkpoint with what stands beside it. */
typedef struct {
    LtLogHead *head;        /* its note has the cosignatures */
    guint n_cosignatures;
    GBytes *tsr, *cms;      /* nullable: time stamp answer; legal signature: DER over the three lines */
} LtLogAnchored;
void lt_log_anchored_free(LtLogAnchored *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtLogAnchored, lt_log_anchored_free)

/**
 * lt_store_log_anchored:
 * @min_size: it must cover so many entries
 * @quorum: cosignatures that make it better than one with fewer
 *
 * The newest of those with quorum and time stamp, else with quorum, else with a time stamp, else the newest.
 *
 * Errors: NOT_FOUND `log.empty`: no checkpoint is that large
 */
LtLogAnchored *lt_store_log_anchored(LtStore *self, guint64 min_size, guint quorum, GError **error);
