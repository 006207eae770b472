/* SPDX-License-Identifier: Apache-2.0 */
/* test-schema.c: which schemas are refused, and what a compiled schema lets through. */
#include "base/schema.h"

#include <string.h>

#include "base/json-private.h"
#include "lib/vectors.h"

typedef struct {
    const char *name;
    const char *schema;
    const char *value;
    const char *pointer; /* NULL: the value holds; else which part of it does not */
    const char *keyword;
} Case;

static const Case cases[] = {
    { "true-allows-everything", "true", "[{\"a\":1}]", NULL },
    { "false-allows-nothing", "false", "1", "", "false" },
    { "an-empty-schema-allows-everything", "{}", "[1]", NULL },
    { "names-the-member-that-fails", "{\"properties\":{\"a\":{\"items\":{\"properties\":{\"b\":{\"type\":\"string\"}}}}}}",
      "{\"a\":[{\"b\":\"x\"},{\"b\":1}]}", "/a/1/b", "type" },
    { "escapes-names-in-pointers", "{\"properties\":{\"a/b~c\":{\"type\":\"null\"}}}", "{\"a/b~c\":1}", "/a~1b~0c", "type" },
    { "tells-no-name-that-it-does-not-know", "{\"additionalProperties\":{\"type\":\"null\"}}", "{\"Nguyễn Văn A\":1}", "/?", "type" },
    { "refuses-additional-properties", "{\"properties\":{\"a\":{}},\"additionalProperties\":false}", "{\"a\":1,\"b\":1}",
      "/?", "additionalProperties" },
    { "refuses-a-forbidden-property", "{\"properties\":{\"a\":false}}", "{\"a\":1}", "/a", "properties" },
    { "refuses-a-missing-property", "{\"properties\":{\"a\":{\"required\":[\"b\"]}}}", "{\"a\":{\"c\":1}}", "/a", "required" },
    { "counts-required-names-once", "{\"required\":[\"a\",\"a\",\"b\"]}", "{\"a\":1,\"b\":2}", NULL },
    { "knows-names-by-their-escapes", "{\"required\":[\"a\"]}", "{\"\\u0061\":1}", NULL },
    { "refuses-too-many-items", "{\"properties\":{\"a\":{\"maxItems\":2}}}", "{\"a\":[1,2,3]}", "/a", "maxItems" },
    { "refuses-too-few-items", "{\"minItems\":2}", "[1]", "", "minItems" },
    { "counts-code-points", "{\"minLength\":5,\"maxLength\":5}", "\"Sơn😀a\"", NULL },
    { "counts-code-points-below", "{\"minLength\":6}", "\"Sơn😀a\"", "", "minLength" },
    { "counts-code-points-above", "{\"maxLength\":4}", "\"Sơn😀a\"", "", "maxLength" },
    { "takes-no-array-as-an-integer", "{\"type\":\"integer\"}", "[1]", "", "type" },
    { "takes-whole-numbers-as-integers", "{\"items\":{\"type\":\"integer\"}}", "[1.0,10e-1,1e2,0.0,-0.0,1500e-2]", NULL },
    { "takes-no-fraction-as-an-integer", "{\"items\":{\"type\":\"integer\"}}", "[1e2,15e-1]", "/1", "type" },
    { "compares-without-rounding", "{\"maximum\":0.1}", "0.1000000000000000000000000001", "", "maximum" },
    { "compares-large-bounds", "{\"minimum\":9007199254740993}", "9007199254740992.5", "", "minimum" },
    { "compares-exponents", "{\"minimum\":1e2,\"maximum\":1.5E2}", "[1]", NULL },
    { "compares-exponents-below", "{\"minimum\":1e2}", "99", "", "minimum" },
    { "compares-negative-numbers", "{\"minimum\":-1.5}", "-1.6", "", "minimum" },
    { "finds-a-constant-by-value", "{\"const\":{\"a\":[1,{\"b\":null}],\"c\":\"x\"}}", "{\"c\":\"\\u0078\",\"a\":[1.0,{\"b\":null}]}", NULL },
    { "finds-no-constant-in-another-order", "{\"const\":[1,2]}", "[2,1]", "", "const" },
    { "finds-no-constant-among-scalars", "{\"enum\":[1,\"a\"]}", "[1]", "", "enum" },
    { "finds-one-of-several-kinds", "{\"items\":{\"enum\":[1,\"a\",null,true,[],{}]}}", "[{},[],true,null,\"a\",1]", NULL },
    { "applies-siblings-of-a-reference", "{\"$defs\":{\"s\":{\"type\":\"string\"}},\"$ref\":\"#/$defs/s\",\"maxLength\":2}", "\"abc\"",
      "", "maxLength" },
    { "applies-references-to-references", "{\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\",\"minLength\":1},\"b\":{\"pattern\":\"^x\"}},\"$ref\":\"#/$defs/a\"}",
      "\"y\"", "", "pattern" },
    { "follows-recursion", "{\"properties\":{\"child\":{\"$ref\":\"#\"},\"n\":{\"type\":\"integer\"}}}",
      "{\"child\":{\"child\":{\"n\":\"x\"}}}", "/child/child/n", "type" },
    { "ends-a-reference-to-itself", "{\"$ref\":\"#\",\"type\":\"null\"}", "null", NULL },
    { "merges-properties-of-both-sides", "{\"$defs\":{\"a\":{\"properties\":{\"x\":{\"type\":\"integer\"}}}},\"$ref\":\"#/$defs/a\",\"properties\":{\"x\":{\"minimum\":3}}}",
      "{\"x\":2}", "/x", "minimum" },
    { "keeps-additional-properties-to-its-own-side", "{\"$defs\":{\"a\":{\"properties\":{\"x\":{}},\"additionalProperties\":false}},\"$ref\":\"#/$defs/a\",\"properties\":{\"y\":{}}}",
      "{\"y\":2}", "/y", "properties" },
    { "searches-a-pattern-anywhere", "{\"pattern\":\"b+\"}", "\"abbc\"", NULL },
    { "ends-a-pattern-at-the-end", "{\"pattern\":\"^a$\"}", "\"a\\n\"", "", "pattern" },
    { "takes-only-ascii-digits", "{\"pattern\":\"^\\\\d$\"}", "\"৪\"", "", "pattern" },
    { "takes-only-ascii-words", "{\"pattern\":\"^\\\\w+$\"}", "\"Sơn\"", "", "pattern" },
    { "takes-every-space", "{\"pattern\":\"^\\\\s+$\"}", "\" \\t\\u00a0\\u2028\\ufeff\"", NULL },
    { "takes-one-code-point-as-a-dot", "{\"pattern\":\"^.$\"}", "\"😀\"", NULL },
    { "takes-no-line-end-as-a-dot", "{\"pattern\":\"^.$\"}", "\"\\u2028\"", "", "pattern" },
    { "reads-unicode-escapes", "{\"pattern\":\"^[\\\\u0041-\\\\u{43}\\\\-\\\\x61]+$\"}", "\"ABC-a\"", NULL },
    { "reads-a-class-of-punctuation", "{\"pattern\":\"^[[:^.]+$\"}", "\"[:^.\"", NULL },
    { "reads-word-boundaries", "{\"pattern\":\"\\\\bcd\\\\b\"}", "\"ab cd-ef\"", NULL },
    { "reads-alternatives-and-groups", "{\"pattern\":\"^(?:ab|c(d|e)){2,3}?$\"}", "\"abcdce\"", NULL },
    { "gives-up-an-endless-search", "{\"pattern\":\"^(a+)+$\"}",
      "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"", "", "pattern" },
    { "knows-leap-seconds", "{\"format\":\"date-time\"}", "\"1998-12-31T15:59:60.5-08:00\"", NULL },
    { "knows-no-leap-second-elsewhere", "{\"format\":\"date-time\"}", "\"1998-12-31T23:59:60+01:00\"", "", "format" },
    { "asks-nothing-of-other-types", "{\"minLength\":3,\"minimum\":3,\"minItems\":3,\"required\":[\"a\"],\"pattern\":\"a\",\"format\":\"uuid\"}", "true", NULL },
    { "tells-a-duplicate-of-a-known-name", "{\"properties\":{\"a\":{}}}", "{\"a\":1,\"\\u0061\":1}", "", "json.dup-name" },
};

static void
assert_fault(const Case *c, const GError *error)
{
    g_autofree char *value = g_strdup_printf("the value \"%s\" at byte", c->pointer);
    g_autofree char *keyword = g_strdup_printf("breaks the keyword \"%s\"", c->keyword);

    g_assert_nonnull(error);
    if (g_str_has_prefix(c->keyword, "json.")) {
        g_assert_cmpstr(lt_error_get_reason(error), ==, c->keyword);
        return;
    }
    g_assert_cmpstr(lt_error_get_reason(error), ==, "json.schema");
    if (strstr(error->message, value) == NULL || strstr(error->message, keyword) == NULL)
        g_error("%s: expected %s … %s, got: %s", c->name, value, keyword, error->message);
}

static void
test_case(gconstpointer data)
{
    const Case *c = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSchema) schema = lt_schema_compile(c->schema, strlen(c->schema), &error);
    gboolean ok;

    g_assert_no_error(error);
    ok = lt_json_scan(c->value, strlen(c->value), LT_JSON_PAYLOAD, schema, NULL, NULL, NULL, &error);
    g_assert_cmpint(ok, ==, c->pointer == NULL);
    if (c->pointer == NULL)
        g_assert_no_error(error);
    else
        assert_fault(c, error);
}

