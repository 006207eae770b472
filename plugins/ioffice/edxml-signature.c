/* SPDX-License-Identifier: Apache-2.0 */
/* edxml-signature.c: XML-DSig over the whole message, through libxmlsec with a fixed context (domain.md §2.5, envelope.md §10).
 *
 * One form is taken: one Signature under edXMLHeader, one Reference with URI="", nothing but the enveloped transform and C14N. The key is never
 * chosen by the message: it counts only when its certificate is one that was configured. What cannot be checked is `invalid` and says why; what
 * becomes of it is the policy of the endpoint, not decided here.
 */
#include "edxml-tree.h"

#include <libxml/threads.h>
#include <string.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/templates.h>
#include <xmlsec/transforms.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>
#include <xmlsec/xmltree.h>

#define SIGNATURES_MAX 2u

/* The library's tables are the process's, and another plugin may use it, too: a second start would empty them under a worker. What all users share
 * is libxml2's own lock. */
gboolean
edxml_signature_start(GError **error)
{
    gboolean ready;

    xmlLockLibrary();
    xmlSecErrorsDefaultCallbackEnableOutput(0);
    ready = xmlSecPtrListIsValid(xmlSecTransformIdsGet()) && xmlSecPtrListGetSize(xmlSecTransformIdsGet()) > 0;
    if (!ready)
        ready = xmlSecInit() == 0 && xmlSecCheckVersion() == 1 && xmlSecCryptoAppInit(NULL) == 0 && xmlSecCryptoInit() == 0;
    xmlUnlockLibrary();
    if (!ready)
        lt_error_set(error, LT_ERROR_INTERNAL, "edxml.xmlsec", "libxmlsec cannot be started");
    return ready;
}

static void
collect_named(xmlNode *node, const char *name, GPtrArray *out)
{
    for (; node != NULL; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        if (strcmp((const char *) node->name, name) == 0 && out->len < SIGNATURES_MAX)
            g_ptr_array_add(out, node);
        collect_named(node->children, name, out);
    }
}

static xmlNode *
child_named(const xmlNode *node, const char *name)
{
    for (xmlNode *child = node != NULL ? node->children : NULL; child != NULL; child = child->next) {
        if (child->type == XML_ELEMENT_NODE && strcmp((const char *) child->name, name) == 0)
            return child;
    }
    return NULL;
}

static char *
attribute(const xmlNode *node, const char *name)
{
    xmlChar *value = node != NULL ? xmlGetNoNsProp(node, (const xmlChar *) name) : NULL;
    char *out = g_strdup((const char *) value);

    xmlFree(value);
    return out;
}

/* DER that is as long as it says. */
static gboolean
is_der(const guint8 *data, gsize size)
{
    return size > 4 && data[0] == 0x30 && data[1] == 0x82 && (gsize) (data[2] << 8 | data[3]) + 4 == size;
}

static void
read_certificate(Edxml *self, const xmlNode *signature)
{
    xmlNode *node = child_named(child_named(child_named(signature, "KeyInfo"), "X509Data"), "X509Certificate");
    xmlChar *text = node != NULL ? xmlNodeGetContent(node) : NULL;
    gboolean had_space;
    g_autoptr(GBytes) der = text != NULL ? edxml_base64_read((const char *) text, strlen((const char *) text), &had_space) : NULL;

    xmlFree(text);
    if (der != NULL && is_der(g_bytes_get_data(der, NULL), g_bytes_get_size(der)))
        self->signature.certificate = g_steal_pointer(&der);
    else
        edxml_judge(self, "signature.certificate", NULL);
}

/* SHA-1 anywhere makes it weak. */
static gboolean
is_weak(const Edxml *self, const xmlNode *reference)
{
    g_autofree char *digest = attribute(child_named(reference, "DigestMethod"), "Algorithm");

    return g_str_has_suffix(self->signature.method, "sha1") || (digest != NULL && g_str_has_suffix(digest, "#sha1"));
}

