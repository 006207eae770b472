/* SPDX-License-Identifier: Apache-2.0 */
/* unit-rows.c: the rows of the registry in memory: made empty, filled by whoever reads them, copied, freed whole. */
#include "store/units.h"

#include "store/unit-columns.h"

#define TEXT(Row, member) { LT_COLUMN_TEXT, FALSE, offsetof(Row, member) }
#define KEY(Row, member) { LT_COLUMN_TEXT, TRUE, offsetof(Row, member) }
#define KEY_OR_EMPTY(Row, member) { LT_COLUMN_OR_EMPTY, TRUE, offsetof(Row, member) }
#define TIME(Row, member) { LT_COLUMN_TIME, FALSE, offsetof(Row, member) }

const LtRowKind lt_row_kinds[LT_ROW_KINDS] = {
    { "unit", offsetof(LtRegistryRows, units), sizeof(LtUnitRow), offsetof(LtUnitRow, id), offsetof(LtUnitRow, basis),
      "SELECT id, admin_code, name, level, parent, valid_from, valid_to, basis FROM unit ORDER BY id, valid_from",
      "INSERT OR REPLACE INTO unit (id, admin_code, name, level, parent, valid_from, valid_to, basis) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
      { KEY(LtUnitRow, id), TEXT(LtUnitRow, admin_code), TEXT(LtUnitRow, name), TEXT(LtUnitRow, level), TEXT(LtUnitRow, parent),
        KEY(LtUnitRow, valid_from), TEXT(LtUnitRow, valid_to), TEXT(LtUnitRow, basis) } },
    { "alias", offsetof(LtRegistryRows, aliases), sizeof(LtAliasRow), offsetof(LtAliasRow, unit), 0,
      "SELECT alias, unit FROM unit_alias ORDER BY alias", "INSERT OR REPLACE INTO unit_alias (alias, unit) VALUES (?1, ?2)",
      { KEY(LtAliasRow, alias), TEXT(LtAliasRow, unit) } },
    { "successor", offsetof(LtRegistryRows, successors), sizeof(LtSuccessorRow), offsetof(LtSuccessorRow, unit), offsetof(LtSuccessorRow, basis),
      "SELECT unit, successor, procedure, area, effective, basis FROM unit_successor ORDER BY unit, successor, procedure, area",
      "INSERT OR REPLACE INTO unit_successor (unit, successor, procedure, area, effective, basis) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
      { KEY(LtSuccessorRow, unit), KEY(LtSuccessorRow, successor), KEY_OR_EMPTY(LtSuccessorRow, procedure), KEY_OR_EMPTY(LtSuccessorRow, area),
        TEXT(LtSuccessorRow, effective), TEXT(LtSuccessorRow, basis) } },
    { "key", offsetof(LtRegistryRows, keys), sizeof(LtUnitKeyRow), offsetof(LtUnitKeyRow, unit), 0,
      "SELECT spki, unit, use, role, valid_from, valid_to FROM unit_key ORDER BY spki, unit, use",
      "INSERT OR REPLACE INTO unit_key (spki, unit, use, role, valid_from, valid_to) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
      { KEY(LtUnitKeyRow, spki), KEY(LtUnitKeyRow, unit), KEY(LtUnitKeyRow, use), TEXT(LtUnitKeyRow, role), TIME(LtUnitKeyRow, from_us),
        TIME(LtUnitKeyRow, until_us) } },
    { "token", offsetof(LtRegistryRows, tokens), sizeof(LtTokenRow), offsetof(LtTokenRow, unit), 0,
      "SELECT id, hash, unit, valid_from, valid_to FROM token ORDER BY id",
      "INSERT OR REPLACE INTO token (id, hash, unit, valid_from, valid_to) VALUES (?1, ?2, ?3, ?4, ?5)",
      { KEY(LtTokenRow, id), TEXT(LtTokenRow, hash), TEXT(LtTokenRow, unit), TIME(LtTokenRow, from_us), TIME(LtTokenRow, until_us) } },
    { "suspension", offsetof(LtRegistryRows, suspensions), sizeof(LtSuspensionRow), offsetof(LtSuspensionRow, unit),
      offsetof(LtSuspensionRow, basis),
      "SELECT unit, valid_from, valid_to, basis FROM suspension ORDER BY unit",
      "INSERT OR REPLACE INTO suspension (unit, valid_from, valid_to, basis) VALUES (?1, ?2, ?3, ?4)",
      { KEY(LtSuspensionRow, unit), TIME(LtSuspensionRow, from_us), TIME(LtSuspensionRow, until_us), TEXT(LtSuspensionRow, basis) } },
};

