/* SPDX-License-Identifier: Apache-2.0 */
/* forge.c: keys, certificates and CRLs by OpenSSL; signatures written by hand, element by element, so that each can be wrong. */
#include "lib/forge.h"

#include <glib/gstdio.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "trust/der.h"
#include "trust/digest.h"
#include "trust/manifest.h"

EVP_PKEY *
forge_key(const char *kind)
{
    EVP_PKEY *key;

    if (g_str_has_prefix(kind, "RSA:"))
        key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t) g_ascii_strtoull(kind + 4, NULL, 10));
    else if (strcmp(kind, "ED25519") == 0)
        key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
    else
        key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind);
    g_assert_nonnull(key);
    return key;
}

static void
add_extension(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    g_assert_nonnull(extension);
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
}

X509 *
forge_certificate(const ForgeCertificate *spec)
{
    X509 *x509 = X509_new();
    X509_NAME *name = X509_get_subject_name(x509);
    X509 *issuer = spec->issuer != NULL ? spec->issuer : x509;
    const char *usage = spec->usage != NULL ? spec->usage : spec->authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature";

    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), spec->serial);
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const guint8 *) "Test only", -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const guint8 *) spec->subject, -1, -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(issuer));
    ASN1_TIME_set(X509_getm_notBefore(x509), FORGE_NOW + (spec->from_s != 0 ? spec->from_s : -FORGE_DAY));
    ASN1_TIME_set(X509_getm_notAfter(x509), FORGE_NOW + (spec->until_s != 0 ? spec->until_s : 365 * FORGE_DAY));
    X509_set_pubkey(x509, spec->key);
    add_extension(x509, issuer, NID_basic_constraints, spec->authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (usage[0] != '\0')
        add_extension(x509, issuer, NID_key_usage, usage);
    if (spec->extended != NULL)
        add_extension(x509, issuer, NID_ext_key_usage, spec->extended);
    add_extension(x509, issuer, NID_subject_key_identifier, "hash");
    if (spec->issuer != NULL)
        add_extension(x509, issuer, NID_authority_key_identifier, "keyid");
    g_assert_cmpint(X509_sign(x509, spec->issuer_key != NULL ? spec->issuer_key : spec->key, EVP_sha256()), >, 0);
    return x509;
}

X509_CRL *
forge_crl(X509 *issuer, EVP_PKEY *key, gint64 made_s, gint64 next_s, const long *revoked)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *time = ASN1_TIME_new();

    X509_CRL_set_version(crl, 1);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer));
    X509_CRL_set1_lastUpdate(crl, ASN1_TIME_set(time, FORGE_NOW + made_s));
    for (; revoked != NULL && *revoked != 0; revoked++) {
        X509_REVOKED *row = X509_REVOKED_new();
        ASN1_INTEGER *serial = ASN1_INTEGER_new();

        ASN1_INTEGER_set(serial, *revoked);
        X509_REVOKED_set_serialNumber(row, serial);
        X509_REVOKED_set_revocationDate(row, time);
        X509_CRL_add0_revoked(crl, row);
        ASN1_INTEGER_free(serial);
    }
    X509_CRL_set1_nextUpdate(crl, ASN1_TIME_set(time, FORGE_NOW + next_s));
    X509_CRL_sort(crl);
    g_assert_cmpint(X509_CRL_sign(crl, key, EVP_sha256()), >, 0);
    ASN1_TIME_free(time);
    return crl;
}

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

LtTrust *
forge_trust(const Forge *self, X509 *const *anchors, X509_CRL *const *crls)
{
    g_autofree char *root = g_build_filename(self->folder, "root.pem", NULL);
    g_autofree char *crl = g_build_filename(self->folder, "crl.pem", NULL);
    g_autoptr(GError) error = NULL;
    BIO *out = BIO_new_file(root, "w");
    LtTrust *trust;

    for (; *anchors != NULL; anchors++)
        PEM_write_bio_X509(out, *anchors);
    BIO_free(out);
    out = BIO_new_file(crl, "w");
    for (X509_CRL *const *at = crls; at != NULL && *at != NULL; at++)
        PEM_write_bio_X509_CRL(out, *at);
    BIO_free(out);
    trust = lt_trust_load(root, crls != NULL ? crl : NULL, FORGE_DAY * LT_US_PER_SECOND, &error);
    g_assert_no_error(error);
    return trust;
}