/* The one Reference, when the form is the one that is taken. */
static xmlNode *
find_reference(Edxml *self, const xmlNode *signature)
{
    xmlNode *info = child_named(signature, "SignedInfo"), *reference = child_named(info, "Reference");
    g_autofree char *uri = attribute(reference, "URI");
    guint n = 0;

    for (const xmlNode *child = info != NULL ? info->children : NULL; child != NULL; child = child->next)
        n += child->type == XML_ELEMENT_NODE && strcmp((const char *) child->name, "Reference") == 0;
    self->signature.method = attribute(child_named(info, "SignatureMethod"), "Algorithm");
    if (n == 1 && g_strcmp0(uri, "") == 0 && self->signature.method != NULL && child_named(signature, "SignatureValue") != NULL &&
        signature->parent != NULL && strcmp((const char *) signature->parent->name, "edXMLHeader") == 0)
        return reference;
    edxml_judge(self, "signature.form", NULL);
    return NULL;
}

/* 1: fits; 0: does not; −1: cannot be computed. */
static int
verify(xmlNode *signature, GBytes *certificate)
{
    const xmlSecTransformId references[] = { xmlSecTransformEnvelopedId, xmlSecTransformInclC14NId, xmlSecTransformExclC14NId,
                                             xmlSecTransformInclC14N11Id, xmlSecTransformSha1Id, xmlSecTransformSha256Id };
    const xmlSecTransformId signatures[] = { xmlSecTransformInclC14NId, xmlSecTransformExclC14NId, xmlSecTransformInclC14N11Id,
                                             xmlSecTransformRsaSha1Id, xmlSecTransformRsaSha256Id, xmlSecTransformEcdsaSha256Id };
    xmlSecDSigCtxPtr context = xmlSecDSigCtxCreate(NULL);
    gsize size;
    const guint8 *der = g_bytes_get_data(certificate, &size);
    int result = -1;

    if (context == NULL)
        return -1;
    for (gsize i = 0; i < G_N_ELEMENTS(references); i++)
        xmlSecDSigCtxEnableReferenceTransform(context, references[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(signatures); i++)
        xmlSecDSigCtxEnableSignatureTransform(context, signatures[i]);
    context->enabledReferenceUris = xmlSecTransformUriTypeEmpty;
    context->signKey = xmlSecCryptoAppKeyLoadMemory(der, (xmlSecSize) size, xmlSecKeyDataFormatCertDer, NULL, NULL, NULL);
    if (context->signKey != NULL && xmlSecDSigCtxVerify(context, signature) == 0)
        result = context->status == xmlSecDSigStatusSucceeded ? 1 : 0;
    xmlSecDSigCtxDestroy(context);
    return result;
}

static gboolean
is_trusted(const GPtrArray *trusted, GBytes *certificate)
{
    for (guint i = 0; trusted != NULL && i < trusted->len; i++) {
        if (g_bytes_equal(trusted->pdata[i], certificate))
            return TRUE;
    }
    return FALSE;
}

/* Without a certificate in the message any of the configured signers may have made it. */
static int
verify_with_any(xmlNode *signature, const GPtrArray *trusted)
{
    int result = -1;

    for (guint i = 0; trusted != NULL && i < trusted->len && result != 1; i++)
        result = verify(signature, trusted->pdata[i]);
    return result;
}

static void
check(Edxml *self, EdxmlTree *tree, xmlNode *signature, const xmlNode *reference, const GPtrArray *trusted)
{
    gboolean is_known = TRUE;
    int result;

    read_certificate(self, signature);
    if (signature->ns == NULL || !xmlStrEqual(signature->ns->href, xmlSecDSigNs)) {
        edxml_judge(self, "signature.namespace", NULL);
        return;
    }
    if (is_weak(self, reference))
        edxml_judge(self, "signature.legacy", NULL);
    edxml_tree_restore(tree);
    if (self->signature.certificate != NULL) {
        is_known = is_trusted(trusted, self->signature.certificate);
        result = verify(signature, self->signature.certificate);
    } else {
        result = verify_with_any(signature, trusted);
    }
    if (!is_known)
        edxml_judge(self, "signature.signer", NULL);
    if (result < 0 && (self->signature.certificate != NULL || (trusted != NULL && trusted->len > 0)))
        edxml_judge(self, "signature.algorithm", NULL);
    if (result == 0)
        edxml_judge(self, "signature.broken", NULL);
    if (result == 1 && is_known)
        self->signature.verdict = is_weak(self, reference) ? "legacy" : "valid";
}

void
edxml_signature_check(Edxml *self, GBytes *bytes, const GPtrArray *trusted)
{
    g_auto(EdxmlTree) tree = { 0 };
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    xmlNode *reference;

    /* A tree of its own: the texts are put back into it. */
    if (!edxml_tree_parse(&tree, bytes, NULL))
        return;
    collect_named(xmlDocGetRootElement(tree.document), "Signature", found);
    if (found->len == 0)
        return;
    self->signature.verdict = "invalid";
    if (found->len > 1) {
        edxml_judge(self, "signature.form", NULL);
        return;
    }
    reference = find_reference(self, found->pdata[0]);
    if (reference != NULL)
        check(self, &tree, found->pdata[0], reference, trusted);
}

static xmlNode *
add_template(xmlDoc *document)
{
    xmlNode *header = child_named(child_named(xmlDocGetRootElement(document), "edXMLEnvelope"), "edXMLHeader");
    xmlNode *signature = header != NULL ? xmlSecTmplSignatureCreate(document, xmlSecTransformExclC14NId, xmlSecTransformRsaSha256Id, NULL) : NULL;
    xmlNode *reference, *info, *data;

    if (signature == NULL)
        return NULL;
    xmlAddChild(header, signature);
    reference = xmlSecTmplSignatureAddReference(signature, xmlSecTransformSha256Id, NULL, (const xmlChar *) "", NULL);
    info = xmlSecTmplSignatureEnsureKeyInfo(signature, NULL);
    data = info != NULL ? xmlSecTmplKeyInfoAddX509Data(info) : NULL;
    if (reference == NULL || data == NULL || xmlSecTmplReferenceAddTransform(reference, xmlSecTransformEnvelopedId) == NULL ||
        xmlSecTmplReferenceAddTransform(reference, xmlSecTransformExclC14NId) == NULL || xmlSecTmplX509DataAddCertificate(data) == NULL)
        return NULL;
    return signature;
}

/* Read here: libxmlsec loses memory over a file that it cannot open. */
static gboolean
load_key(xmlSecDSigCtxPtr context, const char *key, const char *certificate)
{
    g_autofree char *key_text = NULL, *certificate_text = NULL;
    gsize key_size, certificate_size;

    if (!g_file_get_contents(key, &key_text, &key_size, NULL) || !g_file_get_contents(certificate, &certificate_text, &certificate_size, NULL))
        return FALSE;
    context->signKey = xmlSecCryptoAppKeyLoadMemory((const xmlSecByte *) key_text, (xmlSecSize) key_size, xmlSecKeyDataFormatPem, NULL, NULL, NULL);
    explicit_bzero(key_text, key_size);
    return context->signKey != NULL && xmlSecCryptoAppKeyCertLoadMemory(context->signKey, (const xmlSecByte *) certificate_text,
                                                                        (xmlSecSize) certificate_size, xmlSecKeyDataFormatPem) == 0;
}

static gboolean
sign_tree(xmlNode *signature, const char *key, const char *certificate, GError **error)
{
    xmlSecDSigCtxPtr context = xmlSecDSigCtxCreate(NULL);
    gboolean done = FALSE;

    if (context == NULL)
        g_error("out of memory");
    if (!load_key(context, key, certificate))
        lt_error_set(error, LT_ERROR_CONFIG, "edxml.key", "sign_key and sign_certificate: no RSA key and its certificate in PEM form");
    else if (xmlSecDSigCtxSign(context, signature) != 0)
        lt_error_set(error, LT_ERROR_CONFIG, "edxml.key", "sign_key: cannot sign with it; edXML is signed with RSA and SHA-256");
    else
        done = TRUE;
    xmlSecDSigCtxDestroy(context);
    return done;
}

GBytes *
edxml_sign(GBytes *bytes, const char *key, const char *certificate, GError **error)
{
    g_auto(EdxmlTree) tree = { 0 };
    xmlNode *signature;
    xmlChar *text = NULL;
    int size = 0;
    GBytes *out;

    if (!edxml_tree_parse(&tree, bytes, error))
        return NULL;
    edxml_tree_restore(&tree);
    signature = add_template(tree.document);
    if (signature == NULL) {
        lt_error_set(error, LT_ERROR_INTERNAL, "edxml.sign", "edXML: no place for a signature");
        return NULL;
    }
    if (!sign_tree(signature, key, certificate, error))
        return NULL;
    xmlDocDumpMemoryEnc(tree.document, &text, &size, "UTF-8");
    out = g_bytes_new(text, (gsize) size);
    xmlFree(text);
    return out;
}
