/* SPDX-License-Identifier: Apache-2.0 */
/* trust.c: pinned certificates, or authorities and one name.
 *
 * With pinned certificates a key is theirs or it is nobody's. With authorities the message must bring its certificate, the chain must hold
 * at this moment, and the subject must be the one that was agreed: an authority vouches for many, an endpoint is one of them. */
#include "trust.h"

#include <string.h>
#include <xmlsec/keyinfo.h>
#include <xmlsec/keysmngr.h>
#include <xmlsec/openssl/app.h>
#include <xmlsec/openssl/crypto.h>
#include <xmlsec/openssl/x509.h>

#include "certificate.h"

#define RSA_MIN_BITS 2048
#define EC_MIN_BYTES 32 /* xmlsec 1.2 says the size of an EC key in bytes */

struct _Trust {
    GPtrArray *pinned;          /* of Certificate *; NULL: by authorities */
    xmlSecKeysMngrPtr manager;  /* NULL: by pins */
    char *subject;
};

static gboolean
fail(GError **error, const char *cause)
{
    lt_error_set(error, LT_ERROR_SIGNATURE, "soap.key", "the envelope's signature: %s", cause);
    return FALSE;
}

static gboolean
load_authorities(Trust *self, const char *path, GError **error)
{
    g_autoptr(GPtrArray) list = certificate_read_all(path, error);

    if (list == NULL)
        return FALSE;
    self->manager = xmlSecKeysMngrCreate();
    if (self->manager == NULL || xmlSecOpenSSLAppDefaultKeysMngrInit(self->manager) != 0)
        g_error("out of memory");
    for (guint i = 0; i < list->len; i++) {
        const Certificate *one = list->pdata[i];

        if (xmlSecOpenSSLAppKeysMngrCertLoadMemory(self->manager, g_bytes_get_data(one->der, NULL), (xmlSecSize) g_bytes_get_size(one->der),
                                                   xmlSecKeyDataFormatCertDer, xmlSecKeyDataTypeTrusted) != 0) {
            lt_error_set(error, LT_ERROR_CONFIG, "soap.certificate", "%s: certificate %u cannot be read", path, i + 1);
            return FALSE;
        }
    }
    return TRUE;
}

Trust *
trust_open(const char *certificates, const char *authorities, const char *subject, GError **error)
{
    g_autoptr(Trust) self = g_new0(Trust, 1);

    if (!security_prepare(error))
        return NULL;
    if (certificates != NULL && authorities != NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "soap.settings", "peer_certificate and peer_ca: one of them, not both");
        return NULL;
    }
    if (authorities != NULL && subject == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "soap.settings", "peer_subject: peer_ca needs it: the one name that the authority may vouch for");
        return NULL;
    }
    self->subject = g_strdup(subject);
    if (certificates != NULL)
        self->pinned = certificate_read_all(certificates, error);
    else if (!load_authorities(self, authorities, error))
        return NULL;
    return self->pinned != NULL || self->manager != NULL ? g_steal_pointer(&self) : NULL;
}

void
trust_free(Trust *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->pinned, g_ptr_array_unref);
    g_clear_pointer(&self->manager, xmlSecKeysMngrDestroy);
    g_free(self->subject);
    g_free(self);
}

static void
key_free(gpointer data)
{
    TrustKey *self = data;

    xmlSecKeyDestroy(self->key);
    g_free(self);
}

static gboolean
is_strong(xmlSecKeyPtr key)
{
    xmlSecSize size = xmlSecKeyDataGetSize(xmlSecKeyGetValue(key));

    if (xmlSecKeyCheckId(key, xmlSecOpenSSLKeyDataRsaId))
        return size >= RSA_MIN_BITS;
    return xmlSecKeyCheckId(key, xmlSecOpenSSLKeyDataEcdsaId) && size >= EC_MIN_BYTES;
}

/* (transfer full) @key */
static void
add_key(GPtrArray *keys, xmlSecKeyPtr key, const char *signer)
{
    TrustKey *one = g_new0(TrustKey, 1);

    one->key = key;
    g_strlcpy(one->signer, signer, sizeof one->signer);
    g_ptr_array_add(keys, one);
}

