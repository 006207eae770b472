/* SPDX-License-Identifier: Apache-2.0 */
/* test-certificates.c: the verdict on a signer's chain: each fault with its code, the first row first; and how long it is kept. */
#include <openssl/pem.h>
#include <string.h>

#include "lib/forge.h"
#include "trust/cms.h"

typedef struct {
    Forge *forge;
    GBytes *content;
    LtTrust *trust;      /* nullable: instead of the forge's */
    gint64 now_s;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
    (void) data;
    f->forge = forge_new();
    f->content = g_bytes_new_static("manifest\n", 9);
    f->now_s = FORGE_NOW;
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    (void) data;
    lt_trust_unref(f->trust);
    forge_free(f->forge);
    g_bytes_unref(f->content);
}

static void
assert_code(Fixture *f, X509 *const *certificates, EVP_PKEY *key, const char *code)
{
    ForgeCms spec = { .certificate = certificates[0], .certificates = certificates, .key = key, .content = f->content };
    g_autoptr(GBytes) signature = forge_cms(&spec);
    g_autoptr(GError) error = NULL;
    LtCmsFacts facts;
    g_autoptr(LtSignerCertificate) signer = lt_cms_verify(f->trust != NULL ? f->trust : f->forge->trust, signature, f->content,
                                                          f->now_s * LT_US_PER_SECOND, &facts, &error);

    if (code == NULL) {
        g_assert_no_error(error);
        g_assert_nonnull(signer);
        return;
    }
    g_assert_null(signer);
    g_assert_cmpstr(lt_error_get_reason(error), ==, code);
}

static const struct {
    const char *name;
    ForgeCertificate spec;
    const char *code;
} cases[] = {
    { "takes-digital-signature", { .serial = 10 }, NULL },
    { "takes-non-repudiation", { .serial = 10, .usage = "critical,nonRepudiation" }, NULL },
    { "takes-email-protection", { .serial = 10, .extended = "emailProtection,clientAuth" }, NULL },
    { "refuses-expired", { .serial = 10, .from_s = -10 * FORGE_DAY, .until_s = -1 }, "env.cert.expired" },
    { "refuses-not-yet-valid", { .serial = 10, .from_s = 60 }, "env.cert.not-yet-valid" },
    { "refuses-revoked", { .serial = 666 }, "env.cert.revoked" },
    { "refuses-client-auth-only", { .serial = 10, .extended = "clientAuth" }, "env.cert.usage" },
    { "refuses-document-signing-only", { .serial = 10, .extended = "1.3.6.1.5.5.7.3.36" }, "env.cert.usage" },
    { "refuses-any-extended-usage-only", { .serial = 10, .extended = "anyExtendedKeyUsage" }, "env.cert.usage" },
    { "refuses-key-encipherment-only", { .serial = 10, .usage = "critical,keyEncipherment" }, "env.cert.usage" },
    { "refuses-no-key-usage", { .serial = 10, .usage = "" }, "env.cert.usage" },
    { "refuses-revoked-before-usage", { .serial = 666, .extended = "clientAuth" }, "env.cert.revoked" },
    { "refuses-expired-before-revoked", { .serial = 666, .from_s = -10 * FORGE_DAY, .until_s = -1 }, "env.cert.expired" },
    { "refuses-expired-before-usage", { .serial = 10, .from_s = -10 * FORGE_DAY, .until_s = -1, .usage = "critical,keyEncipherment" }, "env.cert.expired" },
};

static void
test_case(Fixture *f, gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    X509 *x509 = forge_issue(f->forge, &cases[i].spec);

    assert_code(f, (X509 *[]){ x509, NULL }, f->forge->key, cases[i].code);
    X509_free(x509);
}

