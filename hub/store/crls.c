/* SPDX-License-Identifier: Apache-2.0 */
/* crls.c: sets of revocation lists, once each.
 *
 * A set changes once a day or so while messages come by the thousand: within a group it is looked up once. A row that this very group
 * has written is not remembered, because it may be taken back with its closure.
 */
#include "store/crls.h"

#include "base/uuid.h"

#include <string.h>

#include "store/store-private.h"
#include "trust/digest.h"

static gboolean
find(LtDatabase *database, const guint8 digest[LT_SHA256_SIZE], gint64 *row, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    *row = 0;
    if (!LT_ASK(&query, database, error, "SELECT row FROM crl WHERE digest = ?1", LT_BLOB(digest, LT_SHA256_SIZE)))
        return FALSE;
    if (lt_query_next(&query, error))
        *row = lt_query_integer(&query, 0);
    return !query.failed;
}

gboolean
lt_crls_keep(LtStoreTransaction *tx, const LtSignerCertificate *signer, gint64 *row, GError **error)
{
    const guint8 *digest = NULL;
    GBytes *pem = lt_signer_certificate_get_crls(signer, &digest);

    *row = 0;
    if (pem == NULL)
        return TRUE;
    if (tx->crl_row != 0 && memcmp(tx->crl_digest, digest, LT_SHA256_SIZE) == 0) {
        *row = tx->crl_row;
        return TRUE;
    }
    if (!find(tx->database, digest, row, error))
        return FALSE;
    if (*row == 0) {
        tx->crl_written = TRUE;
        if (!LT_RUN(tx->database, error, "INSERT INTO crl (digest, at, pem) VALUES (?1, ?2, ?3)", LT_BLOB(digest, LT_SHA256_SIZE),
                    LT_INT(tx->time_us), LT_BYTES_VALUE(pem)))
            return FALSE;
        *row = sqlite3_last_insert_rowid(lt_database_get_handle(tx->database));
    } else if (!tx->crl_written) {
        tx->crl_row = *row;
        memcpy(tx->crl_digest, digest, LT_SHA256_SIZE);
    }
    return TRUE;
}

GBytes *
lt_store_message_crls(LtStore *self, gint64 message, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;
    g_autoptr(GBytes) pem = NULL;
    guint8 kept[LT_SHA256_SIZE] = { 0 }, found[LT_SHA256_SIZE];

    if (reading.database == NULL ||
        !LT_ASK(&query, reading.database, error, "SELECT c.digest, c.pem FROM message m JOIN crl c ON c.row = m.crl WHERE m.row = ?1",
                LT_INT(message)))
        return NULL;
    if (!lt_query_next(&query, error)) {
        if (!query.failed)
            lt_error_set(error, LT_ERROR_NOT_FOUND, "crl.unknown", "no revocation lists are kept with message %" G_GINT64_FORMAT, message);
        return NULL;
    }
    lt_query_copy(&query, 0, kept, sizeof kept);
    pem = lt_query_bytes(&query, 1);
    lt_sha256(g_bytes_get_data(pem, NULL), g_bytes_get_size(pem), found);
    if (memcmp(kept, found, sizeof kept) == 0)
        return g_steal_pointer(&pem);
    lt_error_set(error, LT_ERROR_INTERNAL, "log.blob-hash", "the revocation lists kept with message %" G_GINT64_FORMAT " were altered", message);
    return NULL;
}

GBytes *
lt_store_find_crls(LtStore *self, const char *from, const char *id, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;
    guint8 bytes[16];
    gint64 message;

    if (reading.database == NULL)
        return NULL;
    if (!lt_uuid_read(id, strlen(id), bytes) ||
        !LT_ASK(&query, reading.database, error, "SELECT row FROM message WHERE id = ?1 AND sender = ?2", LT_BLOB(bytes, sizeof bytes), LT_TEXT(from)) ||
        !lt_query_next(&query, error)) {
        if (!query.failed)
            lt_error_set(error, LT_ERROR_NOT_FOUND, "crl.unknown", "there is no message %.36s", id);
        return NULL;
    }
    message = lt_query_integer(&query, 0);
    lt_query_end(&query);
    return lt_store_message_crls(self, message, error);
}
