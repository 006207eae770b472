/* SPDX-License-Identifier: Apache-2.0 */
/* log-check.h: the self-check of audit-log.md §10 over one connection: the writer's at start, a reader's later. */
#pragma once

#include "store/audit-log.h"
#include "store/database.h"

typedef struct {
    LtStore *store;        /* nullable: then messages are not checked */
    LtDatabase *database;
    LtSigner *signer;      /* nullable: then neither the key nor the confirmed size is known */
    gboolean full;
    guint64 from;          /* of a full check: first entry */
    LtLogProgress progress;
    gpointer progress_data;
    gboolean brief;        /* of a full check: SQLite's own is cut short, as at start */
    GCancellable *cancellable; /* nullable */

    GPtrArray *findings;   /* private from here on */
    char *origin;          /* of the newest checkpoint; nullable */
    guint64 size;          /* of the newest checkpoint */
    LtHash root;
    LtMerkleEdge edge;
    gboolean edge_holds;   /* FALSE after a gap: the tree can no longer be recomputed */
    gint64 last_us;
    guint64 n_accepted;    /* entries env.accepted that a full walk met */
} LtLogCheck;

/** lt_log_check_run: Returns: (element-type LtLogFinding): NULL when the database cannot be read at all */
GPtrArray *lt_log_check_run(LtLogCheck *check, GError **error);

/* For the files of the check. */
/** lt_log_check_cancelled: sets UNAVAILABLE `env.busy` */
gboolean lt_log_check_cancelled(const LtLogCheck *check, GError **error);
void lt_log_check_add(LtLogCheck *check, const char *code, const char *table, gint64 index, const char *dossier, const char *format, ...)
    G_GNUC_PRINTF(6, 7);
/** lt_log_check_text: one checkpoint against its row. FALSE when it cannot be read; what it finds is added */
gboolean lt_log_check_text(LtLogCheck *check, const char *text, guint64 size, const LtHash *root);
/** lt_log_check_signature: needs a signer */
void lt_log_check_signature(LtLogCheck *check, const char *text, guint64 size);
/** lt_log_check_database: pragmas, triggers, quick_check; at start for half a second at most */
gboolean lt_log_check_database(LtLogCheck *check, GError **error);
/** lt_log_check_entries: walks entries, nodes and, in a full check, checkpoints from check->edge.size to check->size */
gboolean lt_log_check_entries(LtLogCheck *check, GError **error);
/** lt_log_check_messages: what accepted envelopes have promised against what is kept of them */
gboolean lt_log_check_messages(LtLogCheck *check, GError **error);
