/* SPDX-License-Identifier: Apache-2.0 */
/* unit-rows.c: the rows of the registry in memory: made empty, filled by whoever reads them, freed whole. */
#include "store/units.h"

static void
unit_row_free(LtUnitRow *row)
{
    g_free(row->id);
    g_free(row->admin_code);
    g_free(row->name);
    g_free(row->level);
    g_free(row->parent);
    g_free(row->valid_from);
    g_free(row->valid_to);
    g_free(row->basis);
    g_free(row);
}

static void
alias_row_free(LtAliasRow *row)
{
    g_free(row->unit);
    g_free(row->alias);
    g_free(row);
}

static void
successor_row_free(LtSuccessorRow *row)
{
    g_free(row->unit);
    g_free(row->successor);
    g_free(row->procedure);
    g_free(row->area);
    g_free(row->effective);
    g_free(row->basis);
    g_free(row);
}

static void
key_row_free(LtUnitKeyRow *row)
{
    g_free(row->spki);
    g_free(row->unit);
    g_free(row->use);
    g_free(row->role);
    g_free(row);
}

static void
token_row_free(LtTokenRow *row)
{
    g_free(row->id);
    g_free(row->hash);
    g_free(row->unit);
    g_free(row);
}

LtRegistryRows *
lt_registry_rows_new(void)
{
    LtRegistryRows *self = g_new0(LtRegistryRows, 1);

    self->units = g_ptr_array_new_with_free_func((GDestroyNotify) unit_row_free);
    self->aliases = g_ptr_array_new_with_free_func((GDestroyNotify) alias_row_free);
    self->successors = g_ptr_array_new_with_free_func((GDestroyNotify) successor_row_free);
    self->keys = g_ptr_array_new_with_free_func((GDestroyNotify) key_row_free);
    self->tokens = g_ptr_array_new_with_free_func((GDestroyNotify) token_row_free);
    return self;
}

void
lt_registry_rows_free(LtRegistryRows *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->units);
    g_ptr_array_unref(self->aliases);
    g_ptr_array_unref(self->successors);
    g_ptr_array_unref(self->keys);
    g_ptr_array_unref(self->tokens);
    g_free(self);
}

static gpointer
unit_row_dup(gconstpointer data)
{
    const LtUnitRow *row = data;
    LtUnitRow *copy = g_new0(LtUnitRow, 1);

    copy->id = g_strdup(row->id);
    copy->admin_code = g_strdup(row->admin_code);
    copy->name = g_strdup(row->name);
    copy->level = g_strdup(row->level);
    copy->parent = g_strdup(row->parent);
    copy->valid_from = g_strdup(row->valid_from);
    copy->valid_to = g_strdup(row->valid_to);
    copy->basis = g_strdup(row->basis);
    return copy;
}

static gpointer
alias_row_dup(gconstpointer data)
{
    const LtAliasRow *row = data;
    LtAliasRow *copy = g_new0(LtAliasRow, 1);

    copy->unit = g_strdup(row->unit);
    copy->alias = g_strdup(row->alias);
    return copy;
}

static gpointer
successor_row_dup(gconstpointer data)
{
    const LtSuccessorRow *row = data;
    LtSuccessorRow *copy = g_new0(LtSuccessorRow, 1);

    copy->unit = g_strdup(row->unit);
    copy->successor = g_strdup(row->successor);
    copy->procedure = g_strdup(row->procedure);
    copy->area = g_strdup(row->area);
    copy->effective = g_strdup(row->effective);
    copy->basis = g_strdup(row->basis);
    return copy;
}

static gpointer
key_row_dup(gconstpointer data)
{
    const LtUnitKeyRow *row = data;
    LtUnitKeyRow *copy = g_new0(LtUnitKeyRow, 1);

    copy->spki = g_strdup(row->spki);
    copy->unit = g_strdup(row->unit);
    copy->use = g_strdup(row->use);
    copy->role = g_strdup(row->role);
    copy->from_us = row->from_us;
    copy->until_us = row->until_us;
    return copy;
}

static gpointer
token_row_dup(gconstpointer data)
{
    const LtTokenRow *row = data;
    LtTokenRow *copy = g_new0(LtTokenRow, 1);

    copy->id = g_strdup(row->id);
    copy->hash = g_strdup(row->hash);
    copy->unit = g_strdup(row->unit);
    copy->from_us = row->from_us;
    copy->until_us = row->until_us;
    return copy;
}

static char *
unit_row_key(gconstpointer data)
{
    return g_strdup(((const LtUnitRow *) data)->id);
}

static char *
alias_row_key(gconstpointer data)
{
    return g_strdup(((const LtAliasRow *) data)->alias);
}

static char *
successor_row_key(gconstpointer data)
{
    const LtSuccessorRow *row = data;

    return g_strjoin("\n", row->unit, row->successor, row->procedure ? row->procedure : "", row->area ? row->area : "", NULL);
}

static char *
key_row_key(gconstpointer data)
{
    const LtUnitKeyRow *row = data;

    return g_strjoin("\n", row->spki, row->unit, row->use, NULL);
}

static char *
token_row_key(gconstpointer data)
{
    return g_strdup(((const LtTokenRow *) data)->id);
}

static void
put_rows(GPtrArray *rows, const GPtrArray *more, char *(*key)(gconstpointer row), gpointer (*dup)(gconstpointer row))
{
    g_autoptr(GHashTable) places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < rows->len; i++)
        g_hash_table_insert(places, key(rows->pdata[i]), GUINT_TO_POINTER(i + 1));
    for (guint i = 0; i < more->len; i++) {
        g_autofree char *name = key(more->pdata[i]);
        guint place = GPOINTER_TO_UINT(g_hash_table_lookup(places, name));

        if (place == 0) {
            g_ptr_array_add(rows, dup(more->pdata[i]));
            continue;
        }
        g_ptr_array_add(rows, g_ptr_array_index(rows, place - 1)); /* the old one goes to the end and off */
        g_ptr_array_index(rows, place - 1) = dup(more->pdata[i]);
        g_ptr_array_remove_index(rows, rows->len - 1);
    }
}

void
lt_registry_rows_put(LtRegistryRows *self, const LtRegistryRows *more)
{
    put_rows(self->units, more->units, unit_row_key, unit_row_dup);
    put_rows(self->aliases, more->aliases, alias_row_key, alias_row_dup);
    put_rows(self->successors, more->successors, successor_row_key, successor_row_dup);
    put_rows(self->keys, more->keys, key_row_key, key_row_dup);
    put_rows(self->tokens, more->tokens, token_row_key, token_row_dup);
}
