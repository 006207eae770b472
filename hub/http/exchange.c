/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c: a request from its head to its answer.
 *
 * lt_exchange_begin() has it admitted or refused before a body is read; then pieces of a body go where the row of the table says; lt_exchange_run() calls the
 * resource. Whoever answers later holds a reference, so that a client that is gone in the meantime costs nothing but the answer.
 */
#include "http/exchange-private.h"

#include <string.h>

#include "base/value.h"

#define MAX_QUEUED_WORK 64

static void
exchange_unref(gpointer data)
{
    LtExchange *self = data;

    if (!g_atomic_int_dec_and_test(&self->refs))
        return;
    g_atomic_int_add(&self->thread->server->n_busy, -1);
    g_clear_pointer(&self->upload, lt_upload_free);
    g_clear_pointer(&self->collected, g_byte_array_unref);
    g_clear_pointer(&self->body, g_bytes_unref);
    g_clear_pointer(&self->answer, g_bytes_unref);
    g_clear_pointer(&self->query, g_hash_table_unref);
    g_clear_pointer(&self->registry, lt_registry_unref);
    g_clear_pointer(&self->fields, g_array_unref);
    g_clear_object(&self->stream);
    g_object_unref(self->guard);
    for (guint i = 0; i < LT_ROUTE_MAX_PARAMS; i++)
        g_free(self->params[i]);
    g_free(self->media_type);
    g_free(self->peer);
    g_free(self);
}

const LtHttpParts *
lt_exchange_get_parts(LtExchange *self)
{
    return &self->thread->server->parts;
}

LtHttpServer *
lt_exchange_get_server(LtExchange *self)
{
    return self->thread->server;
}

const LtCaller *
lt_exchange_get_caller(LtExchange *self)
{
    return self->has_caller ? &self->caller : NULL;
}

LtRegistry *
lt_exchange_get_registry(LtExchange *self)
{
    return self->registry;
}

const char *
lt_exchange_get_param(LtExchange *self, guint index)
{
    return self->params[index];
}

const char *
lt_exchange_get_query(LtExchange *self, const char *name)
{
    return self->query == NULL ? NULL : g_hash_table_lookup(self->query, name);
}

gboolean
lt_exchange_get_number(LtExchange *self, const char *name, guint64 otherwise, guint64 most, guint64 *value, GError **error)
{
    const char *text = lt_exchange_get_query(self, name);

    *value = otherwise;
    if (text == NULL || (lt_decimal_read(text, strlen(text), value) && *value <= most))
        return TRUE;
    lt_error_set(error, LT_ERROR_INVALID, "http.parameter", "%s is not a number from 0 to %" G_GUINT64_FORMAT, name, most);
    return FALSE;
}

GBytes *
lt_exchange_get_body(LtExchange *self)
{
    if (self->body == NULL) {
        GByteArray *collected = g_steal_pointer(&self->collected);

        self->body = collected != NULL ? g_byte_array_free_to_bytes(collected) : g_bytes_new_static("", 0);
    }
    return self->body;
}

const char *
lt_exchange_get_header(LtExchange *self, const char *name)
{
    return soup_message_headers_get_one(soup_server_message_get_request_headers(self->message), name);
}

const char *
lt_exchange_get_method(LtExchange *self)
{
    return soup_server_message_get_method(self->message);
}

gboolean
lt_exchange_is_operators(LtExchange *self)
{
    return self->route != NULL && self->route->right == LT_RIGHT_OPERATOR;
}

GMainContext *
lt_exchange_get_context(LtExchange *self)
{
    return self->thread->context;
}

LtUpload *
lt_exchange_steal_upload(LtExchange *self)
{
    return g_steal_pointer(&self->upload);
}

LtExchange *
lt_exchange_later(LtExchange *self)
{
    g_atomic_int_inc(&self->refs);
    g_object_ref(self->message);
    soup_server_message_pause(self->message);
    return self;
}

void
lt_exchange_answer(LtExchange *self)
{
    SoupServerMessage *message = self->message;

    if (!self->finished) { /* else there is nobody to answer */
        lt_exchange_send(self);
        soup_server_message_unpause(message);
    }
    exchange_unref(self);
    g_object_unref(message);
}

static void
on_got_chunk(SoupServerMessage *message, GBytes *chunk, LtExchange *self)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(chunk, &size);

    (void) message;
    if (self->upload != NULL)
        self->fed_up = self->fed_up || !lt_upload_feed(self->upload, data, size, NULL); /* its refusal comes when it is submitted */
    else if (self->collected != NULL)
        g_byte_array_append(self->collected, data, (guint) size);
}

