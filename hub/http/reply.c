/* SPDX-License-Identifier: Apache-2.0 */
/* reply.c: the one answer of an exchange: a status, a few fields, and a body in memory or a stream of which never more than one piece is. */
#include "http/exchange-private.h"

#include <string.h>

#include "base/error.h"
#include "base/value.h"
#include "http/problem.h"

#define PIECE 65536

static void
clear_field(gpointer data)
{
    Field *field = data;

    g_free(field->name);
    g_free(field->value);
}

void
lt_exchange_reply(LtExchange *self, guint status, const char *media_type, GBytes *body)
{
    g_return_if_fail(!self->replied);
    self->replied = TRUE;
    self->status = status;
    self->media_type = g_strdup(media_type);
    self->answer = body != NULL ? g_bytes_ref(body) : NULL;
}

void
lt_exchange_reply_text(LtExchange *self, guint status, const char *media_type, char *text)
{
    g_autoptr(GBytes) body = g_bytes_new_take(text, strlen(text));

    lt_exchange_reply(self, status, media_type, body);
}

void
lt_exchange_reply_stream(LtExchange *self, const char *media_type, GInputStream *stream, guint64 size)
{
    lt_exchange_reply(self, 200, media_type, NULL);
    self->stream = g_object_ref(stream);
    self->stream_left = size;
}

void
lt_exchange_set_header(LtExchange *self, const char *name, const char *value)
{
    Field field = { g_strdup(name), g_strdup(value) };

    if (self->fields == NULL) {
        self->fields = g_array_new(FALSE, FALSE, sizeof(Field));
        g_array_set_clear_func(self->fields, clear_field);
    }
    g_array_append_val(self->fields, field);
}

/* The caller learns the code; the journal learns the rest. */
static void
log_failure(LtExchange *self, const GError *error, guint status)
{
    g_autofree char *text = lt_escape_for_log(error->message);
    GLogLevelFlags level = status >= 500 ? G_LOG_LEVEL_WARNING : status == 401 || status == 403 ? G_LOG_LEVEL_MESSAGE : G_LOG_LEVEL_INFO;

    g_log(G_LOG_DOMAIN, level, "http: %s for %s: %u [%s] %s", self->route != NULL ? self->route->operation : "no route",
          self->has_caller ? self->caller.unit : "nobody", status, lt_error_get_reason(error), text);
}

/* A token that is missing or wrong is 401, so that a client knows what to bring; a certificate of nobody is 403 (envelope.md §9). */
static guint
status_of(LtExchange *self, const GError *error)
{
    const char *reason = lt_error_get_reason(error);

    if (strcmp(reason, "http.not-found") == 0)
        return 404;
    if (strcmp(reason, "http.method") == 0)
        return 405;
    if (strcmp(reason, "http.media-type") == 0)
        return 415;
    if (strcmp(reason, "http.parameter") == 0)
        return 400;
    if (strcmp(reason, "env.peer.unknown") == 0 && (self->site & LT_SITE_API) != 0 && self->caller.peer == NULL)
        return 401;
    return lt_error_http_status(error);
}

/* An answer that was prepared does not leave when what had to come first has failed. */
static void
forget_reply(LtExchange *self)
{
    self->replied = FALSE;
    self->stream_left = 0;
    g_clear_object(&self->stream);
    g_clear_pointer(&self->answer, g_bytes_unref);
    g_clear_pointer(&self->media_type, g_free);
}

void
lt_exchange_fail_full(LtExchange *self, const GError *error, gint64 index, const char *id, GPtrArray *faults)
{
    gboolean tell = lt_exchange_is_operators(self);
    LtProblem problem = { .status = status_of(self, error), .index = index, .id = id, .languages = lt_exchange_get_header(self, "Accept-Language"),
                          .detail = tell ? error->message : NULL, .faults = tell ? faults : NULL };
    gint64 wait_s = lt_problem_retry_after(error, problem.status);
    g_autofree char *wait = g_strdup_printf("%" G_GINT64_FORMAT, wait_s);

    log_failure(self, error, problem.status);
    forget_reply(self);
    lt_exchange_reply_text(self, problem.status, LT_PROBLEM_TYPE, lt_problem_write(error, &problem));
    lt_exchange_set_header(self, "Vary", "Accept-Language");
    if (wait_s >= 0)
        lt_exchange_set_header(self, "Retry-After", wait);
    if (problem.status == 401)
        lt_exchange_set_header(self, "WWW-Authenticate", "Bearer");
}

