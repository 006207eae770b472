/* SPDX-License-Identifier: Apache-2.0 */
/* test-fold.c: dossiers folded from lines: what each message does, order and repetition, faults of lines. */
#include "casework/fold-json.h"

#include <string.h>

#include "base/error.h"

#define RULES "{\"at\":\"2026-11-02T00:00:00Z\",\"event\":\"rules\",\"rules\":{\"minutes\":2250,\"cutoff\":\"15:00\",\"steps\":[{\"level\":\"c\",\"share\":300},{\"level\":\"d\",\"share\":700}]}}\n"
#define MESSAGE(id, at, type, from, to, facts)                                                                                                \
    "{\"at\":\"" at "\",\"event\":\"message\",\"message\":\"" id "\",\"type\":\"dossier." type "\",\"from\":\"" from "\",\"to\":\"" to "\",\"facts\":{" facts "}}\n"
#define DELIVERY(id, at, word) "{\"at\":\"" at "\",\"event\":\"delivery." word "\",\"message\":\"" id "\",\"endpoint\":\"e\"}\n"
#define SUBMIT MESSAGE("m1", "2026-11-02T02:00:00Z", "submit", "A", "B", "\"NgayTiepNhan\":\"2026-11-02T08:00:00+07:00\",\"ThoiDiemXuLy\":\"2026-11-02T09:00:00+07:00\"")
#define RESULT MESSAGE("m9", "2026-11-05T03:00:00Z", "result", "B", "A", "\"NgayKetThucXuLy\":\"2026-11-05T10:00:00+07:00\"")

static LtFold *
fold(const char *lines)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *events = lt_case_events_parse(lines, strlen(lines), "e", &error);

    g_assert_no_error(error);
    return lt_fold_new(events);
}

static char *
write_fold(const char *lines)
{
    g_autoptr(LtFold) folded = fold(lines);
    g_autoptr(LtCalendar) calendar = lt_calendar_new_week();
    g_autoptr(LtClocks) clocks = lt_clocks_new(folded, calendar, LT_NEVER);
    GString *out = g_string_new(NULL);

    lt_fold_append_json(out, folded, clocks);
    return g_string_free(out, FALSE);
}

typedef struct {
    const char *name, *lines;
    LtCaseState state;
    const char *states; /* the way there */
} StateCase;

