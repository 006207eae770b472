/* SPDX-License-Identifier: Apache-2.0 */
/* test-value.c: each small value has rows that are accepted and rows that are not. */
#include "base/value.h"

#include <string.h>

typedef gboolean (*Predicate)(const char *text, gsize length);

static gboolean
is_hex4(const char *text, gsize length)
{
    guint8 bytes[4];
    char again[9];

    if (!lt_hex_read(text, length, bytes, sizeof bytes))
        return FALSE;
    lt_hex_write(bytes, sizeof bytes, again);
    g_assert_cmpmem(text, length, again, strlen(again));
    return TRUE;
}

static gboolean
is_base64(const char *text, gsize length)
{
    gssize size = lt_base64_size(text, length);
    g_autofree guint8 *bytes = NULL;
    g_autofree char *again = NULL;

    if (size < 0)
        return FALSE;
    bytes = g_malloc0((gsize) size + 1);
    g_assert_true(lt_base64_read(text, length, bytes, (gsize) size));
    g_assert_false(lt_base64_read(text, length, bytes, (gsize) size + 1));
    again = lt_base64_dup(bytes, (gsize) size);
    g_assert_cmpmem(text, length, again, strlen(again));
    return TRUE;
}

static gboolean
is_decimal(const char *text, gsize length)
{
    guint64 value;
    g_autofree char *again = NULL;

    if (!lt_decimal_read(text, length, &value))
        return FALSE;
    again = g_strdup_printf("%" G_GUINT64_FORMAT, value);
    g_assert_cmpmem(text, length, again, strlen(again));
    return TRUE;
}

typedef struct {
    const char *value;
    Predicate predicate;
    const char *good[24];
    const char *bad[40];
} Grammar;

#define TEN "aaaaaaaaaa"

static const Grammar grammars[] = {
    { "hex", is_hex4, { "00000000", "deadbeef", "0123abcf" },
      { "", "DEADBEEF", "deadbee", "deadbeef0", "deadbeef00", "deadbeeg", " deadbee", "0xdeadbe", "dead beef" } },
    { "base64", is_base64, { "", "AA==", "AAA=", "AAAA", "+/+/", "gA==", "//8=" },
      { "A", "AA", "AAA", "AA=", "AB==", "AAB=", "A===", "====", "AA==AAAA", "AAAA\n", "AA A", " AAAA", "AA-_", "AAA\xc3", "=AAA", "A=AA", "AA=A" } },
    { "decimal", is_decimal, { "0", "1", "10", "18446744073709551615", "9007199254740991" },
      { "", "00", "01", "+4", "-1", " 1", "1 ", "1.0", "1e3", "0x10", "18446744073709551616", "99999999999999999999", "١" } },
    { "unit-id", lt_unit_id_is_valid, { "H52", "H52.101", "000.00.14.H20", "vxp.saas.03", "a", "H37.DN.001", "12345678901234567890123456789012345" },
      { "", ".", ".H52", "H52.", "H52..101", "H52 101", "H52-101", "urn:H52", "H52/101", "Hà", "123456789012345678901234567890123456", "H52\n" } },
    { "media-type", lt_media_type_is_valid,
      { "application/json", "application/vnd.etsi.asic-e+zip", "image/svg+xml", "0/1", "text/x_y", TEN TEN TEN TEN "aaaaaaaaa/" TEN TEN TEN TEN TEN },
      { "", "/", "application", "application/", "/json", "Application/json", "application/json; charset=utf-8", "a/b/c", "a /b", ".a/b", "a/.b", "a/b*",
        TEN TEN TEN TEN TEN "/" TEN TEN TEN TEN TEN } },
    { "role", lt_role_is_valid, { "payload", "a", "x-1", "a123456789012345678901234567890b" },
      { "", "1a", "-a", "Payload", "a_b", "a b", "á", "a1234567890123456789012345678901b" } },
};

static void
test_good(gconstpointer data)
{
    const Grammar *grammar = data;

    for (gsize i = 0; i < G_N_ELEMENTS(grammar->good) && grammar->good[i] != NULL; i++) {
        if (!grammar->predicate(grammar->good[i], strlen(grammar->good[i])))
            g_error("%s refused: \"%s\"", grammar->value, grammar->good[i]);
    }
}