static GBytes *
decode(const xmlNode *node, GError **error)
{
    g_autofree char *text = document_text(node);
    gsize size = 0;
    guchar *der;

    if (strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n") != strlen(text) || strlen(text) > 65536) {
        fail(error, "its certificate is not base64");
        return NULL;
    }
    der = g_base64_decode(text, &size);
    return g_bytes_new_take(der, size);
}

/* The one element that carries or names the certificate. Anything in KeyInfo that is a key without a certificate is refused, wherever it
 * stands. */
static xmlNode *
find_hint(xmlNode *key_info, GError **error)
{
    static const char *const refused[] = { "KeyValue", "RetrievalMethod", "KeyName", "PGPData", "SPKIData", "MgmtData", "DEREncodedKeyValue", NULL };
    xmlNode *hint = document_first(key_info, NULL, NULL);

    for (xmlNode *node = key_info; node != NULL; node = document_walk(node, key_info)) {
        if (g_strv_contains(refused, (const char *) node->name)) {
            fail(error, "its KeyInfo holds something else than X.509");
            return NULL;
        }
    }
    if (hint != NULL && document_next(hint, NULL, NULL) == NULL &&
        (document_is(hint, WSSE_NS, "SecurityTokenReference") || document_is(hint, DSIG_NS, "X509Data")))
        return hint;
    fail(error, "its KeyInfo must hold one SecurityTokenReference or one X509Data");
    return NULL;
}

/* The certificate that the message brings, or NULL without an error: it only names it. */
static Certificate *
find_certificate(xmlNode *hint, xmlNode *token, GHashTable *ids, GError **error)
{
    xmlNode *reference = document_first(hint, WSSE_NS, "Reference");
    xmlNode *holder = document_is(hint, DSIG_NS, "X509Data") ? hint : document_first(hint, DSIG_NS, "X509Data");
    xmlNode *source = holder != NULL ? document_first(holder, DSIG_NS, "X509Certificate") : NULL;
    g_autoptr(GBytes) der = NULL;
    g_autoptr(GError) cause = NULL;
    Certificate *certificate;

    if (reference != NULL) {
        g_autofree char *uri = document_attribute(reference, NULL, "URI");
        g_autofree char *type = token != NULL ? document_attribute(token, NULL, "ValueType") : NULL;

        source = token;
        if (token == NULL || uri == NULL || uri[0] != '#' || g_hash_table_lookup(ids, uri + 1) != token || g_strcmp0(type, TOKEN_TYPE) != 0) {
            fail(error, "its KeyInfo names no X.509 BinarySecurityToken of this header");
            return NULL;
        }
    }
    if (source == NULL)
        return NULL;
    der = decode(source, error);
    certificate = der != NULL ? certificate_parse(der, &cause) : NULL;
    if (der != NULL && certificate == NULL)
        fail(error, cause->message);
    return certificate;
}

static gboolean
add_pinned(const Trust *self, const Certificate *brought, gint64 now_us, GPtrArray *keys, GError **error)
{
    for (guint i = 0; i < self->pinned->len; i++) {
        const Certificate *pin = self->pinned->pdata[i];
        xmlSecKeyPtr key;

        if (brought != NULL && strcmp(brought->spki_sha256, pin->spki_sha256) != 0)
            continue;
        g_clear_error(error);
        if (!certificate_check_date(pin, now_us, error))
            continue;
        key = xmlSecOpenSSLAppKeyLoadMemory(g_bytes_get_data(pin->der, NULL), (xmlSecSize) g_bytes_get_size(pin->der), xmlSecKeyDataFormatCertDer, NULL,
                                            NULL, NULL);
        if (key != NULL && is_strong(key))
            add_key(keys, key, pin->spki_sha256);
        else if (key != NULL)
            xmlSecKeyDestroy(key);
    }
    if (keys->len > 0)
        g_clear_error(error);
    else if (error == NULL || *error == NULL)
        fail(error, "its key is none of those that are configured");
    return keys->len > 0;
}

