/* SPDX-License-Identifier: Apache-2.0 */
/* test-cms.c: the CMS profile: every known-bad signature with its code, what stock tools make and take, and Wycheproof's encodings. */
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#include "lib/forge.h"
#include "lib/vectors.h"
#include "trust/cms.h"

typedef struct {
    Forge *forge;
    GBytes *content;
    EVP_PKEY *p384, *rsa;
    X509 *p384_certificate, *rsa_certificate;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
    (void) data;
    f->forge = forge_new();
    f->content = g_bytes_new_static("manifest\n", 9);
    f->p384 = forge_key("P-384");
    f->p384_certificate = forge_issue(f->forge, &(ForgeCertificate){ .key = f->p384, .serial = 384 });
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    (void) data;
    forge_free(f->forge);
    g_bytes_unref(f->content);
    EVP_PKEY_free(f->p384);
    EVP_PKEY_free(f->rsa);
    X509_free(f->p384_certificate);
    X509_free(f->rsa_certificate);
}

static void
assert_code_of(Fixture *f, GBytes *signature, const char *code)
{
    g_autoptr(GError) error = NULL;
    LtCmsFacts facts;
    g_autoptr(LtSignerCertificate) signer =
        lt_cms_verify(f->forge->trust, signature, f->content, FORGE_NOW * LT_US_PER_SECOND, &facts, &error);

    if (code == NULL) {
        g_assert_no_error(error);
        g_assert_nonnull(signer);
        g_assert_cmpint(facts.signed_us, ==, FORGE_ISSUED_S * LT_US_PER_SECOND);
        g_assert_true(facts.form_passed);
        return;
    }
    g_assert_null(signer);
    g_assert_cmpstr(lt_error_get_reason(error), ==, code);
}

static void
assert_code(Fixture *f, const ForgeCms *spec, const char *code)
{
    ForgeCms filled = *spec;
    g_autoptr(GBytes) signature = NULL;

    filled.certificate = spec->certificate != NULL ? spec->certificate : f->forge->certificate;
    filled.key = spec->key != NULL ? spec->key : f->forge->key;
    filled.content = f->content;
    signature = forge_cms(&filled);
    assert_code_of(f, signature, code);
    assert_code_of(f, signature, code); /* and again, when the signer may be known */
}

static const struct {
    const char *name;
    ForgeCms spec;
    const char *code;
} cases[] = {
    { "takes-p256", { 0 }, NULL },
    { "takes-null-parameters-of-the-digest", { .parameters = TRUE }, NULL },
    { "takes-generalized-time", { .generalized_time = TRUE }, NULL },
    { "refuses-unsorted-attributes", { .unsorted = TRUE }, "env.sig.der" },
    { "refuses-another-content-type", { .content_type = "1.2.840.113549.1.7.3" }, "env.sig.type" },
    { "refuses-another-inner-type", { .inner_type = "1.2.840.113549.1.9.16.1.4" }, "env.sig.type" },
    { "refuses-an-inner-type-before-attached-content", { .inner_type = "1.2.840.113549.1.9.16.1.4", .attached = TRUE }, "env.sig.type" },
    { "refuses-attached-content", { .attached = TRUE }, "env.sig.not-detached" },
    { "refuses-attached-content-before-two-signers", { .attached = TRUE, .two_signers = TRUE }, "env.sig.not-detached" },
    { "refuses-two-signers", { .two_signers = TRUE }, "env.sig.signer-count" },
    { "refuses-no-signer", { .no_signer = TRUE }, "env.sig.signer-count" },
    { "refuses-a-key-identifier", { .by_key_id = TRUE }, "env.sig.signer-id" },
    { "refuses-version-3", { .version = 3 }, "env.sig.signer-id" },
    { "refuses-signer-version-3", { .signer_version = 3 }, "env.sig.signer-id" },
    { "refuses-sha1", { .digest = "SHA1" }, "env.sig.algorithm" },
    { "refuses-sha512", { .digest = "SHA512" }, "env.sig.algorithm" },
    { "refuses-another-declared-digest", { .declared_digest = "SHA384" }, "env.sig.algorithm" },
    { "refuses-two-declared-digests", { .two_digests = TRUE }, "env.sig.algorithm" },
    { "refuses-sha384-with-p256", { .digest = "SHA384" }, "env.sig.key" },
    { "refuses-crls", { .crl = TRUE }, "env.sig.certs" },
    { "refuses-no-signed-attributes", { .no_attributes = TRUE }, "env.sig.no-signed-attrs" },
    { "refuses-empty-signed-attributes", { .empty_attributes = TRUE }, "env.sig.no-signed-attrs" },
    { "refuses-a-fifth-attribute", { .fifth = TRUE }, "env.sig.signed-attrs" },
    { "refuses-without-content-type", { .omitted = "type" }, "env.sig.signed-attrs" },
    { "refuses-without-signing-time", { .omitted = "time" }, "env.sig.signed-attrs" },
    { "refuses-without-message-digest", { .omitted = "digest" }, "env.sig.signed-attrs" },
    { "refuses-without-signing-certificate", { .omitted = "certificate" }, "env.sig.signed-attrs" },
    { "refuses-a-fifth-in-place-of-one", { .omitted = "certificate", .fifth = TRUE }, "env.sig.signed-attrs" },
    { "refuses-a-doubled-value", { .doubled = "time" }, "env.sig.signed-attrs" },
    { "refuses-a-time-without-seconds", { .bad_time = TRUE }, "env.sig.signed-attrs" },
    { "refuses-an-unsigned-attribute", { .unsigned_attribute = TRUE }, "env.sig.unsigned-attrs" },
    { "refuses-a-fifth-before-an-unsigned-one", { .fifth = TRUE, .unsigned_attribute = TRUE }, "env.sig.signed-attrs" },
    { "refuses-a-turned-bit", { .broken = TRUE }, "env.sig.bad-signature" },
};

