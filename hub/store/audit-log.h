/* SPDX-License-Identifier: Apache-2.0 */
/* audit-log.h: the log's tables read: entries, nodes, checkpoints; proofs; the checks of audit-log.md §10. Appending is lt_store_append_record(). */
#pragma once

#include "store/store.h"
#include "trust/merkle.h"

typedef struct { char *origin; guint64 size; LtHash root; char *note; gint64 at_us; } LtLogHead;
LtLogHead *lt_store_log_head(LtStore *self, GError **error);
void lt_log_head_free(LtLogHead *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtLogHead, lt_log_head_free)

GBytes *lt_store_log_entry(LtStore *self, guint64 index, GError **error);
/** lt_store_log_prove: the whole .tlog-proof text against the newest checkpoint */
char *lt_store_log_prove(LtStore *self, guint64 index, GError **error);
GArray *lt_store_log_consistency(LtStore *self, guint64 old_size, guint64 size, GError **error);

typedef struct { const char *dossier, *event, *actor; gint64 since_us, until_us; guint limit; guint64 after; } LtLogQuery;
typedef gboolean (*LtLogVisit)(guint64 index, GBytes *entry, gpointer data);
gboolean lt_store_log_list(LtStore *self, const LtLogQuery *query, LtLogVisit visit, gpointer data, GError **error);

typedef struct { char *code, *text; gint64 index; } LtLogFinding;
typedef void (*LtLogProgress)(guint64 done, guint64 total, gpointer data);
/** lt_store_log_check: Returns: (element-type LtLogFinding): empty when all is well. @full: every entry, node, blob; else as at start */
GPtrArray *lt_store_log_check(LtStore *self, gboolean full, guint64 from, LtLogProgress progress, gpointer data, GError **error);
