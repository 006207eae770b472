/* SPDX-License-Identifier: Apache-2.0 */
/* test-audit-log.c: the log in a real store: what is appended can be proved, and what is altered is named.
 *
 * The tampering tests are those of audit-log.md §14 that need no witness: each alters a log of 1,000 entries as an intruder with the
 * database file would, and asks the start check and the full check.
 */
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include "base/value.h"
#include "store/audit-log.h"
#include "trust/authority.h"
#include "trust/note.h"

#define DOSSIER "c9d5d49c-b56f-4552-96a3-c9b95ec99950"
#define OTHER_DOSSIER "0b1f4a5e-94d5-4a52-9c0a-3d1d3a8f5b11"
#define USER "ee41fa48-1259-4035-be71-e38a29483baa"
#define N_ENTRIES 1000

typedef struct {
    char *folder, *key, *database;
    LtSigner *signer;
    LtStore *store;
} Log;

static void
log_open(Log *log)
{
    LtSignerOptions keys = { .unit = (char *) "H52", .log_key = log->key, .state = log->folder };
    LtStoreOptions options = { .folder = log->folder, .cache_bytes = 4 << 20 };
    g_autoptr(GError) error = NULL;

    log->signer = lt_signer_open(&keys, &error);
    g_assert_no_error(error);
    options.signer = log->signer;
    log->store = lt_store_open(&options, &error);
    g_assert_no_error(error);
}

static void
log_close(Log *log)
{
    g_clear_pointer(&log->store, lt_store_close);
    g_clear_pointer(&log->signer, lt_signer_unref);
}

static void
log_setup(Log *log, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    log->folder = g_dir_make_tmp("lthub-log-XXXXXX", &error);
    g_assert_no_error(error);
    log->key = g_build_filename(log->folder, "log.key", NULL);
    log->database = g_build_filename(log->folder, "lthub.db", NULL);
    g_assert_true(lt_log_key_create(log->key, &error));
    log_open(log);
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);

    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *below = g_build_filename(path, name, NULL);

        remove_tree(below);
    }
    g_remove(path);
}

static void
log_teardown(Log *log, gconstpointer data G_GNUC_UNUSED)
{
    lt_time_set_for_tests(0);
    log_close(log);
    remove_tree(log->folder);
    g_free(log->folder);
    g_free(log->key);
    g_free(log->database);
}

static LtRecord *
reading_of(const char *dossier, const char *what)
{
    LtRecord *record = lt_record_new("read.dossier", "user", USER);

    lt_record_set_string(record, "d", dossier);
    lt_record_set_string(record, "what", what);
    return record;
}

static LtRecord *
stop_for(const char *why)
{
    LtRecord *record = lt_record_new("hub.stop", "hub", "H52");

    lt_record_set_string(record, "why", why);
    return record;
}

typedef struct {
    guint n;
    gboolean fail;
    const char *bad;
} Write;

static gboolean
write_readings(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Write *write = data;

    for (guint i = 0; i < write->n; i++)
        if (!lt_store_append_record(tx, reading_of(i % 10 == 0 ? DOSSIER : OTHER_DOSSIER, write->bad != NULL ? write->bad : "view"), NULL, NULL,
                                    error))
            return FALSE;
    if (write->fail)
        lt_error_set(error, LT_ERROR_REFUSED, "test", "the closure does not want to");
    return !write->fail;
}

static gboolean
append(Log *log, guint n, GError **error)
{
    Write write = { .n = n };

    return lt_store_write(log->store, write_readings, &write, error);
}

static void
append_all(Log *log, guint n)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(append(log, n, &error));
    g_assert_no_error(error);
}

static guint64
size_of(Log *log)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtLogHead) head = lt_store_log_head(log->store, &error);

    g_assert_no_error(error);
    return head->size;
}

static guint
count_findings(Log *log, gboolean full)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings = lt_store_log_check(log->store, full, 0, NULL, NULL, &error);

    g_assert_no_error(error);
    for (guint i = 0; i < findings->len; i++) {
        const LtLogFinding *finding = findings->pdata[i];

        g_test_message("%s %s %" G_GINT64_FORMAT ": %s", finding->code, finding->table, finding->index, finding->text);
    }
    return findings->len;
}

