/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h: instants in UTC: microseconds since 1970 inside, one of two exact spellings outside.
 *
 * Seconds: "2026-11-23T16:02:30Z" (20 bytes, envelope.md §4). Milliseconds: "2026-11-23T16:02:30.021Z" (24 bytes,
 * audit-log.md §1). A real calendar date of the years 0001–9999, second 00–59, nothing else.
 */
#pragma once

#include <glib.h>

#define LT_US_PER_SECOND G_GINT64_CONSTANT(1000000)

gboolean lt_time_read_seconds(const char *text, gsize length, gint64 *at_us);
gboolean lt_time_read_millis(const char *text, gsize length, gint64 *at_us);

/** lt_time_write_seconds: rounds down; an instant outside the years 0001–9999 is written as the nearest inside */
void lt_time_write_seconds(gint64 at_us, char text[21]);
void lt_time_write_millis(gint64 at_us, char text[25]);

/**
 * lt_time_read_rfc3339: any spelling of RFC 3339 §5.6: any offset, any number of digits of a second (those beyond the microsecond are
 * dropped), T and Z in either case. What people and other systems write; what is signed has one of the two spellings above.
 */
gboolean lt_time_read_rfc3339(const char *text, gsize length, gint64 *at_us);
#define LT_LOCAL_TIME_SIZE 33
/** lt_time_write_local: time of Việt Nam, "2026-11-23T16:02:30+07:00"; a fraction of 3 or 6 digits only where there is one */
void lt_time_write_local(gint64 at_us, char text[LT_LOCAL_TIME_SIZE]);

/** lt_time_now_us: wall clock, UTC microseconds. The only call of the wall clock in the hub; tests may move it */
gint64 lt_time_now_us(void);
/** lt_time_set_for_tests: @offset_us: added to every later lt_time_now_us(), in all threads */
void lt_time_set_for_tests(gint64 offset_us);
