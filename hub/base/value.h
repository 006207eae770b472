/* SPDX-License-Identifier: Apache-2.0 */
/* value.h: strict readers and writers of small values (security.md §4.4).
 *
 * GLib's own readers are too kind for what is signed (they skip foreign characters, take signs, second 60, upper
 * case). These accept exactly one spelling, so that reading and writing again gives the same bytes. All work on a
 * length, need no NUL, and are pure.
 */
#pragma once

#include <glib.h>

#define LT_SHA256_SIZE 32
#define LT_US_PER_SECOND G_GINT64_CONSTANT(1000000)

/* Hexadecimal, lower case. */
gboolean lt_hex_read(const char *text, gsize length, guint8 *bytes, gsize n_bytes);
void lt_hex_write(const guint8 *bytes, gsize n_bytes, char *text); /* 2 × n_bytes + NUL */
char *lt_hex_dup(const guint8 *bytes, gsize n_bytes);

/* Base64, RFC 4648 §4, canonical: padding, unused bits zero, no white space. */
gssize lt_base64_size(const char *text, gsize length); /* decoded size, or -1 when not canonical */
gboolean lt_base64_read(const char *text, gsize length, guint8 *bytes, gsize n_bytes);
char *lt_base64_dup(const guint8 *bytes, gsize n_bytes);

/* Decimal: digits only, no sign, no leading zero; FALSE on overflow. */
gboolean lt_decimal_read(const char *text, gsize length, guint64 *value);

/* Times in UTC. Seconds: "2026-11-23T16:02:30Z" (20 bytes). Milliseconds: "2026-11-23T16:02:30.021Z" (24 bytes). */
gboolean lt_time_read_seconds(const char *text, gsize length, gint64 *at_us);
gboolean lt_time_read_millis(const char *text, gsize length, gint64 *at_us);
void lt_time_write_seconds(gint64 at_us, char text[21]);
void lt_time_write_millis(gint64 at_us, char text[25]);
/** lt_time_now_us: wall clock, UTC microseconds. The only call of the wall clock in the hub; tests may move it */
gint64 lt_time_now_us(void);
/** lt_time_set_for_tests: @offset_us: added to every later lt_time_now_us() */
void lt_time_set_for_tests(gint64 offset_us);

gboolean lt_uuid_is_v4(const char *text, gsize length);
gboolean lt_uuid_is_v7(const char *text, gsize length);
/** lt_uuid7_new: time-ordered; random bits from getrandom(). @text: 37 bytes */
void lt_uuid7_new(gint64 at_us, char text[37]);
void lt_uuid4_new(char text[37]);
/** lt_random_bytes: from getrandom(); never fails */
void lt_random_bytes(guint8 *bytes, gsize n_bytes);

/** lt_unit_id_is_valid: 1–35 characters, groups of [0-9A-Za-z] joined by single dots (envelope.md §4) */
gboolean lt_unit_id_is_valid(const char *text, gsize length);
gboolean lt_media_type_is_valid(const char *text, gsize length);
gboolean lt_role_is_valid(const char *text, gsize length);

/** lt_escape_for_log: C0, C1, bidi and line separators become \u{…}; the result is safe in a log or terminal (S23) */
char *lt_escape_for_log(const char *text);