static const StateCase state_cases[] = {
    { "a-submission-with-receipt-is-taken-in", SUBMIT, LT_CASE_TAKEN_IN, "2" },
    { "a-submission-without-receipt-is-filed", MESSAGE("m1", "2026-11-02T02:00:00Z", "submit", "P", "A", ""), LT_CASE_FILED, "1" },
    { "a-forward-is-work", SUBMIT MESSAGE("m2", "2026-11-03T02:00:00Z", "submit", "B", "C", ""), LT_CASE_IN_WORK, "2 4" },
    { "a-supplement-asked-and-given", SUBMIT MESSAGE("m2", "2026-11-03T02:00:00Z", "supplement", "B", "A", "\"kind\":\"request\",\"NgayBoSung\":\"2026-11-03T08:30:00+07:00\"")
      MESSAGE("m3", "2026-11-04T02:00:00Z", "supplement", "A", "B", "\"kind\":\"answer\",\"NgayBoSung\":\"2026-11-04T08:30:00+07:00\""), LT_CASE_IN_WORK, "2 5 4" },
    { "a-supplement-before-receipt-leads-back", MESSAGE("m1", "2026-11-02T02:00:00Z", "submit", "P", "A", "")
      MESSAGE("m2", "2026-11-03T02:00:00Z", "supplement", "A", "P", "\"kind\":\"request\"") MESSAGE("m3", "2026-11-04T02:00:00Z", "supplement", "P", "A", "\"kind\":\"answer\""),
      LT_CASE_FILED, "1 5 1" },
    { "a-fee-asked-and-paid", SUBMIT MESSAGE("m2", "2026-11-03T02:00:00Z", "status", "B", "A", "\"TrangThaiHoSo\":6")
      MESSAGE("m3", "2026-11-04T02:00:00Z", "status", "A", "B", "\"kind\":\"fee-paid\""), LT_CASE_IN_WORK, "2 6 4" },
    { "withdrawn", SUBMIT MESSAGE("m2", "2026-11-03T02:00:00Z", "status", "A", "B", "\"TrangThaiHoSo\":7"), LT_CASE_WITHDRAWN, "2 7" },
    { "stopped-and-taken-up-again", SUBMIT MESSAGE("m2", "2026-11-03T02:00:00Z", "status", "B", "A", "\"TrangThaiHoSo\":8")
      MESSAGE("m3", "2026-11-04T02:00:00Z", "status", "B", "A", "\"TrangThaiHoSo\":4"), LT_CASE_IN_WORK, "2 8 4" },
    { "codes-of-the-document-axis", SUBMIT MESSAGE("m2", "2026-11-03T02:00:00Z", "status", "B", "A", "\"StatusCode\":\"01\"")
      MESSAGE("m3", "2026-11-03T02:00:01Z", "status", "B", "A", "\"StatusCode\":\"03\"") MESSAGE("m4", "2026-11-03T02:00:01Z", "status", "B", "A", "\"StatusCode\":\"05\"")
      MESSAGE("m5", "2026-11-04T02:00:00Z", "status", "B", "A", "\"StatusCode\":\"06\""), LT_CASE_SETTLED, "2 4 9" },
    { "an-office-that-declines-does-not-decline-the-citizen", SUBMIT MESSAGE("m2", "2026-11-03T02:00:00Z", "status", "B", "A", "\"StatusCode\":\"02\""), LT_CASE_TAKEN_IN, "2" },
    { "a-recall-agreed-comes-back", SUBMIT MESSAGE("m2", "2026-11-02T03:00:00Z", "status", "B", "A", "\"TrangThaiHoSo\":4")
      MESSAGE("m3", "2026-11-03T02:00:00Z", "recall", "A", "B", "") MESSAGE("m4", "2026-11-03T03:00:00Z", "status", "B", "A", "\"StatusCode\":\"15\""), LT_CASE_TAKEN_IN, "2 4 2" },
    { "an-update-agreed-changes-nothing", SUBMIT MESSAGE("m2", "2026-11-02T03:00:00Z", "status", "B", "A", "\"TrangThaiHoSo\":4")
      MESSAGE("m3", "2026-11-03T02:00:00Z", "update", "A", "B", "\"mode\":\"update\"") MESSAGE("m4", "2026-11-03T03:00:00Z", "status", "B", "A", "\"StatusCode\":\"15\""), LT_CASE_IN_WORK, "2 4" },
    { "a-result-with-its-return", SUBMIT MESSAGE("m2", "2026-11-05T03:00:00Z", "result", "B", "A",
      "\"NgayKetThucXuLy\":\"2026-11-05T09:00:00+07:00\",\"NgayTra\":\"2026-11-05T09:30:00+07:00\""), LT_CASE_RETURNED, "2 9 10" },
    { "questions-ratings-apologies-and-urges-change-nothing", SUBMIT MESSAGE("m2", "2026-11-03T02:00:00Z", "status", "B", "C", "\"kind\":\"question\"")
      MESSAGE("m3", "2026-11-03T02:00:00Z", "status", "C", "B", "\"kind\":\"answer\"") MESSAGE("m4", "2026-11-03T02:00:00Z", "status", "B", "A", "\"kind\":\"apology\"")
      MESSAGE("m5", "2026-11-03T02:00:00Z", "status", "B", "A", "\"kind\":\"urge\"") MESSAGE("m6", "2026-11-03T02:00:00Z", "status", "A", "B", "\"kind\":\"rating\",\"MucDoHaiLong\":4"),
      LT_CASE_TAKEN_IN, "2" },
    { "news-of-work-after-the-end-is-old-news", SUBMIT RESULT MESSAGE("m10", "2026-11-06T03:00:00Z", "status", "B", "A", "\"TrangThaiHoSo\":4"), LT_CASE_SETTLED, "2 9" },
    { "a-late-status-falls-where-it-belongs", SUBMIT RESULT MESSAGE("m10", "2026-11-06T03:00:00Z", "status", "B", "A", "\"TrangThaiHoSo\":4,\"ThoiDiemXuLy\":\"2026-11-03T10:00:00+07:00\""),
      LT_CASE_SETTLED, "2 4 9" },
};

