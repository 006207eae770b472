/* SPDX-License-Identifier: Apache-2.0 */
/* test-der.c: what is DER and what only looks like it; order of sets; times; and writing that is read back. */
#include "trust/der.h"

#include <string.h>

#include "base/value.h"

static const struct {
    const char *name;
    const char *bytes;
    gsize size;
    gboolean strict;
} cases[] = {
    { "an-empty-sequence", "\x30\x00", 2, TRUE },
    { "a-sequence-of-an-integer", "\x30\x03\x02\x01\x05", 5, TRUE },
    { "nothing", "", 0, FALSE },
    { "a-tag-alone", "\x30", 1, FALSE },
    { "a-byte-behind", "\x30\x00\x00", 3, FALSE },
    { "a-length-past-the-end", "\x30\x01", 2, FALSE },
    { "an-indefinite-length", "\x30\x80\x00\x00", 4, FALSE },
    { "a-long-length-that-could-be-short", "\x04\x81\x01x", 4, FALSE },
    { "a-length-with-a-leading-zero", "\x30\x82\x00\x80", 4, FALSE },
    { "a-length-of-five-bytes", "\x30\x85\x01\x00\x00\x00\x00", 7, FALSE },
    { "a-length-of-all-ones", "\x30\x84\xff\xff\xff\xff", 6, FALSE },
    { "a-high-tag", "\x1f\x20\x00", 3, FALSE },
    { "an-end-of-contents", "\x30\x02\x00\x00", 4, FALSE },
    { "a-constructed-string", "\x24\x03\x04\x01x", 5, FALSE },
    { "a-primitive-sequence", "\x10\x00", 2, FALSE },
    { "an-empty-integer", "\x02\x00", 2, FALSE },
    { "an-integer-with-a-leading-zero", "\x02\x02\x00\x7f", 4, FALSE },
    { "an-integer-that-needs-its-zero", "\x02\x02\x00\x80", 4, TRUE },
    { "an-integer-with-leading-ones", "\x02\x02\xff\x80", 4, FALSE },
    { "a-null-with-content", "\x05\x01\x00", 3, FALSE },
    { "a-boolean-of-two-bytes", "\x01\x02\xff\xff", 4, FALSE },
    { "an-empty-identifier", "\x06\x00", 2, FALSE },
    { "an-identifier-with-padding", "\x06\x03\x2a\x80\x01", 5, FALSE },
    { "an-identifier-that-ends-inside", "\x06\x02\x2a\x86", 4, FALSE },
    { "an-empty-bit-string", "\x03\x00", 2, FALSE },
    { "a-bit-string-with-eight-unused-bits", "\x03\x02\x08\x00", 4, FALSE },
    { "a-bit-string-of-no-bits", "\x03\x01\x00", 3, TRUE },
    { "context-tags-of-both-kinds", "\x30\x05\xa0\x02\x80\x00\x80\x00", 7, FALSE },
    { "context-tags-in-their-lengths", "\x30\x06\xa0\x02\x80\x00\x80\x00", 8, TRUE },
    { "a-fault-deep-inside", "\x30\x06\x31\x04\x30\x02\x02\x00", 8, FALSE },
};

static void
test_case(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autofree guint8 *copy = g_memdup2(cases[i].bytes, cases[i].size); /* its end is the end: nothing behind it may be read */

    g_assert_true(lt_der_is_strict(copy, cases[i].size) == cases[i].strict);
}

static gboolean
nested(guint depth)
{
    g_autoptr(GByteArray) inner = g_byte_array_new();

    for (guint i = 0; i < depth; i++) {
        g_autoptr(GByteArray) outer = g_byte_array_new();

        lt_der_put(outer, LT_DER_SEQUENCE, inner->data, inner->len);
        g_byte_array_set_size(inner, 0);
        g_byte_array_append(inner, outer->data, outer->len);
    }
    return lt_der_is_strict(inner->data, inner->len);
}

static void
test_depth(void)
{
    g_assert_true(nested(30));
    g_assert_false(nested(40));
    g_assert_false(nested(2000));
}

static GByteArray *
octets(const char *text)
{
    GByteArray *out = g_byte_array_new();

    lt_der_put(out, LT_DER_OCTET_STRING, text, strlen(text));
    return out;
}

