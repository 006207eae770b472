/* SPDX-License-Identifier: Apache-2.0 */
/* calendar.h: when offices work, and arithmetic in working time.
 *
 * A calendar is immutable and reference-counted: a table of all days of the years 1900 to 2199, with the working minutes before each, so that
 * working time between two instants costs two look-ups and adding working time one binary search (17 steps) per pause. Time is that of
 * Việt Nam, UTC+07:00 without summer time. All functions are pure and may be called from any thread.
 *
 * The rules, which tests/oracle/calendar_oracle.py states a second time in plain steps:
 *   - spans are half-open: 11:30 of 07:30-11:30 is outside;
 *   - a start outside working hours counts from the next opening;
 *   - a start after the cut-off (15:00:00 itself is not after it) counts from the opening of the next working day;
 *   - time inside a pause does not count; pauses are half-open, may overlap, and may stand in any order;
 *   - what is due is the first instant at which all minutes have passed: a promise whose last minute ends at a closing is due at that
 *     closing, not at the next opening; one of no minutes is due when its clock would begin to count.
 */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

#define LT_US_PER_MINUTE G_GINT64_CONSTANT(60000000)
#define LT_NO_CUTOFF G_MAXUINT

typedef struct _LtCalendar LtCalendar;

/* Time that does not count: from_us is inside, until_us is not; %G_MAXINT64: not over yet. */
typedef struct {
    gint64 from_us, until_us;
} LtPause;

/**
 * lt_calendar_parse: the text of a calendar file (docs/reference/calendar.md)
 * @name: of the file, for the faults
 *
 * Errors: %LT_ERROR_CONFIG `calendar.file` with every fault, one a line: `FILE:LINE: [section] key: text`
 */
LtCalendar *lt_calendar_parse(const char *text, gsize size, const char *name, GError **error);
/** lt_calendar_load: the same from a file of at most 1 MiB. Errors: also UNAVAILABLE `calendar.read` */
LtCalendar *lt_calendar_load(const char *path, GError **error);
/** lt_calendar_new_week: Monday to Friday 07:30-11:30 13:30-17:00 and no holidays: what holds where no calendar is configured */
LtCalendar *lt_calendar_new_week(void);
LtCalendar *lt_calendar_ref(LtCalendar *self);
void lt_calendar_unref(LtCalendar *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtCalendar, lt_calendar_unref)

/** lt_calendar_is_open: is this instant working time? */
gboolean lt_calendar_is_open(const LtCalendar *self, gint64 at_us);
/** lt_calendar_opening: the first working instant at or after @at_us. Errors: CONFIG `calendar.range`: none up to the year 2199 */
gboolean lt_calendar_opening(const LtCalendar *self, gint64 at_us, gint64 *opening_us, GError **error);
/** lt_calendar_counted: microseconds of working time from @from_us to @until_us outside the pauses; 0 when the end is not after the start */
gint64 lt_calendar_counted(const LtCalendar *self, gint64 from_us, gint64 until_us, const LtPause *pauses, gsize n_pauses);

/* A promise in working time. */
typedef struct {
    gint64 start_us;
    gint64 length_us;       /* working time, 0 to 100 years */
    const LtPause *pauses;  /* borrowed; any order */
    gsize n_pauses;
    guint cutoff;           /* minute of the day, 0 to 1439, or %LT_NO_CUTOFF */
} LtTerm;

/**
 * lt_calendar_due:
 * @counts_from_us: (out) (optional): when the clock begins: the start, moved to an opening, behind the cut-off and behind pauses
 * @due_us: (out): the last instant that is still on time
 *
 * Errors: %LT_ERROR_CONFIG `calendar.range`: outside the years 1900 to 2199, or a pause that is not over; INVALID `calendar.pause`
 * Source: issue of the clocks; domain.md §5 (working days, 15:00 rule per procedure).
 */
gboolean lt_calendar_due(const LtCalendar *self, const LtTerm *term, gint64 *counts_from_us, gint64 *due_us, GError **error);
/** lt_calendar_shift: @at_us moved on by @working_us of working time outside the pauses; @at_us itself when that is 0. Errors: as above */
gboolean lt_calendar_shift(const LtCalendar *self, gint64 at_us, gint64 working_us, gint64 *shifted_us, GError **error);

/** lt_clock_time_read: exactly `HH:MM`; 24:00 only as an end. *minute: of the day */
gboolean lt_clock_time_read(const char *text, gsize length, guint *minute);
