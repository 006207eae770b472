/* SPDX-License-Identifier: Apache-2.0 */
/* procedures.c: the catalogue's rows in the database. A change writes all its rows with the records that speak of them, or nothing. */
#include "store/procedures.h"

#include <string.h>

#include "base/value.h"
#include "store/registry-records.h"
#include "store/store-private.h"

static void
item_free(LtProcedureItem *self)
{
    g_free(self->kind);
    g_free(self->word);
    g_free(self->name);
    g_free(self->level);
    g_free(self->role);
    g_free(self);
}

LtProcedureRow *
lt_procedure_row_new(void)
{
    LtProcedureRow *self = g_new0(LtProcedureRow, 1);

    self->items = g_ptr_array_new_with_free_func((GDestroyNotify) item_free);
    return self;
}

void
lt_procedure_row_free(LtProcedureRow *self)
{
    if (self == NULL)
        return;
    g_free(self->code);
    g_free(self->valid_from);
    g_free(self->valid_to);
    g_free(self->publisher);
    g_free(self->name);
    g_free(self->field);
    g_free(self->level);
    g_free(self->cutoff);
    g_free(self->merged);
    g_free(self->basis);
    g_ptr_array_unref(self->items);
    g_free(self);
}

LtProcedureRow *
lt_procedure_row_dup(const LtProcedureRow *self)
{
    LtProcedureRow *copy = lt_procedure_row_new();

    copy->code = g_strdup(self->code);
    copy->valid_from = g_strdup(self->valid_from);
    copy->valid_to = g_strdup(self->valid_to);
    copy->publisher = g_strdup(self->publisher);
    copy->name = g_strdup(self->name);
    copy->field = g_strdup(self->field);
    copy->level = g_strdup(self->level);
    copy->minutes = self->minutes;
    copy->cutoff = g_strdup(self->cutoff);
    copy->merged = g_strdup(self->merged);
    copy->basis = g_strdup(self->basis);
    for (guint i = 0; i < self->items->len; i++) {
        const LtProcedureItem *item = self->items->pdata[i];
        LtProcedureItem *twin = g_new0(LtProcedureItem, 1);

        *twin = (LtProcedureItem) { g_strdup(item->kind), g_strdup(item->word), g_strdup(item->name), g_strdup(item->level),
                                    g_strdup(item->role), item->value };
        g_ptr_array_add(copy->items, twin);
    }
    return copy;
}

GPtrArray *
lt_procedure_rows_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify) lt_procedure_row_free);
}

static gboolean
put_items(LtDatabase *database, const LtProcedureRow *row, GError **error)
{
    guint number = 0;

    for (guint i = 0; i < row->items->len; i++) {
        const LtProcedureItem *item = row->items->pdata[i];
        const LtProcedureItem *before = i > 0 ? row->items->pdata[i - 1] : NULL;

        number = before != NULL && strcmp(before->kind, item->kind) == 0 ? number + 1 : 1;
        if (!LT_RUN(database, error,
                    "INSERT INTO procedure_item (code, valid_from, kind, number, word, name, level, role, value) "
                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                    LT_TEXT(row->code), LT_TEXT(row->valid_from), LT_TEXT(item->kind), LT_INT(number), LT_TEXT(item->word), LT_TEXT(item->name),
                    LT_TEXT(item->level), LT_TEXT(item->role), LT_INT(item->value)))
            return FALSE;
    }
    return TRUE;
}

static gboolean
put_row(LtDatabase *database, const LtProcedureRow *row, GError **error)
{
    return LT_RUN(database, error,
                  "INSERT OR REPLACE INTO procedure (code, valid_from, valid_to, publisher, name, field, level, minutes, cutoff, merged, basis) "
                  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                  LT_TEXT(row->code), LT_TEXT(row->valid_from), LT_TEXT(row->valid_to), LT_TEXT(row->publisher), LT_TEXT(row->name),
                  LT_TEXT(row->field), LT_TEXT(row->level), LT_INT(row->minutes), LT_TEXT(row->cutoff), LT_TEXT(row->merged), LT_TEXT(row->basis)) &&
           LT_RUN(database, error, "DELETE FROM procedure_item WHERE code = ?1 AND valid_from = ?2", LT_TEXT(row->code), LT_TEXT(row->valid_from)) &&
           put_items(database, row, error);
}