typedef struct {
    const char *name;
    const char *schema;
    const char *reason;
} BadSchema;

static const BadSchema bad_schemas[] = {
    { "that-is-no-json", "{", "json.syntax" },
    { "that-is-a-number", "1", "schema.value" },
    { "with-a-duplicate-keyword", "{\"type\":\"null\",\"type\":\"null\"}", "json.dup-name" },
    { "with-an-unknown-keyword", "{\"allOf\":[]}", "schema.keyword" },
    { "with-an-unknown-keyword-in-a-definition", "{\"$defs\":{\"a\":{\"not\":{}}}}", "schema.keyword" },
    { "with-an-id", "{\"$id\":\"https://example.vn/a\"}", "schema.keyword" },
    { "with-an-anchor", "{\"$anchor\":\"a\"}", "schema.keyword" },
    { "of-another-draft", "{\"$schema\":\"http://json-schema.org/draft-07/schema#\"}", "schema.value" },
    { "with-an-unknown-type", "{\"type\":\"text\"}", "schema.value" },
    { "with-a-wrong-required", "{\"required\":\"a\"}", "schema.value" },
    { "with-a-negative-count", "{\"maxLength\":-1}", "schema.value" },
    { "with-half-a-count", "{\"minItems\":0.5}", "schema.value" },
    { "with-a-bound-that-is-text", "{\"minimum\":\"1\"}", "schema.value" },
    { "with-an-enum-that-is-no-array", "{\"enum\":{}}", "schema.value" },
    { "with-an-unknown-format", "{\"format\":\"email\"}", "schema.value" },
    { "with-a-remote-reference", "{\"$ref\":\"other.json#/a\"}", "schema.ref" },
    { "with-a-reference-to-an-anchor", "{\"$ref\":\"#a\"}", "schema.ref" },
    { "with-a-reference-to-nothing", "{\"$ref\":\"#/$defs/a\"}", "schema.ref" },
    { "with-a-reference-to-no-schema", "{\"$defs\":{},\"$ref\":\"#/$defs\"}", "schema.ref" },
    { "with-a-reference-into-an-enum", "{\"const\":{\"a\":{}},\"$ref\":\"#/const/a\"}", "schema.ref" },
    { "with-an-open-group", "{\"pattern\":\"(a\"}", "schema.value" },
    { "with-nothing-to-repeat", "{\"pattern\":\"*a\"}", "schema.value" },
    { "with-a-possessive-quantifier", "{\"pattern\":\"a++\"}", "schema.value" },
    { "with-an-inline-option", "{\"pattern\":\"(?i)a\"}", "schema.value" },
    { "with-an-atomic-group", "{\"pattern\":\"(?>a)\"}", "schema.value" },
    { "with-a-back-reference", "{\"pattern\":\"(a)\\\\1\"}", "schema.value" },
    { "with-a-pcre-escape", "{\"pattern\":\"\\\\Aa\\\\z\"}", "schema.value" },
    { "with-a-lone-brace", "{\"pattern\":\"a{x\"}", "schema.value" },
    { "with-a-range-backwards", "{\"pattern\":\"[z-a]\"}", "schema.value" },
    { "with-an-unknown-property-class", "{\"pattern\":\"\\\\p{Leter}\"}", "schema.value" },
};

