/* SPDX-License-Identifier: Apache-2.0 */
/* test-calendar.c: working time on every boundary, faults of a file by line, and the arithmetic against itself. Random cases of ten years are
 * compared with an independent oracle by tests/oracle. */
#include "registry/calendar.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"

static const char office[] = "[calendar]\n"
                             "timezone = Asia/Ho_Chi_Minh\n"
                             "mon = 07:30-11:30 13:30-17:00\n"
                             "tue = 07:30-11:30 13:30-17:00\n"
                             "wed = 07:30-11:30 13:30-17:00\n"
                             "thu = 07:30-11:30 13:30-17:00\n"
                             "fri = 07:30-11:30 13:30-17:00 # until five\n"
                             "sat =\n"
                             "sun =\n"
                             "[days]\n"
                             "2026-02-14..2026-02-22 =\n"
                             "2026-02-16 =\n"
                             "2026-02-28 = 07:30-11:30 13:30-17:00\n"
                             "2026-03-07 = 07:30-11:30\n";

static LtCalendar *
read_office(void)
{
    g_autoptr(GError) error = NULL;
    LtCalendar *calendar = lt_calendar_parse(office, strlen(office), "office.conf", &error);

    g_assert_no_error(error);
    return calendar;
}

static gint64
at(const char *text)
{
    gint64 at_us;

    if (!lt_time_read_rfc3339(text, strlen(text), &at_us))
        g_error("%s is no time", text);
    return at_us;
}

typedef struct {
    const char *name, *start;
    gint64 minutes;
    const char *cutoff, *pause_from, *pause_until, *due;
} DueCase;

/* 23 November 2026 is a Monday. */
static const DueCase due_cases[] = {
    { "within-a-morning", "2026-11-23T08:00:00+07:00", 60, NULL, NULL, NULL, "2026-11-23T09:00:00+07:00" },
    { "over-lunch", "2026-11-23T11:00:00+07:00", 60, NULL, NULL, NULL, "2026-11-23T14:00:00+07:00" },
    { "to-the-closing-not-the-next-opening", "2026-11-23T07:30:00+07:00", 450, NULL, NULL, NULL, "2026-11-23T17:00:00+07:00" },
    { "to-the-lunch-not-the-afternoon", "2026-11-23T07:30:00+07:00", 240, NULL, NULL, NULL, "2026-11-23T11:30:00+07:00" },
    { "one-minute-past-a-closing", "2026-11-23T07:30:00+07:00", 451, NULL, NULL, NULL, "2026-11-24T07:31:00+07:00" },
    { "at-a-closing-is-outside", "2026-11-23T17:00:00+07:00", 1, NULL, NULL, NULL, "2026-11-24T07:31:00+07:00" },
    { "before-the-opening", "2026-11-23T05:00:00+07:00", 1, NULL, NULL, NULL, "2026-11-23T07:31:00+07:00" },
    { "over-a-weekend", "2026-11-27T16:30:00+07:00", 60, NULL, NULL, NULL, "2026-11-30T08:00:00+07:00" },
    { "over-the-new-year", "2026-02-13T16:59:30+07:00", 1, NULL, NULL, NULL, "2026-02-23T07:30:30+07:00" },
    { "on-a-worked-saturday", "2026-02-27T17:00:00+07:00", 10, NULL, NULL, NULL, "2026-02-28T07:40:00+07:00" },
    { "on-a-half-day", "2026-03-07T07:30:00+07:00", 241, NULL, NULL, NULL, "2026-03-09T07:31:00+07:00" },
    { "in-another-zone", "2026-11-23T01:00:00Z", 60, NULL, NULL, NULL, "2026-11-23T09:00:00+07:00" },
    { "with-parts-of-a-second", "2026-11-23T08:00:00.25+07:00", 1, NULL, NULL, NULL, "2026-11-23T08:01:00.250+07:00" },
    { "at-the-cut-off-is-not-after-it", "2026-11-23T15:00:00+07:00", 30, "15:00", NULL, NULL, "2026-11-23T15:30:00+07:00" },
    { "a-moment-after-the-cut-off", "2026-11-23T15:00:00.000001+07:00", 30, "15:00", NULL, NULL, "2026-11-24T08:00:00+07:00" },
    { "after-the-cut-off-of-a-friday", "2026-11-27T15:10:00+07:00", 30, "15:00", NULL, NULL, "2026-11-30T08:00:00+07:00" },
    { "no-minutes-at-an-open-hour", "2026-11-23T08:00:00+07:00", 0, NULL, NULL, NULL, "2026-11-23T08:00:00+07:00" },
    { "no-minutes-at-a-closed-hour", "2026-11-23T12:00:00+07:00", 0, NULL, NULL, NULL, "2026-11-23T13:30:00+07:00" },
    { "with-a-pause", "2026-11-23T08:00:00+07:00", 60, NULL, "2026-11-23T08:30:00+07:00", "2026-11-23T09:00:00+07:00", "2026-11-23T09:30:00+07:00" },
    { "started-in-a-pause", "2026-11-23T08:00:00+07:00", 60, NULL, "2026-11-23T07:00:00+07:00", "2026-11-23T16:30:00+07:00", "2026-11-24T08:00:00+07:00" },
    { "a-pause-that-begins-when-it-is-due", "2026-11-23T08:00:00+07:00", 60, NULL, "2026-11-23T09:00:00+07:00", "2026-11-23T10:00:00+07:00", "2026-11-23T09:00:00+07:00" },
    { "a-pause-outside-working-hours", "2026-11-23T08:00:00+07:00", 450, NULL, "2026-11-23T17:00:00+07:00", "2026-11-24T07:30:00+07:00", "2026-11-24T08:00:00+07:00" },
    { "ten-years", "2026-11-23T07:30:00+07:00", 450 * 260 * 10, NULL, NULL, NULL, "2036-11-07T17:00:00+07:00" },
};

