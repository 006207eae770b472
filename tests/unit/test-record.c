/* SPDX-License-Identifier: Apache-2.0 */
/* test-record.c: the canonical entry: what the writer makes, what the reader refuses, and the table of events. */
#include <string.h>
#include "base/value.h"
#include "lib/vectors.h"
#include "trust/record.h"

#define DOSSIER "c9d5d49c-b56f-4552-96a3-c9b95ec99950"
#define COMMON "\"actor\":\"H52\",\"ak\":\"hub\",\"ev\":\"x.y\",\"n\":7,\"t\":\"2026-11-23T16:02:30.007Z\",\"v\":1"

static char *
text_of(GBytes *bytes)
{
    return g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

static void
test_writes(void)
{
    g_autoptr(LtRecord) record = lt_record_new("read.dossier", "user", "ee41fa48-1259-4035-be71-e38a29483baa");
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) entry = NULL;
    g_autofree char *text = NULL;
    gint64 at_us;

    g_assert_true(lt_time_read_millis("2026-11-23T16:02:30.063Z", 24, &at_us));
    lt_record_set_string(record, "what", "view");
    lt_record_set_string(record, "d", DOSSIER);
    lt_record_set_string(record, "id", NULL);
    entry = lt_record_encode(record, 8, at_us + 999, &error);
    g_assert_no_error(error);
    text = text_of(entry);
    g_assert_cmpstr(text, ==, "{\"actor\":\"ee41fa48-1259-4035-be71-e38a29483baa\",\"ak\":\"user\",\"d\":\"" DOSSIER
                              "\",\"ev\":\"read.dossier\",\"n\":8,\"t\":\"2026-11-23T16:02:30.063Z\",\"v\":1,\"what\":\"view\"}");
}

static void
test_lists(void)
{
    static const char *const names[] = { "route a", "endpoint b", NULL };
    g_autoptr(LtRecord) record = lt_record_new("cfg.changed", "hub", "H52");
    g_autofree char *sha = g_strnfill(64, 'a'), *text = NULL;
    g_autoptr(LtRecordView) view = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) entry = NULL;

    lt_record_set_integer(record, "gen", LT_RECORD_MAX_INTEGER);
    lt_record_set_string(record, "sha", sha);
    lt_record_set_strings(record, "obj", names);
    entry = lt_record_encode(record, 0, 0, &error);
    g_assert_no_error(error);
    text = text_of(entry);
    g_assert_nonnull(strstr(text, "\"obj\":[\"route a\",\"endpoint b\"]"));
    view = lt_record_read(text, strlen(text), &error);
    g_assert_no_error(error);
    g_assert_cmpstr(view->event, ==, "cfg.changed");
    g_assert_cmpstr(g_hash_table_lookup(view->fields, "obj"), ==, "route a,endpoint b");
    g_assert_cmpstr(g_hash_table_lookup(view->fields, "gen"), ==, "9007199254740991");
    g_assert_cmpuint(g_hash_table_size(view->fields), ==, 3);
}

/* Each row spoils a good record of dossier.state; what it says about it is the message of the error. */
static const struct {
    const char *name, *field, *value, *message;
} bad_values[] = {
    { "quotation-mark", "old", "1\",\"zz\":\"2", "record dossier.state: value of old is outside the grammar of the log" },
    { "backslash", "old", "a\\b", "record dossier.state: value of old is outside the grammar of the log" },
    { "vietnamese", "old", "Đang xử lý", "record dossier.state: value of old is outside the grammar of the log" },
    { "newline", "old", "a\nb", "record dossier.state: value of old is outside the grammar of the log" },
    { "undeclared-field", "citizen", "x", "record dossier.state has no field citizen" },
    { "twice", "d", DOSSIER, "record dossier.state cannot be written: entry: names are not in ascending order" },
    { "ill-typed", "id", DOSSIER, "record dossier.state cannot be written: entry dossier.state: field id is of another type" },
};

static void
test_bad_values(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(bad_values); i++) {
        g_autoptr(LtRecord) record = lt_record_new("dossier.state", "hub", "H52");
        g_autoptr(GError) error = NULL;

        g_test_message("%s", bad_values[i].name);
        lt_record_set_string(record, "d", DOSSIER);
        lt_record_set_string(record, "new", "2");
        if (!g_str_equal(bad_values[i].field, "old"))
            lt_record_set_string(record, "old", "1");
        lt_record_set_string(record, bad_values[i].field, bad_values[i].value);
        g_assert_null(lt_record_encode(record, 1, 0, &error));
        g_assert_error(error, LT_ERROR, LT_ERROR_INTERNAL);
        g_assert_cmpstr(lt_error_get_reason(error), ==, "log.entry-form");
        g_assert_cmpstr(error->message, ==, bad_values[i].message);
    }
}

