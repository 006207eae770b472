/* SPDX-License-Identifier: Apache-2.0 */
/* deliver.c: a message becomes a request; what the answer means, and what of it goes back to the unit that asked. */
#include "soap.h"

#include <string.h>

#include "fault.h"
#include "input.h"

static gboolean
is_word(const char *text)
{
    return text != NULL && *text != '\0' && strlen(text) <= 40 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-") == strlen(text);
}

/* lt:reply: the message that was delivered, and what came back. */
static xmlDoc *
reply_input(LtMessage *message, const Incoming *incoming, GError **error)
{
    g_autoptr(xmlDoc) sent = input_of_message(message, "message", error);
    g_autoptr(xmlDoc) doc = document_new("reply");
    xmlNode *root = xmlDocGetRootElement(doc);
    g_autofree char *status = g_strdup_printf("%u", lt_reply_get_status(incoming->reply));

    if (sent == NULL)
        return NULL;
    document_set(root, "status", status);
    document_copy_children(root, (xmlNode *) sent);
    incoming_add(incoming, root);
    return g_steal_pointer(&doc);
}

static gboolean
set_outcome(const char *is, const xmlNode *outcome, GError **error)
{
    g_autofree char *word = document_attribute(outcome, NULL, "reason");
    g_autofree char *wait = document_attribute(outcome, NULL, "retry_after");
    g_autofree char *reason = is_word(word) ? g_strconcat("soap.", word, NULL) : NULL;
    GError *cause = NULL;

    if (g_strcmp0(is, "accepted") == 0)
        return TRUE;
    if (g_strcmp0(is, "refused") == 0) {
        lt_error_set(error, LT_ERROR_REFUSED, reason != NULL ? reason : "soap.refused", "the other side refused it in its answer");
    } else if (g_strcmp0(is, "postponed") == 0) {
        lt_error_set(&cause, LT_ERROR_UNAVAILABLE, reason != NULL ? reason : "soap.postponed", "the other side cannot take it now");
        if (wait != NULL)
            lt_error_set_retry_after(cause, CLAMP(g_ascii_strtoll(wait, NULL, 10), 0, 86400));
        g_propagate_error(error, cause);
    } else {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "soap.reply", "reply_map can make neither accepted, refused nor postponed of the other side's answer");
    }
    return FALSE;
}

/* Answers that belong to a unit: kept before the delivery counts as done, so that a crash in between only asks again. */
static gboolean
hand_in_answers(const Soap *self, const xmlNode *outcome, const Incoming *incoming, LtMessage *message, LtInbox *inbox, GError **error)
{
    guint number = 1;

    for (xmlNode *node = document_first(outcome, DOCUMENT_NS, "message"); node != NULL; node = document_next(node, DOCUMENT_NS, "message")) {
        LtMessageBuilder *builder;

        if (self->trust == NULL && strcmp(self->unsigned_messages, "accept") != 0) {
            lt_error_set(error, LT_ERROR_CONFIG, "soap.settings", "reply_map made a message of an unsigned answer: set peer_certificate, or unsigned_messages = accept");
            return FALSE;
        }
        if (inbox == NULL)
            return TRUE;
        builder = soap_build(node, incoming, message, number++, inbox, error);
        if (builder == NULL || !lt_inbox_submit(inbox, builder, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
judge_reply(const Soap *self, const Incoming *incoming, LtMessage *message, LtInbox *inbox, GError **error)
{
    g_autoptr(xmlDoc) input = reply_input(message, incoming, error);
    g_autoptr(GError) cause = NULL;
    g_autoptr(xmlDoc) output = input != NULL ? soap_run_map(self, MAP_REPLY, input, &cause) : NULL;
    xmlNode *outcome = output != NULL ? xmlDocGetRootElement(output) : NULL;
    g_autofree char *is = outcome != NULL && document_is(outcome, DOCUMENT_NS, "outcome") ? document_attribute(outcome, NULL, "is") : NULL;

    if (input == NULL)
        return FALSE;
    if (cause != NULL && strcmp(lt_error_get_reason(cause), "soap.map.output") != 0 && strcmp(lt_error_get_reason(cause), "soap.map.failed") != 0) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    return set_outcome(is, outcome, error) && hand_in_answers(self, outcome, incoming, message, inbox, error);
}

gboolean
soap_deliver(gpointer data, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error)
{
    const Soap *self = data;
    g_autoptr(xmlDoc) input = NULL;
    g_autoptr(xmlDoc) mapped = NULL;
    g_autoptr(Incoming) incoming = NULL;

    if (self->types != NULL && !g_strv_contains((const char *const *) self->types, lt_message_get_type(message)))
        return TRUE;
    input = input_of_message(message, "message", error);
    mapped = input != NULL ? soap_run_map(self, MAP_DELIVER, input, error) : NULL;
    if (mapped == NULL)
        return FALSE;
    if (soap_is_nothing(mapped))
        return TRUE;
    incoming = soap_call(self, link, mapped, message, cancellable, error);
    if (incoming == NULL)
        return FALSE;
    if (lt_link_is_dry(link) || incoming->doc == NULL || self->maps[MAP_REPLY] == NULL || fault_is(&incoming->envelope))
        return TRUE;
    return judge_reply(self, incoming, message, lt_link_get_inbox(link), error);
}
