/* SPDX-License-Identifier: Apache-2.0 */
/* log-check-messages.c: what is kept against what the log says of it.
 *
 * Each message is loaded as for a reader, which proves header, payload and list of attachments against its manifest digest; its container is rebuilt
 * and read as a receiver would, with every attachment and the signature. Row and manifest must be those of the entry env.accepted, and each
 * receipt, made again from its fields, must have the manifest that receipt.out names.
 */
#include <string.h>
#include "base/value.h"
#include "store/content.h"
#include "store/log-check.h"
#include "store/receipts.h"
#include "trust/digest.h"
#include "trust/envelope.h"

#define PIECE 65536
#define RECEIPT_REACH 16 /* receipt.out follows the entry that it speaks of in the same closure */

typedef struct {
    gint64 row;
    char *id, *sender;
    guint8 manifest[LT_SHA256_SIZE];
    guint64 index;
} Message;

static void
message_clear(Message *self)
{
    g_free(self->id);
    g_free(self->sender);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Message, message_clear)

/* *found: FALSE after the last one. */
static gboolean
next_message(LtDatabase *database, gint64 after, Message *message, gboolean *found, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    guint8 id[16] = { 0 };
    char text[37];

    *found = FALSE;
    if (!LT_ASK(&query, database, error, "SELECT row, id, sender, manifest, log_index FROM message WHERE row > ?1 ORDER BY row LIMIT 1",
                LT_INT(after)))
        return FALSE;
    if (!lt_query_next(&query, error))
        return !query.failed;
    lt_query_copy(&query, 1, id, sizeof id); /* of another size: the nil UUID, which no entry names */
    lt_uuid_write(id, text);
    message->row = lt_query_integer(&query, 0);
    message->id = g_strdup(text);
    message->sender = lt_query_dup(&query, 2);
    if (!lt_query_copy(&query, 3, message->manifest, sizeof message->manifest))
        memset(message->manifest, 0, sizeof message->manifest);
    message->index = (guint64) lt_query_integer(&query, 4);
    *found = TRUE;
    return TRUE;
}

static LtRecordView *
read_entry(LtDatabase *database, guint64 index)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK(&query, database, NULL, "SELECT entry FROM log WHERE idx = ?1", LT_INT(index)) || !lt_query_next(&query, NULL))
        return NULL;
    return lt_record_read(sqlite3_column_blob(query.statement, 0), (gsize) sqlite3_column_bytes(query.statement, 0), NULL);
}

static gboolean
field_is(LtRecordView *entry, const char *name, const char *value)
{
    return g_strcmp0(g_hash_table_lookup(entry->fields, name), value) == 0;
}

/* The container as a receiver would get it, read through the strict reader: digests of all its entries. */
static LtContainer *
rebuild(LtMessage *message, GError **error)
{
    guint64 size;
    g_autoptr(GInputStream) stream = lt_message_open_envelope(message, &size, error);
    g_autoptr(LtContainerReader) reader = lt_container_reader_new(G_MAXUINT32 / 2, NULL);
    g_autofree guint8 *piece = g_malloc(PIECE);
    gssize n;

    if (stream == NULL)
        return NULL;
    while ((n = g_input_stream_read(stream, piece, PIECE, NULL, error)) > 0)
        if (!lt_container_reader_feed(reader, piece, (gsize) n, error))
            return NULL;
    return n < 0 ? NULL : lt_container_reader_finish(reader, error);
}

/* The signature must still be that of the manifest. Whom to trust is not known here, and was decided at reception: "nobody" is the only
 * refusal that a good envelope may get. */
static gboolean
signature_holds(LtContainer *container, GError **error)
{
    g_autoptr(LtTrust) nobody = lt_trust_nobody();
    g_autoptr(LtAlgorithms) any = lt_algorithms_new_for_kept();
    LtReceiver receiver = { .trust = nobody, .scope = LT_RECEIVE_OFFLINE, .now_us = lt_time_now_us() };
    g_autoptr(GError) cause = NULL;
    g_autoptr(LtEnvelope) envelope = NULL;

    lt_trust_set_algorithms(nobody, any);
    envelope = lt_envelope_receive(container, &receiver, NULL, NULL, &cause);

    if (envelope == NULL && g_str_has_prefix(lt_error_get_reason(cause), "env.cert."))
        return TRUE;
    lt_error_set(error, LT_ERROR_INTERNAL, "log.blob-hash", "%s", cause != NULL ? cause->message : "its signature");
    return FALSE;
}

static void
add_content(LtLogCheck *check, const Message *row, const char *table, const char *dossier, const GError *cause)
{
    gboolean absent = g_error_matches(cause, LT_ERROR, LT_ERROR_NOT_FOUND);

    lt_log_check_add(check, absent ? "log.missing-blob" : "log.blob-hash", table, (gint64) row->index, dossier, "message %s of %s: %s", row->id,
                     row->sender, cause->message);
}

static void
check_content(LtLogCheck *check, const Message *row, const char *dossier)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(LtMessage) message = lt_content_load(check->store, check->database, row->row, row->manifest, &cause);
    LtContainer *container = message == NULL ? NULL : rebuild(message, &cause);

    if (message == NULL)
        add_content(check, row, "content", dossier, cause);
    else if (container == NULL)
        add_content(check, row, "attachment", dossier, cause);
    else if (!signature_holds(container, &cause))
        add_content(check, row, "content", dossier, cause);
}

