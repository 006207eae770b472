/* SPDX-License-Identifier: Apache-2.0 */
/* columns.h: what lists print for people: columns that fit in every language, and times of the office. */
#pragma once

#include <glib.h>

/** lt_column_print: @text and as many blanks as make it @width characters wide: printf counts bytes, a terminal counts characters */
void lt_column_print(const char *text, glong width);
/** lt_column_time: Returns: (transfer full): 24-hour time in Việt Nam, to the second */
char *lt_column_time(gint64 at_us);