static void
test_due(gconstpointer data)
{
    const DueCase *c = data;
    g_autoptr(LtCalendar) calendar = read_office();
    g_autoptr(GError) error = NULL;
    LtPause pause = { 0 };
    LtTerm term = { .start_us = at(c->start), .length_us = c->minutes * LT_US_PER_MINUTE, .cutoff = LT_NO_CUTOFF };
    char text[LT_LOCAL_TIME_SIZE];
    gint64 due_us, from_us;

    if (c->pause_from != NULL) {
        pause = (LtPause){ at(c->pause_from), at(c->pause_until) };
        term.pauses = &pause;
        term.n_pauses = 1;
    }
    if (c->cutoff != NULL)
        g_assert_true(lt_clock_time_read(c->cutoff, strlen(c->cutoff), &term.cutoff));
    g_assert_true(lt_calendar_due(calendar, &term, &from_us, &due_us, &error));
    g_assert_no_error(error);
    lt_time_write_local(due_us, text);
    g_assert_cmpstr(text, ==, c->due);
    /* What is due after n minutes has n minutes before it. */
    g_assert_cmpint(lt_calendar_counted(calendar, from_us, due_us, term.pauses, term.n_pauses), ==, term.length_us);
}

typedef struct {
    const char *name, *text, *fault;
} BadCase;

#define WEEK "[calendar]\nmon=07:30-11:30\ntue=\nwed=\nthu=\nfri=\n"

