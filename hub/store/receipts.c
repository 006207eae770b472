/* SPDX-License-Identifier: Apache-2.0 */
/* receipts.c: promised, kept, made again.
 *
 * A receipt's fields are fixed in the transaction that it reports; its manifest digest stands in the record receipt.out of the same
 * transaction. What all receipts of a group share (unit, origin, checkpoint) is one row. The signature comes after the commit and
 * is kept by a later group; until then, and after a crash, it is made anew over the same manifest.
 */
#include "store/receipts.h"

#include <string.h>

#include "base/uuid.h"
#include "store/messages.h"
#include "store/sequences.h"

#define NONCE_SIZE 32

static const char *const stage_words[] = { "refused", "received", "delivered", "confirmed", "failed" };

void
lt_promise_clear(LtPromise *self)
{
    LtReceiptFields *fields = &self->fields;

    g_free((char *) fields->id);
    g_free((char *) fields->from);
    g_free((char *) fields->to);
    g_free((char *) fields->nonce);
    g_free((char *) fields->dossier);
    g_free((char *) fields->re_id);
    g_free((char *) fields->re_manifest);
    g_free((char *) fields->code);
    g_free((char *) fields->origin);
    g_free((char *) fields->checkpoint);
    lt_receipt_body_clear(&self->body);
    memset(self, 0, sizeof *self);
}

/* What follows from the receipted envelope. `re_from` and `to` are one string: a receipt goes to whom it receipts. */
static void
set_subject(LtPromise *out, const LtReceipted *re)
{
    out->fields.to = g_strdup(re->from);
    out->fields.re_from = out->fields.to;
    out->fields.re_id = g_strdup(re->id);
    out->fields.re_manifest = g_strdup(re->manifest);
    out->fields.dossier = g_strdup(re->dossier);
}

static gboolean
next_checkpoint_row(LtStoreTransaction *tx, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (tx->receipt_checkpoint != 0)
        return TRUE;
    if (!LT_ASK_PLAIN(&query, tx->database, error, "SELECT ifnull(max(row), 0) + 1 FROM receipt_checkpoint"))
        return FALSE;
    if (lt_query_next(&query, error))
        tx->receipt_checkpoint = lt_query_integer(&query, 0);
    return !query.failed;
}

