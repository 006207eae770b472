/* SPDX-License-Identifier: Apache-2.0 */
/* test-algorithms.c: dates of algorithms, and exceptions for one key: read with every fault, and heeded when an envelope comes in. */
#include <glib/gstdio.h>
#include <string.h>

#include "lib/forge.h"
#include "trust/cms.h"

#define KEY "64ee89af141c4a36057800e73431b44bba6aa24820ff1d6541cda05cfd09de26"
#define TERM "from=2026-07-01T00:00:00Z\nuntil=2027-07-01T00:00:00Z\nbasis=CV 1\n"

static LtAlgorithms *
load(const char *text, GError **error)
{
    g_autofree char *folder = g_dir_make_tmp("lthub-algorithms-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "algorithms.conf", NULL);
    LtAlgorithms *algorithms;

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    algorithms = lt_algorithms_load(path, error);
    g_unlink(path);
    g_rmdir(folder);
    return algorithms;
}

static const struct { const char *name, *text, *fault; } bad[] = {
    { "an-unknown-algorithm", "[algorithm md5]\n", "no such algorithm" },
    { "another-section", "[hub]\n", "only sections" },
    { "an-unknown-key", "[algorithm rsa-pss-sha256]\nutil=x\n", "did you mean 'until'" },
    { "a-date-without-time", "[algorithm rsa-pss-sha256]\nuntil=2026-07-01\n", "until: \"2026-07-01\" is not a time" },
    { "a-short-key", "[algorithm rsa-pss-sha256]\nmin_bits=1024\n", "min_bits" },
    { "an-exception-for-nobody", "[exception a]\nallows=rsa-pkcs1-sha256\n" TERM, "signer" },
    { "an-exception-for-no-key", "[exception a]\nsigner=abc\nallows=rsa-pkcs1-sha256\n" TERM, "not 64 lower-case hex digits" },
    { "an-exception-from-what", "[exception a]\nsigner=" KEY "\nallows=sha1\n" TERM, "\"sha1\" is neither" },
    { "an-exception-without-end", "[exception a]\nsigner=" KEY "\nallows=rsa-pkcs1-sha256\nfrom=2026-07-01T00:00:00Z\nbasis=x\n", "until" },
    { "an-exception-for-ever",
      "[exception a]\nsigner=" KEY "\nallows=rsa-pkcs1-sha256\nfrom=2026-07-01T00:00:00Z\nuntil=2036-07-01T00:00:00Z\nbasis=x\n", "three years" },
    { "an-exception-that-ends-before", "[exception a]\nsigner=" KEY "\nallows=rsa-pkcs1-sha256\nfrom=2026-07-01T00:00:00Z\nuntil=2026-06-01T00:00:00Z\nbasis=x\n",
      "later than from" },
    { "a-name-that-the-log-cannot-take", "[exception A]\nsigner=" KEY "\nallows=rsa-pkcs1-sha256\n" TERM, "its name goes into the log" },
};

static void
test_bad(gconstpointer data)
{
    gsize row = GPOINTER_TO_SIZE(data);
    g_autoptr(GError) error = NULL;

    g_assert_null(load(bad[row].text, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, bad[row].fault));
}

static void
test_sample(void)
{
    g_autofree char *path = g_build_filename(g_getenv("LTHUB_SOURCE"), "examples", "configuration", "algorithms.conf", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtAlgorithms) sample = lt_algorithms_load(path, &error);
    g_autofree const char **names = NULL;

    g_assert_no_error(error);
    names = lt_algorithms_list(sample);
    g_assert_cmpuint(g_strv_length((char **) names), ==, 4); /* all there are */
    for (guint i = 0; names[i] != NULL; i++)
        g_assert_true(lt_algorithms_allow(sample, strchr(names[i], ':') + 1, FORGE_NOW * LT_US_PER_SECOND));
}

/* A forge and a signer whose key and certificate the test chooses. */
typedef struct {
    Forge *forge;
    EVP_PKEY *key;
    X509 *certificate;
    GBytes *content;
    char *spki;
} Signer;

static void
set_up(Signer *s, gconstpointer data)
{
    const char *extended = data;
    guint8 *at = NULL;
    int size;

    s->forge = forge_new();
    s->key = forge_key(extended != NULL ? "P-256" : "RSA:2048");
    s->certificate = forge_issue(s->forge, &(ForgeCertificate) { .key = s->key, .serial = 7, .extended = extended });
    s->content = g_bytes_new_static("manifest", 8);
    size = i2d_X509(s->certificate, &at);
    s->spki = lt_certificate_spki(at, (gsize) size, NULL);
    OPENSSL_free(at);
}

static void
tear_down(Signer *s, gconstpointer data)
{
    (void) data;
    EVP_PKEY_free(s->key);
    X509_free(s->certificate);
    g_bytes_unref(s->content);
    g_free(s->spki);
    forge_free(s->forge);
}

static void
put_in_force(Signer *s, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtAlgorithms) algorithms = load(text, &error);

    g_assert_no_error(error);
    lt_trust_set_algorithms(s->forge->trust, algorithms);
}

