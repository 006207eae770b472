/* SPDX-License-Identifier: Apache-2.0 */
/* forge-cms.c: signatures written by hand, element by element, so that each can be wrong. */
#include "lib/forge.h"

#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "trust/der.h"

static void
put(GByteArray *out, guint8 tag, const GByteArray *content)
{
    lt_der_put(out, tag, content->data, content->len);
}

static void
put_oid(GByteArray *out, const char *dotted)
{
    ASN1_OBJECT *object = OBJ_txt2obj(dotted, 1);

    lt_der_put(out, LT_DER_OID, OBJ_get0_data(object), OBJ_length(object));
    ASN1_OBJECT_free(object);
}

static void
put_integer(GByteArray *out, guint8 value)
{
    lt_der_put(out, LT_DER_INTEGER, &value, 1);
}

static void
put_algorithm(GByteArray *out, const char *dotted, const GByteArray *parameters)
{
    g_autoptr(GByteArray) content = g_byte_array_new();

    put_oid(content, dotted);
    if (parameters != NULL)
        g_byte_array_append(content, parameters->data, parameters->len);
    put(out, LT_DER_SEQUENCE, content);
}

static const char *
digest_oid(const char *digest)
{
    return strcmp(digest, "SHA1") == 0 ? "1.3.14.3.2.26" : strcmp(digest, "SHA384") == 0 ? "2.16.840.1.101.3.4.2.2"
           : strcmp(digest, "SHA512") == 0 ? "2.16.840.1.101.3.4.2.3" : "2.16.840.1.101.3.4.2.1";
}

static void
put_digest(GByteArray *out, const char *digest, gboolean null)
{
    g_autoptr(GByteArray) parameters = g_byte_array_new();

    lt_der_put(parameters, LT_DER_NULL, "", 0);
    put_algorithm(out, digest_oid(digest), null ? parameters : NULL);
}

static GByteArray *
pss_parameters(const char *digest, int salt)
{
    GByteArray *out = g_byte_array_new();
    g_autoptr(GByteArray) inner = g_byte_array_new();
    g_autoptr(GByteArray) fields = g_byte_array_new();
    g_autoptr(GByteArray) field = g_byte_array_new();

    put_digest(inner, digest, TRUE);
    put(fields, LT_DER_CONTEXT_0, inner);
    put_algorithm(field, "1.2.840.113549.1.1.8", inner);
    put(fields, LT_DER_CONTEXT_1, field);
    if (salt >= 0) {
        g_byte_array_set_size(field, 0);
        put_integer(field, (guint8) salt);
        put(fields, LT_DER_CONTEXT_2, field);
    }
    put(out, LT_DER_SEQUENCE, fields);
    return out;
}

static const char *
digest_of(const ForgeCms *spec)
{
    if (spec->digest != NULL)
        return spec->digest;
    return EVP_PKEY_get_id(spec->key) == EVP_PKEY_EC && EVP_PKEY_get_bits(spec->key) == 384 ? "SHA384" : "SHA256";
}

static void
put_signature_algorithm(GByteArray *out, const ForgeCms *spec)
{
    const char *digest = digest_of(spec);
    g_autoptr(GByteArray) parameters = NULL;

    if (EVP_PKEY_get_id(spec->key) == EVP_PKEY_EC) {
        put_algorithm(out, strcmp(digest, "SHA1") == 0 ? "1.2.840.10045.4.1" : strcmp(digest, "SHA384") == 0 ? "1.2.840.10045.4.3.3"
                           : strcmp(digest, "SHA512") == 0 ? "1.2.840.10045.4.3.4" : "1.2.840.10045.4.3.2", NULL);
        return;
    }
    parameters = spec->pkcs1 ? g_byte_array_new() : pss_parameters(digest, spec->salt != 0 ? spec->salt : 32);
    if (spec->pkcs1)
        lt_der_put(parameters, LT_DER_NULL, "", 0);
    put_algorithm(out, spec->pkcs1 ? "1.2.840.113549.1.1.1" : "1.2.840.113549.1.1.10", parameters);
}

