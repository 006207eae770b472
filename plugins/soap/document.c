/* SPDX-License-Identifier: Apache-2.0 */
/* document.c: see document.h. libxml2's own messages quote content; ours do not. */
#include "document.h"

#include <libxml/parser.h>
#include <lienthong/xml.h>
#include <string.h>

#define FILE_MAX (4u << 20)

static void
ignore_fault(void *data, xmlErrorPtr cause)
{
    (void) data;
    (void) cause;
}

static guint
count_elements(xmlDoc *doc)
{
    xmlNode *root = xmlDocGetRootElement(doc);
    guint n = 0;

    for (xmlNode *node = root; node != NULL; node = document_walk(node, root))
        n++;
    return n;
}

static xmlDoc *
parse_scanned(const char *data, gsize size, int *line)
{
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    xmlDoc *doc;

    if (parser == NULL)
        g_error("out of memory");
    xmlSetStructuredErrorFunc(NULL, ignore_fault); /* of this thread */
    doc = xmlCtxtReadMemory(parser, data, (int) size, NULL, "UTF-8", XML_PARSE_NONET);
    xmlSetStructuredErrorFunc(NULL, NULL);
    *line = parser->lastError.line;
    if (doc != NULL && (!parser->wellFormed || !parser->nsWellFormed || doc->intSubset != NULL))
        g_clear_pointer(&doc, xmlFreeDoc);
    xmlFreeParserCtxt(parser);
    return doc;
}

xmlDoc *
document_parse(const char *data, gsize size, LtErrorCode code, const char *what, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(xmlDoc) doc = NULL;
    guint n_elements = 0;
    int line = 0;

    if (!lt_xml_scan(data, size, &n_elements, &cause)) {
        lt_error_set(error, code, "soap.xml", "%s: %s (%s)", what, cause->message, lt_error_get_reason(cause));
        return NULL;
    }
    doc = parse_scanned(data, size, &line);
    if (doc == NULL)
        lt_error_set(error, code, "soap.xml", "%s: line %d: not well-formed XML", what, line);
    else if (count_elements(doc) != n_elements)
        lt_error_set(error, code, "soap.xml", "%s: two readers of its XML do not agree", what);
    else
        return g_steal_pointer(&doc);
    return NULL;
}

xmlDoc *
document_parse_bytes(GBytes *bytes, const char *what, GError **error)
{
    gsize size = 0;
    const char *data = g_bytes_get_data(bytes, &size);

    return document_parse(data != NULL ? data : "", size, LT_ERROR_INVALID, what, error);
}

xmlDoc *
document_read(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    g_autofree char *name = g_path_get_basename(path);
    g_autoptr(GError) cause = NULL;
    gsize size = 0;

    if (!g_file_get_contents(path, &text, &size, &cause)) {
        lt_error_set(error, LT_ERROR_CONFIG, "soap.file", "%s", cause->message);
        return NULL;
    }
    if (size > FILE_MAX) {
        lt_error_set(error, LT_ERROR_CONFIG, "soap.file", "%s: is larger than 4 MiB", path);
        return NULL;
    }
    return document_parse(text, size, LT_ERROR_CONFIG, name, error);
}

GBytes *
document_write(xmlDoc *doc)
{
    xmlChar *text = NULL;
    int size = 0;

    xmlDocDumpFormatMemoryEnc(doc, &text, &size, "UTF-8", 0);
    if (text == NULL)
        g_error("out of memory");
    return g_bytes_new_with_free_func(text, (gsize) size, xmlFree, text);
}

xmlDoc *
document_new(const char *name)
{
    xmlDoc *doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewDocNode(doc, NULL, BAD_CAST name, NULL);

    xmlDocSetRootElement(doc, root);
    xmlSetNs(root, xmlNewNs(root, BAD_CAST DOCUMENT_NS, BAD_CAST "lt"));
    return doc;
}

