/* SPDX-License-Identifier: Apache-2.0 */
/* schema-format.c: the formats that schemas may assert: date, date-time, uuid.
 *
 * RFC 3339 with its leap seconds (only at 23:59:60 UTC) and RFC 9562 text form in either case, as JSON Schema 2020-12 §7.3
 * defines them. They are wider than the hub's own times and ids, which value.h reads.
 */
#include "base/schema-private.h"

/* Returns: the number written with @n digits, or -1 */
static int
read_digits(const char *text, guint n)
{
    int value = 0;

    for (guint i = 0; i < n; i++) {
        if (!g_ascii_isdigit(text[i]))
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static int
days_of_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    gboolean leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

gboolean
lt_format_is_date(const char *text, gsize length)
{
    int year, month, day;

    if (length != 10 || text[4] != '-' || text[7] != '-')
        return FALSE;
    year = read_digits(text, 4);
    month = read_digits(text + 5, 2);
    day = read_digits(text + 8, 2);
    return year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= days_of_month(year, month);
}

/* "Z" or "+hh:mm". @offset: minutes ahead of UTC */
static gboolean
read_offset(const char *text, gsize length, int *offset)
{
    int hours, minutes;

    *offset = 0;
    if (length == 1)
        return text[0] == 'Z' || text[0] == 'z';
    if (length != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':')
        return FALSE;
    hours = read_digits(text + 1, 2);
    minutes = read_digits(text + 4, 2);
    *offset = (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
    return hours >= 0 && hours <= 23 && minutes >= 0 && minutes <= 59;
}

gboolean
lt_format_is_date_time(const char *text, gsize length)
{
    const gsize fixed = strlen("2026-11-23T16:02:30");
    gsize at = fixed;
    int hour, minute, second, offset;

    if (length <= fixed || !lt_format_is_date(text, 10) || (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':')
        return FALSE;
    if (text[at] == '.') {
        at++;
        while (at < length && g_ascii_isdigit(text[at]))
            at++;
        if (at == fixed + 1)
            return FALSE;
    }
    hour = read_digits(text + 11, 2);
    minute = read_digits(text + 14, 2);
    second = read_digits(text + 17, 2);
    if (!read_offset(text + at, length - at, &offset) || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0)
        return FALSE;
    if (second == 60)
        return (hour * 60 + minute - offset + 2 * 1440) % 1440 == 23 * 60 + 59;
    return second <= 59;
}

gboolean
lt_format_is_uuid(const char *text, gsize length)
{
    if (length != 36)
        return FALSE;
    for (guint i = 0; i < 36; i++) {
        gboolean dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? text[i] != '-' : !g_ascii_isxdigit(text[i]))
            return FALSE;
    }
    return TRUE;
}
