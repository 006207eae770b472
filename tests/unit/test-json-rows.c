/* SPDX-License-Identifier: Apache-2.0 */
/* test-json-rows.c: operators' bodies are lists of flat objects of strings, and nothing else. */
#include "http/json-rows.h"

static GBytes *
bytes(const char *text)
{
    return g_bytes_new_static(text, strlen(text));
}

static void
reads_lists_of_objects(void)
{
    g_autoptr(GBytes) body = bytes("{\"units\":[{\"id\":\"H52\",\"name\":\"T\\u1ec9nh\"},{}],\"aliases\":[{\"unit\":\"H52\"}]}");
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) rows = lt_json_rows_read(body, &error);
    const LtJsonRow *first, *last;

    g_assert_no_error(error);
    g_assert_cmpuint(rows->len, ==, 3);
    first = rows->pdata[0];
    last = rows->pdata[2];
    g_assert_cmpstr(first->list, ==, "units");
    g_assert_cmpstr(g_hash_table_lookup(first->values, "name"), ==, "Tỉnh");
    g_assert_cmpstr(last->list, ==, "aliases");
}

static void
reads_one_object(void)
{
    g_autoptr(GBytes) body = bytes("{\"use\":\"tls\"}"), nothing = bytes("");
    g_autoptr(LtJsonRow) row = lt_json_row_read(body, NULL), empty = lt_json_row_read(nothing, NULL);

    g_assert_cmpstr(g_hash_table_lookup(row->values, "use"), ==, "tls");
    g_assert_cmpuint(g_hash_table_size(empty->values), ==, 0);
}

static const char *const bad_lists[] = { "", "[]", "1", "{\"a\":1}", "{\"a\":\"b\"}", "{\"a\":{}}", "{\"a\":[1]}", "{\"a\":[[]]}", "{\"a\":[{\"b\":1}]}",
                                         "{\"a\":[{\"b\":null}]}", "{\"a\":[{\"b\":{}}]}", "{\"a\":[{\"b\":[]}]}", "{\"a\":[{\"b\":\"1\",\"b\":\"2\"}]}", "{\"a\":[\"x\"]}",
                                         "{'a':[]}", "{\"a\":[]} x" };
static const char *const bad_objects[] = { "[]", "1", "\"a\"", "{\"a\":1}", "{\"a\":[]}", "{\"a\":{}}", "{\"a\":true}", "{\"a\":\"b\"", "null" };

static void
refuses_other_shapes(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(bad_lists); i++) {
        g_autoptr(GBytes) body = bytes(bad_lists[i]);
        g_autoptr(GError) error = NULL;

        g_test_message("%s", bad_lists[i]);
        g_assert_null(lt_json_rows_read(body, &error));
        g_assert_error(error, LT_ERROR, LT_ERROR_INVALID);
    }
    for (guint i = 0; i < G_N_ELEMENTS(bad_objects); i++) {
        g_autoptr(GBytes) body = bytes(bad_objects[i]);
        g_autoptr(GError) error = NULL;

        g_test_message("%s", bad_objects[i]);
        g_assert_null(lt_json_row_read(body, &error));
        g_assert_error(error, LT_ERROR, LT_ERROR_INVALID);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json-rows/reads-lists-of-objects", reads_lists_of_objects);
    g_test_add_func("/json-rows/reads-one-object", reads_one_object);
    g_test_add_func("/json-rows/refuses-other-shapes", refuses_other_shapes);
    return g_test_run();
}
