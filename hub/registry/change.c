/* SPDX-License-Identifier: Apache-2.0 */
/* change.c: what a change means for the facts that it follows. Days are written so that their order as text is that of time. */
#include "registry/change.h"

#include <string.h>

LtUnitRow *
lt_unit_row_dup(const LtUnitRow *row, const char *valid_to)
{
    LtUnitRow *copy = g_new0(LtUnitRow, 1);

    *copy = (LtUnitRow){ g_strdup(row->id), g_strdup(row->admin_code), g_strdup(row->name), g_strdup(row->level), g_strdup(row->parent),
                         g_strdup(row->valid_from), g_strdup(valid_to != NULL ? valid_to : row->valid_to), g_strdup(row->basis) };
    return copy;
}

static gboolean
is_put(const LtRegistryRows *rows, const LtUnitRow *wanted)
{
    for (guint i = 0; i < rows->units->len; i++) {
        const LtUnitRow *row = rows->units->pdata[i];

        if (strcmp(row->id, wanted->id) == 0 && strcmp(row->valid_from, wanted->valid_from) == 0)
            return TRUE;
    }
    return FALSE;
}

static void
end_before(LtUnitRow *row, const LtUnitRow *next)
{
    if (strcmp(next->valid_from, row->valid_from) <= 0 || (row->valid_to != NULL && strcmp(row->valid_to, next->valid_from) <= 0))
        return;
    g_free(row->valid_to);
    row->valid_to = g_strdup(next->valid_from);
}

static void
fit_to_known(LtRegistry *known, LtUnitRow *row, LtRegistryRows *rows)
{
    const LtUnit *unit = lt_registry_lookup(known, row->id);
    const GPtrArray *life = unit != NULL && strcmp(lt_unit_get_id(unit), row->id) == 0 ? lt_unit_get_life(unit) : NULL;

    for (guint i = 0; life != NULL && i < life->len; i++) {
        const LtUnitRow *other = lt_unit_get_row(life->pdata[i]);

        if (is_put(rows, other))
            continue;
        end_before(row, other);
        if (strcmp(other->valid_from, row->valid_from) < 0 && (other->valid_to == NULL || strcmp(other->valid_to, row->valid_from) > 0))
            g_ptr_array_add(rows->units, lt_unit_row_dup(other, row->valid_from));
    }
}

void
lt_registry_complete(LtRegistry *known, LtRegistryRows *rows)
{
    g_autoptr(GHashTable) lives = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_ptr_array_unref);
    guint n = rows->units->len;

    for (guint i = 0; i < n; i++) {
        LtUnitRow *row = rows->units->pdata[i];
        GPtrArray *life = g_hash_table_lookup(lives, row->id);

        if (life == NULL)
            g_hash_table_insert(lives, row->id, life = g_ptr_array_new());
        for (guint j = 0; j < life->len; j++) {
            end_before(life->pdata[j], row);
            end_before(row, life->pdata[j]);
        }
        g_ptr_array_add(life, row);
    }
    for (guint i = 0; i < n; i++)
        fit_to_known(known, rows->units->pdata[i], rows);
}

LtRegistry *
lt_registry_with(LtRegistry *known, const LtRegistryRows *rows, GError **error)
{
    LtRegistryRows *after = lt_registry_rows_new();

    lt_registry_rows_put(after, lt_registry_get_rows(known));
    lt_registry_rows_put(after, rows);
    return lt_registry_new(after, error);
}
