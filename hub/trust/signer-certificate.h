/* SPDX-License-Identifier: Apache-2.0 */
/* signer-certificate.h: certificates as a signature carries them: read, the signer's found among them, its key made ready. Private
 * to the room. */
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "trust/algorithm.h"
#include "trust/certificates.h"

#define LT_CERTIFICATES_MAX 4

struct _LtSignerPrivate {
    gatomicrefcount refs;
    X509 *x509;
    STACK_OF(X509) *others;      /* what came with it */
    LtSignerKind kind;           /* LT_SIGNER_OTHER: a key that envelopes may not use */
    EVP_MD_CTX *verification;    /* begun with its key and digest; copied for each use */
    guint8 sha256[LT_SHA256_SIZE];
    guint8 sha384[LT_DIGEST_MAX_SIZE];
    GBytes *issuer, *serial;     /* DER of the name; content of the INTEGER */
    gint64 valid_from_us, valid_until_us; /* while the chain's verdict holds; set by lt_trust_check(), as is: */
    GBytes *crls;                /* nullable: PEM of the lists on which it rests, and their digest: */
    guint8 crls_sha256[LT_SHA256_SIZE];
    char *exception;             /* nullable: by which the certificate's purpose was let pass */
};

/**
 * lt_certificates_read:
 * @set: content of the `certificates` field
 *
 * Errors: `env.sig.der`: one of them is not a certificate, or not in DER
 *
 * Returns: (element-type X509) (transfer full): those that are certificates; more than twice the allowed number are not looked at
 */
GPtrArray *lt_certificates_read(LtDer set, GError **error);

/**
 * lt_signer_certificate_find:
 * @issuer, @serial: of the signer: DER of the name, content of the INTEGER
 *
 * Errors: `env.sig.certs`: it is not among @certificates exactly once, there is a stranger, or there are too many
 */
LtSignerCertificate *lt_signer_certificate_find(LtDer set, GPtrArray *certificates, LtDer issuer, LtDer serial, GError **error);
/** lt_signer_certificate_is_named: do issuer and serial name this certificate? */
gboolean lt_signer_certificate_is_named(const LtSignerCertificate *self, LtDer issuer, LtDer serial);
/** lt_signer_certificate_new: @others: (nullable): counted */
LtSignerCertificate *lt_signer_certificate_new(X509 *x509, STACK_OF(X509) *others);
/** lt_signer_certificate_verify: is @signature that of @data by this key? @algorithm: of its kind */
gboolean lt_signer_certificate_verify(const LtSignerCertificate *self, const LtAlgorithm *algorithm, int salt_size, const guint8 *signature, gsize signature_size,
                                      const guint8 *data, gsize size);

/* The cache of verdicts; @key: SHA-256 of what decides the verdict. */
LtSignerCertificate *lt_trust_lookup_signer(LtTrust *self, const guint8 key[LT_SHA256_SIZE], gint64 now_us);
void lt_trust_keep_signer(LtTrust *self, const guint8 key[LT_SHA256_SIZE], LtSignerCertificate *signer);
/** lt_trust_check: the chain at @now_us. Errors: the codes `env.cert.…`. Sets how long the verdict holds */
gboolean lt_trust_check(LtTrust *self, LtSignerCertificate *signer, gint64 now_us, GError **error);

/* revocation.c */
gint64 lt_certificate_time(const ASN1_TIME *at /* nullable */, gint64 otherwise);
const GPtrArray *lt_trust_get_crls(LtTrust *self);
/** lt_crls_newest: (nullable): the newest list of the issuer of @x509 decides for how long its certificates are known not to be revoked */
X509_CRL *lt_crls_newest(const GPtrArray *crls, X509 *x509);
/** lt_crls_keep_with: what lt_signer_certificate_get_crls() gives from now on */
void lt_crls_keep_with(LtSignerCertificate *signer, const GPtrArray *crls);
