/* SPDX-License-Identifier: Apache-2.0 */
/* json-text.c: the strings and numbers of the JSON scanner.
 *
 * A string without escapes is never copied: it is handed on as a piece of the input. Eight bytes at a time are looked
 * at until one of them needs thought: a quote, a backslash, a control character or the start of a UTF-8 sequence.
 */
#include "base/json-private.h"

#include <string.h>

#define EACH_BYTE G_GUINT64_CONSTANT(0x0101010101010101)
#define MAX_SAFE G_GINT64_CONSTANT(9007199254740991)

gboolean
lt_json_reader_fail(LtJsonReader *self, const guint8 *at, const char *reason, const char *text, GError **error)
{
    lt_error_set(error, LT_ERROR_INVALID, reason, "JSON: %s at byte %" G_GSIZE_FORMAT, text, (gsize) (at - self->start));
    return FALSE;
}

/* Returns: length of the well-formed sequence (RFC 3629) that starts with a byte of 0x80 or more, or 0 */
static guint
sequence_length(const guint8 *at, const guint8 *end)
{
    gsize left = (gsize) (end - at);
    guint8 lead = at[0];
    guint8 low = 0x80;
    guint8 high = 0xbf;

    if (lead < 0xc2 || lead > 0xf4 || left < 2)
        return 0;
    if (lead < 0xe0)
        return (at[1] & 0xc0) == 0x80 ? 2 : 0;
    if (lead == 0xe0)
        low = 0xa0;
    else if (lead == 0xed)
        high = 0x9f;
    else if (lead == 0xf0)
        low = 0x90;
    else if (lead == 0xf4)
        high = 0x8f;
    if (at[1] < low || at[1] > high || left < 3 || (at[2] & 0xc0) != 0x80)
        return 0;
    if (lead < 0xf0)
        return 3;
    return left >= 4 && (at[3] & 0xc0) == 0x80 ? 4 : 0;
}

gboolean
lt_json_reader_fail_here(LtJsonReader *self, const char *expected, GError **error)
{
    if (self->at < self->end && *self->at >= 0x80 && sequence_length(self->at, self->end) == 0)
        return lt_json_reader_fail(self, self->at, "json.utf8", "no UTF-8", error);
    if (self->end - self->at >= 3 && memcmp(self->at, "\xef\xbb\xbf", 3) == 0)
        return lt_json_reader_fail(self, self->at, "json.utf8", "a byte order mark", error);
    return lt_json_reader_fail(self, self->at, "json.syntax", expected, error);
}

/* Returns: the first byte that is a quote, a backslash, a control character or not ASCII; or @end */
static inline const guint8 *
skip_plain(const guint8 *at, const guint8 *end)
{
    while (end - at >= 8) {
        guint64 word;
        guint64 special;

        memcpy(&word, at, 8);
        word = GUINT64_FROM_LE(word);
        /* The lowest byte that is marked is marked rightly; those above may carry a borrow, but are not looked at. */
        special = ((word - 0x20 * EACH_BYTE) | ((word ^ '"' * EACH_BYTE) - EACH_BYTE) | ((word ^ '\\' * EACH_BYTE) - EACH_BYTE) | word) &
                  0x80 * EACH_BYTE;
        if (special != 0)
            return at + __builtin_ctzll(special) / 8;
        at += 8;
    }
    while (at < end && *at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\')
        at++;
    return at;
}

static gboolean
read_hex4(LtJsonReader *self, gunichar *unit, GError **error)
{
    *unit = 0;
    for (guint i = 0; i < 4; i++, self->at++) {
        int digit = self->at < self->end ? g_ascii_xdigit_value((char) *self->at) : -1;

        if (digit < 0)
            return lt_json_reader_fail_here(self, "four hexadecimal digits are expected", error);
        *unit = *unit << 4 | (gunichar) digit;
    }
    return TRUE;
}

/* @self->at is behind `\u`. */
static gboolean
read_unicode_escape(LtJsonReader *self, gboolean allow_nul, GError **error)
{
    const guint8 *begin = self->at - 2;
    gunichar unit;
    gunichar second;

    if (!read_hex4(self, &unit, error))
        return FALSE;
    if (unit == 0 && !allow_nul)
        return lt_json_reader_fail(self, begin, "json.nul", "a NUL character", error);
    if (unit >= 0xdc00 && unit <= 0xdfff)
        return lt_json_reader_fail(self, begin, "json.surrogate", "a lone surrogate", error);
    if (unit >= 0xd800 && unit <= 0xdbff) {
        if (self->end - self->at < 2 || self->at[0] != '\\' || self->at[1] != 'u')
            return lt_json_reader_fail(self, begin, "json.surrogate", "a lone surrogate", error);
        self->at += 2;
        if (!read_hex4(self, &second, error))
            return FALSE;
        if (second < 0xdc00 || second > 0xdfff)
            return lt_json_reader_fail(self, begin, "json.surrogate", "a lone surrogate", error);
        unit = 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
    }
    if (unit == 0)
        g_string_append_c(self->scratch, '\0');
    else
        g_string_append_unichar(self->scratch, unit);
    return TRUE;
}

/* @self->at is on the backslash. */
static gboolean
read_escape(LtJsonReader *self, gboolean allow_nul, GError **error)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    const char *letter;

    self->at++;
    if (self->at == self->end)
        return lt_json_reader_fail_here(self, "the string does not end", error);
    if (*self->at == 'u') {
        self->at++;
        return read_unicode_escape(self, allow_nul, error);
    }
    letter = *self->at == '\0' ? NULL : strchr(letters, (char) *self->at);
    if (letter == NULL)
        return lt_json_reader_fail_here(self, "an unknown escape", error);
    g_string_append_c(self->scratch, meanings[letter - letters]);
    self->at++;
    return TRUE;
}