static void
assert_code(Signer *s, gboolean pkcs1, gint64 now_s, const char *code, const char *exception)
{
    ForgeCms spec = { .certificate = s->certificate, .key = s->key, .content = s->content, .pkcs1 = pkcs1 };
    g_autoptr(GBytes) signature = forge_cms(&spec);
    g_autoptr(GError) error = NULL;
    LtCmsFacts facts;
    g_autoptr(LtSignerCertificate) signer =
        lt_cms_verify(s->forge->trust, signature, s->content, now_s * LT_US_PER_SECOND, &facts, &error);
    g_autofree char *used = facts.exception;

    if (code == NULL)
        g_assert_no_error(error);
    else
        g_assert_cmpstr(lt_error_get_reason(error), ==, code);
    g_assert_cmpstr(used, ==, exception);
}

#define EXCEPTION(name, allows) "[exception " name "]\nsigner=%s\nallows=" allows "\n" TERM

static void
test_pkcs1(Signer *s, gconstpointer data)
{
    g_autofree char *exception = g_strdup_printf(EXCEPTION("token-1", "rsa-pkcs1-sha256"), s->spki);
    g_autofree char *other = g_strdup_printf(EXCEPTION("token-1", "rsa-pkcs1-sha256"), KEY);
    g_autofree char *purpose = g_strdup_printf(EXCEPTION("token-1", "extended-key-usage"), s->spki);

    (void) data;
    assert_code(s, FALSE, FORGE_NOW, NULL, NULL);
    assert_code(s, TRUE, FORGE_NOW, "env.sig.algorithm", NULL);
    put_in_force(s, other);
    assert_code(s, TRUE, FORGE_NOW, "env.sig.algorithm", NULL);
    put_in_force(s, purpose);
    assert_code(s, TRUE, FORGE_NOW, "env.sig.algorithm", NULL);
    put_in_force(s, exception);
    assert_code(s, TRUE, FORGE_NOW, NULL, "token-1");
    assert_code(s, TRUE, FORGE_NOW, NULL, "token-1"); /* from the cache of signers */
    assert_code(s, FALSE, FORGE_NOW, NULL, NULL);     /* PSS needs none */
    assert_code(s, TRUE, FORGE_NOW + 250 * FORGE_DAY, "env.sig.algorithm", NULL); /* it has ended */
}

/* Even by exception: the signature must be good, and the certificates those of the signer. */
static void
test_pkcs1_is_still_checked(Signer *s, gconstpointer data)
{
    g_autofree char *exception = g_strdup_printf(EXCEPTION("token-1", "rsa-pkcs1-sha256"), s->spki);
    X509 *nobody[] = { NULL };
    const struct {
        ForgeCms spec;
        const char *code;
    } rows[] = {
        { { .broken = TRUE }, "env.sig.bad-signature" },
        { { .digest = "SHA1" }, "env.sig.algorithm" },
        { { .certificates = nobody }, "env.sig.algorithm" }, /* whose exception is not known */
        { { .no_attributes = TRUE }, "env.sig.no-signed-attrs" },
    };

    (void) data;
    put_in_force(s, exception);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        ForgeCms spec = rows[i].spec;
        g_autoptr(GBytes) signature = NULL;
        g_autoptr(GError) error = NULL;
        LtCmsFacts facts;

        spec.certificate = s->certificate;
        spec.key = s->key;
        spec.content = s->content;
        spec.pkcs1 = TRUE;
        signature = forge_cms(&spec);
        g_assert_null(lt_cms_verify(s->forge->trust, signature, s->content, FORGE_NOW * LT_US_PER_SECOND, &facts, &error));
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].code);
        g_assert_null(facts.exception);
    }
}

static void
test_dates(Signer *s, gconstpointer data)
{
    (void) data;
    put_in_force(s, "[algorithm rsa-pss-sha256]\nuntil=2026-11-23T16:03:30Z\n"); /* FORGE_NOW */
    assert_code(s, FALSE, FORGE_NOW, "env.sig.algorithm", NULL);
    assert_code(s, FALSE, FORGE_NOW - 1, NULL, NULL);
    put_in_force(s, "[algorithm rsa-pss-sha256]\nfrom=2026-11-23T16:03:31Z\n");
    assert_code(s, FALSE, FORGE_NOW, "env.sig.algorithm", NULL);
    put_in_force(s, "[algorithm rsa-pss-sha256]\nmin_bits=3072\n");
    assert_code(s, FALSE, FORGE_NOW, "env.sig.key", NULL);
}

static void
test_purpose(Signer *s, gconstpointer data)
{
    g_autofree char *exception = g_strdup_printf(EXCEPTION("client-auth", "extended-key-usage"), s->spki);

    (void) data;
    assert_code(s, FALSE, FORGE_NOW, "env.cert.usage", NULL);
    put_in_force(s, exception);
    assert_code(s, FALSE, FORGE_NOW, NULL, "client-auth");
    assert_code(s, FALSE, FORGE_NOW + 1, NULL, "client-auth"); /* from the cache */
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *path = g_strconcat("/algorithms/refuses-", bad[i].name, NULL);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_bad);
    }
    g_test_add_func("/algorithms/the-sample-names-them-all", test_sample);
    g_test_add("/algorithms/pkcs1-needs-an-exception-for-its-signer", Signer, NULL, set_up, test_pkcs1, tear_down);
    g_test_add("/algorithms/an-exception-lets-nothing-else-pass", Signer, NULL, set_up, test_pkcs1_is_still_checked, tear_down);
    g_test_add("/algorithms/each-has-its-dates", Signer, NULL, set_up, test_dates, tear_down);
    g_test_add("/algorithms/another-purpose-needs-an-exception", Signer, "clientAuth", set_up, test_purpose, tear_down);
    return g_test_run();
}
