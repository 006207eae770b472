/* SPDX-License-Identifier: Apache-2.0 */
/* units.c: the registry's rows in the database. A change writes all its rows with the records that speak of them, or nothing. */
#include "store/units.h"

#include <string.h>

#include "store/store-private.h"
#include "store/unit-columns.h"
#include "trust/digest.h"

typedef struct {
    const LtRegistryRows *rows;
    const char *actor_kind, *actor;
} Change;

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

/* What the log says of a change: a digest over all that was put, and the names of the objects, which hold no personal data. */
typedef struct {
    LtHasher *hasher;
    GPtrArray *objects; /* of char * */
} Summary;

static void
hash_text(Summary *summary, const char *text)
{
    lt_hasher_update(summary->hasher, text != NULL ? text : "", text != NULL ? strlen(text) + 1 : 1);
}

static void
summarize_row(Summary *summary, const LtRowKind *kind, gconstpointer row)
{
    hash_text(summary, kind->word);
    for (const LtRowColumn *column = kind->columns; column->kind != LT_COLUMN_END; column++) {
        char time[32];

        if (column->kind == LT_COLUMN_TIME)
            g_snprintf(time, sizeof time, "%" G_GINT64_FORMAT, lt_row_time(row, column));
        hash_text(summary, column->kind == LT_COLUMN_TIME ? time : lt_row_text(row, column));
    }
    g_ptr_array_add(summary->objects, g_strconcat(kind->word, ":", G_STRUCT_MEMBER(const char *, row, kind->object), NULL));
}

static void
summarize(Summary *summary, const LtRegistryRows *rows)
{
    for (guint i = 0; i < LT_ROW_KINDS; i++) {
        const GPtrArray *all = lt_row_kind_of(&lt_row_kinds[i], rows);

        for (guint j = 0; j < all->len; j++)
            summarize_row(summary, &lt_row_kinds[i], all->pdata[j]);
    }
}

static gboolean
next_generation(LtDatabase *database, gint64 *generation, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK_PLAIN(&query, database, error,
                      "INSERT INTO counter (name, value) VALUES ('registry', 1) ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value") ||
        !lt_query_next(&query, error))
        return FALSE;
    *generation = lt_query_integer(&query, 0);
    return TRUE;
}

#define MAX_LIST 64 /* of a log entry */

static gboolean
record_changes(LtStoreTransaction *tx, const Change *change, GError **error)
{
    Summary summary = { lt_hasher_new(), g_ptr_array_new_with_free_func(g_free) };
    guint8 digest[LT_SHA256_SIZE];
    g_autofree char *sha = NULL;
    gint64 generation = 0;
    gboolean ok = next_generation(tx->database, &generation, error);

    summarize(&summary, change->rows);
    lt_hasher_finish(summary.hasher, digest);
    sha = lt_hex_dup(digest, sizeof digest);
    for (guint i = 0; ok && i < summary.objects->len; i += MAX_LIST) {
        const char *names[MAX_LIST + 1] = { NULL };
        LtRecord *record = lt_record_new("cfg.changed", change->actor_kind, change->actor);

        for (guint j = 0; j < MAX_LIST && i + j < summary.objects->len; j++)
            names[j] = summary.objects->pdata[i + j];
        lt_record_set_integer(record, "gen", generation);
        lt_record_set_string(record, "sha", sha);
        lt_record_set_strings(record, "obj", names);
        ok = lt_store_append_record(tx, record, NULL, NULL, error);
    }
    lt_hasher_free(summary.hasher);
    g_ptr_array_unref(summary.objects);
    return ok;
}

/* A key is added when it was not there, and retired when its end is set and was open. */
static gboolean
record_key(LtStoreTransaction *tx, const Change *change, const LtUnitKeyRow *row, GError **error)
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
    record = lt_record_new(event, change->actor_kind, change->actor);
    lt_record_set_string(record, "spki", row->spki);
    lt_record_set_string(record, "unit", row->unit);
    lt_record_set_string(record, "use", row->use);
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

static gboolean
change_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Change *change = data;

    for (guint i = 0; i < change->rows->keys->len; i++) {
        if (!record_key(tx, change, change->rows->keys->pdata[i], error))
            return FALSE;
    }
    return put_rows(tx->database, change->rows, error) && record_changes(tx, change, error);
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
