/* SPDX-License-Identifier: Apache-2.0 */
/* audit-print.c: how the log is shown. Entries hold only plain ASCII, but a damaged one may hold anything: all is escaped. */
#include "cli/audit-print.h"

#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "base/value.h"

static void
print_raw(GBytes *entry)
{
    gsize size;
    const char *data = g_bytes_get_data(entry, &size);
    g_autofree char *text = g_strndup(data, size), *escaped = lt_escape_for_log(text);

    g_print("%s\n", escaped);
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(*(const char *const *) a, *(const char *const *) b);
}

/* Sorted, so that two runs print the same. */
static GPtrArray *
field_names(const LtRecordView *view)
{
    GPtrArray *names = g_ptr_array_new();
    GHashTableIter iterator;
    gpointer name;

    g_hash_table_iter_init(&iterator, view->fields);
    while (g_hash_table_iter_next(&iterator, &name, NULL))
        g_ptr_array_add(names, name);
    g_ptr_array_sort(names, compare_names);
    return names;
}

static LtRecordView *
read_entry(GBytes *entry)
{
    gsize size;
    const char *data = g_bytes_get_data(entry, &size);

    return lt_record_read(data, size, NULL);
}

/* Digests are for machines; eight digits tell two apart. `audit show` prints them whole. */
static void
print_field(const char *name, const char *value)
{
    gsize length = strlen(value);

    if (length == 64 && strspn(value, "0123456789abcdef") == length)
        g_print("  %s=%.8s…", name, value);
    else
        g_print("  %s=%s", name, value);
}

void
lt_audit_print_entry(guint64 index, GBytes *entry, const LtTerminal *terminal)
{
    g_autoptr(LtRecordView) view = terminal->json ? NULL : read_entry(entry);
    g_autoptr(GPtrArray) names = NULL;
    char time[25];

    if (view == NULL) {
        print_raw(entry);
        return;
    }
    lt_time_write_millis(view->at_us, time);
    names = field_names(view);
    g_print("%8" G_GUINT64_FORMAT "  %s  %-18s  %s:%s", index, time, view->event, view->actor_kind, view->actor);
    for (guint i = 0; i < names->len; i++)
        print_field(names->pdata[i], g_hash_table_lookup(view->fields, names->pdata[i]));
    g_print("\n");
}

void
lt_audit_print_fields(guint64 index, GBytes *entry, const LtTerminal *terminal)
{
    g_autoptr(LtRecordView) view = terminal->json ? NULL : read_entry(entry);
    g_autoptr(GPtrArray) names = NULL;
    char time[25];

    if (view == NULL) {
        print_raw(entry);
        return;
    }
    lt_time_write_millis(view->at_us, time);
    names = field_names(view);
    g_print("%-12s %" G_GUINT64_FORMAT "\n%-12s %s\n%-12s %s\n%-12s %s:%s\n", "index", index, "time", time, "event", view->event, "actor",
            view->actor_kind, view->actor);
    for (guint i = 0; i < names->len; i++)
        g_print("%-12s %s\n", (const char *) names->pdata[i], (const char *) g_hash_table_lookup(view->fields, names->pdata[i]));
}

static void
append_finding(GString *line, const LtLogFinding *finding)
{
    g_autofree char *text = lt_escape_for_log(finding->text);

    g_string_append(line, line->str[line->len - 1] == '[' ? "{" : ",{");
    lt_json_append_member(line, "code", finding->code);
    lt_json_append_member(line, "table", finding->table);
    if (finding->index >= 0)
        lt_json_append_integer(line, "index", finding->index);
    lt_json_append_member(line, "dossier", finding->dossier);
    lt_json_append_member(line, "text", text);
    g_string_append_c(line, '}');
}

static void
print_json(const LtAuditLog *log, guint64 size, const GPtrArray *findings, const char *result)
{
    g_autoptr(GString) line = g_string_new("{");

    lt_json_append_integer(line, "v", 1);
    lt_json_append_member(line, "result", result);
    lt_json_append_integer(line, "size", (gint64) size);
    g_string_append(line, ",\"findings\":[");
    for (guint i = 0; i < findings->len; i++)
        append_finding(line, findings->pdata[i]);
    g_string_append_printf(line, "],\"missing\":[%s]}", log->signer == NULL ? "\"log.vkey\"" : "");
    g_print("%s\n", line->str);
}

static void
print_finding(const LtLogFinding *finding)
{
    g_autofree char *text = lt_escape_for_log(finding->text), *index = g_strdup_printf("%" G_GINT64_FORMAT, finding->index);

    if (finding->index >= 0)
        g_print(_("entry %s: "), index);
    g_print("%s%s%s [%s]\n", text, finding->dossier != NULL ? _(", dossier ") : "", finding->dossier != NULL ? finding->dossier : "",
            finding->code);
}

int
lt_audit_print_check(const LtAuditLog *log, guint64 size, const GPtrArray *findings, const LtTerminal *terminal)
{
    gboolean failed = findings->len > 0, incomplete = log->signer == NULL;
    const char *result = failed ? "invalid" : incomplete ? "incomplete" : "valid";
    g_autofree char *n_entries = g_strdup_printf("%" G_GUINT64_FORMAT, size);

    if (terminal->json) {
        print_json(log, size, findings, result);
    } else {
        for (guint i = 0; i < findings->len; i++)
            print_finding(findings->pdata[i]);
        if (incomplete)
            g_print(_("signature and confirmed size not checked: %s [log.vkey]\n"), log->signer_cause);
        g_print(_("%s entries: "), n_entries);
        g_print("%s\n", failed ? _("VERDICT: INVALID") : incomplete ? _("VERDICT: INCOMPLETE") : _("VERDICT: VALID"));
    }
    return failed ? LT_EXIT_FAILED : incomplete ? LT_EXIT_INCOMPLETE : LT_EXIT_OK;
}
