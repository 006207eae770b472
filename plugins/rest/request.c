/* SPDX-License-Identifier: Apache-2.0 */
/* request.c: from a message to what a map sees, and from what a map says to a request. */
#include "rest.h"

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
rest_header_value(LtMessage *message)
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
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "rest.attachment", "attachment %u cannot be read: %s", index + 1,
                     cause != NULL ? cause->message : "it is shorter than it says");
        return jv_invalid();
    }
    text = g_base64_encode(data, (gsize) size);
    return jv_string(text);
}

static jv
attachment_value(const Rest *self, LtMessage *message, guint index, guint64 *left, GError **error)
{
    const LtPart *part = lt_message_get_attachment(message, index);
    jv value = jv_object();
    jv content;

    value = set_text(value, "name", part->name);
    value = set_text(value, "role", part->role);
    value = set_text(value, "media_type", part->media_type);
    value = set_text(value, "sha256", part->sha256);
    value = jv_object_set(value, jv_string("size"), jv_number((double) part->size));
    if (g_str_equal(self->attachments, "none"))
        return value;
    if (part->size > *left) {
        lt_error_set(error, LT_ERROR_TOO_LARGE, "rest.attachments", "the attachments are over 'attachments_max'");
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
rest_map_input(const Rest *self, LtMessage *message, GError **error)
{
    guint64 left = (guint64) self->attachments_max;
    jv input = jv_object_set(jv_object(), jv_string("header"), rest_header_value(message));
    jv payload = payload_value(message, error);
    jv attachments = jv_array();

    for (guint i = 0; jv_is_valid(payload) && i < lt_message_get_n_attachments(message); i++) {
        jv one = attachment_value(self, message, i, &left, error);

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

void
rest_add_credential(const Rest *self, LtRequest *request)
{
    if (self->credential != NULL)
        lt_request_set_header(request, g_str_equal(self->auth, "header") ? self->auth_header : "Authorization", self->credential);
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
            lt_error_set(error, LT_ERROR_CONFIG, "rest.map.output", "the map gave a header that is no text");
            return FALSE;
        }
        lt_request_set_header(request, jv_string_value(name), value);
        jv_free(name);
    }
    return TRUE;
}

LtRequest *
rest_request_of(const Rest *self, jv output, GError **error)
{
    g_autofree char *method = value_text(output, "method");
    g_autofree char *path = value_text(output, "path");
    g_autoptr(LtRequest) request = NULL;
    jv body, headers;
    gboolean done;

    if (method == NULL || path == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "rest.map.output", "the map must give an object with method and path");
        return NULL;
    }
    request = lt_request_new(method, path);
    body = value_member(output, "body");
    headers = value_member(output, "headers");
    set_body(request, body);
    done = set_headers(request, headers, error);
    jv_free(body);
    jv_free(headers);
    if (!done)
        return NULL;
    rest_add_credential(self, request);
    return g_steal_pointer(&request);
}