static void
test_untrusted(Fixture *f, gconstpointer data)
{
    EVP_PKEY *other_key = forge_key("P-256");
    X509 *other_root = forge_certificate(&(ForgeCertificate){ .subject = "Test Root", .key = other_key, .authority = TRUE, .serial = 1 });
    X509 *impostor = forge_issue(f->forge, &(ForgeCertificate){ .issuer = other_root, .issuer_key = other_key, .serial = 2 });
    X509 *self_signed = forge_certificate(&(ForgeCertificate){ .subject = "H52.101", .key = f->forge->key, .serial = 3 });
    X509 *expired = forge_issue(f->forge, &(ForgeCertificate){ .issuer = other_root, .issuer_key = other_key, .serial = 4,
                                                                .from_s = -9 * FORGE_DAY, .until_s = -1 });

    (void) data;
    assert_code(f, (X509 *[]){ impostor, NULL }, f->forge->key, "env.cert.untrusted");
    assert_code(f, (X509 *[]){ impostor, other_root, NULL }, f->forge->key, "env.cert.untrusted");
    assert_code(f, (X509 *[]){ self_signed, NULL }, f->forge->key, "env.cert.untrusted");
    assert_code(f, (X509 *[]){ expired, NULL }, f->forge->key, "env.cert.untrusted");
    X509_free(other_root);
    X509_free(impostor);
    X509_free(self_signed);
    X509_free(expired);
    EVP_PKEY_free(other_key);
}

static const struct {
    const char *name;
    gboolean none;
    gint64 made_s, next_s;
    const char *code;
} crls[] = {
    { "takes-a-fresh-crl", FALSE, -60, FORGE_DAY, NULL },
    { "takes-a-crl-of-24-hours", FALSE, -FORGE_DAY, FORGE_DAY, NULL },
    { "refuses-without-crl", TRUE, 0, 0, "env.cert.revocation-unknown" },
    { "refuses-a-crl-of-24-hours-and-a-second", FALSE, -FORGE_DAY - 1, FORGE_DAY, "env.cert.revocation-unknown" },
    { "refuses-a-crl-past-its-next-update", FALSE, -3600, -1, "env.cert.revocation-unknown" },
    { "takes-a-crl-of-a-clock-300-s-ahead", FALSE, 300, FORGE_DAY, NULL },
    { "refuses-a-crl-from-the-future", FALSE, 301, FORGE_DAY, "env.cert.revocation-unknown" },
};

static void
test_crl(Fixture *f, gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    X509_CRL *crl = forge_crl(f->forge->root, f->forge->root_key, crls[i].made_s, crls[i].next_s, NULL);

    f->trust = forge_trust(f->forge, (X509 *[]){ f->forge->root, NULL }, crls[i].none ? NULL : (X509_CRL *[]){ crl, NULL });
    assert_code(f, (X509 *[]){ f->forge->certificate, NULL }, f->forge->key, crls[i].code);
    X509_CRL_free(crl);
}

static void
test_forged_crl(Fixture *f, gconstpointer data)
{
    X509_CRL *crl = forge_crl(f->forge->root, f->forge->key, -60, FORGE_DAY, NULL);

    (void) data;
    f->trust = forge_trust(f->forge, (X509 *[]){ f->forge->root, NULL }, (X509_CRL *[]){ crl, NULL });
    assert_code(f, (X509 *[]){ f->forge->certificate, NULL }, f->forge->key, "env.cert.revocation-unknown");
    X509_CRL_free(crl);
}

