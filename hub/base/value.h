/* SPDX-License-Identifier: Apache-2.0 */
/* value.h: strict readers and writers of small values (security.md §4.4).
 *
 * GLib's own readers are too kind for what is signed (they skip foreign characters, take signs, second 60, upper
 * case). These accept exactly one spelling, so that reading and writing again gives the same bytes. All work on a
 * length, need no NUL, and are pure. Times stand in clock.h, identifiers in uuid.h; both come with this header.
 */
#pragma once

#include "base/clock.h"
#include "base/uuid.h"

#include <glib.h>

#define LT_SHA256_SIZE 32

/* Hexadecimal, lower case; exactly @n_bytes. */
gboolean lt_hex_read(const char *text, gsize length, guint8 *bytes, gsize n_bytes);
void lt_hex_write(const guint8 *bytes, gsize n_bytes, char *text); /* 2 × n_bytes + NUL */
char *lt_hex_dup(const guint8 *bytes, gsize n_bytes);

/* Base64, RFC 4648 §4, canonical: padding, unused bits zero, no white space. */
gssize lt_base64_size(const char *text, gsize length); /* decoded size, or -1 when not canonical */
/** lt_base64_read: %FALSE unless canonical and exactly @n_bytes long; @bytes is then undefined */
gboolean lt_base64_read(const char *text, gsize length, guint8 *bytes, gsize n_bytes);
char *lt_base64_dup(const guint8 *bytes, gsize n_bytes);

/* Decimal: digits only, no sign, no leading zero; FALSE on overflow. */
gboolean lt_decimal_read(const char *text, gsize length, guint64 *value);

/** lt_unit_id_is_valid: 1–35 characters, groups of [0-9A-Za-z] joined by single dots (envelope.md §4) */
gboolean lt_unit_id_is_valid(const char *text, gsize length);
/** lt_media_type_is_valid: type/subtype in lower case, no parameters, at most 100 characters (envelope.md §4) */
gboolean lt_media_type_is_valid(const char *text, gsize length);
/** lt_role_is_valid: a lower-case letter, then up to 31 of [a-z0-9-] (envelope.md §4) */
gboolean lt_role_is_valid(const char *text, gsize length);

/**
 * lt_escape_for_log:
 * @text: any bytes from outside, NUL-terminated
 *
 * C0 and C1 controls, DEL, bidi controls and line separators become \u{…}, bytes that are not UTF-8 \x{…}; the result
 * is valid UTF-8 on one line, safe in a log or on a terminal (security.md S23). Escaping twice changes nothing more.
 *
 * Returns: (transfer full)
 */
char *lt_escape_for_log(const char *text);