static void
test_unwritable(void)
{
    g_autofree char *long_text = g_strnfill(1025, 'a');
    g_autoptr(LtRecord) unknown = lt_record_new("not.known", "hub", "H52");
    g_autoptr(LtRecord) actor = lt_record_new("hub.stop", "hub", "Nguyễn Văn A");
    g_autoptr(LtRecord) kind = lt_record_new("hub.stop", "person", "H52");
    g_autoptr(LtRecord) absent = lt_record_new("hub.stop", "hub", "H52");
    g_autoptr(LtRecord) too_long = lt_record_new("hub.stop", "hub", "H52");
    g_autoptr(LtRecord) number = lt_record_new("clock.step", "hub", "H52");

    lt_record_set_string(actor, "why", "term");
    lt_record_set_string(kind, "why", "term");
    lt_record_set_string(too_long, "why", long_text);
    lt_record_set_string(number, "src", "ntp");
    lt_record_set_integer(number, "ms", LT_RECORD_MAX_INTEGER + 1);
    g_assert_null(lt_record_encode(unknown, 1, 0, NULL));
    g_assert_null(lt_record_encode(actor, 1, 0, NULL));
    g_assert_null(lt_record_encode(kind, 1, 0, NULL));
    g_assert_null(lt_record_encode(absent, 1, 0, NULL));
    g_assert_null(lt_record_encode(too_long, 1, 0, NULL));
    g_assert_null(lt_record_encode(number, 1, 0, NULL));
}