static void
test_intermediate(Fixture *f, gconstpointer data)
{
    EVP_PKEY *key = forge_key("P-256");
    X509 *middle = forge_issue(f->forge, &(ForgeCertificate){ .subject = "Province CA", .key = key, .authority = TRUE, .serial = 20 });
    X509 *revoked = forge_issue(f->forge, &(ForgeCertificate){ .subject = "Province CA", .key = key, .authority = TRUE, .serial = 666 });
    X509 *leaf = forge_issue(f->forge, &(ForgeCertificate){ .issuer = middle, .issuer_key = key, .serial = 21 });
    X509_CRL *root_crl = forge_crl(f->forge->root, f->forge->root_key, -60, FORGE_DAY, (const long[]){ 666, 0 });
    X509_CRL *middle_crl = forge_crl(middle, key, -60, FORGE_DAY, NULL);

    (void) data;
    /* No CRL of the intermediate: nothing is known of the leaf. */
    assert_code(f, (X509 *[]){ leaf, middle, NULL }, f->forge->key, "env.cert.revocation-unknown");
    f->trust = forge_trust(f->forge, (X509 *[]){ f->forge->root, NULL }, (X509_CRL *[]){ root_crl, middle_crl, NULL });
    assert_code(f, (X509 *[]){ leaf, middle, NULL }, f->forge->key, NULL);
    assert_code(f, (X509 *[]){ leaf, revoked, NULL }, f->forge->key, "env.cert.revoked");
    assert_code(f, (X509 *[]){ leaf, NULL }, f->forge->key, "env.cert.untrusted");
    assert_code(f, (X509 *[]){ leaf, middle, f->forge->root, NULL }, f->forge->key, NULL);
    lt_trust_unref(f->trust);
    /* A unit CA that is no root may be the anchor; then nobody needs the root's CRL. */
    f->trust = forge_trust(f->forge, (X509 *[]){ middle, NULL }, (X509_CRL *[]){ middle_crl, NULL });
    assert_code(f, (X509 *[]){ leaf, NULL }, f->forge->key, NULL);
    assert_code(f, (X509 *[]){ f->forge->certificate, NULL }, f->forge->key, "env.cert.untrusted");
    X509_free(middle);
    X509_free(revoked);
    X509_free(leaf);
    X509_CRL_free(root_crl);
    X509_CRL_free(middle_crl);
    EVP_PKEY_free(key);
}

/* A kept verdict ends with the certificate and with the CRL, and begins no earlier than they do. */
static void
test_verdict_ends(Fixture *f, gconstpointer data)
{
    X509 *brief = forge_issue(f->forge, &(ForgeCertificate){ .serial = 30, .until_s = 100 });
    X509 *const certificates[] = { brief, NULL };

    (void) data;
    assert_code(f, certificates, f->forge->key, NULL);
    f->now_s = FORGE_NOW + 99;
    assert_code(f, certificates, f->forge->key, NULL);
    f->now_s = FORGE_NOW + 101;
    assert_code(f, certificates, f->forge->key, "env.cert.expired");
    f->now_s = FORGE_NOW;
    assert_code(f, certificates, f->forge->key, NULL);
    f->now_s = FORGE_NOW - 2 * FORGE_DAY;
    assert_code(f, certificates, f->forge->key, "env.cert.not-yet-valid");
    f->now_s = FORGE_NOW + FORGE_DAY; /* the CRL was made an hour before FORGE_NOW */
    assert_code(f, (X509 *[]){ f->forge->certificate, NULL }, f->forge->key, "env.cert.revocation-unknown");
    X509_free(brief);
}

/* The verdict depends on all that came: a signer known with its intermediate is not known without. */
static void
test_verdict_is_of_all(Fixture *f, gconstpointer data)
{
    EVP_PKEY *key = forge_key("P-256");
    X509 *middle = forge_issue(f->forge, &(ForgeCertificate){ .subject = "Province CA", .key = key, .authority = TRUE, .serial = 20 });
    X509 *leaf = forge_issue(f->forge, &(ForgeCertificate){ .issuer = middle, .issuer_key = key, .serial = 21 });
    X509_CRL *root_crl = forge_crl(f->forge->root, f->forge->root_key, -60, FORGE_DAY, NULL);
    X509_CRL *middle_crl = forge_crl(middle, key, -60, FORGE_DAY, NULL);

    (void) data;
    f->trust = forge_trust(f->forge, (X509 *[]){ f->forge->root, NULL }, (X509_CRL *[]){ root_crl, middle_crl, NULL });
    assert_code(f, (X509 *[]){ leaf, middle, NULL }, f->forge->key, NULL);
    assert_code(f, (X509 *[]){ leaf, NULL }, f->forge->key, "env.cert.untrusted");
    assert_code(f, (X509 *[]){ leaf, middle, NULL }, f->forge->key, NULL);
    X509_free(middle);
    X509_free(leaf);
    X509_CRL_free(root_crl);
    X509_CRL_free(middle_crl);
    EVP_PKEY_free(key);
}