/* xmlsec reads a certificate and builds its chain only from a KeyInfo, so it is given one of ours with that certificate alone. */
static xmlSecKeyPtr
chain_key(const Trust *self, const Certificate *brought, gint64 now_us)
{
    g_autofree char *text = g_base64_encode(g_bytes_get_data(brought->der, NULL), g_bytes_get_size(brought->der));
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *key_info = xmlNewDocNode(doc, NULL, BAD_CAST "KeyInfo", NULL);
    xmlNs *ns = xmlNewNs(key_info, BAD_CAST DSIG_NS, NULL);
    xmlSecKeyInfoCtxPtr context = xmlSecKeyInfoCtxCreate(self->manager);
    xmlSecKeyPtr key = xmlSecKeyCreate();
    gboolean good;

    if (context == NULL || key == NULL)
        g_error("out of memory");
    xmlDocSetRootElement(doc, key_info);
    xmlSetNs(key_info, ns);
    xmlNewTextChild(xmlNewChild(key_info, ns, BAD_CAST "X509Data", NULL), ns, BAD_CAST "X509Certificate", BAD_CAST text);
    context->mode = xmlSecKeyInfoModeRead;
    context->keyReq.keyType = xmlSecKeyDataTypePublic;
    context->certsVerificationTime = (time_t) (now_us / G_USEC_PER_SEC);
    good = xmlSecPtrListAdd(&context->enabledKeyData, (const xmlSecPtr) xmlSecOpenSSLKeyDataX509Id) == 0 &&
           xmlSecKeyInfoNodeRead(key_info, key, context) == 0 && xmlSecKeyIsValid(key);
    xmlSecKeyInfoCtxDestroy(context);
    if (!good)
        g_clear_pointer(&key, xmlSecKeyDestroy);
    return key;
}

/* The subject as xmlsec writes it, which is RFC 2253. */
static char *
subject_of(xmlSecKeyPtr key)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *key_info = xmlNewDocNode(doc, NULL, BAD_CAST "KeyInfo", NULL);
    xmlNs *ns = xmlNewNs(key_info, BAD_CAST DSIG_NS, NULL);
    xmlSecKeyInfoCtxPtr context = xmlSecKeyInfoCtxCreate(NULL);
    xmlNode *data, *name;
    char *text = NULL;

    if (context == NULL)
        g_error("out of memory");
    xmlDocSetRootElement(doc, key_info);
    xmlSetNs(key_info, ns);
    data = xmlNewChild(key_info, ns, BAD_CAST "X509Data", NULL);
    xmlNewChild(data, ns, BAD_CAST "X509SubjectName", NULL);
    context->mode = xmlSecKeyInfoModeWrite;
    context->keyReq.keyType = xmlSecKeyDataTypePublic;
    if (xmlSecKeyInfoNodeWrite(key_info, key, context) == 0) {
        name = document_first(data, DSIG_NS, "X509SubjectName");
        text = name != NULL ? document_text(name) : NULL;
    }
    xmlSecKeyInfoCtxDestroy(context);
    return text;
}

static gboolean
add_chained(const Trust *self, const Certificate *brought, gint64 now_us, GPtrArray *keys, GError **error)
{
    xmlSecKeyPtr key;
    g_autofree char *subject = NULL;

    if (brought == NULL)
        return fail(error, "it does not bring its certificate, and none is pinned");
    if (!certificate_check_date(brought, now_us, error))
        return FALSE;
    key = chain_key(self, brought, now_us);
    if (key == NULL)
        return fail(error, "none of the configured authorities vouches for its certificate");
    subject = subject_of(key);
    if (g_strcmp0(subject, self->subject) != 0 || !is_strong(key)) {
        xmlSecKeyDestroy(key);
        return fail(error, "its certificate is of another subject, or its key is too short");
    }
    add_key(keys, key, brought->spki_sha256);
    return TRUE;
}

GPtrArray *
trust_find_keys(const Trust *self, xmlNode *key_info, xmlNode *token, GHashTable *ids, gint64 now_us, GError **error)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(key_free);
    g_autoptr(GError) cause = NULL;
    xmlNode *hint = find_hint(key_info, error);
    g_autoptr(Certificate) brought = NULL;
    gboolean found;

    if (hint == NULL)
        return NULL;
    brought = find_certificate(hint, token, ids, &cause);
    found = cause == NULL && (self->pinned != NULL ? add_pinned(self, brought, now_us, keys, &cause) : add_chained(self, brought, now_us, keys, &cause));
    if (found)
        return g_steal_pointer(&keys);
    g_propagate_error(error, g_steal_pointer(&cause));
    return NULL;
}