static void
test_bad(gconstpointer data)
{
    const Grammar *grammar = data;

    for (gsize i = 0; i < G_N_ELEMENTS(grammar->bad) && grammar->bad[i] != NULL; i++) {
        if (grammar->predicate(grammar->bad[i], strlen(grammar->bad[i])))
            g_error("%s accepted: \"%s\"", grammar->value, grammar->bad[i]);
    }
}

/* A NUL inside the length is a character like another, and no reader looks past the length. */
static void
test_nul(gconstpointer data)
{
    const Grammar *grammar = data;
    const char *good = grammar->good[1];
    gsize length = strlen(good);
    g_autofree char *text = g_malloc(length);

    memcpy(text, good, length);
    text[length - 1] = '\0';
    g_assert_false(grammar->predicate(text, length));
}

/* 255 bytes of every length: what was written is read back, whatever the padding. */
static void
test_base64_all_lengths(void)
{
    guint8 bytes[255], again[255];

    for (gsize i = 0; i < sizeof bytes; i++)
        bytes[i] = (guint8) (i * 151 + 7);
    for (gsize n = 0; n <= sizeof bytes; n++) {
        g_autofree char *text = lt_base64_dup(bytes, n);

        g_assert_cmpint(lt_base64_size(text, strlen(text)), ==, n);
        g_assert_true(lt_base64_read(text, strlen(text), again, n));
        g_assert_cmpmem(again, n, bytes, n);
    }
}

typedef struct {
    const char *name, *text, *escaped;
} EscapeCase;

static const EscapeCase escapes[] = {
    { "leaves-vietnamese-alone", "Hồ sơ của Nguyễn Văn A — 100 % “xong”\\n", "Hồ sơ của Nguyễn Văn A — 100 % “xong”\\n" },
    { "line-ends", "a\r\nb\tc", "a\\u{000d}\\u{000a}b\\u{0009}c" },
    { "terminal-escapes", "\x1b[31mred\x7f", "\\u{001b}[31mred\\u{007f}" },
    { "c1-controls", "a\xc2\x85" "b\xc2\x9b" "c", "a\\u{0085}b\\u{009b}c" },
    { "line-and-paragraph-separators", "a\xe2\x80\xa8" "b\xe2\x80\xa9" "c", "a\\u{2028}b\\u{2029}c" },
    { "bidi-controls", "\xe2\x80\xae" "fdp.exe\xe2\x81\xa6\xe2\x81\xa9\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f", "\\u{202e}fdp.exe\\u{2066}\\u{2069}\\u{061c}\\u{200e}\\u{200f}" },
    { "byte-order-marks", "\xef\xbb\xbfx", "\\u{feff}x" },
    { "bytes-that-are-not-utf8", "a\xff\xc3", "a\\x{ff}\\x{c3}" },
    { "surrogates-and-overlong-forms", "\xed\xa0\x80\xc0\x8a", "\\x{ed}\\x{a0}\\x{80}\\x{c0}\\x{8a}" },
    { "nothing", "", "" },
};

static void
test_escape(gconstpointer data)
{
    const EscapeCase *row = data;
    g_autofree char *escaped = lt_escape_for_log(row->text);
    g_autofree char *twice = lt_escape_for_log(escaped);

    g_assert_cmpstr(escaped, ==, row->escaped);
    g_assert_cmpstr(twice, ==, escaped);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(grammars); i++) {
        g_autofree char *good = g_strdup_printf("/value/%s/accepts-and-writes-again", grammars[i].value);
        g_autofree char *bad = g_strdup_printf("/value/%s/refuses-every-other-spelling", grammars[i].value);
        g_autofree char *nul = g_strdup_printf("/value/%s/refuses-nul", grammars[i].value);

        g_test_add_data_func(good, &grammars[i], test_good);
        g_test_add_data_func(bad, &grammars[i], test_bad);
        g_test_add_data_func(nul, &grammars[i], test_nul);
    }
    g_test_add_func("/value/base64/reads-every-length-back", test_base64_all_lengths);
    for (gsize i = 0; i < G_N_ELEMENTS(escapes); i++) {
        g_autofree char *path = g_strdup_printf("/value/escape/%s", escapes[i].name);

        g_test_add_data_func(path, &escapes[i], test_escape);
    }
    return g_test_run();
}
