/* SPDX-License-Identifier: Apache-2.0 */
/* signer-certificate.c: the certificates inside a signature.
 *
 * Their own encoding is read by OpenSSL and written again, which must give the same bytes. Only the signer's certificate and
 * those on its way up may be there. Whether the chain is to be trusted is decided in certificates.c.
 */
#include "trust/signer-certificate.h"

#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "trust/digest.h"
#include "trust/refusal.h"

static void
x509_free(gpointer x509)
{
    X509_free(x509);
}

static X509 *
read_one(const LtDer *der)
{
    const guint8 *at = der->at;
    X509 *x509 = d2i_X509(NULL, &at, (long) der->size);
    g_autofree guint8 *again = NULL;
    guint8 *end;
    int size;

    if (x509 == NULL)
        return NULL;
    size = i2d_X509(x509, NULL);
    if (at == der->at + der->size && size >= 0 && (gsize) size == der->size) {
        again = end = g_malloc((gsize) size);
        i2d_X509(x509, &end);
        if (memcmp(again, der->at, der->size) == 0)
            return x509;
    }
    X509_free(x509);
    return NULL;
}

GPtrArray *
lt_certificates_read(LtDer set, GError **error)
{
    g_autoptr(GPtrArray) certificates = g_ptr_array_new_with_free_func(x509_free);
    LtDer whole;
    guint8 tag;

    while (certificates->len < 2 * LT_CERTIFICATES_MAX && lt_der_take_any(&set, &tag, &whole, NULL)) {
        X509 *x509;

        if (tag != LT_DER_SEQUENCE)
            continue;
        x509 = read_one(&whole);
        if (x509 == NULL) {
            lt_refuse(error, "env.sig.der", "a certificate in the signature is not in DER");
            return NULL;
        }
        g_ptr_array_add(certificates, x509);
    }
    return g_steal_pointer(&certificates);
}

/* Names are compared as OpenSSL does (case and spaces folded); equal bytes spare the reading. */
static gboolean
is_named(X509 *x509, LtDer issuer, LtDer serial)
{
    const ASN1_INTEGER *number = X509_get0_serialNumber(x509);
    const guint8 *at = issuer.at;
    X509_NAME *name;
    gboolean same;
    BIGNUM *a, *b;

    a = ASN1_INTEGER_to_BN(number, NULL);
    b = serial.size > 0 && !(serial.at[0] & 0x80) ? BN_bin2bn(serial.at, (int) serial.size, NULL) : NULL;
    same = a != NULL && b != NULL && BN_cmp(a, b) == 0;
    BN_free(a);
    BN_free(b);
    if (!same)
        return FALSE;
    name = d2i_X509_NAME(NULL, &at, (long) issuer.size);
    same = name != NULL && X509_NAME_cmp(name, X509_get_issuer_name(x509)) == 0;
    X509_NAME_free(name);
    return same;
}

/* Marks what stands on the way up from the signer: the issuer, its issuer, … What is left are strangers. */
static gboolean
are_on_the_way_up(GPtrArray *certificates, X509 *signer)
{
    guint used = 1;
    X509 *at = signer;
    gboolean found = TRUE;

    while (found) {
        found = FALSE;
        for (guint i = used; i < certificates->len && !found; i++) {
            X509 *candidate = g_ptr_array_index(certificates, i);
            int verdict = X509_check_issued(candidate, at);

            if (verdict == X509_V_OK || verdict == X509_V_ERR_KEYUSAGE_NO_CERTSIGN) {
                certificates->pdata[i] = certificates->pdata[used];
                certificates->pdata[used++] = at = candidate;
                found = TRUE;
            }
        }
    }
    return used == certificates->len;
}

