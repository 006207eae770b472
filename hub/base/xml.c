/* SPDX-License-Identifier: Apache-2.0 */
/* xml.c: libxml2 behind its guard: parsing without network, entities and DTD, and validation against installed XSD.
 *
 * Options that widen (NOENT, DTDLOAD, DTDATTR, XINCLUDE, HUGE) are never given. libxml2 finds files only through the entity
 * loader, and ours opens nothing but the neighbours of a schema that this thread is loading. Comments and CDATA sections
 * leave no nodes, so that memory follows from the scan's limits. libxml2's own messages quote content; ours do not.
 */
#include "base/xml.h"

#include "base/value.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlschemas.h>
#include <string.h>

struct _LtXmlSchema {
    xmlSchemaPtr compiled;
};

/* The first fault that libxml2 reports. */
typedef struct {
    gboolean set;
    int line;
    int code;
    char *element; /* nullable */
} Fault;

static void
fault_take(Fault *fault, const xmlError *cause)
{
    const xmlNode *node = cause->node;

    if (fault->set || cause->level < XML_ERR_ERROR)
        return;
    fault->set = TRUE;
    fault->line = cause->line;
    fault->code = cause->code;
    if (node != NULL && node->type == XML_ELEMENT_NODE)
        fault->element = lt_escape_for_log((const char *) node->name);
}

static void
fault_clear(Fault *fault)
{
    g_free(fault->element);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fault, fault_clear)

static void
on_parser_fault(void *user, xmlErrorPtr cause)
{
    xmlParserCtxtPtr parser = user;

    fault_take(parser->_private, cause);
}

static void
on_schema_fault(void *user, xmlErrorPtr cause)
{
    fault_take(user, cause);
}

/* The folder whose schemas this thread is loading, or NULL. */
static GPrivate schema_folder = G_PRIVATE_INIT(g_free);

static xmlParserInputPtr
load_neighbour(const char *url, const char *id, xmlParserCtxtPtr parser)
{
    const char *folder = g_private_get(&schema_folder);
    g_autofree char *parent = url != NULL ? g_path_get_dirname(url) : NULL;

    (void) id;
    if (folder == NULL || g_strcmp0(folder, parent) != 0)
        return NULL;
    return xmlNewInputFromFile(parser, url);
}

static void
prepare_library(void)
{
    static gsize prepared;

    if (!g_once_init_enter(&prepared))
        return;
    xmlInitParser();
    xmlSetExternalEntityLoader(load_neighbour);
    g_once_init_leave(&prepared, 1);
}

static LtXmlSchema *
compile(xmlSchemaParserCtxtPtr parser, const char *name, GError **error)
{
    g_auto(Fault) fault = { 0 };
    xmlSchemaPtr compiled = NULL;
    LtXmlSchema *self;

    if (parser != NULL) {
        xmlSchemaSetParserStructuredErrors(parser, on_schema_fault, &fault);
        xmlSetStructuredErrorFunc(&fault, on_schema_fault); /* of this thread: faults in reading the files themselves */
        compiled = xmlSchemaParse(parser);
        xmlSetStructuredErrorFunc(NULL, NULL);
        xmlSchemaFreeParserCtxt(parser);
    }
    if (compiled == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "schema.xsd", "%s: line %d: no XML Schema, or not a sound one (libxml2 error %d)", name,
                     fault.line, fault.code);
        return NULL;
    }
    self = g_new0(LtXmlSchema, 1);
    self->compiled = compiled;
    return self;
}

LtXmlSchema *
lt_xml_schema_load(const char *path, GError **error)
{
    g_autofree char *absolute = g_canonicalize_filename(path, NULL);
    LtXmlSchema *self;

    prepare_library();
    g_private_replace(&schema_folder, g_path_get_dirname(absolute));
    self = compile(xmlSchemaNewParserCtxt(absolute), path, error);
    g_private_replace(&schema_folder, NULL);
    return self;
}

LtXmlSchema *
lt_xml_schema_parse(const char *text, gsize size, const char *name, GError **error)
{
    prepare_library();
    return compile(xmlSchemaNewMemParserCtxt(text, (int) MIN(size, G_MAXINT)), name, error);
}

void
lt_xml_schema_free(LtXmlSchema *self)
{
    if (self == NULL)
        return;
    xmlSchemaFree(self->compiled);
    g_free(self);
}

typedef xmlDoc Document;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Document, xmlFreeDoc)

