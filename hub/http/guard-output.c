/* SPDX-License-Identifier: Apache-2.0 */
/* guard-output.c: what libsoup writes, sent without blocking.
 *
 * libsoup writes the head of an answer and its body in two calls. The head of an answer that has a body is sent with MSG_MORE: the
 * kernel keeps it for the body, and both leave as one packet instead of two that wake the other side twice. Should the body never
 * come, the kernel sends the head by itself after 200 ms.
 */
#include "http/guard-output.h"

#include <errno.h>
#include <sys/socket.h>

struct _LtGuardOutput {
    GOutputStream parent_instance;
    GSocket *socket;
    gboolean body_follows;
};

static void output_pollable_init(GPollableOutputStreamInterface *iface);
G_DEFINE_TYPE_WITH_CODE(LtGuardOutput, lt_guard_output, G_TYPE_OUTPUT_STREAM,
                        G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_OUTPUT_STREAM, output_pollable_init))

static gssize
output_write_nonblocking(GPollableOutputStream *stream, const void *buffer, gsize count, GError **error)
{
    LtGuardOutput *self = LT_GUARD_OUTPUT(stream);
    gssize n;

    do
        n = send(g_socket_get_fd(self->socket), buffer, count, MSG_NOSIGNAL | MSG_DONTWAIT | (self->body_follows ? MSG_MORE : 0));
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "sending: %s", g_strerror(errno));
        return -1;
    }
    if ((gsize) n == count)
        self->body_follows = FALSE;
    return n;
}

static gboolean
output_is_writable(GPollableOutputStream *stream)
{
    return (g_socket_condition_check(LT_GUARD_OUTPUT(stream)->socket, G_IO_OUT) & G_IO_OUT) != 0;
}

static GSource *
output_create_source(GPollableOutputStream *stream, GCancellable *cancellable)
{
    g_autoptr(GSource) child = g_socket_create_source(LT_GUARD_OUTPUT(stream)->socket, G_IO_OUT, cancellable);

    return g_pollable_source_new_full(stream, child, cancellable);
}

static void
output_pollable_init(GPollableOutputStreamInterface *iface)
{
    iface->write_nonblocking = output_write_nonblocking;
    iface->is_writable = output_is_writable;
    iface->create_source = output_create_source;
}

/* libsoup's server writes without blocking only; a blocking write would hold up the thread. */
static gssize
output_write(GOutputStream *stream, const void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
    (void) cancellable;
    return output_write_nonblocking(G_POLLABLE_OUTPUT_STREAM(stream), buffer, count, error);
}

static void
output_finalize(GObject *object)
{
    g_clear_object(&LT_GUARD_OUTPUT(object)->socket);
    G_OBJECT_CLASS(lt_guard_output_parent_class)->finalize(object);
}

static void
lt_guard_output_class_init(LtGuardOutputClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = output_finalize;
    G_OUTPUT_STREAM_CLASS(klass)->write_fn = output_write;
}

static void
lt_guard_output_init(LtGuardOutput *self)
{
    (void) self;
}

LtGuardOutput *
lt_guard_output_new(GSocket *socket)
{
    LtGuardOutput *self = g_object_new(LT_TYPE_GUARD_OUTPUT, NULL);

    self->socket = g_object_ref(socket);
    return self;
}

void
lt_guard_output_body_follows(LtGuardOutput *self)
{
    self->body_follows = TRUE;
}
