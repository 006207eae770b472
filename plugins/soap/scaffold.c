/* SPDX-License-Identifier: Apache-2.0 */
/* scaffold.c: a first map and the keys around it, from a WSDL: `lthub endpoint new NAME --plugin soap --set wsdl=FILE --set operation=OP`.
 *
 * The map holds the operation's request, every field in its order with its type as a comment, and an answer that is not judged yet: it
 * says "postponed", so that nothing counts as delivered before a person has read what the other side answers. */
#include "soap.h"

#include <string.h>

#define XSD_NS "http://www.w3.org/2001/XMLSchema"
#define DEPTH_MAX 6u
#define FIELDS_MAX 500u

typedef struct {
    GString *out;
    const Wsdl *wsdl;
    guint n_fields;
} Writer;

static void write_element(Writer *writer, const xmlNode *element, const xmlNode *schema, guint depth);

static const xmlNode *
first_schema(const Wsdl *wsdl)
{
    xmlNode *types = document_first(xmlDocGetRootElement(wsdl->doc), NULL, "types");

    return types != NULL ? document_first(types, XSD_NS, "schema") : NULL;
}

/* A named component of the schemas inside the WSDL. @schema: (out) (optional): the one that it was found in */
static const xmlNode *
find_component(const Wsdl *wsdl, const char *kind, const char *ns, const char *name, const xmlNode **schema)
{
    for (const xmlNode *one = first_schema(wsdl); one != NULL; one = document_next(one, XSD_NS, "schema")) {
        g_autofree char *target = document_attribute(one, NULL, "targetNamespace");

        if (ns != NULL && g_strcmp0(target, ns) != 0)
            continue;
        for (xmlNode *node = document_first(one, XSD_NS, kind); node != NULL; node = document_next(node, XSD_NS, kind)) {
            g_autofree char *own = document_attribute(node, NULL, "name");

            if (g_strcmp0(own, name) == 0) {
                *schema = one;
                return node;
            }
        }
    }
    return NULL;
}

static const char *
local_name(const char *qname)
{
    const char *colon = strchr(qname, ':');

    return colon != NULL ? colon + 1 : qname;
}

/* The particles of a type: its own, or those of the type that it names. */
static const xmlNode *
find_fields(const Writer *writer, const xmlNode *element, const xmlNode **schema)
{
    g_autofree char *type = document_attribute(element, NULL, "type");
    const xmlNode *complex = document_first(element, XSD_NS, "complexType");
    const xmlNode *fields;

    if (complex == NULL && type != NULL)
        complex = find_component(writer->wsdl, "complexType", NULL, local_name(type), schema);
    fields = complex != NULL ? document_first(complex, XSD_NS, "sequence") : NULL;
    return fields != NULL || complex == NULL ? fields : document_first(complex, XSD_NS, "all");
}

static void
indent(Writer *writer, guint depth)
{
    g_string_append_printf(writer->out, "%*s", (int) (4 + 2 * depth), "");
}

/* "<!-- xs:string, optional, many -->": what stands beside a field; nothing when there is nothing to say. */
static char *
describe(const xmlNode *element)
{
    g_autofree char *type = document_attribute(element, NULL, "type");
    g_autofree char *least = document_attribute(element, NULL, "minOccurs");
    g_autofree char *most = document_attribute(element, NULL, "maxOccurs");

    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_autofree char *text = NULL;

    if (type != NULL && xmlValidateQName(BAD_CAST type, 0) == 0 && strstr(type, "--") == NULL)
        g_ptr_array_add(words, type);
    if (g_strcmp0(least, "0") == 0)
        g_ptr_array_add(words, (gpointer) "optional");
    if (most != NULL && strcmp(most, "1") != 0)
        g_ptr_array_add(words, (gpointer) "many");
    g_ptr_array_add(words, NULL);
    text = g_strjoinv(", ", (char **) words->pdata);
    return *text != '\0' ? g_strdup_printf(" <!-- %s -->", text) : g_strdup("");
}

static void
write_fields(Writer *writer, const xmlNode *fields, const xmlNode *schema, guint depth)
{
    for (xmlNode *field = document_first(fields, XSD_NS, "element"); field != NULL; field = document_next(field, XSD_NS, "element")) {
        g_autofree char *ref = document_attribute(field, NULL, "ref");
        const xmlNode *home = schema;
        const xmlNode *meant = ref != NULL ? find_component(writer->wsdl, "element", NULL, local_name(ref), &home) : field;

        if (meant != NULL && writer->n_fields++ < FIELDS_MAX)
            write_element(writer, meant, home, depth);
    }
}

/* Local elements have their schema's namespace when it says "qualified", else none. */
static const char *
prefix_of(const xmlNode *element, const xmlNode *schema)
{
    g_autofree char *form = document_attribute(schema, NULL, "elementFormDefault");

    return element->parent == schema || g_strcmp0(form, "qualified") == 0 ? "s:" : "";
}

