/* SPDX-License-Identifier: Apache-2.0 */
/* log-append.h: the growing end of the audit log, for the writer thread only (audit-log.md §5).
 *
 * It knows origin, size, right edge and time of the last entry. Entries of a group are gathered, and written with nodes, index rows and one
 * signed checkpoint when the group is sealed, so a closure that is rolled back only shortens the list.
 */
#pragma once

#include "store/database.h"
#include "trust/record.h"
#include "trust/signer.h"

typedef struct _LtLogTail LtLogTail;

/** lt_log_tail_open: reads where the log ends. An empty log is opened: entry 0 `log.open` and its checkpoint, in a transaction of its own.
 * @signer: (transfer none) outlives it. Errors: INTERNAL `log.origin`, `log.size`, … */
LtLogTail *lt_log_tail_open(LtDatabase *database, LtSigner *signer, gboolean demo, GError **error);
void lt_log_tail_free(LtLogTail *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtLogTail, lt_log_tail_free)

/** lt_log_tail_begin: a group begins. Returns: time of all its entries: max(@now_us, time of the last entry), whole milliseconds */
gint64 lt_log_tail_begin(LtLogTail *self, gint64 now_us);
/** lt_log_tail_mark: a closure begins; lt_log_tail_revert(): forget what was appended since the mark */
void lt_log_tail_mark(LtLogTail *self);
void lt_log_tail_revert(LtLogTail *self);
/** lt_log_tail_append: (transfer full) @record. Errors: INTERNAL `log.entry-form` */
gboolean lt_log_tail_append(LtLogTail *self, LtRecord *record, guint64 *index, gint64 *at_us, GError **error);
/** lt_log_tail_seal: before COMMIT: writes entries, nodes, index rows, and the signed checkpoint of the new size. Nothing when nothing was appended.
 * Errors: UNAVAILABLE `env.busy` (signer), `env.store.full` (disk) */
gboolean lt_log_tail_seal(LtLogTail *self, GError **error);
/** lt_log_tail_end: after COMMIT (@committed: confirms to the signer) or ROLLBACK (back to where the group began) */
void lt_log_tail_end(LtLogTail *self, gboolean committed);

const char *lt_log_tail_get_origin(LtLogTail *self);
guint64 lt_log_tail_get_size(LtLogTail *self);
/** lt_log_tail_get_checkpoint: note of the newest *committed* checkpoint: the `cp` of receipts */
const char *lt_log_tail_get_checkpoint(LtLogTail *self);
