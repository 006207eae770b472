/* SPDX-License-Identifier: Apache-2.0 */
/* reply.c: one HTTP answer, whole, and the usual reading of its status. */
#include "routing/reply.h"

#include "base/value.h"

#include <string.h>

struct _LtReply {
    guint status;
    LtHeaderList *headers;
    GBytes *body;
};

LtReply *
lt_reply_new_take(guint status, GBytes *body, LtHeaderList *headers)
{
    LtReply *self = g_new0(LtReply, 1);

    self->status = status;
    self->headers = headers;
    self->body = body;
    return self;
}

LtReply *
lt_reply_new(guint status, GBytes *body, const char *content_type)
{
    LtReply *self = lt_reply_new_take(status, body != NULL ? g_bytes_ref(body) : g_bytes_new_static("", 0), lt_header_list_new());

    if (content_type != NULL)
        lt_reply_set_header(self, "Content-Type", content_type);
    return self;
}

void
lt_reply_free(LtReply *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->headers);
    g_bytes_unref(self->body);
    g_free(self);
}

void
lt_reply_set_header(LtReply *self, const char *name, const char *value)
{
    lt_header_list_set(self->headers, name, value);
}

void
lt_reply_add_header(LtReply *self, const char *name, const char *value)
{
    lt_header_list_add(self->headers, name, value);
}

guint
lt_reply_get_status(LtReply *self)
{
    return self->status;
}

const char *
lt_reply_get_header(LtReply *self, const char *name)
{
    return lt_header_list_lookup(self->headers, name);
}

const LtHeaderList *
lt_reply_get_headers(LtReply *self)
{
    return self->headers;
}

GBytes *
lt_reply_get_body(LtReply *self)
{
    return self->body;
}

static LtErrorCode
code_of_status(guint status)
{
    switch (status) {
    case 408:
    case 425:
    case 429:
        return LT_ERROR_UNAVAILABLE;
    case 401:
    case 403:
        return LT_ERROR_CONFIG;
    case 413:
        return LT_ERROR_TOO_LARGE;
    default:
        return status >= 500 ? LT_ERROR_UNAVAILABLE : LT_ERROR_REFUSED;
    }
}

/* Retry-After as seconds (RFC 9110 §10.2.3). The form with a date is left alone: it needs clocks that agree. */
static gint64
retry_after(LtReply *self)
{
    const char *text = lt_reply_get_header(self, "Retry-After");
    guint64 seconds = 0;

    if (text == NULL || !lt_decimal_read(text, strlen(text), &seconds))
        return -1;
    return (gint64) MIN(seconds, 86400);
}

gboolean
lt_reply_check(LtReply *self, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autofree char *reason = g_strdup_printf("http.%u", self->status);
    LtErrorCode code = code_of_status(self->status);

    if (self->status >= 200 && self->status < 300)
        return TRUE;
    lt_error_set(&cause, code, reason, "the other side answered with HTTP status %u%s", self->status,
                 code == LT_ERROR_CONFIG ? ": it does not accept our credentials" : "");
    if (code == LT_ERROR_UNAVAILABLE && retry_after(self) >= 0)
        lt_error_set_retry_after(cause, retry_after(self));
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}
