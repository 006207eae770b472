/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c: from a message or an answer to what a map sees, and from what a map says to a request. */
#include "exchange.h"

#include <lienthong/json.h>
#include <string.h>

static jv
set_text(jv object, const char *name, const char *value)
{
    return value != NULL ? jv_object_set(object, jv_string(name), jv_string(value)) : object;
}

static jv
set_time(jv object, const char *name, gint64 at_us)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(at_us / G_USEC_PER_SEC);
    g_autofree char *text = time != NULL ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : NULL;

    return set_text(object, name, text);
}

jv
exchange_header_value(LtMessage *message)
{
    const LtReference *re = lt_message_get_re(message);
    jv header = jv_object();

    header = set_text(header, "id", lt_message_get_id(message));
    header = set_text(header, "type", lt_message_get_type(message));
    header = set_text(header, "from", lt_message_get_from(message));
    header = set_text(header, "to", lt_message_get_to(message));
    header = set_text(header, "dossier", lt_message_get_dossier(message));
    header = set_text(header, "manifest", lt_message_get_manifest(message));
    header = set_time(header, "issued", lt_message_get_issued_us(message));
    header = set_time(header, "expires", lt_message_get_expires_us(message));
    if (re != NULL) {
        jv reference = set_text(set_text(set_text(jv_object(), "from", re->from), "id", re->id), "manifest", re->manifest);

        header = jv_object_set(header, jv_string("re"), reference);
    }
    return header;
}

static jv
payload_value(LtMessage *message, GError **error)
{
    const LtPart *part = lt_message_get_payload_part(message);
    GBytes *payload = lt_message_get_payload(message);
    gsize size = 0;
    const char *text;

    if (payload == NULL)
        return jv_null();
    if (part != NULL && g_str_equal(part->media_type, "application/json"))
        return value_parse(payload, error);
    text = g_bytes_get_data(payload, &size);
    return jv_string_sized(text != NULL ? text : "", (int) MIN(size, G_MAXINT));
}

/* The content as base64 text. */
static jv
content_value(LtMessage *message, guint index, guint64 size, GError **error)
{
    g_autoptr(GInputStream) stream = lt_message_open_attachment(message, index, error);
    g_autofree guint8 *data = NULL;
    g_autofree char *text = NULL;
    g_autoptr(GError) cause = NULL;
    gsize n_read = 0;

    if (stream == NULL)
        return jv_invalid();
    data = g_malloc((gsize) size + 1);
    if (!g_input_stream_read_all(stream, data, (gsize) size, &n_read, NULL, &cause) || n_read < size) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "map.attachment", "attachment %u cannot be read: %s", index + 1,
                     cause != NULL ? cause->message : "it is shorter than it says");
        return jv_invalid();
    }
    text = g_base64_encode(data, (gsize) size);
    return jv_string(text);
}

static jv
attachment_value(LtMessage *message, guint index, gboolean with_content, guint64 *left, GError **error)
{
    const LtPart *part = lt_message_get_attachment(message, index);
    jv value = jv_object();
    jv content;

    value = set_text(value, "name", part->name);
    value = set_text(value, "role", part->role);
    value = set_text(value, "media_type", part->media_type);
    value = set_text(value, "sha256", part->sha256);
    value = jv_object_set(value, jv_string("size"), jv_number((double) part->size));
    if (!with_content)
        return value;
    if (part->size > *left) {
        lt_error_set(error, LT_ERROR_TOO_LARGE, "map.attachments", "the attachments are over 'attachments_max'");
        jv_free(value);
        return jv_invalid();
    }
    *left -= part->size;
    content = content_value(message, index, part->size, error);
    if (!jv_is_valid(content)) {
        jv_free(content);
        jv_free(value);
        return jv_invalid();
    }
    return jv_object_set(value, jv_string("content"), content);
}

jv
exchange_message_value(LtMessage *message, gint64 content_max, GError **error)
{
    guint64 left = (guint64) content_max;
    jv input = jv_object_set(jv_object(), jv_string("header"), exchange_header_value(message));
    jv payload = payload_value(message, error);
    jv attachments = jv_array();

    for (guint i = 0; jv_is_valid(payload) && i < lt_message_get_n_attachments(message); i++) {
        jv one = attachment_value(message, i, content_max > 0, &left, error);

        if (!jv_is_valid(one)) {
            jv_free(payload);
            payload = one;
            break;
        }
        attachments = jv_array_append(attachments, one);
    }
    if (!jv_is_valid(payload)) {
        jv_free(input);
        jv_free(attachments);
        return payload;
    }
    input = jv_object_set(input, jv_string("payload"), payload);
    return jv_object_set(input, jv_string("attachments"), attachments);
}

jv
exchange_body_value(GBytes *body)
{
    gsize size = 0;
    const char *text = g_bytes_get_data(body, &size);
    jv value = value_parse(body, NULL);

    if (jv_is_valid(value))
        return value;
    jv_free(value);
    return text != NULL && g_utf8_validate_len(text, size, NULL) ? jv_string_sized(text, (int) MIN(size, G_MAXINT)) : jv_null();
}

jv
exchange_reply_value(LtReply *reply)
{
    static const char *const names[] = { "Content-Type", "ETag", "Link", "Location", "Retry-After", "X-Request-Id" };
    jv headers = jv_object();

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = g_ascii_strdown(names[i], -1);
        const char *field = lt_reply_get_header(reply, names[i]);

        if (field != NULL && g_utf8_validate(field, -1, NULL))
            headers = jv_object_set(headers, jv_string(name), jv_string(field));
    }
    return jv_object_set(jv_object_set(jv_object_set(jv_object(), jv_string("status"), jv_number(lt_reply_get_status(reply))),
                                       jv_string("headers"), headers),
                         jv_string("body"), exchange_body_value(lt_reply_get_body(reply)));
}

