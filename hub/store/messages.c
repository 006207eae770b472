/* SPDX-License-Identifier: Apache-2.0 */
/* messages.c: accepted messages, looked up and given back, with the receipts that were promised for them. Accepting is accept.c.
 */
#include "store/messages.h"

#include <string.h>

#include "base/uuid.h"
#include "store/content.h"
#include "store/receipts.h"

#define SEEN_AFTER_EXPIRY_US (G_GINT64_CONSTANT(30) * 86400 * LT_US_PER_SECOND)

/* A row of `message` by what names it outside. */
static gboolean
ask_by_id(LtQuery *query, LtDatabase *database, const char *from, const char *id, GError **error)
{
    guint8 bytes[16];

    if (!lt_uuid_read(id, strlen(id), bytes)) {
        lt_error_set(error, LT_ERROR_NOT_FOUND, "message.unknown", "there is no message %.36s", id);
        return FALSE;
    }
    return LT_ASK(query, database, error,
                  "SELECT m.row, m.manifest, m.state, x.reference, m.expires FROM message m LEFT JOIN dossier x ON x.row = m.dossier "
                  "WHERE m.id = ?1 AND m.sender = ?2",
                  LT_BLOB(bytes, sizeof bytes), LT_TEXT(from));
}

/* The row of `seen` ends 30 days after `expires`, and not before every delivery is in a final state (envelope.md §8). The message itself stays: a
 * copy is told that it has expired, and another envelope under the same id still meets the first one's row when it is written. */
static gboolean
has_ended(LtDatabase *database, gint64 message, gint64 expires_us, gboolean *ended, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    *ended = FALSE;
    if (lt_time_now_us() <= expires_us + SEEN_AFTER_EXPIRY_US)
        return TRUE;
    if (!LT_ASK(&query, database, error, "SELECT 1 FROM delivery WHERE id BETWEEN ?1 AND ?2 AND state NOT IN (3, 5, 6) LIMIT 1",
                LT_INT(message * 256), LT_INT(message * 256 + 255)))
        return FALSE;
    *ended = !lt_query_next(&query, error);
    return !query.failed;
}

LtSeen
lt_store_seen(LtStore *self, const char *from, const char *id, const char *manifest, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;
    guint8 found[LT_SHA256_SIZE];
    char hex[2 * LT_SHA256_SIZE + 1] = "";
    gboolean ended;

    if (reading.database == NULL || !ask_by_id(&query, reading.database, from, id, error) || !lt_query_next(&query, error))
        return LT_SEEN_NEW;
    if (!has_ended(reading.database, lt_query_integer(&query, 0), lt_query_integer(&query, 4), &ended, error) || ended)
        return LT_SEEN_NEW;
    if (lt_query_copy(&query, 1, found, sizeof found))
        lt_hex_write(found, sizeof found, hex);
    if (strcmp(hex, manifest) != 0)
        return LT_SEEN_CONFLICT;
    return lt_query_integer(&query, 2) != 0 ? LT_SEEN_FAILED : LT_SEEN_SAME;
}

char *
lt_store_manifest_of(LtStore *self, const char *from, const char *id)
{
    g_auto(LtReading) reading = lt_reading_begin(self, NULL);
    g_auto(LtQuery) query = LT_QUERY_INIT;
    guint8 manifest[LT_SHA256_SIZE];

    if (reading.database == NULL || !ask_by_id(&query, reading.database, from, id, NULL) || !lt_query_next(&query, NULL) ||
        !lt_query_copy(&query, 1, manifest, sizeof manifest))
        return NULL;
    return lt_hex_dup(manifest, sizeof manifest);
}

