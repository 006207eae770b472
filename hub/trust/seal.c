/* SPDX-License-Identifier: Apache-2.0 */
/* seal.c: makes an envelope: header, manifest and signature around a payload and attachments.
 *
 * Attachments are read in pieces, once to hash and once to write, so that a large one never lies in memory. What is made is
 * held against the rules of the receiving side first: nothing is signed that would be refused for its form.
 */
#include <stdio.h>
#include <string.h>

#include "trust/container-private.h"
#include "trust/digest.h"
#include "trust/envelope.h"
#include "trust/header.h"
#include "trust/manifest.h"
#include "trust/refusal.h"

#define LIFETIME_DEFAULT_S 604800
#define LIFETIME_PING_S 3600
#define NONCE_SIZE 32
#define PAYLOAD_MAX_BYTES 8388608u
#define ATTACHMENTS_MAX 999u

static const char *
payload_name(GBytes *payload)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(payload, &size);
    gboolean xml = size > 0 && (data[0] == '<' || (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0));

    return xml ? "payload.xml" : "payload.json";
}

static void
set_defaults(LtHeader *header)
{
    gint64 lifetime_s = g_strcmp0(header->type, "hub.ping") == 0 ? LIFETIME_PING_S : LIFETIME_DEFAULT_S;
    guint8 nonce[NONCE_SIZE];

    if (header->issued_us == 0)
        header->issued_us = lt_time_now_us();
    header->issued_us -= header->issued_us % LT_US_PER_SECOND;
    if (header->expires_us == 0)
        header->expires_us = header->issued_us + lifetime_s * LT_US_PER_SECOND;
    if (header->nonce == NULL) {
        lt_random_bytes(nonce, sizeof nonce);
        header->nonce = lt_base64_dup(nonce, sizeof nonce);
    }
}

static gboolean
hash_stream(LtSealPart *part, LtHasher *hasher, guint32 *crc32, GError **error)
{
    g_autoptr(GInputStream) stream = part->open(part->data, error);
    g_autofree guint8 *piece = g_malloc(LT_CONTAINER_SMALL);
    guint64 size = 0;
    gssize n;

    if (stream == NULL)
        return FALSE;
    while ((n = g_input_stream_read(stream, piece, LT_CONTAINER_SMALL, NULL, error)) > 0) {
        lt_hasher_update(hasher, piece, (gsize) n);
        *crc32 = lt_crc32(*crc32, piece, (gsize) n);
        size += (guint64) n;
    }
    if (n == 0 && size != part->size)
        lt_error_set(error, LT_ERROR_INTERNAL, "internal", "an attachment has another size than was said");
    return n == 0 && size == part->size;
}

static gboolean
add_attachment(LtSealed *self, LtHeader *header, LtSealPart *part, LtHasher *hasher, GError **error)
{
    char name[16], hex[65];
    guint8 digest[LT_SHA256_SIZE];
    guint32 crc32 = 0;
    guint number = self->attachment_crcs->len + 1;

    if (part->bytes != NULL) {
        gsize size;
        const guint8 *data = g_bytes_get_data(part->bytes, &size);

        part->size = size;
        lt_hasher_update(hasher, data, size);
        crc32 = lt_crc32(0, data, size);
    } else if (!hash_stream(part, hasher, &crc32, error)) {
        return FALSE;
    }
    if (part->size == 0)
        return lt_refuse(error, "env.zip.empty-entry", "attachment %u is empty", number);
    lt_hasher_finish(hasher, digest);
    lt_hex_write(digest, sizeof digest, hex);
    g_snprintf(name, sizeof name, "att/%04u", number);
    g_ptr_array_add(header->parts, lt_part_new(name, part->role, part->media_type, part->size, hex));
    g_array_append_val(self->attachment_crcs, crc32);
    g_ptr_array_add(self->attachment_digests, g_memdup2(digest, sizeof digest));
    return TRUE;
}

static gboolean
add_payload(LtSealed *self, LtHeader *header, GBytes *payload, GError **error)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(payload, &size);
    const char *name = payload_name(payload);
    g_autofree char *hex = lt_sha256_dup_hex(data, size);

    if (size == 0)
        return lt_refuse(error, "env.zip.empty-entry", "payload is empty");
    if (size > PAYLOAD_MAX_BYTES)
        return lt_refuse(error, "env.zip.entry-size", "payload has %" G_GSIZE_FORMAT " bytes", size);
    self->payload = g_bytes_ref(payload);
    g_ptr_array_add(header->parts,
                    lt_part_new(name, "payload", strcmp(name, "payload.xml") == 0 ? "application/xml" : "application/json", size, hex));
    return TRUE;
}

static gboolean
add_parts(LtSealed *self, LtHeader *header, GBytes *payload, GPtrArray *attachments, GError **error)
{
    g_autoptr(LtHasher) hasher = lt_hasher_new();

    g_ptr_array_set_size(header->parts, 0);
    if (payload != NULL && !add_payload(self, header, payload, error))
        return FALSE;
    if (attachments == NULL)
        return TRUE;
    if (attachments->len > ATTACHMENTS_MAX)
        return lt_refuse(error, "env.zip.extra-entry", "%u attachments are too many", attachments->len);
    self->attachments = g_ptr_array_ref(attachments);
    for (guint i = 0; i < attachments->len; i++)
        if (!add_attachment(self, header, g_ptr_array_index(attachments, i), hasher, error))
            return FALSE;
    return TRUE;
}

