/* SPDX-License-Identifier: Apache-2.0 */
/* receipt-in.c: a receipt that another unit sent: kept like any envelope, recorded as receipt.in, and the delivery that it answers settled, in one
 * transaction. Its second copy writes nothing. It never gets a receipt itself.
 */
#include "store/crls.h"
#include "store/messages.h"

#include <string.h>

#include "base/uuid.h"
#include "store/content.h"
#include "store/dossier-rows.h"
#include "store/settle.h"

typedef struct {
    const LtReceiptTaken *in;
    const LtHeader *header;
    const char *manifest;
    LtAcceptDone done;
    gpointer data;
} Job;

static gboolean
is_known(LtDatabase *database, const Job *job, const guint8 *id, const guint8 *manifest, gboolean *known, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    guint8 found[LT_SHA256_SIZE];

    if (!LT_ASK(&query, database, error, "SELECT manifest FROM message WHERE id = ?1 AND sender = ?2", LT_BLOB(id, 16),
                LT_TEXT(job->header->from)))
        return FALSE;
    *known = lt_query_next(&query, error);
    if (query.failed || !*known)
        return !query.failed;
    if (lt_query_copy(&query, 0, found, sizeof found) && memcmp(found, manifest, sizeof found) == 0)
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFLICT, "env.dup.conflict", "receipt %s was taken before with other content", job->header->id);
    return FALSE;
}

static gboolean
record_taken(LtStoreTransaction *tx, const Job *job, guint64 *index, GError **error)
{
    LtRecord *record = lt_record_new("receipt.in", "unit", job->header->from);

    lt_record_set_string(record, "id", job->header->id);
    lt_record_set_string(record, "m", job->manifest);
    lt_record_set_string(record, "re_from", job->header->re_from);
    lt_record_set_string(record, "re_id", job->header->re_id);
    lt_record_set_string(record, "re_m", job->header->re_manifest);
    lt_record_set_string(record, "stage", job->in->stage);
    lt_record_set_string(record, "from", job->header->from);
    return lt_store_append_record(tx, record, index, NULL, error);
}

/* The dossier's row, when the hub knows it: a receipt makes none. */
static gboolean
find_dossier(LtDatabase *database, const char *reference, gint64 *row, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    guint8 bytes[16];

    if (reference == NULL || !lt_uuid_read(reference, strlen(reference), bytes))
        return TRUE;
    if (!LT_ASK(&query, database, error, "SELECT row FROM dossier WHERE reference = ?1", LT_BLOB(bytes, sizeof bytes)))
        return FALSE;
    if (lt_query_next(&query, error))
        *row = lt_query_integer(&query, 0);
    return !query.failed;
}

static gboolean
keep_envelope(LtStoreTransaction *tx, const Job *job, const guint8 *id, const guint8 *manifest, guint64 index, GError **error)
{
    gint64 dossier = 0, crl = 0, message;

    if (!find_dossier(tx->database, job->header->dossier, &dossier, error) || !lt_crls_keep(tx, job->in->envelope->signer, &crl, error) ||
        !LT_RUN(tx->database, error,
                "INSERT INTO message (id, sender, receiver, type, manifest, dossier, expires, at, log_index, crl) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                LT_BLOB(id, 16), LT_TEXT(job->header->from), LT_TEXT(job->header->to), LT_TEXT(job->header->type),
                LT_BLOB(manifest, LT_SHA256_SIZE), lt_value_row(dossier), LT_INT(job->header->expires_us), LT_INT(tx->time_us), LT_INT(index), lt_value_row(crl)))
        return FALSE;
    message = sqlite3_last_insert_rowid(lt_database_get_handle(tx->database));
    return lt_content_write(tx, message, job->in->envelope->container, error) &&
           (dossier == 0 || lt_dossier_add_event(tx, dossier, index, "receipt", message, NULL, job->in->stage, error));
}

static gboolean
take_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    Job *job = data;
    guint8 id[16], manifest[LT_SHA256_SIZE];
    gboolean known = FALSE;
    guint64 index;

    if (!lt_uuid_read(job->header->id, strlen(job->header->id), id) ||
        !lt_hex_read(job->manifest, strlen(job->manifest), manifest, sizeof manifest)) {
        lt_error_set(error, LT_ERROR_INVALID, "env.header.value", "the receipt's id is no UUID");
        return FALSE;
    }
    if (!is_known(tx->database, job, id, manifest, &known, error))
        return FALSE;
    if (known)
        return TRUE;
    return record_taken(tx, job, &index, error) && keep_envelope(tx, job, id, manifest, index, error) &&
           (job->in->settles == NULL || lt_settle_apply(tx, job->in->settles, TRUE, error));
}

static void
take_done(gpointer data, const GError *error)
{
    Job *job = data;

    job->done(job->data, NULL, error);
    g_free(job);
}

void
lt_store_take_receipt(LtStore *self, const LtReceiptTaken *taken, LtAcceptDone done, gpointer data, GMainContext *context)
{
    Job *job = g_new0(Job, 1);

    job->in = taken;
    job->header = lt_message_get_header(taken->envelope->message);
    job->manifest = lt_message_get_manifest(taken->envelope->message);
    job->done = done;
    job->data = data;
    lt_store_submit(self, take_write, take_done, job, context);
}
