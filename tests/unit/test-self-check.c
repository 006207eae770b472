/* SPDX-License-Identifier: Apache-2.0 */
/* test-self-check.c: a running hub finds damage in its log and store, says so, and stops writing until a whole check is clean. */
#include "store/self-check.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/clock.h"
#include "lib/store-lab.h"
#include "store/audit-log.h"

#define HOUR_US (G_GINT64_CONSTANT(3600) * LT_US_PER_SECOND)

static LtSelfCheck *
check_of(StoreLab *lab)
{
    LtSelfCheckOptions options = { .unit = LAB_HUB, .every_us = HOUR_US, .full_at_us = 2 * HOUR_US };

    return lt_self_check_new(lab->store, &options);
}

/* Damage is told as critical; here it must not end the program. */
static void
round_of(LtSelfCheck *check, gboolean full)
{
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_FATAL_MASK);

    g_assert_true(lt_self_check_round(check, full));
    g_log_set_always_fatal(fatal);
}

/* Without asking that it is well. */
static void
reopen(StoreLab *lab)
{
    LtStoreOptions options = store_lab_options(lab);
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_FATAL_MASK);
    g_autoptr(GError) error = NULL;

    g_clear_pointer(&lab->store, lt_store_close);
    lab->store = lt_store_open(&options, &error);
    g_assert_no_error(error);
    g_log_set_always_fatal(fatal);
}

static void
assert_state(StoreLab *lab, LtStoreState state, const char *code)
{
    const char *found = NULL;

    g_assert_cmpint(lt_store_get_state(lab->store, &found), ==, state);
    g_assert_cmpstr(found, ==, code);
}

static gboolean
write_stop(LtStoreTransaction *tx, gpointer data, GError **error)
{
    LtRecord *record = lt_record_new("hub.stop", "hub", LAB_HUB);

    lt_record_set_string(record, "why", data);
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

static void
assert_refuses_writes(StoreLab *lab)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(lt_store_write(lab->store, write_stop, (gpointer) "test", &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_UNAVAILABLE);
    g_assert_cmpstr(lt_error_get_reason(error), ==, "env.store.halted");
}

static void
test_tells_what_is_well(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    LtSelfCheck *check = check_of(lab);
    gint64 last_us, full_us;

    lt_store_get_check(lab->store, &last_us, &full_us);
    g_assert_cmpint(last_us, ==, 0);
    store_lab_add(lab, NULL, NULL);
    round_of(check, FALSE);
    g_assert_cmpuint(store_lab_count(lab, "check.ok"), ==, 1);
    round_of(check, FALSE); /* nothing new but that */
    g_assert_cmpuint(store_lab_count(lab, "check.ok"), ==, 1);
    round_of(check, TRUE);
    g_assert_cmpuint(store_lab_count(lab, "check.ok"), ==, 2);
    lt_store_get_check(lab->store, &last_us, &full_us);
    g_assert_cmpint(full_us, >, 0);
    g_assert_cmpint(last_us, ==, full_us);
    assert_state(lab, LT_STORE_OK, NULL);
    lt_self_check_free(check);
}

#define UNLOCK "DROP TRIGGER log_no_update; "
#define LOCK "; CREATE TRIGGER log_no_update BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'append-only'); END;"

/* What is old is the nightly check's; it halts, says so where it can, and stays halted over a restart until nothing is found. */
static void
test_damage_halts(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    LtSelfCheck *check;
    g_autofree char *mark = g_build_filename(lab->store_folder, "state", "halted", NULL);

    store_lab_add(lab, NULL, NULL);
    store_lab_reopen(lab);
    check = check_of(lab);
    store_lab_change(lab, UNLOCK "UPDATE log SET entry = CAST(replace(entry, '\"peer\"', '\"pear\"') AS BLOB) WHERE idx = 1" LOCK);
    round_of(check, FALSE);
    assert_state(lab, LT_STORE_OK, NULL);
    round_of(check, TRUE);
    assert_state(lab, LT_STORE_HALTED, "log.entry-form");
    assert_refuses_writes(lab);
    g_assert_cmpuint(store_lab_count(lab, "check.failed"), ==, 0); /* no checkpoint is signed over damage */
    g_assert_true(g_file_test(mark, G_FILE_TEST_EXISTS));
    lt_self_check_free(check);

    reopen(lab);
    assert_state(lab, LT_STORE_HALTED, "log.entry-form");
    assert_refuses_writes(lab);
    g_clear_pointer(&lab->store, lt_store_close);
    store_lab_change(lab, UNLOCK "UPDATE log SET entry = CAST(replace(entry, '\"pear\"', '\"peer\"') AS BLOB) WHERE idx = 1" LOCK);
    store_lab_reopen(lab); /* and it is well */
    g_assert_false(g_file_test(mark, G_FILE_TEST_EXISTS));
    store_lab_add(lab, NULL, NULL);
    store_lab_assert_sound(lab);
}

/* A mark alone, in a store that is well: the whole check at the start takes it away. A reader beside the hub says what the mark says. */
static void
test_mark(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    LtStoreOptions options = store_lab_options(lab);
    GLogLevelFlags fatal;
    g_autoptr(LtStore) reader = NULL;
    const char *code = NULL;

    fatal = g_log_set_always_fatal(G_LOG_FATAL_MASK);
    lt_store_halt(lab->store, "log.witness-ahead", "a witness holds a larger log");
    lt_store_halt(lab->store, "log.node", "the first one counts");
    options.read_only = TRUE;
    reader = lt_store_open(&options, NULL);
    g_log_set_always_fatal(fatal);
    assert_state(lab, LT_STORE_HALTED, "log.witness-ahead");
    g_assert_cmpint(lt_store_get_state(reader, &code), ==, LT_STORE_HALTED);
    g_assert_cmpstr(code, ==, "log.witness-ahead");
    store_lab_reopen(lab);
    assert_state(lab, LT_STORE_OK, NULL);
}

/* A file that is gone is told in the log and degrades; nothing is halted, and it is well again when it is back. */
static void
test_missing_content_degrades(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    LabMessage message = { .attachment_sizes = { 70000 } };
    g_autoptr(GBytes) bytes = store_lab_bytes(lab, &message);
    g_autoptr(LtEnvelope) envelope = store_lab_open(lab, bytes);
    const char *sha256 = lt_message_get_attachment(envelope->message, 0)->sha256;
    g_autofree char *folder = g_strndup(sha256, 2);
    g_autofree char *path = g_build_filename(lab->store_folder, "blobs", folder, sha256 + 2, NULL);
    g_autofree char *aside = g_strconcat(path, ".aside", NULL);
    g_autoptr(LtAccepted) accepted = store_lab_accept(lab, envelope, NULL, NULL);
    LtSelfCheck *check = check_of(lab);
    g_autofree const char **codes = NULL;

    g_assert_nonnull(accepted);
    g_assert_cmpint(g_rename(path, aside), ==, 0);
    round_of(check, TRUE);
    assert_state(lab, LT_STORE_DEGRADED, "log.missing-blob");
    g_assert_cmpuint(store_lab_count(lab, "check.failed"), ==, 1);
    codes = lt_store_list_codes(lab->store);
    g_assert_cmpuint(g_strv_length((char **) codes), ==, 1);
    store_lab_add(lab, NULL, NULL); /* it works */
    g_assert_cmpint(g_rename(aside, path), ==, 0);
    round_of(check, TRUE);
    assert_state(lab, LT_STORE_OK, NULL);
    lt_self_check_free(check);
}

/* The thread does it by itself, and ends at once when it is told. */
static void
test_thread(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    LtSelfCheckOptions options = { .unit = LAB_HUB, .every_us = 10000, .full_at_us = 2 * HOUR_US };
    LtSelfCheck *check = lt_self_check_new(lab->store, &options);
    gint64 until_us = g_get_monotonic_time() + 20 * G_USEC_PER_SEC, last_us = 0, full_us;

    store_lab_add(lab, NULL, NULL);
    lt_self_check_start(check);
    while (last_us == 0 && g_get_monotonic_time() < until_us) {
        g_usleep(1000);
        lt_store_get_check(lab->store, &last_us, &full_us);
    }
    lt_self_check_free(check);
    g_assert_cmpint(last_us, >, 0);
    g_assert_cmpuint(store_lab_count(lab, "check.ok"), >=, 1);
}

/* More than a second either way is told, once; less is not. */
static void
test_clock_step(void)
{
    static const struct { gint64 offset_ms; guint n; } steps[] = { { 0, 0 }, { 900, 0 }, { 5000, 1 }, { 5000, 1 }, { -600000, 2 }, { 0, 3 } };
    g_autoptr(StoreLab) lab = store_lab_new();
    LtSelfCheck *check = check_of(lab);
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_FATAL_MASK);

    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        lt_time_set_for_tests(steps[i].offset_ms * 1000);
        lt_self_check_clock(check);
        g_assert_cmpuint(store_lab_count(lab, "clock.step"), ==, steps[i].n);
    }
    g_log_set_always_fatal(fatal);
    lt_time_set_for_tests(0);
    store_lab_assert_sound(lab);
    lt_self_check_free(check);
}

