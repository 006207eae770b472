/* SPDX-License-Identifier: Apache-2.0 */
/* evidence-bag.c: the attachments of an evidence file. People's names for them stand in MAP.txt, since entries of a container are only numbered. */
#include <string.h>

#include "casework/evidence-private.h"
#include "trust/digest.h"

#define PIECE 65536u

static void
part_free(gpointer data)
{
    LtSealPart *part = data;

    g_free(part->role);
    g_free(part->media_type);
    g_clear_pointer(&part->bytes, g_bytes_unref);
    g_free(part);
}

LtEvidenceBag *
lt_evidence_bag_new(void)
{
    LtEvidenceBag *self = g_new0(LtEvidenceBag, 1);

    self->parts = g_ptr_array_new_with_free_func(part_free);
    self->names = g_ptr_array_new_with_free_func(g_free);
    self->held = g_ptr_array_new_with_free_func((GDestroyNotify) lt_message_unref);
    return self;
}

void
lt_evidence_bag_free(LtEvidenceBag *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->parts);
    g_ptr_array_unref(self->names);
    g_ptr_array_unref(self->held);
    g_free(self);
}

static LtSealPart *
part_new(const char *media_type)
{
    LtSealPart *part = g_new0(LtSealPart, 1);

    part->role = g_strdup("evidence");
    part->media_type = g_strdup(media_type);
    return part;
}

void
lt_evidence_bag_add(LtEvidenceBag *self, const char *name, const char *media_type, GBytes *bytes)
{
    LtSealPart *part;

    if (bytes == NULL || g_bytes_get_size(bytes) == 0)
        return;
    part = part_new(media_type);
    part->bytes = g_bytes_ref(bytes);
    part->size = g_bytes_get_size(bytes);
    g_ptr_array_add(self->parts, part);
    g_ptr_array_add(self->names, g_strdup(name));
}

void
lt_evidence_bag_add_text(LtEvidenceBag *self, const char *name, const char *text, gssize size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(text, size < 0 ? strlen(text) : (gsize) size);

    lt_evidence_bag_add(self, name, g_str_has_suffix(name, ".html") ? "text/html" : "text/plain", bytes);
}

static GInputStream *
open_message(gpointer data, GError **error)
{
    return lt_message_open_envelope(data, NULL, error);
}

gboolean
lt_evidence_bag_add_message(LtEvidenceBag *self, const char *name, LtMessage *message, GError **error)
{
    LtSealPart *part;
    guint64 size = 0;
    g_autoptr(GInputStream) stream = lt_message_open_envelope(message, &size, error);

    if (stream == NULL)
        return FALSE;
    part = part_new(LT_CONTAINER_MEDIA_TYPE);
    part->open = open_message;
    part->data = message;
    part->size = size;
    g_ptr_array_add(self->held, lt_message_ref(message));
    g_ptr_array_add(self->parts, part);
    g_ptr_array_add(self->names, g_strdup(name));
    return TRUE;
}

static gboolean
hash_part(const LtSealPart *part, LtHasher *hasher, guint8 sha256[LT_SHA256_SIZE], GError **error)
{
    g_autoptr(GInputStream) stream = NULL;
    g_autofree guint8 *piece = NULL;
    gssize n;

    if (part->bytes != NULL) {
        lt_sha256(g_bytes_get_data(part->bytes, NULL), part->size, sha256);
        return TRUE;
    }
    stream = part->open(part->data, error);
    piece = stream == NULL ? NULL : g_malloc(PIECE);
    if (stream == NULL)
        return FALSE;
    while ((n = g_input_stream_read(stream, piece, PIECE, NULL, error)) > 0)
        lt_hasher_update(hasher, piece, (gsize) n);
    lt_hasher_finish(hasher, sha256);
    return n == 0;
}

gboolean
lt_evidence_bag_map(LtEvidenceBag *self, GError **error)
{
    g_autoptr(GString) map = g_string_new(NULL);
    LtHasher *hasher = lt_hasher_new();
    LtSealPart *part;
    gboolean good = TRUE;

    for (guint i = 0; good && i < self->parts->len; i++) {
        guint8 sha256[LT_SHA256_SIZE];
        char hex[2 * LT_SHA256_SIZE + 1];

        good = hash_part(self->parts->pdata[i], hasher, sha256, error);
        lt_hex_write(sha256, sizeof sha256, hex);
        g_string_append_printf(map, "att/%04u\t%s\t%s\n", i + 2, (const char *) self->names->pdata[i], hex);
    }
    lt_hasher_free(hasher);
    if (!good)
        return FALSE;
    part = part_new("text/plain");
    part->size = map->len;
    part->bytes = g_string_free_to_bytes(g_steal_pointer(&map));
    g_ptr_array_insert(self->parts, 0, part);
    g_ptr_array_insert(self->names, 0, g_strdup("MAP.txt"));
    return TRUE;
}
