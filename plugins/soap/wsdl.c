/* SPDX-License-Identifier: Apache-2.0 */
/* wsdl.c: see wsdl.h. WSDL 1.1 §2 and §3; the SOAP 1.2 binding of its member submission. */
#include "wsdl.h"

#include <string.h>

#define WSDL_NS "http://schemas.xmlsoap.org/wsdl/"
#define WSDL_SOAP_NS "http://schemas.xmlsoap.org/wsdl/soap/"
#define WSDL_SOAP12_NS "http://schemas.xmlsoap.org/wsdl/soap12/"

static void
operation_free(gpointer data)
{
    WsdlOperation *self = data;

    g_free(self->name);
    g_free(self->action);
    g_free(self->input_ns);
    g_free(self->input_name);
    g_free(self->output_ns);
    g_free(self->output_name);
    g_free(self);
}

void
wsdl_free(Wsdl *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->doc, xmlFreeDoc);
    g_clear_pointer(&self->operations, g_ptr_array_unref);
    g_free(self->port);
    g_free(self->address);
    g_free(self);
}

static gboolean
fail(GError **error, const char *what, const char *name)
{
    lt_error_set(error, LT_ERROR_CONFIG, "soap.wsdl", "wsdl: %s%s%s", what, name != NULL ? " " : "", name != NULL ? name : "");
    return FALSE;
}

/* A qualified name in an attribute, in the scope of its element. */
static gboolean
read_qname(const xmlNode *node, const char *attribute, char **ns, char **name)
{
    g_autofree char *text = document_attribute(node, NULL, attribute);
    char *colon = text != NULL ? strchr(text, ':') : NULL;
    xmlNs *found;

    if (text == NULL)
        return FALSE;
    if (colon != NULL)
        *colon = '\0';
    found = xmlSearchNs(node->doc, (xmlNode *) node, colon != NULL ? BAD_CAST text : NULL);
    *ns = g_strdup(found != NULL ? (const char *) found->href : "");
    *name = g_strdup(colon != NULL ? colon + 1 : text);
    return TRUE;
}

static xmlNode *
find_named(const xmlNode *parent, const char *element, const char *name)
{
    for (xmlNode *node = document_first(parent, WSDL_NS, element); node != NULL; node = document_next(node, WSDL_NS, element)) {
        g_autofree char *own = document_attribute(node, NULL, "name");

        if (g_strcmp0(own, name) == 0)
            return node;
    }
    return NULL;
}

/* The component that an attribute names. All are in this file's target namespace. */
static xmlNode *
follow(const xmlNode *node, const char *attribute, const char *element)
{
    g_autofree char *ns = NULL;
    g_autofree char *name = NULL;

    return read_qname(node, attribute, &ns, &name) ? find_named(xmlDocGetRootElement(node->doc), element, name) : NULL;
}

static const char *
binding_ns(SoapVersion version)
{
    return version == SOAP_11 ? WSDL_SOAP_NS : WSDL_SOAP12_NS;
}

/* The element that Body holds for one direction. */
static gboolean
read_element(const Wsdl *self, const WsdlOperation *operation, const xmlNode *abstract, const xmlNode *concrete, char **ns, char **name)
{
    xmlNode *body = document_first(concrete, binding_ns(self->version), "body");
    xmlNode *message = abstract != NULL ? follow(abstract, "message", "message") : NULL;
    xmlNode *part = document_first(message, WSDL_NS, "part");

    if (operation->is_rpc) {
        *ns = body != NULL ? document_attribute(body, NULL, "namespace") : NULL;
        if (*ns == NULL)
            *ns = g_strdup("");
        *name = g_strconcat(operation->name, strcmp((const char *) abstract->name, "output") == 0 ? "Response" : "", NULL);
        return TRUE;
    }
    while (part != NULL && xmlHasProp(part, BAD_CAST "element") == NULL)
        part = document_next(part, WSDL_NS, "part");
    return part != NULL && read_qname(part, "element", ns, name);
}