static void
test_bad_schema(gconstpointer data)
{
    const BadSchema *c = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSchema) schema = lt_schema_compile(c->schema, strlen(c->schema), &error);

    g_assert_null(schema);
    g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
    g_assert_cmpstr(lt_error_get_reason(error), ==, c->reason);
}

/* Which parts apply below a path depends on where its last fifteen `a` stood: 2^15 sets can occur. */
static void
test_refuses_a_schema_with_endless_combinations(void)
{
    g_autoptr(GString) text = g_string_new("{\"$ref\":\"#/$defs/q0\",\"$defs\":{"
                                           "\"q0\":{\"properties\":{\"a\":{\"$ref\":\"#/$defs/q1\"},\"b\":{\"$ref\":\"#/$defs/q0\"}}},"
                                           "\"q1\":{\"$ref\":\"#/$defs/q0\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/q2\"},\"b\":{\"$ref\":\"#/$defs/q2\"}}}");
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSchema) schema = NULL;

    for (guint i = 2; i < 16; i++)
        g_string_append_printf(text, ",\"q%u\":{\"properties\":{\"a\":{\"$ref\":\"#/$defs/q%u\"},\"b\":{\"$ref\":\"#/$defs/q%u\"}}}", i, i + 1, i + 1);
    g_string_append(text, ",\"q16\":{\"minLength\":1}}}");
    schema = lt_schema_compile(text->str, text->len, &error);
    g_assert_null(schema);
    g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
    g_assert_cmpstr(lt_error_get_reason(error), ==, "schema.value");
}