static LtVerifierKey *
log_vkey(Log *log, const char *origin)
{
    g_autofree char *text = lt_signer_dup_log_vkey(log->signer, origin);
    LtVerifierKey *key = lt_vkey_read(text, strlen(text), NULL);

    g_assert_nonnull(key);
    return key;
}

static void
test_opens(Log *log, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtLogHead) head = lt_store_log_head(log->store, &error);
    g_autoptr(GBytes) entry = lt_store_log_entry(log->store, 0, &error);
    g_autoptr(LtRecordView) view = lt_record_read(g_bytes_get_data(entry, NULL), g_bytes_get_size(entry), &error);
    g_autoptr(LtVerifierKey) key = log_vkey(log, head->origin);
    g_autoptr(LtNote) note = lt_note_open(head->note, strlen(head->note), &key, 1, &error);
    g_autofree char *id = g_strdup_printf("%08x", key->id);

    g_assert_no_error(error);
    g_assert_cmpuint(head->size, ==, 1);
    g_assert_true(g_str_has_prefix(head->origin, "hub.H52/audit/20"));
    g_assert_cmpuint(note->signatures->len, ==, 1);
    g_assert_cmpstr(view->event, ==, "log.open");
    g_assert_cmpstr(g_hash_table_lookup(view->fields, "origin"), ==, head->origin);
    g_assert_cmpstr(g_hash_table_lookup(view->fields, "prev"), ==, "none");
    g_assert_cmpstr(g_hash_table_lookup(view->fields, "key"), ==, id);
    g_assert_cmpuint(count_findings(log, TRUE), ==, 0);
}