static gboolean
read_manifest(LtQuery *query, const char *name, gint64 *row, guint8 manifest[LT_SHA256_SIZE], GError **error)
{
    if (!lt_query_next(query, error)) {
        if (!query->failed)
            lt_error_set(error, LT_ERROR_NOT_FOUND, "message.unknown", "there is no message %s", name);
        return FALSE;
    }
    *row = lt_query_integer(query, 0);
    if (lt_query_copy(query, 1, manifest, LT_SHA256_SIZE))
        return TRUE;
    lt_error_set(error, LT_ERROR_INTERNAL, "log.db", "message %" G_GINT64_FORMAT " has no manifest digest", *row);
    return FALSE;
}

LtMessage *
lt_store_load_message(LtStore *self, gint64 message, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;
    g_autofree char *name = g_strdup_printf("%" G_GINT64_FORMAT, message);
    guint8 manifest[LT_SHA256_SIZE];

    if (reading.database == NULL ||
        !LT_ASK(&query, reading.database, error, "SELECT row, manifest FROM message WHERE row = ?1", LT_INT(message)) ||
        !read_manifest(&query, name, &message, manifest, error))
        return NULL;
    lt_query_end(&query);
    return lt_content_load(self, reading.database, message, manifest, error);
}

LtMessage *
lt_store_find_message(LtStore *self, const char *from, const char *id, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;
    guint8 manifest[LT_SHA256_SIZE];
    gint64 row;

    if (reading.database == NULL || !ask_by_id(&query, reading.database, from, id, error) ||
        !read_manifest(&query, id, &row, manifest, error))
        return NULL;
    lt_query_end(&query);
    return lt_content_load(self, reading.database, row, manifest, error);
}

/* The envelope that receipts were given for: accepted, or else refused after V7. */
typedef struct {
    LtReceipted re;
    gint64 first_row, last_row;
    char manifest[2 * LT_SHA256_SIZE + 1], dossier[37];
} Subject;

static const char *const stages[] = { "refused", "received", "delivered", "confirmed", "failed" };

static gboolean
find_accepted(LtDatabase *database, const char *from, const char *id, const char *stage, Subject *out, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    guint8 manifest[LT_SHA256_SIZE], reference[16];

    if (!ask_by_id(&query, database, from, id, error) || !lt_query_next(&query, error) ||
        !lt_query_copy(&query, 1, manifest, sizeof manifest))
        return FALSE;
    lt_hex_write(manifest, sizeof manifest, out->manifest);
    out->re = (LtReceipted){ lt_query_integer(&query, 0), from, id, out->manifest, NULL };
    if (lt_query_copy(&query, 3, reference, sizeof reference)) {
        lt_uuid_write(reference, out->dossier);
        out->re.dossier = out->dossier;
    }
    out->first_row = LT_RECEIPT_FIRST_ROW(out->re.message);
    out->last_row = LT_RECEIPT_LAST_ROW(out->re.message);
    for (guint i = 1; stage != NULL && i < G_N_ELEMENTS(stages); i++) {
        if (strcmp(stage, stages[i]) == 0)
            out->first_row = out->last_row = LT_RECEIPT_ROW(out->re.message, i);
    }
    return TRUE;
}

static gboolean
find_refused(LtDatabase *database, const char *from, const char *id, Subject *out, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    guint8 bytes[16], manifest[LT_SHA256_SIZE];

    if (!lt_uuid_read(id, strlen(id), bytes) ||
        !LT_ASK(&query, database, error, "SELECT row, manifest, dossier FROM refusal WHERE id = ?1 AND sender = ?2 ORDER BY row DESC LIMIT 1",
                LT_BLOB(bytes, sizeof bytes), LT_TEXT(from)) ||
        !lt_query_next(&query, error) || !lt_query_copy(&query, 1, manifest, sizeof manifest))
        return FALSE;
    lt_hex_write(manifest, sizeof manifest, out->manifest);
    out->re = (LtReceipted){ lt_query_integer(&query, 0), from, id, out->manifest, NULL };
    if (lt_query_text(&query, 2) != NULL) {
        g_strlcpy(out->dossier, lt_query_text(&query, 2), sizeof out->dossier);
        out->re.dossier = out->dossier;
    }
    out->first_row = out->last_row = LT_RECEIPT_ROW(out->re.message, LT_STAGE_REFUSED);
    return TRUE;
}

