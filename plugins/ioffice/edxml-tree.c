/* SPDX-License-Identifier: Apache-2.0 */
/* edxml-tree.c: edXML carries attachments as base64 in one text, up to about 50 MB (security.md §4.2, profile edxml).
 *
 * The text of each ContentTransferEncoded is taken out at the level of bytes, before any parser, and a mark stands in for it; the rest passes
 * the hub's scan with its ordinary limits and is then parsed without network, entities or DTD. Whether an element with a mark is really the
 * child of an attachment is decided on the tree, so nothing follows from where the bytes stood (a comment, a CDATA section).
 */
#include "edxml-tree.h"

#include <libxml/parser.h>
#include <lienthong/xml.h>
#include <string.h>

#define ELEMENT "ContentTransferEncoded"
#define MARK "text:"
#define TEXTS_MAX 10000u

/* At a start tag of the element, with or without a prefix? *end: after its `>`. */
static gboolean
is_start_tag(const char *at, const char *stop, const char **end)
{
    const char *name = at + 1, *close = memchr(at, '>', (gsize) (stop - at));

    while (name < stop && (g_ascii_isalnum(*name) || *name == '_' || *name == '-' || *name == '.'))
        name++;
    name = name < stop && *name == ':' ? name + 1 : at + 1;
    if (close == NULL || (gsize) (close - name) < strlen(ELEMENT) || strncmp(name, ELEMENT, strlen(ELEMENT)) != 0)
        return FALSE;
    name += strlen(ELEMENT);
    *end = close + 1;
    return (*name == '>' || g_ascii_isspace(*name)) && close[-1] != '/';
}

static GBytes *
take_texts_out(GBytes *bytes, GPtrArray *texts)
{
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size), *stop = data + size, *kept = data, *at = data, *end;
    GByteArray *out = g_byte_array_new();

    while (texts->len < TEXTS_MAX && at < stop && (at = memchr(at, '<', (gsize) (stop - at))) != NULL) {
        const char *next;
        g_autofree char *mark = NULL;

        if (!is_start_tag(at, stop, &end) || (next = memchr(end, '<', (gsize) (stop - end))) == NULL || next == end) {
            at++;
            continue;
        }
        mark = g_strdup_printf(MARK "%u", texts->len);
        g_byte_array_append(out, (const guint8 *) kept, (guint) (end - kept));
        g_byte_array_append(out, (const guint8 *) mark, (guint) strlen(mark));
        g_ptr_array_add(texts, g_bytes_new_from_bytes(bytes, (gsize) (end - data), (gsize) (next - end)));
        at = kept = next;
    }
    g_byte_array_append(out, (const guint8 *) kept, (guint) (stop - kept));
    return g_byte_array_free_to_bytes(out);
}

static guint
count_elements(const xmlNode *node)
{
    guint n = 0;

    for (; node != NULL; node = node->next) {
        if (node->type == XML_ELEMENT_NODE)
            n += 1 + count_elements(node->children); /* the scan has bounded the depth */
    }
    return n;
}

/* Names of elements are no content; everything else that libxml2 says may quote some. */
static void
set_syntax_error(xmlParserCtxt *parser, GError **error)
{
    const xmlError *cause = xmlCtxtGetLastError(parser);
    int line = cause != NULL ? cause->line : 0, code = cause != NULL ? cause->code : 0;

    if (code == XML_ERR_TAG_NAME_MISMATCH && cause->str1 != NULL && cause->str2 != NULL)
        lt_error_set(error, LT_ERROR_INVALID, "xml.syntax", "XML line %d: not well-formed: '%.64s' begins in line %d and '%.64s' ends", line,
                     cause->str1, cause->int1, cause->str2);
    else
        lt_error_set(error, LT_ERROR_INVALID, "xml.syntax", "XML line %d: not well-formed (libxml2 error %d)", line, code);
}

/* The scan in front of the parser counts tags and does not compare them; people want to know which one is not closed. */
static char *
find_open_element(const char *data, gsize size)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *stop = data + size, *line_from = data;
    guint line = 1;

    for (const char *at = data; (at = memchr(at, '<', (gsize) (stop - at))) != NULL; at++) {
        const char *close = memchr(at, '>', (gsize) (stop - at)), *name = at + (at + 1 < stop && at[1] == '/' ? 2 : 1);
        g_autofree char *word = close != NULL ? g_strndup(name, MIN(strcspn(name, " \t\r\n/>"), (gsize) (close - name))) : NULL;

        for (; line_from < at; line_from++)
            line += *line_from == '\n';
        if (g_str_has_prefix(at, "<!--") && (close = strstr(at, "-->")) != NULL) {
            at = close;
        } else if (word == NULL || word[0] == '!' || word[0] == '?' || close[-1] == '/') {
            continue;
        } else if (at[1] != '/') {
            g_ptr_array_add(names, g_strdup_printf("%.64s\t%u", word, line));
        } else if (names->len > 0) {
            g_auto(GStrv) open = g_strsplit(names->pdata[names->len - 1], "\t", 2);

            if (strcmp(open[0], word) != 0)
                return g_strdup_printf("'%s' begins in line %s and '%.64s' ends in line %u", open[0], open[1], word, line);
            g_ptr_array_set_size(names, (int) names->len - 1);
        }
    }
    return NULL;
}

