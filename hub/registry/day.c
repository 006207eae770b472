/* SPDX-License-Identifier: Apache-2.0 */
/* day.c: strict reading and writing of calendar days. 31 February is no day, a short month is no excuse, and white
 * space, signs and other spellings are refused: what was read and is written again gives the same bytes. */
#include "registry/day.h"

#include <string.h>

#define ZONE_US (G_GINT64_CONSTANT(7) * 3600 * G_USEC_PER_SEC)
#define DAY_US (G_GINT64_CONSTANT(86400) * G_USEC_PER_SEC)

static gboolean
read_digits(const char *text, guint n, guint *value)
{
    *value = 0;
    for (guint i = 0; i < n; i++) {
        if (!g_ascii_isdigit(text[i]))
            return FALSE;
        *value = *value * 10 + (guint) (text[i] - '0');
    }
    return TRUE;
}

gboolean
lt_day_read(const char *text, gint64 *at_us)
{
    guint year, month, day;
    GDate date;

    if (text == NULL || strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return FALSE;
    if (!read_digits(text, 4, &year) || !read_digits(text + 5, 2, &month) || !read_digits(text + 8, 2, &day))
        return FALSE;
    if (year < 1900 || year > 2199 || month < 1 || month > 12 || !g_date_valid_dmy((GDateDay) day, (GDateMonth) month, (GDateYear) year))
        return FALSE;
    g_date_set_dmy(&date, (GDateDay) day, (GDateMonth) month, (GDateYear) year);
    /* GDate counts days from 1 January of year 1; the Unix epoch is day 719163 of that count. */
    *at_us = ((gint64) g_date_get_julian(&date) - 719163) * DAY_US - ZONE_US;
    return TRUE;
}

void
lt_day_write(gint64 at_us, char text[11])
{
    gint64 local = at_us + ZONE_US;
    gint64 days = local / DAY_US - (local % DAY_US < 0 ? 1 : 0);
    GDate date;

    g_date_set_julian(&date, (guint32) CLAMP(days + 719163, 1, 3652059));
    g_snprintf(text, 11, "%04u-%02u-%02u", g_date_get_year(&date) % 10000u, (guint) g_date_get_month(&date),
               (guint) g_date_get_day(&date));
}
