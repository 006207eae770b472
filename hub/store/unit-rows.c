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