static void
test_nobody(Fixture *f, gconstpointer data)
{
    (void) data;
    f->trust = lt_trust_nobody();
    assert_code(f, (X509 *[]){ f->forge->certificate, NULL }, f->forge->key, "env.cert.untrusted");
}

static gpointer
verify_many(gpointer data)
{
    Fixture *f = data;

    for (guint i = 0; i < 40; i++)
        assert_code(f, (X509 *[]){ f->forge->certificate, NULL }, f->forge->key, NULL);
    return NULL;
}

static void
test_threads(Fixture *f, gconstpointer data)
{
    GThread *threads[4];

    (void) data;
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("verify", verify_many, f);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
}

static void
test_files(Fixture *f, gconstpointer data)
{
    g_autofree char *root = g_build_filename(f->forge->folder, "root.pem", NULL);
    g_autofree char *crl = g_build_filename(f->forge->folder, "crl.pem", NULL);
    g_autofree char *absent = g_build_filename(f->forge->folder, "absent.pem", NULL);
    g_autofree char *text = NULL;
    g_autofree char *subject = NULL;
    g_autofree char *spki = NULL;
    g_autoptr(GError) error = NULL;
    gint64 from, until;
    gsize size;

    (void) data;
    g_assert_null(lt_trust_load(absent, NULL, 0, &error));
    g_assert_cmpint(error->code, ==, LT_ERROR_CONFIG);
    g_clear_error(&error);
    g_assert_null(lt_trust_load(crl, NULL, 0, &error));
    g_assert_cmpint(error->code, ==, LT_ERROR_CONFIG);
    g_clear_error(&error);
    g_assert_null(lt_trust_load(root, root, 0, &error));
    g_assert_cmpint(error->code, ==, LT_ERROR_CONFIG);
    g_assert_true(lt_certificate_dates(root, &subject, &from, &until, NULL));
    g_assert_cmpstr(subject, ==, "CN=Test Root,O=Test only");
    g_assert_cmpint(from, ==, (FORGE_NOW - FORGE_DAY) * LT_US_PER_SECOND);
    g_assert_true(g_file_get_contents(root, &text, &size, NULL));
    spki = lt_certificate_spki((const guint8 *) text, size, NULL);
    g_assert_cmpuint(strlen(spki), ==, 64);
    g_assert_null(lt_certificate_spki((const guint8 *) "x", 1, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/certificates/", cases[i].name, NULL);

        g_test_add(path, Fixture, GSIZE_TO_POINTER(i), set_up, test_case, tear_down);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(crls); i++) {
        g_autofree char *path = g_strconcat("/certificates/", crls[i].name, NULL);

        g_test_add(path, Fixture, GSIZE_TO_POINTER(i), set_up, test_crl, tear_down);
    }
    g_test_add("/certificates/refuses-another-root-of-the-same-name", Fixture, NULL, set_up, test_untrusted, tear_down);
    g_test_add("/certificates/refuses-a-crl-that-the-root-did-not-sign", Fixture, NULL, set_up, test_forged_crl, tear_down);
    g_test_add("/certificates/judges-intermediates-too", Fixture, NULL, set_up, test_intermediate, tear_down);
    g_test_add("/certificates/keeps-a-verdict-no-longer-than-it-holds", Fixture, NULL, set_up, test_verdict_ends, tear_down);
    g_test_add("/certificates/keeps-a-verdict-for-exactly-what-came", Fixture, NULL, set_up, test_verdict_is_of_all, tear_down);
    g_test_add("/certificates/trusts-nobody-without-anchors", Fixture, NULL, set_up, test_nobody, tear_down);
    g_test_add("/certificates/judges-in-several-threads", Fixture, NULL, set_up, test_threads, tear_down);
    g_test_add("/certificates/refuses-files-that-hold-something-else", Fixture, NULL, set_up, test_files, tear_down);
    return g_test_run();
}
