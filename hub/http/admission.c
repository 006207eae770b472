/* SPDX-License-Identifier: Apache-2.0 */
/* admission.c: what is decided of a request from its head alone: which row of the table, who calls, how much may come. Nothing of the body has been read by then. */
#include "http/exchange-private.h"

#include <string.h>

#include "base/value.h"

#define MAX_JSON (1 << 20)
#define MAX_BYTES (16 << 20)

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
    if (!lt_quota_take(server->quota, self->caller.unit, (guint64) length, lt_time_now_us(), error))
        return FALSE;
    return lt_store_get_state(server->parts.store, NULL) != LT_STORE_HALTED ||
           fail(error, LT_ERROR_UNAVAILABLE, "env.store.halted", "the store is halted until its log has been examined");
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

gboolean
lt_exchange_admit(LtExchange *self, GError **error)
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