xmlNode *
document_add(xmlNode *parent, const char *name, const char *text)
{
    xmlNs *ns = xmlSearchNsByHref(parent->doc, parent, BAD_CAST DOCUMENT_NS);

    return xmlNewTextChild(parent, ns, BAD_CAST name, BAD_CAST text);
}

void
document_set(xmlNode *node, const char *name, const char *value)
{
    if (value != NULL)
        xmlNewProp(node, BAD_CAST name, BAD_CAST value);
}

void
document_copy_children(xmlNode *to, xmlNode *from)
{
    for (xmlNode *child = from->children; child != NULL; child = child->next) {
        xmlNode *copy = xmlDocCopyNode(child, to->doc, 1);

        if (copy != NULL)
            xmlAddChild(to, copy);
    }
}

/* Every declaration that an element or attribute refers to. */
static GHashTable *
collect_used(xmlNode *root)
{
    GHashTable *used = g_hash_table_new(NULL, NULL);

    for (xmlNode *node = root; node != NULL; node = document_walk(node, root)) {
        g_hash_table_add(used, node->ns);
        for (const xmlAttr *attribute = node->properties; attribute != NULL; attribute = attribute->next)
            g_hash_table_add(used, attribute->ns);
    }
    return used;
}

void
document_forget(xmlDoc *doc)
{
    xmlNode *root = xmlDocGetRootElement(doc);
    g_autoptr(GHashTable) used = collect_used(root);

    for (xmlNode *node = root; node != NULL; node = document_walk(node, root)) {
        xmlNs **slot = &node->nsDef;

        while (*slot != NULL) {
            xmlNs *ns = *slot;

            if (ns->href == NULL || strcmp((const char *) ns->href, DOCUMENT_NS) != 0 || g_hash_table_contains(used, ns)) {
                slot = &ns->next;
                continue;
            }
            *slot = ns->next;
            xmlFreeNs(ns);
        }
    }
}

gboolean
document_is(const xmlNode *node, const char *ns, const char *name)
{
    if (node == NULL || node->type != XML_ELEMENT_NODE) /* other kinds have no ns to look at */
        return FALSE;
    return (ns == NULL || strcmp(node->ns != NULL ? (const char *) node->ns->href : "", ns) == 0) &&
           (name == NULL || strcmp((const char *) node->name, name) == 0);
}

static xmlNode *
find_from(xmlNode *node, const char *ns, const char *name)
{
    while (node != NULL && !document_is(node, ns, name))
        node = node->next;
    return node;
}

xmlNode *
document_first(const xmlNode *parent, const char *ns, const char *name)
{
    return parent != NULL ? find_from(parent->children, ns, name) : NULL;
}

xmlNode *
document_next(const xmlNode *node, const char *ns, const char *name)
{
    return find_from(node->next, ns, name);
}

guint
document_count(const xmlNode *parent, const char *ns, const char *name)
{
    guint n = 0;

    for (xmlNode *node = document_first(parent, ns, name); node != NULL; node = document_next(node, ns, name))
        n++;
    return n;
}

xmlNode *
document_walk(xmlNode *node, const xmlNode *top)
{
    xmlNode *next = document_first(node, NULL, NULL);

    while (next == NULL && node != top && node != NULL) {
        next = document_next(node, NULL, NULL);
        node = node->parent;
    }
    return next;
}

char *
document_text(const xmlNode *node)
{
    xmlChar *text = node != NULL ? xmlNodeGetContent(node) : NULL;
    char *copy = g_strstrip(g_strdup(text != NULL ? (const char *) text : ""));

    xmlFree(text);
    return copy;
}

char *
document_attribute(const xmlNode *node, const char *ns, const char *name)
{
    xmlChar *text = ns != NULL ? xmlGetNsProp((xmlNode *) node, BAD_CAST name, BAD_CAST ns) : xmlGetNoNsProp((xmlNode *) node, BAD_CAST name);
    char *copy = g_strdup((const char *) text);

    xmlFree(text);
    return copy;
}
