/* SPDX-License-Identifier: Apache-2.0 */
/* content-load.c: content given back, proved while it is.
 *
 * Header, payload and attachment digests together give the manifest, whose digest stands in the message's row and in the audit log: if
 * they do not, something in these rows was altered. The container is rebuilt from the same entries, byte for byte.
 */
#include "store/content.h"

#include <string.h>

#include "store/blobs.h"
#include "trust/digest.h"
#include "trust/header.h"
#include "trust/manifest.h"

typedef struct {
    guint8 sha256[LT_SHA256_SIZE];
    guint64 size;
    guint32 crc32;
    GBytes *bytes; /* nullable: a file */
} Attachment;

/* The entries of one kept message: shared by the message and the streams opened from it. */
typedef struct {
    gatomicrefcount references;
    LtStore *store;
    gint64 message;
    GBytes *header, *payload, *manifest, *signature;
    char payload_name[16];
    GArray *attachments; /* of Attachment */
} Kept;

static void
clear_attachment(gpointer data)
{
    g_clear_pointer(&((Attachment *) data)->bytes, g_bytes_unref);
}

static void
kept_unref(gpointer data)
{
    Kept *self = data;

    if (!g_atomic_ref_count_dec(&self->references))
        return;
    g_clear_pointer(&self->header, g_bytes_unref);
    g_clear_pointer(&self->payload, g_bytes_unref);
    g_clear_pointer(&self->manifest, g_bytes_unref);
    g_clear_pointer(&self->signature, g_bytes_unref);
    g_array_unref(self->attachments);
    g_free(self);
}

static gboolean
fail_altered(const Kept *self, const char *what, GError **error)
{
    lt_error_set(error, LT_ERROR_INTERNAL, "log.blob-hash", "message %" G_GINT64_FORMAT ": %s is not what was signed", self->message, what);
    return FALSE;
}

static GInputStream *
open_kept(const Kept *self, const Attachment *attachment, GError **error)
{
    guint8 found[LT_SHA256_SIZE];
    gsize size;
    const void *data;

    if (attachment->bytes == NULL)
        return lt_blobs_open_file(lt_store_get_blobs(self->store), attachment->sha256, attachment->size, error);
    data = g_bytes_get_data(attachment->bytes, &size);
    lt_sha256(data, size, found);
    if (memcmp(found, attachment->sha256, sizeof found) != 0) {
        fail_altered(self, "an attachment", error);
        return NULL;
    }
    return g_memory_input_stream_new_from_bytes(attachment->bytes);
}

static GInputStream *
source_open_attachment(gpointer source, guint index, GError **error)
{
    Kept *self = source;

    if (index < self->attachments->len)
        return open_kept(self, &g_array_index(self->attachments, Attachment, index), error);
    lt_error_set(error, LT_ERROR_NOT_FOUND, "attachment", "the message has no attachment %u", index + 1);
    return NULL;
}

/* What one entry's stream needs; lives as long as the container's stream. */
typedef struct {
    Kept *kept;
    const Attachment *attachment;
} Opening;

typedef struct {
    Kept *kept;
    Opening *openings;
} Rebuilding;

static void
rebuilding_free(gpointer data)
{
    Rebuilding *self = data;

    kept_unref(self->kept);
    g_free(self->openings);
    g_free(self);
}

static GInputStream *
open_entry(gpointer data, GError **error)
{
    Opening *opening = data;

    return open_kept(opening->kept, opening->attachment, error);
}

static void
add_bytes(GArray *entries, const char *name, GBytes *bytes)
{
    LtEntrySource entry = { .name = name, .bytes = bytes, .size = g_bytes_get_size(bytes) };

    entry.crc32 = lt_crc32(0, g_bytes_get_data(bytes, NULL), entry.size);
    g_array_append_val(entries, entry);
}

static GInputStream *
source_open_envelope(gpointer source, guint64 *size, GError **error G_GNUC_UNUSED)
{
    Kept *self = source;
    g_autoptr(GArray) entries = g_array_new(FALSE, TRUE, sizeof(LtEntrySource));
    g_autoptr(GStringChunk) names = g_string_chunk_new(256);
    g_autoptr(GBytes) mimetype = g_bytes_new_static(LT_CONTAINER_MEDIA_TYPE, strlen(LT_CONTAINER_MEDIA_TYPE));
    Rebuilding *rebuilding = g_new0(Rebuilding, 1);

    g_atomic_ref_count_inc(&self->references);
    rebuilding->kept = self;
    rebuilding->openings = g_new0(Opening, self->attachments->len + 1);
    add_bytes(entries, "mimetype", mimetype);
    add_bytes(entries, "envelope.json", self->header);
    if (self->payload != NULL)
        add_bytes(entries, self->payload_name, self->payload);
    for (guint i = 0; i < self->attachments->len; i++) {
        const Attachment *attachment = &g_array_index(self->attachments, Attachment, i);
        char name[16];
        LtEntrySource entry = { .size = attachment->size, .crc32 = attachment->crc32, .open = open_entry, .data = &rebuilding->openings[i] };

        g_snprintf(name, sizeof name, "att/%04u", i + 1);
        entry.name = g_string_chunk_insert(names, name);
        rebuilding->openings[i] = (Opening){ self, attachment };
        g_array_append_val(entries, entry);
    }
    add_bytes(entries, "META-INF/ASiCManifest001.xml", self->manifest);
    add_bytes(entries, "META-INF/signature001.p7s", self->signature);
    return lt_container_stream((const LtEntrySource *) (gpointer) entries->data, entries->len, rebuilding_free, rebuilding, size);
}