/* Forms that JSON libraries take for the same object, and that are refused here. */
static const struct {
    const char *name, *entry;
    gboolean good;
} forms[] = {
    { "good", "{" COMMON "}", TRUE },
    { "unknown-member-kept", "{" COMMON ",\"z\":\"1\"}", TRUE },
    { "negative", "{" COMMON ",\"z\":-5}", TRUE },
    { "list-of-integers", "{" COMMON ",\"z\":[1,-2,0]}", TRUE },
    { "largest-integer", "{" COMMON ",\"z\":9007199254740991}", TRUE },
    { "empty-string", "{" COMMON ",\"z\":\"\"}", TRUE },
    { "empty", "", FALSE },
    { "empty-object", "{}", FALSE },
    { "newline-at-the-end", "{" COMMON "}\n", FALSE },
    { "space", "{ " COMMON "}", FALSE },
    { "space-after-colon", "{" COMMON ",\"z\": 1}", FALSE },
    { "not-sorted", "{" COMMON ",\"a\":1}", FALSE },
    { "name-twice", "{" COMMON ",\"v\":1}", FALSE },
    { "upper-case-name", "{" COMMON ",\"zA\":1}", FALSE },
    { "empty-name", "{\"\":1," COMMON "}", FALSE },
    { "long-name", "{" COMMON ",\"zzzzzzzzzzzzzzzzzzzzzzzzz\":1}", FALSE },
    { "escape", "{" COMMON ",\"z\":\"\\u0061\"}", FALSE },
    { "utf-8", "{" COMMON ",\"z\":\"\xc4\x90\"}", FALSE },
    { "control", "{" COMMON ",\"z\":\"\t\"}", FALSE },
    { "delete", "{" COMMON ",\"z\":\"\x7f\"}", FALSE },
    { "float", "{" COMMON ",\"z\":1.0}", FALSE },
    { "exponent", "{" COMMON ",\"z\":1e3}", FALSE },
    { "leading-zero", "{" COMMON ",\"z\":01}", FALSE },
    { "minus-zero", "{" COMMON ",\"z\":-0}", FALSE },
    { "plus", "{" COMMON ",\"z\":+1}", FALSE },
    { "integer-too-large", "{" COMMON ",\"z\":9007199254740992}", FALSE },
    { "integer-too-small", "{" COMMON ",\"z\":-9007199254740992}", FALSE },
    { "true", "{" COMMON ",\"z\":true}", FALSE },
    { "null", "{" COMMON ",\"z\":null}", FALSE },
    { "object", "{" COMMON ",\"z\":{\"a\":1}}", FALSE },
    { "empty-list", "{" COMMON ",\"z\":[]}", FALSE },
    { "mixed-list", "{" COMMON ",\"z\":[1,\"a\"]}", FALSE },
    { "list-in-list", "{" COMMON ",\"z\":[[1]]}", FALSE },
    { "comma-at-the-end", "{" COMMON ",}", FALSE },
    { "comma-in-list", "{" COMMON ",\"z\":[1,]}", FALSE },
    { "two-objects", "{" COMMON "}{" COMMON "}", FALSE },
    { "cut", "{" COMMON, FALSE },
    { "version-2", "{\"actor\":\"H52\",\"ak\":\"hub\",\"ev\":\"x.y\",\"n\":7,\"t\":\"2026-11-23T16:02:30.007Z\",\"v\":2}", FALSE },
    { "no-version", "{\"actor\":\"H52\",\"ak\":\"hub\",\"ev\":\"x.y\",\"n\":7,\"t\":\"2026-11-23T16:02:30.007Z\"}", FALSE },
    { "other-index", "{\"actor\":\"H52\",\"ak\":\"hub\",\"ev\":\"x.y\",\"n\":8,\"t\":\"2026-11-23T16:02:30.007Z\",\"v\":1}", FALSE },
    { "index-as-string", "{\"actor\":\"H52\",\"ak\":\"hub\",\"ev\":\"x.y\",\"n\":\"7\",\"t\":\"2026-11-23T16:02:30.007Z\",\"v\":1}", FALSE },
    { "no-millis", "{\"actor\":\"H52\",\"ak\":\"hub\",\"ev\":\"x.y\",\"n\":7,\"t\":\"2026-11-23T16:02:30Z\",\"v\":1}", FALSE },
    { "31-february", "{\"actor\":\"H52\",\"ak\":\"hub\",\"ev\":\"x.y\",\"n\":7,\"t\":\"2026-02-31T16:02:30.007Z\",\"v\":1}", FALSE },
    { "event-without-dot", "{\"actor\":\"H52\",\"ak\":\"hub\",\"ev\":\"xy\",\"n\":7,\"t\":\"2026-11-23T16:02:30.007Z\",\"v\":1}", FALSE },
    { "event-upper-case", "{\"actor\":\"H52\",\"ak\":\"hub\",\"ev\":\"x.Y\",\"n\":7,\"t\":\"2026-11-23T16:02:30.007Z\",\"v\":1}", FALSE },
    { "event-ends-in-dot", "{\"actor\":\"H52\",\"ak\":\"hub\",\"ev\":\"x.\",\"n\":7,\"t\":\"2026-11-23T16:02:30.007Z\",\"v\":1}", FALSE },
    { "unknown-kind-of-actor", "{\"actor\":\"H52\",\"ak\":\"root\",\"ev\":\"x.y\",\"n\":7,\"t\":\"2026-11-23T16:02:30.007Z\",\"v\":1}", FALSE },
    { "no-actor", "{\"actor\":\"\",\"ak\":\"hub\",\"ev\":\"x.y\",\"n\":7,\"t\":\"2026-11-23T16:02:30.007Z\",\"v\":1}", FALSE },
    { "known-event-lacks-field", "{\"actor\":\"H52\",\"ak\":\"hub\",\"ev\":\"hub.stop\",\"n\":7,\"t\":\"2026-11-23T16:02:30.007Z\",\"v\":1}", FALSE },
    { "known-event-ill-typed", "{\"actor\":\"H52\",\"ak\":\"hub\",\"ev\":\"hub.stop\",\"n\":7,\"t\":\"2026-11-23T16:02:30.007Z\",\"v\":1,\"why\":1}", FALSE },
};

static void
test_forms(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autoptr(GError) error = NULL, read_error = NULL;
        gsize size = strlen(forms[i].entry);
        /* Exactly as large as the entry, so that a sanitizer sees a byte read after it. */
        g_autofree char *exact = g_memdup2(forms[i].entry, size);
        gboolean holds = lt_record_check(exact, size, 7, NULL, &error);
        g_autoptr(LtRecordView) view = lt_record_read(exact, size, &read_error);

        g_test_message("%s", forms[i].name);
        g_assert_cmpint(holds, ==, forms[i].good);
        g_assert_cmpint(view != NULL && view->index == 7, ==, forms[i].good);
        if (!forms[i].good)
            g_assert_cmpstr(lt_error_get_reason(error), ==, "log.entry-form");
    }
}