LtSignerCertificate *
lt_signer_certificate_find(LtDer set, GPtrArray *certificates, LtDer issuer, LtDer serial, GError **error)
{
    STACK_OF(X509) *others = NULL;
    LtSignerCertificate *self;
    X509 *signer = NULL;
    guint n = 0, n_signers = 0;

    for (guint8 tag; lt_der_take_any(&set, &tag, NULL, NULL); n++)
        if (tag != LT_DER_SEQUENCE)
            n = LT_CERTIFICATES_MAX;
    for (guint i = 0; n <= LT_CERTIFICATES_MAX && i < certificates->len; i++) {
        X509 *candidate = g_ptr_array_index(certificates, i);

        if (is_named(candidate, issuer, serial)) {
            certificates->pdata[i] = certificates->pdata[0];
            certificates->pdata[0] = signer = candidate;
            n_signers++;
        }
    }
    if (n_signers != 1 || n > LT_CERTIFICATES_MAX || !are_on_the_way_up(certificates, signer)) {
        lt_refuse(error, "env.sig.certs", "certificates are not exactly the signer's and those above it (%u, of the signer %u)",
                  n, n_signers);
        return NULL;
    }
    others = sk_X509_new_null();
    for (guint i = 1; i < certificates->len; i++) {
        X509_up_ref(g_ptr_array_index(certificates, i));
        sk_X509_push(others, g_ptr_array_index(certificates, i));
    }
    self = lt_signer_certificate_new(signer, others);
    sk_X509_pop_free(others, X509_free);
    return self;
}

gboolean
lt_signer_certificate_is_named(const LtSignerCertificate *self, LtDer issuer, LtDer serial)
{
    const struct _LtSignerPrivate *private = self->private;

    if (lt_der_equals(&issuer, g_bytes_get_data(private->issuer, NULL), g_bytes_get_size(private->issuer)) &&
        lt_der_equals(&serial, g_bytes_get_data(private->serial, NULL), g_bytes_get_size(private->serial)))
        return TRUE;
    return is_named(private->x509, issuer, serial);
}

/* Named curves and plain RSA only, by the identifiers in the certificate: explicit parameters are another encoding. */
static LtSignerKind
kind_of(X509 *x509)
{
    X509_ALGOR *algorithm = NULL;
    ASN1_OBJECT *type = NULL;
    const ASN1_OBJECT *curve = NULL;
    const void *parameter = NULL;
    int parameter_type = 0, bits;
    EVP_PKEY *key = X509_get0_pubkey(x509);

    if (key == NULL || X509_PUBKEY_get0_param(&type, NULL, NULL, &algorithm, X509_get_X509_PUBKEY(x509)) != 1)
        return LT_SIGNER_OTHER;
    X509_ALGOR_get0(NULL, &parameter_type, &parameter, algorithm);
    bits = EVP_PKEY_get_bits(key);
    if (OBJ_obj2nid(type) == NID_rsaEncryption)
        return bits >= 2048 && bits <= 4096 ? LT_SIGNER_RSA : LT_SIGNER_OTHER;
    if (OBJ_obj2nid(type) != NID_X9_62_id_ecPublicKey || parameter_type != V_ASN1_OBJECT)
        return LT_SIGNER_OTHER;
    curve = parameter;
    if (OBJ_obj2nid(curve) == NID_X9_62_prime256v1)
        return LT_SIGNER_P256;
    return OBJ_obj2nid(curve) == NID_secp384r1 ? LT_SIGNER_P384 : LT_SIGNER_OTHER;
}

static EVP_MD_CTX *
begin_verification(X509 *x509, const LtAlgorithm *algorithm)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters = NULL;

    if (EVP_DigestVerifyInit_ex(context, &parameters, algorithm->digest, NULL, NULL, X509_get0_pubkey(x509), NULL) == 1 &&
        (!algorithm->pss || EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1))
        return context;
    EVP_MD_CTX_free(context);
    return NULL;
}

gboolean
lt_signer_certificate_verify(const LtSignerCertificate *self, const LtAlgorithm *algorithm, int salt_size, const guint8 *signature, gsize signature_size,
                             const guint8 *data, gsize size)
{
    EVP_MD_CTX *context = NULL;
    gboolean valid;

    if (self->private->verification == NULL)
        return FALSE;
    if (algorithm->by_exception) {
        context = begin_verification(self->private->x509, algorithm); /* rare: not kept */
    } else {
        context = EVP_MD_CTX_new();
        if (EVP_MD_CTX_copy_ex(context, self->private->verification) != 1)
            g_clear_pointer(&context, EVP_MD_CTX_free);
    }
    valid = context != NULL &&
            (!algorithm->pss || EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_MD_CTX_get_pkey_ctx(context), salt_size) == 1) &&
            EVP_DigestVerify(context, signature, signature_size, data, size) == 1;
    EVP_MD_CTX_free(context);
    return valid;
}

