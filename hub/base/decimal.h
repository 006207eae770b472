/* SPDX-License-Identifier: Apache-2.0 */
/* decimal.h: JSON numbers compared as the numbers that they are, at any size, without rounding. */
#pragma once

#include <glib.h>

/** lt_decimal_compare: @a, @b: numbers by the grammar of RFC 8259. Returns: negative, 0 or positive */
int lt_decimal_compare(const char *a, gsize a_length, const char *b, gsize b_length);
/** lt_decimal_is_integer: is the value whole? 1.0 and 1e3 are, 1.5 and 1e-1 are not */
gboolean lt_decimal_is_integer(const char *text, gsize length);