static GByteArray *
attribute(const ForgeCms *spec, const char *word, const char *dotted, const GByteArray *value)
{
    GByteArray *out = g_byte_array_new();
    g_autoptr(GByteArray) content = g_byte_array_new();
    g_autoptr(GByteArray) values = g_byte_array_new();

    g_byte_array_append(values, value->data, value->len);
    if (g_strcmp0(spec->doubled, word) == 0)
        g_byte_array_append(values, value->data, value->len);
    put_oid(content, dotted);
    put(content, LT_DER_SET, values);
    put(out, LT_DER_SEQUENCE, content);
    return out;
}

static void
add(GPtrArray *attributes, const ForgeCms *spec, const char *word, const char *dotted, const GByteArray *value)
{
    if (g_strcmp0(spec->omitted, word) != 0)
        g_ptr_array_add(attributes, attribute(spec, word, dotted, value));
}

static GByteArray *
vouch(const ForgeCms *spec)
{
    X509 *x509 = spec->vouched != NULL ? spec->vouched : spec->certificate;
    gboolean sha384 = strcmp(digest_of(spec), "SHA384") == 0;
    guint8 hash[EVP_MAX_MD_SIZE];
    guint size = 0;
    GByteArray *out = g_byte_array_new();
    g_autoptr(GByteArray) id = g_byte_array_new();
    g_autoptr(GByteArray) ids = g_byte_array_new();
    g_autoptr(GByteArray) value = g_byte_array_new();

    X509_digest(x509, sha384 ? EVP_sha384() : EVP_sha256(), hash, &size);
    if (sha384)
        put_digest(id, "SHA384", FALSE);
    lt_der_put(id, LT_DER_OCTET_STRING, hash, size);
    put(ids, LT_DER_SEQUENCE, id);
    put(value, LT_DER_SEQUENCE, ids);
    put(out, LT_DER_SEQUENCE, value);
    return out;
}

static GPtrArray *
make_attributes(const ForgeCms *spec)
{
    GPtrArray *attributes = g_ptr_array_new_with_free_func((GDestroyNotify) g_byte_array_unref);
    GBytes *digested = spec->digested != NULL ? spec->digested : spec->content;
    g_autoptr(GByteArray) value = g_byte_array_new();
    g_autoptr(GByteArray) vouched = vouch(spec);
    guint8 hash[EVP_MAX_MD_SIZE];
    guint size = 0;

    put_oid(value, spec->inner_type != NULL ? spec->inner_type : "1.2.840.113549.1.7.1");
    add(attributes, spec, "type", "1.2.840.113549.1.9.3", value);
    g_byte_array_set_size(value, 0);
    if (spec->bad_time)
        lt_der_put(value, LT_DER_UTC_TIME, "2611231603Z", 11);
    else if (spec->generalized_time)
        lt_der_put(value, LT_DER_GENERALIZED_TIME, "20261123160300Z", 15);
    else
        lt_der_put_time(value, (spec->signed_s != 0 ? spec->signed_s : FORGE_ISSUED_S) * LT_US_PER_SECOND);
    add(attributes, spec, "time", "1.2.840.113549.1.9.5", value);
    EVP_Digest(g_bytes_get_data(digested, NULL), g_bytes_get_size(digested), hash, &size, EVP_get_digestbyname(digest_of(spec)), NULL);
    g_byte_array_set_size(value, 0);
    lt_der_put(value, LT_DER_OCTET_STRING, hash, size);
    add(attributes, spec, "digest", "1.2.840.113549.1.9.4", value);
    add(attributes, spec, "certificate", "1.2.840.113549.1.9.16.2.47", vouched);
    if (spec->fifth)
        add(attributes, spec, "fifth", "1.2.840.113549.1.9.15", vouched);
    return attributes;
}