static const BadCase bad_cases[] = {
    { "an-unknown-section", "[calender]\n" WEEK, "c:1: no section [calender] belongs in a calendar; there are [calendar] and [days]" },
    { "an-unknown-key", WEEK "mno=\n", "c:7: [calendar] mno: no such key; did you mean 'mon'?" },
    { "a-key-twice", WEEK "mon=\n", "c:7: [calendar] mon: is there already, in line 2" },
    { "a-missing-day", "[calendar]\nmon=07:30-11:30\ntue=\nwed=\nthu=\n", "c:1: [calendar] fri: is missing; write 'fri = ' when no one works on that day" },
    { "a-foreign-zone", WEEK "timezone=Europe/Paris\n", "c:7: [calendar] timezone: the hub keeps the time of Việt Nam; write Asia/Ho_Chi_Minh" },
    { "hours-with-one-digit", WEEK "sat=7:30-8:00\n", "c:7: [calendar] sat: \"7:30-8:00\" is no span of hours; write 07:30-11:30 13:30-17:00, or nothing for a day off" },
    { "minute-sixty", WEEK "sat=07:60-08:00\n", "c:7: [calendar] sat: \"07:60-08:00\" is no span of hours; write 07:30-11:30 13:30-17:00, or nothing for a day off" },
    { "hours-past-midnight", WEEK "sat=22:00-06:00\n", "c:7: [calendar] sat: 22:00-06:00 ends before it begins; hours past midnight belong to the next day: 22:00-24:00" },
    { "an-empty-span", WEEK "sat=08:00-08:00\n", "c:7: [calendar] sat: 08:00-08:00 ends before it begins; hours past midnight belong to the next day: 22:00-24:00" },
    { "spans-that-overlap", WEEK "sat=08:00-12:00 11:00-13:00\n", "c:7: [calendar] sat: 11:00-13:00 begins before the span in front of it ends" },
    { "a-day-that-is-none", WEEK "[days]\n2026-02-30=\n", "c:8: [days] 2026-02-30: is no day of the years 1900 to 2199; write 2026-02-16, or 2026-02-14..2026-02-22 for several" },
    { "a-range-that-runs-back", WEEK "[days]\n2026-02-22..2026-02-14=\n", "c:8: [days] 2026-02-22..2026-02-14: the last day comes before the first" },
    { "a-day-twice", WEEK "[days]\n2026-02-16=\n2026-02-16=\n", "c:9: [days] 2026-02-16: is there already, in line 8" },
    { "ranges-that-disagree", WEEK "[days]\n2026-02-14..2026-02-16=\n2026-02-16..2026-02-18=08:00-09:00\n", "c:9: [days] 2026-02-16..2026-02-18: shares days with line 8, which gives them other hours" },
    { "no-equals-sign", WEEK "[days]\n2026-02-16\n", "c:8: [days] 2026-02-16: no '='; write 2026-02-28 = 07:30-11:30 13:30-17:00, or nothing after the = for a day off" },
    { "a-key-before-the-sections", "mon=\n" WEEK, "c:1: stands before the first section; begin with [calendar]" },
    { "no-working-time", "[calendar]\nmon=\ntue=\nwed=\nthu=\nfri=\n", "c:1: [calendar] there is no working time in it at all" },
    { "nothing", "", "c:1: [calendar] mon: is missing; write 'mon = ' when no one works on that day\n"
      "c:1: [calendar] tue: is missing; write 'tue = ' when no one works on that day\n"
      "c:1: [calendar] wed: is missing; write 'wed = ' when no one works on that day\n"
      "c:1: [calendar] thu: is missing; write 'thu = ' when no one works on that day\n"
      "c:1: [calendar] fri: is missing; write 'fri = ' when no one works on that day" },
    { "bytes-that-are-no-text", WEEK "\xff", "c is not UTF-8 text" },
};

