/* SPDX-License-Identifier: Apache-2.0 */
/* edxml-base64.c: base64 as real systems write it: line breaks anywhere, but nothing else that is not base64. */
#include "edxml.h"

#include <string.h>

static int
digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

GBytes *
edxml_base64_read(const char *text, gsize size, gboolean *had_space)
{
    g_autofree guint8 *out = g_malloc(size / 4 * 3 + 3);
    gsize n = 0, n_digits = 0, n_pads = 0;
    guint32 bits = 0;

    *had_space = FALSE;
    for (gsize i = 0; i < size; i++) {
        int digit = digit_of(text[i]);

        if (g_ascii_isspace(text[i])) {
            *had_space = TRUE;
            continue;
        }
        if (text[i] == '=' && n_pads < 2) {
            n_pads++;
            continue;
        }
        if (digit < 0 || n_pads > 0)
            return NULL;
        bits = bits << 6 | (guint32) digit;
        if (++n_digits % 4 == 0) {
            out[n++] = (guint8) (bits >> 16);
            out[n++] = (guint8) (bits >> 8);
            out[n++] = (guint8) bits;
            bits = 0;
        }
    }
    if (n_digits % 4 == 1 || (n_pads > 0 && (n_digits + n_pads) % 4 != 0))
        return NULL;
    if (n_digits % 4 >= 2)
        out[n++] = (guint8) (n_digits % 4 == 2 ? bits >> 4 : bits >> 10);
    if (n_digits % 4 == 3)
        out[n++] = (guint8) (bits >> 2);
    return g_bytes_new_take(g_steal_pointer(&out), n);
}