static void
test_case(Fixture *f, gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);

    assert_code(f, &cases[i].spec, cases[i].code);
}

static void
test_not_der(Fixture *f, gconstpointer data)
{
    ForgeCms spec = { .certificate = f->forge->certificate, .key = f->forge->key, .content = f->content };
    g_autoptr(GBytes) good = forge_cms(&spec);
    gsize size;
    const guint8 *bytes = g_bytes_get_data(good, &size);
    g_autoptr(GByteArray) after = g_byte_array_new();
    g_autoptr(GByteArray) indefinite = g_byte_array_new();
    g_autoptr(GByteArray) long_length = g_byte_array_new();
    g_autoptr(GBytes) after_bytes = NULL, indefinite_bytes = NULL, long_bytes = NULL;
    g_autoptr(GBytes) text = g_bytes_new_static("-----BEGIN CMS-----\n", 20);
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    g_autoptr(GBytes) null = g_bytes_new_static("\x30", 2);

    (void) data;
    g_byte_array_append(after, bytes, (guint) size);
    g_byte_array_append(after, (const guint8 *) "\0", 1);
    after_bytes = g_bytes_new(after->data, after->len);
    assert_code_of(f, after_bytes, "env.sig.der");
    g_assert_cmphex(bytes[1], ==, 0x82);
    g_byte_array_append(indefinite, (const guint8 *) "\x30\x80", 2);
    g_byte_array_append(indefinite, bytes + 4, (guint) size - 4);
    g_byte_array_append(indefinite, (const guint8 *) "\0\0", 2);
    indefinite_bytes = g_bytes_new(indefinite->data, indefinite->len);
    assert_code_of(f, indefinite_bytes, "env.sig.der");
    g_byte_array_append(long_length, (const guint8 *) "\x30\x83\x00", 3);
    g_byte_array_append(long_length, bytes + 2, (guint) size - 2);
    long_bytes = g_bytes_new(long_length->data, long_length->len);
    assert_code_of(f, long_bytes, "env.sig.der");
    assert_code_of(f, text, "env.sig.der");
    assert_code_of(f, nothing, "env.sig.der");
    assert_code_of(f, null, "env.sig.der");
    for (gsize n = 0; n < size; n++) {
        g_autoptr(GBytes) cut = g_bytes_new(bytes, n);

        assert_code_of(f, cut, "env.sig.der");
    }
}