static gboolean
record_receipt(LtStoreTransaction *tx, const LtPromise *promise, GError **error)
{
    const LtReceiptFields *fields = &promise->fields;
    LtRecord *record = lt_record_new("receipt.out", "hub", fields->from);
    char manifest[2 * LT_SHA256_SIZE + 1];

    lt_hex_write(promise->body.manifest_sha256, LT_SHA256_SIZE, manifest);
    lt_record_set_string(record, "id", fields->id);
    lt_record_set_string(record, "m", manifest);
    lt_record_set_string(record, "re_from", fields->re_from);
    lt_record_set_string(record, "re_id", fields->re_id);
    lt_record_set_string(record, "re_m", fields->re_manifest);
    lt_record_set_string(record, "stage", fields->stage);
    lt_record_set_string(record, "to", fields->to);
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

/* A stage may come a second time, as when a released delivery fails again: then it is another receipt. */
static gboolean
forget_signature(LtStoreTransaction *tx, gint64 row, LtStage stage, GError **error)
{
    return stage == LT_STAGE_RECEIVED || stage == LT_STAGE_REFUSED ||
           LT_RUN(tx->database, error, "DELETE FROM receipt_signature WHERE row = ?1", LT_INT(row));
}

gboolean
lt_receipts_promise(LtStoreTransaction *tx, const LtReceipted *re, LtStage stage, const char *code, guint64 index, LtPromise *out,
                    GError **error)
{
    guint8 nonce[NONCE_SIZE], id[16];
    char text[37];

    lt_promise_clear(out);
    set_subject(out, re);
    lt_uuid7_new(tx->time_us, text);
    lt_uuid_read(text, 36, id);
    lt_random_bytes(nonce, sizeof nonce);
    out->row = LT_RECEIPT_ROW(re->message, stage);
    out->fields.id = g_strdup(text);
    out->fields.from = g_strdup(lt_signer_get_unit(lt_store_get_signer(tx->store)));
    out->fields.nonce = lt_base64_dup(nonce, sizeof nonce);
    out->fields.stage = stage_words[stage];
    out->fields.code = g_strdup(code);
    out->fields.at_us = tx->time_us;
    out->fields.origin = g_strdup(lt_log_tail_get_origin(tx->log));
    out->fields.index = index;
    out->fields.checkpoint = g_strdup(lt_log_tail_get_checkpoint(tx->log));
    out->fields.seq = lt_store_next_seq(tx, out->fields.from, out->fields.to, error);
    if (out->fields.seq < 0 || !next_checkpoint_row(tx, error))
        return FALSE;
    lt_receipt_body_make(&out->fields, &out->body);
    return forget_signature(tx, out->row, stage, error) &&
           LT_RUN(tx->database, error,
                  "INSERT OR REPLACE INTO receipt (row, id, seq, nonce, code, at, log_index, checkpoint) "
                  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                  LT_INT(out->row), LT_BLOB(id, sizeof id), LT_INT(out->fields.seq), LT_BLOB(nonce, sizeof nonce), LT_TEXT(code),
                  LT_INT(out->fields.at_us), LT_INT(index), LT_INT(tx->receipt_checkpoint)) &&
           record_receipt(tx, out, error);
}

gboolean
lt_receipts_finish_group(LtStoreTransaction *tx, GError **error)
{
    if (tx->receipt_checkpoint == 0)
        return TRUE;
    return LT_RUN(tx->database, error, "INSERT INTO receipt_checkpoint (row, unit, origin, note) VALUES (?1, ?2, ?3, ?4)",
                  LT_INT(tx->receipt_checkpoint), LT_TEXT(lt_signer_get_unit(lt_store_get_signer(tx->store))),
                  LT_TEXT(lt_log_tail_get_origin(tx->log)), LT_TEXT(lt_log_tail_get_checkpoint(tx->log)));
}

/* The group that promised it may be this one: then its shared row is not written yet. */
static gboolean
load_shared(LtDatabase *database, gint64 row, const LtStoreTransaction *tx, LtPromise *out, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (tx != NULL && tx->receipt_checkpoint == row) {
        out->fields.from = g_strdup(lt_signer_get_unit(lt_store_get_signer(tx->store)));
        out->fields.origin = g_strdup(lt_log_tail_get_origin(tx->log));
        out->fields.checkpoint = g_strdup(lt_log_tail_get_checkpoint(tx->log));
        return TRUE;
    }
    if (!LT_ASK(&query, database, error, "SELECT unit, origin, note FROM receipt_checkpoint WHERE row = ?1", LT_INT(row)))
        return FALSE;
    if (!lt_query_next(&query, error)) {
        if (!query.failed)
            lt_error_set(error, LT_ERROR_INTERNAL, "log.db", "receipt_checkpoint has no row %" G_GINT64_FORMAT, row);
        return FALSE;
    }
    out->fields.from = lt_query_dup(&query, 0);
    out->fields.origin = lt_query_dup(&query, 1);
    out->fields.checkpoint = lt_query_dup(&query, 2);
    return TRUE;
}

static gboolean
load_fields(const LtQuery *query, const LtReceipted *re, LtPromise *out, gint64 *shared, GError **error)
{
    guint8 nonce[NONCE_SIZE], id[16];
    char text[37];

    out->row = lt_query_integer(query, 0);
    if (!lt_query_copy(query, 1, id, sizeof id) || !lt_query_copy(query, 3, nonce, sizeof nonce)) {
        lt_error_set(error, LT_ERROR_INTERNAL, "log.db", "receipt %" G_GINT64_FORMAT " is damaged", out->row);
        return FALSE;
    }
    set_subject(out, re);
    lt_uuid_write(id, text);
    out->fields.id = g_strdup(text);
    out->fields.seq = lt_query_integer(query, 2);
    out->fields.nonce = lt_base64_dup(nonce, sizeof nonce);
    out->fields.code = lt_query_dup(query, 4);
    out->fields.at_us = lt_query_integer(query, 5);
    out->fields.index = (guint64) lt_query_integer(query, 6);
    out->fields.stage = stage_words[out->row < 0 ? LT_STAGE_REFUSED : (LtStage) MIN(out->row % 8, 4)];
    *shared = lt_query_integer(query, 7);
    return TRUE;
}

#define RECEIPT_COLUMNS "SELECT row, id, seq, nonce, code, at, log_index, checkpoint FROM receipt "

gboolean
lt_receipts_load(LtDatabase *database, const LtStoreTransaction *tx, const LtReceipted *re, gint64 first_row, gint64 last_row, LtPromise *out,
                 GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    gint64 shared = 0;

    lt_promise_clear(out);
    if (!LT_ASK(&query, database, error, RECEIPT_COLUMNS "WHERE row BETWEEN ?1 AND ?2 ORDER BY at DESC, row DESC LIMIT 1", LT_INT(first_row),
                LT_INT(last_row)) ||
        !lt_query_next(&query, error))
        return FALSE;
    if (!load_fields(&query, re, out, &shared, error) || !load_shared(database, shared, tx, out, error))
        return FALSE;
    lt_receipt_body_make(&out->fields, &out->body);
    return TRUE;
}
