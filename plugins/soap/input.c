/* SPDX-License-Identifier: Apache-2.0 */
/* input.c: a message as one XML document. A JSON payload takes the form that its XML twin has, so that one map serves both. */
#include "input.h"

#include "json.h"

#include <string.h>

static void
set_time(xmlNode *node, const char *name, gint64 at_us)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(at_us / G_USEC_PER_SEC);
    g_autofree char *text = time != NULL ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : NULL;

    document_set(node, name, text);
}

static void
add_header(xmlNode *root, LtMessage *message)
{
    xmlNode *header = document_add(root, "header", NULL);
    const LtReference *re = lt_message_get_re(message);

    document_set(header, "id", lt_message_get_id(message));
    document_set(header, "type", lt_message_get_type(message));
    document_set(header, "from", lt_message_get_from(message));
    document_set(header, "to", lt_message_get_to(message));
    document_set(header, "dossier", lt_message_get_dossier(message));
    document_set(header, "manifest", lt_message_get_manifest(message));
    set_time(header, "issued", lt_message_get_issued_us(message));
    set_time(header, "expires", lt_message_get_expires_us(message));
    if (re != NULL) {
        xmlNode *node = document_add(header, "re", NULL);

        document_set(node, "from", re->from);
        document_set(node, "id", re->id);
        document_set(node, "manifest", re->manifest);
    }
}

static gboolean
add_payload(xmlNode *root, LtMessage *message, GError **error)
{
    GBytes *payload = lt_message_get_payload(message);
    const LtPart *part = lt_message_get_payload_part(message);
    xmlNode *node = document_add(root, "payload", NULL);
    g_autoptr(xmlDoc) doc = NULL;

    if (payload == NULL || part == NULL)
        return TRUE;
    document_set(node, "media_type", part->media_type);
    if (strcmp(part->media_type, "application/xml") != 0)
        return json_to_xml(payload, node, lt_message_get_type(message), error);
    doc = document_parse_bytes(payload, "the payload", error);
    if (doc == NULL)
        return FALSE;
    document_copy_children(node, (xmlNode *) doc);
    return TRUE;
}

static void
add_attachments(xmlNode *root, LtMessage *message)
{
    xmlNode *list = document_add(root, "attachments", NULL);

    for (guint i = 0; i < lt_message_get_n_attachments(message); i++) {
        const LtPart *part = lt_message_get_attachment(message, i);
        xmlNode *node = document_add(list, "attachment", NULL);
        g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, part->size);

        document_set(node, "name", part->name);
        document_set(node, "role", part->role);
        document_set(node, "media_type", part->media_type);
        document_set(node, "size", size);
        document_set(node, "sha256", part->sha256);
    }
}

xmlDoc *
input_of_message(LtMessage *message, const char *root_name, GError **error)
{
    g_autoptr(xmlDoc) doc = document_new(root_name);
    xmlNode *root = xmlDocGetRootElement(doc);

    add_header(root, message);
    if (!add_payload(root, message, error))
        return NULL;
    add_attachments(root, message);
    return g_steal_pointer(&doc);
}