X509 *
forge_issue(const Forge *self, const ForgeCertificate *spec)
{
    ForgeCertificate filled = *spec;

    filled.issuer = spec->issuer != NULL ? spec->issuer : self->root;
    filled.issuer_key = spec->issuer_key != NULL ? spec->issuer_key : self->root_key;
    filled.key = spec->key != NULL ? spec->key : self->key;
    filled.subject = spec->subject != NULL ? spec->subject : "H52.101";
    return forge_certificate(&filled);
}

Forge *
forge_new(void)
{
    Forge *self = g_new0(Forge, 1);
    X509_CRL *crls[2] = { NULL };
    X509 *anchors[2] = { NULL };

    self->folder = g_dir_make_tmp("lthub-forge-XXXXXX", NULL);
    self->root_key = forge_key("P-256");
    self->key = forge_key("P-256");
    anchors[0] = self->root = forge_certificate(&(ForgeCertificate){ .subject = "Test Root", .key = self->root_key, .authority = TRUE, .serial = 1 });
    self->certificate = forge_issue(self, &(ForgeCertificate){ .serial = 2 });
    crls[0] = forge_crl(self->root, self->root_key, -3600, 30 * FORGE_DAY, (const long[]){ 666, 0 });
    self->trust = forge_trust(self, anchors, crls);
    X509_CRL_free(crls[0]);
    return self;
}

void
forge_free(Forge *self)
{
    g_autofree char *root = g_build_filename(self->folder, "root.pem", NULL);
    g_autofree char *crl = g_build_filename(self->folder, "crl.pem", NULL);

    g_unlink(root);
    g_unlink(crl);
    g_rmdir(self->folder);
    g_free(self->folder);
    EVP_PKEY_free(self->root_key);
    EVP_PKEY_free(self->key);
    X509_free(self->root);
    X509_free(self->certificate);
    lt_trust_unref(self->trust);
    g_free(self);
}

#define HEADER_START                                                                                                   \
    "{\"v\":\"hub-env/1\",\"id\":\"01a20925-06a3-7edc-9a84-96b5e6757771\",\"type\":\"dossier.submit\",\"from\":\"H52.101\","  \
    "\"to\":\"H52\",\"issued\":\"" FORGE_ISSUED "\",\"expires\":\"2026-11-24T16:03:00Z\",\"seq\":1,"                   \
    "\"nonce\":\"MgZHmtRbQND5EzxPciI62nbEuynWUzBFnl2mE+Yk7dA=\",\"dossier\":\"c9d5d49c-b56f-4552-96a3-c9b95ec99950\","
#define PAYLOAD "{\"code\":\"H52.101-261123-0001\"}"

typedef struct {
    GPtrArray *names; /* of char * */
    GPtrArray *contents; /* of GBytes * */
} Parts;

static void
add_part(Parts *parts, const char *name, const char *content)
{
    g_ptr_array_add(parts->names, g_strdup(name));
    g_ptr_array_add(parts->contents, g_bytes_new(content, strlen(content)));
}

static char *
swap(const char *text, const char *find, const char *replace)
{
    g_auto(GStrv) pieces = find != NULL ? g_strsplit(text, find, 2) : NULL;

    if (find == NULL)
        return g_strdup(text);
    g_assert_cmpuint(g_strv_length(pieces), ==, 2);
    return g_strconcat(pieces[0], replace, pieces[1], NULL);
}

static const char *
type_of(const char *name)
{
    return strcmp(name, "payload.xml") == 0 ? "application/xml" : g_str_has_prefix(name, "att/") ? "application/pdf" : "application/json";
}

static char *
describe_parts(const Parts *parts)
{
    GString *out = g_string_new(HEADER_START "\"parts\":[");

    for (guint i = 1; i < parts->names->len; i++)
        g_string_append_printf(out, "%s{\"name\":\"%s\",\"role\":\"%s\",\"mediaType\":\"%s\",\"size\":%" G_GSIZE_FORMAT "}", i > 1 ? "," : "",
                               (char *) parts->names->pdata[i], i == 1 ? "payload" : "evidence", type_of(parts->names->pdata[i]),
                               g_bytes_get_size(parts->contents->pdata[i]));
    g_string_append(out, "]}");
    return g_string_free(out, FALSE);
}

