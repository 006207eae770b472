/* SPDX-License-Identifier: Apache-2.0 */
/* guard.c: a connection's bytes, let through only when they can be read in one way.
 *
 * States: HEAD collects a whole head and checks it; HAND hands the checked head to libsoup; BODY hands on exactly the stated number of bytes; WORK waits for the
 * answer; REFUSED has answered by itself and throws the rest away, so that the other side can read the answer before the connection ends. A guard belongs to one thread.
 */
#include "http/guard.h"

#include <string.h>
#include <sys/socket.h>

#include "http/guard-output.h"
#include "http/head.h"
#include "http/problem.h"

#define PIECE 16384
#define REFUSED_US (2 * G_USEC_PER_SEC)
#define REFUSED_BYTES (64 << 20)
#define REFUSED_PIECES 64
#define SLOWEST_BODY 16384  /* bytes a second, over the whole body */
#define SLOWEST_ANSWER 65536

typedef enum { GUARD_HEAD, GUARD_HAND, GUARD_BODY, GUARD_WORK, GUARD_REFUSED } GuardState;

struct _LtGuard {
    GIOStream parent_instance;
    GSocket *socket;
    GSocketConnection *connection;
    GInputStream *input;
    LtGuardOutput *output;
    const LtGuardTimes *times;
    LtGuardClosed closed;
    gpointer closed_data;
    GuardState state;
    GByteArray *pending;    /* received, not yet judged or handed on */
    GString *ready;         /* checked head */
    gsize ready_given;
    gint64 body_left;
    gint64 body_last_us;    /* the whole body must be here by then */
    gsize thrown_away;
    guint heads_given;      /* requests handed to libsoup so far */
    gboolean between;       /* libsoup waits for a head, not for a body */
    gint64 deadline_us;     /* 0: none */
};

G_DEFINE_TYPE(LtGuard, lt_guard, G_TYPE_IO_STREAM)

/* The input side: a pollable stream whose every read goes through the guard. */
#define LT_TYPE_GUARD_INPUT (lt_guard_input_get_type())
G_DECLARE_FINAL_TYPE(LtGuardInput, lt_guard_input, LT, GUARD_INPUT, GInputStream)
struct _LtGuardInput {
    GInputStream parent_instance;
    LtGuard *guard; /* borrowed; NULL once the guard is gone: libsoup may hold the input longer */
};
static void guard_input_pollable_init(GPollableInputStreamInterface *iface);
G_DEFINE_TYPE_WITH_CODE(LtGuardInput, lt_guard_input, G_TYPE_INPUT_STREAM,
                        G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_INPUT_STREAM, guard_input_pollable_init))

static void
refuse_head(LtGuard *self, const GError *error)
{
    g_autofree char *answer = lt_problem_response(error, 400);

    lt_guard_refuse(self, answer);
}

/* A complete head lies in pending: judge it. */
static void
take_head(LtGuard *self, gsize size)
{
    g_autoptr(GError) error = NULL;
    LtHead head;

    g_string_truncate(self->ready, 0);
    if (!lt_head_check((const char *) self->pending->data, size, &head, self->ready, &error)) {
        refuse_head(self, error);
        return;
    }
    g_byte_array_remove_range(self->pending, 0, (guint) size);
    self->ready_given = 0;
    self->heads_given++;
    self->between = FALSE;
    self->body_left = MAX(head.body_bytes, 0);
    self->state = GUARD_HAND;
    self->deadline_us = 0;
    if (self->body_left > 0) {
        gint64 now_us = g_get_monotonic_time();

        self->body_last_us = now_us + 2 * self->times->body_us + self->body_left / SLOWEST_BODY * G_USEC_PER_SEC;
        self->deadline_us = now_us + self->times->body_us;
    }
}

/* Reads more of a head. Returns as a read does: > 0 when there is something to judge. */
static gssize
collect_head(LtGuard *self, GError **error)
{
    guint had = self->pending->len;
    gssize n;

    /* Received in place: a buffer on the stack would be cleared for every request. */
    g_byte_array_set_size(self->pending, had + PIECE);
    n = g_socket_receive_with_blocking(self->socket, (char *) self->pending->data + had, PIECE, FALSE, NULL, error);
    g_byte_array_set_size(self->pending, had + (guint) MAX(n, 0));
    if (n > 0 && had == 0)
        self->deadline_us = g_get_monotonic_time() + self->times->head_us;
    return n;
}

static gssize
read_head(LtGuard *self, GError **error)
{
    gsize end = lt_head_find_end((const char *) self->pending->data, self->pending->len);
    gssize n;

    if (end == 0 && self->pending->len > LT_HEAD_MAX_BYTES)
        end = self->pending->len; /* too long: the check says so */
    if (end > 0) {
        take_head(self, end);
        return 1;
    }
    n = collect_head(self, error);
    return n;
}

