/* SPDX-License-Identifier: Apache-2.0 */
/* authority.c: root, certificates and CRL of a small authority. What it wrote is listed in issued.tsv, and the CRL follows from that list alone. */
#include "trust/authority.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "base/value.h"
#include "trust/certificates.h"

#define DEMO_ORGANISATION "Lienthong Hub demo"
#define SERIAL_BYTES 16
#define SECONDS_A_DAY 86400

G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_CRL, X509_CRL_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)

static gboolean
fail(GError **error, const char *what)
{
    char text[160];

    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    lt_error_set(error, LT_ERROR_INTERNAL, "pki", "%s: %s", what, text);
    ERR_clear_error();
    return FALSE;
}

static char *
file_of(const char *folder, const char *name, const char *suffix)
{
    g_autofree char *base = g_strconcat(name, suffix, NULL);

    return g_build_filename(folder, base, NULL);
}

/* PEM goes to memory first, so that a file is written whole, with its mode, or not at all. */
static gboolean
write_file(const char *path, BIO *pem, int mode, GError **error)
{
    char *data;
    long size = BIO_get_mem_data(pem, &data);
    g_autoptr(GError) cause = NULL;

    if (g_file_set_contents_full(path, data, size, G_FILE_SET_CONTENTS_CONSISTENT, mode, &cause))
        return TRUE;
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "pki", "%s", cause->message);
    return FALSE;
}

static gboolean
write_key(const char *path, EVP_PKEY *key, GError **error)
{
    g_autoptr(BIO) pem = BIO_new(BIO_s_mem());

    return PEM_write_bio_PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL) == 1 ? write_file(path, pem, 0600, error) : fail(error, path);
}

static gboolean
write_certificate(const char *path, X509 *certificate, GError **error)
{
    g_autoptr(BIO) pem = BIO_new(BIO_s_mem());

    return PEM_write_bio_X509(pem, certificate) == 1 ? write_file(path, pem, 0644, error) : fail(error, path);
}

static BIO *
open_pem(const char *path, GError **error)
{
    BIO *pem = BIO_new_file(path, "r");

    if (pem == NULL) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "pki", "cannot read %s: %s", path, g_strerror(errno));
        ERR_clear_error();
    }
    return pem;
}

static X509 *
read_certificate(const char *path, GError **error)
{
    g_autoptr(BIO) pem = open_pem(path, error);
    X509 *certificate = pem == NULL ? NULL : PEM_read_bio_X509(pem, NULL, NULL, NULL);

    if (pem != NULL && certificate == NULL)
        fail(error, path);
    return certificate;
}

static EVP_PKEY *
read_key(const char *path, gboolean private_key, GError **error)
{
    g_autoptr(BIO) pem = open_pem(path, error);
    EVP_PKEY *key = pem == NULL          ? NULL
                    : private_key ? PEM_read_bio_PrivateKey(pem, NULL, NULL, NULL)
                                         : PEM_read_bio_PUBKEY(pem, NULL, NULL, NULL);

    if (pem != NULL && key == NULL)
        fail(error, path);
    return key;
}

static EVP_PKEY *
make_key(const char *algorithm, GError **error)
{
    EVP_PKEY *key = NULL;

    if (strcmp(algorithm, "p256") == 0)
        key = EVP_EC_gen("P-256");
    else if (strcmp(algorithm, "p384") == 0)
        key = EVP_EC_gen("P-384");
    else if (strcmp(algorithm, "rsa3072") == 0)
        key = EVP_RSA_gen(3072);
    else if (strcmp(algorithm, "ed25519") == 0)
        key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    else
        lt_error_set(error, LT_ERROR_CONFIG, "pki", "no algorithm \"%s\": p256, p384 or rsa3072", algorithm);
    return key;
}

static const EVP_MD *
digest_for(EVP_PKEY *key)
{
    return EVP_PKEY_get_bits(key) == 384 ? EVP_sha384() : EVP_sha256();
}

static gboolean
set_serial(X509 *certificate)
{
    guint8 bytes[SERIAL_BYTES];
    BIGNUM *number;
    gboolean good;

    lt_random_bytes(bytes, sizeof bytes);
    bytes[0] &= 0x7f;
    bytes[0] |= 0x40;
    number = BN_bin2bn(bytes, sizeof bytes, NULL);
    good = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return good;
}