static void
test_proves(Log *log, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtLogHead) head = NULL;
    g_autoptr(LtVerifierKey) key = NULL;

    append_all(log, 18);
    append_all(log, 1);
    head = lt_store_log_head(log->store, &error);
    key = log_vkey(log, head->origin);
    g_assert_cmpuint(head->size, ==, 20);
    for (guint64 i = 0; i < head->size; i++) {
        g_autofree char *text = lt_store_log_prove(log->store, i, &error);
        g_autoptr(LtProof) proof = lt_proof_read(text, strlen(text), &error);
        g_autoptr(LtNote) note = lt_note_open(proof->note, proof->note_size, &key, 1, &error);
        g_autoptr(GBytes) entry = lt_store_log_entry(log->store, i, &error);
        LtHash leaf;

        g_assert_no_error(error);
        g_assert_cmpuint(note->signatures->len, ==, 1);
        lt_merkle_leaf(g_bytes_get_data(entry, NULL), g_bytes_get_size(entry), &leaf);
        g_assert_true(lt_merkle_verify_inclusion(&leaf, proof->index, head->size, (const LtHash *) (gpointer) proof->hashes->data,
                                                 proof->hashes->len, &head->root));
    }
    g_assert_null(lt_store_log_prove(log->store, 20, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "log.range");
    g_clear_error(&error);
    g_assert_null(lt_store_log_entry(log->store, G_MAXUINT64, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_NOT_FOUND);
}

static void
test_consistent(Log *log, gconstpointer data G_GNUC_UNUSED)
{
    LtHash roots[12];
    g_autoptr(GError) error = NULL;

    for (guint size = 1; size < G_N_ELEMENTS(roots); size++) {
        g_autoptr(LtLogHead) head = lt_store_log_head(log->store, &error);

        g_assert_cmpuint(head->size, ==, size);
        roots[size] = head->root;
        append_all(log, 1);
    }
    for (guint old = 1; old < G_N_ELEMENTS(roots); old++)
        for (guint size = old; size < G_N_ELEMENTS(roots); size++) {
            g_autoptr(GArray) proof = lt_store_log_consistency(log->store, old, size, &error);

            g_assert_no_error(error);
            g_assert_true(lt_merkle_verify_consistency(old, &roots[old], size, &roots[size], (const LtHash *) (gpointer) proof->data,
                                                       proof->len));
        }
    g_assert_null(lt_store_log_consistency(log->store, 0, 3, NULL));
    g_assert_null(lt_store_log_consistency(log->store, 4, 3, NULL));
    g_assert_null(lt_store_log_consistency(log->store, 4, 4000, NULL));
}

/* A closure that fails after it has appended leaves nothing; its neighbours stay. */
static void
test_rolls_back(Log *log, gconstpointer data G_GNUC_UNUSED)
{
    Write failing = { .n = 5, .fail = TRUE }, malformed = { .n = 2, .bad = "tên \"người\"" };
    g_autoptr(GError) error = NULL;

    append_all(log, 3);
    g_assert_false(lt_store_write(log->store, write_readings, &failing, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "test");
    g_clear_error(&error);
    g_assert_false(lt_store_write(log->store, write_readings, &malformed, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "log.entry-form");
    g_assert_cmpuint(size_of(log), ==, 4);
    append_all(log, 1);
    g_assert_cmpuint(size_of(log), ==, 5);
    g_assert_cmpuint(count_findings(log, TRUE), ==, 0);
}

static void
test_goes_on(Log *log, gconstpointer data G_GNUC_UNUSED)
{
    for (guint i = 0; i < 5; i++) {
        append_all(log, 7);
        log_close(log);
        log_open(log);
        g_assert_cmpint(lt_store_get_state(log->store, NULL), ==, LT_STORE_OK);
    }
    g_assert_cmpuint(size_of(log), ==, 36);
    g_assert_cmpuint(count_findings(log, TRUE), ==, 0);
}

static void
test_clock_goes_back(Log *log, gconstpointer data G_GNUC_UNUSED)
{
    append_all(log, 2);
    lt_time_set_for_tests(-3600 * LT_US_PER_SECOND);
    append_all(log, 2);
    log_close(log);
    log_open(log);
    append_all(log, 2);
    g_assert_cmpuint(count_findings(log, TRUE), ==, 0);
}

static int
on_row(void *data, int n_columns, char **values, char **names G_GNUC_UNUSED)
{
    for (int i = 0; i < n_columns; i++) {
        g_string_append(data, values[i] != NULL ? values[i] : "-");
        g_string_append(data, i + 1 < n_columns ? " " : "\n");
    }
    return 0;
}

/* SQL as an intruder would write it, with the file alone; answers are lines of words. */
static char *
intrude(Log *log, const char *sql)
{
    GString *answer = g_string_new(NULL);
    sqlite3 *database = NULL;
    char *text = NULL;

    g_assert_cmpint(sqlite3_open(log->database, &database), ==, SQLITE_OK);
    if (sqlite3_exec(database, sql, on_row, answer, &text) != SQLITE_OK)
        g_error("%s: %s", sql, text);
    sqlite3_exec(database, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
    sqlite3_close(database);
    return g_string_free(answer, FALSE);
}

static void
test_prunes(Log *log, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *sizes = NULL;
    gint64 now_us = lt_time_now_us();
    gint64 to_hour_us = 3600 * LT_US_PER_SECOND - now_us % (3600 * LT_US_PER_SECOND);

    /* An hour from the beginning of the next one on: 1 (this hour), then 3 in one, 2 in the next. */
    for (guint hour = 0; hour < 2; hour++)
        for (guint i = 0; i < 3 - hour; i++) {
            lt_time_set_for_tests(to_hour_us + (hour * 3600 + i * 60) * LT_US_PER_SECOND);
            append_all(log, 10);
        }
    log_close(log);
    sizes = intrude(log, "SELECT size FROM checkpoint ORDER BY size");
    g_assert_cmpstr(sizes, ==, "1\n11\n41\n51\n"); /* first of each of three hours, and the newest */
    log_open(log);
    g_assert_cmpuint(count_findings(log, TRUE), ==, 0);
}

static void
test_demo_apart(Log *log, gconstpointer data G_GNUC_UNUSED)
{
    LtStoreOptions options = { .folder = log->folder, .demo = TRUE };
    g_autoptr(GError) error = NULL;

    g_clear_pointer(&log->store, lt_store_close);
    options.signer = log->signer;
    g_assert_null(lt_store_open(&options, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "log.origin");
}

/* What a search gives, as "index index …". */
static gboolean
on_entry(guint64 index, GBytes *entry G_GNUC_UNUSED, gpointer data)
{
    g_string_append_printf(data, "%" G_GUINT64_FORMAT " ", index);
    return TRUE;
}

static char *
search(Log *log, const LtLogQuery *query)
{
    GString *found = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(lt_store_log_list(log->store, query, on_entry, found, &error));
    g_assert_no_error(error);
    return g_string_free(found, FALSE);
}

static void
assert_found(Log *log, LtLogQuery query, const char *expected)
{
    g_autofree char *found = search(log, &query);

    g_assert_cmpstr(found, ==, expected);
}

static gboolean
write_stop(LtStoreTransaction *tx, gpointer data, GError **error)
{
    return lt_store_append_record(tx, stop_for(data), NULL, NULL, error);
}

static void
assert_searches(Log *log, gint64 later_us)
{
    assert_found(log, (LtLogQuery) { 0 }, "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 ");
    assert_found(log, (LtLogQuery) { .newest = TRUE, .limit = 3 }, "15 14 13 ");
    assert_found(log, (LtLogQuery) { .from = 5, .limit = 2 }, "5 6 ");
    assert_found(log, (LtLogQuery) { .dossier = DOSSIER }, "1 11 13 ");
    assert_found(log, (LtLogQuery) { .dossier = DOSSIER, .newest = TRUE, .limit = 1 }, "13 ");
    assert_found(log, (LtLogQuery) { .dossier = "H52-2026-000001" }, "");
    assert_found(log, (LtLogQuery) { .event = "hub.stop" }, "12 15 ");
    assert_found(log, (LtLogQuery) { .event = "env.accepted" }, "");
    assert_found(log, (LtLogQuery) { .actor = "H52" }, "0 12 15 ");
    assert_found(log, (LtLogQuery) { .actor = USER, .from = 11 }, "11 13 14 ");
    assert_found(log, (LtLogQuery) { .actor = USER, .event = "hub.stop" }, "");
    assert_found(log, (LtLogQuery) { .since_us = later_us }, "13 14 15 ");
    assert_found(log, (LtLogQuery) { .until_us = later_us, .event = "hub.stop" }, "12 ");
    assert_found(log, (LtLogQuery) { .since_us = later_us, .dossier = DOSSIER }, "13 ");
}

static void
test_searches(Log *log, gconstpointer data G_GNUC_UNUSED)
{
    gint64 later_us;

    append_all(log, 11);
    g_assert_true(lt_store_write(log->store, write_stop, (gpointer) "one", NULL));
    lt_time_set_for_tests(60 * LT_US_PER_SECOND);
    later_us = lt_time_now_us() - LT_US_PER_SECOND;
    append_all(log, 2);
    g_assert_true(lt_store_write(log->store, write_stop, (gpointer) "two", NULL));
    assert_searches(log, later_us);
    log_close(log);
    g_free(intrude(log, "DELETE FROM log_ref"));
    log_open(log); /* makes it anew */
    assert_searches(log, later_us);
}

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
assert_code(Log *log, gboolean full, const char *code)
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
fill(Log *log)
{
    while (size_of(log) < N_ENTRIES)
        append_all(log, (guint) MIN(333, N_ENTRIES - size_of(log)));
}

/* The start check speaks of damage as critical; here it must not end the program. */
static void
open_damaged(Log *log)
{
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_FATAL_MASK);

    log_open(log);
    g_log_set_always_fatal(fatal);
}

static void
assert_halted(Log *log, const Tampering *tampering)
{
    g_autoptr(GError) error = NULL;

    open_damaged(log);
    if (tampering->start != NULL) {
        g_assert_cmpint(lt_store_get_state(log->store, NULL), ==, LT_STORE_HALTED);
        assert_code(log, FALSE, tampering->start);
        g_assert_false(append(log, 1, &error));
        g_assert_cmpstr(lt_error_get_reason(error), ==, "env.store.halted");
    }
    assert_code(log, TRUE, tampering->full);
}

static void
test_tampering(Log *log, gconstpointer data)
{
    const Tampering *tampering = data;

    fill(log);
    g_assert_cmpuint(count_findings(log, TRUE), ==, 0);
    log_close(log);
    g_free(intrude(log, tampering->sql));
    assert_halted(log, tampering);
}

/* Replaces stored leaves and, when @with_nodes, all nodes by those of the altered entries. */
static void
rehash(Log *log, gboolean with_nodes)
{
    g_autofree char *hex = intrude(log, "SELECT hex(entry) FROM log ORDER BY idx");
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
    g_free(intrude(log, sql->str));
}

#define EDIT_500 UNLOCK "UPDATE log SET entry = CAST(replace(entry, '\"view\"', '\"vieW\"') AS BLOB) WHERE idx = 500" LOCK

static void
test_edit_with_leaf(Log *log, gconstpointer data)
{
    gboolean with_nodes = data != NULL;
    Tampering tampering = { "", NULL, with_nodes ? "log.root" : "log.node", with_nodes ? "log.root" : "log.node" };

    fill(log);
    log_close(log);
    g_free(intrude(log, EDIT_500));
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
test_put_back(Log *log, gconstpointer data G_GNUC_UNUSED)
{
    Tampering tampering = { "", NULL, "log.signer-ahead", "log.signer-ahead" };
    g_autofree char *old = g_strconcat(log->database, ".old", NULL);

    append_all(log, 100);
    log_close(log);
    copy_file(log->database, old);
    log_open(log);
    append_all(log, 1);
    log_close(log);
    copy_file(old, log->database);
    assert_halted(log, &tampering);
}

/* A database put back and grown again to the same size: same size, another root. */
static void
test_grown_again(Log *log, gconstpointer data G_GNUC_UNUSED)
{
    Tampering tampering = { "", NULL, "log.signer-ahead", "log.signer-ahead" };
    g_autofree char *old = g_strconcat(log->database, ".old", NULL);
    g_autofree char *state = NULL;
    g_autoptr(GDir) dir = NULL;
    g_autofree char *kept = NULL;

    append_all(log, 100);
    log_close(log);
    copy_file(log->database, old);
    log_open(log);
    append_all(log, 5);
    log_close(log);
    dir = g_dir_open(log->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
        if (g_str_has_suffix(name, ".confirmed"))
            state = g_build_filename(log->folder, name, NULL);
    g_assert_nonnull(state);
    g_assert_true(g_file_get_contents(state, &kept, NULL, NULL));
    g_remove(state);
    copy_file(old, log->database);
    lt_time_set_for_tests(LT_US_PER_SECOND);
    log_open(log);
    append_all(log, 5);
    log_close(log);
    g_assert_true(g_file_set_contents(state, kept, -1, NULL));
    assert_halted(log, &tampering);
}

/* V of the matrix: proof and checkpoint taken before, held against the altered log. */
static void
test_outside_copies(Log *log, gconstpointer data G_GNUC_UNUSED)
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
    log_close(log);
    g_free(intrude(log, EDIT_500));
    rehash(log, TRUE);
    open_damaged(log);
    after = lt_store_log_entry(log->store, 500, &error);
    g_assert_no_error(error);
    lt_merkle_leaf(g_bytes_get_data(after, NULL), g_bytes_get_size(after), &leaf);
    g_assert_false(lt_merkle_verify_inclusion(&leaf, 500, head->size, hashes, proof->hashes->len, &head->root));
}

static void
add(const char *name, gconstpointer data, void (*test)(Log *log, gconstpointer data))
{
    g_autofree char *path = g_strconcat("/audit-log/", name, NULL);

    g_test_add(path, Log, data, log_setup, test, log_teardown);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("a-new-log-begins-with-log-open-and-its-checkpoint", NULL, test_opens);
    add("proves-every-entry", NULL, test_proves);
    add("proves-that-each-tree-continues-the-one-before", NULL, test_consistent);
    add("a-closure-rolled-back-leaves-no-entry", NULL, test_rolls_back);
    add("goes-on-after-each-start", NULL, test_goes_on);
    add("times-never-fall-when-the-clock-does", NULL, test_clock_goes_back);
    add("keeps-the-first-checkpoint-of-each-hour", NULL, test_prunes);
    add("a-demo-never-writes-into-a-real-log", NULL, test_demo_apart);
    add("finds-by-dossier-event-actor-and-time", NULL, test_searches);
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
