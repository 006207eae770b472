/* SPDX-License-Identifier: Apache-2.0 */
/* test-clock.c: times in their two spellings, compared with GLib's calendar over four centuries. */
#include "base/clock.h"

#include <string.h>

typedef struct {
    const char *text;
    gint64 at_us;
} GoodCase;

static const GoodCase good_seconds[] = {
    { "1970-01-01T00:00:00Z", 0 },
    { "2026-11-23T16:02:30Z", G_GINT64_CONSTANT(1795449750000000) },
    { "2024-02-29T23:59:59Z", G_GINT64_CONSTANT(1709251199000000) },
    { "2000-02-29T00:00:00Z", G_GINT64_CONSTANT(951782400000000) },
    { "1969-12-31T23:59:59Z", -1000000 },
    { "0001-01-01T00:00:00Z", G_GINT64_CONSTANT(-62135596800000000) },
    { "9999-12-31T23:59:59Z", G_GINT64_CONSTANT(253402300799000000) },
};

static const char *const bad_seconds[] = {
    "", "2026-11-23", "2026-11-23T16:02:30", "2026-11-23T16:02:30z", "2026-11-23t16:02:30Z", "2026-11-23 16:02:30Z",
    "2026-11-23T16:02:30+00:00", "2026-11-23T16:02:30.0Z", "2026-11-23T16:02:60Z", "2026-11-23T16:60:00Z", "2026-11-23T24:00:00Z",
    "2026-02-31T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-00-10T00:00:00Z", "2026-13-10T00:00:00Z",
    "2026-01-00T00:00:00Z", "0000-01-01T00:00:00Z", "20261123T160230Z", "2026-327T16:02:30Z", "+026-11-23T16:02:30Z",
    "2026-11-23T16:02:3 Z", "2026-11-23T16:02:30Z ", "2026/11/23T16:02:30Z", "2026-1-23T016:02:30Z",
};

static const char *const bad_millis[] = {
    "2026-11-23T16:02:30Z", "2026-11-23T16:02:30.02Z", "2026-11-23T16:02:30.0211Z", "2026-11-23T16:02:30,021Z", "2026-11-23T16:02:30.02aZ",
    "2026-11-23T16:02:30.021z", "2026-11-23T16:02:60.021Z",
};

static void
test_good(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(good_seconds); i++) {
        gint64 at_us = 7;
        char again[21];

        g_assert_true(lt_time_read_seconds(good_seconds[i].text, 20, &at_us));
        g_assert_cmpint(at_us, ==, good_seconds[i].at_us);
        lt_time_write_seconds(at_us + 999999, again);
        g_assert_cmpstr(again, ==, good_seconds[i].text);
    }
}

static void
test_bad(void)
{
    gint64 at_us;

    for (gsize i = 0; i < G_N_ELEMENTS(bad_seconds); i++) {
        if (lt_time_read_seconds(bad_seconds[i], strlen(bad_seconds[i]), &at_us))
            g_error("accepted \"%s\"", bad_seconds[i]);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad_millis); i++) {
        if (lt_time_read_millis(bad_millis[i], strlen(bad_millis[i]), &at_us))
            g_error("accepted \"%s\"", bad_millis[i]);
    }
}

static void
test_millis(void)
{
    gint64 at_us;
    char again[25];

    g_assert_true(lt_time_read_millis("2026-11-23T16:02:30.021Z", 24, &at_us));
    g_assert_cmpint(at_us, ==, G_GINT64_CONSTANT(1795449750021000));
    lt_time_write_millis(at_us + 999, again);
    g_assert_cmpstr(again, ==, "2026-11-23T16:02:30.021Z");
    lt_time_write_millis(-1, again);
    g_assert_cmpstr(again, ==, "1969-12-31T23:59:59.999Z");
}

