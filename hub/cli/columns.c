/* SPDX-License-Identifier: Apache-2.0 */
/* columns.c: columns and times of lists. */
#include "cli/columns.h"

void
lt_column_print(const char *text, glong width)
{
    g_print("%s%*s ", text, (int) MAX(width - g_utf8_strlen(text, -1), 0), "");
}

char *
lt_column_time(gint64 at_us)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_offset(7 * 3600);
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(at_us / G_USEC_PER_SEC);
    g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, zone);

    return g_date_time_format(local, "%Y-%m-%d %H:%M:%S");
}