static void
write_element(Writer *writer, const xmlNode *element, const xmlNode *schema, guint depth)
{
    const xmlNode *home = schema;
    g_autofree char *name = document_attribute(element, NULL, "name");
    g_autofree char *words = describe(element);
    const char *prefix = prefix_of(element, schema);
    const xmlNode *fields = depth < DEPTH_MAX ? find_fields(writer, element, &home) : NULL;

    if (name == NULL || xmlValidateNCName(BAD_CAST name, 0) != 0)
        return;
    indent(writer, depth);
    if (fields == NULL) {
        g_string_append_printf(writer->out, "<%s%s><xsl:value-of select=\"''\"/></%s%s>%s\n", prefix, name, prefix, name, words);
        return;
    }
    g_string_append_printf(writer->out, "<%s%s>%s\n", prefix, name, words);
    write_fields(writer, fields, home, depth + 1);
    indent(writer, depth);
    g_string_append_printf(writer->out, "</%s%s>\n", prefix, name);
}

static void
write_request(Writer *writer, const WsdlOperation *operation)
{
    const xmlNode *schema = NULL;
    const xmlNode *element = operation->is_rpc ? NULL : find_component(writer->wsdl, "element", operation->input_ns, operation->input_name, &schema);

    if (element != NULL)
        write_element(writer, element, schema, 0);
    else
        g_string_append_printf(writer->out, "    <s:%s> <!-- its fields are not in this file --></s:%s>\n", operation->input_name, operation->input_name);
}

static char *
write_map(const Wsdl *wsdl, const WsdlOperation *operation)
{
    Writer writer = { g_string_new(NULL), wsdl, 0 };
    g_autofree char *ns = g_markup_escape_text(operation->input_ns, -1);

    g_string_append_printf(writer.out,
                           "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- %s: fill in each select. What lt:message and lt:reply hold: plugins/soap/README.md; the payload's fields: docs/reference/payloads.md -->\n"
                           "<xsl:stylesheet version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" xmlns:lt=\"" DOCUMENT_NS "\" xmlns:p=\"urn:lienthong:payload:1\"\n"
                           "    xmlns:s=\"%s\" exclude-result-prefixes=\"lt p\">\n  <xsl:template match=\"lt:message\">\n",
                           operation->name, ns);
    write_request(&writer, operation);
    g_string_append(writer.out, "  </xsl:template>\n");
    if (operation->output_name != NULL)
        g_string_append_printf(writer.out,
                               "  <xsl:template match=\"lt:reply\">\n    <!-- lt:body/s:%s holds the answer. Until this says accepted, nothing counts as delivered. -->\n"
                               "    <lt:outcome is=\"postponed\" reason=\"not-mapped\"/>\n  </xsl:template>\n", operation->output_name);
    g_string_append(writer.out, "</xsl:stylesheet>\n");
    return g_string_free(writer.out, FALSE);
}

static void
add_value(GHashTable *values, const char *key, const char *value)
{
    if (!g_hash_table_contains(values, key))
        g_hash_table_insert(values, g_strdup(key), g_strdup(value));
}

static const WsdlOperation *
choose_operation(const Wsdl *wsdl, const char *wanted, GError **error)
{
    const WsdlOperation *operation = wanted != NULL ? wsdl_find(wsdl, wanted) : wsdl->operations->len == 1 ? wsdl->operations->pdata[0] : NULL;
    g_autofree char *known = wsdl_list(wsdl);

    if (operation == NULL && wanted != NULL)
        lt_error_set(error, LT_ERROR_CONFIG, "soap.wsdl", "operation: the WSDL has no \"%s\"; it has %s", wanted, known);
    else if (operation == NULL)
        lt_error_set(error, LT_ERROR_CONFIG, "soap.wsdl", "operation: say which; the WSDL has %s", known);
    return operation;
}

gboolean
soap_scaffold(const char *name, GHashTable *values, GHashTable *files, GError **error)
{
    const char *path = g_hash_table_lookup(values, "wsdl");
    g_autoptr(Wsdl) wsdl = NULL;
    const WsdlOperation *operation;
    g_autofree char *map_file = g_strconcat(name, ".xsl", NULL);
    g_autofree char *wsdl_file = g_strconcat(name, ".wsdl", NULL);
    g_autofree char *text = NULL;

    if (path == NULL)
        return TRUE;
    wsdl = wsdl_open(path, g_hash_table_lookup(values, "wsdl_port"), error);
    operation = wsdl != NULL ? choose_operation(wsdl, g_hash_table_lookup(values, "operation"), error) : NULL;
    if (operation == NULL)
        return FALSE;
    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        lt_error_set(error, LT_ERROR_CONFIG, "soap.wsdl", "wsdl: %s cannot be read", path);
        return FALSE;
    }
    g_hash_table_insert(files, g_strdup(map_file), write_map(wsdl, operation));
    g_hash_table_insert(files, g_strdup(wsdl_file), g_steal_pointer(&text));
    g_hash_table_insert(values, g_strdup("wsdl"), g_strdup(wsdl_file));
    add_value(values, "operation", operation->name);
    add_value(values, "deliver_map", map_file);
    if (operation->output_name != NULL)
        add_value(values, "reply_map", map_file);
    if (wsdl->address != NULL)
        add_value(values, "url", wsdl->address);
    return TRUE;
}
