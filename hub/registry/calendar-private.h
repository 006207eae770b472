/* SPDX-License-Identifier: Apache-2.0 */
/* calendar-private.h: the table of days, shared by its reader (calendar-file.c) and its arithmetic (calendar.c). */
#pragma once

#include "registry/calendar.h"

#define LT_CALENDAR_MAX_SPANS 16

/* Hours of one day: spans in order, none touching another. */
typedef struct {
    guint n_spans;
    guint minutes; /* of all of them */
    struct { guint16 from, until; } spans[LT_CALENDAR_MAX_SPANS];
} LtHours;

struct _LtCalendar {
    gint references;
    GArray *hours;      /* of LtHours: each kind of day once; the first is the day off */
    guint16 *kind;      /* of each day: index in hours */
    guint32 *before;    /* of each day, and one more: working minutes of all days before it */
};

/** lt_calendar_build: @week: hours of Monday to Sunday; @hours: (transfer full); days outside the week are set by lt_calendar_set_day(), and
 * lt_calendar_finish() sums up */
LtCalendar *lt_calendar_build(GArray *hours, const guint16 week[7]);
void lt_calendar_set_day(LtCalendar *self, guint day, guint16 kind);
void lt_calendar_finish(LtCalendar *self);
/** lt_calendar_day_number: of `YYYY-MM-DD`, counted from 1900-01-01; FALSE when it is no day of 1900 to 2199 */
gboolean lt_calendar_day_number(const char *text, gsize length, guint *day);