/* The header's bytes, read back by the reader of the receiving side. */
static gboolean
write_header(LtSealed *self, const LtHeader *header, GError **error)
{
    g_autoptr(LtHeader) again = NULL;
    gsize size;
    const char *data;

    self->header = lt_header_write(header);
    data = g_bytes_get_data(self->header, &size);
    again = lt_header_read(data, size, error);
    return again != NULL && lt_header_check_rule(again, error);
}

static void
write_manifest(LtSealed *self, const LtHeader *header)
{
    guint n_rows = header->parts->len + 1;
    g_autofree LtManifestRow *rows = g_new0(LtManifestRow, n_rows);
    g_autofree guint8 *digests = g_malloc(n_rows * LT_SHA256_SIZE);
    guint8 digest[LT_SHA256_SIZE];

    lt_sha256(g_bytes_get_data(self->header, NULL), g_bytes_get_size(self->header), digests);
    rows[0] = (LtManifestRow){ "envelope.json", "application/json", digests };
    for (guint i = 1; i < n_rows; i++) {
        const LtPart *part = g_ptr_array_index(header->parts, i - 1);

        lt_hex_read(part->sha256, 2 * LT_SHA256_SIZE, digests + i * LT_SHA256_SIZE, LT_SHA256_SIZE);
        rows[i] = (LtManifestRow){ part->name, part->media_type, digests + i * LT_SHA256_SIZE };
    }
    self->manifest = lt_manifest_write(rows, n_rows);
    lt_sha256(g_bytes_get_data(self->manifest, NULL), g_bytes_get_size(self->manifest), digest);
    lt_hex_write(digest, sizeof digest, self->manifest_hex);
}

LtSealed *
lt_envelope_seal(LtHeader *header, GBytes *payload, GPtrArray *attachments, LtSigner *signer, GError **error)
{
    g_autoptr(LtSealed) self = g_new0(LtSealed, 1);

    self->attachment_crcs = g_array_new(FALSE, FALSE, sizeof(guint32));
    self->attachment_digests = g_ptr_array_new_with_free_func(g_free);
    set_defaults(header);
    if (!add_parts(self, header, payload, attachments, error) || !write_header(self, header, error))
        return NULL;
    write_manifest(self, header);
    self->signature = lt_signer_sign_envelope(signer, self->manifest, header->issued_us, error);
    return self->signature == NULL ? NULL : g_steal_pointer(&self);
}

void
lt_sealed_free(LtSealed *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->header, g_bytes_unref);
    g_clear_pointer(&self->payload, g_bytes_unref);
    g_clear_pointer(&self->manifest, g_bytes_unref);
    g_clear_pointer(&self->signature, g_bytes_unref);
    g_clear_pointer(&self->attachments, g_ptr_array_unref);
    g_array_unref(self->attachment_crcs);
    g_ptr_array_unref(self->attachment_digests);
    g_free(self);
}

static LtEntrySource
small_entry(const char *name, GBytes *bytes)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(bytes, &size);

    return (LtEntrySource){ .name = name, .bytes = bytes, .size = size, .crc32 = lt_crc32(0, data, size) };
}

GInputStream *
lt_sealed_open_stream(const LtSealed *self, guint64 *size)
{
    guint n_attachments = self->attachment_crcs->len, n = 0;
    g_autofree LtEntrySource *entries = g_new0(LtEntrySource, n_attachments + 5);
    g_autofree char *names = g_malloc0(16 * (gsize) n_attachments + 1);
    g_autoptr(GBytes) mimetype = g_bytes_new_static(LT_CONTAINER_MEDIA_TYPE, MIMETYPE_SIZE);

    entries[n++] = small_entry("mimetype", mimetype);
    entries[n++] = small_entry("envelope.json", self->header);
    if (self->payload != NULL)
        entries[n++] = small_entry(payload_name(self->payload), self->payload);
    for (guint i = 0; i < n_attachments; i++) {
        const LtSealPart *part = g_ptr_array_index(self->attachments, i);
        char *name = names + 16 * (gsize) i;

        snprintf(name, 16, "att/%04u", i + 1);
        entries[n++] = (LtEntrySource){ .name = name, .bytes = part->bytes, .size = part->size,
                                        .crc32 = g_array_index(self->attachment_crcs, guint32, i),
                                        .open = part->open, .data = part->data };
    }
    entries[n++] = small_entry("META-INF/ASiCManifest001.xml", self->manifest);
    entries[n++] = small_entry("META-INF/signature001.p7s", self->signature);
    return lt_container_stream(entries, n, NULL, NULL, size);
}

GBytes *
lt_sealed_build(const LtSealed *self, GError **error)
{
    guint64 size;
    g_autoptr(GInputStream) stream = lt_sealed_open_stream(self, &size);
    g_autofree guint8 *data = NULL;
    gsize got;

    if (size > CONTAINER_MAX_BYTES) {
        lt_refuse(error, "env.size.total", "container would have %" G_GUINT64_FORMAT " bytes", size);
        return NULL;
    }
    data = g_malloc((gsize) size);
    if (!g_input_stream_read_all(stream, data, (gsize) size, &got, NULL, error))
        return NULL;
    return g_bytes_new_take(g_steal_pointer(&data), got);
}
