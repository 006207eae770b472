/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c: reading and writing of UTC times by integer arithmetic alone: no locale, no time zone file, no allocation. */
#include "base/clock.h"

#include <stdatomic.h>
#include <string.h>

#define SECONDS_PER_DAY G_GINT64_CONSTANT(86400)
#define FIRST_SECOND G_GINT64_CONSTANT(-62135596800) /* 0001-01-01T00:00:00Z */
#define LOCAL_OFFSET_US (G_GINT64_CONSTANT(7) * 3600 * LT_US_PER_SECOND) /* Asia/Ho_Chi_Minh since 1975: no summer time */
#define LAST_SECOND G_GINT64_CONSTANT(253402300799)  /* 9999-12-31T23:59:59Z */

/* The one piece of state that is not owned by anybody: it exists for tests and is 0 in production. */
static _Atomic gint64 test_offset_us;

/* Days since 1970-01-01 of a date of the Gregorian calendar; the year is counted from March, so that the leap day is its last. */
static gint64
days_of_date(gint64 year, gint64 month, gint64 day)
{
    gint64 y = month <= 2 ? year - 1 : year;
    gint64 era = (y >= 0 ? y : y - 399) / 400;
    gint64 year_of_era = y - era * 400;
    gint64 day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void
date_of_days(gint64 days, int *year, int *month, int *day)
{
    gint64 z = days + 719468;
    gint64 era = (z >= 0 ? z : z - 146096) / 146097;
    gint64 day_of_era = z - era * 146097;
    gint64 year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    gint64 day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    gint64 shifted = (5 * day_of_year + 2) / 153;

    *day = (int) (day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int) (shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int) (year_of_era + era * 400 + (*month <= 2 ? 1 : 0));
}

/* Exactly n digits. */
static gboolean
read_digits(const char *text, gsize n_digits, int *value)
{
    *value = 0;
    for (gsize i = 0; i < n_digits; i++) {
        if (text[i] < '0' || text[i] > '9')
            return FALSE;
        *value = *value * 10 + (text[i] - '0');
    }
    return TRUE;
}

/* The 19 bytes that both spellings share. */
static gboolean
read_common(const char *text, gint64 *seconds)
{
    int year, month, day, hour, minute, second;

    if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':')
        return FALSE;
    if (!read_digits(text, 4, &year) || !read_digits(text + 5, 2, &month) || !read_digits(text + 8, 2, &day) ||
        !read_digits(text + 11, 2, &hour) || !read_digits(text + 14, 2, &minute) || !read_digits(text + 17, 2, &second))
        return FALSE;
    if (year < 1 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59)
        return FALSE;
    if (day > g_date_get_days_in_month((GDateMonth) month, (GDateYear) year))
        return FALSE;
    *seconds = days_of_date(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
    return TRUE;
}

gboolean
lt_time_read_seconds(const char *text, gsize length, gint64 *at_us)
{
    gint64 seconds;

    if (length != 20 || text[19] != 'Z' || !read_common(text, &seconds))
        return FALSE;
    *at_us = seconds * LT_US_PER_SECOND;
    return TRUE;
}

gboolean
lt_time_read_millis(const char *text, gsize length, gint64 *at_us)
{
    gint64 seconds;
    int millis;

    if (length != 24 || text[19] != '.' || text[23] != 'Z' || !read_common(text, &seconds) ||
        !read_digits(text + 20, 3, &millis))
        return FALSE;
    *at_us = seconds * LT_US_PER_SECOND + millis * 1000;
    return TRUE;
}

/* `Z`, `+07:00`: seconds east of Greenwich. */
static gboolean
read_offset(const char *text, gsize length, gint64 *seconds)
{
    int hours, minutes;

    *seconds = 0;
    if (length == 1)
        return text[0] == 'Z' || text[0] == 'z';
    if (length != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':' || !read_digits(text + 1, 2, &hours) ||
        !read_digits(text + 4, 2, &minutes) || hours > 23 || minutes > 59)
        return FALSE;
    *seconds = (text[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return TRUE;
}

gboolean
lt_time_read_rfc3339(const char *text, gsize length, gint64 *at_us)
{
    char common[20];
    gint64 seconds, offset, us = 0;
    gsize at = 19;

    if (length < 20)
        return FALSE;
    memcpy(common, text, 19);
    common[10] = common[10] == 't' ? 'T' : common[10];
    if (!read_common(common, &seconds))
        return FALSE;
    if (text[at] == '.') {
        gint64 unit = 100000;

        for (at++; at < length && g_ascii_isdigit(text[at]); at++, unit /= 10)
            us += (text[at] - '0') * unit;
        if (at == 20)
            return FALSE;
    }
    if (!read_offset(text + at, length - at, &offset))
        return FALSE;
    *at_us = (seconds - offset) * LT_US_PER_SECOND + us;
    return TRUE;
}

static void
write_digits(char *text, gsize n_digits, int value)
{
    while (n_digits > 0) {
        text[--n_digits] = (char) ('0' + value % 10);
        value /= 10;
    }
}

/* The 19 common bytes; returns the microseconds of the second. */
static int
write_common(gint64 at_us, char *text)
{
    gint64 us = CLAMP(at_us, FIRST_SECOND * LT_US_PER_SECOND, LAST_SECOND * LT_US_PER_SECOND + 999999);
    gint64 rest = us % LT_US_PER_SECOND;
    gint64 seconds, days, of_day;
    int year, month, day;

    if (rest < 0)
        rest += LT_US_PER_SECOND;
    seconds = (us - rest) / LT_US_PER_SECOND;
    of_day = seconds % SECONDS_PER_DAY;
    if (of_day < 0)
        of_day += SECONDS_PER_DAY;
    days = (seconds - of_day) / SECONDS_PER_DAY;
    date_of_days(days, &year, &month, &day);
    memcpy(text, "....-..-..T..:..:..", 19);
    write_digits(text, 4, year);
    write_digits(text + 5, 2, month);
    write_digits(text + 8, 2, day);
    write_digits(text + 11, 2, (int) (of_day / 3600));
    write_digits(text + 14, 2, (int) (of_day / 60 % 60));
    write_digits(text + 17, 2, (int) (of_day % 60));
    return (int) rest;
}

void
lt_time_write_seconds(gint64 at_us, char text[21])
{
    write_common(at_us, text);
    memcpy(text + 19, "Z", 2);
}

void
lt_time_write_millis(gint64 at_us, char text[25])
{
    int millis = write_common(at_us, text) / 1000;

    text[19] = '.';
    write_digits(text + 20, 3, millis);
    memcpy(text + 23, "Z", 2);
}

void
lt_time_write_local(gint64 at_us, char text[LT_LOCAL_TIME_SIZE])
{
    int us = write_common(at_us + LOCAL_OFFSET_US, text);
    gsize n_digits = us == 0 ? 0 : us % 1000 == 0 ? 3 : 6;

    if (n_digits > 0) {
        text[19] = '.';
        write_digits(text + 20, n_digits, n_digits == 3 ? us / 1000 : us);
    }
    memcpy(text + 19 + (n_digits > 0 ? 1 + n_digits : 0), "+07:00", 7);
}

gint64
lt_time_now_us(void)
{
    return g_get_real_time() + atomic_load_explicit(&test_offset_us, memory_order_relaxed);
}

void
lt_time_set_for_tests(gint64 offset_us)
{
    atomic_store_explicit(&test_offset_us, offset_us, memory_order_relaxed);
}