/* Every byte matters: no change of one passes, and none crashes. */
static void
test_every_byte(Fixture *f, gconstpointer data)
{
    ForgeCms spec = { .certificate = f->forge->certificate, .key = f->forge->key, .content = f->content };
    g_autoptr(GBytes) good = forge_cms(&spec);
    gsize size;
    const guint8 *bytes = g_bytes_get_data(good, &size);

    (void) data;
    for (gsize i = 0; i < size; i++) {
        g_autofree guint8 *copy = g_memdup2(bytes, size);
        g_autoptr(GBytes) changed = NULL;
        g_autoptr(LtSignerCertificate) signer = NULL;
        LtCmsFacts facts;

        copy[i] ^= 0x01;
        changed = g_bytes_new(copy, size);
        signer = lt_cms_verify(f->forge->trust, changed, f->content, FORGE_NOW * LT_US_PER_SECOND, &facts, NULL);
        g_assert_null(signer);
    }
}

static void
test_other_keys(Fixture *f, gconstpointer data)
{
    EVP_PKEY *koblitz = forge_key("secp256k1");
    X509 *koblitz_certificate = forge_issue(f->forge, &(ForgeCertificate){ .key = koblitz, .serial = 256 });
    EVP_PKEY *weak = forge_key("RSA:1024");
    X509 *weak_certificate = forge_issue(f->forge, &(ForgeCertificate){ .key = weak, .serial = 1024 });

    (void) data;
    assert_code(f, &(ForgeCms){ .key = f->p384, .certificate = f->p384_certificate }, NULL);
    assert_code(f, &(ForgeCms){ .key = f->p384, .certificate = f->p384_certificate, .digest = "SHA256" }, "env.sig.key");
    assert_code(f, &(ForgeCms){ .key = koblitz, .certificate = koblitz_certificate }, "env.sig.key");
    assert_code(f, &(ForgeCms){ .key = weak, .certificate = weak_certificate }, "env.sig.key");
    EVP_PKEY_free(koblitz);
    X509_free(koblitz_certificate);
    EVP_PKEY_free(weak);
    X509_free(weak_certificate);
}

static void
test_rsa(Fixture *f, gconstpointer data)
{
    (void) data;
    f->rsa = forge_key("RSA:2048");
    f->rsa_certificate = forge_issue(f->forge, &(ForgeCertificate){ .key = f->rsa, .serial = 2048 });
    assert_code(f, &(ForgeCms){ .key = f->rsa, .certificate = f->rsa_certificate }, NULL);
    assert_code(f, &(ForgeCms){ .key = f->rsa, .certificate = f->rsa_certificate, .parameters = TRUE }, NULL);
    assert_code(f, &(ForgeCms){ .key = f->rsa, .certificate = f->rsa_certificate, .salt = 48 }, NULL);
    assert_code(f, &(ForgeCms){ .key = f->rsa, .certificate = f->rsa_certificate, .salt = 31 }, "env.sig.algorithm");
    assert_code(f, &(ForgeCms){ .key = f->rsa, .certificate = f->rsa_certificate, .salt = -1 }, "env.sig.algorithm");
    assert_code(f, &(ForgeCms){ .key = f->rsa, .certificate = f->rsa_certificate, .digest = "SHA384" }, "env.sig.algorithm");
    assert_code(f, &(ForgeCms){ .key = f->rsa, .certificate = f->rsa_certificate, .pkcs1 = TRUE }, "env.sig.algorithm");
    assert_code(f, &(ForgeCms){ .key = f->rsa, .certificate = f->rsa_certificate, .broken = TRUE }, "env.sig.bad-signature");
    /* A P-256 signature under an RSA certificate: the pair does not exist. */
    assert_code(f, &(ForgeCms){ .certificate = f->rsa_certificate }, "env.sig.key");
}

