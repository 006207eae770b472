/* SPDX-License-Identifier: Apache-2.0 */
/* log-nodes.h: the tables of the log as the tree's arithmetic wants them: nodes by level and place, and the newest checkpoint. */
#pragma once

#include "store/audit-log.h"
#include "store/database.h"
#include "trust/merkle.h"

/** lt_log_node_get: an LtMerkleGet; @data: the LtDatabase. Errors: %LT_ERROR_INTERNAL `log.node` when the node is not there */
gboolean lt_log_node_get(gpointer data, guint level, guint64 i, LtHash *out, GError **error);

/* Newest row of `checkpoint`; note NULL: the log has none. */
typedef struct {
    guint64 size;
    LtHash root;
    char *note;
    gint64 at_us;
} LtLogHeadRow;
gboolean lt_log_head_read(LtDatabase *database, LtLogHeadRow *head, GError **error);
void lt_log_head_row_clear(LtLogHeadRow *head);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LtLogHeadRow, lt_log_head_row_clear)
/** lt_log_head_complete: (transfer full): what a row says, its note with the cosignatures that it has. Errors: INVALID `log.note` */
LtLogHead *lt_log_head_complete(LtDatabase *database, const LtLogHeadRow *row, GError **error);
