/* SPDX-License-Identifier: Apache-2.0 */
/* test-log-tampering.c: what is altered is named: the tests of audit-log.md §14 that need no witness. Each alters a log of 1,000 entries as an
 * intruder with the database file would, and asks the start check and the full check. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/value.h"
#include "lib/log-lab.h"
#include "trust/note.h"

#define N_ENTRIES 1000

/* What an intruder does, in SQL, to the file of a log of 1,000 entries. */
typedef struct {
    const char *name, *sql;
    const char *full, *start; /* code that the check must name; NULL: no claim */
} Tampering;

#define UNLOCK "DROP TRIGGER log_no_update; DROP TRIGGER log_no_delete; "
#define LOCK                                                                                                                     \
    "; CREATE TRIGGER log_no_update BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'append-only'); END;"                          \
    "CREATE TRIGGER log_no_delete BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'append-only'); END"

static const Tampering tamperings[] = {
    { "t1-edit-one-entry", UNLOCK "UPDATE log SET entry = CAST(replace(entry, '\"view\"', '\"vieW\"') AS BLOB) WHERE idx = 500" LOCK,
      "log.entry-hash", "log.entry-hash" },
    { "t4-delete-a-row", UNLOCK "DELETE FROM log WHERE idx = 500" LOCK, "log.index-gap", "log.size" },
    { "t5-delete-and-renumber",
      UNLOCK "DELETE FROM log WHERE idx = 500; UPDATE log SET idx = -idx WHERE idx > 500 AND idx < 0; "
             "CREATE TABLE moved AS SELECT * FROM log WHERE idx > 500; DELETE FROM log WHERE idx > 500; "
             "INSERT INTO log SELECT idx - 1, entry, leaf FROM moved; DROP TABLE moved" LOCK,
      "log.entry-form", "log.size" },
    { "t6-exchange-two-rows",
      UNLOCK "CREATE TABLE moved AS SELECT * FROM log WHERE idx IN (500, 501); DELETE FROM log WHERE idx IN (500, 501); "
             "INSERT INTO log SELECT 1001 - idx, entry, leaf FROM moved; DROP TABLE moved" LOCK,
      "log.entry-form", "log.entry-form" },
    { "t7-cut-the-tail", UNLOCK "DELETE FROM log WHERE idx >= 900" LOCK, "log.size", "log.size" },
    { "t9-append-without-checkpoint",
      "INSERT INTO log SELECT 1000, CAST(replace(entry, '\"n\":999', '\"n\":1000') AS BLOB), leaf FROM log WHERE idx = 999", "log.unsigned-tail",
      "log.unsigned-tail" },
    { "t15-back-date-an-entry", UNLOCK "UPDATE log SET entry = CAST(replace(entry, '\"t\":\"20', '\"t\":\"19') AS BLOB) WHERE idx = 500" LOCK,
      "log.entry-form", "log.entry-form" },
    { "t16-flip-a-leaf", UNLOCK "UPDATE log SET leaf = zeroblob(32) WHERE idx = 500" LOCK, "log.entry-hash", "log.entry-hash" },
    { "t16-flip-a-node", "UPDATE node SET hash = zeroblob(32) WHERE level = 3 AND i = 7", "log.node", "log.node" },
    { "t16-flip-a-high-node", "UPDATE node SET hash = zeroblob(32) WHERE level = 9 AND i = 0", "log.node", "log.node" },
    { "t16-delete-a-node", "DELETE FROM node WHERE level = 1 AND i = 100", "log.node", "log.node" },
    { "t16-flip-the-root", "UPDATE checkpoint SET root = zeroblob(32) WHERE size = 1000", "log.note", "log.note" },
    { "t16-flip-an-old-root", "UPDATE checkpoint SET root = zeroblob(32) WHERE size = 1", "log.root", NULL },
    { "t16-flip-the-note", "UPDATE checkpoint SET note = CAST(replace(note, '1000', '1001') AS BLOB) WHERE size = 1000", "log.note", "log.note" },
    { "t16-spoil-the-signature", "UPDATE checkpoint SET note = CAST(substr(note, 1, length(note) - 9) || 'AAAAAAA=' || x'0a' AS BLOB) WHERE size = 1000",
      "log.note", "log.note" },
    { "t16-spoil-an-old-note", "UPDATE checkpoint SET note = CAST('note' AS BLOB) WHERE size = 1", "log.note", NULL },
    { "t16-older-note", "UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 1) WHERE size = 1000", "log.note", "log.note" },
    { "drop-a-trigger", "DROP TRIGGER log_no_delete", "log.pragma", "log.pragma" },
    { "forget-the-log", UNLOCK "DELETE FROM log; DELETE FROM node" LOCK, "log.size", "log.size" },
    { "other-origin", "UPDATE checkpoint SET note = CAST(replace(note, 'hub.H52/', 'hub.H53/') AS BLOB) WHERE size = 1000", "log.origin",
      "log.origin" },
};