static gssize
hand_head(LtGuard *self, void *buffer, gsize count)
{
    gsize n = MIN(count, self->ready->len - self->ready_given);

    memcpy(buffer, self->ready->str + self->ready_given, n);
    self->ready_given += n;
    if (self->ready_given == self->ready->len)
        self->state = self->body_left > 0 ? GUARD_BODY : GUARD_WORK;
    return (gssize) n;
}

static gssize
read_body(LtGuard *self, void *buffer, gsize count, GError **error)
{
    gsize wanted = MIN(count, (gsize) self->body_left);
    gssize n;

    if (self->pending->len > 0) {
        n = (gssize) MIN(wanted, self->pending->len);
        memcpy(buffer, self->pending->data, (gsize) n);
        g_byte_array_remove_range(self->pending, 0, (guint) n);
    } else {
        n = g_socket_receive_with_blocking(self->socket, buffer, wanted, FALSE, NULL, error);
    }
    if (n <= 0)
        return n;
    self->body_left -= n;
    self->deadline_us = MIN(g_get_monotonic_time() + self->times->body_us, self->body_last_us);
    if (self->body_left == 0) {
        self->state = GUARD_WORK;
        self->deadline_us = 0;
    }
    return n;
}

/* A little at a time: other connections of this thread go on. */
static gssize
throw_away(LtGuard *self, GError **error)
{
    guint8 piece[PIECE];
    gssize n = 1;

    for (guint i = 0; i < REFUSED_PIECES && n > 0 && self->thrown_away < REFUSED_BYTES; i++) {
        n = g_socket_receive_with_blocking(self->socket, (char *) piece, sizeof piece, FALSE, NULL, error);
        self->thrown_away += n > 0 ? (gsize) n : 0;
    }
    if (n > 0 && self->thrown_away < REFUSED_BYTES) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "more to throw away");
        return -1;
    }
    return n < 0 ? n : 0;
}

/* libsoup 3.2 forgets a connection that ends while it waits for a further request: descriptor and objects stay for ever. A line that is no request makes it give up the
 * connection; nobody gets the answer, as both directions are shut before. */
static gssize
end_of_connection(LtGuard *self, void *buffer, gsize count)
{
    static const char nonsense[] = "?\r\n\r\n";

    if (self->heads_given == 0 || !self->between || count < strlen(nonsense))
        return 0;
    self->heads_given = 0;
    (void) g_socket_shutdown(self->socket, TRUE, TRUE, NULL);
    memcpy(buffer, nonsense, strlen(nonsense));
    return (gssize) strlen(nonsense);
}