static const struct { const char *now, *next; gint64 at_us; } nights[] = {
    { "2026-11-23T18:00:00Z", "2026-11-23T19:00:00Z", 2 * HOUR_US },  /* 01:00 in Vietnam */
    { "2026-11-23T19:00:00Z", "2026-11-24T19:00:00Z", 2 * HOUR_US },
    { "2026-11-23T19:00:01Z", "2026-11-24T19:00:00Z", 2 * HOUR_US },
    { "2026-12-31T16:59:59Z", "2026-12-31T17:00:00Z", 0 },            /* midnight */
    { "2026-12-31T17:00:00Z", "2027-01-01T16:59:00Z", 24 * HOUR_US - 60 * LT_US_PER_SECOND },
};

static void
test_nights(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(nights); i++) {
        gint64 now_us, next_us;

        g_assert_true(lt_time_read_seconds(nights[i].now, 20, &now_us));
        g_assert_true(lt_time_read_seconds(nights[i].next, 20, &next_us));
        g_assert_cmpint(lt_self_check_next_full(now_us, nights[i].at_us), ==, next_us);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/self-check/tells-that-all-is-well", test_tells_what_is_well);
    g_test_add_func("/self-check/damage-halts-until-a-whole-check-is-clean", test_damage_halts);
    g_test_add_func("/self-check/a-mark-outlives-the-process", test_mark);
    g_test_add_func("/self-check/missing-content-degrades", test_missing_content_degrades);
    g_test_add_func("/self-check/tells-a-step-of-the-clock", test_clock_step);
    g_test_add_func("/self-check/runs-by-itself", test_thread);
    g_test_add_func("/self-check/knows-when-it-is-night", test_nights);
    return g_test_run();
}