static void
on_finished(SoupServerMessage *message, LtExchange *self)
{
    (void) message;
    self->finished = TRUE;
    g_clear_pointer(&self->upload, lt_upload_free); /* a client that is gone mid-upload leaves nothing */
    lt_guard_idle(self->guard);
}

static void
expect_body(LtExchange *self)
{
    soup_message_body_set_accumulate(soup_server_message_get_request_body(self->message), FALSE);
    if (self->route->body == LT_BODY_ENVELOPE)
        self->upload = lt_upload_new(self->thread->server->parts.intake);
    else if (self->route->body != LT_BODY_NONE)
        self->collected = g_byte_array_new();
    if (self->route->body != LT_BODY_NONE)
        g_signal_connect(self->message, "got-chunk", G_CALLBACK(on_got_chunk), self);
}

/* A body that is refused is not waited for. */
static void
refuse(LtExchange *self, const GError *error, gint64 index)
{
    const char *length = lt_exchange_get_header(self, "Content-Length");

    if (length != NULL && strcmp(length, "0") != 0) {
        soup_message_body_set_accumulate(soup_server_message_get_request_body(self->message), FALSE);
        lt_exchange_refuse_at_once(self, error, index);
    } else {
        lt_exchange_fail_full(self, error, index, NULL, NULL);
        lt_exchange_send(self);
    }
}

static void
on_recorded(gpointer data, LtAnswer *answer)
{
    LtExchange *self = data;

    refuse(self, answer->error, answer->index);
    lt_answer_free(answer);
    lt_exchange_answer(self);
}

/* A caller that can be named is refused in the log, too (envelope.md §9, V0). */
static void
record_refusal(LtExchange *self, const GError *error)
{
    lt_intake_refuse(self->thread->server->parts.intake, &self->caller, error, on_recorded, lt_exchange_later(self), self->thread->context);
}

void
lt_exchange_begin(SoupServerMessage *message, LtConnection *connection, GHashTable *query)
{
    LtExchange *self = g_new0(LtExchange, 1);
    g_autoptr(GError) error = NULL;

    self->refs = 1;
    self->thread = connection->thread;
    self->guard = g_object_ref(connection->guard);
    self->message = message;
    self->site = connection->site;
    self->is_operator = connection->is_operator;
    self->query = query != NULL ? g_hash_table_ref(query) : NULL;
    self->began_us = g_get_monotonic_time();
    g_atomic_int_inc(&self->thread->server->n_busy);
    g_object_set_data_full(G_OBJECT(message), "lt-exchange", self, exchange_unref);
    g_signal_connect(message, "finished", G_CALLBACK(on_finished), self);
    if (lt_exchange_admit(self, &error))
        expect_body(self);
    else if (self->route != NULL && self->route->body == LT_BODY_ENVELOPE && self->caller.peer != NULL)
        record_refusal(self, error);
    else
        refuse(self, error, -1);
}

static gboolean
on_worked(gpointer data)
{
    lt_exchange_answer(data);
    return G_SOURCE_REMOVE;
}

void
lt_exchange_work(gpointer exchange, gpointer unused)
{
    LtExchange *self = exchange;
    GMainContext *context = self->thread->context; /* once the source is attached, the exchange is the other thread's */
    g_autoptr(GSource) source = g_idle_source_new();

    (void) unused;
    self->route->run(self);
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, on_worked, self, NULL);
    g_source_attach(source, context);
}

void
lt_exchange_run(SoupServerMessage *message)
{
    LtExchange *self = g_object_get_data(G_OBJECT(message), "lt-exchange");
    GThreadPool *workers = self->thread->server->workers;
    g_autoptr(GError) error = NULL;
    gint refs = g_atomic_int_get(&self->refs);

    if (self->replied)
        return;
    if (self->route->worker && g_thread_pool_unprocessed(workers) >= MAX_QUEUED_WORK) {
        lt_error_set(&error, LT_ERROR_UNAVAILABLE, "http.busy", "too many requests wait for a worker");
        lt_exchange_fail(self, error);
    } else if (self->route->worker) {
        g_thread_pool_push(workers, lt_exchange_later(self), NULL);
        return;
    } else {
        self->route->run(self);
    }
    /* An answer that waits for a write (lt_exchange_later()) leaves when that is committed, and not at all when it fails. */
    if (g_atomic_int_get(&self->refs) == refs)
        lt_exchange_send(self);
}
