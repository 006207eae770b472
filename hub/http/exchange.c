/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c: a request from its head to its answer.
 *
 * lt_exchange_begin() finds the row of the table, the caller and the limits, and refuses before a body is read; then pieces of a body go where the row says;
 * lt_exchange_run() calls the resource. Whoever answers later holds a reference, so that a client that is gone in the meantime costs nothing but the answer.
 */
#include "http/server-private.h"

#include <string.h>

#include "base/error.h"
#include "base/value.h"
#include "http/problem.h"

#define MAX_JSON (1 << 20)
#define MAX_BYTES (16 << 20)
#define MAX_QUEUED_WORK 64
#define PIECE 65536

typedef struct {
    char *name, *value;
} Field;

struct _LtExchange {
    gint refs;
    LtHttpThread *thread;
    LtGuard *guard;
    SoupServerMessage *message;     /* borrowed while the message owns us; owned from lt_exchange_later() to lt_exchange_answer() */
    guint site;
    gboolean is_operator;
    const LtHttpRoute *route;
    LtRegistry *registry;
    LtCaller caller;
    char *peer;
    gboolean has_caller;
    char *params[LT_ROUTE_MAX_PARAMS];
    GHashTable *query;
    LtUpload *upload;
    GByteArray *collected;
    GBytes *body;
    gint64 began_us;
    gboolean replied, sent, finished, fed_up;

    guint status;
    char *media_type;
    GBytes *answer;
    GInputStream *stream;
    guint64 stream_left;
    GArray *fields;                 /* of Field */
};

static void
clear_field(gpointer data)
{
    Field *field = data;

    g_free(field->name);
    g_free(field->value);
}

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

/* --- what a resource asks --- */

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

/* --- what a resource answers --- */

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

/* --- sending --- */

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
    lt_guard_answering(self->guard, self->answer == NULL ? 0 : g_bytes_get_size(self->answer));
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

static void
send_answer(LtExchange *self)
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

    if (!self->finished) {
        send_answer(self);
        soup_server_message_unpause(message);
    }
    exchange_unref(self);
    g_object_unref(message);
}

/* --- refusing before the body --- */

/* The rest of the body is not waited for: the answer leaves at once and what still comes is thrown away. */
static void
refuse_at_once(LtExchange *self, const GError *error, gint64 index)
{
    g_autofree char *answer = NULL;

    if (!self->replied)
        lt_exchange_fail_full(self, error, index, NULL, NULL);
    count_answer(self);
    self->sent = TRUE;
    answer = lt_problem_frame(self->answer, self->status, lt_problem_retry_after(error, self->status));
    lt_guard_refuse(self->guard, answer);
}

static gboolean
fail(GError **error, LtErrorCode code, const char *reason, const char *text)
{
    lt_error_set(error, code, reason, "%s", text);
    return FALSE;
}

static gboolean
admit_caller(LtExchange *self, GError **error)
{
    LtCredentials credentials;
    LtIntake *intake = self->thread->server->parts.intake;
    gboolean known;

    if (self->route->right == LT_RIGHT_ANYONE)
        return TRUE;
    if (self->route->right == LT_RIGHT_OPERATOR)
        return self->is_operator || fail(error, LT_ERROR_FORBIDDEN, "forbidden", "only the operator of this machine may do this");
    self->registry = lt_intake_ref_registry(intake);
    credentials = (LtCredentials) { lt_exchange_get_header(self, "X-Lt-Verify"), lt_exchange_get_header(self, "X-Lt-Cert"),
                                    lt_exchange_get_header(self, "Authorization") };
    known = lt_caller_identify(self->thread->callers, self->registry, self->site, &credentials, lt_time_now_us(), &self->caller, error);
    /* The cache may forget the certificate before the answer leaves. */
    self->peer = g_strdup(self->caller.peer);
    self->caller.peer = self->peer;
    self->has_caller = known;
    return known;
}

