/* SPDX-License-Identifier: Apache-2.0 */
/* unit-look.c: what the register says: of a day, of a unit, of a code through time, and of who came after whom. */
#include "cli/unit.h"

#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "cli/unit-rows.h"

static void
append_row(GString *out, const LtUnitRow *row)
{
    lt_json_append_member(out, "id", row->id);
    lt_json_append_member(out, "admin_code", row->admin_code);
    lt_json_append_member(out, "name", row->name);
    lt_json_append_member(out, "level", row->level);
    lt_json_append_member(out, "parent", row->parent);
    lt_json_append_member(out, "valid_from", row->valid_from);
    lt_json_append_member(out, "valid_to", row->valid_to);
    lt_json_append_member(out, "basis", row->basis);
}

static void
append_successors(GString *out, const LtUnit *unit)
{
    const GPtrArray *rows = lt_unit_get_successors(unit);

    g_string_append(out, ",\"successors\":[");
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        const LtSuccessorRow *row = rows->pdata[i];

        g_string_append(out, i > 0 ? ",{" : "{");
        lt_json_append_member(out, "successor", row->successor);
        lt_json_append_member(out, "procedure", row->procedure);
        lt_json_append_member(out, "area", row->area);
        lt_json_append_member(out, "effective", row->effective);
        lt_json_append_member(out, "basis", row->basis);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void
append_aliases(GString *out, LtRegistry *registry, const char *unit)
{
    const GPtrArray *aliases = lt_registry_get_rows(registry)->aliases;
    gboolean first = TRUE;

    g_string_append(out, ",\"aliases\":[");
    for (guint i = 0; i < aliases->len; i++) {
        const LtAliasRow *row = aliases->pdata[i];

        if (strcmp(row->unit, unit) != 0)
            continue;
        g_string_append(out, first ? "" : ",");
        lt_json_append_string(out, row->alias);
        first = FALSE;
    }
    g_string_append_c(out, ']');
}

static void
print_json(LtRegistry *registry, const LtUnit *unit, gint64 at_us, gboolean whole)
{
    g_autoptr(GString) line = g_string_new("{");

    append_row(line, lt_unit_get_row(unit));
    g_string_append_printf(line, ",\"in_force\":%s", lt_unit_is_valid(unit, at_us) ? "true" : "false");
    if (whole) {
        append_aliases(line, registry, lt_unit_get_id(unit));
        append_successors(line, unit);
    }
    g_print("%s}\n", line->str);
}

static void
print_line(const LtUnit *unit, gint64 at_us)
{
    g_print("%-20s %-12s %-8s %s%s\n", lt_unit_get_id(unit), lt_unit_get_level(unit), lt_unit_get_admin_code(unit) != NULL ? lt_unit_get_admin_code(unit) : "-",
            lt_unit_get_name(unit), lt_unit_is_valid(unit, at_us) ? "" : _("  (not in force)"));
}

int
lt_unit_list(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const LtUnitLookOptions *options = data;
    g_autoptr(GError) error = NULL;
    gint64 at_us;
    g_autoptr(LtRegistry) registry = lt_unit_read_day(options->at, &at_us, &error) ? lt_unit_look(terminal, &error) : NULL;

    (void) arguments;
    if (registry == NULL)
        return lt_command_fail(terminal, error);
    for (guint i = 0; i < lt_registry_get_n_units(registry); i++) {
        const LtUnit *unit = lt_registry_get_unit(registry, i);

        if (!lt_unit_is_valid(unit, at_us) || (options->level != NULL && strcmp(options->level, lt_unit_get_level(unit)) != 0))
            continue;
        if (terminal->json)
            print_json(registry, unit, at_us, FALSE);
        else
            print_line(unit, at_us);
    }
    return LT_EXIT_OK;
}

int
lt_unit_show(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const LtUnitLookOptions *options = data;
    g_autoptr(GError) error = NULL;
    gint64 at_us;
    g_autoptr(LtRegistry) registry = lt_unit_read_day(options->at, &at_us, &error) ? lt_unit_look(terminal, &error) : NULL;
    const LtUnit *unit = registry == NULL ? NULL : lt_unit_find(registry, arguments[0], at_us, &error);

    if (unit == NULL)
        return lt_command_fail(terminal, error);
    if (terminal->json) {
        print_json(registry, unit, at_us, TRUE);
        return LT_EXIT_OK;
    }
    print_line(unit, at_us);
    lt_unit_rows_print(lt_registry_get_rows(registry), lt_unit_get_row(unit));
    return LT_EXIT_OK;
}

/* The lives of all units that the name may mean, each fact once. */
static GPtrArray *
list_history(LtRegistry *registry, const char *name)
{
    const LtUnit *named = lt_registry_lookup(registry, name);
    const GPtrArray *holders = named == NULL ? lt_registry_list_code(registry, name) : NULL;
    GPtrArray *found = g_ptr_array_new();

    for (guint i = 0; named != NULL && i < lt_unit_get_life(named)->len; i++)
        g_ptr_array_add(found, lt_unit_get_life(named)->pdata[i]);
    for (guint i = 0; holders != NULL && i < holders->len; i++)
        g_ptr_array_add(found, holders->pdata[i]);
    return found;
}

int
lt_unit_history(gpointer data, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtRegistry) registry = lt_unit_look(terminal, &error);
    g_autoptr(GPtrArray) facts = registry == NULL ? NULL : list_history(registry, arguments[0]);
    gint64 now_us;

    (void) data;
    (void) lt_unit_read_day(NULL, &now_us, NULL);
    if (facts != NULL && facts->len == 0)
        lt_error_set(&error, LT_ERROR_NOT_FOUND, "unit.unknown", _("no unit \"%s\", neither as id nor as alias nor as code on any day"), arguments[0]);
    if (error != NULL)
        return lt_command_fail(terminal, error);
    for (guint i = 0; i < facts->len; i++) {
        const LtUnitRow *row = lt_unit_get_row(facts->pdata[i]);

        if (terminal->json)
            print_json(registry, facts->pdata[i], now_us, TRUE);
        else
            g_print("%s … %-10s  %-20s %-8s %-12s %s%s%s%s\n", row->valid_from, row->valid_to != NULL ? row->valid_to : "", row->id,
                    row->admin_code != NULL ? row->admin_code : "-", row->parent != NULL ? row->parent : "-", row->name,
                    row->basis != NULL ? "  (" : "", row->basis != NULL ? row->basis : "", row->basis != NULL ? ")" : "");
    }
    return LT_EXIT_OK;
}

