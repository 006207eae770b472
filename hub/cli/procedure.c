/* SPDX-License-Identifier: Apache-2.0 */
/* procedure.c: `lthub procedure`: the catalogue of administrative procedures, by date. */
#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "base/value.h"
#include "cli/admin.h"
#include "cli/commands.h"
#include "cli/unit.h"
#include "registry/procedure-list.h"
#include "registry/procedure.h"

typedef struct {
    char *effective, *publisher, *level, *time, *basis;
    gint64 day_minutes;
    gboolean dry_run;
} Import;

static const LtKey import_keys[] = {
    LT_STRING(Import, effective, "", "first day of versions that name none (default: today)"),
    LT_STRING(Import, publisher, "", "unit whose catalogue it is, for rows that name none (default: unit of the hub)"),
    LT_STRING(Import, level, "", "level of the units that settle it, for rows that name none"),
    LT_STRING(Import, time, "", "working time of rows that name none, such as 3d, 24h or 90m"),
    LT_STRING(Import, basis, "", "legal basis of rows that name none"),
    LT_NUMBER(Import, day_minutes, "480", "60..1440", "working minutes of one day (d) in `time`"),
    LT_BOOLEAN(Import, dry_run, "false", "check the list and change nothing"),
    LT_KEYS_END,
};

typedef struct {
    char *at, *field;
} Look;

static const LtKey list_keys[] = {
    LT_STRING(Look, at, "", "day to look at, such as 2025-07-01 (default: today)"),
    LT_STRING(Look, field, "", "only procedures of this field"),
    LT_KEYS_END,
};

static const LtKey show_keys[] = {
    LT_STRING(Look, at, "", "day to look at (default: today)"),
    LT_KEYS_END,
};

static LtCatalogue *
read_catalogue(LtStore *store, GError **error)
{
    GPtrArray *rows = store == NULL ? NULL : lt_store_load_procedures(store, error);

    return rows == NULL ? NULL : lt_catalogue_new(rows, error);
}

static LtCatalogue *
look(const LtTerminal *terminal, GError **error)
{
    g_autoptr(LtStore) store = lt_admin_open_reader(terminal->config, error);

    return read_catalogue(store, error);
}

static LtCatalogue *
known_to(LtAdmin *admin, const LtTerminal *terminal, GError **error)
{
    return lt_admin_get_store(admin) != NULL ? read_catalogue(lt_admin_get_store(admin), error) : look(terminal, error);
}

/* The running hub reads the same form that `export` writes. */
static gboolean
put_rows(LtAdmin *admin, LtCatalogue *known, const GPtrArray *rows, gboolean dry_run, GError **error)
{
    g_autoptr(LtCatalogue) would_be = lt_catalogue_with(known, rows, error);
    g_autoptr(GString) body = NULL;
    g_autofree char *list = NULL;
    g_autofree char *answer = NULL;

    if (would_be == NULL || dry_run)
        return would_be != NULL;
    if (lt_admin_get_store(admin) != NULL)
        return lt_store_change_procedures(lt_admin_get_store(admin), rows, "hub", lt_admin_get_unit(admin), error);
    list = lt_procedure_list_write(rows);
    body = g_string_new("{");
    lt_json_append_member(body, "list", list);
    g_string_append_c(body, '}');
    answer = lt_admin_call(admin, "POST", "/v1/admin/procedures", body->str, error);
    return answer != NULL;
}

static int
run_import(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Import *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(LtAdmin) admin = lt_admin_open(terminal->config, &error);
    g_autoptr(LtCatalogue) known = admin == NULL ? NULL : known_to(admin, terminal, &error);
    g_autofree char *today = lt_unit_today();
    LtProcedureListOptions list = { options->publisher != NULL ? options->publisher : admin != NULL ? lt_admin_get_unit(admin) : NULL,
                                    options->effective != NULL ? options->effective : today, options->level, options->time, options->basis,
                                    options->day_minutes };
    g_autoptr(GPtrArray) rows = known == NULL ? NULL : lt_procedure_list_read(arguments[0], &list, faults, &error);
    guint n = rows != NULL ? rows->len : 0;

    if (faults->len > 0)
        return lt_unit_print_faults(faults, _("Nothing was imported."), terminal);
    if (rows == NULL)
        return lt_command_fail(terminal, error);
    lt_catalogue_complete(known, rows);
    if (!put_rows(admin, known, rows, options->dry_run, &error))
        return lt_command_fail(terminal, error);
    if (terminal->json)
        g_print("{\"procedures\":%u,\"changed\":%s}\n", n, options->dry_run ? "false" : "true");
    else
        g_print(options->dry_run ? _("%u versions of procedures would be imported\n") : _("%u versions of procedures imported\n"), n);
    return LT_EXIT_OK;
}

