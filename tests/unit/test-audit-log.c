/* SPDX-License-Identifier: Apache-2.0 */
/* test-audit-log.c: the log in a real store: what is appended can be proved and found, and goes on after each start. */
#include <string.h>

#include "lib/log-lab.h"
#include "trust/note.h"

static LtRecord *
stop_for(const char *why)
{
    LtRecord *record = lt_record_new("hub.stop", "hub", "H52");

    lt_record_set_string(record, "why", why);
    return record;
}

static LtVerifierKey *
log_vkey(LogLab *log, const char *origin)
{
    g_autofree char *text = lt_signer_dup_log_vkey(log->signer, origin);
    LtVerifierKey *key = lt_vkey_read(text, strlen(text), NULL);

    g_assert_nonnull(key);
    return key;
}

static void
test_opens(LogLab *log, gconstpointer data G_GNUC_UNUSED)
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
    g_assert_cmpuint(log_lab_count_findings(log, TRUE), ==, 0);
}

static void
test_proves(LogLab *log, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtLogHead) head = NULL;
    g_autoptr(LtVerifierKey) key = NULL;

    log_lab_append_all(log, 18);
    log_lab_append_all(log, 1);
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
test_consistent(LogLab *log, gconstpointer data G_GNUC_UNUSED)
{
    LtHash roots[12];
    g_autoptr(GError) error = NULL;

    for (guint size = 1; size < G_N_ELEMENTS(roots); size++) {
        g_autoptr(LtLogHead) head = lt_store_log_head(log->store, &error);

        g_assert_cmpuint(head->size, ==, size);
        roots[size] = head->root;
        log_lab_append_all(log, 1);
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
test_rolls_back(LogLab *log, gconstpointer data G_GNUC_UNUSED)
{
    LogLabWrite failing = { .n = 5, .fail = TRUE }, malformed = { .n = 2, .bad = "tên \"người\"" };
    g_autoptr(GError) error = NULL;

    log_lab_append_all(log, 3);
    g_assert_false(lt_store_write(log->store, log_lab_write, &failing, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "test");
    g_clear_error(&error);
    g_assert_false(lt_store_write(log->store, log_lab_write, &malformed, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "log.entry-form");
    g_assert_cmpuint(log_lab_size(log), ==, 4);
    log_lab_append_all(log, 1);
    g_assert_cmpuint(log_lab_size(log), ==, 5);
    g_assert_cmpuint(log_lab_count_findings(log, TRUE), ==, 0);
}

static void
test_goes_on(LogLab *log, gconstpointer data G_GNUC_UNUSED)
{
    for (guint i = 0; i < 5; i++) {
        log_lab_append_all(log, 7);
        log_lab_close(log);
        log_lab_open(log);
        g_assert_cmpint(lt_store_get_state(log->store, NULL), ==, LT_STORE_OK);
    }
    g_assert_cmpuint(log_lab_size(log), ==, 36);
    g_assert_cmpuint(log_lab_count_findings(log, TRUE), ==, 0);
}

static void
test_clock_goes_back(LogLab *log, gconstpointer data G_GNUC_UNUSED)
{
    log_lab_append_all(log, 2);
    lt_time_set_for_tests(-3600 * LT_US_PER_SECOND);
    log_lab_append_all(log, 2);
    log_lab_close(log);
    log_lab_open(log);
    log_lab_append_all(log, 2);
    g_assert_cmpuint(log_lab_count_findings(log, TRUE), ==, 0);
}

static void
test_prunes(LogLab *log, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *sizes = NULL;
    gint64 now_us = lt_time_now_us();
    gint64 to_hour_us = 3600 * LT_US_PER_SECOND - now_us % (3600 * LT_US_PER_SECOND);

    /* An hour from the beginning of the next one on: 1 (this hour), then 3 in one, 2 in the next. */
    for (guint hour = 0; hour < 2; hour++)
        for (guint i = 0; i < 3 - hour; i++) {
            lt_time_set_for_tests(to_hour_us + (hour * 3600 + i * 60) * LT_US_PER_SECOND);
            log_lab_append_all(log, 10);
        }
    log_lab_close(log);
    sizes = log_lab_intrude(log, "SELECT size FROM checkpoint ORDER BY size");
    g_assert_cmpstr(sizes, ==, "1\n11\n41\n51\n"); /* first of each of three hours, and the newest */
    log_lab_open(log);
    g_assert_cmpuint(log_lab_count_findings(log, TRUE), ==, 0);
}

static void
test_demo_apart(LogLab *log, gconstpointer data G_GNUC_UNUSED)
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
search(LogLab *log, const LtLogQuery *query)
{
    GString *found = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(lt_store_log_list(log->store, query, on_entry, found, &error));
    g_assert_no_error(error);
    return g_string_free(found, FALSE);
}

static void
assert_found(LogLab *log, LtLogQuery query, const char *expected)
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
assert_searches(LogLab *log, gint64 later_us)
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
test_searches(LogLab *log, gconstpointer data G_GNUC_UNUSED)
{
    gint64 later_us;

    log_lab_append_all(log, 11);
    g_assert_true(lt_store_write(log->store, write_stop, (gpointer) "one", NULL));
    lt_time_set_for_tests(60 * LT_US_PER_SECOND);
    later_us = lt_time_now_us() - LT_US_PER_SECOND;
    log_lab_append_all(log, 2);
    g_assert_true(lt_store_write(log->store, write_stop, (gpointer) "two", NULL));
    assert_searches(log, later_us);
    log_lab_close(log);
    g_free(log_lab_intrude(log, "DELETE FROM log_ref"));
    log_lab_open(log); /* makes it anew */
    assert_searches(log, later_us);
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
    add("a-new-log-begins-with-log-open-and-its-checkpoint", NULL, test_opens);
    add("proves-every-entry", NULL, test_proves);
    add("proves-that-each-tree-continues-the-one-before", NULL, test_consistent);
    add("a-closure-rolled-back-leaves-no-entry", NULL, test_rolls_back);
    add("goes-on-after-each-start", NULL, test_goes_on);
    add("times-never-fall-when-the-clock-does", NULL, test_clock_goes_back);
    add("keeps-the-first-checkpoint-of-each-hour", NULL, test_prunes);
    add("a-demo-never-writes-into-a-real-log", NULL, test_demo_apart);
    add("finds-by-dossier-event-actor-and-time", NULL, test_searches);
    return g_test_run();
}