static char *
dup_subject(X509 *x509)
{
    BIO *out = BIO_new(BIO_s_mem());
    g_autofree char *text = NULL;
    char *data = NULL;
    long size;

    X509_NAME_print_ex(out, X509_get_subject_name(x509), 0, XN_FLAG_RFC2253 & ~(unsigned long) ASN1_STRFLGS_ESC_MSB);
    size = BIO_get_mem_data(out, &data);
    text = g_utf8_make_valid(data, size);
    BIO_free(out);
    return lt_escape_for_log(text);
}

static GBytes *
dup_issuer(X509 *x509)
{
    guint8 *der = NULL;
    int size = i2d_X509_NAME(X509_get_issuer_name(x509), &der);
    GBytes *bytes = g_bytes_new(der, (gsize) MAX(size, 0));

    OPENSSL_free(der);
    return bytes;
}

static GBytes *
dup_serial(X509 *x509)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x509);
    guint8 *der = NULL;
    int size = i2d_ASN1_INTEGER(serial, &der);
    LtDer in = { der, (gsize) MAX(size, 0) }, content = { NULL, 0 };
    GBytes *bytes;

    lt_der_take(&in, LT_DER_INTEGER, NULL, &content);
    bytes = g_bytes_new(content.at, content.size);
    OPENSSL_free(der);
    return bytes;
}

LtSignerCertificate *
lt_signer_certificate_new(X509 *x509, STACK_OF(X509) *others)
{
    LtSignerCertificate *self = g_new0(LtSignerCertificate, 1);
    struct _LtSignerPrivate *private = g_new0(struct _LtSignerPrivate, 1);
    guint8 *der = NULL;
    int size;

    g_atomic_ref_count_init(&private->refs);
    self->private = private;
    X509_up_ref(x509);
    private->x509 = x509;
    private->others = others != NULL ? X509_chain_up_ref(others) : NULL;
    private->kind = kind_of(x509);
    private->verification = private->kind == LT_SIGNER_OTHER ? NULL : begin_verification(x509, lt_algorithm_for_key(private->kind));
    size = i2d_X509(x509, &der);
    EVP_Digest(der, (size_t) size, private->sha256, NULL, EVP_sha256(), NULL);
    EVP_Digest(der, (size_t) size, private->sha384, NULL, EVP_sha384(), NULL);
    OPENSSL_free(der);
    der = NULL;
    size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
    lt_sha256(der, (gsize) size, self->spki_sha256);
    OPENSSL_free(der);
    lt_hex_write(self->spki_sha256, LT_SHA256_SIZE, self->spki_hex);
    private->issuer = dup_issuer(x509);
    private->serial = dup_serial(x509);
    self->subject = dup_subject(x509);
    self->not_before_us = lt_certificate_time(X509_get0_notBefore(x509), G_MININT64);
    self->not_after_us = lt_certificate_time(X509_get0_notAfter(x509), G_MININT64);
    return self;
}

LtSignerCertificate *
lt_signer_certificate_ref(LtSignerCertificate *self)
{
    g_atomic_ref_count_inc(&self->private->refs);
    return self;
}

GBytes *
lt_signer_certificate_get_crls(const LtSignerCertificate *self, const guint8 **sha256)
{
    if (sha256 != NULL)
        *sha256 = self->private->crls_sha256;
    return self->private->crls;
}

void
lt_signer_certificate_unref(LtSignerCertificate *self)
{
    if (self == NULL || !g_atomic_ref_count_dec(&self->private->refs))
        return;
    X509_free(self->private->x509);
    sk_X509_pop_free(self->private->others, X509_free);
    EVP_MD_CTX_free(self->private->verification);
    g_bytes_unref(self->private->issuer);
    g_bytes_unref(self->private->serial);
    g_free(self->private->exception);
    g_clear_pointer(&self->private->crls, g_bytes_unref);
    g_free(self->private);
    g_free(self->subject);
    g_free(self);
}