/* What the scan says, and the tag that is to blame when it is one. */
static gboolean
fail_scan(const char *data, gsize size, GError *cause, GError **error)
{
    g_autofree char *text = g_strndup(data, size);
    g_autofree char *blame = strcmp(lt_error_get_reason(cause), "xml.syntax") == 0 ? find_open_element(text, strlen(text)) : NULL;

    if (blame != NULL)
        lt_error_set(error, LT_ERROR_INVALID, "xml.syntax", "XML: not well-formed: %s", blame);
    else
        g_propagate_error(error, g_error_copy(cause));
    return FALSE;
}

static void
be_quiet(void *data, xmlError *cause)
{
    (void) data, (void) cause;
}

static xmlDoc *
parse(const char *data, gsize size, GError **error)
{
    xmlParserCtxt *parser = xmlNewParserCtxt();
    xmlDoc *document;

    if (parser == NULL)
        g_error("out of memory");
    xmlSetStructuredErrorFunc(NULL, be_quiet); /* of this thread */
    document = xmlCtxtReadMemory(parser, data, (int) size, NULL, "UTF-8", XML_PARSE_NONET);
    xmlSetStructuredErrorFunc(NULL, NULL);
    if (document == NULL || !parser->wellFormed) {
        set_syntax_error(parser, error);
        g_clear_pointer(&document, xmlFreeDoc);
    }
    xmlFreeParserCtxt(parser);
    return document;
}

gboolean
edxml_tree_parse(EdxmlTree *self, GBytes *bytes, GError **error)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    g_autoptr(GBytes) rest = take_texts_out(bytes, texts);
    gsize size;
    const char *data = g_bytes_get_data(rest, &size);
    g_autoptr(GError) cause = NULL;
    guint n_scanned;

    if (!lt_xml_scan(data, size, &n_scanned, &cause))
        return fail_scan(data, size, cause, error);
    self->document = parse(data, size, error);
    if (self->document == NULL)
        return FALSE;
    self->texts = g_steal_pointer(&texts);
    if (count_elements(xmlDocGetRootElement(self->document)) == n_scanned)
        return TRUE;
    edxml_tree_clear(self);
    lt_error_set(error, LT_ERROR_INVALID, "xml.mismatch", "XML: %u elements were scanned, another number parsed", n_scanned);
    return FALSE;
}

void
edxml_tree_clear(EdxmlTree *self)
{
    g_clear_pointer(&self->document, xmlFreeDoc);
    g_clear_pointer(&self->texts, g_ptr_array_unref);
}

/* Which text was taken out of this element, if any. */
static GBytes *
find_text(const EdxmlTree *self, xmlNode *node)
{
    const xmlNode *only = node->children;
    guint64 index;

    if (only == NULL || only->next != NULL || only->type != XML_TEXT_NODE || !g_str_has_prefix((const char *) only->content, MARK) ||
        strcmp((const char *) node->name, ELEMENT) != 0 ||
        !g_ascii_string_to_unsigned((const char *) only->content + strlen(MARK), 10, 0, TEXTS_MAX, &index, NULL) || index >= self->texts->len)
        return NULL;
    return self->texts->pdata[index];
}

GBytes *
edxml_tree_text(const EdxmlTree *self, xmlNode *node)
{
    GBytes *taken = find_text(self, node);
    xmlChar *text = taken == NULL ? xmlNodeGetContent(node) : NULL;
    GBytes *out = taken != NULL ? g_bytes_ref(taken) : g_bytes_new(text, text != NULL ? strlen((const char *) text) : 0);

    xmlFree(text);
    return out;
}

/* As a parser would have read it: line ends are single line feeds. A reference is left as it stands: no base64 has one. */
static void
put_back(xmlNode *node, GBytes *text)
{
    gsize size, n = 0;
    const char *data = g_bytes_get_data(text, &size);
    xmlNode *child = node->children;
    xmlChar *out = xmlMalloc(size + 1);

    if (out == NULL)
        g_error("out of memory");
    for (gsize i = 0; i < size; i++) {
        if (data[i] == '\r' && i + 1 < size && data[i + 1] == '\n')
            continue;
        out[n++] = data[i] == '\r' ? '\n' : (xmlChar) data[i];
    }
    out[n] = '\0';
    if (node->doc->dict == NULL || !xmlDictOwns(node->doc->dict, child->content)) {
        if (child->content != (xmlChar *) &child->properties)
            xmlFree(child->content);
    }
    child->content = out;
    child->properties = NULL;
}

static void
restore_below(EdxmlTree *self, xmlNode *node)
{
    for (; node != NULL; node = node->next) {
        GBytes *text = node->type == XML_ELEMENT_NODE ? find_text(self, node) : NULL;

        if (text != NULL)
            put_back(node, text);
        else if (node->type == XML_ELEMENT_NODE)
            restore_below(self, node->children);
    }
}

void
edxml_tree_restore(EdxmlTree *self)
{
    restore_below(self, xmlDocGetRootElement(self->document));
}

char *
edxml_pick(GBytes *xml, const char *name)
{
    g_auto(EdxmlTree) tree = { 0 };
    xmlNode *root;

    if (g_bytes_get_size(xml) == 0 || !edxml_tree_parse(&tree, xml, NULL))
        return NULL;
    root = xmlDocGetRootElement(tree.document);
    for (xmlNode *child = root->children; child != NULL; child = child->next) {
        if (child->type == XML_ELEMENT_NODE && strcmp((const char *) child->name, name) == 0) {
            xmlChar *text = xmlNodeGetContent(child);
            char *out = g_strdup((const char *) text);

            xmlFree(text);
            return out;
        }
    }
    return NULL;
}
