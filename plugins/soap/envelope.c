/* SPDX-License-Identifier: Apache-2.0 */
/* envelope.c: see envelope.h. SOAP 1.1 §4, SOAP 1.2 part 1 §5. */
#include "envelope.h"

#include "security.h"

#include <string.h>

const char *
soap_version_ns(SoapVersion version)
{
    return version == SOAP_11 ? SOAP_11_NS : SOAP_12_NS;
}

const char *
soap_version_name(SoapVersion version)
{
    return version == SOAP_11 ? "1.1" : "1.2";
}

const char *
soap_version_media_type(SoapVersion version)
{
    return version == SOAP_11 ? "text/xml" : "application/soap+xml";
}

static gboolean
fail_structure(GError **error, const char *cause)
{
    lt_error_set(error, LT_ERROR_INVALID, "soap.structure", "the envelope %s", cause);
    return FALSE;
}

/* Text between the envelope's own elements belongs to nobody. */
static gboolean
has_text(const xmlNode *parent)
{
    for (xmlNode *node = parent->children; node != NULL; node = node->next) {
        if ((node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) && !xmlIsBlankNode(node))
            return TRUE;
    }
    return FALSE;
}

gboolean
envelope_read(xmlDoc *doc, Envelope *envelope, GError **error)
{
    xmlNode *root = xmlDocGetRootElement(doc);
    gboolean is_11 = document_is(root, SOAP_11_NS, "Envelope");
    const char *ns = is_11 ? SOAP_11_NS : SOAP_12_NS;
    xmlNode *child;

    if (!is_11 && !document_is(root, SOAP_12_NS, "Envelope")) {
        lt_error_set(error, LT_ERROR_INVALID, "soap.version", "its document element is no envelope of SOAP 1.1 or 1.2");
        return FALSE;
    }
    *envelope = (Envelope) { .version = is_11 ? SOAP_11 : SOAP_12, .doc = doc };
    child = document_first(root, NULL, NULL);
    if (document_is(child, ns, "Header")) {
        envelope->header = child;
        child = document_next(child, NULL, NULL);
    }
    if (!document_is(child, ns, "Body"))
        return fail_structure(error, "has no Body where it must be");
    envelope->body = child;
    if (document_next(child, NULL, NULL) != NULL)
        return fail_structure(error, "has something behind its Body");
    return !has_text(root) || fail_structure(error, "holds text beside its elements");
}

xmlDoc *
envelope_new(SoapVersion version, xmlNode **header, xmlNode **body)
{
    xmlDoc *doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewDocNode(doc, NULL, BAD_CAST "Envelope", NULL);
    xmlNs *ns = xmlNewNs(root, BAD_CAST soap_version_ns(version), BAD_CAST "soap");

    xmlDocSetRootElement(doc, root);
    xmlSetNs(root, ns);
    *header = xmlNewChild(root, ns, BAD_CAST "Header", NULL);
    *body = xmlNewChild(root, ns, BAD_CAST "Body", NULL);
    return doc;
}

void
envelope_trim(xmlDoc *doc)
{
    xmlNode *header = document_first(xmlDocGetRootElement(doc), NULL, "Header");

    if (header == NULL || header->children != NULL)
        return;
    xmlUnlinkNode(header);
    xmlFreeNode(header);
}

static gboolean
is_true(const char *text)
{
    return text != NULL && (strcmp(text, "1") == 0 || strcmp(text, "true") == 0);
}

/* Blocks without actor or role, or for the next node, are for us. */
static gboolean
is_for_us(const xmlNode *block, SoapVersion version)
{
    static const char *const ours[] = { "", "http://schemas.xmlsoap.org/soap/actor/next", "http://www.w3.org/2003/05/soap-envelope/role/next",
                                        "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver", NULL };
    g_autofree char *actor = document_attribute(block, soap_version_ns(version), version == SOAP_11 ? "actor" : "role");

    return actor == NULL || g_strv_contains(ours, actor);
}

gboolean
envelope_check_header(const Envelope *envelope, gboolean security_is_understood, GError **error)
{
    for (xmlNode *block = document_first(envelope->header, NULL, NULL); block != NULL; block = document_next(block, NULL, NULL)) {
        g_autofree char *must = document_attribute(block, soap_version_ns(envelope->version), "mustUnderstand");

        if (!is_true(must) || !is_for_us(block, envelope->version) || (security_is_understood && document_is(block, WSSE_NS, "Security")))
            continue;
        lt_error_set(error, LT_ERROR_REFUSED, "soap.must-understand", "a header block must be understood and is not");
        return FALSE;
    }
    return TRUE;
}