static void
test_sets(void)
{
    g_autoptr(GPtrArray) elements = g_ptr_array_new_with_free_func((GDestroyNotify) g_byte_array_unref);
    g_autoptr(GByteArray) set = g_byte_array_new();
    LtDer in, content, unsorted = { (const guint8 *) "\x04\x01y\x04\x01x", 6 }, same = { (const guint8 *) "\x04\x01x\x04\x01x", 6 };

    g_ptr_array_add(elements, octets("long one"));
    g_ptr_array_add(elements, octets("b"));
    g_ptr_array_add(elements, octets("a"));
    lt_der_put_set(set, LT_DER_SET, elements);
    in = (LtDer){ set->data, set->len };
    g_assert_true(lt_der_take(&in, LT_DER_SET, NULL, &content));
    g_assert_true(lt_der_is_sorted(content));
    g_assert_true(lt_der_equals(&content, "\x04\x01" "a\x04\x01" "b\x04\x08long one", 16));
    g_assert_false(lt_der_is_sorted(unsorted));
    g_assert_true(lt_der_is_sorted(same));
}

static void
test_lengths(void)
{
    static const gsize sizes[] = { 0, 1, 127, 128, 255, 256, 65535, 65536, 16777216 };

    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *text = g_strnfill(sizes[i], 'x');
        g_autoptr(GByteArray) out = g_byte_array_new();
        LtDer in, content;

        lt_der_put(out, LT_DER_OCTET_STRING, text, sizes[i]);
        g_assert_true(lt_der_is_strict(out->data, out->len));
        in = (LtDer){ out->data, out->len };
        g_assert_true(lt_der_take(&in, LT_DER_OCTET_STRING, NULL, &content));
        g_assert_cmpuint(content.size, ==, sizes[i]);
        g_assert_cmpuint(in.size, ==, 0);
    }
}

static const struct {
    guint8 tag;
    const char *text;
    const char *expected; /* NULL: refused */
} times[] = {
    { LT_DER_UTC_TIME, "261123160300Z", "2026-11-23T16:03:00Z" },
    { LT_DER_UTC_TIME, "491231235959Z", "2049-12-31T23:59:59Z" },
    { LT_DER_UTC_TIME, "500101000000Z", "1950-01-01T00:00:00Z" },
    { LT_DER_GENERALIZED_TIME, "20500101000000Z", "2050-01-01T00:00:00Z" },
    { LT_DER_UTC_TIME, "2611231603Z", NULL },
    { LT_DER_UTC_TIME, "261123160300+0700", NULL },
    { LT_DER_UTC_TIME, "261123160360Z", NULL },
    { LT_DER_UTC_TIME, "260231160300Z", NULL },
    { LT_DER_UTC_TIME, "26112316030 Z", NULL },
    { LT_DER_GENERALIZED_TIME, "20261123160300.5Z", NULL },
    { LT_DER_GENERALIZED_TIME, "261123160300Z", NULL },
    { LT_DER_OCTET_STRING, "261123160300Z", NULL },
};

static void
test_times(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
        const LtDer content = { (const guint8 *) times[i].text, strlen(times[i].text) };
        gint64 at_us;
        char text[21];

        g_assert_true(lt_der_read_time(times[i].tag, &content, &at_us) == (times[i].expected != NULL));
        if (times[i].expected != NULL) {
            g_autoptr(GByteArray) out = g_byte_array_new();

            lt_time_write_seconds(at_us, text);
            g_assert_cmpstr(text, ==, times[i].expected);
            lt_der_put_time(out, at_us);
            g_assert_cmphex(out->data[0], ==, times[i].tag);
            g_assert_cmpmem(out->data + 2, out->len - 2, times[i].text, strlen(times[i].text));
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat(cases[i].strict ? "/der/takes-" : "/der/refuses-", cases[i].name, NULL);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
    }
    g_test_add_func("/der/has-a-limited-depth", test_depth);
    g_test_add_func("/der/sorts-sets", test_sets);
    g_test_add_func("/der/writes-lengths-that-it-reads", test_lengths);
    g_test_add_func("/der/reads-the-one-form-of-a-time", test_times);
    return g_test_run();
}
