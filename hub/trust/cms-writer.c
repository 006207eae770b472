/* SPDX-License-Identifier: Apache-2.0 */
/* cms-writer.c: builds the signature of envelope.md §5, from the inside out, in DER.
 *
 * The structure is the one that `openssl cms -sign -cades -binary -nosmimecap` writes, so that stock tools verify it. The
 * private key is not here: the caller's function signs the attributes.
 */
#include <openssl/evp.h>

#include "trust/cms.h"

static GByteArray *
element_new(void)
{
    return g_byte_array_sized_new(256);
}

static void
element_free(gpointer element)
{
    g_byte_array_unref(element);
}

static void
put_inside(GByteArray *out, guint8 tag, const GByteArray *content)
{
    lt_der_put(out, tag, content->data, content->len);
}

static void
put_oid(GByteArray *out, LtCmsOid oid)
{
    const LtDer content = lt_cms_oid(oid);

    lt_der_put(out, LT_DER_OID, content.at, content.size);
}

/* Attribute: identifier and the set with its one value. */
static void
add_attribute(GPtrArray *attributes, LtCmsOid oid, const GByteArray *value)
{
    g_autoptr(GByteArray) content = g_byte_array_sized_new(256);
    GByteArray *attribute = element_new();

    put_oid(content, oid);
    put_inside(content, LT_DER_SET, value);
    put_inside(attribute, LT_DER_SEQUENCE, content);
    g_ptr_array_add(attributes, attribute);
}

/* IssuerSerial of RFC 5035: the issuer as a directory name, and the serial number. */
static void
put_issuer_serial(GByteArray *out, const struct _LtSignerPrivate *signer)
{
    g_autoptr(GByteArray) name = g_byte_array_sized_new(256);
    g_autoptr(GByteArray) content = g_byte_array_sized_new(256);

    lt_der_put(name, 0xa4, g_bytes_get_data(signer->issuer, NULL), g_bytes_get_size(signer->issuer));
    put_inside(content, LT_DER_SEQUENCE, name);
    lt_der_put(content, LT_DER_INTEGER, g_bytes_get_data(signer->serial, NULL), g_bytes_get_size(signer->serial));
    put_inside(out, LT_DER_SEQUENCE, content);
}

static void
add_signing_certificate(GPtrArray *attributes, const LtAlgorithm *algorithm, const struct _LtSignerPrivate *signer)
{
    g_autoptr(GByteArray) id = g_byte_array_sized_new(256);
    g_autoptr(GByteArray) ids = g_byte_array_sized_new(256);
    g_autoptr(GByteArray) certificates = g_byte_array_sized_new(256);
    g_autoptr(GByteArray) value = g_byte_array_sized_new(256);
    gboolean sha256 = algorithm->digest_size == LT_SHA256_SIZE;

    if (!sha256) /* SHA-256 is the default, which DER leaves out */
        lt_algorithm_put_digest(algorithm, id);
    lt_der_put(id, LT_DER_OCTET_STRING, sha256 ? signer->sha256 : signer->sha384, algorithm->digest_size);
    put_issuer_serial(id, signer);
    put_inside(ids, LT_DER_SEQUENCE, id);
    put_inside(certificates, LT_DER_SEQUENCE, ids);
    put_inside(value, LT_DER_SEQUENCE, certificates);
    add_attribute(attributes, LT_OID_SIGNING_CERTIFICATE, value);
}

static GPtrArray *
make_attributes(const LtAlgorithm *algorithm, const struct _LtSignerPrivate *signer, GBytes *content, gint64 signed_us)
{
    GPtrArray *attributes = g_ptr_array_new_with_free_func(element_free);
    g_autoptr(GByteArray) type = g_byte_array_sized_new(256);
    g_autoptr(GByteArray) time = g_byte_array_sized_new(256);
    g_autoptr(GByteArray) digest = g_byte_array_sized_new(256);
    guint8 bytes[EVP_MAX_MD_SIZE];

    EVP_Digest(g_bytes_get_data(content, NULL), g_bytes_get_size(content), bytes, NULL,
               algorithm->digest_size == LT_SHA256_SIZE ? EVP_sha256() : EVP_sha384(), NULL);
    put_oid(type, LT_OID_DATA);
    lt_der_put_time(time, signed_us);
    lt_der_put(digest, LT_DER_OCTET_STRING, bytes, algorithm->digest_size);
    add_attribute(attributes, LT_OID_CONTENT_TYPE, type);
    add_attribute(attributes, LT_OID_SIGNING_TIME, time);
    add_attribute(attributes, LT_OID_MESSAGE_DIGEST, digest);
    add_signing_certificate(attributes, algorithm, signer);
    return attributes;
}