static void
test_sizes(void)
{
    g_autoptr(GString) entry = g_string_new("{" COMMON);
    char name = 'a';

    for (guint i = 0; i < 63; i++)
        g_string_append_printf(entry, ",\"z%c%02u\":\"%0*d\"", name, i, 1015, 0);
    g_string_append_c(entry, '}');
    g_assert_cmpuint(entry->len, <, LT_RECORD_MAX_SIZE);
    g_assert_false(lt_record_check(entry->str, entry->len, 7, NULL, NULL)); /* 69 members */
    g_string_assign(entry, "{" COMMON ",\"z\":[\"");
    for (guint i = 0; i < 63; i++)
        g_string_append_printf(entry, "%0*d\",\"", 1024, 0);
    g_string_append(entry, "1\"]}");
    g_assert_cmpuint(entry->len, <=, LT_RECORD_MAX_SIZE);
    g_assert_true(lt_record_check(entry->str, entry->len, 7, NULL, NULL));
    g_string_insert(entry, (gssize) entry->len - 2, ",\"1\"");
    g_assert_false(lt_record_check(entry->str, entry->len, 7, NULL, NULL)); /* 65 items */
}

static void
test_table(void)
{
    gsize n;
    const LtEventRule *rules = lt_record_events(&n);

    g_assert_cmpuint(n, ==, 57);
    for (gsize i = 0; i < n; i++) {
        g_assert_true(lt_record_find_event(rules[i].event) == &rules[i]);
        g_assert_null(rules[i].fields[LT_EVENT_MAX_FIELDS - 1].name);
        if (i > 0)
            g_assert_cmpstr(rules[i - 1].event, <, rules[i].event);
    }
    g_assert_null(lt_record_find_event("env.accept"));
}

/* An entry of a log that others made, built again from its values, must have the same bytes. */
static void
rebuild(const char *line, const LtRecordView *view)
{
    g_autoptr(LtRecord) record = lt_record_new(view->event, view->actor_kind, view->actor);
    const LtEventRule *rule = lt_record_find_event(view->event);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) entry = NULL;
    g_autofree char *text = NULL;

    g_assert_nonnull(rule);
    for (const LtFieldRule *field = rule->fields; field->name != NULL; field++) {
        const char *value = g_hash_table_lookup(view->fields, field->name);
        g_auto(GStrv) items = value != NULL ? g_strsplit(value, ",", -1) : NULL;

        if (field->type == LT_FIELD_INTEGER && value != NULL)
            lt_record_set_integer(record, field->name, g_ascii_strtoll(value, NULL, 10));
        else if (field->type == LT_FIELD_LIST)
            lt_record_set_strings(record, field->name, (const char *const *) items);
        else if (field->type != LT_FIELD_INTEGER)
            lt_record_set_string(record, field->name, value);
    }
    entry = lt_record_encode(record, view->index, view->at_us, &error);
    g_assert_no_error(error);
    text = text_of(entry);
    g_assert_cmpstr(text, ==, line);
}

static void
test_known_entries(void)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    gint64 last_us = 0;
    guint n = 0;

    if (vectors_missing())
        return;
    text = vectors_load_text("conforming/log/entries.txt");
    lines = g_strsplit(text, "\n", -1);
    for (; lines[n] != NULL && *lines[n] != '\0'; n++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(LtRecordView) view = lt_record_read(lines[n], strlen(lines[n]), &error);
        gint64 at_us;

        g_assert_no_error(error);
        g_assert_true(lt_record_check(lines[n], strlen(lines[n]), n, &at_us, &error));
        g_assert_cmpint(at_us, >=, last_us);
        g_assert_cmpint(at_us, ==, view->at_us);
        last_us = at_us;
        rebuild(lines[n], view);
    }
    g_assert_cmpuint(n, ==, 20);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/record/writes-sorted-names-without-white-space", test_writes);
    g_test_add_func("/record/writes-lists-and-large-integers", test_lists);
    g_test_add_func("/record/refuses-values-outside-the-grammar", test_bad_values);
    g_test_add_func("/record/refuses-unknown-events-actors-and-absent-fields", test_unwritable);
    g_test_add_func("/record/reader-accepts-one-form-only", test_forms);
    g_test_add_func("/record/reader-limits-members-and-items", test_sizes);
    g_test_add_func("/record/table-of-events-is-sorted-and-ended", test_table);
    g_test_add_func("/record/rebuilds-known-entries-byte-for-byte", test_known_entries);
    return g_test_run();
}
