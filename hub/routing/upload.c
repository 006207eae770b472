/* SPDX-License-Identifier: Apache-2.0 */
/* upload.c: bytes go two ways: into the walk, which keeps content by entry, and into a copy as received, which is
 * thrown away unless the envelope is refused. A short envelope's copy stays in memory; a long one's goes to the spool, whose
 * unsynced file is dropped with the page cache before it reaches the disk. Nothing is hashed twice unless it is refused. */
#include "routing/upload.h"

#include "trust/digest.h"

#define PIECE 65536

struct _LtUpload {
    LtContainerReader *reader;
    LtSpool *spool;
    GByteArray *copy;      /* while it is short */
    LtSpoolFile *file;     /* from then on */
    gboolean copy_is_lost; /* the spool would not take it: the disk is full */
    GError *failure;       /* of the walk */
    guint64 size;
    LtQuarantine quarantine;
};

LtUpload *
lt_upload_open(guint64 max_bytes, LtSpool *spool)
{
    LtUpload *self = g_new0(LtUpload, 1);

    self->reader = lt_container_reader_new(max_bytes, spool);
    self->spool = spool;
    self->copy = g_byte_array_new();
    return self;
}

void
lt_upload_free(LtUpload *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->reader, lt_container_reader_free);
    g_clear_pointer(&self->copy, g_byte_array_unref);
    g_clear_pointer(&self->quarantine.bytes, g_bytes_unref);
    if (self->file != NULL)
        self->file->free(self->file);
    g_clear_error(&self->failure);
    g_free(self);
}

static gboolean
write_to_file(LtUpload *self, const guint8 *data, gsize size)
{
    if (self->file == NULL)
        self->file = self->spool->create(self->spool, NULL);
    return self->file != NULL && self->file->write(self->file, data, size, NULL);
}

/* The copy serves the quarantine only, so a disk that will not take it does not stop the envelope here. */
static void
keep_copy(LtUpload *self, const guint8 *data, gsize size)
{
    if (self->copy_is_lost)
        return;
    if (self->file == NULL && (self->spool == NULL || self->copy->len + size <= PIECE)) {
        g_byte_array_append(self->copy, data, (guint) size);
        return;
    }
    if (self->file == NULL) {
        self->copy_is_lost = !write_to_file(self, self->copy->data, self->copy->len);
        g_byte_array_set_size(self->copy, 0);
    }
    self->copy_is_lost = self->copy_is_lost || !write_to_file(self, data, size);
}

gboolean
lt_upload_feed(LtUpload *self, const guint8 *data, gsize size, GError **error)
{
    self->size += size;
    keep_copy(self, data, size);
    if (self->failure == NULL)
        lt_container_reader_feed(self->reader, data, size, &self->failure);
    if (self->failure == NULL)
        return TRUE;
    if (error != NULL)
        *error = g_error_copy(self->failure);
    return FALSE;
}

guint64
lt_upload_get_size(LtUpload *self)
{
    return self->size;
}

LtContainer *
lt_upload_finish(LtUpload *self, GError **error)
{
    if (self->failure == NULL)
        return lt_container_reader_finish(self->reader, error);
    if (error != NULL)
        *error = g_error_copy(self->failure);
    return NULL;
}

static void
hash_file(LtHasher *hasher, LtSpoolFile *file)
{
    g_autoptr(GInputStream) stream = file->open(file, NULL);
    g_autofree guint8 *piece = g_malloc(PIECE);
    gssize n;

    while (stream != NULL && (n = g_input_stream_read(stream, piece, PIECE, NULL, NULL)) > 0)
        lt_hasher_update(hasher, piece, (gsize) n);
}

const LtQuarantine *
lt_upload_commit(LtUpload *self)
{
    g_autoptr(LtHasher) hasher = lt_hasher_new();
    LtQuarantine *quarantine = &self->quarantine;

    lt_random_bytes(quarantine->salt, sizeof quarantine->salt);
    lt_hasher_update(hasher, quarantine->salt, sizeof quarantine->salt);
    if (self->copy_is_lost) {
        lt_hasher_finish(hasher, quarantine->commitment);
        return quarantine;
    }
    if (self->file != NULL) {
        quarantine->file = self->file;
        hash_file(hasher, self->file);
    } else {
        g_clear_pointer(&quarantine->bytes, g_bytes_unref);
        quarantine->bytes = g_bytes_new(self->copy->data, self->copy->len);
        lt_hasher_update(hasher, self->copy->data, self->copy->len);
    }
    lt_hasher_finish(hasher, quarantine->commitment);
    return quarantine;
}