static gboolean
add_operation(Wsdl *self, const xmlNode *concrete, const xmlNode *port_type, gboolean is_rpc, GError **error)
{
    WsdlOperation *operation = g_new0(WsdlOperation, 1);
    xmlNode *soap = document_first(concrete, binding_ns(self->version), "operation");
    g_autofree char *style = soap != NULL ? document_attribute(soap, NULL, "style") : NULL;
    xmlNode *abstract, *output;

    g_ptr_array_add(self->operations, operation);
    operation->name = document_attribute(concrete, NULL, "name");
    operation->action = soap != NULL ? document_attribute(soap, NULL, "soapAction") : NULL;
    operation->is_rpc = style != NULL ? strcmp(style, "rpc") == 0 : is_rpc;
    if (operation->action == NULL)
        operation->action = g_strdup("");
    abstract = operation->name != NULL ? find_named(port_type, "operation", operation->name) : NULL;
    if (abstract == NULL || document_first(abstract, WSDL_NS, "input") == NULL)
        return fail(error, "the port type has no operation", operation->name != NULL ? operation->name : "");
    if (!read_element(self, operation, document_first(abstract, WSDL_NS, "input"), document_first(concrete, WSDL_NS, "input"), &operation->input_ns,
                      &operation->input_name))
        return fail(error, "no element is known for the request of operation", operation->name);
    output = document_first(abstract, WSDL_NS, "output");
    if (output != NULL && !read_element(self, operation, output, document_first(concrete, WSDL_NS, "output"), &operation->output_ns, &operation->output_name))
        return fail(error, "no element is known for the answer of operation", operation->name);
    return TRUE;
}

static gboolean
read_binding(Wsdl *self, const xmlNode *port, GError **error)
{
    xmlNode *binding = follow(port, "binding", "binding");
    xmlNode *port_type = binding != NULL ? follow(binding, "type", "portType") : NULL;
    xmlNode *soap = document_first(binding, binding_ns(self->version), "binding");
    g_autofree char *style = soap != NULL ? document_attribute(soap, NULL, "style") : NULL;

    if (soap == NULL || port_type == NULL)
        return fail(error, "the binding or the port type is missing of port", self->port);
    for (xmlNode *node = document_first(binding, WSDL_NS, "operation"); node != NULL; node = document_next(node, WSDL_NS, "operation")) {
        if (!add_operation(self, node, port_type, g_strcmp0(style, "rpc") == 0, error))
            return FALSE;
    }
    return self->operations->len > 0 || fail(error, "there is no operation at port", self->port);
}

/* The wanted port, or the first that speaks SOAP. */
static xmlNode *
find_port(Wsdl *self, const char *wanted)
{
    xmlNode *root = xmlDocGetRootElement(self->doc);

    for (xmlNode *service = document_first(root, WSDL_NS, "service"); service != NULL; service = document_next(service, WSDL_NS, "service")) {
        for (xmlNode *port = document_first(service, WSDL_NS, "port"); port != NULL; port = document_next(port, WSDL_NS, "port")) {
            xmlNode *address_11 = document_first(port, WSDL_SOAP_NS, "address");
            xmlNode *address = address_11 != NULL ? address_11 : document_first(port, WSDL_SOAP12_NS, "address");
            g_autofree char *name = document_attribute(port, NULL, "name");

            if (address == NULL || name == NULL || (wanted != NULL && strcmp(name, wanted) != 0))
                continue;
            self->version = address_11 != NULL ? SOAP_11 : SOAP_12;
            self->address = document_attribute(address, NULL, "location");
            self->port = g_steal_pointer(&name);
            return port;
        }
    }
    return NULL;
}

Wsdl *
wsdl_open(const char *path, const char *port_name, GError **error)
{
    g_autoptr(Wsdl) self = g_new0(Wsdl, 1);
    xmlNode *port;

    self->operations = g_ptr_array_new_with_free_func(operation_free);
    self->doc = document_read(path, error);
    if (self->doc == NULL)
        return NULL;
    if (!document_is(xmlDocGetRootElement(self->doc), WSDL_NS, "definitions")) {
        fail(error, "is no WSDL 1.1:", path);
        return NULL;
    }
    port = find_port(self, port_name);
    if (port == NULL) {
        fail(error, "has no port that speaks SOAP over HTTP", port_name != NULL ? port_name : "(is the service in another file? one file must hold all)");
        return NULL;
    }
    return read_binding(self, port, error) ? g_steal_pointer(&self) : NULL;
}

const WsdlOperation *
wsdl_find(const Wsdl *self, const char *name)
{
    for (guint i = 0; i < self->operations->len; i++) {
        const WsdlOperation *operation = self->operations->pdata[i];

        if (strcmp(operation->name, name) == 0)
            return operation;
    }
    return NULL;
}

const WsdlOperation *
wsdl_find_input(const Wsdl *self, const xmlNode *element)
{
    for (guint i = 0; i < self->operations->len; i++) {
        const WsdlOperation *operation = self->operations->pdata[i];

        if (document_is(element, operation->input_ns, operation->input_name))
            return operation;
    }
    return NULL;
}

char *
wsdl_list(const Wsdl *self)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < self->operations->len; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? ", " : "", ((const WsdlOperation *) self->operations->pdata[i])->name);
    return g_string_free(out, FALSE);
}