static const LtMessageSource kept_source = { source_open_attachment, source_open_envelope, kept_unref };

static gboolean
load_entries(Kept *self, LtDatabase *database, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK(&query, database, error, "SELECT header, payload, signature FROM content WHERE message = ?1", LT_INT(self->message)))
        return FALSE;
    if (!lt_query_next(&query, error)) {
        if (!query.failed)
            lt_error_set(error, LT_ERROR_NOT_FOUND, "log.missing-blob", "message %" G_GINT64_FORMAT " has no content", self->message);
        return FALSE;
    }
    self->header = lt_query_bytes(&query, 0);
    self->payload = lt_query_bytes(&query, 1);
    self->signature = lt_query_bytes(&query, 2);
    return TRUE;
}

/* A large payload: read whole, because messages hold their payload in memory. */
static GBytes *
read_whole(const Kept *self, const Attachment *attachment, GError **error)
{
    g_autoptr(GInputStream) stream = open_kept(self, attachment, error);
    g_autofree guint8 *data = NULL;
    gsize n = 0;

    if (stream == NULL)
        return NULL;
    data = g_malloc(attachment->size);
    if (!g_input_stream_read_all(stream, data, attachment->size, &n, NULL, error))
        return NULL;
    return g_bytes_new_take(g_steal_pointer(&data), n);
}

static gboolean
load_attachments(Kept *self, LtDatabase *database, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK(&query, database, error,
                "SELECT row, digest, size, crc, bytes FROM attachment WHERE row BETWEEN ?1 AND ?2 ORDER BY row",
                LT_INT(self->message * 1024), LT_INT(self->message * 1024 + 1023)))
        return FALSE;
    while (lt_query_next(&query, error)) {
        Attachment attachment = { .size = (guint64) lt_query_integer(&query, 2), .crc32 = (guint32) lt_query_integer(&query, 3) };

        if (!lt_query_copy(&query, 1, attachment.sha256, LT_SHA256_SIZE))
            return fail_altered(self, "an attachment's row", error);
        attachment.bytes = lt_query_bytes(&query, 4);
        if (lt_query_integer(&query, 0) % 1024 != 0) {
            g_array_append_val(self->attachments, attachment);
            continue;
        }
        self->payload = read_whole(self, &attachment, error);
        if (self->payload == NULL)
            return FALSE;
    }
    return !query.failed;
}

static void
hash_bytes(GBytes *bytes, guint8 sha256[LT_SHA256_SIZE])
{
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);

    lt_sha256(data, size, sha256);
}

/* Fills the parts' digests, and makes the manifest, which must be the one that was accepted. */
static gboolean
prove(Kept *self, LtHeader *header, const guint8 *manifest, GError **error)
{
    guint n = header->parts->len, first = self->payload != NULL ? 1 : 0;
    g_autofree LtManifestRow *rows = g_new0(LtManifestRow, n + 1);
    guint8 header_sha256[LT_SHA256_SIZE], payload_sha256[LT_SHA256_SIZE], found[LT_SHA256_SIZE];

    if (n != self->attachments->len + first)
        return fail_altered(self, "the number of its parts", error);
    hash_bytes(self->header, header_sha256);
    if (first > 0)
        hash_bytes(self->payload, payload_sha256);
    rows[0] = (LtManifestRow){ "envelope.json", "application/json", header_sha256 };
    for (guint i = 0; i < n; i++) {
        LtPart *part = g_ptr_array_index(header->parts, i);
        const guint8 *sha256 = i < first ? payload_sha256 : g_array_index(self->attachments, Attachment, i - first).sha256;

        g_free((char *) part->sha256);
        part->sha256 = lt_hex_dup(sha256, LT_SHA256_SIZE);
        rows[i + 1] = (LtManifestRow){ part->name, part->media_type, sha256 };
    }
    self->manifest = lt_manifest_write(rows, n + 1);
    hash_bytes(self->manifest, found);
    return memcmp(found, manifest, sizeof found) == 0 || fail_altered(self, "its header, payload or list of attachments", error);
}

static gboolean
load_kept(Kept *self, LtDatabase *database, const guint8 *manifest, LtHeader **header, GError **error)
{
    if (!load_entries(self, database, error) || !load_attachments(self, database, error))
        return FALSE;
    *header = lt_header_read(g_bytes_get_data(self->header, NULL), g_bytes_get_size(self->header), NULL);
    if (*header == NULL)
        return fail_altered(self, "its header", error);
    return prove(self, *header, manifest, error);
}

LtMessage *
lt_content_load(LtStore *store, LtDatabase *database, gint64 message, const guint8 manifest[LT_SHA256_SIZE], GError **error)
{
    Kept *self = g_new0(Kept, 1);
    g_autoptr(LtHeader) header = NULL;
    g_autofree char *hex = lt_hex_dup(manifest, LT_SHA256_SIZE);

    g_atomic_ref_count_init(&self->references);
    self->store = store;
    self->message = message;
    self->attachments = g_array_new(FALSE, TRUE, sizeof(Attachment));
    g_array_set_clear_func(self->attachments, clear_attachment);
    if (!load_kept(self, database, manifest, &header, error)) {
        kept_unref(self);
        return NULL;
    }
    if (self->payload != NULL)
        g_strlcpy(self->payload_name, ((LtPart *) g_ptr_array_index(header->parts, 0))->name, sizeof self->payload_name);
    return lt_message_new(g_steal_pointer(&header), hex, self->payload, &kept_source, self);
}