gboolean
exchange_is_page(LtReply *reply)
{
    const char *type = lt_reply_get_header(reply, "Content-Type");

    return type != NULL && g_ascii_strncasecmp(type, "text/html", 9) == 0;
}

void
exchange_set_nonsense(LtReply *reply, const GError *cause, GError **error)
{
    g_autoptr(GError) why = NULL;
    gboolean is_json = lt_json_check(lt_reply_get_body(reply), &why);

    lt_error_set(error, LT_ERROR_UNAVAILABLE, "reply.nonsense", "the other side's answer cannot be read: %s%s%s", cause->message,
                 is_json ? "" : "; its body is not the JSON that the hub takes: ", is_json ? "" : why->message);
}

/* A string goes out as it is, anything else as JSON. */
static void
set_body(LtRequest *request, jv body)
{
    g_autoptr(GBytes) bytes = NULL;

    if (jv_get_kind(body) == JV_KIND_STRING) {
        bytes = g_bytes_new(jv_string_value(body), (gsize) jv_string_length_bytes(jv_copy(body)));
        lt_request_set_body(request, bytes, "text/plain; charset=utf-8");
    } else if (jv_is_valid(body) && jv_get_kind(body) != JV_KIND_NULL) {
        bytes = value_json(body);
        lt_request_set_body(request, bytes, "application/json");
    }
}

static gboolean
set_headers(LtRequest *request, jv headers, GError **error)
{
    if (jv_get_kind(headers) != JV_KIND_OBJECT)
        return TRUE;
    for (int i = jv_object_iter(headers); jv_object_iter_valid(headers, i); i = jv_object_iter_next(headers, i)) {
        jv name = jv_object_iter_key(headers, i);
        g_autofree char *value = value_text(headers, jv_string_value(name));

        if (value == NULL) {
            jv_free(name);
            lt_error_set(error, LT_ERROR_CONFIG, "map.output", "the map gave a header that is no text");
            return FALSE;
        }
        lt_request_set_header(request, jv_string_value(name), value);
        jv_free(name);
    }
    return TRUE;
}

/* name=value&name=value; members that are null are left out, so that a map need not test each. */
static char *
encode_pairs(jv pairs, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (int i = jv_object_iter(pairs); jv_object_iter_valid(pairs, i); i = jv_object_iter_next(pairs, i)) {
        jv name = jv_object_iter_key(pairs, i);
        jv member = jv_object_iter_value(pairs, i);
        g_autofree char *value = value_text(pairs, jv_string_value(name));
        g_autofree char *escaped_name = g_uri_escape_string(jv_string_value(name), NULL, FALSE);
        g_autofree char *escaped = value != NULL ? g_uri_escape_string(value, NULL, FALSE) : NULL;
        gboolean is_bad = value == NULL && jv_get_kind(member) != JV_KIND_NULL;

        jv_free(name);
        jv_free(member);
        if (is_bad) {
            lt_error_set(error, LT_ERROR_CONFIG, "map.output", "the map gave a query or form with a member that is no text");
            return NULL;
        }
        if (escaped != NULL)
            g_string_append_printf(out, "%s%s=%s", out->len > 0 ? "&" : "", escaped_name, escaped);
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static char *
path_of(jv output, GError **error)
{
    g_autofree char *path = value_text(output, "path");
    g_autofree char *pairs = NULL;
    jv query = value_member(output, "query");

    if (path == NULL)
        lt_error_set(error, LT_ERROR_CONFIG, "map.output", "the map must give an object with method and path");
    else if (jv_get_kind(query) == JV_KIND_OBJECT)
        pairs = encode_pairs(query, error);
    else
        pairs = g_strdup("");
    jv_free(query);
    if (pairs == NULL)
        return NULL;
    return *pairs == '\0' ? g_steal_pointer(&path) : g_strconcat(path, strchr(path, '?') == NULL ? "?" : "&", pairs, NULL);
}

static gboolean
set_form(LtRequest *request, jv form, GError **error)
{
    g_autofree char *pairs = NULL;
    g_autoptr(GBytes) bytes = NULL;

    if (jv_get_kind(form) != JV_KIND_OBJECT)
        return TRUE;
    pairs = encode_pairs(form, error);
    if (pairs == NULL)
        return FALSE;
    bytes = g_bytes_new(pairs, strlen(pairs));
    lt_request_set_body(request, bytes, "application/x-www-form-urlencoded");
    return TRUE;
}

LtRequest *
exchange_request_of(jv output, GError **error)
{
    g_autofree char *method = value_text(output, "method");
    g_autofree char *path = path_of(output, error);
    g_autoptr(LtRequest) request = NULL;
    jv body, form, headers;
    gboolean done;

    if (path == NULL)
        return NULL;
    if (method == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "map.output", "the map must give an object with method and path");
        return NULL;
    }
    request = lt_request_new(method, path);
    body = value_member(output, "body");
    form = value_member(output, "form");
    headers = value_member(output, "headers");
    set_body(request, body);
    done = set_form(request, form, error) && set_headers(request, headers, error);
    jv_free(body);
    jv_free(form);
    jv_free(headers);
    return done ? g_steal_pointer(&request) : NULL;
}
