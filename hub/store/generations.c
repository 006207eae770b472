/* SPDX-License-Identifier: Apache-2.0 */
/* generations.c: rows of `generation` and `generation_file`. What their text means is the routing room's. */
#include "store/generations.h"

#include "store/store-private.h"

void
lt_generation_free(LtGeneration *self)
{
    if (self == NULL)
        return;
    g_free(self->actor);
    g_free(self->origin);
    g_free(self->files);
    g_free(self->digest);
    g_free(self->changes);
    g_free(self->text);
    g_free(self);
}

gboolean
lt_store_add_generation(LtStoreTransaction *tx, const LtGeneration *generation, GHashTable *files, GError **error)
{
    GHashTableIter iter;
    gpointer digest, bytes;

    g_hash_table_iter_init(&iter, files);
    while (g_hash_table_iter_next(&iter, &digest, &bytes))
        if (!LT_RUN(tx->database, error, "INSERT OR IGNORE INTO generation_file (digest, bytes) VALUES (?1, ?2)", LT_TEXT(digest), LT_BYTES_VALUE(bytes)))
            return FALSE;
    return LT_RUN(tx->database, error,
                  "INSERT INTO generation (number, at, actor, origin, was, files, digest, changes, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                  LT_INT(generation->number), LT_INT(lt_store_transaction_time(tx)), LT_TEXT(generation->actor), LT_TEXT(generation->origin),
                  lt_value_row((gint64) generation->was), LT_TEXT(generation->files), LT_TEXT(generation->digest), LT_TEXT(generation->changes),
                  LT_TEXT(generation->text));
}

static LtGeneration *
read_row(const LtQuery *query)
{
    LtGeneration *row = g_new0(LtGeneration, 1);

    row->number = (guint64) lt_query_integer(query, 0);
    row->at_us = lt_query_integer(query, 1);
    row->actor = lt_query_dup(query, 2);
    row->origin = lt_query_dup(query, 3);
    row->was = (guint64) lt_query_integer(query, 4);
    row->files = lt_query_dup(query, 5);
    row->digest = lt_query_dup(query, 6);
    row->changes = lt_query_dup(query, 7);
    return row;
}

LtGeneration *
lt_store_get_generation(LtStore *self, guint64 number, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;
    LtGeneration *row;

    if (reading.database == NULL ||
        !LT_ASK(&query, reading.database, error,
                "SELECT number, at, actor, origin, was, files, digest, changes, text FROM generation"
                " WHERE number = ?1 OR ?1 = 0 ORDER BY number DESC LIMIT 1",
                LT_INT(number)))
        return NULL;
    if (!lt_query_next(&query, error)) {
        if (!query.failed)
            lt_error_set(error, LT_ERROR_NOT_FOUND, "plan.unknown", "there is no generation %" G_GUINT64_FORMAT " of the plan", number);
        return NULL;
    }
    row = read_row(&query);
    row->text = lt_query_dup(&query, 8);
    return row;
}

GPtrArray *
lt_store_list_generations(LtStore *self, guint limit, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify) lt_generation_free);

    if (reading.database == NULL ||
        !LT_ASK(&query, reading.database, error,
                "SELECT number, at, actor, origin, was, files, digest, changes FROM generation ORDER BY number DESC LIMIT ?1", LT_INT(limit)))
        return NULL;
    while (lt_query_next(&query, error))
        g_ptr_array_add(rows, read_row(&query));
    return query.failed ? NULL : g_steal_pointer(&rows);
}

GBytes *
lt_store_get_generation_file(LtStore *self, const char *digest)
{
    g_auto(LtReading) reading = lt_reading_begin(self, NULL);
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (reading.database == NULL ||
        !LT_ASK(&query, reading.database, NULL, "SELECT bytes FROM generation_file WHERE digest = ?1", LT_TEXT(digest)) ||
        !lt_query_next(&query, NULL))
        return NULL;
    return lt_query_bytes(&query, 0);
}