static GBytes *
find_signature(LtDatabase *database, gint64 receipt, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK(&query, database, error, "SELECT signature FROM receipt_signature WHERE row = ?1", LT_INT(receipt)) ||
        !lt_query_next(&query, error))
        return NULL;
    return lt_query_bytes(&query, 0);
}

typedef struct {
    gint64 receipt;
    GBytes *signature;
} Keeping;

/* The first one stays: every fetch gives the same bytes. */
static gboolean
keep_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Keeping *keeping = data;

    return LT_RUN(tx->database, error, "INSERT OR IGNORE INTO receipt_signature (row, signature) VALUES (?1, ?2)", LT_INT(keeping->receipt),
                  LT_BYTES_VALUE(keeping->signature));
}

static gboolean
keep_now(LtStoreTransaction *tx, gpointer data, GError **error)
{
    Keeping *keeping = data;
    g_autoptr(GBytes) kept = NULL;

    if (!keep_write(tx, keeping, error))
        return FALSE;
    kept = find_signature(tx->database, keeping->receipt, error);
    if (kept == NULL)
        return FALSE;
    g_bytes_unref(keeping->signature);
    keeping->signature = g_steal_pointer(&kept);
    return TRUE;
}

/* Signed on its first fetch, and kept before it leaves. Where nothing can be kept (read only, halted) it is signed for this once: the
 * manifest is the same. */
static GBytes *
sign_and_keep(LtStore *self, const LtPromise *promise, GError **error)
{
    g_autoptr(GBytes) signature = NULL;
    g_autoptr(GBytes) receipt = lt_receipt_sign(&promise->body, promise->fields.at_us, lt_store_get_signer(self), &signature, error);
    Keeping keeping = { promise->row, NULL };
    GBytes *kept;

    if (receipt == NULL)
        return NULL;
    keeping.signature = g_bytes_ref(signature);
    kept = lt_store_write(self, keep_now, &keeping, NULL) ? lt_receipt_build(&promise->body, keeping.signature, error) : g_steal_pointer(&receipt);
    g_bytes_unref(keeping.signature);
    return kept;
}

GBytes *
lt_store_find_receipt(LtStore *self, const char *from, const char *id, const char *stage, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtPromise) promise = { 0 };
    g_autoptr(GBytes) signature = NULL;
    g_autoptr(GError) failure = NULL;
    Subject subject = { 0 };
    gboolean found;

    if (reading.database == NULL)
        return NULL;
    found = (g_strcmp0(stage, "refused") != 0 && find_accepted(reading.database, from, id, stage, &subject, &failure)) ||
            (failure == NULL && (stage == NULL || strcmp(stage, "refused") == 0) && find_refused(reading.database, from, id, &subject, &failure));
    if (found)
        found = lt_receipts_load(reading.database, NULL, &subject.re, subject.first_row, subject.last_row, &promise, &failure);
    if (found)
        signature = find_signature(reading.database, promise.row, &failure);
    if (!found && failure == NULL)
        lt_error_set(&failure, LT_ERROR_NOT_FOUND, "receipt.unknown", "no receipt was given for message %.36s", id);
    if (failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    if (signature != NULL)
        return lt_receipt_build(&promise.body, signature, error);
    return sign_and_keep(self, &promise, error);
}

static void
keep_done(gpointer data, const GError *error G_GNUC_UNUSED)
{
    Keeping *keeping = data;

    g_bytes_unref(keeping->signature);
    g_free(keeping);
}

void
lt_store_keep_receipt_signature(LtStore *self, gint64 receipt, GBytes *signature)
{
    Keeping *keeping = g_new(Keeping, 1);

    *keeping = (Keeping){ receipt, g_bytes_ref(signature) };
    lt_store_submit_lazy(self, keep_write, keep_done, keeping);
}
