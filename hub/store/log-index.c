/* SPDX-License-Identifier: Apache-2.0 */
/* log-index.c: which entries are found by what, kept while they are appended and made again from them. */
#include "store/log-index.h"

/* The message path: a row of `message`, `receipt` or `event` leads to each of these entries. */
static const char *const hot_events[] = { "delivery.arrived", "delivery.confirmed", "dossier.state", "env.accepted", "receipt.out" };

gboolean
lt_log_index_covers(const char *event)
{
    for (guint i = 0; i < G_N_ELEMENTS(hot_events); i++)
        if (g_str_equal(event, hot_events[i]))
            return FALSE;
    return TRUE;
}

gboolean
lt_log_index_wants(const char *event, const char *actor_kind)
{
    return g_str_equal(actor_kind, "user") || lt_log_index_covers(event);
}

static gboolean
add_row(LtDatabase *database, LtLogRefKind kind, const char *key, guint64 index, GError **error)
{
    return key == NULL || LT_RUN(database, error, "INSERT OR IGNORE INTO log_ref (kind, key, idx) VALUES (?1, ?2, ?3)",
                                 LT_INT(kind), LT_TEXT(key), LT_INT(index));
}

gboolean
lt_log_index_add(LtDatabase *database, guint64 index, const LtRecordView *entry, GError **error)
{
    gboolean is_user = g_str_equal(entry->actor_kind, "user");

    if (!add_row(database, LT_LOG_REF_ACTOR, is_user ? entry->actor : NULL, index, error))
        return FALSE;
    if (!lt_log_index_covers(entry->event))
        return TRUE;
    return add_row(database, LT_LOG_REF_EVENT, entry->event, index, error) &&
           add_row(database, LT_LOG_REF_DOSSIER, g_hash_table_lookup(entry->fields, "d"), index, error) &&
           add_row(database, LT_LOG_REF_ENVELOPE, g_hash_table_lookup(entry->fields, "id"), index, error) &&
           add_row(database, LT_LOG_REF_ENVELOPE, g_hash_table_lookup(entry->fields, "re_id"), index, error);
}

gboolean
lt_log_index_rebuild(LtDatabase *database, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!lt_database_script(database, "DELETE FROM log_ref", error) ||
        !lt_query_ask(&query, database, "SELECT idx, entry FROM log ORDER BY idx", NULL, 0, error))
        return FALSE;
    while (lt_query_next(&query, error)) {
        g_autoptr(GBytes) bytes = lt_query_bytes(&query, 1);
        g_autoptr(LtRecordView) entry = NULL;
        gsize size = 0;
        const char *data = bytes == NULL ? NULL : g_bytes_get_data(bytes, &size);

        /* An entry that cannot be read is the check's matter; it is not found by searching. */
        entry = data == NULL ? NULL : lt_record_read(data, size, NULL);
        if (entry != NULL && !lt_log_index_add(database, (guint64) lt_query_integer(&query, 0), entry, error))
            return FALSE;
    }
    return !query.failed;
}
