/* SPDX-License-Identifier: Apache-2.0 */
/* log-check.c: what is checked at start and every night, and in which order (audit-log.md §10).
 *
 * A check never stops at the first fault: it names every one that it finds, up to a thousand. A fault is a finding, not an error; an error
 * means that the database could not even be asked.
 */
#include "store/log-check.h"

#include <string.h>
#include "store/log-nodes.h"
#include "trust/note.h"

#define FINDINGS_MAX 1000

static void
finding_free(gpointer data)
{
    LtLogFinding *finding = data;

    g_free(finding->dossier);
    g_free(finding->text);
    g_free(finding);
}

void
lt_log_check_add(LtLogCheck *check, const char *code, const char *table, gint64 index, const char *dossier, const char *format, ...)
{
    LtLogFinding *finding;
    va_list arguments;

    if (check->findings->len >= FINDINGS_MAX)
        return;
    finding = g_new0(LtLogFinding, 1);
    finding->code = code;
    finding->table = table;
    finding->index = index;
    finding->dossier = g_strdup(dossier);
    va_start(arguments, format);
    finding->text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(check->findings, finding);
}

gboolean
lt_log_check_cancelled(const LtLogCheck *check, GError **error)
{
    if (check->cancellable == NULL || !g_cancellable_is_cancelled(check->cancellable))
        return FALSE;
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "env.busy", "the check was stopped");
    return TRUE;
}

void
lt_log_check_signature(LtLogCheck *check, const char *text, guint64 size)
{
    g_autofree char *line = lt_signer_dup_log_vkey(check->signer, check->origin);
    g_autoptr(LtVerifierKey) key = line == NULL ? NULL : lt_vkey_read(line, strlen(line), NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtNote) note = key == NULL ? NULL : lt_note_open(text, strlen(text), &key, 1, &error);

    if (note == NULL || note->signatures->len == 0)
        lt_log_check_add(check, "log.note", "checkpoint", -1, NULL, "checkpoint of size %" G_GUINT64_FORMAT ": %s", size,
                         error != NULL ? error->message : "not signed by the log key");
}

gboolean
lt_log_check_text(LtLogCheck *check, const char *text, guint64 size, const LtHash *root)
{
    g_auto(LtCheckpoint) checkpoint = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(LtNote) note = lt_note_open(text, strlen(text), NULL, 0, &error);

    if (note == NULL || !lt_checkpoint_read(note->text, strlen(note->text), &checkpoint, &error)) {
        lt_log_check_add(check, "log.note", "checkpoint", -1, NULL, "checkpoint of size %" G_GUINT64_FORMAT ": %s", size, error->message);
        return FALSE;
    }
    if (check->origin == NULL)
        check->origin = g_strdup(checkpoint.origin);
    if (!g_str_equal(checkpoint.origin, check->origin))
        lt_log_check_add(check, "log.origin", "checkpoint", -1, NULL, "checkpoint of size %" G_GUINT64_FORMAT " is of another origin", size);
    if (checkpoint.size != size || !lt_hash_equal(&checkpoint.root, root))
        lt_log_check_add(check, "log.note", "checkpoint", -1, NULL, "checkpoint of size %" G_GUINT64_FORMAT ": note and row differ", size);
    return TRUE;
}

/* The newest note: of our log, signed by our key, and saying what its row says. */
static void
check_note(LtLogCheck *check, const LtLogHeadRow *head)
{
    g_autofree char *prefix = NULL;

    if (!lt_log_check_text(check, head->note, head->size, &head->root) || check->signer == NULL)
        return;
    prefix = g_strdup_printf("hub.%s/", lt_signer_get_unit(check->signer));
    if (!g_str_has_prefix(check->origin, prefix))
        lt_log_check_add(check, "log.origin", "checkpoint", -1, NULL, "the log is of %s, not of %s…", check->origin, prefix);
    lt_log_check_signature(check, head->note, head->size);
}

/* What the signer has confirmed must be in the log: a database put back behind its back is older, or another. */
static void
check_signer(LtLogCheck *check, guint64 confirmed, const LtHash *confirmed_root)
{
    g_autoptr(GError) cause = NULL;
    LtHash root;

    if (confirmed > check->size)
        lt_log_check_add(check, "log.signer-ahead", "checkpoint", (gint64) check->size, NULL,
                         "the signer has confirmed %" G_GUINT64_FORMAT " entries, the newest checkpoint has %" G_GUINT64_FORMAT, confirmed,
                         check->size);
    else if (!lt_merkle_root(confirmed, lt_log_node_get, check->database, &root, &cause))
        lt_log_check_add(check, "log.node", "node", (gint64) confirmed, NULL, "%s", cause->message);
    else if (!lt_hash_equal(&root, confirmed_root))
        lt_log_check_add(check, "log.signer-ahead", "node", (gint64) confirmed, NULL,
                         "the signer has confirmed another root for %" G_GUINT64_FORMAT " entries", confirmed);
}