GPtrArray *
lt_row_kind_of(const LtRowKind *kind, const LtRegistryRows *rows)
{
    return G_STRUCT_MEMBER(GPtrArray *, rows, kind->rows);
}

const char *
lt_row_text(gconstpointer row, const LtRowColumn *column)
{
    return G_STRUCT_MEMBER(const char *, row, column->offset);
}

gint64
lt_row_time(gconstpointer row, const LtRowColumn *column)
{
    return G_STRUCT_MEMBER(gint64, row, column->offset);
}

void
lt_row_set(gpointer row, const LtRowColumn *column, char *text, gint64 time_us)
{
    if (column->kind == LT_COLUMN_TIME)
        G_STRUCT_MEMBER(gint64, row, column->offset) = time_us;
    else
        G_STRUCT_MEMBER(char *, row, column->offset) = text;
}

LtRegistryRows *
lt_registry_rows_new(void)
{
    LtRegistryRows *self = g_new0(LtRegistryRows, 1);

    for (guint i = 0; i < LT_ROW_KINDS; i++)
        G_STRUCT_MEMBER(GPtrArray *, self, lt_row_kinds[i].rows) = g_ptr_array_new();
    return self;
}

static void
row_free(const LtRowKind *kind, gpointer row)
{
    for (const LtRowColumn *column = kind->columns; column->kind != LT_COLUMN_END; column++)
        if (column->kind != LT_COLUMN_TIME)
            g_free(G_STRUCT_MEMBER(char *, row, column->offset));
    g_free(row);
}

void
lt_registry_rows_free(LtRegistryRows *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < LT_ROW_KINDS; i++) {
        GPtrArray *rows = lt_row_kind_of(&lt_row_kinds[i], self);

        for (guint j = 0; j < rows->len; j++)
            row_free(&lt_row_kinds[i], rows->pdata[j]);
        g_ptr_array_unref(rows);
    }
    g_free(self);
}

static gpointer
row_dup(const LtRowKind *kind, gconstpointer row)
{
    gpointer copy = g_malloc0(kind->size);

    for (const LtRowColumn *column = kind->columns; column->kind != LT_COLUMN_END; column++)
        if (column->kind == LT_COLUMN_TIME)
            lt_row_set(copy, column, NULL, lt_row_time(row, column));
        else
            lt_row_set(copy, column, g_strdup(lt_row_text(row, column)), 0);
    return copy;
}

/* What tells a row from the others of its kind. */
static char *
row_key(const LtRowKind *kind, gconstpointer row)
{
    GString *key = g_string_new(NULL);

    for (const LtRowColumn *column = kind->columns; column->kind != LT_COLUMN_END; column++)
        if (column->key) {
            const char *text = lt_row_text(row, column);

            g_string_append_printf(key, "%s\n", text != NULL ? text : "");
        }
    return g_string_free(key, FALSE);
}

static void
put_rows(const LtRowKind *kind, GPtrArray *rows, const GPtrArray *more)
{
    g_autoptr(GHashTable) places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < rows->len; i++)
        g_hash_table_insert(places, row_key(kind, rows->pdata[i]), GUINT_TO_POINTER(i + 1));
    for (guint i = 0; i < more->len; i++) {
        g_autofree char *key = row_key(kind, more->pdata[i]);
        guint place = GPOINTER_TO_UINT(g_hash_table_lookup(places, key));

        if (place == 0) {
            g_ptr_array_add(rows, row_dup(kind, more->pdata[i]));
            continue;
        }
        row_free(kind, g_ptr_array_index(rows, place - 1));
        g_ptr_array_index(rows, place - 1) = row_dup(kind, more->pdata[i]);
    }
}

void
lt_registry_rows_put(LtRegistryRows *self, const LtRegistryRows *more)
{
    for (guint i = 0; i < LT_ROW_KINDS; i++)
        put_rows(&lt_row_kinds[i], lt_row_kind_of(&lt_row_kinds[i], self), lt_row_kind_of(&lt_row_kinds[i], more));
}