static void
summarize(LtRegistrySummary *summary, const LtProcedureRow *row)
{
    char minutes[32];

    g_snprintf(minutes, sizeof minutes, "%" G_GINT64_FORMAT, row->minutes);
    lt_registry_summary_add(summary, "procedure", row->code, row->basis,
                            (const char *const[]){ row->valid_from, row->valid_to, row->publisher, row->name, row->field, row->level, minutes,
                                                   row->cutoff, row->merged, row->basis },
                            10);
    for (guint i = 0; i < row->items->len; i++) {
        const LtProcedureItem *item = row->items->pdata[i];

        g_snprintf(minutes, sizeof minutes, "%" G_GINT64_FORMAT, item->value);
        lt_registry_summary_digest(summary, (const char *const[]){ item->kind, item->word, item->name, item->level, item->role, minutes }, 6);
    }
}

typedef struct {
    const GPtrArray *rows;
    const char *actor_kind, *actor;
} Change;

static gboolean
change_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Change *change = data;
    g_autoptr(LtRegistrySummary) summary = lt_registry_summary_new();

    for (guint i = 0; i < change->rows->len; i++) {
        const LtProcedureRow *row = change->rows->pdata[i];

        if (!put_row(tx->database, row, error))
            return FALSE;
        summarize(summary, row);
    }
    return lt_registry_summary_record(summary, tx, change->actor_kind, change->actor, NULL, error);
}

gboolean
lt_store_change_procedures(LtStore *self, const GPtrArray *rows, const char *actor_kind, const char *actor, GError **error)
{
    Change change = { rows, actor_kind, actor };

    return lt_store_write(self, change_write, &change, error);
}

static LtProcedureRow *
read_row(const LtQuery *query)
{
    LtProcedureRow *row = lt_procedure_row_new();

    row->code = lt_query_dup(query, 0);
    row->valid_from = lt_query_dup(query, 1);
    row->valid_to = lt_query_dup(query, 2);
    row->publisher = lt_query_dup(query, 3);
    row->name = lt_query_dup(query, 4);
    row->field = lt_query_dup(query, 5);
    row->level = lt_query_dup(query, 6);
    row->minutes = lt_query_integer(query, 7);
    row->cutoff = lt_query_dup(query, 8);
    row->merged = lt_query_dup(query, 9);
    row->basis = lt_query_dup(query, 10);
    return row;
}

/* Both lists are in order of code and day, so items are handed out in one pass. */
static gboolean
read_items(LtDatabase *database, const GPtrArray *rows, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    guint at = 0;

    if (!LT_ASK_PLAIN(&query, database, error,
                      "SELECT code, valid_from, kind, word, name, level, role, value FROM procedure_item "
                      "ORDER BY code, valid_from, CASE kind WHEN 'part' THEN 1 WHEN 'fee' THEN 2 ELSE 3 END, number"))
        return FALSE;
    while (lt_query_next(&query, error)) {
        LtProcedureItem *item = g_new0(LtProcedureItem, 1);
        LtProcedureRow *row = NULL;

        *item = (LtProcedureItem) { lt_query_dup(&query, 2), lt_query_dup(&query, 3), lt_query_dup(&query, 4), lt_query_dup(&query, 5),
                                    lt_query_dup(&query, 6), lt_query_integer(&query, 7) };
        for (; at < rows->len && row == NULL; at += row == NULL) {
            LtProcedureRow *candidate = rows->pdata[at];

            if (strcmp(candidate->code, lt_query_text(&query, 0)) == 0 && strcmp(candidate->valid_from, lt_query_text(&query, 1)) == 0)
                row = candidate;
        }
        if (row != NULL)
            g_ptr_array_add(row->items, item);
        else
            item_free(item);
    }
    return !query.failed;
}

GPtrArray *
lt_store_load_procedures(LtStore *self, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;
    g_autoptr(GPtrArray) rows = lt_procedure_rows_new();

    if (reading.database == NULL ||
        !LT_ASK_PLAIN(&query, reading.database, error,
                      "SELECT code, valid_from, valid_to, publisher, name, field, level, minutes, cutoff, merged, basis FROM procedure "
                      "ORDER BY code, valid_from"))
        return NULL;
    while (lt_query_next(&query, error))
        g_ptr_array_add(rows, read_row(&query));
    return !query.failed && read_items(reading.database, rows, error) ? g_steal_pointer(&rows) : NULL;
}
