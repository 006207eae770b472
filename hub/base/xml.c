/* SPDX-License-Identifier: Apache-2.0 */
/* xml.c: libxml2 behind its guard: parsing without network, entities and DTD, and validation against installed XSD.
 *
 * A document is read as a stream of events and no tree is built, so that memory does not grow with its size. Options that
 * widen (NOENT, DTDLOAD, DTDATTR, XINCLUDE, HUGE) are never given. libxml2 finds files only through the entity loader, and
 * ours opens nothing but the neighbours of a schema that this thread is loading. libxml2's own messages quote content; ours
 * do not.
 */
#include "base/xml.h"

#include "base/value.h"

#include <libxml/SAX2.h>
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
    char *element; /* nullable: where validation stood */
} Fault;

static void
fault_take(Fault *fault, const xmlError *cause, const char *element)
{
    if (fault->set || cause->level < XML_ERR_ERROR)
        return;
    fault->set = TRUE;
    fault->line = cause->line;
    fault->code = cause->code;
    fault->element = element != NULL ? lt_escape_for_log(element) : NULL;
}

static void
on_file_fault(void *user, xmlErrorPtr cause)
{
    fault_take(user, cause, NULL);
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
    Fault fault = { 0 };
    xmlSchemaPtr compiled = NULL;
    LtXmlSchema *self;

    if (parser != NULL) {
        xmlSchemaSetParserStructuredErrors(parser, on_file_fault, &fault);
        xmlSetStructuredErrorFunc(&fault, on_file_fault); /* of this thread: faults in reading the files themselves */
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
    xmlSetExternalEntityLoader(load_neighbour); /* a plugin's library may have put its own in place, which opens nothing at all */
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

/* One document on its way through the parser. */
typedef struct {
    Fault syntax;
    Fault schema;
    const char *root;    /* nullable: wanted name of the document element */
    const char *element; /* last one that began or ended; the parser's */
    LtXmlPick *picks;
    LtXmlPick *picking; /* nullable: the one whose text is being read */
    GString *text;
    guint n_elements;
    guint depth;
    gboolean is_other_root;
    gboolean has_doctype;
} Reading;

static void
on_syntax_fault(void *user, xmlErrorPtr cause)
{
    Reading *reading = user;

    fault_take(&reading->syntax, cause, NULL);
}

static void
on_schema_fault(void *user, xmlErrorPtr cause)
{
    Reading *reading = user;

    fault_take(&reading->schema, cause, reading->element);
}

static LtXmlPick *
find_pick(LtXmlPick *picks, const char *name)
{
    for (; picks != NULL && picks->name != NULL; picks++) {
        if (strcmp(picks->name, name) == 0 && picks->value == NULL)
            return picks;
    }
    return NULL;
}

static void
on_start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int n_namespaces, const xmlChar **namespaces,
         int n_attributes, int n_defaulted, const xmlChar **attributes)
{
    Reading *reading = user;

    (void) prefix, (void) uri, (void) n_namespaces, (void) namespaces, (void) n_attributes, (void) n_defaulted, (void) attributes;
    reading->element = (const char *) name;
    reading->n_elements++;
    if (reading->depth == 0 && reading->root != NULL)
        reading->is_other_root = strcmp(reading->element, reading->root) != 0;
    if (reading->depth == 1)
        reading->picking = find_pick(reading->picks, reading->element);
    else if (reading->depth == 2)
        reading->picking = NULL; /* not only text */
    g_string_truncate(reading->text, 0);
    reading->depth++;
}

static void
on_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    Reading *reading = user;

    (void) prefix, (void) uri;
    reading->element = (const char *) name;
    reading->depth--;
    if (reading->depth == 1 && reading->picking != NULL)
        reading->picking->value = g_strndup(reading->text->str, reading->text->len);
    reading->picking = NULL;
}

static void
on_text(void *user, const xmlChar *text, int length)
{
    Reading *reading = user;

    if (reading->picking != NULL)
        g_string_append_len(reading->text, (const char *) text, length);
}

static void
on_doctype(void *user, const xmlChar *name, const xmlChar *id, const xmlChar *system)
{
    Reading *reading = user;

    (void) name, (void) id, (void) system;
    reading->has_doctype = TRUE;
}