static void
test_certificates(Fixture *f, gconstpointer data)
{
    EVP_PKEY *other = forge_key("P-256");
    X509 *own = f->forge->certificate;
    X509 *stranger = forge_issue(f->forge, &(ForgeCertificate){ .subject = "H52.102", .key = other, .serial = 7 });
    X509 *twin = forge_issue(f->forge, &(ForgeCertificate){ .serial = 8 }); /* of the same key */
    g_autoptr(GBytes) elsewhere = g_bytes_new_static("other\n", 6);

    (void) data;
    assert_code(f, &(ForgeCms){ .certificates = (X509 *[]){ NULL } }, "env.sig.certs");
    assert_code(f, &(ForgeCms){ .certificates = (X509 *[]){ stranger, NULL } }, "env.sig.certs");
    assert_code(f, &(ForgeCms){ .certificates = (X509 *[]){ own, stranger, NULL } }, "env.sig.certs");
    assert_code(f, &(ForgeCms){ .certificates = (X509 *[]){ own, own, NULL } }, "env.sig.certs");
    assert_code(f, &(ForgeCms){ .certificates = (X509 *[]){ own, twin, NULL } }, "env.sig.certs");
    assert_code(f, &(ForgeCms){ .certificates = (X509 *[]){ own, f->forge->root, NULL } }, NULL);
    assert_code(f, &(ForgeCms){ .certificates = (X509 *[]){ own, own, own, own, own, NULL } }, "env.sig.certs");
    assert_code(f, &(ForgeCms){ .named = twin }, "env.sig.certs");
    assert_code(f, &(ForgeCms){ .named = twin, .certificates = (X509 *[]){ twin, NULL } }, "env.sig.signing-cert");
    assert_code(f, &(ForgeCms){ .vouched = stranger }, "env.sig.signing-cert");
    assert_code(f, &(ForgeCms){ .digested = elsewhere }, "env.sig.digest");
    assert_code(f, &(ForgeCms){ .digested = elsewhere, .vouched = stranger }, "env.sig.signing-cert");
    assert_code(f, &(ForgeCms){ .digested = elsewhere, .broken = TRUE }, "env.sig.digest");
    assert_code(f, &(ForgeCms){ .key = other }, "env.sig.bad-signature");
    EVP_PKEY_free(other);
    X509_free(stranger);
    X509_free(twin);
}

/* The content replaced by the attributes of a good signature, the attributes dropped: the value verifies over that content. */
static void
test_attributes_as_content(Fixture *f, gconstpointer data)
{
    ForgeCms spec = { .certificate = f->forge->certificate, .key = f->forge->key, .content = f->content, .no_attributes = TRUE };
    g_autoptr(GBytes) signature = forge_cms(&spec);

    (void) data;
    assert_code_of(f, signature, "env.sig.no-signed-attrs");
}

static GBytes *
stock_sign(Fixture *f, X509 *x509, EVP_PKEY *key, const EVP_MD *digest, gboolean pss, guint flags)
{
    BIO *content = BIO_new_mem_buf(g_bytes_get_data(f->content, NULL), (int) g_bytes_get_size(f->content));
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_BINARY | CMS_PARTIAL | CMS_DETACHED | flags);
    CMS_SignerInfo *info = CMS_add1_signer(cms, x509, key, digest, CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES | (pss ? CMS_KEY_PARAM : 0) | flags);
    guint8 *der = NULL;
    int size;
    GBytes *bytes;

    if (pss) {
        EVP_PKEY_CTX_set_rsa_padding(CMS_SignerInfo_get0_pkey_ctx(info), RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(CMS_SignerInfo_get0_pkey_ctx(info), 32);
    }
    g_assert_cmpint(CMS_final(cms, content, NULL, CMS_BINARY | flags), ==, 1);
    size = i2d_CMS_ContentInfo(cms, &der);
    bytes = g_bytes_new(der, (gsize) size);
    OPENSSL_free(der);
    BIO_free(content);
    CMS_ContentInfo_free(cms);
    return bytes;
}

static void
assert_taken(Fixture *f, GBytes *signature)
{
    g_autoptr(GError) error = NULL;
    LtCmsFacts facts;
    g_autoptr(LtSignerCertificate) signer =
        lt_cms_verify(f->forge->trust, signature, f->content, FORGE_NOW * LT_US_PER_SECOND, &facts, &error);

    g_assert_no_error(error);
    g_assert_nonnull(signer);
}

static void
test_takes_stock(Fixture *f, gconstpointer data)
{
    g_autoptr(GBytes) p256 = stock_sign(f, f->forge->certificate, f->forge->key, EVP_sha256(), FALSE, 0);
    g_autoptr(GBytes) p384 = stock_sign(f, f->p384_certificate, f->p384, EVP_sha384(), FALSE, 0);
    g_autoptr(GBytes) bare = stock_sign(f, f->forge->certificate, f->forge->key, EVP_sha256(), FALSE, CMS_NOATTR);

    (void) data;
    assert_taken(f, p256);
    assert_taken(f, p384);
    assert_code_of(f, bare, "env.sig.no-signed-attrs");
}