/* For a reused code the unit that had it before: its holder today has no successor yet. */
static const LtUnit *
find_predecessor(LtRegistry *registry, const char *name, gint64 at_us, GError **error)
{
    const GPtrArray *holders = lt_registry_lookup(registry, name) == NULL ? lt_registry_list_code(registry, name) : NULL;

    for (guint i = holders != NULL ? holders->len : 0; i > 0; i--) {
        const LtUnit *unit = holders->pdata[i - 1];

        if (!lt_unit_is_valid(unit, at_us) && lt_unit_get_successors(unit) != NULL)
            return unit;
    }
    return lt_unit_find(registry, name, at_us, error);
}

static void
print_rules(const LtUnit *unit, const LtTerminal *terminal)
{
    const GPtrArray *rows = lt_unit_get_successors(unit);

    if (terminal->json) {
        g_autoptr(GString) line = g_string_new("{");

        lt_json_append_member(line, "unit", lt_unit_get_id(unit));
        append_successors(line, unit);
        g_print("%s}\n", line->str);
        return;
    }
    if (rows == NULL)
        g_print(_("%s (%s) has no successor\n"), lt_unit_get_id(unit), lt_unit_get_name(unit));
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        const LtSuccessorRow *row = rows->pdata[i];

        g_print("%s → %s  %s%s%s%s%s%s%s\n", row->unit, row->successor, row->effective, row->procedure != NULL ? _("  procedure ") : "",
                row->procedure != NULL ? row->procedure : "", row->area != NULL ? _("  area ") : "", row->area != NULL ? row->area : "",
                row->basis != NULL ? "  " : "", row->basis != NULL ? row->basis : "");
    }
}

int
lt_unit_successors(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const LtUnitSuccessorOptions *options = data;
    const LtMatter matter = { options->procedure, options->area };
    g_autoptr(GError) error = NULL;
    const char *basis = NULL;
    gint64 at_us;
    g_autoptr(LtRegistry) registry = lt_unit_read_day(options->at, &at_us, &error) ? lt_unit_look(terminal, &error) : NULL;
    const LtUnit *unit = registry == NULL ? NULL : find_predecessor(registry, arguments[0], at_us, &error), *receiver;

    if (unit == NULL)
        return lt_command_fail(terminal, error);
    if (options->procedure == NULL && options->area == NULL && options->at == NULL) {
        print_rules(unit, terminal);
        return LT_EXIT_OK;
    }
    receiver = lt_registry_receiver(registry, lt_unit_get_id(unit), &matter, at_us, &basis, &error);
    if (receiver == NULL)
        return lt_command_fail(terminal, error);
    if (terminal->json) {
        g_autoptr(GString) line = g_string_new("{");

        lt_json_append_member(line, "unit", lt_unit_get_id(unit));
        lt_json_append_member(line, "receiver", lt_unit_get_id(receiver));
        lt_json_append_member(line, "name", lt_unit_get_name(receiver));
        lt_json_append_member(line, "basis", basis);
        g_print("%s}\n", line->str);
    } else {
        print_line(receiver, at_us);
    }
    return LT_EXIT_OK;
}

int
lt_unit_export(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const LtUnitLookOptions *options = data;
    g_autoptr(GError) error = NULL;
    gint64 at_us = 0;
    g_autoptr(LtRegistry) registry = options->at == NULL || lt_unit_read_day(options->at, &at_us, &error) ? lt_unit_look(terminal, &error) : NULL;
    g_autofree char *text = NULL;

    (void) arguments;
    if (registry == NULL)
        return lt_command_fail(terminal, error);
    if (!terminal->json) {
        text = lt_unit_list_write(registry, at_us);
        g_print("%s", text);
        return LT_EXIT_OK;
    }
    for (guint i = 0; i < lt_registry_get_n_units(registry); i++)
        if (at_us == 0 || lt_unit_is_valid(lt_registry_get_unit(registry, i), at_us))
            print_json(registry, lt_registry_get_unit(registry, i), at_us != 0 ? at_us : lt_time_now_us(), TRUE);
    return LT_EXIT_OK;
}
