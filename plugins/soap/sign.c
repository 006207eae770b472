/* SPDX-License-Identifier: Apache-2.0 */
/* sign.c: our own signature on an envelope: BinarySecurityToken, Body and Timestamp signed, exclusive C14N, SHA-256. */
#include "security.h"

#include <string.h>
#include <xmlsec/xmlsec.h> /* first: the others need its types */

#include <xmlsec/errors.h>
#include <xmlsec/openssl/app.h>
#include <xmlsec/openssl/crypto.h>
#include <xmlsec/xmldsig.h>

#include "certificate.h"

#define LIFE_S 300

struct _Seal {
    xmlSecKeyPtr key;
    char *certificate; /* base64 of its DER */
    const char *method;
};

/* xmlsec's words may quote content; ours are enough. */
static void
drop_words(const char *file, int line, const char *function, const char *object, const char *subject, int reason, const char *message)
{
    (void) file, (void) line, (void) function, (void) object, (void) subject, (void) reason, (void) message;
}

/* Two plugins of a process may need xmlsec, and it must be begun once. libxml2's own lock is what they share. */
gboolean
security_prepare(GError **error)
{
    gboolean ready;

    xmlLockLibrary();
    ready = xmlSecPtrListIsValid(xmlSecTransformIdsGet());
    if (!ready)
        ready = xmlSecInit() == 0 && xmlSecOpenSSLAppInit(NULL) == 0 && xmlSecOpenSSLInit() == 0;
    xmlSecErrorsSetCallback(drop_words);
    xmlUnlockLibrary();
    if (!ready)
        lt_error_set(error, LT_ERROR_INTERNAL, "soap.xmlsec", "the library xmlsec does not start");
    return ready;
}

Seal *
seal_open(const char *certificate_path, const char *key, GError **error)
{
    g_autoptr(GPtrArray) certificates = certificate_read_all(certificate_path, error);
    g_autoptr(Seal) self = NULL;
    const Certificate *own;

    if (certificates == NULL || !security_prepare(error))
        return NULL;
    own = certificates->pdata[0];
    self = g_new0(Seal, 1);
    self->certificate = g_base64_encode(g_bytes_get_data(own->der, NULL), g_bytes_get_size(own->der));
    self->key = xmlSecOpenSSLAppKeyLoadMemory((const xmlSecByte *) key, (xmlSecSize) strlen(key), xmlSecKeyDataFormatPem, "", NULL, NULL);
    if (self->key == NULL || (xmlSecKeyGetType(self->key) & xmlSecKeyDataTypePrivate) == 0) {
        lt_error_set(error, LT_ERROR_CONFIG, "soap.key", "sign_key: is no private key that can be read (PEM, without a password)");
        return NULL;
    }
    if (xmlSecKeyCheckId(self->key, xmlSecOpenSSLKeyDataRsaId))
        self->method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    else if (xmlSecKeyCheckId(self->key, xmlSecOpenSSLKeyDataEcdsaId))
        self->method = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
    else
        lt_error_set(error, LT_ERROR_CONFIG, "soap.key", "sign_key: must be an RSA or an EC key");
    return self->method != NULL ? g_steal_pointer(&self) : NULL;
}

void
seal_free(Seal *self)
{
    if (self == NULL)
        return;
    if (self->key != NULL)
        xmlSecKeyDestroy(self->key);
    g_free(self->certificate);
    g_free(self);
}

static xmlNode *
add(xmlNode *parent, xmlNs *ns, const char *name, const char *text)
{
    return xmlNewTextChild(parent, ns, BAD_CAST name, BAD_CAST text);
}

static void
add_algorithm(xmlNode *parent, const char *name, const char *algorithm)
{
    xmlNewProp(add(parent, parent->ns, name, NULL), BAD_CAST "Algorithm", BAD_CAST algorithm);
}

static char *
time_text(gint64 at_us)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(at_us / G_USEC_PER_SEC);
    g_autofree char *seconds = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");

    return g_strdup_printf("%s.%03dZ", seconds, (int) (at_us % G_USEC_PER_SEC / 1000));
}

static void
mark(xmlNode *node, xmlNs *wsu, const char *prefix, char **id)
{
    g_autofree char *uuid = g_uuid_string_random();
    xmlAttr *attribute;

    *id = g_strconcat(prefix, "-", uuid, NULL);
    attribute = xmlNewNsProp(node, wsu, BAD_CAST "Id", BAD_CAST *id);
    xmlAddID(NULL, node->doc, BAD_CAST *id, attribute);
}

