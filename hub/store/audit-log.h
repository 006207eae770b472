/* SPDX-License-Identifier: Apache-2.0 */
/* audit-log.h: the log's tables read: entries, checkpoints, proofs, searches and the checks of audit-log.md §10. Appending is
 * lt_store_append_record(). All run on the caller's thread through its read connection and never wait for the writer. */
#pragma once

#include "store/store.h"
#include "trust/merkle.h"

typedef struct {
    char *origin;
    guint64 size;
    LtHash root;
    char *note;    /* the newest checkpoint with the cosignatures that it has */
    gint64 at_us;
} LtLogHead;
/** lt_store_log_head: Errors: %LT_ERROR_NOT_FOUND `log.empty`, %LT_ERROR_INTERNAL `log.note` */
LtLogHead *lt_store_log_head(LtStore *self, GError **error);
void lt_log_head_free(LtLogHead *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtLogHead, lt_log_head_free)

/** lt_store_log_entry: Errors: %LT_ERROR_NOT_FOUND `log.range` */
GBytes *lt_store_log_entry(LtStore *self, guint64 index, GError **error);
/** lt_store_log_prove: the whole .tlog-proof text against the newest checkpoint. Errors: %LT_ERROR_NOT_FOUND `log.range` */
char *lt_store_log_prove(LtStore *self, guint64 index, GError **error);
/** lt_store_log_prove_under: against a checkpoint of this log that was read before */
char *lt_store_log_prove_under(LtStore *self, guint64 index, const LtLogHead *head, GError **error);
/** lt_store_log_consistency: @size: 0: that of the newest checkpoint. Errors: %LT_ERROR_INVALID `log.range` unless 0 < old_size ≤ size ≤ newest.
 * Returns: (element-type LtHash) (transfer full) */
GArray *lt_store_log_consistency(LtStore *self, guint64 old_size, guint64 size, GError **error);

typedef struct {
    const char *dossier;         /* nullable: reference (UUID 4): entries that belong to it by audit-log.md §2 */
    const char *event, *actor;   /* nullable */
    gint64 since_us, until_us;   /* since ≤ t < until; 0: open */
    guint64 from;                /* lowest index */
    guint limit;                 /* 0: all */
    gboolean newest;             /* walk from the end */
} LtLogQuery;
/** LtLogVisit: Returns: FALSE to stop */
typedef gboolean (*LtLogVisit)(guint64 index, GBytes *entry, gpointer data);
/** lt_store_log_list: in order of index, or the other way round when @newest */
gboolean lt_store_log_list(LtStore *self, const LtLogQuery *query, LtLogVisit visit, gpointer data, GError **error);

#define LT_LOG_CHECK_TAIL 10000u /* entries that the check at start reads in full */

/* What a check found: always a code of audit-log.md §10 and where. */
typedef struct {
    const char *code;
    const char *table;  /* in which it was found; nullable */
    gint64 index;       /* of the entry meant, or -1 */
    char *dossier;      /* nullable: reference */
    char *text;         /* for people; never content */
} LtLogFinding;
typedef void (*LtLogProgress)(guint64 done, guint64 total, gpointer data);

/**
 * lt_store_log_check:
 * @full: every entry, node, checkpoint and message from @from on; else as at start: the last 10,000 entries
 * @progress: (nullable)
 *
 * Without a signer in the store's options the note's signature and the confirmed size are not checked.
 *
 * Returns: (element-type LtLogFinding) (transfer full): empty when all is well; NULL when the database cannot be read at all
 */
GPtrArray *lt_store_log_check(LtStore *self, gboolean full, guint64 from, LtLogProgress progress, gpointer data, GError **error);