static int
locate(void *user, const char **file, unsigned long *line)
{
    if (file != NULL)
        *file = NULL;
    if (line != NULL)
        *line = (unsigned long) xmlSAX2GetLineNumber(user);
    return 0;
}

static gboolean
read_document(Reading *reading, const char *data, gsize size, xmlSchemaValidCtxtPtr validator)
{
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    xmlSchemaSAXPlugPtr plug = NULL;
    gboolean is_sound;

    if (parser == NULL)
        g_error("out of memory");
    *parser->sax = (xmlSAXHandler) { .initialized = XML_SAX2_MAGIC, .startElementNs = on_start, .endElementNs = on_end,
                                     .characters = on_text, .ignorableWhitespace = on_text, .cdataBlock = on_text,
                                     .internalSubset = on_doctype };
    parser->userData = reading;
    if (validator != NULL) {
        xmlSchemaSetValidStructuredErrors(validator, on_schema_fault, reading);
        xmlSchemaValidateSetLocator(validator, locate, parser);
        plug = xmlSchemaSAXPlug(validator, &parser->sax, &parser->userData);
        if (plug == NULL)
            g_error("libxml2 cannot validate while it reads");
    }
    xmlSetStructuredErrorFunc(reading, on_syntax_fault); /* of this thread */
    xmlCtxtReadMemory(parser, data, (int) size, NULL, "UTF-8", XML_PARSE_NONET);
    xmlSetStructuredErrorFunc(NULL, NULL);
    is_sound = parser->wellFormed && !reading->syntax.set && !reading->has_doctype;
    if (plug != NULL)
        xmlSchemaSAXUnplug(plug);
    g_clear_pointer(&parser->myDoc, xmlFreeDoc);
    xmlFreeParserCtxt(parser);
    return is_sound;
}

static gboolean
is_valid(xmlSchemaValidCtxtPtr validator, const Reading *reading, GError **error)
{
    if (xmlSchemaIsValid(validator) == 1 && !reading->schema.set)
        return TRUE;
    lt_error_set(error, LT_ERROR_INVALID, "xml.schema", "XML line %d: element '%s' breaks its schema (libxml2 error %d)",
                 reading->schema.line, reading->schema.element != NULL ? reading->schema.element : "?", reading->schema.code);
    return FALSE;
}

static gboolean
judge(Reading *reading, guint n_scanned, gboolean is_sound, xmlSchemaValidCtxtPtr validator, GError **error)
{
    if (!is_sound) {
        lt_error_set(error, LT_ERROR_INVALID, "xml.syntax", "XML line %d: not well-formed (libxml2 error %d)", reading->syntax.line,
                     reading->syntax.code);
        return FALSE;
    }
    if (reading->n_elements != n_scanned) {
        lt_error_set(error, LT_ERROR_INVALID, "xml.mismatch", "XML: %u elements were scanned, %u parsed", n_scanned, reading->n_elements);
        return FALSE;
    }
    if (reading->is_other_root) {
        lt_error_set(error, LT_ERROR_INVALID, "xml.schema", "XML: the document element is not '%s'", reading->root);
        return FALSE;
    }
    return validator == NULL || is_valid(validator, reading, error);
}

gboolean
lt_xml_check(const char *data, gsize size, const LtXmlSchema *schema, const char *root, LtXmlPick *picks, GError **error)
{
    Reading reading = { .root = root, .picks = picks };
    xmlSchemaValidCtxtPtr validator = NULL;
    guint n_scanned;
    gboolean ok;

    for (LtXmlPick *pick = picks; pick != NULL && pick->name != NULL; pick++)
        pick->value = NULL;
    if (!lt_xml_scan(data, size, &n_scanned, error))
        return FALSE;
    prepare_library();
    if (schema != NULL) {
        validator = xmlSchemaNewValidCtxt(schema->compiled);
        if (validator == NULL)
            g_error("out of memory");
    }
    reading.text = g_string_new(NULL);
    ok = judge(&reading, n_scanned, read_document(&reading, data, size, validator), validator, error);
    g_string_free(reading.text, TRUE);
    g_free(reading.schema.element);
    g_clear_pointer(&validator, xmlSchemaFreeValidCtxt);
    for (LtXmlPick *pick = picks; !ok && pick != NULL && pick->name != NULL; pick++)
        g_clear_pointer(&pick->value, g_free);
    return ok;
}