static void
append_items(GString *out, const LtProcedureRow *row)
{
    g_string_append(out, ",\"items\":[");
    for (guint i = 0; i < row->items->len; i++) {
        const LtProcedureItem *item = row->items->pdata[i];

        g_string_append(out, i > 0 ? ",{" : "{");
        lt_json_append_member(out, "kind", item->kind);
        lt_json_append_member(out, "code", item->word);
        lt_json_append_member(out, "name", item->name);
        lt_json_append_member(out, "level", item->level);
        lt_json_append_member(out, strcmp(item->kind, "part") == 0 ? "form" : "role", item->role);
        lt_json_append_integer(out, strcmp(item->kind, "part") == 0 ? "copies" : strcmp(item->kind, "fee") == 0 ? "amount" : "per_mille", item->value);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void
print_json(const LtProcedureRow *row, gboolean whole)
{
    g_autoptr(GString) line = g_string_new("{");

    lt_json_append_member(line, "code", row->code);
    lt_json_append_member(line, "name", row->name);
    lt_json_append_member(line, "field", row->field);
    lt_json_append_member(line, "level", row->level);
    lt_json_append_integer(line, "minutes", row->minutes);
    lt_json_append_member(line, "cutoff", row->cutoff);
    lt_json_append_member(line, "publisher", row->publisher);
    lt_json_append_member(line, "valid_from", row->valid_from);
    lt_json_append_member(line, "valid_to", row->valid_to);
    lt_json_append_member(line, "merged", row->merged);
    lt_json_append_member(line, "basis", row->basis);
    if (whole)
        append_items(line, row);
    g_print("%s}\n", line->str);
}

static void
print_line(const LtProcedureRow *row)
{
    g_print("%-12s %-14s %-10s %6" G_GINT64_FORMAT " %s  %s … %-10s  %s\n", row->code, row->field, row->level, row->minutes, _("min"), row->valid_from,
            row->valid_to != NULL ? row->valid_to : "", row->name);
}

static void
print_whole(const LtProcedureRow *row)
{
    print_line(row);
    g_print(_("  publisher  %s\n  basis      %s\n"), row->publisher, row->basis != NULL ? row->basis : "-");
    if (row->cutoff != NULL)
        g_print(_("  cutoff     %s: what comes later counts from the next working day\n"), row->cutoff);
    if (row->merged != NULL)
        g_print(_("  merged     into %s on %s\n"), row->merged, row->valid_to);
    for (guint i = 0; i < row->items->len; i++) {
        const LtProcedureItem *item = row->items->pdata[i];

        if (strcmp(item->kind, "part") == 0)
            g_print(_("  part       %s  %s, %" G_GINT64_FORMAT " copies\n"), item->word != NULL ? item->word : "-", item->name, item->value);
        else if (strcmp(item->kind, "fee") == 0)
            g_print(_("  fee        %s  %s, %" G_GINT64_FORMAT " đồng\n"), item->word != NULL ? item->word : "-", item->name, item->value);
        else
            g_print(_("  step       %s (%s, %s): %" G_GINT64_FORMAT ".%" G_GINT64_FORMAT " %% of the time\n"), item->name, item->level != NULL ? item->level : "-",
                    item->role != NULL ? item->role : "-", item->value / 10, item->value % 10);
    }
}

static int
run_list(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Look *options = data;
    g_autoptr(GError) error = NULL;
    gint64 at_us;
    g_autoptr(LtCatalogue) catalogue = lt_unit_read_day(options->at, &at_us, &error) ? look(terminal, &error) : NULL;

    (void) arguments;
    if (catalogue == NULL)
        return lt_command_fail(terminal, error);
    for (guint i = 0; i < lt_catalogue_get_rows(catalogue)->len; i++) {
        const LtProcedureRow *row = lt_catalogue_get_rows(catalogue)->pdata[i];

        if (!lt_procedure_is_valid(row, at_us) || (options->field != NULL && strcmp(options->field, row->field) != 0))
            continue;
        if (terminal->json)
            print_json(row, FALSE);
        else
            print_line(row);
    }
    return LT_EXIT_OK;
}

static int
run_show(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Look *options = data;
    g_autoptr(GError) error = NULL;
    gint64 at_us;
    g_autoptr(LtCatalogue) catalogue = lt_unit_read_day(options->at, &at_us, &error) ? look(terminal, &error) : NULL;
    const LtProcedureRow *row = catalogue == NULL ? NULL : lt_catalogue_find(catalogue, arguments[0], at_us);

    if (catalogue != NULL && row == NULL)
        lt_error_set(&error, LT_ERROR_NOT_FOUND, "procedure.unknown", _("no procedure %s is in force on this day; `lthub procedure history` shows other days"),
                     arguments[0]);
    if (row == NULL)
        return lt_command_fail(terminal, error);
    if (terminal->json)
        print_json(row, TRUE);
    else
        print_whole(row);
    return LT_EXIT_OK;
}

static int
run_history(gpointer data, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtCatalogue) catalogue = look(terminal, &error);
    const GPtrArray *versions = catalogue == NULL ? NULL : lt_catalogue_history(catalogue, arguments[0]);

    (void) data;
    if (catalogue != NULL && versions == NULL)
        lt_error_set(&error, LT_ERROR_NOT_FOUND, "procedure.unknown", _("no procedure %s on any day"), arguments[0]);
    if (versions == NULL)
        return lt_command_fail(terminal, error);
    for (guint i = 0; i < versions->len; i++) {
        if (terminal->json)
            print_json(versions->pdata[i], TRUE);
        else
            print_whole(versions->pdata[i]);
    }
    return LT_EXIT_OK;
}

static int
run_export(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Look *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) chosen = g_ptr_array_new();
    g_autofree char *text = NULL;
    gint64 at_us = 0;
    g_autoptr(LtCatalogue) catalogue = options->at == NULL || lt_unit_read_day(options->at, &at_us, &error) ? look(terminal, &error) : NULL;

    (void) arguments;
    if (catalogue == NULL)
        return lt_command_fail(terminal, error);
    for (guint i = 0; i < lt_catalogue_get_rows(catalogue)->len; i++)
        if (at_us == 0 || lt_procedure_is_valid(lt_catalogue_get_rows(catalogue)->pdata[i], at_us))
            g_ptr_array_add(chosen, lt_catalogue_get_rows(catalogue)->pdata[i]);
    for (guint i = 0; terminal->json && i < chosen->len; i++)
        print_json(chosen->pdata[i], TRUE);
    text = lt_procedure_list_write(chosen);
    if (!terminal->json)
        g_print("%s", text);
    return LT_EXIT_OK;
}

