/* SPDX-License-Identifier: Apache-2.0 */
/* host-serve.c: the hub's side of a running verb: what the plugin asks for is what it could ask for in the hub itself, no more: its link, with the endpoint's limits, and
 * its inbox.
 */
#include <string.h>

#include "routing/host-message.h"
#include "routing/host-private.h"
#include "routing/reply.h"

#define PIECE (256u * 1024u)

static gboolean
answer(HostCall *self, GVariant *body, GBytes *data, GError **error)
{
    return lt_pipe_send(self->pipe, LT_FRAME_DONE, g_variant_new_variant(body), data, error);
}

/* What the plugin asked for failed: it is told, and the verb goes on. */
static gboolean
answer_failure(HostCall *self, const GError *cause, GError **error)
{
    return lt_pipe_send(self->pipe, LT_FRAME_FAILED, lt_pipe_fail(cause), NULL, error);
}

static gboolean
answer_result(HostCall *self, gboolean ok, const GError *cause, GError **error)
{
    return ok ? answer(self, g_variant_new("()"), NULL, error) : answer_failure(self, cause, error);
}

static gboolean
serve_send(HostCall *self, GVariant *body, GBytes *data, GError **error)
{
    g_autoptr(GVariant) headers = NULL;
    g_autoptr(LtRequest) request = NULL;
    g_autoptr(LtReply) reply = NULL;
    g_autoptr(GError) cause = NULL;
    const char *method, *path;
    gboolean has_body;

    g_variant_get(body, "(&s&sb@a(ss))", &method, &path, &has_body, &headers);
    request = lt_request_new(method, path);
    if (has_body)
        lt_request_set_body(request, data, "application/octet-stream");
    lt_host_read_request_headers(headers, request);
    if (self->link == NULL)
        lt_error_set(&cause, LT_ERROR_INTERNAL, "plugin.broken", "this verb has no link");
    else
        reply = lt_link_send(self->link, request, &cause);
    if (reply == NULL)
        return answer_failure(self, cause, error);
    return answer(self, g_variant_new("(u@a(ss))", (guint32) lt_reply_get_status(reply), lt_host_write_headers(lt_reply_get_headers(reply))),
                  lt_reply_get_body(reply), error);
}

static void
keep(HostCall *self, GVariant *body, GBytes *data)
{
    g_autoptr(GVariant) headers = NULL;
    g_autoptr(LtReply) reply = NULL;
    guint32 status;

    g_variant_get(body, "(u@a(ss))", &status, &headers);
    reply = lt_reply_new(status, data, NULL);
    lt_host_read_reply_headers(headers, reply);
    if (self->link != NULL)
        lt_link_keep_reply(self->link, reply);
}

static gboolean
open_part(HostCall *self, guint32 number, guint32 part, GError **error)
{
    LtMessage *message = number < self->messages->len ? self->messages->pdata[number] : NULL;

    g_clear_object(&self->stream);
    if (message == NULL || (part != LT_HOST_ENVELOPE && part >= lt_message_get_n_attachments(message))) {
        lt_error_set(error, LT_ERROR_NOT_FOUND, "plugin.part", "there is no such part of a message");
        return FALSE;
    }
    self->stream = part == LT_HOST_ENVELOPE ? lt_message_open_envelope(message, NULL, error) : lt_message_open_attachment(message, part, error);
    self->stream_message = number;
    self->stream_part = part;
    self->stream_at = 0;
    return self->stream != NULL;
}

/* One piece of a part; they are read in order, so that the stream goes on where it stands. */
static gboolean
serve_read(HostCall *self, GVariant *body, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autofree guint8 *piece = g_malloc(PIECE);
    g_autoptr(GBytes) bytes = NULL;
    guint32 number, part;
    guint64 at;
    gsize n = 0;

    g_variant_get(body, "(uut)", &number, &part, &at);
    if ((self->stream == NULL || self->stream_message != number || self->stream_part != part || self->stream_at != at) &&
        (at != 0 || !open_part(self, number, part, &cause))) {
        if (cause == NULL)
            lt_error_set(&cause, LT_ERROR_INTERNAL, "plugin.part", "parts are read from their beginning, one at a time");
        return answer_failure(self, cause, error);
    }
    if (!g_input_stream_read_all(self->stream, piece, PIECE, &n, NULL, &cause))
        return answer_failure(self, cause, error);
    self->stream_at += n;
    bytes = g_bytes_new(piece, n);
    return answer(self, g_variant_new("()"), bytes, error);
}

