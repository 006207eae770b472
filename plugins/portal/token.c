/* SPDX-License-Identifier: Apache-2.0 */
/* token.c: the form of 2026: a bearer token, one path per service, papers uploaded one by one beforehand. */
#include "portal.h"

#include <string.h>

static const char *
path_of(const Portal *self, const char *service)
{
    if (g_str_equal(service, "TaoHoSo"))
        return self->dossier_path;
    return g_str_equal(service, "CapNhatTienTrinh") ? self->progress_path : self->state_path;
}

static PortalOutcome
send(Portal *self, const char *service, LtRequest *request, LtLink *link, LtReply **reply, GError **error)
{
    g_autoptr(LtReply) answer = credential_send(self->credential, link, request, error);
    PortalOutcome outcome = PORTAL_FAILED;

    if (answer != NULL)
        outcome = lt_link_is_dry(link) ? PORTAL_OK : portal_judge(self, service, answer, error);
    if (outcome == PORTAL_EXPIRED) {
        credential_expire(self->credential);
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "portal.session", "the portal does not know a token that it has just given");
        outcome = PORTAL_FAILED;
    }
    if (reply != NULL)
        *reply = g_steal_pointer(&answer);
    return outcome;
}

PortalOutcome
token_call(Portal *self, const char *service, jv arguments, LtLink *link, LtReply **reply, GError **error)
{
    g_autoptr(LtRequest) request = lt_request_new("POST", path_of(self, service));
    g_autoptr(GBytes) body = value_json(arguments);

    jv_free(arguments);
    lt_request_set_body(request, body, "application/json");
    return send(self, service, request, link, reply, error);
}

/* RFC 7578, one file named `files`. */
static GBytes *
multipart(LtMessage *message, guint index, const char *boundary, GError **error)
{
    const LtPart *part = lt_message_get_attachment(message, index);
    g_autoptr(GInputStream) stream = lt_message_open_attachment(message, index, error);
    g_autofree char *head = NULL;
    g_autofree char *tail = g_strdup_printf("\r\n--%s--\r\n", boundary);
    g_autoptr(GError) cause = NULL;
    GByteArray *out;
    gsize size, n_read = 0;

    if (stream == NULL)
        return NULL;
    head = g_strdup_printf("--%s\r\nContent-Disposition: form-data; name=\"files\"; filename=\"%s\"\r\nContent-Type: %s\r\n\r\n", boundary, part->name + 4,
                           part->media_type);
    size = strlen(head);
    out = g_byte_array_sized_new((guint) (size + part->size + strlen(tail)));
    g_byte_array_append(out, (const guint8 *) head, (guint) size);
    g_byte_array_set_size(out, (guint) (size + part->size));
    if (!g_input_stream_read_all(stream, out->data + size, (gsize) part->size, &n_read, NULL, &cause) || n_read < part->size) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "map.attachment", "attachment %u cannot be read: %s", index + 1,
                     cause != NULL ? cause->message : "it is shorter than it says");
        g_byte_array_unref(out);
        return NULL;
    }
    g_byte_array_append(out, (const guint8 *) tail, (guint) strlen(tail));
    return g_byte_array_free_to_bytes(out);
}

/* data[0].response.data[0] of the answer. */
static jv
uploaded(LtReply *reply)
{
    jv value = exchange_body_value(lt_reply_get_body(reply));
    jv path = JV_ARRAY(jv_string("data"), jv_number(0), jv_string("response"), jv_string("data"), jv_number(0));
    jv found = jv_getpath(value, path);
    g_autofree char *id = value_text(found, "IdTepTin");

    if (id != NULL)
        return found;
    jv_free(found);
    return jv_invalid();
}

static jv
upload_one(Portal *self, LtMessage *message, guint index, LtLink *link, GError **error)
{
    g_autofree char *boundary = g_strconcat("lthub-", lt_message_get_attachment(message, index)->sha256, NULL);
    g_autofree char *type = g_strconcat("multipart/form-data; boundary=", boundary, NULL);
    g_autoptr(GBytes) body = multipart(message, index, boundary, error);
    g_autoptr(LtRequest) request = lt_request_new("POST", self->upload_path);
    g_autoptr(LtReply) reply = NULL;
    jv found;

    if (body == NULL)
        return jv_invalid();
    lt_request_set_body(request, body, type);
    reply = credential_send(self->credential, link, request, error);
    if (reply == NULL || (!lt_link_is_dry(link) && !lt_reply_check(reply, error)))
        return jv_invalid();
    if (lt_link_is_dry(link))
        return jv_object_set(jv_object(), jv_string("IdTepTin"), jv_string(lt_message_get_attachment(message, index)->name));
    found = uploaded(reply);
    if (!jv_is_valid(found))
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "reply.nonsense", "the portal's answer to an upload names no file");
    return found;
}

jv
token_upload(Portal *self, LtMessage *message, LtLink *link, GError **error)
{
    jv all = jv_object();
    guint64 left = (guint64) self->attachments_max;

    for (guint i = 0; i < lt_message_get_n_attachments(message); i++) {
        const LtPart *part = lt_message_get_attachment(message, i);
        jv one;

        if (g_str_equal(part->role, "original"))
            continue;
        if (part->size > left) {
            lt_error_set(error, LT_ERROR_TOO_LARGE, "map.attachments", "the attachments are over 'attachments_max'");
            jv_free(all);
            return jv_invalid();
        }
        left -= part->size;
        one = upload_one(self, message, i, link, error);
        if (!jv_is_valid(one)) {
            jv_free(one);
            jv_free(all);
            return jv_invalid();
        }
        all = jv_object_set(all, jv_string(part->name), one);
    }
    return all;
}