static void
test_states(gconstpointer data)
{
    const StateCase *c = data;
    g_autoptr(LtFold) folded = fold(c->lines);
    g_autoptr(GString) states = g_string_new(NULL);

    for (guint i = 0; i < folded->changes->len; i++)
        g_string_append_printf(states, "%s%d", i > 0 ? " " : "", (int) g_array_index(folded->changes, LtCaseChange, i).to);
    g_assert_cmpstr(states->str, ==, c->states);
    g_assert_cmpint(folded->state, ==, c->state);
}

static const char story[] = RULES SUBMIT DELIVERY("m1", "2026-11-02T02:00:01Z", "attempt") DELIVERY("m1", "2026-11-02T04:00:01Z", "arrived") DELIVERY("m1", "2026-11-02T04:10:01Z", "confirmed")
    MESSAGE("m2", "2026-11-02T07:00:00Z", "status", "B", "A", "\"TrangThaiHoSo\":4,\"NguoiXuLy\":\"Nguyễn Văn A\"")
    MESSAGE("m3", "2026-11-03T02:00:00Z", "supplement", "B", "A", "\"kind\":\"request\",\"NgayBoSung\":\"2026-11-03T08:30:00+07:00\"")
    MESSAGE("m4", "2026-11-04T02:00:00Z", "supplement", "A", "B", "\"kind\":\"answer\",\"NgayBoSung\":\"2026-11-04T08:30:00+07:00\"")
    MESSAGE("m5", "2026-11-04T03:00:00Z", "status", "B", "A", "\"kind\":\"apology\",\"NgayHenTraMoi\":\"2026-11-11T10:00:00+07:00\",\"LyDo\":\"x\"")
    "{\"at\":\"2026-11-05T00:00:00Z\",\"event\":\"readdress\",\"from\":\"B\",\"detail\":\"D\"}\n" RESULT;

/* A permutation that each number makes anew; some lines twice. */
static char *
shuffle(const char *text, guint32 seed)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint n = g_strv_length(lines) - 1;
    GString *out = g_string_new(NULL);

    for (guint i = n; i > 1; i--) {
        guint j;
        char *line = lines[i - 1];

        seed = seed * 1664525u + 1013904223u;
        j = (seed >> 8) % i;
        lines[i - 1] = lines[j];
        lines[j] = line;
    }
    for (guint i = 0; i < n; i++) {
        g_string_append_printf(out, "%s\n", lines[i]);
        if ((seed >> (i % 24) & 1) != 0)
            g_string_append_printf(out, "%s\n", lines[(i * 7 + seed % n) % n]);
    }
    return g_string_free(out, FALSE);
}

static void
test_order(void)
{
    g_autofree char *expected = write_fold(story);

    for (guint32 seed = 1; seed <= 2000; seed++) {
        g_autofree char *lines = shuffle(story, seed * 2654435761u);
        g_autofree char *got = write_fold(lines);

        g_assert_cmpstr(got, ==, expected);
    }
}