/* @n: what a read between requests came to. A reset is an end like any other. */
static gssize
between_requests(LtGuard *self, gssize n, void *buffer, gsize count, GError **cause, GError **error)
{
    if (n >= 0 || !g_error_matches(*cause, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
        g_clear_error(cause);
        return end_of_connection(self, buffer, count);
    }
    g_propagate_error(error, g_steal_pointer(cause));
    return n;
}

static gssize
guard_read(LtGuard *self, void *buffer, gsize count, GError **error)
{
    while (self != NULL) {
        g_autoptr(GError) cause = NULL;
        gssize n;

        switch (self->state) {
        case GUARD_HAND:
            return hand_head(self, buffer, count);
        case GUARD_BODY:
            return read_body(self, buffer, count, error);
        case GUARD_REFUSED:
            n = throw_away(self, &cause);
            return between_requests(self, n, buffer, count, &cause, error);
        case GUARD_WORK: /* libsoup reads again only when the answer has left */
            self->state = GUARD_HEAD;
            self->between = TRUE;
            break;
        case GUARD_HEAD:
            n = read_head(self, &cause);
            if (n <= 0)
                return between_requests(self, n, buffer, count, &cause, error);
            break;
        }
    }
    return 0;
}

static gssize
guard_input_read_nonblocking(GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
    return guard_read(LT_GUARD_INPUT(stream)->guard, buffer, count, error);
}

static gboolean
guard_input_is_readable(GPollableInputStream *stream)
{
    LtGuard *self = LT_GUARD_INPUT(stream)->guard;

    return self == NULL || self->state == GUARD_HAND || self->pending->len > 0 || (g_socket_condition_check(self->socket, G_IO_IN) & G_IO_IN) != 0;
}

static GSource *
guard_input_create_source(GPollableInputStream *stream, GCancellable *cancellable)
{
    LtGuard *self = LT_GUARD_INPUT(stream)->guard;
    gboolean has_bytes = self == NULL || self->state == GUARD_HAND ||
                         ((self->state == GUARD_BODY || self->state == GUARD_WORK) && self->pending->len > 0);
    g_autoptr(GSource) child = has_bytes ? g_timeout_source_new(0) : g_socket_create_source(self->socket, G_IO_IN, cancellable);
    GSource *source;

    source = g_pollable_source_new_full(stream, child, cancellable);
    /* Nobody dispatches within a dispatch here; a source that may not recurse is taken out of the poll and put back, with a wake-up, each time. */
    g_source_set_can_recurse(source, TRUE);
    return source;
}

static void
guard_input_pollable_init(GPollableInputStreamInterface *iface)
{
    iface->read_nonblocking = guard_input_read_nonblocking;
    iface->is_readable = guard_input_is_readable;
    iface->create_source = guard_input_create_source;
}

/* libsoup's server reads without blocking only; a blocking read would hold up the thread. */
static gssize
guard_input_read(GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
    (void) cancellable;
    return guard_read(LT_GUARD_INPUT(stream)->guard, buffer, count, error);
}

static void
lt_guard_input_class_init(LtGuardInputClass *klass)
{
    G_INPUT_STREAM_CLASS(klass)->read_fn = guard_input_read;
}

static void
lt_guard_input_init(LtGuardInput *self)
{
    (void) self;
}

static void
tell_closed(LtGuard *self)
{
    LtGuardClosed closed = g_steal_pointer(&self->closed);

    if (closed != NULL)
        closed(self->closed_data, self);
}

static gboolean
guard_close(GIOStream *stream, GCancellable *cancellable, GError **error)
{
    LtGuard *self = LT_GUARD(stream);
    gboolean done = g_io_stream_close(G_IO_STREAM(self->connection), cancellable, error);

    tell_closed(self);
    return done;
}

static GInputStream *
guard_get_input(GIOStream *stream)
{
    return LT_GUARD(stream)->input;
}

static GOutputStream *
guard_get_output(GIOStream *stream)
{
    return G_OUTPUT_STREAM(LT_GUARD(stream)->output);
}

static void
guard_finalize(GObject *object)
{
    LtGuard *self = LT_GUARD(object);

    tell_closed(self);
    LT_GUARD_INPUT(self->input)->guard = NULL;
    g_clear_object(&self->input);
    g_clear_object(&self->output);
    g_clear_object(&self->connection);
    g_clear_object(&self->socket);
    g_byte_array_unref(self->pending);
    g_string_free(self->ready, TRUE);
    G_OBJECT_CLASS(lt_guard_parent_class)->finalize(object);
}

static void
lt_guard_class_init(LtGuardClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = guard_finalize;
    G_IO_STREAM_CLASS(klass)->get_input_stream = guard_get_input;
    G_IO_STREAM_CLASS(klass)->get_output_stream = guard_get_output;
    G_IO_STREAM_CLASS(klass)->close_fn = guard_close;
}

static void
lt_guard_init(LtGuard *self)
{
    self->pending = g_byte_array_new();
    self->ready = g_string_new(NULL);
}

LtGuard *
lt_guard_new(GSocket *socket, const LtGuardTimes *times, LtGuardClosed closed, gpointer data)
{
    LtGuard *self = g_object_new(LT_TYPE_GUARD, NULL);
    LtGuardInput *input = g_object_new(LT_TYPE_GUARD_INPUT, NULL);

    input->guard = self;
    self->input = G_INPUT_STREAM(input);
    self->output = lt_guard_output_new(socket);
    self->socket = g_object_ref(socket);
    self->connection = g_socket_connection_factory_create_connection(socket);
    self->times = times;
    self->closed = closed;
    self->closed_data = data;
    self->deadline_us = g_get_monotonic_time() + times->head_us;
    return self;
}

void
lt_guard_refuse(LtGuard *self, const char *answer)
{
    if (self->state == GUARD_REFUSED)
        return;
    /* Shorter than any socket's buffer: what is not taken at once is not waited for. */
    (void) g_socket_send_with_blocking(self->socket, answer, strlen(answer), FALSE, NULL, NULL);
    (void) g_socket_shutdown(self->socket, FALSE, TRUE, NULL);
    self->state = GUARD_REFUSED;
    self->deadline_us = g_get_monotonic_time() + REFUSED_US;
}

gboolean
lt_guard_is_refused(LtGuard *self)
{
    return self->state == GUARD_REFUSED;
}

void
lt_guard_answering(LtGuard *self, guint64 bytes)
{
    if (self->state == GUARD_WORK)
        self->deadline_us = g_get_monotonic_time() + self->times->write_us + (gint64) (bytes / SLOWEST_ANSWER) * G_USEC_PER_SEC;
    if (bytes > 0)
        lt_guard_output_body_follows(self->output);
}

void
lt_guard_idle(LtGuard *self)
{
    if (self->state == GUARD_WORK)
        self->deadline_us = g_get_monotonic_time() + self->times->idle_us;
}

gboolean
lt_guard_is_late(LtGuard *self, gint64 now_us)
{
    return self->deadline_us > 0 && now_us > self->deadline_us;
}

void
lt_guard_cut(LtGuard *self)
{
    self->deadline_us = 0;
    (void) g_socket_shutdown(self->socket, TRUE, TRUE, NULL);
}