static gboolean
has_code(const GPtrArray *findings, const char *code)
{
    for (guint i = 0; i < findings->len; i++)
        if (g_str_equal(((const LtLogFinding *) findings->pdata[i])->code, code))
            return TRUE;
    return FALSE;
}

static void
assert_code(LogLab *log, gboolean full, const char *code)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings = lt_store_log_check(log->store, full, 0, NULL, NULL, &error);

    g_assert_no_error(error);
    for (guint i = 0; i < findings->len && i < 5; i++) {
        const LtLogFinding *finding = findings->pdata[i];

        g_test_message("%s %s %" G_GINT64_FORMAT ": %s", finding->code, finding->table, finding->index, finding->text);
    }
    g_assert_true(has_code(findings, code));
}

static void
fill(LogLab *log)
{
    while (log_lab_size(log) < N_ENTRIES)
        log_lab_append_all(log, (guint) MIN(333, N_ENTRIES - log_lab_size(log)));
}

/* The start check speaks of damage as critical; here it must not end the program. */
static void
open_damaged(LogLab *log)
{
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_FATAL_MASK);

    log_lab_open(log);
    g_log_set_always_fatal(fatal);
}

static void
assert_halted(LogLab *log, const Tampering *tampering)
{
    g_autoptr(GError) error = NULL;

    open_damaged(log);
    if (tampering->start != NULL) {
        g_assert_cmpint(lt_store_get_state(log->store, NULL), ==, LT_STORE_HALTED);
        assert_code(log, FALSE, tampering->start);
        g_assert_false(log_lab_append(log, 1, &error));
        g_assert_cmpstr(lt_error_get_reason(error), ==, "env.store.halted");
    }
    assert_code(log, TRUE, tampering->full);
}

static void
test_tampering(LogLab *log, gconstpointer data)
{
    const Tampering *tampering = data;

    fill(log);
    g_assert_cmpuint(log_lab_count_findings(log, TRUE), ==, 0);
    log_lab_close(log);
    g_free(log_lab_intrude(log, tampering->sql));
    assert_halted(log, tampering);
}

/* Replaces stored leaves and, when @with_nodes, all nodes by those of the altered entries. */
static void
rehash(LogLab *log, gboolean with_nodes)
{
    g_autofree char *hex = log_lab_intrude(log, "SELECT hex(entry) FROM log ORDER BY idx");
    g_auto(GStrv) lines = g_strsplit(hex, "\n", -1);
    g_autoptr(GString) sql = g_string_new("BEGIN; " UNLOCK);
    LtHash row[N_ENTRIES];

    for (guint i = 0; i < N_ENTRIES; i++) {
        g_autofree char *lower = g_ascii_strdown(lines[i], -1), *leaf = NULL;
        gsize size = strlen(lower) / 2;
        g_autofree guint8 *entry = g_malloc(size);

        g_assert_true(lt_hex_read(lower, strlen(lower), entry, size));
        lt_merkle_leaf(entry, size, &row[i]);
        leaf = lt_hex_dup(row[i].b, sizeof row[i].b);
        g_string_append_printf(sql, "UPDATE log SET leaf = x'%s' WHERE idx = %u;", leaf, i);
    }
    for (guint level = 1, n = N_ENTRIES / 2; with_nodes && n > 0; level++, n /= 2)
        for (guint i = 0; i < n; i++) {
            g_autofree char *hash = NULL;

            lt_merkle_node(&row[2 * i], &row[2 * i + 1], &row[i]);
            hash = lt_hex_dup(row[i].b, sizeof row[i].b);
            g_string_append_printf(sql, "UPDATE node SET hash = x'%s' WHERE level = %u AND i = %u;", hash, level, i);
        }
    g_string_append(sql, "SELECT 1" LOCK "; COMMIT");
    g_free(log_lab_intrude(log, sql->str));
}

#define EDIT_500 UNLOCK "UPDATE log SET entry = CAST(replace(entry, '\"view\"', '\"vieW\"') AS BLOB) WHERE idx = 500" LOCK

static void
test_edit_with_leaf(LogLab *log, gconstpointer data)
{
    gboolean with_nodes = data != NULL;
    Tampering tampering = { "", NULL, with_nodes ? "log.root" : "log.node", with_nodes ? "log.root" : "log.node" };

    fill(log);
    log_lab_close(log);
    g_free(log_lab_intrude(log, EDIT_500));
    rehash(log, with_nodes);
    assert_halted(log, &tampering);
}

static void
copy_file(const char *from, const char *to)
{
    g_autofree char *bytes = NULL;
    gsize size;

    g_assert_true(g_file_get_contents(from, &bytes, &size, NULL));
    g_assert_true(g_file_set_contents(to, bytes, (gssize) size, NULL));
}