static gboolean
admit_envelope(LtExchange *self, const char *media_type, gint64 length, GError **error)
{
    LtHttpServer *server = self->thread->server;

    if (g_strcmp0(media_type, LT_ASICE) != 0)
        return fail(error, LT_ERROR_INVALID, "env.http.media-type", "the content type is not that of an envelope");
    if (length < 0)
        return fail(error, LT_ERROR_INVALID, "env.http.length", "the request has no Content-Length");
    if ((guint64) length > server->options.max_body)
        return fail(error, LT_ERROR_TOO_LARGE, "env.size.total", "the envelope is over envelope.max_bytes");
    return lt_quota_take(server->quota, self->caller.unit, (guint64) length, lt_time_now_us(), error);
}

static gboolean
admit_body(LtExchange *self, GError **error)
{
    SoupMessageHeaders *headers = soup_server_message_get_request_headers(self->message);
    const char *media_type = soup_message_headers_get_one(headers, "Content-Type"), *stated = soup_message_headers_get_one(headers, "Content-Length");
    gint64 length = stated == NULL ? -1 : g_ascii_strtoll(stated, NULL, 10);

    switch (self->route->body) {
    case LT_BODY_NONE:
        return length <= 0 || fail(error, LT_ERROR_INVALID, "http.body", "this request has no body");
    case LT_BODY_ENVELOPE:
        return admit_envelope(self, media_type, length, error);
    case LT_BODY_JSON:
        if (length > 0 && (media_type == NULL || !g_str_has_prefix(media_type, LT_JSON)))
            return fail(error, LT_ERROR_INVALID, "http.media-type", "the content type is not application/json");
        return length <= MAX_JSON || fail(error, LT_ERROR_TOO_LARGE, "http.size", "the body is larger than 1 MiB");
    default:
        return length <= MAX_BYTES || fail(error, LT_ERROR_TOO_LARGE, "http.size", "the body is larger than 16 MiB");
    }
}

static gboolean
admit_query(LtExchange *self, GError **error)
{
    GHashTableIter iter;
    gpointer name;

    if (self->query == NULL)
        return TRUE;
    g_hash_table_iter_init(&iter, self->query);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        const LtHttpParameter *known = self->route->query;

        while (known != NULL && known->name != NULL && strcmp(known->name, name) != 0)
            known++;
        if (known == NULL || known->name == NULL)
            return fail(error, LT_ERROR_INVALID, "http.parameter", "the request has a parameter that this resource does not know");
    }
    return TRUE;
}

static gboolean
admit(LtExchange *self, GError **error)
{
    const char *path = g_uri_get_path(soup_server_message_get_uri(self->message));
    g_autofree char *allow = NULL;

    if (g_atomic_int_get(&self->thread->server->stopping))
        return fail(error, LT_ERROR_UNAVAILABLE, "http.stopping", "the hub is stopping");
    self->route = lt_http_route_find(self->site, lt_exchange_get_method(self), path, self->params, &allow);
    if (self->route == NULL && allow != NULL) {
        lt_exchange_set_header(self, "Allow", allow);
        return fail(error, LT_ERROR_INVALID, "http.method", "this resource has other methods");
    }
    if (self->route == NULL)
        return fail(error, LT_ERROR_NOT_FOUND, "http.not-found", "no such resource on this site");
    return admit_caller(self, error) && admit_query(self, error) && admit_body(self, error);
}

/* --- the way of a request --- */

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

void
lt_exchange_begin(SoupServerMessage *message, LtConnection *connection, GHashTable *query)
{
    LtExchange *self = g_new0(LtExchange, 1);
    const char *length = soup_message_headers_get_one(soup_server_message_get_request_headers(message), "Content-Length");
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
    if (admit(self, &error)) {
        expect_body(self);
    } else if (length != NULL && strcmp(length, "0") != 0) {
        soup_message_body_set_accumulate(soup_server_message_get_request_body(message), FALSE);
        refuse_at_once(self, error, -1);
    } else {
        lt_exchange_fail(self, error);
        send_answer(self);
    }
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
    g_autoptr(GSource) source = g_idle_source_new();

    (void) unused;
    self->route->run(self);
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, on_worked, self, NULL);
    g_source_attach(source, self->thread->context);
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
    if (self->replied || g_atomic_int_get(&self->refs) == refs)
        send_answer(self);
}
