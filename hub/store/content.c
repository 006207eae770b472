/* SPDX-License-Identifier: Apache-2.0 */
/* content.c: content written. Small content lies in rows, content of 64 KiB and more in files named by its digest (blobs.c), which are
 * durable before the transaction begins. The manifest is not kept: it follows from the rest. content-load.c reads.
 */
#include "store/content.h"

#include "store/blobs.h"

/* Number of an entry among the attachments: 0 for the payload; −1 for an entry that is none. */
static gint64
attachment_number(const LtEntry *entry)
{
    guint64 number;

    if (g_str_has_prefix(entry->name, "payload."))
        return 0;
    if (!g_str_has_prefix(entry->name, "att/"))
        return -1;
    return g_ascii_string_to_unsigned(entry->name + 4, 10, 1, 999, &number, NULL) ? (gint64) number : -1;
}

static gboolean
becomes_file(const LtEntry *entry)
{
    return entry->size >= LT_CONTAINER_SMALL && attachment_number(entry) >= 0;
}

gboolean
lt_content_needs_disk(LtContainer *container)
{
    for (guint i = 0; i < container->entries->len; i++) {
        if (becomes_file(g_ptr_array_index(container->entries, i)))
            return TRUE;
    }
    return FALSE;
}

/* A large payload is held in memory by its reader: it goes through the spool here. */
static gboolean
spool_payload(LtStore *store, LtEntry *entry, GError **error)
{
    LtSpool *spool = lt_store_get_spool(store);
    gsize size;
    const guint8 *data = g_bytes_get_data(entry->bytes, &size);
    LtSpoolFile *file = spool->create(spool, error);

    if (file == NULL)
        return FALSE;
    if (!file->write(file, data, size, error)) {
        file->free(file);
        return FALSE;
    }
    entry->file = file;
    return TRUE;
}

gboolean
lt_content_prepare(LtStore *store, LtContainer *container, GError **error)
{
    for (guint i = 0; i < container->entries->len; i++) {
        LtEntry *entry = g_ptr_array_index(container->entries, i);

        if (!becomes_file(entry))
            continue;
        if (entry->file == NULL && entry->bytes != NULL && !spool_payload(store, entry, error))
            return FALSE;
        if (entry->file == NULL) {
            lt_error_set(error, LT_ERROR_INTERNAL, "env.internal", "%s was hashed but not kept", entry->name);
            return FALSE;
        }
        if (!lt_blobs_adopt(lt_store_get_blobs(store), entry->file, entry->sha256, error))
            return FALSE;
    }
    return TRUE;
}

void
lt_content_settle(LtStore *store, LtContainer *container)
{
    for (guint i = 0; i < container->entries->len; i++) {
        LtEntry *entry = g_ptr_array_index(container->entries, i);

        if (becomes_file(entry) && entry->file != NULL)
            lt_blobs_settle(lt_store_get_blobs(store), entry->file);
    }
}

static gboolean
write_attachment(LtStoreTransaction *tx, gint64 message, gint64 number, const LtEntry *entry, GError **error)
{
    return LT_RUN(tx->database, error, "INSERT INTO attachment (row, digest, size, crc, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
                  LT_INT(message * 1024 + number), LT_BLOB(entry->sha256, LT_SHA256_SIZE), LT_INT(entry->size), LT_INT(entry->crc32),
                  LT_BYTES_VALUE(becomes_file(entry) ? NULL : entry->bytes));
}

gboolean
lt_content_write(LtStoreTransaction *tx, gint64 message, LtContainer *container, GError **error)
{
    LtEntry *header = lt_container_get(container, "envelope.json");
    LtEntry *signature = lt_container_get(container, "META-INF/signature001.p7s");
    GBytes *payload = NULL;

    for (guint i = 0; i < container->entries->len; i++) {
        LtEntry *entry = g_ptr_array_index(container->entries, i);
        gint64 number = attachment_number(entry);

        if (number == 0 && !becomes_file(entry))
            payload = entry->bytes;
        else if (number >= 0 && !write_attachment(tx, message, number, entry, error))
            return FALSE;
    }
    return LT_RUN(tx->database, error, "INSERT INTO content (message, header, payload, signature) VALUES (?1, ?2, ?3, ?4)", LT_INT(message),
                  LT_BYTES_VALUE(header->bytes), LT_BYTES_VALUE(payload), LT_BYTES_VALUE(signature->bytes));
}