static gboolean
stock_verifies(Fixture *f, GBytes *signature)
{
    BIO *in = BIO_new_mem_buf(g_bytes_get_data(signature, NULL), (int) g_bytes_get_size(signature));
    BIO *content = BIO_new_mem_buf(g_bytes_get_data(f->content, NULL), (int) g_bytes_get_size(f->content));
    BIO *out = BIO_new(BIO_s_null());
    CMS_ContentInfo *cms = d2i_CMS_bio(in, NULL);
    X509_STORE *store = X509_STORE_new();
    X509_VERIFY_PARAM *parameters = X509_VERIFY_PARAM_new();
    gboolean good;

    X509_STORE_add_cert(store, f->forge->root);
    X509_VERIFY_PARAM_set_time(parameters, FORGE_NOW);
    X509_STORE_set1_param(store, parameters);
    good = cms != NULL && CMS_verify(cms, NULL, store, content, out, CMS_BINARY | CMS_CADES) == 1;
    X509_VERIFY_PARAM_free(parameters);
    X509_STORE_free(store);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    BIO_free(content);
    BIO_free(out);
    return good;
}

typedef struct { EVP_PKEY *key; gboolean pss; } Signing;

static GBytes *
sign_with(gpointer data, const GByteArray *attributes, GError **error)
{
    const Signing *signing = data;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters = NULL;
    guint8 value[1024];
    size_t size = sizeof value;

    (void) error;
    EVP_DigestSignInit_ex(context, &parameters, EVP_PKEY_get_bits(signing->key) == 384 ? "SHA384" : "SHA256", NULL, NULL, signing->key, NULL);
    if (signing->pss) {
        EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, 32);
    }
    g_assert_cmpint(EVP_DigestSign(context, value, &size, attributes->data, attributes->len), ==, 1);
    EVP_MD_CTX_free(context);
    return g_bytes_new(value, size);
}

static void
assert_written(Fixture *f, X509 *x509, EVP_PKEY *key, gboolean pss)
{
    g_autoptr(LtSignerCertificate) signer = lt_signer_certificate_new(x509, NULL);
    Signing signing = { key, pss };
    g_autoptr(GBytes) written = lt_cms_write(signer, f->content, FORGE_ISSUED_S * LT_US_PER_SECOND, sign_with, &signing, NULL);
    g_autoptr(GBytes) stock = stock_sign(f, x509, key, EVP_PKEY_get_bits(key) == 384 ? EVP_sha384() : EVP_sha256(), pss, 0);

    assert_code_of(f, written, NULL);
    g_assert_true(stock_verifies(f, written));
    /* The same shape as stock: an ECDSA value differs by a few bytes, PSS writes NULL parameters of digests. */
    g_assert_cmpint(ABS((int) g_bytes_get_size(written) - (int) g_bytes_get_size(stock)), <=, 8);
}

static void
test_stock_takes(Fixture *f, gconstpointer data)
{
    (void) data;
    f->rsa = forge_key("RSA:2048");
    f->rsa_certificate = forge_issue(f->forge, &(ForgeCertificate){ .key = f->rsa, .serial = 2048 });
    assert_written(f, f->forge->certificate, f->forge->key, FALSE);
    assert_written(f, f->p384_certificate, f->p384, FALSE);
    assert_written(f, f->rsa_certificate, f->rsa, TRUE);
}

static EVP_PKEY *
key_of_point(const char *hex)
{
    g_autofree guint8 *point = g_malloc(strlen(hex) / 2);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;
    OSSL_PARAM parameters[3];

    g_assert_true(lt_hex_read(hex, strlen(hex), point, strlen(hex) / 2));
    parameters[0] = OSSL_PARAM_construct_utf8_string("group", (char *) "P-256", 0);
    parameters[1] = OSSL_PARAM_construct_octet_string("pub", point, strlen(hex) / 2);
    parameters[2] = OSSL_PARAM_construct_end();
    EVP_PKEY_fromdata_init(context);
    g_assert_cmpint(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters), ==, 1);
    EVP_PKEY_CTX_free(context);
    return key;
}

static GBytes *
unhex(const char *hex)
{
    gsize size = strlen(hex) / 2;
    guint8 *data = g_malloc(size + 1);

    g_assert_true(lt_hex_read(hex, 2 * size, data, size));
    return g_bytes_new_take(data, size);
}

