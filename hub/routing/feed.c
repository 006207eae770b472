/* SPDX-License-Identifier: Apache-2.0 */
/* feed.c: one piece being read, one piece being sent, a lock between them. */
#include "routing/feed.h"

#include <string.h>

#define PIECE_SIZE 131072u

struct _LtFeed {
    GInputStream *stream;
    guint64 left; /* bytes that the worker must still read */
    void (*ready)(gpointer data);
    gpointer ready_data;

    GMutex mutex; /* guards what follows */
    GCond taken;
    guint8 *piece; /* being sent; NULL when there is none */
    gsize piece_size, piece_used;
    gboolean starving; /* the I/O thread found nothing */
    gboolean closed, failed;
};

LtFeed *
lt_feed_new(GInputStream *stream, guint64 size, void (*ready)(gpointer data), gpointer data)
{
    LtFeed *self = g_new0(LtFeed, 1);

    self->stream = g_object_ref(stream);
    self->left = size;
    self->ready = ready;
    self->ready_data = data;
    g_mutex_init(&self->mutex);
    g_cond_init(&self->taken);
    return self;
}

void
lt_feed_free(LtFeed *self)
{
    if (self == NULL)
        return;
    g_object_unref(self->stream);
    g_free(self->piece);
    g_mutex_clear(&self->mutex);
    g_cond_clear(&self->taken);
    g_free(self);
}

/* Waits until the piece before was taken. FALSE: closed. */
static gboolean
hand_over(LtFeed *self, guint8 *piece, gsize size, gboolean failed)
{
    gboolean wake = FALSE;

    g_mutex_lock(&self->mutex);
    while (self->piece != NULL && !self->closed)
        g_cond_wait(&self->taken, &self->mutex);
    if (self->closed) {
        g_mutex_unlock(&self->mutex);
        g_free(piece);
        return FALSE;
    }
    self->piece = piece;
    self->piece_size = size;
    self->piece_used = 0;
    self->failed = failed;
    wake = self->starving;
    self->starving = FALSE;
    g_mutex_unlock(&self->mutex);
    if (wake)
        self->ready(self->ready_data);
    return TRUE;
}

gboolean
lt_feed_pump(LtFeed *self, GError **error)
{
    while (self->left > 0) {
        gsize wanted = (gsize) MIN(self->left, PIECE_SIZE);
        g_autofree guint8 *piece = g_malloc(wanted);
        g_autoptr(GError) cause = NULL;
        gsize got = 0;

        if (!g_input_stream_read_all(self->stream, piece, wanted, &got, NULL, &cause) || got < wanted) {
            hand_over(self, NULL, 0, TRUE);
            lt_error_set(error, LT_ERROR_INTERNAL, "link.body", "the body of the request cannot be read: %s",
                         cause != NULL ? cause->message : "it is shorter than its declared size");
            return FALSE;
        }
        self->left -= got;
        if (!hand_over(self, g_steal_pointer(&piece), got, FALSE))
            return TRUE; /* the transfer is over and knows why */
    }
    return TRUE;
}

gssize
lt_feed_take(LtFeed *self, guint8 *data, gsize size)
{
    gsize n = 0;

    g_mutex_lock(&self->mutex);
    if (self->failed) {
        g_mutex_unlock(&self->mutex);
        return -1;
    }
    if (self->piece == NULL) {
        self->starving = TRUE;
    } else {
        n = MIN(size, self->piece_size - self->piece_used);
        memcpy(data, self->piece + self->piece_used, n);
        self->piece_used += n;
        if (self->piece_used == self->piece_size) {
            g_clear_pointer(&self->piece, g_free);
            g_cond_signal(&self->taken);
        }
    }
    g_mutex_unlock(&self->mutex);
    return (gssize) n;
}

void
lt_feed_close(LtFeed *self)
{
    g_mutex_lock(&self->mutex);
    self->closed = TRUE;
    g_cond_signal(&self->taken);
    g_mutex_unlock(&self->mutex);
}