/* One instant of every day of 1800–2200, against an independent calendar. */
static void
test_every_day(void)
{
    g_autoptr(GDateTime) day = g_date_time_new_utc(1800, 1, 1, 13, 14, 15);

    while (g_date_time_get_year(day) < 2200) {
        g_autoptr(GDateTime) next = g_date_time_add_days(day, 1);
        g_autofree char *expected = g_date_time_format(day, "%Y-%m-%dT%H:%M:%SZ");
        char text[21];
        gint64 at_us;

        lt_time_write_seconds(g_date_time_to_unix(day) * LT_US_PER_SECOND, text);
        g_assert_cmpstr(text, ==, expected);
        g_assert_true(lt_time_read_seconds(text, 20, &at_us));
        g_assert_cmpint(at_us, ==, g_date_time_to_unix(day) * LT_US_PER_SECOND);
        g_date_time_unref(g_steal_pointer(&day));
        day = g_steal_pointer(&next);
    }
}

static void
test_outside(void)
{
    char text[25];

    lt_time_write_millis(G_MAXINT64, text);
    g_assert_cmpstr(text, ==, "9999-12-31T23:59:59.999Z");
    lt_time_write_millis(G_MININT64, text);
    g_assert_cmpstr(text, ==, "0001-01-01T00:00:00.000Z");
}

static void
test_moved(void)
{
    gint64 before = lt_time_now_us();

    lt_time_set_for_tests(86400 * LT_US_PER_SECOND);
    g_assert_cmpint(lt_time_now_us() - before, >=, 86400 * LT_US_PER_SECOND);
    g_assert_cmpint(lt_time_now_us() - before, <, 86460 * LT_US_PER_SECOND);
    lt_time_set_for_tests(0);
    g_assert_cmpint(lt_time_now_us() - before, <, 60 * LT_US_PER_SECOND);
}

static const struct {
    const char *text, *local; /* local: NULL: refused */
} rfc3339[] = {
    { "2026-11-23T16:02:30+07:00", "2026-11-23T16:02:30+07:00" },
    { "2026-11-23T09:02:30Z", "2026-11-23T16:02:30+07:00" },
    { "2026-11-23t09:02:30z", "2026-11-23T16:02:30+07:00" },
    { "2026-11-22T22:32:30-10:30", "2026-11-23T16:02:30+07:00" },
    { "2026-11-23T09:02:30.5Z", "2026-11-23T16:02:30.500+07:00" },
    { "2026-11-23T09:02:30.000001999+00:00", "2026-11-23T16:02:30.000001+07:00" },
    { "2026-11-23T09:02:30.Z", NULL }, { "2026-11-23T09:02:30", NULL }, { "2026-11-23T09:02:30+7:00", NULL }, { "2026-11-23T09:02:30+0700", NULL },
    { "2026-11-23T09:02:30+24:00", NULL }, { "2026-11-23T09:02:30+07:60", NULL }, { "2026-11-23T09:02:60Z", NULL }, { "2026-02-29T09:02:30Z", NULL },
    { "2026-11-23 09:02:30Z", NULL }, { "2026-11-23T09:02:30ZZ", NULL }, { "2026-11-23T09:02:30+07:00 ", NULL }, { "", NULL },
};

static void
test_rfc3339(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rfc3339); i++) {
        char text[LT_LOCAL_TIME_SIZE];
        gint64 at_us;
        gboolean read = lt_time_read_rfc3339(rfc3339[i].text, strlen(rfc3339[i].text), &at_us);

        if (read != (rfc3339[i].local != NULL))
            g_error("\"%s\" was %s", rfc3339[i].text, read ? "accepted" : "refused");
        if (!read)
            continue;
        lt_time_write_local(at_us, text);
        g_assert_cmpstr(text, ==, rfc3339[i].local);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/clock/reads-real-times-and-writes-them-again", test_good);
    g_test_add_func("/clock/refuses-every-other-spelling", test_bad);
    g_test_add_func("/clock/keeps-milliseconds", test_millis);
    g_test_add_func("/clock/agrees-with-another-calendar-for-every-day", test_every_day);
    g_test_add_func("/clock/writes-what-lies-outside-as-the-nearest-inside", test_outside);
    g_test_add_func("/clock/can-be-moved-by-a-test", test_moved);
    g_test_add_func("/clock/reads-any-offset-and-writes-that-of-viet-nam", test_rfc3339);
    return g_test_run();
}
