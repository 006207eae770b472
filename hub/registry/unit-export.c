/* SPDX-License-Identifier: Apache-2.0 */
/* unit-export.c: a registry written in the hub's own form. */
#include "registry/csv.h"
#include "registry/unit-list.h"

#include <string.h>

static char *
join_aliases(const LtRegistryRows *rows, const char *unit)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < rows->aliases->len; i++) {
        const LtAliasRow *row = rows->aliases->pdata[i];

        if (strcmp(row->unit, unit) == 0)
            g_string_append_printf(out, "%s%s", out->len > 0 ? ";" : "", row->alias);
    }
    return g_string_free(out, FALSE);
}

/* Those that took effect when these facts ended. */
static char *
join_successors(const LtUnit *unit)
{
    const GPtrArray *rows = lt_unit_get_successors(unit);
    const char *day = lt_unit_get_row(unit)->valid_to;
    GString *out = g_string_new(NULL);

    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        const LtSuccessorRow *row = rows->pdata[i];

        if (g_strcmp0(row->effective, day) != 0)
            continue;
        g_string_append_printf(out, "%s%s%s%s%s", out->len > 0 ? ";" : "", row->area != NULL ? "area:" : "",
                               row->area != NULL ? row->area : row->procedure != NULL ? row->procedure : "",
                               row->area != NULL || row->procedure != NULL ? "=" : "", row->successor);
    }
    return g_string_free(out, FALSE);
}

char *
lt_unit_list_write(LtRegistry *registry, gint64 at_us)
{
    GString *out = g_string_new("id,admin_code,name,level,parent,valid_from,valid_to,basis,aliases,successors\n");

    for (guint i = 0; i < lt_registry_get_n_units(registry); i++) {
        const LtUnit *unit = lt_registry_get_unit(registry, i);
        const LtUnitRow *row = lt_unit_get_row(unit);
        const GPtrArray *life = lt_unit_get_life(unit);
        g_autofree char *aliases = life->pdata[life->len - 1] == unit ? join_aliases(lt_registry_get_rows(registry), row->id) : NULL;
        g_autofree char *successors = join_successors(unit);
        const char *texts[] = { row->id, row->admin_code, row->name, row->level, row->parent, row->valid_from, row->valid_to, row->basis, aliases,
                                successors };

        if (at_us != 0 && !lt_unit_is_valid(unit, at_us))
            continue;
        for (guint j = 0; j < G_N_ELEMENTS(texts); j++)
            lt_csv_append(out, texts[j]);
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}