/* A message that the hub took twice, the second time later: the first record of it counts. */
static void
test_copy(void)
{
    g_autofree char *once = write_fold(SUBMIT RESULT);
    g_autofree char *twice = write_fold(SUBMIT MESSAGE("m1", "2026-11-03T02:00:00Z", "submit", "A", "B",
                                        "\"NgayTiepNhan\":\"2026-11-02T08:00:00+07:00\",\"ThoiDiemXuLy\":\"2026-11-02T09:00:00+07:00\"") RESULT);

    g_assert_cmpstr(once, ==, twice);
}

static void
test_clocks_of_a_hop(void)
{
    g_autoptr(LtFold) folded = fold(story);
    const LtHop *hop = &g_array_index(folded->hops, LtHop, 0);

    g_assert_cmpstr(hop->kind, ==, "submit");
    g_assert_cmpint(hop->received_us - hop->done_us, ==, 0);
    g_assert_cmpint(hop->delivered_us - hop->received_us, ==, G_GINT64_CONSTANT(7201000000));
    g_assert_cmpint(hop->acknowledged_us - hop->delivered_us, ==, G_GINT64_CONSTANT(600000000));
    g_assert_cmpstr(folded->holder, ==, "A"); /* the result brought it home */
    g_assert_cmpstr(folded->officer, ==, "Nguyễn Văn A");
    g_assert_cmpuint(folded->pauses->len, ==, 1);
    g_assert_cmpuint(folded->promises->len, ==, 1);
}

static const struct {
    const char *line, *fault;
} bad_lines[] = {
    { "{}", "e:1: " },
    { "{\"at\":\"2026-11-02T02:00:00Z\"}", "e:1: " },
    { "{\"at\":\"yesterday\",\"event\":\"message\"}", "e:1: " },
    { "{\"at\":\"2026-11-02T02:00:00Z\",\"event\":\"message\",\"colour\":1}", "e:1: " },
    { "{\"at\":\"2026-11-02T02:00:00Z\",\"event\":\"message\",\"facts\":{\"TrangThaiHoSo\":11}}", "e:1: " },
    { "{\"at\":\"2026-11-02T02:00:00Z\",\"event\":\"message\",\"facts\":{\"TrangThaiHoSo\":1,\"TrangThaiHoSo\":2}}", "e:1: " },
    { "\n\n[1]", "e:3: " },
    { "{\"at\":\"2026-11-02T02:00:00Z\",\"event\":\"message\"} x", "e:1: " },
};

static void
test_bad_lines(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(bad_lines); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(lt_case_events_parse(bad_lines[i].line, strlen(bad_lines[i].line), "e", &error));
        g_assert_error(error, LT_ERROR, LT_ERROR_INVALID);
        g_assert_true(g_str_has_prefix(error->message, bad_lines[i].fault));
    }
}

/* What is written is read again as the same. */
static void
test_lines(void)
{
    g_autoptr(LtFold) folded = fold(story);
    g_autoptr(GString) lines = g_string_new(NULL);

    for (guint i = 0; i < folded->events->len; i++)
        lt_case_event_append(lines, folded->events->pdata[i]);
    g_autofree char *once = write_fold(story), *again = write_fold(lines->str);

    g_assert_cmpstr(again, ==, once);
}

static void
test_nothing(void)
{
    g_autofree char *text = write_fold("");

    g_assert_nonnull(strstr(text, "\"state\":0"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(state_cases); i++) {
        g_autofree char *name = g_strdup_printf("/fold/%s", state_cases[i].name);

        g_test_add_data_func(name, &state_cases[i], test_states);
    }
    g_test_add_func("/fold/is-the-same-in-any-order-and-with-any-repetition", test_order);
    g_test_add_func("/fold/a-copy-of-a-message-counts-once", test_copy);
    g_test_add_func("/fold/a-hop-has-four-clocks", test_clocks_of_a_hop);
    g_test_add_func("/fold/names-the-line-that-breaks-the-form", test_bad_lines);
    g_test_add_func("/fold/events-are-written-as-they-are-read", test_lines);
    g_test_add_func("/fold/of-nothing-is-an-unknown-dossier", test_nothing);
    return g_test_run();
}
