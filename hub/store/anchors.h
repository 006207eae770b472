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

typedef enum { LT_ANCHOR_TIMESTAMP, LT_ANCHOR_SIGNATURE } LtAnchorKind;
/** lt_store_keep_anchor: what stands beside the checkpoint @head, with the record anchor.tsr or anchor.cms */
gboolean lt_store_keep_anchor(LtStore *self, const LtLogHead *head, LtAnchorKind kind, GBytes *data, GError **error);
/** lt_store_record_anchor_failure: record anchor.failed */
gboolean lt_store_record_anchor_failure(LtStore *self, guint64 size, const char *code, GError **error);
/** lt_store_stamped: size and time of the newest checkpoint with a time stamp; FALSE: there is none */
gboolean lt_store_stamped(LtStore *self, guint64 *size, gint64 *at_us);
