/* SPDX-License-Identifier: Apache-2.0 */
/* units.c: the registry's rows in the database. A change writes all its rows with the records that speak of them, or nothing. */
#include "store/units.h"

#include "store/registry-records.h"
#include "store/unit-columns.h"

static gboolean
put_row(LtDatabase *database, const LtRowKind *kind, gconstpointer row, GError **error)
{
    LtValue values[LT_ROW_COLUMNS];
    guint n = 0;

    for (const LtRowColumn *column = kind->columns; column->kind != LT_COLUMN_END; column++, n++) {
        const char *text = column->kind == LT_COLUMN_TIME ? NULL : lt_row_text(row, column);

        values[n] = column->kind == LT_COLUMN_TIME                       ? LT_INT(lt_row_time(row, column))
                    : column->kind == LT_COLUMN_OR_EMPTY && text == NULL ? LT_TEXT("")
                                                                         : LT_TEXT(text);
    }
    return lt_database_run(database, kind->put, values, n, error);
}

static gboolean
put_rows(LtDatabase *database, const LtRegistryRows *rows, GError **error)
{
    for (guint i = 0; i < LT_ROW_KINDS; i++) {
        const GPtrArray *all = lt_row_kind_of(&lt_row_kinds[i], rows);

        for (guint j = 0; j < all->len; j++)
            if (!put_row(database, &lt_row_kinds[i], all->pdata[j], error))
                return FALSE;
    }
    return TRUE;
}

static void
summarize_row(LtRegistrySummary *summary, const LtRowKind *kind, gconstpointer row)
{
    const char *texts[LT_ROW_COLUMNS], *basis = NULL;
    char times[LT_ROW_COLUMNS][32];
    guint n = 0;

    for (const LtRowColumn *column = kind->columns; column->kind != LT_COLUMN_END; column++, n++) {
        if (column->kind == LT_COLUMN_TIME)
            g_snprintf(times[n], sizeof times[n], "%" G_GINT64_FORMAT, lt_row_time(row, column));
        texts[n] = column->kind == LT_COLUMN_TIME ? times[n] : lt_row_text(row, column);
        basis = column->offset == kind->basis ? texts[n] : basis;
    }
    lt_registry_summary_add(summary, kind->word, G_STRUCT_MEMBER(const char *, row, kind->object), kind->basis != 0 ? basis : "", texts, n);
}

static gboolean
record_changes(LtStoreTransaction *tx, const LtRegistryRows *rows, const char *actor_kind, const char *actor, char *digest, GError **error)
{
    g_autoptr(LtRegistrySummary) summary = lt_registry_summary_new();

    for (guint i = 0; i < LT_ROW_KINDS; i++) {
        const GPtrArray *all = lt_row_kind_of(&lt_row_kinds[i], rows);

        for (guint j = 0; j < all->len; j++)
            summarize_row(summary, &lt_row_kinds[i], all->pdata[j]);
    }
    return lt_registry_summary_record(summary, tx, actor_kind, actor, digest, error);
}

/* A key is added when it was not there, and retired when its end is set and was open. */
static gboolean
record_key(LtStoreTransaction *tx, const LtUnitKeyRow *row, const char *actor_kind, const char *actor, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    const char *event = "key.added";
    LtRecord *record;

    if (!LT_ASK(&query, tx->database, error, "SELECT valid_to FROM unit_key WHERE spki = ?1 AND unit = ?2 AND use = ?3", LT_TEXT(row->spki),
                LT_TEXT(row->unit), LT_TEXT(row->use)))
        return FALSE;
    if (lt_query_next(&query, error)) {
        if (row->until_us == 0 || lt_query_integer(&query, 0) != 0)
            return TRUE;
        event = "key.retired";
    }
    if (query.failed)
        return FALSE;
    record = lt_record_new(event, actor_kind, actor);
    lt_record_set_string(record, "spki", row->spki);
    lt_record_set_string(record, "unit", row->unit);
    lt_record_set_string(record, "use", row->use);
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

gboolean
lt_registry_rows_write(LtStoreTransaction *tx, const LtRegistryRows *rows, const char *actor_kind, const char *actor, char *digest, GError **error)
{
    for (guint i = 0; i < rows->keys->len; i++) {
        if (!record_key(tx, rows->keys->pdata[i], actor_kind, actor, error))
            return FALSE;
    }
    return put_rows(tx->database, rows, error) && record_changes(tx, rows, actor_kind, actor, digest, error);
}

typedef struct {
    const LtRegistryRows *rows;
    const char *actor_kind, *actor;
} Change;

static gboolean
change_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Change *change = data;

    return lt_registry_rows_write(tx, change->rows, change->actor_kind, change->actor, NULL, error);
}

gboolean
lt_store_change_registry(LtStore *self, const LtRegistryRows *rows, const char *actor_kind, const char *actor, GError **error)
{
    Change change = { rows, actor_kind, actor };

    return lt_store_write(self, change_write, &change, error);
}

static gpointer
read_row(const LtRowKind *kind, const LtQuery *query)
{
    gpointer row = g_malloc0(kind->size);
    int n = 0;

    for (const LtRowColumn *column = kind->columns; column->kind != LT_COLUMN_END; column++, n++) {
        const char *text = column->kind == LT_COLUMN_TIME ? NULL : lt_query_text(query, n);

        if (column->kind == LT_COLUMN_TIME)
            lt_row_set(row, column, NULL, lt_query_integer(query, n));
        else if (text != NULL && (column->kind == LT_COLUMN_TEXT || *text != '\0'))
            lt_row_set(row, column, g_strdup(text), 0);
    }
    return row;
}

LtRegistryRows *
lt_store_load_registry(LtStore *self, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_autoptr(LtRegistryRows) rows = lt_registry_rows_new();

    if (reading.database == NULL)
        return NULL;
    for (guint i = 0; i < LT_ROW_KINDS; i++) {
        g_auto(LtQuery) query = LT_QUERY_INIT;

        if (!LT_ASK_PLAIN(&query, reading.database, error, lt_row_kinds[i].select))
            return NULL;
        while (lt_query_next(&query, error))
            g_ptr_array_add(lt_row_kind_of(&lt_row_kinds[i], rows), read_row(&lt_row_kinds[i], &query));
        if (query.failed)
            return NULL;
    }
    return g_steal_pointer(&rows);
}