static void
add_reference(xmlNode *signed_info, const char *id)
{
    g_autofree char *uri = g_strconcat("#", id, NULL);
    xmlNode *reference = add(signed_info, signed_info->ns, "Reference", NULL);

    xmlNewProp(reference, BAD_CAST "URI", BAD_CAST uri);
    add_algorithm(add(reference, reference->ns, "Transforms", NULL), "Transform", EXC_C14N);
    add_algorithm(reference, "DigestMethod", "http://www.w3.org/2001/04/xmlenc#sha256");
    add(reference, reference->ns, "DigestValue", NULL);
}

/* The template that xmlsec fills: digests and value are empty. */
static xmlNode *
add_signature(xmlNode *security, const Seal *seal, const char *body_id, const char *time_id, const char *token_id)
{
    g_autofree char *token_uri = g_strconcat("#", token_id, NULL);
    xmlNode *signature = xmlNewChild(security, NULL, BAD_CAST "Signature", NULL);
    xmlNs *ns = xmlNewNs(signature, BAD_CAST DSIG_NS, BAD_CAST "ds");
    xmlNode *info, *reference;

    xmlSetNs(signature, ns);
    info = add(signature, ns, "SignedInfo", NULL);
    add_algorithm(info, "CanonicalizationMethod", EXC_C14N);
    add_algorithm(info, "SignatureMethod", seal->method);
    add_reference(info, body_id);
    add_reference(info, time_id);
    add(signature, ns, "SignatureValue", NULL);
    reference = add(add(signature, ns, "KeyInfo", NULL), security->ns, "SecurityTokenReference", NULL);
    reference = add(reference, security->ns, "Reference", NULL);
    xmlNewProp(reference, BAD_CAST "URI", BAD_CAST token_uri);
    xmlNewProp(reference, BAD_CAST "ValueType", BAD_CAST TOKEN_TYPE);
    return signature;
}

static xmlNode *
add_security(const Seal *seal, xmlNode *root, gint64 now_us)
{
    xmlNode *header = document_first(root, NULL, "Header");
    xmlNode *body = document_first(root, NULL, "Body");
    xmlNode *security = xmlNewChild(header, NULL, BAD_CAST "Security", NULL);
    xmlNs *wsse = xmlNewNs(security, BAD_CAST WSSE_NS, BAD_CAST "wsse");
    xmlNs *wsu = xmlNewNs(root, BAD_CAST WSU_NS, BAD_CAST "wsu");
    g_autofree char *created = time_text(now_us);
    g_autofree char *expires = time_text(now_us + LIFE_S * G_USEC_PER_SEC);
    g_autofree char *body_id = NULL;
    g_autofree char *time_id = NULL;
    g_autofree char *token_id = NULL;
    xmlNode *time, *token;

    xmlSetNs(security, wsse);
    xmlNewNsProp(security, root->ns, BAD_CAST "mustUnderstand", BAD_CAST "1");
    mark(body, wsu, "body", &body_id);
    time = add(security, wsu, "Timestamp", NULL);
    mark(time, wsu, "time", &time_id);
    add(time, wsu, "Created", created);
    add(time, wsu, "Expires", expires);
    token = add(security, wsse, "BinarySecurityToken", seal->certificate);
    mark(token, wsu, "token", &token_id);
    xmlNewProp(token, BAD_CAST "EncodingType", BAD_CAST TOKEN_ENCODING);
    xmlNewProp(token, BAD_CAST "ValueType", BAD_CAST TOKEN_TYPE);
    return add_signature(security, seal, body_id, time_id, token_id);
}

gboolean
security_sign(const Seal *seal, xmlDoc *doc, gint64 now_us, GError **error)
{
    xmlNode *signature = add_security(seal, xmlDocGetRootElement(doc), now_us);
    xmlSecDSigCtxPtr context = xmlSecDSigCtxCreate(NULL);
    gboolean done;

    if (context == NULL)
        g_error("out of memory");
    context->enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
    context->signKey = xmlSecKeyDuplicate(seal->key);
    done = context->signKey != NULL && xmlSecDSigCtxSign(context, signature) == 0 && context->status == xmlSecDSigStatusSucceeded;
    xmlSecDSigCtxDestroy(context);
    if (!done)
        lt_error_set(error, LT_ERROR_INTERNAL, "soap.xmlsec", "the envelope cannot be signed");
    return done;
}