static void
check_promise(LtLogCheck *check, const Message *row, const char *dossier, const LtPromise *promise)
{
    g_autofree char *manifest = lt_hex_dup(promise->body.manifest_sha256, LT_SHA256_SIZE);

    for (guint64 index = promise->fields.index + 1; index <= promise->fields.index + RECEIPT_REACH; index++) {
        g_autoptr(LtRecordView) entry = read_entry(check->database, index);

        if (entry != NULL && g_str_equal(entry->event, "receipt.out") && field_is(entry, "id", promise->fields.id)) {
            if (field_is(entry, "m", manifest))
                return;
            break;
        }
    }
    lt_log_check_add(check, "log.blob-hash", "receipt", (gint64) promise->fields.index, dossier,
                     "receipt %s for message %s of %s is not the one that the log names", promise->fields.stage, row->id, row->sender);
}

static void
check_receipts(LtLogCheck *check, const Message *row, const char *dossier)
{
    g_autofree char *manifest = lt_hex_dup(row->manifest, LT_SHA256_SIZE);
    LtReceipted re = { row->row, row->sender, row->id, manifest, dossier };

    for (gint64 stage = LT_STAGE_RECEIVED; stage <= LT_STAGE_FAILED; stage++) {
        gint64 receipt = LT_RECEIPT_ROW(row->row, stage);
        g_auto(LtPromise) promise = { 0 };
        g_autoptr(GError) cause = NULL;

        if (lt_receipts_load(check->database, NULL, &re, receipt, receipt, &promise, &cause))
            check_promise(check, row, dossier, &promise);
        else if (cause != NULL)
            lt_log_check_add(check, "log.blob-hash", "receipt", (gint64) row->index, dossier, "a receipt for message %s of %s: %s", row->id,
                             row->sender, cause->message);
    }
}

/* A receipt that came in is kept like any envelope, under its own event. */
static gboolean
is_taking(const LtRecordView *entry)
{
    return g_str_equal(entry->event, "env.accepted") || g_str_equal(entry->event, "receipt.in");
}

/* FALSE: the row is not that of an accepted envelope of the log. */
static gboolean
check_message(LtLogCheck *check, const Message *row)
{
    g_autofree char *manifest = lt_hex_dup(row->manifest, LT_SHA256_SIZE);
    g_autoptr(LtRecordView) entry = read_entry(check->database, row->index);
    const char *dossier = entry == NULL ? NULL : g_hash_table_lookup(entry->fields, "d");

    if (entry == NULL || !is_taking(entry) || !field_is(entry, "id", row->id) ||
        !field_is(entry, "from", row->sender) || !field_is(entry, "m", manifest)) {
        lt_log_check_add(check, "log.blob-hash", "message", (gint64) row->index, dossier, "message %s of %s is not the one that the log names",
                         row->id, row->sender);
        return FALSE;
    }
    check_content(check, row, dossier);
    check_receipts(check, row, dossier);
    return g_str_equal(entry->event, "env.accepted");
}

static gboolean
message_exists(LtDatabase *database, guint64 index)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    /* Walks the table: asked only when messages are known to be absent. */
    return LT_ASK(&query, database, NULL, "SELECT 1 FROM message WHERE log_index = ?1", LT_INT(index)) && lt_query_next(&query, NULL);
}

/* Some accepted envelope has no row: says which. */
static void
name_absent(LtLogCheck *check)
{
    for (guint64 index = check->from; index < check->size; index++) {
        g_autoptr(LtRecordView) entry = read_entry(check->database, index);

        if (entry != NULL && g_str_equal(entry->event, "env.accepted") && !message_exists(check->database, index))
            lt_log_check_add(check, "log.missing-blob", "message", (gint64) index, g_hash_table_lookup(entry->fields, "d"),
                             "message %s of %s is absent", (const char *) g_hash_table_lookup(entry->fields, "id"),
                             (const char *) g_hash_table_lookup(entry->fields, "from"));
    }
}

/* Kept revocation lists are evidence: each must still be what its digest says. */
static gboolean
check_crls(LtLogCheck *check, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK_PLAIN(&query, check->database, error, "SELECT row, digest, pem FROM crl ORDER BY row"))
        return FALSE;
    while (lt_query_next(&query, error)) {
        guint8 kept[LT_SHA256_SIZE] = { 0 }, found[LT_SHA256_SIZE];

        lt_query_copy(&query, 1, kept, sizeof kept);
        lt_sha256(sqlite3_column_blob(query.statement, 2), (gsize) sqlite3_column_bytes(query.statement, 2), found);
        if (memcmp(kept, found, sizeof kept) != 0)
            lt_log_check_add(check, "log.blob-hash", "crl", -1, NULL, "revocation lists in row %" G_GINT64_FORMAT " of crl were altered",
                             lt_query_integer(&query, 0));
    }
    return !query.failed;
}

gboolean
lt_log_check_messages(LtLogCheck *check, GError **error)
{
    guint64 n_good = 0;
    gint64 after = -1;

    for (;;) {
        g_auto(Message) message = { 0 };
        gboolean found;

        if (lt_log_check_cancelled(check, error) || !next_message(check->database, after, &message, &found, error))
            return FALSE;
        if (!found)
            break;
        after = message.row;
        /* A row beyond the checkpoint is newer than this check, or its index was altered: then its entry has none. */
        if (message.index >= check->from && message.index < check->size && check_message(check, &message))
            n_good++;
    }
    if (n_good < check->n_accepted)
        name_absent(check);
    return check_crls(check, error);
}
