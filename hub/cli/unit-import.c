/* SPDX-License-Identifier: Apache-2.0 */
/* unit-import.c: `lthub unit import`: lists become rows, are judged as a whole, and are written by whoever holds the store. */
#include "cli/unit.h"

#include <string.h>

#include "base/language.h"
#include "cli/unit-rows.h"
#include "registry/change.h"

/* The hub's own unit stands above lists of codes when nothing else is said, if it is known. */
static const char *
default_parent(const LtUnitImportOptions *options, const char *hub, LtRegistry *known)
{
    if (options->parent != NULL)
        return options->parent;
    return lt_registry_lookup(known, hub) != NULL ? hub : NULL;
}

LtRegistryRows *
lt_unit_read_files(char **files, const LtUnitImportOptions *options, const char *hub, LtRegistry *known, GPtrArray *faults, GError **error)
{
    g_autoptr(LtRegistryRows) all = lt_registry_rows_new();
    g_autoptr(LtRegistry) seen = lt_registry_ref(known);

    for (; *files != NULL; files++) {
        LtUnitListOptions list = { options->prefix != NULL ? options->prefix : hub, default_parent(options, hub, seen), options->effective,
                                   options->valid_to, options->basis, options->level, options->complete, seen };
        g_autoptr(LtRegistryRows) rows = lt_unit_list_read(*files, &list, faults, error);
        LtRegistry *next;

        if (rows == NULL)
            return NULL;
        lt_registry_rows_put(all, rows);
        if (files[1] == NULL)
            break;
        /* What one file says, the next may refer to. */
        lt_registry_complete(seen, rows);
        next = lt_registry_with(seen, rows, error);
        if (next == NULL)
            return NULL;
        lt_registry_unref(seen);
        seen = next;
    }
    lt_registry_complete(known, all);
    return g_steal_pointer(&all);
}

/* Judges what would be, then writes: with our own hands, or through the running hub. */
static gboolean
put_rows(LtAdmin *admin, LtRegistry *known, const LtRegistryRows *rows, gboolean dry_run, GError **error)
{
    g_autoptr(LtRegistry) would_be = lt_registry_with(known, rows, error);
    g_autofree char *body = NULL;
    g_autofree char *answer = NULL;

    if (would_be == NULL || dry_run)
        return would_be != NULL;
    if (lt_admin_get_store(admin) != NULL)
        return lt_store_change_registry(lt_admin_get_store(admin), rows, "hub", lt_admin_get_unit(admin), error);
    body = lt_unit_rows_to_json(rows);
    answer = lt_admin_call(admin, "POST", "/v1/admin/units", body, error);
    return answer != NULL;
}

int
lt_unit_import(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const LtUnitImportOptions *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(LtAdmin) admin = lt_admin_open(terminal->config, &error);
    g_autoptr(LtRegistry) known = admin == NULL ? NULL : lt_unit_known(admin, terminal, &error);
    g_autoptr(LtRegistryRows) rows = known == NULL ? NULL : lt_unit_read_files(arguments, options, lt_admin_get_unit(admin), known, faults, &error);

    if (faults->len > 0)
        return lt_unit_print_faults(faults, _("Nothing was imported."), terminal);
    if (rows == NULL || !put_rows(admin, known, rows, options->dry_run, &error))
        return lt_command_fail(terminal, error);
    if (terminal->json)
        g_print("{\"units\":%u,\"aliases\":%u,\"successors\":%u,\"changed\":%s}\n", rows->units->len, rows->aliases->len, rows->successors->len,
                options->dry_run ? "false" : "true");
    else
        g_print(options->dry_run ? _("%u units, %u aliases, %u successors would be imported\n") : _("%u units, %u aliases, %u successors imported\n"),
                rows->units->len, rows->aliases->len, rows->successors->len);
    return LT_EXIT_OK;
}
