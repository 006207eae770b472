/* SPDX-License-Identifier: Apache-2.0 */
/* log-nodes.c: reads nodes and checkpoints of the log. */
#include "store/log-nodes.h"

#include <string.h>

gboolean
lt_log_node_get(gpointer data, guint level, guint64 i, LtHash *out, GError **error)
{
    LtDatabase *database = data;
    g_auto(LtQuery) query = LT_QUERY_INIT;
    gboolean asked = level == 0 ? LT_ASK(&query, database, error, "SELECT leaf FROM log WHERE idx = ?1", LT_INT(i))
                                : LT_ASK(&query, database, error, "SELECT hash FROM node WHERE level = ?1 AND i = ?2",
                                         LT_INT(level), LT_INT(i));

    if (!asked)
        return FALSE;
    if (lt_query_next(&query, error) && lt_query_copy(&query, 0, out->b, sizeof out->b))
        return TRUE;
    if (!query.failed)
        lt_error_set(error, LT_ERROR_INTERNAL, "log.node", "node %" G_GUINT64_FORMAT " of level %u of the log is absent", i, level);
    return FALSE;
}

gboolean
lt_log_head_read(LtDatabase *database, LtLogHeadRow *head, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    g_autoptr(GBytes) note = NULL;

    if (!lt_query_ask(&query, database, "SELECT size, root, note, t FROM checkpoint ORDER BY size DESC LIMIT 1", NULL, 0, error))
        return FALSE;
    if (!lt_query_next(&query, error))
        return !query.failed;
    note = lt_query_bytes(&query, 2);
    if (note == NULL || !lt_query_copy(&query, 1, head->root.b, sizeof head->root.b)) {
        lt_error_set(error, LT_ERROR_INTERNAL, "log.note", "the newest row of checkpoints is damaged");
        return FALSE;
    }
    head->size = (guint64) lt_query_integer(&query, 0);
    head->at_us = lt_query_integer(&query, 3);
    head->note = g_strndup(g_bytes_get_data(note, NULL), g_bytes_get_size(note));
    return TRUE;
}

void
lt_log_head_row_clear(LtLogHeadRow *head)
{
    g_clear_pointer(&head->note, g_free);
}