/* T8: an older database put in the place of the newest; its own checkpoint is good. */
static void
test_put_back(LogLab *log, gconstpointer data G_GNUC_UNUSED)
{
    Tampering tampering = { "", NULL, "log.signer-ahead", "log.signer-ahead" };
    g_autofree char *old = g_strconcat(log->database, ".old", NULL);

    log_lab_append_all(log, 100);
    log_lab_close(log);
    copy_file(log->database, old);
    log_lab_open(log);
    log_lab_append_all(log, 1);
    log_lab_close(log);
    copy_file(old, log->database);
    assert_halted(log, &tampering);
}

/* A database put back and grown again to the same size: same size, another root. */
static void
test_grown_again(LogLab *log, gconstpointer data G_GNUC_UNUSED)
{
    Tampering tampering = { "", NULL, "log.signer-ahead", "log.signer-ahead" };
    g_autofree char *old = g_strconcat(log->database, ".old", NULL);
    g_autofree char *state = NULL;
    g_autoptr(GDir) dir = NULL;
    g_autofree char *kept = NULL;

    log_lab_append_all(log, 100);
    log_lab_close(log);
    copy_file(log->database, old);
    log_lab_open(log);
    log_lab_append_all(log, 5);
    log_lab_close(log);
    dir = g_dir_open(log->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
        if (g_str_has_suffix(name, ".confirmed"))
            state = g_build_filename(log->folder, name, NULL);
    g_assert_nonnull(state);
    g_assert_true(g_file_get_contents(state, &kept, NULL, NULL));
    g_remove(state);
    copy_file(old, log->database);
    lt_time_set_for_tests(LT_US_PER_SECOND);
    log_lab_open(log);
    log_lab_append_all(log, 5);
    log_lab_close(log);
    g_assert_true(g_file_set_contents(state, kept, -1, NULL));
    assert_halted(log, &tampering);
}

/* V of the matrix: proof and checkpoint taken before, held against the altered log. */
static void
test_outside_copies(LogLab *log, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_autoptr(LtProof) proof = NULL;
    g_autoptr(LtLogHead) head = NULL;
    g_autoptr(GBytes) before = NULL, after = NULL;
    const LtHash *hashes;
    LtHash leaf;

    fill(log);
    head = lt_store_log_head(log->store, &error);
    text = lt_store_log_prove(log->store, 500, &error);
    proof = lt_proof_read(text, strlen(text), &error);
    hashes = (const LtHash *) (gpointer) proof->hashes->data;
    before = lt_store_log_entry(log->store, 500, &error);
    lt_merkle_leaf(g_bytes_get_data(before, NULL), g_bytes_get_size(before), &leaf);
    g_assert_true(lt_merkle_verify_inclusion(&leaf, 500, head->size, hashes, proof->hashes->len, &head->root));
    g_assert_false(lt_merkle_verify_inclusion(&leaf, 501, head->size, hashes, proof->hashes->len, &head->root));
    g_assert_false(lt_merkle_verify_inclusion(&leaf, 500, head->size + 24, hashes, proof->hashes->len, &head->root) &&
                   lt_merkle_verify_inclusion(&leaf, 500, 1, hashes, proof->hashes->len, &head->root));
    g_assert_false(lt_merkle_verify_inclusion(&leaf, 500, head->size, hashes, proof->hashes->len - 1, &head->root));
    log_lab_close(log);
    g_free(log_lab_intrude(log, EDIT_500));
    rehash(log, TRUE);
    open_damaged(log);
    after = lt_store_log_entry(log->store, 500, &error);
    g_assert_no_error(error);
    lt_merkle_leaf(g_bytes_get_data(after, NULL), g_bytes_get_size(after), &leaf);
    g_assert_false(lt_merkle_verify_inclusion(&leaf, 500, head->size, hashes, proof->hashes->len, &head->root));
}

static void
add(const char *name, gconstpointer data, void (*test)(LogLab *log, gconstpointer data))
{
    g_autofree char *path = g_strconcat("/audit-log/", name, NULL);

    g_test_add(path, LogLab, data, log_lab_set_up, test, log_lab_tear_down);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(tamperings); i++) {
        g_autofree char *name = g_strconcat("names-tampering/", tamperings[i].name, NULL);

        add(name, &tamperings[i], test_tampering);
    }
    add("names-tampering/t2-edit-entry-and-leaf", NULL, test_edit_with_leaf);
    add("names-tampering/t3-edit-entry-leaf-and-nodes", "nodes", test_edit_with_leaf);
    add("names-tampering/t8-put-an-old-database-back", NULL, test_put_back);
    add("names-tampering/t8-grow-an-old-database-again", NULL, test_grown_again);
    add("an-outside-proof-does-not-hold-for-an-altered-entry", NULL, test_outside_copies);
    return g_test_run();
}
