/* SPDX-License-Identifier: Apache-2.0 */
/* value.c: hex, base64, decimals, the grammars of envelope.md §4, and escaping of foreign text for logs. */
#include "base/value.h"

#include <string.h>

#define UNIT_ID_MAX 35
#define MEDIA_TYPE_MAX 100
#define ROLE_MAX 32

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

gboolean
lt_hex_read(const char *text, gsize length, guint8 *bytes, gsize n_bytes)
{
    if (length % 2 != 0 || length / 2 != n_bytes)
        return FALSE;
    for (gsize i = 0; i < n_bytes; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return FALSE;
        bytes[i] = (guint8) (high << 4 | low);
    }
    return TRUE;
}

void
lt_hex_write(const guint8 *bytes, gsize n_bytes, char *text)
{
    static const char digits[] = "0123456789abcdef";

    for (gsize i = 0; i < n_bytes; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 0x0f];
    }
    text[2 * n_bytes] = '\0';
}

char *
lt_hex_dup(const guint8 *bytes, gsize n_bytes)
{
    char *text = g_malloc(2 * n_bytes + 1);

    lt_hex_write(bytes, n_bytes, text);
    return text;
}

static int
base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

/* Decodes when @bytes is given, else only checks. */
static gssize
base64_decode(const char *text, gsize length, guint8 *bytes)
{
    gsize n_padding = 0, n_digits, n_bytes = 0;
    guint32 bits = 0;
    guint n_bits = 0;

    if (length % 4 != 0 || length > G_MAXSSIZE)
        return -1;
    if (length > 0 && text[length - 1] == '=')
        n_padding = text[length - 2] == '=' ? 2 : 1;
    n_digits = length - n_padding;
    for (gsize i = 0; i < n_digits; i++) {
        int digit = base64_digit(text[i]);

        if (digit < 0)
            return -1;
        bits = (bits << 6 | (guint32) digit) & 0xffff;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            if (bytes != NULL)
                bytes[n_bytes] = (guint8) (bits >> n_bits);
            n_bytes++;
        }
    }
    if ((bits & ((1u << n_bits) - 1)) != 0) /* unused bits must be zero, else two spellings mean the same */
        return -1;
    return (gssize) n_bytes;
}

gssize
lt_base64_size(const char *text, gsize length)
{
    return base64_decode(text, length, NULL);
}

gboolean
lt_base64_read(const char *text, gsize length, guint8 *bytes, gsize n_bytes)
{
    /* The size follows from length and padding alone, so that nothing is written past the end. */
    gsize padding = length >= 2 && text[length - 1] == '=' ? (text[length - 2] == '=' ? 2 : 1) : 0;

    if (length % 4 != 0 || length / 4 * 3 - padding != n_bytes)
        return FALSE;
    return base64_decode(text, length, bytes) == (gssize) n_bytes;
}

char *
lt_base64_dup(const guint8 *bytes, gsize n_bytes)
{
    return g_base64_encode(bytes, n_bytes);
}

gboolean
lt_decimal_read(const char *text, gsize length, guint64 *value)
{
    guint64 read = 0;

    if (length == 0 || (length > 1 && text[0] == '0'))
        return FALSE;
    for (gsize i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || !g_uint64_checked_mul(&read, read, 10) ||
            !g_uint64_checked_add(&read, read, (guint64) (text[i] - '0')))
            return FALSE;
    }
    *value = read;
    return TRUE;
}

gboolean
lt_unit_id_is_valid(const char *text, gsize length)
{
    if (length == 0 || length > UNIT_ID_MAX || text[length - 1] == '.')
        return FALSE;
    for (gsize i = 0; i < length; i++) {
        gboolean begins_group = i == 0 || text[i - 1] == '.';

        if (!g_ascii_isalnum(text[i]) && (text[i] != '.' || begins_group))
            return FALSE;
    }
    return TRUE;
}

static gboolean
is_media_word(const char *text, gsize length)
{
    if (length == 0 || !(g_ascii_islower(text[0]) || g_ascii_isdigit(text[0])))
        return FALSE;
    for (gsize i = 1; i < length; i++) {
        if (!g_ascii_islower(text[i]) && !g_ascii_isdigit(text[i]) && (text[i] == '\0' || strchr(".+_-", text[i]) == NULL))
            return FALSE;
    }
    return TRUE;
}

gboolean
lt_media_type_is_valid(const char *text, gsize length)
{
    const char *slash = length > 0 && length <= MEDIA_TYPE_MAX ? memchr(text, '/', length) : NULL;
    gsize before;

    if (slash == NULL)
        return FALSE;
    before = (gsize) (slash - text);
    return is_media_word(text, before) && is_media_word(slash + 1, length - before - 1);
}

gboolean
lt_role_is_valid(const char *text, gsize length)
{
    if (length == 0 || length > ROLE_MAX || !g_ascii_islower(text[0]))
        return FALSE;
    for (gsize i = 1; i < length; i++) {
        if (!g_ascii_islower(text[i]) && !g_ascii_isdigit(text[i]) && text[i] != '-')
            return FALSE;
    }
    return TRUE;
}

static gboolean
may_mislead(gunichar c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

char *
lt_escape_for_log(const char *text)
{
    GString *out = g_string_sized_new(strlen(text) + 16);

    while (*text != '\0') {
        gunichar c = g_utf8_get_char_validated(text, -1);

        if (c == (gunichar) -1 || c == (gunichar) -2) {
            g_string_append_printf(out, "\\x{%02x}", (guint8) *text++);
            continue;
        }
        if (may_mislead(c))
            g_string_append_printf(out, "\\u{%04x}", c);
        else
            g_string_append_unichar(out, c);
        text = g_utf8_next_char(text);
    }
    return g_string_free(out, FALSE);
}
