/* SPDX-License-Identifier: Apache-2.0 */
/* head.c: a request's head has one reading or none.
 *
 * Lines end in CR LF and in nothing else; a field is `name:value` without white space before the colon and without folding; the body's length is
 * stated once, in digits, or there is no body. Transfer-Encoding never comes from the nginx in front, so it is refused. Everything is decided on bytes.
 */
#include "http/head.h"

#include <string.h>

typedef struct {
    const char *text;
    gsize length;
} Span;

gsize
lt_head_find_end(const char *data, gsize size)
{
    const char *end = size < 4 ? NULL : memmem(data, size, "\r\n\r\n", 4);

    return end == NULL ? 0 : (gsize) (end - data) + 4;
}

static gboolean
fail(GError **error, const char *reason, const char *text)
{
    lt_error_set(error, LT_ERROR_INVALID, reason, "%s", text);
    return FALSE;
}

static gboolean
span_is(Span span, const char *word)
{
    return span.length == strlen(word) && g_ascii_strncasecmp(span.text, word, span.length) == 0;
}

static gboolean
is_token_byte(char c)
{
    return g_ascii_isalnum(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static int
hex_value(char c)
{
    return g_ascii_xdigit_value(c);
}

/* An escape may stand for any byte that a path segment can hold, but not for one that changes its structure. */
static gboolean
escape_is_harmless(const char *text, gsize left)
{
    int byte;

    if (left < 3 || hex_value(text[1]) < 0 || hex_value(text[2]) < 0)
        return FALSE;
    byte = hex_value(text[1]) * 16 + hex_value(text[2]);
    return byte >= 0x20 && byte != 0x7f && byte != '/' && byte != '.' && byte != '\\' && byte != '%';
}

static gboolean
path_is_plain(Span path)
{
    for (gsize i = 0; i < path.length; i++) {
        char c = path.text[i];

        if (c <= 0x20 || c >= 0x7f || strchr("\"#<>\\^`{|}", c) != NULL)
            return FALSE;
        if (c == '%' && !escape_is_harmless(path.text + i, path.length - i))
            return FALSE;
        if (i > 0 && path.text[i - 1] == '/' && c == '/')
            return FALSE;
        if (i > 0 && path.text[i - 1] == '.' && c == '.')
            return FALSE;
    }
    return path.length > 0 && path.text[0] == '/';
}

static gboolean
query_is_plain(Span query)
{
    for (gsize i = 0; i < query.length; i++) {
        char c = query.text[i];

        if (c <= 0x20 || c >= 0x7f || c == '#')
            return FALSE;
        if (c == '%' && (query.length - i < 3 || hex_value(query.text[i + 1]) < 0 || hex_value(query.text[i + 2]) < 0 ||
                         (query.text[i + 1] == '0' && query.text[i + 2] == '0')))
            return FALSE;
    }
    return TRUE;
}

static gboolean
check_target(Span target, GError **error)
{
    const char *mark = memchr(target.text, '?', target.length);
    Span path = target, query = { "", 0 };

    if (mark != NULL) {
        path.length = (gsize) (mark - target.text);
        query = (Span) { mark + 1, target.length - path.length - 1 };
    }
    if (target.length > LT_HEAD_MAX_TARGET || !path_is_plain(path) || !query_is_plain(query))
        return fail(error, "http.target", "the path of the request is not plain");
    return TRUE;
}

static gboolean
check_request_line(Span line, gboolean *may_have_body, GError **error)
{
    static const char *const methods[] = { "GET", "POST", "PUT", "DELETE" };
    const char *first = memchr(line.text, ' ', line.length);
    const char *last = memrchr(line.text, ' ', line.length);
    Span method, target, version;
    gboolean known = FALSE;

    if (first == NULL || last == first)
        return fail(error, "http.request-line", "the request line is not METHOD TARGET VERSION");
    method = (Span) { line.text, (gsize) (first - line.text) };
    target = (Span) { first + 1, (gsize) (last - first - 1) };
    version = (Span) { last + 1, line.length - (gsize) (last + 1 - line.text) };
    for (guint i = 0; i < G_N_ELEMENTS(methods); i++) /* methods are case-sensitive */
        known = known || (method.length == strlen(methods[i]) && memcmp(method.text, methods[i], method.length) == 0);
    if (!known)
        return fail(error, "http.method", "the method is not GET, POST, PUT or DELETE");
    if (version.length != 8 || memcmp(version.text, "HTTP/1.1", 8) != 0)
        return fail(error, "http.version", "the version is not HTTP/1.1");
    *may_have_body = method.text[0] == 'P';
    return check_target(target, error);
}

/* Splits `name:value`, trims the value. */
static gboolean
split_field(Span line, Span *name, Span *value)
{
    const char *colon = memchr(line.text, ':', line.length);

    if (colon == NULL || colon == line.text)
        return FALSE;
    *name = (Span) { line.text, (gsize) (colon - line.text) };
    *value = (Span) { colon + 1, line.length - name->length - 1 };
    for (gsize i = 0; i < name->length; i++)
        if (!is_token_byte(name->text[i]))
            return FALSE;
    for (gsize i = 0; i < value->length; i++)
        if ((value->text[i] < 0x20 && value->text[i] != '\t') || value->text[i] >= 0x7f)
            return FALSE;
    while (value->length > 0 && (value->text[0] == ' ' || value->text[0] == '\t'))
        value->text++, value->length--;
    while (value->length > 0 && (value->text[value->length - 1] == ' ' || value->text[value->length - 1] == '\t'))
        value->length--;
    return TRUE;
}

static gboolean
check_host(Span value)
{
    for (gsize i = 0; i < value.length; i++)
        if (!g_ascii_isalnum(value.text[i]) && strchr(".-:[]", value.text[i]) == NULL)
            return FALSE;
    return value.length > 0 && value.length <= 255;
}

static gboolean
read_length(Span value, gint64 *length)
{
    gint64 number = 0;

    if (value.length < 1 || value.length > 10)
        return FALSE;
    for (gsize i = 0; i < value.length; i++) {
        if (!g_ascii_isdigit(value.text[i]))
            return FALSE;
        number = number * 10 + (value.text[i] - '0');
    }
    *length = number;
    return TRUE;
}

typedef struct {
    LtHead *head;
    guint n_fields, n_hosts;
} Reading;

static gboolean
check_field(Reading *reading, Span name, Span value, gboolean *drop, GError **error)
{
    if (++reading->n_fields > LT_HEAD_MAX_FIELDS)
        return fail(error, "http.fields", "the request has more than 64 header fields");
    if (span_is(name, "Transfer-Encoding"))
        return fail(error, "http.transfer-encoding", "the body has a transfer encoding");
    if (span_is(name, "Upgrade"))
        return fail(error, "http.upgrade", "the request asks for another protocol");
    if (span_is(name, "Host") && (++reading->n_hosts > 1 || !check_host(value)))
        return fail(error, "http.host", "the request does not name one host");
    if (span_is(name, "Content-Length") && (reading->head->body_bytes >= 0 || !read_length(value, &reading->head->body_bytes)))
        return fail(error, "http.length", "the length of the body is not stated once, in at most ten digits");
    *drop = span_is(name, "Range") || span_is(name, "If-Range") || span_is(name, "Expect");
    return TRUE;
}

/* Ends at the empty line, which is the last two bytes; a line holds no CR, LF or NUL of its own. */
static gboolean
next_line(const char **position, const char *end, Span *line)
{
    const char *stop = memmem(*position, (gsize) (end - *position), "\r\n", 2);

    if (stop == NULL)
        return FALSE;
    *line = (Span) { *position, (gsize) (stop - *position) };
    *position = stop + 2;
    return memchr(line->text, '\n', line->length) == NULL && memchr(line->text, '\0', line->length) == NULL &&
           memchr(line->text, '\r', line->length) == NULL;
}

static void
hand_on(GString *clean, Span line)
{
    if (clean == NULL)
        return;
    g_string_append_len(clean, line.text, (gssize) line.length);
    g_string_append_len(clean, "\r\n", 2);
}

gboolean
lt_head_check(const char *data, gsize size, LtHead *out, GString *clean, GError **error)
{
    const char *position = data, *end = data + size;
    Reading reading = { .head = out };
    gboolean may_have_body = FALSE;
    Span line;

    *out = (LtHead) { .body_bytes = -1 };
    if (size > LT_HEAD_MAX_BYTES || !next_line(&position, end, &line))
        return fail(error, "http.request-line", "the request does not begin with a request line");
    if (!check_request_line(line, &may_have_body, error))
        return FALSE;
    hand_on(clean, line);
    for (;;) {
        Span name, value;
        gboolean drop = FALSE;

        if (!next_line(&position, end, &line))
            return fail(error, "http.field", "a header line does not end in CR LF");
        if (line.length == 0)
            break;
        if (!split_field(line, &name, &value))
            return fail(error, "http.field", "a header line is not NAME:VALUE in plain ASCII");
        if (!check_field(&reading, name, value, &drop, error))
            return FALSE;
        if (!drop)
            hand_on(clean, line);
    }
    hand_on(clean, line);
    if (position != end)
        return fail(error, "http.field", "bytes follow the end of the head");
    if (reading.n_hosts != 1)
        return fail(error, "http.host", "the request does not name one host");
    out->has_body = out->body_bytes > 0;
    if (out->has_body && !may_have_body)
        return fail(error, "http.body", "a GET or DELETE has a body");
    return TRUE;
}