/* Rows against the size of the checkpoint. Later rows of a running hub have their own, newer checkpoint. */
static gboolean
check_size(LtLogCheck *check, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    guint64 rows;

    if (!lt_query_ask(&query, check->database, "SELECT ifnull(max(idx), -1) + 1, (SELECT max(size) FROM checkpoint) FROM log", NULL, 0,
                      error) ||
        !lt_query_next(&query, error))
        return FALSE;
    rows = (guint64) lt_query_integer(&query, 0);
    if (rows < check->size)
        lt_log_check_add(check, "log.size", "log", (gint64) rows, NULL,
                         "the log ends at %" G_GUINT64_FORMAT ", its checkpoint says %" G_GUINT64_FORMAT, rows, check->size);
    if (rows > (guint64) lt_query_integer(&query, 1))
        lt_log_check_add(check, "log.unsigned-tail", "log", lt_query_integer(&query, 1), NULL,
                         "the log has entries up to %" G_GUINT64_FORMAT " that no checkpoint covers", rows);
    return TRUE;
}

/* Where the walk begins, the edge there, and the time of the entry before. */
static gboolean
begin_walk(LtLogCheck *check, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    g_autoptr(GError) cause = NULL;
    guint64 first = check->full ? check->from : 0;

    if (!check->full && check->size > LT_LOG_CHECK_TAIL)
        first = check->size - LT_LOG_CHECK_TAIL;
    first = MIN(first, check->size);
    check->edge_holds = lt_merkle_edge_load(&check->edge, first, lt_log_node_get, check->database, &cause);
    if (!check->edge_holds)
        lt_log_check_add(check, "log.node", "node", (gint64) first, NULL, "%s", cause->message);
    check->edge.size = first;
    if (first == 0)
        return TRUE;
    if (!LT_ASK(&query, check->database, error, "SELECT entry FROM log WHERE idx = ?1", LT_INT(first - 1)))
        return FALSE;
    if (lt_query_next(&query, error))
        lt_record_check(sqlite3_column_blob(query.statement, 0), (gsize) sqlite3_column_bytes(query.statement, 0), first - 1,
                        &check->last_us, NULL);
    return !query.failed;
}

static void
check_root(LtLogCheck *check)
{
    LtHash root;

    if (!check->edge_holds)
        return;
    lt_merkle_edge_root(&check->edge, &root);
    if (!lt_hash_equal(&root, &check->root))
        lt_log_check_add(check, "log.root", "checkpoint", (gint64) check->size, NULL,
                         "the root of %" G_GUINT64_FORMAT " entries is not that of the checkpoint", check->size);
}

/* Reads the newest checkpoint; a damaged one is a finding and leaves @head empty. */
static gboolean
read_head(LtLogCheck *check, LtLogHeadRow *head, GError **error)
{
    g_autoptr(GError) cause = NULL;

    lt_log_head_row_clear(head);
    if (lt_log_head_read(check->database, head, &cause))
        return TRUE;
    if (!g_str_has_prefix(lt_error_get_reason(cause), "log.")) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    lt_log_check_add(check, "log.note", "checkpoint", -1, NULL, "%s", cause->message);
    return TRUE;
}

/* The confirmed size is asked between two reads of the newest checkpoint: the log of a running hub grows, and it confirms only what is
 * committed, so the second read must have it. */
static gboolean
check_head(LtLogCheck *check, GError **error)
{
    g_auto(LtLogHeadRow) head = { 0 };
    LtHash confirmed_root = { { 0 } };
    guint64 confirmed = 0;

    if (!read_head(check, &head, error))
        return FALSE;
    if (head.note == NULL) {
        lt_merkle_empty(&check->root);
        return TRUE;
    }
    check_note(check, &head);
    if (check->signer != NULL && check->origin != NULL)
        lt_signer_get_confirmed(check->signer, check->origin, &confirmed, confirmed_root.b);
    if (!read_head(check, &head, error))
        return FALSE;
    check->size = head.size;
    check->root = head.root;
    if (confirmed > 0)
        check_signer(check, confirmed, &confirmed_root);
    return TRUE;
}

GPtrArray *
lt_log_check_run(LtLogCheck *check, GError **error)
{
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(finding_free);
    gboolean done;

    check->findings = findings;
    done = lt_log_check_database(check, error) && check_head(check, error) && check_size(check, error) && begin_walk(check, error) &&
           lt_log_check_entries(check, error);
    if (done)
        check_root(check);
    if (done && check->full && check->store != NULL)
        done = lt_log_check_messages(check, error);
    g_clear_pointer(&check->origin, g_free);
    return done ? g_steal_pointer(&findings) : NULL;
}
