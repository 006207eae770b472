/* SPDX-License-Identifier: Apache-2.0 */
/* log-check-entries.c: the walk over entries: form, order, hashes, and the tree that they make.
 *
 * One pass, in pieces, so that no read transaction stands for long and the WAL of a running hub can be emptied meanwhile. The tree is computed
 * from the entries' own bytes; each subtree that they complete is compared with the stored node, and each stored checkpoint with the root at
 * its size.
 */
#include <string.h>
#include "store/log-check.h"
#include "store/log-nodes.h"

#define PIECE 16384u /* entries between two read transactions */
#define LEVELS 63
#define ACCEPTED "\"ev\":\"env.accepted\""

typedef struct {
    LtLogCheck *check;
    sqlite3_stmt *nodes[LEVELS]; /* of each level, in order of i; opened when first needed */
    gboolean at_row[LEVELS];
    guint64 next_checkpoint;     /* size of the next stored one before the newest; G_MAXUINT64: none */
} Walk;

static void
walk_clear(Walk *walk)
{
    for (guint level = 0; level < LEVELS; level++)
        sqlite3_finalize(walk->nodes[level]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Walk, walk_clear)

static void
step(Walk *walk, guint level)
{
    walk->at_row[level] = sqlite3_step(walk->nodes[level]) == SQLITE_ROW;
}

static gboolean
open_level(Walk *walk, guint level, guint64 i)
{
    sqlite3 *handle = lt_database_get_handle(walk->check->database);

    if (sqlite3_prepare_v2(handle, "SELECT i, hash FROM node WHERE level = ?1 AND i >= ?2 ORDER BY i", -1, &walk->nodes[level], NULL) !=
        SQLITE_OK)
        return FALSE;
    sqlite3_bind_int64(walk->nodes[level], 1, level);
    sqlite3_bind_int64(walk->nodes[level], 2, (gint64) i);
    step(walk, level);
    return TRUE;
}

static void
compare_node(gpointer data, guint level, guint64 i, const LtHash *hash)
{
    Walk *walk = data;
    guint64 first = i << level;

    if (walk->nodes[level] == NULL && !open_level(walk, level, i))
        return;
    while (walk->at_row[level] && (guint64) sqlite3_column_int64(walk->nodes[level], 0) < i)
        step(walk, level);
    if (!walk->at_row[level] || (guint64) sqlite3_column_int64(walk->nodes[level], 0) != i) {
        lt_log_check_add(walk->check, "log.node", "node", (gint64) first, NULL, "node %" G_GUINT64_FORMAT " of level %u is absent", i, level);
        return;
    }
    if (sqlite3_column_bytes(walk->nodes[level], 1) != LT_SHA256_SIZE ||
        memcmp(sqlite3_column_blob(walk->nodes[level], 1), hash->b, LT_SHA256_SIZE) != 0)
        lt_log_check_add(walk->check, "log.node", "node", (gint64) first, NULL,
                         "node %" G_GUINT64_FORMAT " of level %u differs from the entries below it", i, level);
    step(walk, level);
}

/* Dossier of an entry that may be damaged, for whoever must be told. */
static char *
dossier_of(const char *entry, gsize size)
{
    g_autoptr(LtRecordView) view = lt_record_read(entry, size, NULL);

    return view == NULL ? NULL : g_strdup(g_hash_table_lookup(view->fields, "d"));
}

static void
check_form(LtLogCheck *check, guint64 index, const char *entry, gsize size)
{
    g_autoptr(GError) error = NULL;
    gint64 at_us = 0;

    if (!lt_record_check(entry, size, index, &at_us, &error)) {
        g_autofree char *dossier = dossier_of(entry, size);

        lt_log_check_add(check, "log.entry-form", "log", (gint64) index, dossier, "%s", error->message);
        return;
    }
    if (at_us < check->last_us) {
        g_autofree char *dossier = dossier_of(entry, size);

        lt_log_check_add(check, "log.entry-form", "log", (gint64) index, dossier, "t is smaller than that of an entry before");
    }
    check->last_us = MAX(check->last_us, at_us);
}

static void
check_entry(Walk *walk, guint64 index, sqlite3_stmt *row)
{
    LtLogCheck *check = walk->check;
    const char *entry = sqlite3_column_blob(row, 1);
    gsize size = (gsize) sqlite3_column_bytes(row, 1);
    LtHash leaf;

    check_form(check, index, entry, size);
    if (check->full && memmem(entry, size, ACCEPTED, strlen(ACCEPTED)) != NULL)
        check->n_accepted++;
    lt_merkle_leaf(entry, size, &leaf);
    if (sqlite3_column_bytes(row, 2) != LT_SHA256_SIZE || memcmp(sqlite3_column_blob(row, 2), leaf.b, LT_SHA256_SIZE) != 0) {
        g_autofree char *dossier = dossier_of(entry, size);

        lt_log_check_add(check, "log.entry-hash", "log", (gint64) index, dossier, "entry %" G_GUINT64_FORMAT " differs from its leaf hash",
                         index);
    }
    if (check->edge_holds)
        lt_merkle_append(&check->edge, &leaf, compare_node, walk);
}

static gboolean
next_checkpoint(Walk *walk, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    walk->next_checkpoint = G_MAXUINT64;
    if (!walk->check->full)
        return TRUE;
    if (!LT_ASK(&query, walk->check->database, error, "SELECT size FROM checkpoint WHERE size > ?1 AND size < ?2 ORDER BY size LIMIT 1",
                LT_INT(walk->check->edge.size), LT_INT(walk->check->size)))
        return FALSE;
    if (lt_query_next(&query, error))
        walk->next_checkpoint = (guint64) lt_query_integer(&query, 0);
    return !query.failed;
}

/* An old checkpoint against the tree at its size. */
static gboolean
check_checkpoint(Walk *walk, GError **error)
{
    LtLogCheck *check = walk->check;
    g_auto(LtQuery) query = LT_QUERY_INIT;
    g_autoptr(GBytes) note = NULL;
    g_autofree char *text = NULL;
    LtHash root, stored;

    if (!LT_ASK(&query, check->database, error, "SELECT root, note FROM checkpoint WHERE size = ?1", LT_INT(check->edge.size)))
        return FALSE;
    if (!lt_query_next(&query, error))
        return !query.failed; /* pruned meanwhile */
    note = lt_query_bytes(&query, 1);
    lt_merkle_edge_root(&check->edge, &root);
    if (note == NULL || !lt_query_copy(&query, 0, stored.b, sizeof stored.b)) {
        lt_log_check_add(check, "log.note", "checkpoint", -1, NULL, "row of size %" G_GUINT64_FORMAT " is damaged", check->edge.size);
        return TRUE;
    }
    if (!lt_hash_equal(&root, &stored))
        lt_log_check_add(check, "log.root", "checkpoint", (gint64) check->edge.size, NULL,
                         "the root of %" G_GUINT64_FORMAT " entries is not that of their checkpoint", check->edge.size);
    text = g_strndup(g_bytes_get_data(note, NULL), g_bytes_get_size(note));
    if (lt_log_check_text(check, text, check->edge.size, &stored) && check->signer != NULL)
        lt_log_check_signature(check, text, check->edge.size);
    return TRUE;
}

static void
note_gap(Walk *walk, guint64 expected, guint64 found)
{
    lt_log_check_add(walk->check, "log.index-gap", "log", (gint64) expected, NULL,
                     "entries %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT " are absent", expected, found - 1);
    lt_log_check_add(walk->check, "log.size", "log", (gint64) expected, NULL,
                     "the log has %" G_GUINT64_FORMAT " entries fewer than its checkpoint says", found - expected);
    walk->check->edge_holds = FALSE;
}

static gboolean
walk_piece(Walk *walk, guint64 *index, guint64 end, GError **error)
{
    LtLogCheck *check = walk->check;
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK(&query, check->database, error, "SELECT idx, entry, leaf FROM log WHERE idx >= ?1 AND idx < ?2 ORDER BY idx", LT_INT(*index),
                LT_INT(end)))
        return FALSE;
    while (lt_query_next(&query, error)) {
        guint64 found = (guint64) lt_query_integer(&query, 0);

        if (found != *index)
            note_gap(walk, *index, found);
        check_entry(walk, found, query.statement);
        *index = found + 1;
        if (check->edge_holds && *index == walk->next_checkpoint && (!check_checkpoint(walk, error) || !next_checkpoint(walk, error)))
            return FALSE;
    }
    if (!query.failed && *index < end) {
        note_gap(walk, *index, end);
        *index = end;
    }
    return !query.failed;
}

static void
end_piece(Walk *walk)
{
    for (guint level = 0; level < LEVELS; level++)
        g_clear_pointer(&walk->nodes[level], sqlite3_finalize);
}

/* A page that SQLite cannot read ends the walk with a finding, not with an error. */
static gboolean
as_finding(LtLogCheck *check, guint64 index, GError *cause, GError **error)
{
    if (!g_str_equal(lt_error_get_reason(cause), "log.db")) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    lt_log_check_add(check, "log.db", "log", (gint64) index, NULL, "%s", cause->message);
    check->edge_holds = FALSE;
    g_error_free(cause);
    return TRUE;
}

gboolean
lt_log_check_entries(LtLogCheck *check, GError **error)
{
    g_auto(Walk) walk = { .check = check };
    guint64 index = check->edge.size, first = index;

    if (!next_checkpoint(&walk, error))
        return FALSE;
    while (index < check->size) {
        GError *cause = NULL;

        if (!walk_piece(&walk, &index, MIN(index + PIECE, check->size), &cause))
            return as_finding(check, index, cause, error);
        end_piece(&walk);
        if (lt_log_check_cancelled(check, error))
            return FALSE;
        if (check->progress != NULL)
            check->progress(index - first, check->size - first, check->progress_data);
    }
    return TRUE;
}