void
lt_exchange_fail(LtExchange *self, const GError *error)
{
    lt_exchange_fail_full(self, error, -1, NULL, NULL);
}

/* Reads on while libsoup writes: never more than one piece of a large answer lies in memory. */
static void
append_piece(LtExchange *self)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) piece = NULL;

    if (self->stream_left == 0)
        return;
    piece = g_input_stream_read_bytes(self->stream, (gsize) MIN(PIECE, self->stream_left), NULL, &error);
    if (piece == NULL || g_bytes_get_size(piece) == 0) {
        g_warning("http: an answer is cut short: %s", error != NULL ? error->message : "its content ends too early");
        self->stream_left = 0;
        lt_guard_cut(self->guard);
        return;
    }
    self->stream_left -= g_bytes_get_size(piece);
    soup_message_body_append_bytes(soup_server_message_get_response_body(self->message), piece);
}

static void
on_wrote_chunk(SoupServerMessage *message, LtExchange *self)
{
    (void) message;
    append_piece(self);
}

static void
attach_body(LtExchange *self, SoupMessageHeaders *headers)
{
    SoupMessageBody *body = soup_server_message_get_response_body(self->message);
    gsize body_bytes = 0; /* that will follow the head */

    if (self->media_type != NULL)
        soup_message_headers_replace(headers, "Content-Type", self->media_type);
    if (self->stream != NULL) {
        soup_message_headers_set_content_length(headers, (goffset) self->stream_left);
        lt_guard_answering(self->guard, self->stream_left);
        soup_message_body_set_accumulate(body, FALSE);
        g_signal_connect(self->message, "wrote-chunk", G_CALLBACK(on_wrote_chunk), self);
        append_piece(self);
        return;
    }
    soup_message_headers_set_content_length(headers, self->answer == NULL ? 0 : (goffset) g_bytes_get_size(self->answer));
    if (self->answer != NULL && strcmp(lt_exchange_get_method(self), "HEAD") != 0)
        body_bytes = g_bytes_get_size(self->answer);
    lt_guard_answering(self->guard, body_bytes);
    if (self->answer != NULL && g_bytes_get_size(self->answer) > 0)
        soup_message_body_append_bytes(body, self->answer);
}

static void
count_answer(LtExchange *self)
{
    LtHttpFigures *figures = &self->thread->server->figures;
    gint64 took_us = g_get_monotonic_time() - self->began_us;
    guint bucket = 0;

    for (gint64 edge_us = 500; bucket < G_N_ELEMENTS(figures->buckets) - 1 && took_us > edge_us; edge_us *= 2)
        bucket++;
    __atomic_fetch_add(&figures->requests, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&figures->by_class[MIN(self->status / 100, 5)], 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&figures->seconds_sum_us, (guint64) took_us, __ATOMIC_RELAXED);
    __atomic_fetch_add(&figures->buckets[bucket], 1, __ATOMIC_RELAXED);
}

void
lt_exchange_send(LtExchange *self)
{
    SoupMessageHeaders *headers = soup_server_message_get_response_headers(self->message);

    if (self->sent)
        return;
    self->sent = TRUE;
    if (!self->replied) {
        g_autoptr(GError) error = NULL;

        lt_error_set(&error, LT_ERROR_INTERNAL, "env.internal", "the resource gave no answer");
        lt_exchange_fail(self, error);
    }
    count_answer(self);
    soup_server_message_set_status(self->message, self->status, NULL);
    soup_message_headers_replace(headers, "Cache-Control", "no-store");
    soup_message_headers_replace(headers, "X-Content-Type-Options", "nosniff");
    if (g_atomic_int_get(&self->thread->server->stopping))
        soup_message_headers_replace(headers, "Connection", "close");
    for (guint i = 0; self->fields != NULL && i < self->fields->len; i++) {
        const Field *field = &g_array_index(self->fields, Field, i);

        soup_message_headers_replace(headers, field->name, field->value);
    }
    attach_body(self, headers);
}

/* The rest of the body is not waited for: the answer leaves at once and what still comes is thrown away. */
void
lt_exchange_refuse_at_once(LtExchange *self, const GError *error, gint64 index)
{
    g_autofree char *answer = NULL;

    if (!self->replied)
        lt_exchange_fail_full(self, error, index, NULL, NULL);
    count_answer(self);
    self->sent = TRUE;
    answer = lt_problem_frame(self->answer, self->status, lt_problem_retry_after(error, self->status));
    lt_guard_refuse(self->guard, answer);
}