static void
keep_piece(LtJsonReader *self, const guint8 *piece, gboolean first)
{
    if (self->scratch == NULL)
        self->scratch = g_string_sized_new(256);
    else if (first)
        g_string_truncate(self->scratch, 0);
    g_string_append_len(self->scratch, (const char *) piece, self->at - piece);
}

static gboolean
fail_in_string(LtJsonReader *self, GError **error)
{
    if (self->at == self->end)
        return lt_json_reader_fail(self, self->at, "json.syntax", "the string does not end", error);
    if (*self->at >= 0x80)
        return lt_json_reader_fail(self, self->at, "json.utf8", "no UTF-8", error);
    if (*self->at == 0)
        return lt_json_reader_fail(self, self->at, "json.nul", "a NUL byte", error);
    return lt_json_reader_fail(self, self->at, "json.syntax", "a control character in a string", error);
}

gboolean
lt_json_reader_string(LtJsonReader *self, gboolean allow_nul, LtJsonText *text, GError **error)
{
    const guint8 *piece = self->at;

    text->unescaped = FALSE;
    for (;;) {
        self->at = skip_plain(self->at, self->end);
        if (self->at == self->end)
            return fail_in_string(self, error);
        while (self->at < self->end && *self->at >= 0x80) {
            guint length = sequence_length(self->at, self->end);

            if (length == 0)
                return fail_in_string(self, error);
            self->at += length;
        }
        if (self->at == self->end)
            return fail_in_string(self, error);
        if (*self->at == '"')
            break;
        if (*self->at == '\\') {
            keep_piece(self, piece, !text->unescaped);
            text->unescaped = TRUE;
            if (!read_escape(self, allow_nul, error))
                return FALSE;
            piece = self->at;
        } else if (*self->at < 0x20) {
            return fail_in_string(self, error);
        }
    }
    text->text = (const char *) piece;
    text->length = (gsize) (self->at - piece);
    if (text->unescaped) {
        keep_piece(self, piece, FALSE);
        text->text = self->scratch->str;
        text->length = self->scratch->len;
    }
    self->at++;
    return TRUE;
}

static gboolean
skip_digits(LtJsonReader *self, GError **error)
{
    if (self->at == self->end || !g_ascii_isdigit(*self->at))
        return lt_json_reader_fail_here(self, "a digit is expected", error);
    while (self->at < self->end && g_ascii_isdigit(*self->at))
        self->at++;
    return TRUE;
}

static gboolean
read_fraction_and_exponent(LtJsonReader *self, LtJsonNumber *number, GError **error)
{
    const guint8 *exponent;

    if (self->at < self->end && *self->at == '.') {
        number->is_plain = FALSE;
        self->at++;
        if (!skip_digits(self, error))
            return FALSE;
    }
    if (self->at < self->end && (*self->at | 0x20) == 'e') {
        number->is_plain = FALSE;
        self->at++;
        if (self->at < self->end && (*self->at == '+' || *self->at == '-'))
            self->at++;
        exponent = self->at;
        if (!skip_digits(self, error))
            return FALSE;
        number->may_overflow = self->at - exponent > 2;
    }
    return TRUE;
}

gboolean
lt_json_reader_number(LtJsonReader *self, LtJsonNumber *number, GError **error)
{
    const guint8 *begin = self->at;
    gboolean negative = *begin == '-';
    const guint8 *digits = begin + negative;

    self->at = digits;
    if (!skip_digits(self, error))
        return FALSE;
    if (*digits == '0' && self->at - digits > 1)
        return lt_json_reader_fail(self, digits, "json.syntax", "a number starts with zero", error);
    number->is_plain = TRUE;
    number->is_safe = FALSE;
    number->may_overflow = FALSE;
    number->integer = 0;
    if (self->at - digits <= 16) {
        for (const guint8 *at = digits; at < self->at; at++)
            number->integer = number->integer * 10 + (*at - '0');
        number->is_safe = number->integer <= MAX_SAFE;
        if (negative)
            number->integer = -number->integer;
    }
    if (!read_fraction_and_exponent(self, number, error))
        return FALSE;
    number->is_safe = number->is_safe && number->is_plain;
    number->text = (const char *) begin;
    number->length = (gsize) (self->at - begin);
    number->may_overflow = number->may_overflow || number->length > 200;
    return TRUE;
}

double
lt_json_number_to_double(const char *text, gsize length)
{
    g_autofree char *copy = g_strndup(text, length);

    return g_ascii_strtod(copy, NULL);
}