static GBytes *
sign(const ForgeCms *spec, const guint8 *data, gsize size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters = NULL;
    guint8 value[1024];
    size_t length = sizeof value;
    gboolean pss = EVP_PKEY_get_id(spec->key) == EVP_PKEY_RSA && !spec->pkcs1;

    g_assert_cmpint(EVP_DigestSignInit_ex(context, &parameters, digest_of(spec), NULL, NULL, spec->key, NULL), ==, 1);
    if (pss) {
        EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, spec->salt > 0 ? spec->salt : spec->salt < 0 ? 20 : 32);
    }
    g_assert_cmpint(EVP_DigestSign(context, value, &length, data, size), ==, 1);
    EVP_MD_CTX_free(context);
    if (spec->broken)
        value[length - 1] ^= 1;
    return g_bytes_new(value, length);
}

static int
fall(gconstpointer a, gconstpointer b)
{
    const GByteArray *x = *(GByteArray *const *) a, *y = *(GByteArray *const *) b;

    return (int) y->len - (int) x->len;
}

static void
put_attributes(GByteArray *out, guint8 tag, const ForgeCms *spec, GPtrArray *attributes)
{
    g_autoptr(GByteArray) content = g_byte_array_new();

    if (spec->empty_attributes)
        g_ptr_array_set_size(attributes, 0);
    if (!spec->unsorted) {
        lt_der_put_set(out, tag, attributes);
        return;
    }
    g_ptr_array_sort(attributes, fall);
    for (guint i = 0; i < attributes->len; i++) {
        const GByteArray *element = attributes->pdata[i];

        g_byte_array_append(content, element->data, element->len);
    }
    put(out, tag, content);
}

static void
put_sid(GByteArray *out, const ForgeCms *spec)
{
    X509 *named = spec->named != NULL ? spec->named : spec->certificate;
    g_autoptr(GByteArray) sid = g_byte_array_new();
    guint8 *der = NULL;
    int size;

    if (spec->by_key_id) {
        const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(named);

        lt_der_put(out, LT_DER_PRIMITIVE_0, ASN1_STRING_get0_data(id), (gsize) ASN1_STRING_length(id));
        return;
    }
    size = i2d_X509_NAME(X509_get_issuer_name(named), &der);
    g_byte_array_append(sid, der, (guint) size);
    OPENSSL_free(der);
    der = NULL;
    size = i2d_ASN1_INTEGER(X509_get_serialNumber(named), &der);
    g_byte_array_append(sid, der, (guint) size);
    OPENSSL_free(der);
    put(out, LT_DER_SEQUENCE, sid);
}

static GByteArray *
make_signer(const ForgeCms *spec)
{
    GByteArray *out = g_byte_array_new();
    g_autoptr(GByteArray) info = g_byte_array_new();
    g_autoptr(GByteArray) set = g_byte_array_new();
    g_autoptr(GPtrArray) attributes = make_attributes(spec);
    g_autoptr(GBytes) value = NULL;

    put_integer(info, spec->signer_version != 0 ? spec->signer_version : spec->by_key_id ? 3 : 1);
    put_sid(info, spec);
    put_digest(info, digest_of(spec), spec->parameters);
    if (spec->no_attributes) {
        value = sign(spec, g_bytes_get_data(spec->content, NULL), g_bytes_get_size(spec->content));
    } else {
        put_attributes(set, LT_DER_SET, spec, attributes);
        put_attributes(info, LT_DER_CONTEXT_0, spec, attributes);
        value = sign(spec, set->data, set->len);
    }
    if (spec->value != NULL) {
        g_bytes_unref(value);
        value = g_bytes_ref(spec->value);
    }
    put_signature_algorithm(info, spec);
    lt_der_put(info, LT_DER_OCTET_STRING, g_bytes_get_data(value, NULL), g_bytes_get_size(value));
    if (spec->unsigned_attribute) {
        g_autoptr(GPtrArray) one = g_ptr_array_new_with_free_func((GDestroyNotify) g_byte_array_unref);
        g_autoptr(GByteArray) vouched = vouch(spec);

        g_ptr_array_add(one, attribute(spec, "unsigned", "1.2.840.113549.1.9.16.2.14", vouched));
        lt_der_put_set(info, LT_DER_CONTEXT_1, one);
    }
    put(out, LT_DER_SEQUENCE, info);
    return out;
}