static gpointer
match_often(gpointer data)
{
    for (guint i = 0; i < 2000; i++)
        g_assert_true(lt_json_scan("\"H52.101\"", 9, LT_JSON_PAYLOAD, data, NULL, NULL, NULL, NULL));
    return NULL;
}

static void
test_serves_several_threads(void)
{
    static const char text[] = "{\"pattern\":\"^[0-9A-Za-z]+(\\\\.[0-9A-Za-z]+)*$\"}";
    g_autoptr(LtSchema) schema = lt_schema_compile(text, strlen(text), NULL);
    GThread *threads[4];

    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("match", match_often, schema);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
}

/* A value of a suite file as it is written there: json-glib would round its numbers and cut its strings at U+0000. */
static void
write_string(GString *out, const LtJsonValue *value)
{
    g_string_append_c(out, '"');
    for (gsize at = 0; at <= value->length; at += strlen(value->text + at) + 1) {
        g_autoptr(GString) piece = g_string_new(NULL);

        lt_json_append_string(piece, value->text + at);
        g_string_append_printf(out, "%s%.*s", at == 0 ? "" : "\\u0000", (int) piece->len - 2, piece->str + 1);
    }
    g_string_append_c(out, '"');
}

static void
write_value(GString *out, const LtJsonValue *value)
{
    gboolean object = value->kind == LT_JSON_OBJECT_BEGIN;

    if (value->kind == LT_JSON_STRING) {
        write_string(out, value);
    } else if (value->values != NULL) {
        g_string_append_c(out, object ? '{' : '[');
        for (guint i = 0; i < value->values->len; i++) {
            g_string_append(out, i == 0 ? "" : ",");
            if (object) {
                write_string(out, g_ptr_array_index(value->names, i));
                g_string_append_c(out, ':');
            }
            write_value(out, g_ptr_array_index(value->values, i));
        }
        g_string_append_c(out, object ? '}' : ']');
    } else if (value->text != NULL) {
        g_string_append(out, value->text);
    } else {
        g_string_append(out, value->kind == LT_JSON_TRUE ? "true" : value->kind == LT_JSON_FALSE ? "false" : "null");
    }
}

