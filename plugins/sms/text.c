/* SPDX-License-Identifier: Apache-2.0 */
/* text.c: see text.h. */
#include "text.h"

#include <string.h>

#define NATIONAL_DIGITS 9 /* of a mobile number, behind 0 or 84 */

/* The default alphabet beside plain ASCII, and the ASCII that is not in it. */
static const gunichar beyond_ascii[] = {
    0x00a3, 0x00a5, 0x00e8, 0x00e9, 0x00f9, 0x00ec, 0x00f2, 0x00c7, 0x00d8, 0x00f8, 0x00c5, 0x00e5, 0x0394, 0x03a6, 0x0393, 0x039b, 0x03a9, 0x03a0,
    0x03a8, 0x03a3, 0x0398, 0x039e, 0x00c6, 0x00e6, 0x00df, 0x00c9, 0x00a4, 0x00a1, 0x00c4, 0x00d6, 0x00d1, 0x00dc, 0x00a7, 0x00bf, 0x00e4, 0x00f6,
    0x00f1, 0x00fc, 0x00e0,
};
static const char extension[] = "^{}\\[~]|\f"; /* and the euro sign: two septets each */

/* Septets of one character; 0: not in the alphabet. */
static guint
septets(gunichar c)
{
    if (c == 0x20ac || (c < 0x80 && c != 0 && strchr(extension, (int) c) != NULL))
        return 2;
    if (c == '\n' || c == '\r' || (c >= 0x20 && c < 0x7f && c != '`'))
        return 1;
    for (gsize i = 0; i < G_N_ELEMENTS(beyond_ascii); i++)
        if (beyond_ascii[i] == c)
            return 1;
    return 0;
}

static gboolean
is_gsm(const char *text)
{
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at))
        if (septets(g_utf8_get_char(at)) == 0)
            return FALSE;
    return TRUE;
}

TextSize
text_measure(const char *text)
{
    TextSize size = { .is_gsm = is_gsm(text), .n_segments = 1 };
    guint whole = size.is_gsm ? 160 : 70, part = size.is_gsm ? 153 : 67, filled = 0;

    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        guint units = size.is_gsm ? septets(c) : c > 0xffff ? 2 : 1;

        size.n_units += units;
        if (filled + units > part) {
            size.n_segments++;
            filled = 0;
        }
        filled += units;
    }
    if (size.n_units <= whole)
        size.n_segments = 1;
    return size;
}

char *
text_strip(const char *text)
{
    g_autofree char *apart = g_utf8_normalize(text, -1, G_NORMALIZE_NFD);
    GString *out = g_string_new(NULL);

    for (const char *at = apart; at != NULL && *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);

        if (c == 0x0111 || c == 0x0110)
            g_string_append_c(out, c == 0x0111 ? 'd' : 'D');
        else if (c < 0x0300 || c > 0x036f)
            g_string_append_unichar(out, c);
    }
    return g_string_free(out, FALSE);
}

char *
text_number(const char *given, gboolean *is_landline)
{
    g_autoptr(GString) digits = g_string_new(NULL);
    const char *national;

    *is_landline = FALSE;
    for (const char *at = given; *at != '\0'; at++) {
        if (g_ascii_isdigit(*at))
            g_string_append_c(digits, *at);
        else if (strchr(" .-()", *at) == NULL && !(*at == '+' && digits->len == 0))
            return NULL;
    }
    national = digits->str;
    if (g_str_has_prefix(national, "0084"))
        national += 4;
    else if (g_str_has_prefix(national, "84") && digits->len > 10)
        national += 2;
    else if (*national == '0')
        national += 1;
    else
        return NULL;
    *is_landline = *national == '2';
    if (strlen(national) != NATIONAL_DIGITS || strchr("35789", *national) == NULL)
        return NULL;
    return g_strconcat("84", national, NULL);
}