static void
put_certificates(GByteArray *out, const ForgeCms *spec)
{
    X509 *own[] = { spec->certificate, NULL };
    X509 *const *list = spec->certificates != NULL ? spec->certificates : own;
    g_autoptr(GPtrArray) elements = g_ptr_array_new_with_free_func((GDestroyNotify) g_byte_array_unref);

    for (; *list != NULL; list++) {
        GByteArray *element = g_byte_array_new();
        guint8 *der = NULL;
        int size = i2d_X509(*list, &der);

        g_byte_array_append(element, der, (guint) size);
        OPENSSL_free(der);
        g_ptr_array_add(elements, element);
    }
    if (elements->len > 0)
        lt_der_put_set(out, LT_DER_CONTEXT_0, elements);
}

static void
put_digests(GByteArray *out, const ForgeCms *spec)
{
    g_autoptr(GPtrArray) digests = g_ptr_array_new_with_free_func((GDestroyNotify) g_byte_array_unref);

    for (int i = 0; i < (spec->two_digests ? 2 : 1); i++) {
        GByteArray *element = g_byte_array_new();

        put_digest(element, i == 1 ? "SHA512" : spec->declared_digest != NULL ? spec->declared_digest : digest_of(spec), spec->parameters);
        g_ptr_array_add(digests, element);
    }
    lt_der_put_set(out, LT_DER_SET, digests);
}

GBytes *
forge_cms(const ForgeCms *spec)
{
    GByteArray *out = g_byte_array_new();
    g_autoptr(GByteArray) data = g_byte_array_new();
    g_autoptr(GByteArray) part = g_byte_array_new();
    g_autoptr(GByteArray) outer = g_byte_array_new();
    g_autoptr(GPtrArray) signers = g_ptr_array_new_with_free_func((GDestroyNotify) g_byte_array_unref);

    put_integer(data, spec->version != 0 ? spec->version : spec->by_key_id ? 3 : 1);
    put_digests(data, spec);
    put_oid(part, spec->inner_type != NULL ? spec->inner_type : "1.2.840.113549.1.7.1");
    if (spec->attached) {
        g_autoptr(GByteArray) content = g_byte_array_new();

        lt_der_put(content, LT_DER_OCTET_STRING, g_bytes_get_data(spec->content, NULL), g_bytes_get_size(spec->content));
        put(part, LT_DER_CONTEXT_0, content);
    }
    put(data, LT_DER_SEQUENCE, part);
    put_certificates(data, spec);
    if (spec->crl) {
        g_autoptr(GByteArray) crls = g_byte_array_new();

        lt_der_put(crls, LT_DER_SEQUENCE, "", 0);
        put(data, LT_DER_CONTEXT_1, crls);
    }
    for (int i = 0; i < (spec->no_signer ? 0 : spec->two_signers ? 2 : 1); i++)
        g_ptr_array_add(signers, make_signer(spec));
    lt_der_put_set(data, LT_DER_SET, signers);
    g_byte_array_set_size(part, 0);
    put(part, LT_DER_SEQUENCE, data);
    put_oid(outer, spec->content_type != NULL ? spec->content_type : "1.2.840.113549.1.7.2");
    put(outer, LT_DER_CONTEXT_0, part);
    put(out, LT_DER_SEQUENCE, outer);
    return g_byte_array_free_to_bytes(out);
}