static const LtJsonValue *
member(const LtJsonValue *object, const char *name)
{
    const LtJsonValue *value = lt_json_value_member(object, name, strlen(name));

    g_assert_nonnull(value);
    return value;
}

/* U+0000 and integers beyond 2^53 occur in the suite, so its values are read as a schema file would be. */
static void
run_test(const LtSchema *schema, const LtJsonValue *group, const LtJsonValue *test)
{
    gboolean valid = member(test, "valid")->kind == LT_JSON_TRUE;
    g_autoptr(GString) data = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    gboolean ok;

    write_value(data, member(test, "data"));
    ok = lt_json_scan(data->str, data->len, LT_JSON_SCHEMA, schema, NULL, NULL, NULL, &error);
    if (ok != valid)
        g_error("%s: %s: %s", member(group, "description")->text, member(test, "description")->text,
                ok ? "accepted" : error->message);
    if (!ok)
        g_assert_cmpstr(lt_error_get_reason(error), ==, "json.schema");
}

typedef struct {
    guint n_groups, n_outside, n_tests;
} Counts;

static void
run_group(const char *file, const LtJsonValue *group, Counts *counts)
{
    const LtJsonValue *tests = member(group, "tests");
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSchema) schema = NULL;

    counts->n_groups++;
    write_value(text, member(group, "schema"));
    schema = lt_schema_compile(text->str, text->len, &error);
    if (schema == NULL) {
        const char *reason = lt_error_get_reason(error);

        if (!g_str_equal(reason, "schema.keyword") && !g_str_equal(reason, "schema.ref"))
            g_error("%s: %s: %s", file, member(group, "description")->text, error->message);
        counts->n_outside++;
        g_test_message("outside the subset: %s: %s (%s)", file, member(group, "description")->text, error->message);
        return;
    }
    for (guint i = 0; i < tests->values->len; i++, counts->n_tests++)
        run_test(schema, group, g_ptr_array_index(tests->values, i));
}

static void
test_agrees_with_the_schema_suite(void)
{
    g_autoptr(GPtrArray) paths = NULL;
    Counts counts = { 0 };

    if (vectors_missing())
        return;
    paths = vectors_list("json-schema", ".json");
    for (guint i = 0; i < paths->len; i++) {
        const char *path = g_ptr_array_index(paths, i);
        g_autoptr(GBytes) bytes = vectors_load(path);
        g_autoptr(GError) error = NULL;
        g_autoptr(LtJsonValue) groups =
            lt_json_value_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &error);

        g_assert_no_error(error);
        for (guint k = 0; k < groups->values->len; k++)
            run_group(path, g_ptr_array_index(groups->values, k), &counts);
    }
    g_test_message("json-schema: %u files, %u groups, %u outside the subset, %u tests agree", paths->len, counts.n_groups,
                   counts.n_outside, counts.n_tests);
    g_assert_cmpuint(counts.n_tests, >, 400);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/schema/%s", cases[i].name);

        g_test_add_data_func(path, &cases[i], test_case);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad_schemas); i++) {
        g_autofree char *path = g_strdup_printf("/schema/refuses-one-%s", bad_schemas[i].name);

        g_test_add_data_func(path, &bad_schemas[i], test_bad_schema);
    }
    g_test_add_func("/schema/refuses-endless-combinations", test_refuses_a_schema_with_endless_combinations);
    g_test_add_func("/schema/serves-several-threads", test_serves_several_threads);
    g_test_add_func("/schema/agrees-with-the-schema-suite", test_agrees_with_the_schema_suite);
    return g_test_run();
}
