/* SPDX-License-Identifier: Apache-2.0 */
/* anchors.c: what others have put beside our checkpoints, read and kept. It is evidence of others, so nothing here changes the log. */
#include "store/anchors.h"

#include <string.h>

#include "store/log-nodes.h"
#include "store/store-private.h"
#include "trust/digest.h"

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

typedef struct {
    const LtLogHead *head;
    LtAnchorKind kind;
    GBytes *data;
    guint64 size;
    const char *code;
} Job;

static gboolean
append(LtStoreTransaction *tx, const char *event, guint64 size, const char *sha, const char *code, GError **error)
{
    LtRecord *record = lt_record_new(event, "hub", lt_signer_get_unit(lt_store_get_signer(tx->store)));

    lt_record_set_integer(record, "size", (gint64) size);
    lt_record_set_string(record, "sha", sha);
    lt_record_set_string(record, "code", code);
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

/* The row of the checkpoint may have gone since it was read; its note's own signature is the first of its lines. */
static gboolean
anchor_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Job *job = data;
    const char *body = strstr(job->head->note, "\n\n"), *end = body == NULL ? NULL : strchr(body + 2, '\n');
    gsize own = end == NULL ? strlen(job->head->note) : (gsize) (end + 1 - job->head->note);
    g_autofree char *sha = lt_sha256_dup_hex(g_bytes_get_data(job->data, NULL), g_bytes_get_size(job->data));

    return LT_RUN(tx->database, error, "INSERT OR IGNORE INTO checkpoint (size, root, note, t) VALUES (?1, ?2, ?3, ?4)", LT_INT(job->head->size),
                  LT_BLOB(job->head->root.b, sizeof job->head->root.b), LT_BLOB(job->head->note, own), LT_INT(job->head->at_us)) &&
           LT_RUN(tx->database, error, "INSERT OR REPLACE INTO anchor (size, kind, t, data) VALUES (?1, ?2, ?3, ?4)", LT_INT(job->head->size),
                  LT_TEXT(job->kind == LT_ANCHOR_TIMESTAMP ? "tsr" : "cms"), LT_INT(tx->time_us), LT_BYTES_VALUE(job->data)) &&
           append(tx, job->kind == LT_ANCHOR_TIMESTAMP ? "anchor.tsr" : "anchor.cms", job->head->size, sha, NULL, error);
}

gboolean
lt_store_keep_anchor(LtStore *self, const LtLogHead *head, LtAnchorKind kind, GBytes *data, GError **error)
{
    Job job = { .head = head, .kind = kind, .data = data };

    return lt_store_write(self, anchor_write, &job, error);
}

static gboolean
failure_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Job *job = data;

    return append(tx, "anchor.failed", job->size, NULL, job->code, error);
}

gboolean
lt_store_record_anchor_failure(LtStore *self, guint64 size, const char *code, GError **error)
{
    Job job = { .size = size, .code = code };

    return lt_store_write(self, failure_write, &job, error);
}

gboolean
lt_store_stamped(LtStore *self, guint64 *size, gint64 *at_us)
{
    g_auto(LtReading) reading = lt_reading_begin(self, NULL);
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (reading.database == NULL ||
        !LT_ASK_PLAIN(&query, reading.database, NULL, "SELECT size, t FROM anchor WHERE kind = 'tsr' ORDER BY size DESC LIMIT 1") ||
        !lt_query_next(&query, NULL))
        return FALSE;
    *size = (guint64) lt_query_integer(&query, 0);
    *at_us = lt_query_integer(&query, 1);
    return TRUE;
}
