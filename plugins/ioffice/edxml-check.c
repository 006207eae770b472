/* SPDX-License-Identifier: Apache-2.0 */
/* edxml-check.c: does a message have the strict form? The schema is schemas/edxml/edxml.xsd, built in. */
#include "edxml-tree.h"

#include <gio/gio.h>
#include <libxml/xmlschemas.h>

#define SCHEMA "/lienthong/schemas/edxml/edxml.xsd"

typedef struct {
    int line, code;
    char *element; /* nullable */
} Fault;

/* The first one; libxml2's own words may quote content. */
static void
keep_fault(void *data, xmlError *cause)
{
    Fault *fault = data;
    const xmlNode *node = cause->node;

    if (fault->code != 0 || cause->level < XML_ERR_ERROR)
        return;
    fault->code = cause->code;
    fault->line = cause->line;
    fault->element = node != NULL && node->type == XML_ELEMENT_NODE ? g_strndup((const char *) node->name, 64) : NULL;
}

static xmlSchema *
load_schema(void)
{
    g_autoptr(GBytes) text = g_resources_lookup_data(SCHEMA, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
    xmlSchemaParserCtxt *parser;
    xmlSchema *schema;

    g_assert(text != NULL);
    parser = xmlSchemaNewMemParserCtxt(g_bytes_get_data(text, NULL), (int) g_bytes_get_size(text));
    schema = xmlSchemaParse(parser);
    xmlSchemaFreeParserCtxt(parser);
    g_assert(schema != NULL); /* a test opens it */
    return schema;
}

gboolean
edxml_check(GBytes *bytes, GError **error)
{
    g_auto(EdxmlTree) tree = { 0 };
    Fault fault = { 0 };
    xmlSchema *schema;
    xmlSchemaValidCtxt *validator;
    int result;

    if (g_bytes_get_size(bytes) == 0) {
        lt_error_set(error, LT_ERROR_INVALID, "xml.syntax", "XML: the document is empty");
        return FALSE;
    }
    if (!edxml_tree_parse(&tree, bytes, error))
        return FALSE;
    edxml_tree_restore(&tree);
    schema = load_schema();
    validator = xmlSchemaNewValidCtxt(schema);
    xmlSchemaSetValidStructuredErrors(validator, keep_fault, &fault);
    result = xmlSchemaValidateDoc(validator, tree.document);
    xmlSchemaFreeValidCtxt(validator);
    xmlSchemaFree(schema);
    if (result != 0)
        lt_error_set(error, LT_ERROR_INVALID, "edxml.schema", "edXML line %d: element '%s' does not have the strict form (libxml2 error %d)", fault.line,
                     fault.element != NULL ? fault.element : "?", fault.code);
    g_free(fault.element);
    return result == 0;
}