static char *
serial_hex(const ASN1_INTEGER *serial)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(serial, NULL);
    char *text = number == NULL ? NULL : BN_bn2hex(number);
    char *copy = g_ascii_strdown(text == NULL ? "" : text, -1);

    OPENSSL_free(text);
    BN_free(number);
    return copy;
}

static gboolean
add_name(X509_NAME *name, const char *field, const char *value)
{
    return value == NULL || X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const guint8 *) value, -1, -1, 0) == 1;
}

static gboolean
add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    gboolean good;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    good = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return good;
}

static gboolean
set_times(X509 *certificate, gint64 days)
{
    time_t now = (time_t) (lt_time_now_us() / LT_US_PER_SECOND);

    /* A minute back: two machines' clocks never agree to the second. */
    return X509_set_version(certificate, X509_VERSION_3) == 1 && ASN1_TIME_set(X509_getm_notBefore(certificate), now - 60) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), now + days * SECONDS_A_DAY) != NULL;
}

gboolean
lt_authority_create(const char *folder, const char *name, gboolean demo, gint64 days, GError **error)
{
    g_autofree char *certificate_path = file_of(folder, "root", ".pem");
    g_autofree char *key_path = file_of(folder, "root", ".key");
    g_autoptr(EVP_PKEY) key = make_key("p256", error);
    g_autoptr(X509) root = X509_new();
    X509_NAME *subject = X509_get_subject_name(root);

    if (key == NULL)
        return FALSE;
    if (g_mkdir_with_parents(folder, 0700) != 0 || g_file_test(key_path, G_FILE_TEST_EXISTS)) {
        lt_error_set(error, LT_ERROR_CONFIG, "pki", "%s: %s", folder, g_file_test(key_path, G_FILE_TEST_EXISTS) ? "has a root already" : g_strerror(errno));
        return FALSE;
    }
    if (!set_serial(root) || !set_times(root, days) || !add_name(subject, "O", demo ? DEMO_ORGANISATION : "Lienthong Hub") || !add_name(subject, "CN", name) ||
        X509_set_issuer_name(root, subject) != 1 || X509_set_pubkey(root, key) != 1 || !add_extension(root, root, NID_basic_constraints, "critical,CA:TRUE") ||
        !add_extension(root, root, NID_key_usage, "critical,keyCertSign,cRLSign") || !add_extension(root, root, NID_subject_key_identifier, "hash") ||
        X509_sign(root, key, EVP_sha256()) == 0)
        return fail(error, "root");
    return write_key(key_path, key, error) && write_certificate(certificate_path, root, error) && lt_authority_write_crl(folder, 30, error);
}

static gboolean
add_usage(X509 *certificate, X509 *root, const LtIssue *issue)
{
    static const char *const extended[] = { "emailProtection", "clientAuth", "serverAuth" };
    static const char *const usage[] = { "critical,digitalSignature,nonRepudiation", "critical,digitalSignature", "critical,digitalSignature" };
    g_autofree char *host = issue->host == NULL ? NULL : g_strdup_printf("%s:%s", g_hostname_is_ip_address(issue->host) ? "IP" : "DNS", issue->host);

    return add_extension(certificate, root, NID_basic_constraints, "critical,CA:FALSE") && add_extension(certificate, root, NID_key_usage, usage[issue->use]) &&
           add_extension(certificate, root, NID_ext_key_usage, extended[issue->use]) && add_extension(certificate, root, NID_subject_key_identifier, "hash") &&
           add_extension(certificate, root, NID_authority_key_identifier, "keyid:always") &&
           (host == NULL || add_extension(certificate, root, NID_subject_alt_name, host));
}

static X509 *
make_certificate(X509 *root, EVP_PKEY *root_key, EVP_PKEY *key, const LtIssue *issue, GError **error)
{
    g_autoptr(X509) certificate = X509_new();
    X509_NAME *subject = X509_get_subject_name(certificate);

    if (set_serial(certificate) && set_times(certificate, issue->days) && add_name(subject, "C", "VN") && add_name(subject, "CN", issue->subject) &&
        add_name(subject, "serialNumber", issue->unit) && X509_set_issuer_name(certificate, X509_get_subject_name(root)) == 1 &&
        X509_set_pubkey(certificate, key) == 1 && add_usage(certificate, root, issue) && X509_sign(certificate, root_key, digest_for(root_key)) != 0)
        return g_steal_pointer(&certificate);
    fail(error, issue->file);
    return NULL;
}

