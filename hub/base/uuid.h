/* SPDX-License-Identifier: Apache-2.0 */
/* uuid.h: random and time-ordered identifiers (RFC 9562), lower case only, and the randomness behind them. */
#pragma once

#include <glib.h>

gboolean lt_uuid_is_v4(const char *text, gsize length);
gboolean lt_uuid_is_v7(const char *text, gsize length);
/** lt_uuid7_new: 48 bits of milliseconds of @at_us, then random bits. @text: 37 bytes */
void lt_uuid7_new(gint64 at_us, char text[37]);
void lt_uuid4_new(char text[37]);
/** lt_uuid_read: the 16 bytes of a UUID of either version; FALSE when it is none */
gboolean lt_uuid_read(const char *text, gsize length, guint8 bytes[16]);
/** lt_uuid_write: @text: 37 bytes */
void lt_uuid_write(const guint8 bytes[16], char text[37]);

/** lt_random_bytes: from getrandom(); never fails: a system without randomness ends the process */
void lt_random_bytes(guint8 *bytes, gsize n_bytes);
