/* SPDX-License-Identifier: Apache-2.0 */
/* revocation.c: revocation lists: the newest of each authority, what is kept of them beside a message, and what the log says of them. */
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "trust/certificates.h"
#include "trust/digest.h"
#include "trust/record.h"
#include "trust/signer-certificate.h"

gint64
lt_certificate_time(const ASN1_TIME *at, gint64 otherwise)
{
    struct tm parts;

    return at != NULL && ASN1_TIME_to_tm(at, &parts) == 1 ? (gint64) timegm(&parts) * LT_US_PER_SECOND : otherwise;
}

X509_CRL *
lt_crls_newest(const GPtrArray *crls, X509 *x509)
{
    X509_CRL *newest = NULL;

    for (guint i = 0; i < crls->len; i++) {
        X509_CRL *crl = g_ptr_array_index(crls, i);

        if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(x509)) == 0 &&
            (newest == NULL || lt_certificate_time(X509_CRL_get0_lastUpdate(crl), 0) > lt_certificate_time(X509_CRL_get0_lastUpdate(newest), 0)))
            newest = crl;
    }
    return newest;
}

/* What a later verifier needs to judge as we did: a list that comes afterwards may name a certificate that was good. */
void
lt_crls_keep_with(LtSignerCertificate *signer, const GPtrArray *crls)
{
    struct _LtSignerPrivate *private = signer->private;
    BIO *out = BIO_new(BIO_s_mem());
    char *data = NULL;
    long size;

    g_clear_pointer(&private->crls, g_bytes_unref);
    for (guint i = 0; i < crls->len; i++)
        PEM_write_bio_X509_CRL(out, g_ptr_array_index(crls, i));
    size = BIO_get_mem_data(out, &data);
    if (size > 0) {
        private->crls = g_bytes_new(data, (gsize) size);
        lt_sha256(data, (gsize) size, private->crls_sha256);
    }
    BIO_free(out);
}

static gint64
number_of(X509_CRL *crl)
{
    ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
    gint64 value = -1;

    if (number == NULL || ASN1_INTEGER_get_int64(&value, number) != 1 || value < 0 || value > LT_RECORD_MAX_INTEGER)
        value = -1;
    ASN1_INTEGER_free(number);
    return value;
}

static void
read_crl_facts(X509_CRL *crl, LtCrlFacts *out)
{
    guint8 digest[LT_SHA256_SIZE], *der = NULL;
    int size = i2d_X509_NAME(X509_CRL_get_issuer(crl), &der);

    lt_sha256(der, (gsize) MAX(size, 0), digest);
    lt_hex_write(digest, sizeof digest, out->ca_hex);
    OPENSSL_free(der);
    der = NULL;
    size = i2d_X509_CRL(crl, &der);
    lt_sha256(der, (gsize) MAX(size, 0), digest);
    lt_hex_write(digest, sizeof digest, out->sha_hex);
    OPENSSL_free(der);
    out->number = number_of(crl);
    out->made_us = lt_certificate_time(X509_CRL_get0_lastUpdate(crl), 0);
    out->next_us = lt_certificate_time(X509_CRL_get0_nextUpdate(crl), 0);
}

GArray *
lt_trust_list_crls(LtTrust *self)
{
    const GPtrArray *crls = lt_trust_get_crls(self);
    GArray *list = g_array_new(FALSE, TRUE, sizeof(LtCrlFacts));

    g_array_set_size(list, crls->len);
    for (guint i = 0; i < crls->len; i++)
        read_crl_facts(crls->pdata[i], &g_array_index(list, LtCrlFacts, i));
    return list;
}