/* issued.tsv grows by one line per certificate; a revocation replaces the "-" of its line. */
static gboolean
list_issued(const char *folder, X509 *certificate, const LtIssue *issue, GError **error)
{
    g_autofree char *path = file_of(folder, "issued", ".tsv");
    g_autofree char *before = NULL;
    g_autofree char *serial = serial_hex(X509_get0_serialNumber(certificate));
    g_autofree char *after = NULL;

    g_file_get_contents(path, &before, NULL, NULL);
    after = g_strdup_printf("%s%s\t%s\t%s\t-\n", before == NULL ? "" : before, serial, issue->file, issue->subject);
    return g_file_set_contents(path, after, -1, error);
}

/* Whose signing key it is, in the form that `lthub envelope check` reads: so a lab's folder is a folder of trust. */
static gboolean
list_unit(const char *folder, const LtIssue *issue, const char *spki, GError **error)
{
    g_autofree char *path = file_of(folder, "units", ".tsv");
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;

    if (issue->use != LT_USE_SIGN || issue->unit == NULL)
        return TRUE;
    g_file_get_contents(path, &before, NULL, NULL);
    after = g_strdup_printf("%s%s\t%s\n", before == NULL ? "unit\tsigning key\n" : before, issue->unit, spki);
    return g_file_set_contents(path, after, -1, error);
}

char *
lt_authority_issue(const char *folder, const LtIssue *issue, GError **error)
{
    g_autofree char *root_path = file_of(folder, "root", ".pem");
    g_autofree char *root_key_path = file_of(folder, "root", ".key");
    g_autofree char *path = file_of(folder, issue->file, ".pem");
    g_autofree char *key_path = file_of(folder, issue->file, ".key");
    g_autoptr(X509) root = read_certificate(root_path, error);
    g_autoptr(EVP_PKEY) root_key = root == NULL ? NULL : read_key(root_key_path, TRUE, error);
    g_autoptr(EVP_PKEY) key = NULL;
    g_autoptr(X509) certificate = NULL;
    g_autofree char *text = NULL;
    g_autofree char *spki = NULL;
    gsize size;

    if (root_key == NULL)
        return NULL;
    key = issue->public_key != NULL ? read_key(issue->public_key, FALSE, error) : make_key(issue->algorithm, error);
    certificate = key == NULL ? NULL : make_certificate(root, root_key, key, issue, error);
    if (certificate == NULL || (issue->public_key == NULL && !write_key(key_path, key, error)) || !write_certificate(path, certificate, error) ||
        !list_issued(folder, certificate, issue, error) || !g_file_get_contents(path, &text, &size, error))
        return NULL;
    spki = lt_certificate_spki((const guint8 *) text, size, error);
    return spki != NULL && list_unit(folder, issue, spki, error) ? g_steal_pointer(&spki) : NULL;
}

static gboolean
add_revoked(X509_CRL *crl, const char *serial, gint64 at_s)
{
    X509_REVOKED *revoked = X509_REVOKED_new();
    ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t) at_s);
    BIGNUM *number = NULL;
    ASN1_INTEGER *integer = BN_hex2bn(&number, serial) == 0 ? NULL : BN_to_ASN1_INTEGER(number, NULL);
    gboolean good = integer != NULL && X509_REVOKED_set_serialNumber(revoked, integer) == 1 && X509_REVOKED_set_revocationDate(revoked, at) == 1 &&
                    X509_CRL_add0_revoked(crl, revoked) == 1;

    if (!good)
        X509_REVOKED_free(revoked);
    ASN1_INTEGER_free(integer);
    ASN1_TIME_free(at);
    BN_free(number);
    return good;
}

static gboolean
fill_crl(X509_CRL *crl, const char *folder)
{
    g_autofree char *path = file_of(folder, "issued", ".tsv");
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return TRUE; /* nothing was issued yet */
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_auto(GStrv) fields = g_strsplit(*line, "\t", 4);

        if (g_strv_length(fields) == 4 && strcmp(fields[3], "-") != 0 && !add_revoked(crl, fields[0], g_ascii_strtoll(fields[3], NULL, 10)))
            return FALSE;
    }
    return X509_CRL_sort(crl) == 1;
}

