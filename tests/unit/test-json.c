/* SPDX-License-Identifier: Apache-2.0 */
/* test-json.c: the strict JSON scanner: what it refuses and with which code, what it tells, how long it takes. */
#include "base/json.h"

#include <string.h>

#include "lib/json-tree.h"
#include "lib/vectors.h"

typedef struct {
    const char *name;
    LtJsonProfile profile;
    const char *text;
    const char *reason; /* NULL: accepted */
    int offset;         /* where the fault is named; -1: not looked at */
} Case;

static const Case cases[] = {
    { "accepts-a-scalar", LT_JSON_PAYLOAD, " \t\r\n1 \n", NULL, -1 },
    { "accepts-words", LT_JSON_PAYLOAD, "[true,false,null]", NULL, -1 },
    { "accepts-empty-containers", LT_JSON_PAYLOAD, "[{},[],[{}],{\"a\":[]}]", NULL, -1 },
    { "accepts-escapes", LT_JSON_PAYLOAD, "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"", NULL, -1 },
    { "accepts-vietnamese", LT_JSON_PAYLOAD, "{\"tên\":\"Nguyễn Văn A, xã Chiềng Mai, tỉnh Sơn La\"}", NULL, -1 },
    { "accepts-the-largest-integer", LT_JSON_HEADER, "9007199254740991", NULL, -1 },
    { "accepts-the-smallest-integer", LT_JSON_HEADER, "-9007199254740991", NULL, -1 },
    { "accepts-fractions-in-a-payload", LT_JSON_PAYLOAD, "[1.5,-0.0,1e3,2E-2,1e-400]", NULL, -1 },
    { "accepts-the-same-name-in-two-objects", LT_JSON_PAYLOAD, "[{\"a\":1},{\"a\":{\"a\":2}}]", NULL, -1 },
    { "refuses-nothing", LT_JSON_PAYLOAD, "", "json.syntax", 0 },
    { "refuses-a-second-value", LT_JSON_PAYLOAD, "{} {}", "json.trailing", 3 },
    { "refuses-a-byte-order-mark", LT_JSON_PAYLOAD, "\xef\xbb\xbf{}", "json.utf8", 0 },
    { "refuses-a-bare-continuation-byte", LT_JSON_PAYLOAD, "[\"a\x80\"]", "json.utf8", 3 },
    { "refuses-overlong-utf8", LT_JSON_PAYLOAD, "\"\xc0\xaf\"", "json.utf8", 1 },
    { "refuses-overlong-three-bytes", LT_JSON_PAYLOAD, "\"\xe0\x80\xaf\"", "json.utf8", 1 },
    { "refuses-a-surrogate-as-utf8", LT_JSON_PAYLOAD, "\"\xed\xa0\x80\"", "json.utf8", 1 },
    { "refuses-beyond-unicode", LT_JSON_PAYLOAD, "\"\xf4\x90\x80\x80\"", "json.utf8", 1 },
    { "refuses-cut-utf8", LT_JSON_PAYLOAD, "\"\xe1\xbb", "json.utf8", 1 },
    { "refuses-no-utf8-between-tokens", LT_JSON_PAYLOAD, "[\xff]", "json.utf8", 1 },
    { "refuses-single-quotes", LT_JSON_PAYLOAD, "['a']", "json.syntax", 1 },
    { "refuses-a-comment", LT_JSON_PAYLOAD, "{} // a", "json.trailing", 3 },
    { "refuses-a-leading-zero", LT_JSON_PAYLOAD, "[012]", "json.syntax", 1 },
    { "refuses-hexadecimal", LT_JSON_PAYLOAD, "0x10", "json.trailing", 1 },
    { "refuses-a-plus-sign", LT_JSON_PAYLOAD, "+1", "json.syntax", 0 },
    { "refuses-a-point-without-digits", LT_JSON_PAYLOAD, "1.", "json.syntax", 2 },
    { "refuses-an-exponent-without-digits", LT_JSON_PAYLOAD, "1e+", "json.syntax", 3 },
    { "refuses-a-minus-alone", LT_JSON_PAYLOAD, "-", "json.syntax", 1 },
    { "refuses-a-comma-at-the-end", LT_JSON_PAYLOAD, "[1,]", "json.syntax", 3 },
    { "refuses-a-comma-at-the-start", LT_JSON_PAYLOAD, "[,1]", "json.syntax", 1 },
    { "refuses-a-comma-at-the-end-of-an-object", LT_JSON_PAYLOAD, "{\"a\":1,}", "json.syntax", 7 },
    { "refuses-a-missing-comma", LT_JSON_PAYLOAD, "[1 2]", "json.syntax", 3 },
    { "refuses-a-missing-colon", LT_JSON_PAYLOAD, "{\"a\" 1}", "json.syntax", 5 },
    { "refuses-a-name-that-is-no-string", LT_JSON_PAYLOAD, "{1:1}", "json.syntax", 1 },
    { "refuses-the-wrong-bracket", LT_JSON_PAYLOAD, "[1}", "json.syntax", 2 },
    { "refuses-an-open-array", LT_JSON_PAYLOAD, "[[1]", "json.syntax", 4 },
    { "refuses-an-open-string", LT_JSON_PAYLOAD, "[\"ab", "json.syntax", 4 },
    { "refuses-an-open-escape", LT_JSON_PAYLOAD, "\"\\", "json.syntax", 2 },
    { "refuses-an-unknown-escape", LT_JSON_PAYLOAD, "\"\\x41\"", "json.syntax", 2 },
    { "refuses-a-short-unicode-escape", LT_JSON_PAYLOAD, "\"\\u00e\"", "json.syntax", 6 },
    { "refuses-a-control-character", LT_JSON_PAYLOAD, "\"a\nb\"", "json.syntax", 2 },
    { "refuses-a-cut-word", LT_JSON_PAYLOAD, "[tru]", "json.syntax", 4 },
    { "refuses-capitals", LT_JSON_PAYLOAD, "True", "json.syntax", 0 },
    { "refuses-nan", LT_JSON_PAYLOAD, "NaN", "json.syntax", 0 },
    { "refuses-an-escaped-nul", LT_JSON_PAYLOAD, "[\"a\\u0000\"]", "json.nul", 3 },
    { "refuses-an-escaped-nul-in-a-name", LT_JSON_PAYLOAD, "{\"a\\u0000\":1}", "json.nul", 3 },
    { "refuses-a-lone-high-surrogate", LT_JSON_PAYLOAD, "\"\\ud800\"", "json.surrogate", 1 },
    { "refuses-a-lone-low-surrogate", LT_JSON_PAYLOAD, "\"\\udc00\"", "json.surrogate", 1 },
    { "refuses-two-high-surrogates", LT_JSON_PAYLOAD, "\"\\ud800\\ud800\"", "json.surrogate", 1 },
    { "refuses-a-surrogate-and-a-letter", LT_JSON_PAYLOAD, "\"\\ud800\\u0041\"", "json.surrogate", 1 },
    { "refuses-a-duplicate-name", LT_JSON_PAYLOAD, "{\"a\":1,\"b\":2,\"a\":3}", "json.dup-name", 13 },
    { "refuses-a-duplicate-name-by-escapes", LT_JSON_PAYLOAD, "{\"seq\":1,\"\\u0073eq\":2}", "json.dup-name", 9 },
    { "refuses-a-duplicate-empty-name", LT_JSON_PAYLOAD, "{\"\":1,\"\":2}", "json.dup-name", 6 },
    { "refuses-an-integer-too-large", LT_JSON_PAYLOAD, "9007199254740992", "json.number", 0 },
    { "refuses-an-integer-too-small", LT_JSON_PAYLOAD, "-9007199254740992", "json.number", 0 },
    { "refuses-twenty-digits", LT_JSON_PAYLOAD, "12345678901234567890", "json.number", 0 },
    { "refuses-a-number-that-is-not-finite", LT_JSON_PAYLOAD, "[1e999]", "json.number", 1 },
    { "refuses-a-fraction-in-a-header", LT_JSON_HEADER, "{\"seq\":1.0}", "json.number", 7 },
    { "refuses-an-exponent-in-a-header", LT_JSON_HEADER, "1e2", "json.number", 0 },
    { "refuses-a-fraction-in-a-configuration", LT_JSON_CONFIG, "0.5", "json.number", 0 },
    { "accepts-depth-8-in-a-header", LT_JSON_HEADER, "[[[[[[[[1]]]]]]]]", NULL, -1 },
    { "refuses-depth-9-in-a-header", LT_JSON_HEADER, "[[[[[[[[[1]]]]]]]]]", "json.depth", 8 },
    { "accepts-large-numbers-in-a-schema", LT_JSON_SCHEMA, "[9007199254740992,1e999,\"\\u0000\"]", NULL, -1 },
};

static void
assert_outcome(const Case *c, gboolean ok, const GError *error)
{
    g_autofree char *place = g_strdup_printf("at byte %d", c->offset);

    if (c->reason == NULL) {
        g_assert_no_error(error);
        g_assert_true(ok);
        return;
    }
    g_assert_false(ok);
    g_assert_nonnull(error);
    g_assert_cmpstr(lt_error_get_reason(error), ==, c->reason);
    g_assert_cmpint(error->code, ==, LT_ERROR_INVALID);
    g_assert_true(c->offset < 0 || g_str_has_suffix(error->message, place));
}

static void
test_case(gconstpointer data)
{
    const Case *c = data;
    g_autoptr(GError) error = NULL;
    gsize size = strlen(c->text);
    g_autofree char *exact = g_memdup2(c->text, size); /* without a NUL behind it: reading on is found by ASan */
    gboolean ok = lt_json_scan(exact, size, c->profile, NULL, NULL, NULL, NULL, &error);

    assert_outcome(c, ok, error);
}

static void
test_refuses_a_nul_byte(void)
{
    static const char text[] = "\"a\0b\"";
    g_autoptr(GError) error = NULL;

    g_assert_false(lt_json_scan(text, sizeof text - 1, LT_JSON_PAYLOAD, NULL, NULL, NULL, NULL, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "json.nul");
}

static gboolean
scan_reason_is(GString *text, LtJsonProfile profile, const char *reason)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = lt_json_scan(text->str, text->len, profile, NULL, NULL, NULL, NULL, &error);

    return reason == NULL ? ok : g_strcmp0(error == NULL ? NULL : lt_error_get_reason(error), reason) == 0;
}

static void
append_times(GString *out, const char *piece, guint times)
{
    for (guint i = 0; i < times; i++)
        g_string_append(out, piece);
}

static void
test_keeps_its_limits(void)
{
    static const struct {
        const char *before, *piece;
        guint times;
        const char *after;
        LtJsonProfile profile;
        const char *reason;
    } rows[] = {
        { "", "[", 32, "", LT_JSON_PAYLOAD, "json.syntax" },
        { "", "[", 33, "", LT_JSON_PAYLOAD, "json.depth" },
        { "[0", ",0", 199998, "]", LT_JSON_PAYLOAD, NULL },
        { "[0", ",0", 199999, "]", LT_JSON_PAYLOAD, "json.count" },
        { "{\"", "a", 256, "\":1}", LT_JSON_PAYLOAD, NULL },
        { "{\"", "a", 257, "\":1}", LT_JSON_PAYLOAD, "json.size" },
        { "\"", "a", 262142, "\"", LT_JSON_HEADER, NULL },
        { "\"", "a", 262143, "\"", LT_JSON_HEADER, "json.size" },
        { "\"", "a", 1048575, "\"", LT_JSON_CONFIG, "json.size" },
        { "\"", "a", 8388606, "\"", LT_JSON_PAYLOAD, NULL },
        { "\"", "a", 8388607, "\"", LT_JSON_PAYLOAD, "json.size" },
        { "1", "0", 400, "", LT_JSON_PAYLOAD, "json.number" },
        { "1", "0", 400, ".0", LT_JSON_PAYLOAD, "json.number" },
        { "0.", "0", 400, "1", LT_JSON_PAYLOAD, NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) text = g_string_new(rows[i].before);

        append_times(text, rows[i].piece, rows[i].times);
        g_string_append(text, rows[i].after);
        if (!scan_reason_is(text, rows[i].profile, rows[i].reason))
            g_error("row %zu: expected %s", i, rows[i].reason);
    }
}

static void
test_tells_many_names_apart(void)
{
    for (guint n = 1; n <= 4097; n = n < 40 ? n + 1 : n * 2 - (n == 2560 ? 1023 : 0)) {
        g_autoptr(GString) text = g_string_new("{");

        for (guint i = 0; i < n; i++)
            g_string_append_printf(text, "%s\"n%u\":0", i == 0 ? "" : ",", i);
        g_string_append_c(text, '}');
        g_assert_true(scan_reason_is(text, LT_JSON_PAYLOAD, n > 4096 ? "json.count" : NULL));
        g_string_truncate(text, text->len - 1);
        g_string_append_printf(text, ",\"n%u\":0}", n / 2);
        g_assert_true(scan_reason_is(text, LT_JSON_PAYLOAD, n >= 4096 ? "json.count" : "json.dup-name"));
    }
}

static void
test_refuses_a_million_brackets_at_once(void)
{
    g_autoptr(GString) text = g_string_sized_new(1000000);
    gint64 begin;

    append_times(text, "[", 1000000);
    begin = g_get_monotonic_time();
    g_assert_true(scan_reason_is(text, LT_JSON_PAYLOAD, "json.depth"));
    g_assert_cmpint(g_get_monotonic_time() - begin, <, 10000);
}

static gboolean
stop_at_second_string(const LtJsonEvent *event, gpointer data, GError **error)
{
    guint *n = data;

    if (event->kind != LT_JSON_STRING || ++*n < 2)
        return TRUE;
    lt_error_set(error, LT_ERROR_INVALID, "test.stop", "enough at %zu", event->offset);
    return FALSE;
}

static void
test_stops_when_the_visitor_says_so(void)
{
    static const char text[] = "[\"a\",\"b\",\"c\"]";
    g_autoptr(GError) error = NULL;
    guint n = 0;

    g_assert_false(lt_json_scan(text, strlen(text), LT_JSON_PAYLOAD, NULL, stop_at_second_string, &n, NULL, &error));
    g_assert_cmpstr(error->message, ==, "enough at 5");
    g_assert_cmpuint(n, ==, 2);
}

static gboolean
note_event(const LtJsonEvent *event, gpointer data, GError **error)
{
    GString *out = data;

    (void) error;
    g_string_append_printf(out, "%d@%u+%zu", event->kind, event->depth, event->offset);
    if (event->text != NULL)
        g_string_append_printf(out, "=%s", event->text);
    g_string_append_c(out, ' ');
    return TRUE;
}

static void
test_tells_kind_depth_and_place(void)
{
    static const char text[] = "{\"a\\u0062\": [1, 2.5, \"x\"]}";
    g_autoptr(GString) out = g_string_new(NULL);

    g_assert_true(lt_json_scan(text, strlen(text), LT_JSON_PAYLOAD, NULL, note_event, out, NULL, NULL));
    g_assert_cmpstr(out->str, ==, "0@0+0 4@1+1=ab 2@1+12 6@2+13=1 7@2+16=2.5 5@2+21=x 3@1+24 1@0+25 ");
}

static void
test_picks_what_was_asked_for(void)
{
    static const char text[] = "{\"id\":\"1\",\"re\":{\"id\":\"2\",\"x\":{\"y\":\"d\\u00e9\"}},\"list\":[{\"id\":\"3\"}],\"seq\":4,\"a\":{\"seq\":\"5\"}}";
    LtJsonPick picks[] = { { .path = "id" }, { .path = "re.id" }, { .path = "re.x.y" }, { .path = "list.id" },
                           { .path = "seq" }, { .path = "none" }, { .path = "re" }, { .path = "a.seq" }, { 0 } };
    static const char *const expected[] = { "1", "2", "dé", NULL, "4", NULL, NULL, "5" };

    g_assert_true(lt_json_scan(text, strlen(text), LT_JSON_PAYLOAD, NULL, NULL, NULL, picks, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_assert_cmpstr(picks[i].value, ==, expected[i]);
        g_clear_pointer(&picks[i].value, g_free);
    }
    g_assert_false(lt_json_scan(text, strlen(text) - 1, LT_JSON_PAYLOAD, NULL, NULL, NULL, picks, NULL));
    g_assert_null(picks[0].value);
}

static void
test_writes_only_the_escapes_that_are_required(void)
{
    g_autoptr(GString) out = g_string_new("{");
    g_autoptr(GError) error = NULL;

    lt_json_append_member(out, "tên", "Đỗ \"A\" \\ / \b\f\n\r\t\x01\x1f\x7f");
    lt_json_append_member(out, "none", NULL);
    lt_json_append_integer(out, "n", -5);
    g_string_append(out, ",\"o\":{");
    lt_json_append_integer(out, "m", 0);
    g_string_append(out, "}}");
    g_assert_cmpstr(out->str, ==,
                    "{\"tên\":\"Đỗ \\\"A\\\" \\\\ / \\b\\f\\n\\r\\t\\u0001\\u001f\x7f\",\"n\":-5,\"o\":{\"m\":0}}");
    g_assert_true(lt_json_scan(out->str, out->len, LT_JSON_HEADER, NULL, NULL, NULL, NULL, &error));
}

static void
assert_trees_agree(const char *name, const char *data, gsize size)
{
    g_autofree char *ours = NULL;
    g_autofree char *theirs = NULL;

    if (!lt_json_trees_agree(data, size, LT_JSON_PAYLOAD, &ours, &theirs))
        g_error("%s: the scanner tells %s, json-glib %s", name, ours, theirs);
}

static void
test_tells_the_same_tree_as_another_reader(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        if (cases[i].reason == NULL && cases[i].profile != LT_JSON_SCHEMA)
            assert_trees_agree(cases[i].name, cases[i].text, strlen(cases[i].text));
}

/* Of the files that a parser must accept, the hub refuses those that two readers could take differently. */
static gboolean
is_refused_on_purpose(const char *reason)
{
    return g_str_equal(reason, "json.dup-name") || g_str_equal(reason, "json.nul");
}

/* Returns: was the file accepted? */
static gboolean
check_vector(const char *path)
{
    g_autofree char *name = g_path_get_basename(path);
    g_autoptr(GBytes) bytes = vectors_load(path);
    g_autoptr(GError) error = NULL;
    const char *data;
    gsize size;
    gboolean ok;

    data = g_bytes_get_data(bytes, &size);
    ok = lt_json_scan(data, size, LT_JSON_PAYLOAD, NULL, NULL, NULL, NULL, &error);
    if (name[0] == 'n' && ok)
        g_error("%s: accepted", name);
    if (name[0] == 'y' && !ok && !is_refused_on_purpose(lt_error_get_reason(error)))
        g_error("%s: %s", name, error->message);
    if (name[0] == 'i')
        g_test_message("%s: %s", name, ok ? "accepted" : lt_error_get_reason(error));
    if (ok)
        assert_trees_agree(name, data, size);
    return ok;
}

/* The suite leaves its `i_` files open; of them security.md §4.1 accepts these. */
static void
test_agrees_with_the_parsing_suite(void)
{
    static const char *const accepted[] = { "i_number_double_huge_neg_exp.json", "i_number_real_underflow.json", NULL };
    g_autoptr(GPtrArray) paths = NULL;
    guint n_accepted = 0;

    if (vectors_missing())
        return;
    paths = vectors_list("json-parsing", ".json");
    for (guint i = 0; i < paths->len; i++) {
        const char *path = g_ptr_array_index(paths, i);
        g_autofree char *name = g_path_get_basename(path);
        gboolean ok = check_vector(path);

        n_accepted += ok;
        if (name[0] == 'i')
            g_assert_cmpint(ok, ==, g_strv_contains(accepted, name));
    }
    g_test_message("json-parsing: %u files, %u accepted, %u refused", paths->len, n_accepted, paths->len - n_accepted);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/json/%s", cases[i].name);

        g_test_add_data_func(path, &cases[i], test_case);
    }
    g_test_add_func("/json/refuses-a-nul-byte", test_refuses_a_nul_byte);
    g_test_add_func("/json/keeps-its-limits", test_keeps_its_limits);
    g_test_add_func("/json/tells-many-names-apart", test_tells_many_names_apart);
    g_test_add_func("/json/refuses-a-million-brackets-at-once", test_refuses_a_million_brackets_at_once);
    g_test_add_func("/json/stops-when-the-visitor-says-so", test_stops_when_the_visitor_says_so);
    g_test_add_func("/json/tells-kind-depth-and-place", test_tells_kind_depth_and_place);
    g_test_add_func("/json/picks-what-was-asked-for", test_picks_what_was_asked_for);
    g_test_add_func("/json/writes-only-the-escapes-that-are-required", test_writes_only_the_escapes_that_are_required);
    g_test_add_func("/json/tells-the-same-tree-as-another-reader", test_tells_the_same_tree_as_another_reader);
    g_test_add_func("/json/agrees-with-the-parsing-suite", test_agrees_with_the_parsing_suite);
    return g_test_run();
}
