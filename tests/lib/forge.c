/* SPDX-License-Identifier: Apache-2.0 */
/* forge.c: keys, certificates and CRLs by OpenSSL, and a trust made of them. */
#include "lib/forge.h"

#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

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