static Document *
parse(const char *data, gsize size, GError **error)
{
    g_auto(Fault) fault = { 0 };
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    g_autoptr(Document) document = NULL;
    gboolean is_sound;

    if (parser == NULL)
        g_error("out of memory");
    parser->_private = &fault;
    parser->sax->serror = on_parser_fault;
    parser->sax->comment = NULL;
    parser->sax->cdataBlock = NULL; /* then its text arrives as ordinary text */
    document = xmlCtxtReadMemory(parser, data, (int) size, NULL, "UTF-8", XML_PARSE_NONET);
    /* The flags are asked too: libxml2 leaves a document behind even when it stopped at a DTD. */
    is_sound = document != NULL && parser->wellFormed && !fault.set && document->intSubset == NULL && document->extSubset == NULL;
    xmlFreeParserCtxt(parser);
    if (!is_sound) {
        lt_error_set(error, LT_ERROR_INVALID, "xml.syntax", "XML line %d: not well-formed (libxml2 error %d)", fault.line, fault.code);
        return NULL;
    }
    return g_steal_pointer(&document);
}

static const xmlNode *
next_node(const xmlNode *node, const xmlNode *top)
{
    if (node->type == XML_ELEMENT_NODE && node->children != NULL)
        return node->children;
    while (node != top && node->next == NULL)
        node = node->parent;
    return node == top ? NULL : node->next;
}

static guint
count_elements(const Document *document)
{
    const xmlNode *top = xmlDocGetRootElement(document);
    guint n = 0;

    for (const xmlNode *node = top; node != NULL; node = next_node(node, top))
        n += node->type == XML_ELEMENT_NODE ? 1 : 0;
    return n;
}

static gboolean
validate(const LtXmlSchema *schema, Document *document, GError **error)
{
    g_auto(Fault) fault = { 0 };
    xmlSchemaValidCtxtPtr validator = xmlSchemaNewValidCtxt(schema->compiled);
    int result;

    if (validator == NULL)
        g_error("out of memory");
    xmlSchemaSetValidStructuredErrors(validator, on_schema_fault, &fault);
    result = xmlSchemaValidateDoc(validator, document);
    xmlSchemaFreeValidCtxt(validator);
    if (result == 0)
        return TRUE;
    lt_error_set(error, LT_ERROR_INVALID, "xml.schema", "XML line %d: element '%s' breaks its schema (libxml2 error %d)", fault.line,
                 fault.element != NULL ? fault.element : "?", fault.code);
    return FALSE;
}

/* The text of an element that holds nothing but text. */
static char *
text_of(const xmlNode *element)
{
    const xmlNode *text = element->children;

    if (text == NULL)
        return g_strdup("");
    return text->type == XML_TEXT_NODE && text->next == NULL ? g_strdup((const char *) text->content) : NULL;
}

static void
pick(const Document *document, LtXmlPick *picks)
{
    for (; picks != NULL && picks->name != NULL; picks++) {
        const xmlNode *child = xmlDocGetRootElement(document)->children;

        while (child != NULL && (child->type != XML_ELEMENT_NODE || strcmp((const char *) child->name, picks->name) != 0))
            child = child->next;
        picks->value = child != NULL ? text_of(child) : NULL;
    }
}

gboolean
lt_xml_check(const char *data, gsize size, const LtXmlSchema *schema, const char *root, LtXmlPick *picks, GError **error)
{
    g_autoptr(Document) document = NULL;
    const char *name;
    guint n_scanned, n_parsed;

    if (!lt_xml_scan(data, size, &n_scanned, error))
        return FALSE;
    prepare_library();
    document = parse(data, size, error);
    if (document == NULL)
        return FALSE;
    n_parsed = count_elements(document);
    if (n_parsed != n_scanned) {
        lt_error_set(error, LT_ERROR_INVALID, "xml.mismatch", "XML: %u elements were scanned, %u parsed", n_scanned, n_parsed);
        return FALSE;
    }
    name = (const char *) xmlDocGetRootElement(document)->name;
    if (root != NULL && strcmp(name, root) != 0) {
        g_autofree char *escaped = lt_escape_for_log(name);

        lt_error_set(error, LT_ERROR_INVALID, "xml.schema", "XML: the document element is '%s', not '%s'", escaped, root);
        return FALSE;
    }
    if (schema != NULL && !validate(schema, document, error))
        return FALSE;
    pick(document, picks);
    return TRUE;
}