static gboolean
serve_submit(HostCall *self, GVariant *body, GBytes *data, GError **error)
{
    g_autoptr(GError) cause = NULL;
    LtMessageBuilder *message = lt_host_read_built(body, data, error);

    if (message == NULL)
        return FALSE;
    return answer_result(self, lt_inbox_submit(self->inbox, message, &cause), cause, error);
}

static gboolean
serve_found(HostCall *self, LtMessage *found, GError **error)
{
    GVariant *body;
    guint32 number = self->messages->len;

    if (found == NULL)
        return answer(self, g_variant_new("()"), NULL, error);
    g_ptr_array_add(self->messages, found);
    body = g_variant_new("(u@(ssssmsm(sss)xxxsa(sssts)))", number, lt_host_write_message(found));
    return answer(self, body, lt_message_get_payload(found), error);
}

static gboolean
serve_inbox(HostCall *self, LtFrameType type, GVariant *body, GBytes *data, GError **error)
{
    g_autoptr(GError) cause = NULL;
    const char *text = NULL, *id = NULL;
    LtStanding standing = { 0, 0 };

    if (self->inbox == NULL) {
        lt_error_set(&cause, LT_ERROR_INTERNAL, "plugin.broken", "this verb has no inbox");
        return answer_failure(self, cause, error);
    }
    if (type == LT_FRAME_FIND_MESSAGE)
        g_variant_get(body, "(&s&s)", &text, &id);
    else if (type == LT_FRAME_SET_CURSOR || type == LT_FRAME_FIND_SUBMISSION || type == LT_FRAME_FIND_STANDING)
        g_variant_get(body, "(&s)", &text);
    switch (type) {
    case LT_FRAME_SUBMIT:
        return serve_submit(self, body, data, error);
    case LT_FRAME_GET_CURSOR:
        return answer(self, g_variant_new("(ms)", lt_inbox_get_cursor(self->inbox)), NULL, error);
    case LT_FRAME_SET_CURSOR:
        return answer_result(self, lt_inbox_set_cursor(self->inbox, text, &cause), cause, error);
    case LT_FRAME_FIND_SUBMISSION:
        return serve_found(self, lt_inbox_find_submission(self->inbox, text), error);
    case LT_FRAME_FIND_MESSAGE:
        return serve_found(self, lt_inbox_find_message(self->inbox, text, id), error);
    default:
        if (!lt_inbox_find_standing(self->inbox, text, &standing))
            return answer(self, g_variant_new("()"), NULL, error);
        return answer(self, g_variant_new("(ix)", (gint32) standing.state, standing.at_us), NULL, error);
    }
}

static gboolean
serve_one(HostCall *self, LtFrameType type, GVariant *body, GBytes *data, GError **error)
{
    const char *secret;

    switch (type) {
    case LT_FRAME_SEND:
        return serve_send(self, body, data, error);
    case LT_FRAME_MASK:
        g_variant_get(body, "(&s)", &secret);
        if (self->link != NULL)
            lt_link_mask(self->link, secret);
        return TRUE;
    case LT_FRAME_KEEP:
        keep(self, body, data);
        return TRUE;
    case LT_FRAME_READ:
        return serve_read(self, body, error);
    case LT_FRAME_SUBMIT:
    case LT_FRAME_GET_CURSOR:
    case LT_FRAME_SET_CURSOR:
    case LT_FRAME_FIND_SUBMISSION:
    case LT_FRAME_FIND_MESSAGE:
    case LT_FRAME_FIND_STANDING:
        return serve_inbox(self, type, body, data, error);
    default:
        lt_error_set(error, LT_ERROR_INTERNAL, "plugin.protocol", "plugin host: a frame out of turn");
        return FALSE;
    }
}

gboolean
host_call_serve(HostCall *self, LtFrameType *type, GVariant **body, GBytes **data, GError **error)
{
    for (;;) {
        g_autoptr(GVariant) asked = NULL;
        g_autoptr(GBytes) bytes = NULL;

        if (!lt_pipe_receive(self->pipe, type, &asked, &bytes, error))
            return FALSE;
        if (*type == LT_FRAME_DONE || *type == LT_FRAME_FAILED) {
            *body = g_steal_pointer(&asked);
            *data = g_steal_pointer(&bytes);
            return TRUE;
        }
        if (!serve_one(self, *type, asked, bytes, error))
            return FALSE;
    }
}
