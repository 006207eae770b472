/* SPDX-License-Identifier: Apache-2.0 */
/* test-text.c: segments, diacritics, numbers. */
#include "text.h"

#include <string.h>

static char *
repeat(const char *piece, guint n)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < n; i++)
        g_string_append(out, piece);
    return g_string_free(out, FALSE);
}

static void
test_counts_segments(void)
{
    static const struct {
        const char *piece;
        guint times;
        gboolean is_gsm;
        guint units, segments;
    } rows[] = {
        { "", 0, TRUE, 0, 1 },        { "a", 160, TRUE, 160, 1 },     { "a", 161, TRUE, 161, 2 },   { "a", 306, TRUE, 306, 2 },    { "a", 307, TRUE, 307, 3 },
        { "€", 80, TRUE, 160, 1 },    { "€", 81, TRUE, 162, 2 },      { "€", 153, TRUE, 306, 3 } /* 76 whole pairs in 153 */,
        { "{", 1, TRUE, 2, 1 },       { "à", 1, TRUE, 1, 1 },         { "Δ", 1, TRUE, 1, 1 },       { "`", 1, FALSE, 1, 1 },
        { "ế", 70, FALSE, 70, 1 },    { "ế", 71, FALSE, 71, 2 },      { "ế", 134, FALSE, 134, 2 },  { "ế", 135, FALSE, 135, 3 },
        { "😀", 35, FALSE, 70, 1 },   { "😀", 67, FALSE, 134, 3 } /* a pair is not split: 33 in 67 */,
        { "á", 1, FALSE, 1, 1 },      { "đ", 1, FALSE, 1, 1 },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = repeat(rows[i].piece, rows[i].times);
        TextSize size = text_measure(text);

        g_test_message("%s × %u", rows[i].piece, rows[i].times);
        g_assert_cmpint(size.is_gsm, ==, rows[i].is_gsm);
        g_assert_cmpuint(size.n_units, ==, rows[i].units);
        g_assert_cmpuint(size.n_segments, ==, rows[i].segments);
    }
}

static void
test_takes_diacritics_off(void)
{
    static const struct {
        const char *given, *expected;
    } rows[] = {
        { "Hồ sơ đã được tiếp nhận", "Ho so da duoc tiep nhan" },
        { "ĐẶNG THỊ ƯỚC", "DANG THI UOC" },
        { "e\xcc\x82\xcc\x81", "e" }, /* decomposed already */
        { "", "" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = text_strip(rows[i].given);

        g_assert_cmpstr(text, ==, rows[i].expected);
        g_assert_true(text_measure(text).is_gsm);
    }
}

static void
test_reads_numbers_as_people_write_them(void)
{
    static const struct {
        const char *given, *expected;
        gboolean is_landline;
    } rows[] = {
        { "0912345678", "84912345678", FALSE },     { "+84 912 345 678", "84912345678", FALSE }, { "84912345678", "84912345678", FALSE },
        { "0084-912.345.678", "84912345678", FALSE }, { "(091) 234 5678", "84912345678", FALSE },  { "0312345678", "84312345678", FALSE },
        { "02123852345", NULL, TRUE },              { "+84 212 3852 345", NULL, TRUE },          { "0112345678", NULL, FALSE },
        { "091234567", NULL, FALSE },               { "09123456789", NULL, FALSE },              { "912345678", NULL, FALSE },
        { "số nhà 12", NULL, FALSE },               { "", NULL, FALSE },                         { "0912345678; 0987654321", NULL, FALSE },
        { "+1 202 555 0100", NULL, FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        gboolean is_landline = FALSE;
        g_autofree char *number = text_number(rows[i].given, &is_landline);

        g_test_message("%s", rows[i].given);
        g_assert_cmpstr(number, ==, rows[i].expected);
        g_assert_cmpint(is_landline, ==, rows[i].is_landline);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sms/counts-segments", test_counts_segments);
    g_test_add_func("/sms/takes-diacritics-off", test_takes_diacritics_off);
    g_test_add_func("/sms/reads-numbers-as-people-write-them", test_reads_numbers_as_people_write_them);
    return g_test_run();
}