static gboolean
add_crl_extensions(X509_CRL *crl, X509 *root, gint64 number)
{
    X509V3_CTX context;
    ASN1_INTEGER *integer = ASN1_INTEGER_new();
    X509_EXTENSION *extension;
    gboolean good;

    X509V3_set_ctx(&context, root, NULL, NULL, crl, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, NID_authority_key_identifier, "keyid:always");
    good = extension != NULL && X509_CRL_add_ext(crl, extension, -1) == 1 && ASN1_INTEGER_set_int64(integer, number) == 1 &&
           X509_CRL_add1_ext_i2d(crl, NID_crl_number, integer, 0, 0) == 1;
    X509_EXTENSION_free(extension);
    ASN1_INTEGER_free(integer);
    return good;
}

gboolean
lt_authority_write_crl(const char *folder, gint64 days, GError **error)
{
    g_autofree char *root_path = file_of(folder, "root", ".pem");
    g_autofree char *root_key_path = file_of(folder, "root", ".key");
    g_autofree char *path = file_of(folder, "crl", ".pem");
    g_autoptr(X509) root = read_certificate(root_path, error);
    g_autoptr(EVP_PKEY) key = root == NULL ? NULL : read_key(root_key_path, TRUE, error);
    g_autoptr(X509_CRL) crl = X509_CRL_new();
    g_autoptr(BIO) pem = BIO_new(BIO_s_mem());
    gint64 now_s = lt_time_now_us() / LT_US_PER_SECOND;
    ASN1_TIME *this_update = ASN1_TIME_set(NULL, (time_t) (now_s - 60));
    ASN1_TIME *next_update = ASN1_TIME_set(NULL, (time_t) (now_s + days * SECONDS_A_DAY));
    gboolean good = key != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
                    X509_CRL_set_issuer_name(crl, X509_get_subject_name(root)) == 1 && X509_CRL_set1_lastUpdate(crl, this_update) == 1 &&
                    X509_CRL_set1_nextUpdate(crl, next_update) == 1 && fill_crl(crl, folder) && add_crl_extensions(crl, root, now_s) &&
                    X509_CRL_sign(crl, key, digest_for(key)) != 0 && PEM_write_bio_X509_CRL(pem, crl) == 1;

    ASN1_TIME_free(this_update);
    ASN1_TIME_free(next_update);
    if (good)
        return write_file(path, pem, 0644, error);
    return key == NULL ? FALSE : fail(error, "CRL");
}

gboolean
lt_authority_revoke(const char *folder, const char *certificate_path, gint64 crl_days, GError **error)
{
    g_autofree char *path = file_of(folder, "issued", ".tsv");
    g_autoptr(X509) certificate = read_certificate(certificate_path, error);
    g_autofree char *serial = certificate == NULL ? NULL : serial_hex(X509_get0_serialNumber(certificate));
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    g_autofree char *after = NULL;
    gboolean found = FALSE;

    if (serial == NULL || !g_file_get_contents(path, &text, NULL, error))
        return FALSE;
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        if (g_str_has_prefix(*line, serial) && g_str_has_suffix(*line, "\t-")) {
            char *changed = g_strdup_printf("%.*s%" G_GINT64_FORMAT, (int) strlen(*line) - 1, *line, lt_time_now_us() / LT_US_PER_SECOND);

            g_free(*line);
            *line = changed;
            found = TRUE;
        }
    }
    if (!found) {
        lt_error_set(error, LT_ERROR_NOT_FOUND, "pki", "%s: %s is not a certificate of this authority that is in force", folder, certificate_path);
        return FALSE;
    }
    after = g_strjoinv("\n", lines);
    return g_file_set_contents(path, after, -1, error) && lt_authority_write_crl(folder, crl_days, error);
}

gboolean
lt_authority_is_demo(const char *path, gboolean *demo, GError **error)
{
    g_autoptr(X509) certificate = read_certificate(path, error);
    char organisation[64] = "";

    if (certificate == NULL)
        return FALSE;
    X509_NAME_get_text_by_NID(X509_get_issuer_name(certificate), NID_organizationName, organisation, sizeof organisation);
    *demo = strcmp(organisation, DEMO_ORGANISATION) == 0;
    return TRUE;
}

gboolean
lt_log_key_create(const char *path, GError **error)
{
    g_autoptr(EVP_PKEY) key = NULL;

    if (g_file_test(path, G_FILE_TEST_EXISTS)) {
        lt_error_set(error, LT_ERROR_CONFIG, "pki", "%s is there already; a log key is never written over", path);
        return FALSE;
    }
    key = make_key("ed25519", error);
    return key == NULL ? fail(error, path) : write_key(path, key, error);
}
