/* SPDX-License-Identifier: Apache-2.0 */
/* sources.c: where a plugin's collect stands, and which documents of its system were handed in. */
#include "store/messages.h"
#include "store/store-private.h"

char *
lt_store_get_cursor(LtStore *self, const char *endpoint)
{
    g_auto(LtReading) reading = lt_reading_begin(self, NULL);
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (reading.database == NULL ||
        !LT_ASK(&query, reading.database, NULL, "SELECT value FROM cursor WHERE endpoint = ?1", LT_TEXT(endpoint)) ||
        !lt_query_next(&query, NULL))
        return NULL;
    return lt_query_dup(&query, 0);
}

typedef struct {
    const char *endpoint, *value;
} Cursor;

static gboolean
cursor_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Cursor *cursor = data;

    return LT_RUN(tx->database, error, "INSERT OR REPLACE INTO cursor (endpoint, value) VALUES (?1, ?2)", LT_TEXT(cursor->endpoint),
                  LT_TEXT(cursor->value));
}

gboolean
lt_store_set_cursor(LtStore *self, const char *endpoint, const char *cursor, GError **error)
{
    Cursor new = { endpoint, cursor };

    return lt_store_write(self, cursor_write, &new, error);
}

gboolean
lt_store_has_source_key(LtStore *self, const char *endpoint, const char *key)
{
    g_auto(LtReading) reading = lt_reading_begin(self, NULL);
    g_auto(LtQuery) query = LT_QUERY_INIT;

    return reading.database != NULL &&
           LT_ASK(&query, reading.database, NULL, "SELECT 1 FROM source WHERE endpoint = ?1 AND key = ?2", LT_TEXT(endpoint), LT_TEXT(key)) &&
           lt_query_next(&query, NULL);
}
