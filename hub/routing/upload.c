/* SPDX-License-Identifier: Apache-2.0 */
/* upload.c: bytes go into the walk, which keeps large content by entry. What it does not keep is copied as received, so that the whole can be
 * put together again should the envelope be refused. A short copy stays in memory; a long one goes to the spool, whose unsynced file is dropped
 * with the page cache before it reaches the disk. Nothing is written twice, and nothing hashed twice, unless it is refused. */
#include "routing/upload.h"

#include "trust/digest.h"

#define PIECE 65536

/* Content that the walk keeps: the first @size bytes of @file, which came after so many bytes of the copy. */
typedef struct {
    guint64 after, size;
    LtSpoolFile *file;
} Stretch;

struct _LtUpload {
    LtContainerReader *reader;
    LtContainer *container; /* walked; it owns the files of the stretches */
    LtSpool *spool;
    GArray *stretches;     /* of Stretch, in order */
    guint64 copied;        /* bytes of the copy so far */
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
    self->stretches = g_array_new(FALSE, FALSE, sizeof(Stretch));
    return self;
}

void
lt_upload_free(LtUpload *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->reader, lt_container_reader_free);
    g_clear_pointer(&self->container, lt_container_unref);
    g_array_unref(self->stretches);
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
    self->copied += size;
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

static void
note_kept(LtUpload *self, LtSpoolFile *file, gsize size)
{
    Stretch *last = self->stretches->len > 0 ? &g_array_index(self->stretches, Stretch, self->stretches->len - 1) : NULL;
    Stretch next = { self->copied, size, file };

    if (last != NULL && last->file == file)
        last->size += size;
    else
        g_array_append_val(self->stretches, next);
}

gboolean
lt_upload_feed(LtUpload *self, const guint8 *data, gsize size, GError **error)
{
    const guint8 *end = data + size, *uncopied = data;

    self->size += size;
    while (self->failure == NULL && data < end) {
        LtSpoolFile *file = NULL;
        gsize n = lt_container_reader_step(self->reader, data, (gsize) (end - data), &file, &self->failure);

        if (n > 0 && file != NULL) {
            keep_copy(self, uncopied, (gsize) (data - uncopied));
            note_kept(self, file, n);
            uncopied = data + n;
        }
        data += n;
    }
    keep_copy(self, uncopied, (gsize) (end - uncopied));
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
    if (self->failure == NULL) {
        LtContainer *container = lt_container_reader_finish(self->reader, error);

        self->container = container != NULL ? lt_container_ref(container) : NULL;
        return container;
    }
    if (error != NULL)
        *error = g_error_copy(self->failure);
    return NULL;
}

/* The bytes received are read piece by piece into the hasher and, when they lie in several places, into one file. */
typedef struct {
    LtHasher *hasher;
    LtSpoolFile *whole; /* nullable */
    GInputStream *copy; /* of what was copied */
    guint64 copied;     /* bytes of it read */
    guint8 *piece;
} Assembly;

static gboolean
pass(Assembly *self, GInputStream *stream, guint64 size)
{
    while (size > 0) {
        gssize n = g_input_stream_read(stream, self->piece, (gsize) MIN(size, PIECE), NULL, NULL);

        if (n <= 0)
            return FALSE;
        lt_hasher_update(self->hasher, self->piece, (gsize) n);
        if (self->whole != NULL && !self->whole->write(self->whole, self->piece, (gsize) n, NULL))
            return FALSE;
        size -= (guint64) n;
    }
    return TRUE;
}

static gboolean
pass_copy(Assembly *self, guint64 upto)
{
    guint64 size = upto - self->copied;

    self->copied = upto;
    return pass(self, self->copy, size);
}

static gboolean
pass_stretch(Assembly *self, const Stretch *stretch)
{
    g_autoptr(GInputStream) stream = stretch->file->open(stretch->file, NULL);

    return stream != NULL && pass(self, stream, stretch->size);
}

static gboolean
pass_all(const LtUpload *self, Assembly *assembly)
{
    for (guint i = 0; i < self->stretches->len; i++) {
        const Stretch *stretch = &g_array_index(self->stretches, Stretch, i);

        if (!pass_copy(assembly, stretch->after) || !pass_stretch(assembly, stretch))
            return FALSE;
    }
    return pass_copy(assembly, self->copied);
}

/* Puts the bytes received together in one place. FALSE: they cannot be had any more. */
static gboolean
assemble(LtUpload *self, LtHasher *hasher)
{
    Assembly assembly = { .hasher = hasher };
    gboolean ok;

    assembly.copy = self->file != NULL ? self->file->open(self->file, NULL) : g_memory_input_stream_new_from_data(self->copy->data, self->copy->len, NULL);
    if (assembly.copy == NULL)
        return FALSE;
    if (self->stretches->len > 0 && (assembly.whole = self->spool->create(self->spool, NULL)) == NULL) {
        g_object_unref(assembly.copy);
        return FALSE;
    }
    assembly.piece = g_malloc(PIECE);
    ok = pass_all(self, &assembly);
    g_free(assembly.piece);
    g_object_unref(assembly.copy);
    if (assembly.whole != NULL) {
        if (self->file != NULL)
            self->file->free(self->file);
        self->file = assembly.whole;
        self->copied = self->size;
        g_array_set_size(self->stretches, 0);
    }
    return ok;
}

const LtQuarantine *
lt_upload_commit(LtUpload *self)
{
    g_autoptr(LtHasher) hasher = lt_hasher_new(), salt_only = lt_hasher_new();
    LtQuarantine *quarantine = &self->quarantine;

    lt_random_bytes(quarantine->salt, sizeof quarantine->salt);
    lt_hasher_update(hasher, quarantine->salt, sizeof quarantine->salt);
    lt_hasher_update(salt_only, quarantine->salt, sizeof quarantine->salt);
    self->copy_is_lost = self->copy_is_lost || !assemble(self, hasher);
    lt_hasher_finish(self->copy_is_lost ? salt_only : hasher, quarantine->commitment);
    quarantine->file = self->copy_is_lost ? NULL : self->file;
    g_clear_pointer(&quarantine->bytes, g_bytes_unref);
    if (!self->copy_is_lost && self->file == NULL)
        quarantine->bytes = g_bytes_new(self->copy->data, self->copy->len);
    return quarantine;
}
