/* SPDX-License-Identifier: Apache-2.0 */
/* audit-log.c: the log as others may read it: newest checkpoint, entries, proofs.
 *
 * What a checkpoint covers never changes, so no snapshot is held: the newest checkpoint is read first, and whatever is read after it is
 * at least as new.
 */
#include "store/audit-log.h"

#include <string.h>
#include "store/log-check.h"
#include "store/log-nodes.h"
#include "store/store-private.h"
#include "trust/note.h"

void
lt_log_head_free(LtLogHead *self)
{
    if (self == NULL)
        return;
    g_free(self->origin);
    g_free(self->note);
    g_free(self);
}

static gboolean
append_cosignatures(LtDatabase *database, guint64 size, GString *note, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK(&query, database, error, "SELECT line FROM cosig WHERE size = ?1 ORDER BY name, kid", LT_INT(size)))
        return FALSE;
    while (lt_query_next(&query, error)) {
        g_autoptr(GBytes) line = lt_query_bytes(&query, 0);
        gsize length = 0;
        const char *text = line == NULL ? NULL : g_bytes_get_data(line, &length);

        if (text == NULL || length == 0)
            continue;
        g_string_append_len(note, text, (gssize) length);
        if (text[length - 1] != '\n')
            g_string_append_c(note, '\n');
    }
    return !query.failed;
}

LtLogHead *
lt_log_head_complete(LtDatabase *database, const LtLogHeadRow *row, GError **error)
{
    g_autoptr(LtLogHead) self = g_new0(LtLogHead, 1);
    g_auto(LtCheckpoint) checkpoint = { 0 };
    g_autoptr(LtNote) note = lt_note_open(row->note, strlen(row->note), NULL, 0, error);
    GString *text;

    if (note == NULL || !lt_checkpoint_read(note->text, strlen(note->text), &checkpoint, error))
        return NULL;
    self->origin = g_steal_pointer(&checkpoint.origin);
    self->size = checkpoint.size;
    self->root = checkpoint.root;
    self->at_us = row->at_us;
    text = g_string_new(row->note);
    if (!append_cosignatures(database, self->size, text, error)) {
        g_string_free(text, TRUE);
        return NULL;
    }
    self->note = g_string_free(text, FALSE);
    return g_steal_pointer(&self);
}

static LtLogHead *
read_head(LtDatabase *database, GError **error)
{
    g_auto(LtLogHeadRow) row = { 0 };

    if (!lt_log_head_read(database, &row, error))
        return NULL;
    if (row.note == NULL) {
        lt_error_set(error, LT_ERROR_NOT_FOUND, "log.empty", "the log has no checkpoint yet");
        return NULL;
    }
    return lt_log_head_complete(database, &row, error);
}

LtLogHead *
lt_store_log_head(LtStore *self, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);

    return reading.database == NULL ? NULL : read_head(reading.database, error);
}

GBytes *
lt_store_log_entry(LtStore *self, guint64 index, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (reading.database == NULL)
        return NULL;
    if (index <= G_MAXINT64) {
        if (!LT_ASK(&query, reading.database, error, "SELECT entry FROM log WHERE idx = ?1", LT_INT(index)))
            return NULL;
        if (lt_query_next(&query, error))
            return lt_query_bytes(&query, 0);
        if (query.failed)
            return NULL;
    }
    lt_error_set(error, LT_ERROR_NOT_FOUND, "log.range", "the log has no entry %" G_GUINT64_FORMAT, index);
    return NULL;
}

static char *
prove(LtDatabase *database, guint64 index, const LtLogHead *head, GError **error)
{
    g_autoptr(GArray) hashes = NULL;

    if (index >= head->size) {
        lt_error_set(error, LT_ERROR_NOT_FOUND, "log.range", "the log has no entry %" G_GUINT64_FORMAT, index);
        return NULL;
    }
    hashes = lt_merkle_inclusion(index, head->size, lt_log_node_get, database, error);
    if (hashes == NULL)
        return NULL;
    return lt_proof_write(index, (const LtHash *) (gpointer) hashes->data, hashes->len, head->note);
}

char *
lt_store_log_prove(LtStore *self, guint64 index, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_autoptr(LtLogHead) head = reading.database == NULL ? NULL : read_head(reading.database, error);

    return head == NULL ? NULL : prove(reading.database, index, head, error);
}

char *
lt_store_log_prove_under(LtStore *self, guint64 index, const LtLogHead *head, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);

    return reading.database == NULL ? NULL : prove(reading.database, index, head, error);
}

GArray *
lt_store_log_consistency(LtStore *self, guint64 old_size, guint64 size, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_autoptr(LtLogHead) head = reading.database == NULL ? NULL : read_head(reading.database, error);

    if (head == NULL)
        return NULL;
    if (size > head->size) {
        lt_error_set(error, LT_ERROR_INVALID, "log.range", "the log has %" G_GUINT64_FORMAT " entries", head->size);
        return NULL;
    }
    return lt_merkle_consistency(old_size, size == 0 ? head->size : size, lt_log_node_get, reading.database, error);
}

GPtrArray *
lt_store_log_check(LtStore *self, gboolean full, guint64 from, LtLogProgress progress, gpointer data, GError **error)
{
    LtSigner *signer = lt_store_get_signer(self);
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    LtLogCheck check = { .store = self, .database = reading.database, .signer = signer, .full = full, .from = from,
                         .progress = progress, .progress_data = data };

    if (reading.database == NULL)
        return NULL;
    return lt_log_check_run(&check, error);
}