static void
test_bad(gconstpointer data)
{
    const BadCase *c = data;
    g_autoptr(GError) error = NULL;

    g_assert_null(lt_calendar_parse(c->text, strlen(c->text), "c", &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
    g_assert_cmpstr(lt_error_get_reason(error), ==, "calendar.file");
    g_assert_cmpstr(error->message, ==, c->fault);
}

static void
test_forms(void)
{
    static const char text[] = "\xef\xbb\xbf; a calendar\r\n[calendar]\r\nmon = 08:00-12:00 12:00-17:00\r\ntue=00:00-24:00\r\nwed=\r\nthu=\r\nfri=\r\n[days]\r\n"
                               "2026-11-20..2026-11-25 = \r\n2026-11-24 = 09:00-10:00\r\n2026-11-22..2026-11-23 =\r\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(LtCalendar) calendar = lt_calendar_parse(text, sizeof text - 1, "c", &error);
    gint64 opening_us;

    g_assert_no_error(error);
    g_assert_true(lt_calendar_is_open(calendar, at("2026-11-16T12:00:00+07:00")));
    g_assert_true(lt_calendar_is_open(calendar, at("2026-11-17T00:00:00+07:00")));
    g_assert_true(lt_calendar_is_open(calendar, at("2026-11-17T23:59:59.9+07:00")));
    g_assert_false(lt_calendar_is_open(calendar, at("2026-11-18T00:00:00+07:00")));
    g_assert_true(lt_calendar_opening(calendar, at("2026-11-18T00:00:00+07:00"), &opening_us, &error));
    g_assert_cmpint(opening_us, ==, at("2026-11-24T09:00:00+07:00"));
    g_assert_cmpint(lt_calendar_counted(calendar, at("2026-11-16T00:00:00+07:00"), at("2026-11-18T00:00:00+07:00"), NULL, 0), ==, (540 + 1440) * LT_US_PER_MINUTE);
}

static void
test_ends(void)
{
    g_autoptr(LtCalendar) calendar = lt_calendar_new_week();
    LtPause endless = { at("2026-11-23T08:00:00+07:00"), G_MAXINT64 }, crossed = { 2, 1 };
    LtTerm term = { .start_us = at("1899-12-31T12:00:00+07:00"), .length_us = 1, .cutoff = LT_NO_CUTOFF };
    g_autoptr(GError) error = NULL;
    gint64 due_us;

    g_assert_false(lt_calendar_due(calendar, &term, NULL, &due_us, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
    g_clear_error(&error);
    term.start_us = at("2199-12-31T16:59:00+07:00");
    term.length_us = 2 * LT_US_PER_MINUTE;
    g_assert_false(lt_calendar_due(calendar, &term, NULL, &due_us, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "calendar.range");
    g_clear_error(&error);
    term.start_us = at("2199-12-31T18:00:00+07:00");
    g_assert_false(lt_calendar_due(calendar, &term, NULL, &due_us, &error));
    g_clear_error(&error);
    term = (LtTerm){ .start_us = at("2026-11-23T08:00:00+07:00"), .length_us = LT_US_PER_MINUTE, .pauses = &endless, .n_pauses = 1, .cutoff = LT_NO_CUTOFF };
    g_assert_false(lt_calendar_due(calendar, &term, NULL, &due_us, &error));
    g_clear_error(&error);
    term.pauses = &crossed;
    g_assert_false(lt_calendar_due(calendar, &term, NULL, &due_us, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "calendar.pause");
    g_assert_cmpint(lt_calendar_counted(calendar, G_MININT64 / 2, G_MAXINT64, &endless, 1), >, 0);
}

/* Over every minute of a week and each length: adding n and counting back gives n, in both directions of the arithmetic. */
static void
test_inverse(void)
{
    g_autoptr(LtCalendar) calendar = read_office();
    gint64 start_us = at("2026-02-26T00:00:00+07:00");

    for (gint64 minute = 0; minute < 11 * 1440; minute += 7) {
        for (gint64 length = 0; length < 2000; length += 113) {
            LtTerm term = { .start_us = start_us + minute * LT_US_PER_MINUTE, .length_us = length * LT_US_PER_MINUTE, .cutoff = LT_NO_CUTOFF };
            gint64 from_us, due_us;

            g_assert_true(lt_calendar_due(calendar, &term, &from_us, &due_us, NULL));
            g_assert_cmpint(from_us, >=, term.start_us);
            g_assert_cmpint(lt_calendar_counted(calendar, term.start_us, due_us, NULL, 0), ==, term.length_us);
            g_assert_true(length == 0 || lt_calendar_is_open(calendar, due_us - 1)); /* the last moment is worked */
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(due_cases); i++) {
        g_autofree char *name = g_strdup_printf("/calendar/is-due-%s", due_cases[i].name);

        g_test_add_data_func(name, &due_cases[i], test_due);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad_cases); i++) {
        g_autofree char *name = g_strdup_printf("/calendar/names-%s", bad_cases[i].name);

        g_test_add_data_func(name, &bad_cases[i], test_bad);
    }
    g_test_add_func("/calendar/reads-the-forms-that-people-write", test_forms);
    g_test_add_func("/calendar/says-where-its-knowledge-ends", test_ends);
    g_test_add_func("/calendar/adding-and-counting-are-inverse", test_inverse);
    return g_test_run();
}
