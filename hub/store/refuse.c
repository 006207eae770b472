/* SPDX-License-Identifier: Apache-2.0 */
/* refuse.c: what was not accepted is recorded too, once: env.refused with a commitment to the bytes, which lie in quarantine under it; a
 * conflict besides with both digests. After step V7 the sender is known and gets a receipt `refused`.
 */
#include "store/messages.h"

#include <string.h>

#include "base/uuid.h"
#include "store/receipts.h"

typedef struct {
    LtStore *store;
    const LtRefusal *in;
    LtAccepted *out;
    LtAcceptDone done;
    gpointer data;
    GMainContext *context;
} Job;

static gboolean
record_refused(LtStoreTransaction *tx, Job *job, GError **error)
{
    const LtRefusal *in = job->in;
    LtRecord *record = lt_record_new("env.refused", "hub", lt_signer_get_unit(lt_store_get_signer(tx->store)));
    char commitment[2 * LT_SHA256_SIZE + 1];

    lt_hex_write(in->commitment, LT_SHA256_SIZE, commitment);
    lt_record_set_string(record, "code", in->code);
    lt_record_set_string(record, "c", commitment);
    lt_record_set_string(record, "peer", in->peer);
    lt_record_set_integer(record, "size", (gint64) in->size);
    if (in->header != NULL) {
        lt_record_set_string(record, "id", in->header->id);
        lt_record_set_string(record, "from", in->header->from);
    }
    return lt_store_append_record(tx, record, &job->out->index, NULL, error);
}

/* The manifest that was accepted under this id; FALSE without an error when there is none. */
static gboolean
find_manifest(LtDatabase *database, const LtHeader *header, char manifest[2 * LT_SHA256_SIZE + 1], GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    guint8 id[16], digest[LT_SHA256_SIZE];

    if (!lt_uuid_read(header->id, strlen(header->id), id) ||
        !LT_ASK(&query, database, error, "SELECT manifest FROM message WHERE id = ?1 AND sender = ?2", LT_BLOB(id, sizeof id),
                LT_TEXT(header->from)) ||
        !lt_query_next(&query, error) || !lt_query_copy(&query, 0, digest, sizeof digest))
        return FALSE;
    lt_hex_write(digest, sizeof digest, manifest);
    return TRUE;
}

static gboolean
record_conflict(LtStoreTransaction *tx, Job *job, GError **error)
{
    const LtRefusal *in = job->in;
    g_autoptr(GError) failure = NULL;
    char manifest[2 * LT_SHA256_SIZE + 1];
    LtRecord *record;

    if (in->header == NULL || in->manifest == NULL || g_strcmp0(in->code, "env.dup.conflict") != 0)
        return TRUE;
    if (!find_manifest(tx->database, in->header, manifest, &failure)) {
        if (failure == NULL)
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    record = lt_record_new("env.conflict", "unit", in->header->from);
    lt_record_set_string(record, "id", in->header->id);
    lt_record_set_string(record, "from", in->header->from);
    lt_record_set_string(record, "m", manifest);
    lt_record_set_string(record, "m_new", in->manifest);
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

static gboolean
write_refusal(LtStoreTransaction *tx, Job *job, GError **error)
{
    const LtRefusal *in = job->in;
    guint8 id[16] = { 0 }, manifest[LT_SHA256_SIZE] = { 0 };
    gboolean known = in->header != NULL && lt_uuid_read(in->header->id, strlen(in->header->id), id);
    gboolean named = known && in->manifest != NULL && lt_hex_read(in->manifest, strlen(in->manifest), manifest, sizeof manifest);

    if (!LT_RUN(tx->database, error,
                "INSERT INTO refusal (log_index, at, code, commitment, sender, id, manifest, dossier) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                LT_INT(job->out->index), LT_INT(tx->time_us), LT_TEXT(in->code), LT_BLOB(in->commitment, LT_SHA256_SIZE),
                LT_TEXT(known ? in->header->from : NULL), known ? LT_BLOB(id, sizeof id) : LT_TEXT(NULL),
                named ? LT_BLOB(manifest, sizeof manifest) : LT_TEXT(NULL), LT_TEXT(known ? in->header->dossier : NULL)))
        return FALSE;
    job->out->message = sqlite3_last_insert_rowid(lt_database_get_handle(tx->database));
    return TRUE;
}

static gboolean
promise_refused(LtStoreTransaction *tx, Job *job, GError **error)
{
    const LtRefusal *in = job->in;
    g_auto(LtPromise) promise = { 0 };
    LtReceipted re;

    if (in->header == NULL || in->manifest == NULL || strcmp(in->header->type, "receipt") == 0) /* never receipted */
        return TRUE;
    re = (LtReceipted){ job->out->message, in->header->from, in->header->id, in->manifest, in->header->dossier };
    if (!lt_receipts_promise(tx, &re, LT_STAGE_REFUSED, in->code, job->out->index, &promise, error))
        return FALSE;
    job->out->receipt = promise.row;
    job->out->fields = promise.fields;
    job->out->body = promise.body;
    memset(&promise, 0, sizeof promise);
    return TRUE;
}

static gboolean
refuse_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    Job *job = data;

    g_clear_pointer(&job->out, lt_accepted_free);
    job->out = g_new0(LtAccepted, 1);
    return record_refused(tx, job, error) && record_conflict(tx, job, error) && write_refusal(tx, job, error) && promise_refused(tx, job, error);
}

static void
refuse_done(gpointer data, const GError *error)
{
    Job *job = data;
    LtAccepted *out = g_steal_pointer(&job->out);

    if (error != NULL)
        g_clear_pointer(&out, lt_accepted_free);
    job->done(job->data, out, error);
    g_clear_pointer(&job->context, g_main_context_unref);
    g_free(job);
}

/* Quarantine is kept for whoever asks why; that it could not be written never stops the refusal. */
static void
quarantine_and_submit(gpointer data)
{
    Job *job = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GInputStream) content = NULL;

    if (job->in->bytes != NULL)
        content = g_memory_input_stream_new_from_bytes(job->in->bytes);
    else if (job->in->file != NULL)
        content = job->in->file->open(job->in->file, &error);
    if (content != NULL)
        lt_blobs_keep_refused(lt_store_get_blobs(job->store), job->in->commitment, job->in->salt, content, &error);
    if (error != NULL)
        g_warning("a refused envelope could not be kept: %s", error->message);
    lt_store_submit(job->store, refuse_write, refuse_done, job, job->context);
}

void
lt_store_refuse(LtStore *self, const LtRefusal *refusal, LtAcceptDone done, gpointer data, GMainContext *context)
{
    Job *job = g_new0(Job, 1);

    job->store = self;
    job->in = refusal;
    job->done = done;
    job->data = data;
    job->context = context != NULL ? g_main_context_ref(context) : NULL;
    if ((refusal->bytes != NULL || refusal->file != NULL) && refusal->salt != NULL && !lt_store_is_short(self))
        lt_blobs_run(lt_store_get_blobs(self), quarantine_and_submit, job);
    else
        lt_store_submit(self, refuse_write, refuse_done, job, job->context);
}
