/* SPDX-License-Identifier: Apache-2.0 */
/* request.c: one HTTP request, as a plugin makes it or, for receive, as it came in.
 *
 * Setters take anything; lt_request_check() judges once, before the request leaves. So a mapping that puts foreign text into a header
 * cannot forget the check.
 */
#include "routing/request.h"

#include <string.h>

struct _LtRequest {
    char *method;
    char *path;
    LtHeaderList *headers;
    GBytes *body;         /* nullable */
    GInputStream *stream; /* nullable */
    guint64 stream_size;
};

LtRequest *
lt_request_new(const char *method, const char *path)
{
    LtRequest *self = g_new0(LtRequest, 1);

    self->method = g_strdup(method);
    self->path = g_strdup(path);
    self->headers = lt_header_list_new();
    return self;
}

void
lt_request_free(LtRequest *self)
{
    if (self == NULL)
        return;
    g_free(self->method);
    g_free(self->path);
    g_array_unref(self->headers);
    g_clear_pointer(&self->body, g_bytes_unref);
    g_clear_object(&self->stream);
    g_free(self);
}

void
lt_request_set_header(LtRequest *self, const char *name, const char *value)
{
    lt_header_list_set(self->headers, name, value);
}

void
lt_request_set_body(LtRequest *self, GBytes *body, const char *content_type)
{
    g_clear_pointer(&self->body, g_bytes_unref);
    g_clear_object(&self->stream);
    self->body = g_bytes_ref(body);
    lt_request_set_header(self, "Content-Type", content_type);
}

void
lt_request_set_body_stream(LtRequest *self, GInputStream *body, guint64 size, const char *content_type)
{
    g_clear_pointer(&self->body, g_bytes_unref);
    g_set_object(&self->stream, body);
    self->stream_size = size;
    lt_request_set_header(self, "Content-Type", content_type);
}

const char *
lt_request_get_method(LtRequest *self)
{
    return self->method;
}

const char *
lt_request_get_path(LtRequest *self)
{
    return self->path;
}

const char *
lt_request_get_header(LtRequest *self, const char *name)
{
    return lt_header_list_lookup(self->headers, name);
}

GBytes *
lt_request_get_body(LtRequest *self)
{
    return self->body;
}

const LtHeaderList *
lt_request_get_headers(LtRequest *self)
{
    return self->headers;
}

GInputStream *
lt_request_get_stream(LtRequest *self, guint64 *size)
{
    *size = self->stream_size;
    return self->stream;
}

/* RFC 9110 §5.6.2: token. */
static gboolean
is_token(const char *text)
{
    if (*text == '\0')
        return FALSE;
    for (const char *c = text; *c != '\0'; c++) {
        if (!g_ascii_isalnum(*c) && strchr("!#$%&'*+-.^_`|~", *c) == NULL)
            return FALSE;
    }
    return TRUE;
}

/* RFC 9110 §5.5: no control character but the tab, so nothing can end the field early. */
static gboolean
is_field_value(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (((guchar) *c < 0x20 && *c != '\t') || *c == 0x7f)
            return FALSE;
    }
    return TRUE;
}

/* Fields that frame the message, name the host or concern one connection only: two opinions about them is how requests are smuggled. */
static gboolean
is_reserved(const char *name)
{
    static const char *const reserved[] = { "Host",       "Content-Length",   "Transfer-Encoding", "Connection",
                                            "Keep-Alive", "Proxy-Connection", "Expect",            "Upgrade",
                                            "TE",         "Trailer",          NULL };

    for (guint i = 0; reserved[i] != NULL; i++) {
        if (g_ascii_strcasecmp(name, reserved[i]) == 0)
            return TRUE;
    }
    return FALSE;
}

/* "." and "..", also with escaped dots. */
static gboolean
is_dot_segment(const char *start, gsize length)
{
    guint dots = 0;

    for (gsize i = 0; i < length; dots++) {
        if (start[i] == '.')
            i++;
        else if (length - i >= 3 && g_ascii_strncasecmp(start + i, "%2e", 3) == 0)
            i += 3;
        else
            return FALSE;
    }
    return dots == 1 || dots == 2;
}

static gboolean
is_path(const char *path)
{
    gsize end = strcspn(path, "?");

    if (*path != '\0' && *path != '/' && *path != '?')
        return FALSE;
    for (const char *c = path; *c != '\0'; c++) {
        if ((guchar) *c <= 0x20 || (guchar) *c >= 0x7f || strchr("#\"<>\\^`{|}", *c) != NULL)
            return FALSE;
    }
    for (gsize start = 0; start < end;) {
        gsize length = strcspn(path + start + 1, "/?");

        if (is_dot_segment(path + start + 1, length))
            return FALSE;
        start += 1 + length;
    }
    return TRUE;
}

gboolean
lt_request_check(LtRequest *self, GError **error)
{
    static const char *const methods[] = { "GET", "POST", "PUT", "DELETE", NULL };

    if (!g_strv_contains(methods, self->method)) {
        lt_error_set(error, LT_ERROR_INVALID, "link.method", "a link sends GET, POST, PUT or DELETE only");
        return FALSE;
    }
    if (!is_path(self->path)) {
        lt_error_set(error, LT_ERROR_INVALID, "link.path",
                     "the request's path does not start with / or holds a byte outside the URL grammar or a dot segment");
        return FALSE;
    }
    for (guint i = 0; i < self->headers->len; i++) {
        const LtHeaderField *field = lt_header_list_at(self->headers, i);

        if (!is_token(field->name) || is_reserved(field->name)) {
            lt_error_set(error, LT_ERROR_INVALID, "link.header", "the request's header %u has a name that a plugin may not set", i + 1);
            return FALSE;
        }
        if (!is_field_value(field->value)) {
            lt_error_set(error, LT_ERROR_INVALID, "link.header", "the request's header %s holds a control character", field->name);
            return FALSE;
        }
    }
    return TRUE;
}