static void
collect_parts(const ForgeEnvelope *spec, Parts *parts)
{
    guint n = spec->n_attachments == 0 ? 2 : spec->n_attachments == G_MAXUINT ? 0 : spec->n_attachments;
    g_autofree char *made = NULL, *header = NULL;

    add_part(parts, "envelope.json", "");
    if (spec->payload == NULL || spec->payload[0] != '\0')
        add_part(parts, spec->payload_name != NULL ? spec->payload_name : "payload.json", spec->payload != NULL ? spec->payload : PAYLOAD);
    for (guint i = 1; i <= n; i++) {
        g_autofree char *name = g_strdup_printf("att/%04u", i);

        add_part(parts, name, "%PDF-1.4 sample");
    }
    made = describe_parts(parts);
    header = swap(spec->header != NULL ? spec->header : made, spec->find, spec->replace);
    g_bytes_unref(parts->contents->pdata[0]);
    parts->contents->pdata[0] = g_bytes_new(header, strlen(header));
}

static GBytes *
make_manifest(const ForgeEnvelope *spec, const Parts *parts)
{
    g_autofree LtManifestRow *rows = g_new0(LtManifestRow, parts->names->len);
    g_autofree guint8 *digests = g_malloc(parts->names->len * LT_SHA256_SIZE);
    g_autoptr(GBytes) good = NULL;
    g_autofree char *text = NULL;
    char *changed;

    for (guint i = 0; i < parts->names->len; i++) {
        lt_sha256(g_bytes_get_data(parts->contents->pdata[i], NULL), g_bytes_get_size(parts->contents->pdata[i]), digests + i * LT_SHA256_SIZE);
        rows[i] = (LtManifestRow){ parts->names->pdata[i], type_of(parts->names->pdata[i]), digests + i * LT_SHA256_SIZE };
    }
    good = lt_manifest_write(rows, parts->names->len);
    text = g_strndup(g_bytes_get_data(good, NULL), g_bytes_get_size(good));
    changed = swap(text, spec->manifest_find, spec->manifest_replace);
    return g_bytes_new_take(changed, strlen(changed));
}

static void
change(Parts *parts, const char *name)
{
    for (guint i = 0; name != NULL && i < parts->names->len; i++)
        if (strcmp(parts->names->pdata[i], name) == 0) {
            gsize size;
            guint8 *data = g_bytes_unref_to_data(parts->contents->pdata[i], &size);

            data[size - 2] ^= 1;
            parts->contents->pdata[i] = g_bytes_new_take(data, size);
        }
}

static GBytes *
pack(const Parts *parts)
{
    g_autofree LtEntrySource *entries = g_new0(LtEntrySource, parts->names->len);

    for (guint i = 0; i < parts->names->len; i++) {
        gsize size;
        const guint8 *data = g_bytes_get_data(parts->contents->pdata[i], &size);

        entries[i] = (LtEntrySource){ .name = parts->names->pdata[i], .bytes = parts->contents->pdata[i], .crc32 = lt_crc32(0, data, size) };
    }
    return lt_container_build(entries, parts->names->len, NULL);
}

GBytes *
forge_envelope(const Forge *self, const ForgeEnvelope *spec, char **manifest_hex)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) contents = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    Parts parts = { names, contents };
    ForgeCms cms = spec->cms;
    GBytes *manifest;

    collect_parts(spec, &parts);
    manifest = make_manifest(spec, &parts);
    if (manifest_hex != NULL)
        *manifest_hex = lt_sha256_dup_hex(g_bytes_get_data(manifest, NULL), g_bytes_get_size(manifest));
    change(&parts, spec->changed);
    cms.certificate = cms.certificate != NULL ? cms.certificate : self->certificate;
    cms.key = cms.key != NULL ? cms.key : self->key;
    cms.content = cms.content != NULL ? cms.content : manifest;
    g_ptr_array_add(names, g_strdup("META-INF/ASiCManifest001.xml"));
    g_ptr_array_add(contents, manifest);
    g_ptr_array_add(names, g_strdup("META-INF/signature001.p7s"));
    g_ptr_array_add(contents, spec->signature != NULL ? g_bytes_ref(spec->signature) : forge_cms(&cms));
    g_ptr_array_insert(names, 0, g_strdup("mimetype"));
    g_ptr_array_insert(contents, 0, g_bytes_new_static(LT_CONTAINER_MEDIA_TYPE, strlen(LT_CONTAINER_MEDIA_TYPE)));
    return pack(&parts);
}