static const LtVerb verbs[] = {
    { .name = "import", .arguments = "FILE", .min_arguments = 1, .max_arguments = 1,
      .summary = "Imports procedures from a list, CSV or JSON: all of it, or nothing with every fault named",
      .description = "Columns: code,name,field,level,time and, as wanted, valid_from,valid_to,publisher,cutoff,merged,basis,parts,fees,steps. In CSV the\n"
                     "elements of parts, fees and steps are separated by ; and their values by |: CODE|NAME|COPIES|FORM, CODE|NAME|AMOUNT,\n"
                     "NAME|LEVEL|ROLE|SHARE. What a portal answers (MaTTHC, TenTTHC, MaLinhVuc) is understood as well. A newer version ends the one before;\n"
                     "a dossier keeps the one in force at its receipt.",
      .examples = "lthub procedure import procedures.csv --dry-run\nlthub procedure import tthc.json --effective 2026-01-01 --level commune --time 3d",
      .options = import_keys, .options_size = sizeof(Import), .run = run_import },
    { .name = "list", .arguments = "", .summary = "Lists the procedures in force on a day", .examples = "lthub procedure list --field TU_PHAP --at 2025-07-01",
      .options = list_keys, .options_size = sizeof(Look), .run = run_list },
    { .name = "show", .arguments = "CODE", .min_arguments = 1, .max_arguments = 1, .summary = "Shows a procedure on a day: time, parts, fees, steps",
      .examples = "lthub procedure show 2.000635 --at 2025-07-01", .options = show_keys, .options_size = sizeof(Look), .run = run_show },
    { .name = "history", .arguments = "CODE", .min_arguments = 1, .max_arguments = 1, .summary = "Shows all versions of a procedure",
      .examples = "lthub procedure history 2.000635", .run = run_history },
    { .name = "export", .arguments = "", .summary = "Writes the catalogue as CSV that reads back the same", .examples = "lthub procedure export > procedures.csv",
      .options = show_keys, .options_size = sizeof(Look), .run = run_export },
    { 0 },
};

const LtCommand lt_command_procedure = { "procedure", "keeps the catalogue of procedures", verbs };
