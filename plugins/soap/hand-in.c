/* SPDX-License-Identifier: Apache-2.0 */
/* hand-in.c: lt:message, what a map made of a foreign document, as a message for the hub. */
#include "soap.h"

#include <string.h>

#define KEY_MAX 255u

static gboolean
fail(GError **error, const char *cause)
{
    lt_error_set(error, LT_ERROR_CONFIG, "soap.map.output", "the map gave a message %s", cause);
    return FALSE;
}

static GBytes *
element_bytes(const xmlNode *element)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *copy = xmlDocCopyNode((xmlNode *) element, doc, 1);

    xmlDocSetRootElement(doc, copy);
    document_forget(doc);
    return document_write(doc);
}

/* An element is an XML payload, text is JSON. */
static void
set_payload(LtMessageBuilder *builder, const xmlNode *node)
{
    xmlNode *payload = document_first(node, DOCUMENT_NS, "payload");
    xmlNode *element = document_first(payload, NULL, NULL);
    g_autoptr(GBytes) bytes = NULL;

    if (payload == NULL)
        return;
    if (element != NULL) {
        bytes = element_bytes(element);
    } else {
        char *text = document_text(payload);

        bytes = g_bytes_new_take(text, strlen(text));
    }
    lt_message_builder_set_payload(builder, bytes, element != NULL ? "application/xml" : "application/json");
}

static gboolean
add_attachments(LtMessageBuilder *builder, const xmlNode *node, const Incoming *incoming, GError **error)
{
    for (xmlNode *one = document_first(node, DOCUMENT_NS, "attachment"); one != NULL; one = document_next(one, DOCUMENT_NS, "attachment")) {
        g_autofree char *role = document_attribute(one, NULL, "role");
        g_autofree char *type = document_attribute(one, NULL, "media_type");
        g_autoptr(GBytes) content = incoming_content(incoming, one, error);

        if (content == NULL)
            return FALSE;
        lt_message_builder_add_attachment(builder, role != NULL ? role : "other", type != NULL ? type : "application/octet-stream", content);
    }
    return TRUE;
}

static void
set_reference(LtMessageBuilder *builder, LtMessage *message, gboolean answers)
{
    if (answers)
        lt_message_builder_set_re(builder, &(LtReference) { lt_message_get_from(message), lt_message_get_id(message), lt_message_get_manifest(message) });
    if (lt_message_get_dossier(message) != NULL)
        lt_message_builder_set_dossier(builder, lt_message_get_dossier(message));
}

/* Binds it to its dossier: `re` names a message exactly, `code` the dossier as citizens know it; without either, what was just delivered is
 * answered. answers="false": it belongs to the dossier and answers nothing. */
static void
bind(LtMessageBuilder *builder, const xmlNode *node, LtMessage *context, LtInbox *inbox)
{
    xmlNode *re = document_first(node, DOCUMENT_NS, "re");
    g_autofree char *code = document_attribute(node, NULL, "code");
    g_autofree char *dossier = document_attribute(node, NULL, "dossier");
    g_autofree char *answers = document_attribute(node, NULL, "answers");
    g_autofree char *from = re != NULL ? document_attribute(re, NULL, "from") : NULL;
    g_autofree char *id = re != NULL ? document_attribute(re, NULL, "id") : NULL;
    g_autofree char *manifest = re != NULL ? document_attribute(re, NULL, "manifest") : NULL;
    g_autoptr(LtMessage) found = NULL;

    if (from != NULL && id != NULL && manifest != NULL)
        lt_message_builder_set_re(builder, &(LtReference) { from, id, manifest });
    else if (from != NULL && id != NULL)
        found = lt_inbox_find_message(inbox, from, id);
    else if (code != NULL)
        found = lt_inbox_find_submission(inbox, code);
    else if (context != NULL)
        found = lt_message_ref(context);
    if (found != NULL)
        set_reference(builder, found, g_strcmp0(answers, "false") != 0);
    if (dossier != NULL)
        lt_message_builder_set_dossier(builder, dossier);
}

static char *
attribute_or(const xmlNode *node, const char *name, const char *otherwise)
{
    char *value = document_attribute(node, NULL, name);

    return value != NULL ? value : g_strdup(otherwise);
}

LtMessageBuilder *
soap_build(const xmlNode *node, const Incoming *incoming, LtMessage *context, guint number, LtInbox *inbox, GError **error)
{
    g_autofree char *answer_key = context != NULL ? g_strdup_printf("%s/answer/%u", lt_message_get_id(context), number) : NULL;
    g_autofree char *type = document_attribute(node, NULL, "type");
    g_autofree char *from = attribute_or(node, "from", context != NULL ? lt_message_get_to(context) : NULL);
    g_autofree char *to = attribute_or(node, "to", context != NULL ? lt_message_get_from(context) : NULL);
    g_autofree char *key = attribute_or(node, "key", answer_key);
    g_autoptr(LtMessageBuilder) builder = NULL;

    if (type == NULL || from == NULL || to == NULL || key == NULL || *key == '\0' || strlen(key) > KEY_MAX) {
        fail(error, "without key, type, from or to, or with a key over 255 bytes");
        return NULL;
    }
    builder = lt_message_builder_new(type, from, to);
    lt_message_builder_set_key(builder, key);
    bind(builder, node, context, inbox);
    set_payload(builder, node);
    if (!add_attachments(builder, node, incoming, error))
        return NULL;
    lt_message_builder_set_original(builder, "soap-wss", incoming->verdict, incoming->raw, incoming->raw_type);
    return g_steal_pointer(&builder);
}
