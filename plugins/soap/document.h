/* SPDX-License-Identifier: Apache-2.0 */
/* document.h: libxml2 behind the hub's guard, and small readers of its trees. All nodes are borrowed from their document. */
#pragma once

#include <gio/gio.h>
#include <libxml/tree.h>
#include <lienthong/error.h>

#define DOCUMENT_NS "urn:lienthong:soap:1" /* of what maps are given and give */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

/**
 * document_parse:
 * @code: of the error: INVALID for what a peer sent, CONFIG for our own files
 * @what: for the text: "the request", a file name
 *
 * lt_xml_scan(), then libxml2 told that it is UTF-8, without network; as many elements must be found.
 *
 * Errors: @code `soap.xml`
 */
xmlDoc *document_parse(const char *data, gsize size, LtErrorCode code, const char *what, GError **error);
xmlDoc *document_parse_bytes(GBytes *bytes, const char *what, GError **error);
/** document_read: a file of the configuration. Errors: CONFIG `soap.xml` */
xmlDoc *document_read(const char *path, GError **error);
/** document_write: Returns: (transfer full): UTF-8 with an XML declaration, nothing indented */
GBytes *document_write(xmlDoc *doc);

/** document_new: a document whose only element is @name in DOCUMENT_NS */
xmlDoc *document_new(const char *name);
/** document_add: an element in DOCUMENT_NS at the end of @parent. @text: (nullable) */
xmlNode *document_add(xmlNode *parent, const char *name, const char *text);
/** document_set: an attribute; nothing when @value is %NULL */
void document_set(xmlNode *node, const char *name, const char *value);
/** document_forget: takes away declarations of DOCUMENT_NS that nothing uses: what goes out does not speak of us */
void document_forget(xmlDoc *doc);
/** document_copy_children: deep copies of what @from holds, to the end of @to, namespaces kept */
void document_copy_children(xmlNode *to, xmlNode *from);

gboolean document_is(const xmlNode *node, const char *ns, const char *name);
/** document_first: first child that is an element. @ns, @name: (nullable): any */
xmlNode *document_first(const xmlNode *parent, const char *ns, const char *name);
/** document_next: next sibling that is an element */
xmlNode *document_next(const xmlNode *node, const char *ns, const char *name);
guint document_count(const xmlNode *parent, const char *ns, const char *name);
/** document_walk: the element after @node in document order below @top; %NULL at the end */
xmlNode *document_walk(xmlNode *node, const xmlNode *top);
/** document_text: Returns: (transfer full): all text below, without white space around it; "" when there is none */
char *document_text(const xmlNode *node);
/** document_attribute: Returns: (transfer full) (nullable). @ns: (nullable): an attribute without namespace */
char *document_attribute(const xmlNode *node, const char *ns, const char *name);
