/* SPDX-License-Identifier: Apache-2.0 */
/* call.c: the one place where live, replay, script and dry part ways; a plugin cannot tell and need not. */
#include "routing/call.h"

#include "routing/reply.h"
#include "routing/request.h"

struct _LtLink {
    LtCallOptions options;
    GBytes *receipt;     /* nullable */
    char *receipt_type;  /* nullable */
    GByteArray *would;   /* dry: what would have been sent */
    GPtrArray *secrets;  /* of char *: learnt during the call */
    LtTranscriptEntry *pending; /* nullable: the last exchange, not written yet: its secrets may be told only now */
};

LtLink *
lt_link_new(const LtCallOptions *options)
{
    LtLink *self = g_new0(LtLink, 1);

    self->options = *options;
    self->secrets = g_ptr_array_new_with_free_func(g_free);
    return self;
}

static void
write_pending(LtLink *self)
{
    lt_transcript_write(self->options.transcript, g_steal_pointer(&self->pending), self->secrets);
}

void
lt_link_free(LtLink *self)
{
    if (self == NULL)
        return;
    write_pending(self);
    g_ptr_array_unref(self->secrets);
    g_clear_pointer(&self->receipt, g_bytes_unref);
    g_clear_pointer(&self->would, g_byte_array_unref);
    g_free(self->receipt_type);
    g_free(self);
}

LtInbox *
lt_link_get_inbox(LtLink *self)
{
    return self->options.inbox;
}

static LtReply *
send_live(LtLink *self, LtRequest *request, GError **error)
{
    const LtCallOptions *options = &self->options;
    g_autoptr(GError) cause = NULL;
    LtReply *reply;

    if (options->target == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "link.url", "the endpoint has no 'url' to send to");
        return NULL;
    }
    reply = lt_link_target_send(options->target, request, options->deadline_us, options->cancellable, &cause);
    write_pending(self);
    self->pending = lt_transcript_note(options->transcript, request, reply, cause);
    if (reply == NULL)
        g_propagate_error(error, g_steal_pointer(&cause));
    return reply;
}

static LtReply *
send_dry(LtLink *self, LtRequest *request, GError **error)
{
    g_autoptr(GBytes) text = NULL;
    g_autoptr(LtReply) reply = lt_reply_new(200, NULL, NULL);

    if (!lt_request_check(request, error))
        return NULL;
    write_pending(self);
    self->pending = lt_transcript_note(self->options.transcript, request, reply, NULL);
    text = lt_transcript_render(self->options.transcript, request);
    if (self->would == NULL)
        self->would = g_byte_array_new();
    else
        g_byte_array_append(self->would, (const guint8 *) "\n\n", 2);
    g_byte_array_append(self->would, g_bytes_get_data(text, NULL), (guint) g_bytes_get_size(text));
    return g_steal_pointer(&reply);
}

static void
keep_receipt(LtLink *self, LtReply *reply)
{
    g_clear_pointer(&self->receipt, g_bytes_unref);
    g_free(self->receipt_type);
    self->receipt = g_bytes_ref(lt_reply_get_body(reply));
    self->receipt_type = g_strdup(lt_reply_get_header(reply, "Content-Type"));
}

void
lt_link_keep_reply(LtLink *self, LtReply *reply)
{
    keep_receipt(self, reply);
    if (self->options.script != NULL && self->options.script->keep != NULL)
        self->options.script->keep(self->options.script->data, reply);
}

LtReply *
lt_link_send(LtLink *self, LtRequest *request, GError **error)
{
    LtReply *reply = NULL;

    switch (self->options.mode) {
    case LT_CALL_LIVE:
        reply = send_live(self, request, error);
        break;
    case LT_CALL_DRY:
        reply = send_dry(self, request, error);
        break;
    case LT_CALL_REPLAY:
        if (lt_request_check(request, error))
            reply = lt_transcript_replay(self->options.transcript, request, error);
        break;
    case LT_CALL_SCRIPT:
        if (lt_request_check(request, error))
            reply = self->options.script->answer(self->options.script->data, self->options.transcript, request, error);
        break;
    }
    if (reply != NULL && self->options.mode != LT_CALL_DRY)
        keep_receipt(self, reply);
    return reply;
}

gboolean
lt_link_is_dry(LtLink *self)
{
    return self->options.mode == LT_CALL_DRY || (self->options.mode == LT_CALL_SCRIPT && self->options.script->is_dry);
}

void
lt_link_mask(LtLink *self, const char *secret)
{
    g_ptr_array_add(self->secrets, g_strdup(secret));
    if (self->options.script != NULL && self->options.script->mask != NULL)
        self->options.script->mask(self->options.script->data, secret);
}

GBytes *
lt_link_take_receipt(LtLink *self, char **type)
{
    g_autoptr(GBytes) receipt = g_steal_pointer(&self->receipt);

    if (self->would != NULL) {
        *type = g_strdup("message/http");
        return g_byte_array_free_to_bytes(g_steal_pointer(&self->would));
    }
    *type = g_steal_pointer(&self->receipt_type);
    return receipt != NULL ? lt_transcript_mask(receipt, self->secrets) : NULL;
}
