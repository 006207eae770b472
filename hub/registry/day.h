/* SPDX-License-Identifier: Apache-2.0 */
/* day.h: calendar days as decrees write them. A day begins at 00:00 in Việt Nam (UTC+07:00, no summer time). Pure. */
#pragma once

#include <glib.h>

/** lt_day_read: exactly `YYYY-MM-DD`, a real day of the years 1900–2199. *at_us: its first instant, UTC microseconds */
gboolean lt_day_read(const char *text, gint64 *at_us);
/** lt_day_write: the day in Việt Nam that holds the instant */
void lt_day_write(gint64 at_us, char text[11]);