static void
put_certificates(GByteArray *out, const struct _LtSignerPrivate *signer)
{
    g_autoptr(GPtrArray) certificates = g_ptr_array_new_with_free_func(element_free);

    for (int i = -1; i < 0 || i < sk_X509_num(signer->others); i++) {
        X509 *x509 = i < 0 ? signer->x509 : sk_X509_value(signer->others, i);
        GByteArray *element = element_new();
        guint8 *der = NULL;
        int size = i2d_X509(x509, &der);

        g_byte_array_append(element, der, (guint) MAX(size, 0));
        OPENSSL_free(der);
        g_ptr_array_add(certificates, element);
    }
    lt_der_put_set(out, LT_DER_CONTEXT_0, certificates);
}

static void
put_signer_info(GByteArray *out, const LtAlgorithm *algorithm, const struct _LtSignerPrivate *signer, GPtrArray *attributes,
                GBytes *value)
{
    static const guint8 one = 1;
    g_autoptr(GByteArray) info = g_byte_array_sized_new(256);
    g_autoptr(GByteArray) sid = g_byte_array_sized_new(256);

    lt_der_put(info, LT_DER_INTEGER, &one, 1);
    g_byte_array_append(sid, g_bytes_get_data(signer->issuer, NULL), (guint) g_bytes_get_size(signer->issuer));
    lt_der_put(sid, LT_DER_INTEGER, g_bytes_get_data(signer->serial, NULL), g_bytes_get_size(signer->serial));
    put_inside(info, LT_DER_SEQUENCE, sid);
    lt_algorithm_put_digest(algorithm, info);
    lt_der_put_set(info, LT_DER_CONTEXT_0, attributes);
    lt_algorithm_put_signature(algorithm, info);
    lt_der_put(info, LT_DER_OCTET_STRING, g_bytes_get_data(value, NULL), g_bytes_get_size(value));
    put_inside(out, LT_DER_SEQUENCE, info);
}

static GBytes *
put_signed_data(const LtAlgorithm *algorithm, const struct _LtSignerPrivate *signer, GPtrArray *attributes, GBytes *value)
{
    static const guint8 one = 1;
    g_autoptr(GByteArray) data = g_byte_array_sized_new(256);
    g_autoptr(GByteArray) inner = g_byte_array_sized_new(256);
    g_autoptr(GByteArray) outer = g_byte_array_sized_new(256);
    GByteArray *out = g_byte_array_sized_new(256);

    lt_der_put(data, LT_DER_INTEGER, &one, 1);
    lt_algorithm_put_digest(algorithm, inner);
    put_inside(data, LT_DER_SET, inner);
    g_byte_array_set_size(inner, 0);
    put_oid(inner, LT_OID_DATA);
    put_inside(data, LT_DER_SEQUENCE, inner);
    put_certificates(data, signer);
    g_byte_array_set_size(inner, 0);
    put_signer_info(inner, algorithm, signer, attributes, value);
    put_inside(data, LT_DER_SET, inner);

    g_byte_array_set_size(inner, 0);
    put_inside(inner, LT_DER_SEQUENCE, data);
    put_oid(outer, LT_OID_SIGNED_DATA);
    put_inside(outer, LT_DER_CONTEXT_0, inner);
    put_inside(out, LT_DER_SEQUENCE, outer);
    return g_byte_array_free_to_bytes(out);
}

GBytes *
lt_cms_write(const LtSignerCertificate *signer, GBytes *content, gint64 signed_us, LtCmsSign sign, gpointer data, GError **error)
{
    const LtAlgorithm *algorithm = lt_algorithm_for_key(signer->private->kind);
    g_autoptr(GPtrArray) attributes = make_attributes(algorithm, signer->private, content, signed_us);
    g_autoptr(GByteArray) set = g_byte_array_sized_new(256);
    g_autoptr(GBytes) value = NULL;

    lt_der_put_set(set, LT_DER_SET, attributes);
    value = sign(data, set, error);
    return value == NULL ? NULL : put_signed_data(algorithm, signer->private, attributes, value);
}
