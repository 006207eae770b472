/* SPDX-License-Identifier: Apache-2.0 */
/* anchors.c: what others have put beside our checkpoints, read and kept. It is evidence of others, so nothing here changes the log. */
#include "store/anchors.h"

#include "store/log-nodes.h"
#include "store/store-private.h"

void
lt_log_anchored_free(LtLogAnchored *self)
{
    if (self == NULL)
        return;
    lt_log_head_free(self->head);
    g_clear_pointer(&self->tsr, g_bytes_unref);
    g_clear_pointer(&self->cms, g_bytes_unref);
    g_free(self);
}

static gboolean
read_row(LtDatabase *database, guint64 min_size, guint quorum, LtLogHeadRow *row, LtLogAnchored *out, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    g_autoptr(GBytes) note = NULL;
    gsize size;
    const char *text;

    if (!LT_ASK(&query, database, error,
                "SELECT c.size, c.root, c.note, c.t, (SELECT count(*) FROM cosig AS s WHERE s.size = c.size) AS n, "
                "(SELECT data FROM anchor AS a WHERE a.size = c.size AND a.kind = 'tsr') AS tsr, "
                "(SELECT data FROM anchor AS a WHERE a.size = c.size AND a.kind = 'cms') AS cms FROM checkpoint AS c WHERE c.size >= ?1 "
                "ORDER BY (n >= ?2) + (n >= ?2 AND tsr IS NOT NULL) DESC, tsr IS NOT NULL DESC, c.size DESC LIMIT 1",
                LT_INT(min_size), LT_INT(quorum)) ||
        !lt_query_next(&query, error)) {
        if (!query.failed)
            lt_error_set(error, LT_ERROR_NOT_FOUND, "log.empty", "no checkpoint covers %" G_GUINT64_FORMAT " entries", min_size);
        return FALSE;
    }
    row->size = (guint64) lt_query_integer(&query, 0);
    note = lt_query_bytes(&query, 2);
    text = note == NULL ? NULL : g_bytes_get_data(note, &size);
    row->note = text == NULL ? g_strdup("") : g_strndup(text, size);
    row->at_us = lt_query_integer(&query, 3);
    out->n_cosignatures = (guint) lt_query_integer(&query, 4);
    out->tsr = lt_query_bytes(&query, 5);
    out->cms = lt_query_bytes(&query, 6);
    return TRUE;
}

LtLogAnchored *
lt_store_log_anchored(LtStore *self, guint64 min_size, guint quorum, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_autoptr(LtLogAnchored) found = g_new0(LtLogAnchored, 1);
    g_auto(LtLogHeadRow) row = { 0 };

    if (reading.database == NULL || !read_row(reading.database, min_size, quorum, &row, found, error))
        return NULL;
    found->head = lt_log_head_complete(reading.database, &row, error);
    return found->head == NULL ? NULL : g_steal_pointer(&found);
}
