/* SPDX-License-Identifier: Apache-2.0 */
/* blob-stream.c: content is hashed while it is read; before its last byte leaves, the digest must be right. A reader that needs
 * the whole can therefore never take altered content for good, and nothing is read twice.
 */
#include "store/blob-stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <lienthong/error.h>
#include "trust/digest.h"

#define BLOB_TYPE_STREAM (blob_stream_get_type())
G_DECLARE_FINAL_TYPE(BlobStream, blob_stream, BLOB, STREAM, GInputStream)

struct _BlobStream {
    GInputStream parent;
    int fd;
    guint64 left;
    gboolean checked;
    guint8 sha256[LT_SHA256_SIZE];
    LtHasher *hasher; /* NULL: nothing is checked */
};

G_DEFINE_FINAL_TYPE(BlobStream, blob_stream, G_TYPE_INPUT_STREAM)

static gssize
read_some(int fd, void *buffer, gsize size, GError **error)
{
    gssize n;

    do
        n = read(fd, buffer, size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "env.store.full", "content cannot be read: %s", g_strerror(errno));
    return n;
}

static gboolean
digest_is_right(BlobStream *self, GError **error)
{
    guint8 found[LT_SHA256_SIZE];
    g_autofree char *hex = NULL;

    lt_hasher_finish(self->hasher, found);
    if (memcmp(found, self->sha256, sizeof found) == 0)
        return TRUE;
    hex = lt_hex_dup(self->sha256, LT_SHA256_SIZE);
    lt_error_set(error, LT_ERROR_INTERNAL, "log.blob-hash", "blob %s: the content has another digest", hex);
    return FALSE;
}

static gssize
blob_stream_read(GInputStream *stream, void *buffer, gsize size, GCancellable *cancellable G_GNUC_UNUSED, GError **error)
{
    BlobStream *self = BLOB_STREAM(stream);
    gssize n;

    if (self->hasher == NULL)
        return read_some(self->fd, buffer, size, error);
    if (self->left == 0 || size == 0)
        return 0;
    n = read_some(self->fd, buffer, (gsize) MIN((guint64) size, self->left), error);
    if (n <= 0) {
        if (n == 0)
            lt_error_set(error, LT_ERROR_INTERNAL, "log.blob-hash", "a blob ends before its size");
        return -1;
    }
    lt_hasher_update(self->hasher, buffer, (gsize) n);
    self->left -= (guint64) n;
    if (self->left == 0 && !digest_is_right(self, error))
        return -1;
    return n;
}

static gboolean
blob_stream_close(GInputStream *stream, GCancellable *cancellable G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    BlobStream *self = BLOB_STREAM(stream);

    if (self->fd >= 0)
        close(self->fd);
    self->fd = -1;
    return TRUE;
}

static void
blob_stream_finalize(GObject *object)
{
    g_clear_pointer(&BLOB_STREAM(object)->hasher, lt_hasher_free);
    G_OBJECT_CLASS(blob_stream_parent_class)->finalize(object); /* closes */
}

static void
blob_stream_class_init(BlobStreamClass *class)
{
    G_INPUT_STREAM_CLASS(class)->read_fn = blob_stream_read;
    G_INPUT_STREAM_CLASS(class)->close_fn = blob_stream_close;
    G_OBJECT_CLASS(class)->finalize = blob_stream_finalize;
}

static void
blob_stream_init(BlobStream *self)
{
    self->fd = -1;
}

GInputStream *
lt_blob_stream_new(int fd, guint64 size, const guint8 *sha256)
{
    BlobStream *self = g_object_new(BLOB_TYPE_STREAM, NULL);

    self->fd = fd;
    self->left = size;
    if (sha256 != NULL) {
        memcpy(self->sha256, sha256, LT_SHA256_SIZE);
        self->hasher = lt_hasher_new();
    }
    return G_INPUT_STREAM(self);
}