static guint
run_wycheproof_group(Fixture *f, JsonObject *group)
{
    EVP_PKEY *key = key_of_point(json_object_get_string_member(json_object_get_object_member(group, "publicKey"), "uncompressed"));
    X509 *x509 = forge_issue(f->forge, &(ForgeCertificate){ .key = key, .serial = 99 });
    g_autoptr(LtSignerCertificate) signer = lt_signer_certificate_new(x509, NULL);
    JsonArray *tests = json_object_get_array_member(group, "tests");
    guint n = json_array_get_length(tests);

    for (guint i = 0; i < n; i++) {
        JsonObject *test = json_array_get_object_element(tests, i);
        g_autoptr(GBytes) message = unhex(json_object_get_string_member(test, "msg"));
        g_autoptr(GBytes) value = unhex(json_object_get_string_member(test, "sig"));
        const char *result = json_object_get_string_member(test, "result");
        gboolean valid = lt_signer_certificate_verify(signer, lt_algorithm_for_key(signer->private->kind), 0, g_bytes_get_data(value, NULL), g_bytes_get_size(value),
                                                      g_bytes_get_data(message, NULL), g_bytes_get_size(message));

        if (strcmp(result, "acceptable") != 0 && valid != (strcmp(result, "valid") == 0))
            g_error("Wycheproof case %" G_GINT64_FORMAT " (%s): expected %s", json_object_get_int_member(test, "tcId"),
                    json_object_get_string_member(test, "comment"), result);
    }
    X509_free(x509);
    EVP_PKEY_free(key);
    return n;
}

static void
test_wycheproof(Fixture *f, gconstpointer data)
{
    g_autofree char *path = vectors_path("wycheproof/ecdsa_secp256r1_sha256_test.json");
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *root;
    JsonArray *groups;
    guint n = 0;

    (void) data;
    if (vectors_missing())
        return;
    g_assert_true(json_parser_load_from_file(parser, path, NULL));
    root = json_node_get_object(json_parser_get_root(parser));
    groups = json_object_get_array_member(root, "testGroups");
    for (guint i = 0; i < json_array_get_length(groups); i++)
        n += run_wycheproof_group(f, json_array_get_object_element(groups, i));
    g_assert_cmpuint(n, ==, (guint) json_object_get_int_member(root, "numberOfTests"));
}

/* A known signer costs one ECDSA verification, not a chain: the ratio to a bare one is bounded loosely, against noise. */
static void
test_known_signer_is_cheap(Fixture *f, gconstpointer data)
{
    ForgeCms spec = { .certificate = f->forge->certificate, .key = f->forge->key, .content = f->content };
    g_autoptr(GBytes) signature = forge_cms(&spec);
    const guint n = g_test_perf() ? 5000 : 50;
    gint64 begun;

    (void) data;
    assert_taken(f, signature);
    begun = g_get_monotonic_time();
    for (guint i = 0; i < n; i++)
        assert_taken(f, signature);
    g_test_message("verification with a known signer: %.1f us", (double) (g_get_monotonic_time() - begun) / n);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/cms/", cases[i].name, NULL);

        g_test_add(path, Fixture, GSIZE_TO_POINTER(i), set_up, test_case, tear_down);
    }
    g_test_add("/cms/refuses-what-is-not-der-and-every-cut", Fixture, NULL, set_up, test_not_der, tear_down);
    g_test_add("/cms/refuses-a-change-of-any-byte", Fixture, NULL, set_up, test_every_byte, tear_down);
    g_test_add("/cms/refuses-keys-and-pairs-that-are-not-in-the-table", Fixture, NULL, set_up, test_other_keys, tear_down);
    g_test_add("/cms/takes-rsa-pss-and-nothing-else-of-rsa", Fixture, NULL, set_up, test_rsa, tear_down);
    g_test_add("/cms/refuses-other-certificates", Fixture, NULL, set_up, test_certificates, tear_down);
    g_test_add("/cms/refuses-attributes-given-as-content", Fixture, NULL, set_up, test_attributes_as_content, tear_down);
    g_test_add("/cms/takes-what-stock-tools-sign", Fixture, NULL, set_up, test_takes_stock, tear_down);
    g_test_add("/cms/writes-what-stock-tools-take", Fixture, NULL, set_up, test_stock_takes, tear_down);
    g_test_add("/cms/agrees-with-wycheproof", Fixture, NULL, set_up, test_wycheproof, tear_down);
    g_test_add("/cms/knows-a-signer-again", Fixture, NULL, set_up, test_known_signer_is_cheap, tear_down);
    return g_test_run();
}
