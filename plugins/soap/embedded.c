/* SPDX-License-Identifier: Apache-2.0 */
/* embedded.c: see embedded.h. A document from inside passes the same guard as the envelope around it. */
#include "embedded.h"

#include <string.h>

#define DECODED_MAX 100u

gboolean
embedded_encode(xmlNode *body, GError **error)
{
    xmlNode *next;

    for (xmlNode *node = body; node != NULL; node = next) {
        g_autoptr(xmlDoc) doc = NULL;
        g_autoptr(GBytes) bytes = NULL;
        g_autofree char *text = NULL;
        xmlNode *element, *place;

        next = document_walk(node, body);
        if (!document_is(node, DOCUMENT_NS, "encode"))
            continue;
        element = document_first(node, NULL, NULL);
        if (element == NULL || document_next(element, NULL, NULL) != NULL || document_is(element, DOCUMENT_NS, NULL)) {
            lt_error_set(error, LT_ERROR_CONFIG, "soap.map.output", "the map gave lt:encode that does not hold one element");
            return FALSE;
        }
        doc = xmlNewDoc(BAD_CAST "1.0");
        xmlDocSetRootElement(doc, xmlDocCopyNode(element, doc, 1));
        document_forget(doc);
        bytes = document_write(doc);
        text = g_base64_encode(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        place = xmlNewDocText(body->doc, BAD_CAST text);
        xmlReplaceNode(node, place);
        xmlFreeNode(node);
        next = document_walk(place->parent, body); /* what was inside is gone */
    }
    return TRUE;
}

static void
decode_one(xmlNode *node, const Incoming *incoming)
{
    g_autoptr(GBytes) bytes = incoming_content(incoming, node, NULL);
    g_autoptr(xmlDoc) doc = bytes != NULL && g_bytes_get_size(bytes) > 0 ? document_parse_bytes(bytes, "a document inside", NULL) : NULL;

    if (doc == NULL)
        return;
    while (node->children != NULL) {
        xmlNode *child = node->children;

        xmlUnlinkNode(child);
        xmlFreeNode(child);
    }
    document_copy_children(node, (xmlNode *) doc);
}

void
embedded_decode(xmlNode *body, const Incoming *incoming, char **names)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();

    for (xmlNode *node = body; names != NULL && node != NULL && found->len < DECODED_MAX; node = document_walk(node, body)) {
        if (g_strv_contains((const char *const *) names, (const char *) node->name) && document_first(node, NULL, NULL) == document_first(node, DOCUMENT_NS, "content"))
            g_ptr_array_add(found, node);
    }
    for (guint i = 0; i < found->len; i++)
        decode_one(found->pdata[i], incoming);
}
