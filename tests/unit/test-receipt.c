/* SPDX-License-Identifier: Apache-2.0 */
/* test-receipt.c: a receipt made again from its fields has the same manifest, whatever its signature; and it can be received. */
#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <string.h>

#include "lib/forge.h"
#include "trust/receipt.h"

static const LtReceiptFields fields = {
    .id = "01a20925-0713-71f2-adda-743c62e49b81",
    .from = "H52",
    .to = "H52.101",
    .seq = 1,
    .nonce = "ezzJbmTG0tH00iXTC3SpJYUq8uwWmtr0nBu+9WZUNAo=",
    .dossier = "c9d5d49c-b56f-4552-96a3-c9b95ec99950",
    .re_from = "H52.101",
    .re_id = "01a20925-06a3-7edc-9a84-96b5e6757771",
    .re_manifest = "64ee89af141c4a36057800e73431b44bba6aa24820ff1d6541cda05cfd09de26",
    .stage = "received",
    .code = "ok",
    .at_us = FORGE_ISSUED_S * LT_US_PER_SECOND + 21000,
    .origin = "hub.H52/audit/2026",
    .index = 2,
    .checkpoint = "hub.H52/audit/2026\n2\ns45S1duof4KpL0heWWF3B1UUXcg7U6XBL6hsiDzFw+g=\n\n",
};

static LtSigner *
open_signer(const Forge *forge)
{
    g_autofree char *certificate = g_build_filename(forge->folder, "hub.pem", NULL);
    g_autofree char *key = g_build_filename(forge->folder, "hub.key", NULL);
    LtSignerOptions options = { .unit = (char *) "H52", .certificate = certificate, .key = key };
    BIO *out = BIO_new_file(certificate, "w");
    LtSigner *signer;

    PEM_write_bio_X509(out, forge->certificate);
    BIO_free(out);
    out = BIO_new_file(key, "w");
    PEM_write_bio_PrivateKey(out, forge->key, NULL, NULL, 0, NULL, NULL);
    BIO_free(out);
    g_chmod(key, 0400);
    signer = lt_signer_open(&options, NULL);
    g_unlink(certificate);
    g_unlink(key);
    return signer;
}

static void
test_body(void)
{
    LtReceiptBody body = { 0 };
    static const char payload[] = "{\"v\":1,\"stage\":\"received\",\"code\":\"ok\",\"at\":\"2026-11-23T16:03:00.021Z\","
                                  "\"origin\":\"hub.H52/audit/2026\",\"index\":2}";

    lt_receipt_body_make(&fields, &body);
    g_assert_cmpmem(g_bytes_get_data(body.payload, NULL), g_bytes_get_size(body.payload), payload, strlen(payload));
    lt_receipt_body_clear(&body);
}

static LtReceiver
receiver_of(const Forge *forge)
{
    return (LtReceiver){ .trust = forge->trust, .now_us = FORGE_NOW * LT_US_PER_SECOND };
}

static void
test_again(void)
{
    g_autoptr(Forge) forge = forge_new();
    g_autoptr(LtSigner) signer = open_signer(forge);
    LtReceiptBody first = { 0 }, second = { 0 };
    g_autoptr(GBytes) one = NULL, two = NULL, rebuilt = NULL, signature = NULL;
    const LtReceiver receiver = receiver_of(forge);
    g_autoptr(LtEnvelope) envelope = NULL;
    g_autoptr(GError) error = NULL;

    lt_receipt_body_make(&fields, &first);
    lt_receipt_body_make(&fields, &second);
    g_assert_cmpmem(first.manifest_sha256, LT_SHA256_SIZE, second.manifest_sha256, LT_SHA256_SIZE);
    one = lt_receipt_sign(&first, fields.at_us, signer, &signature, &error);
    g_assert_no_error(error);
    two = lt_receipt_sign(&second, fields.at_us, signer, NULL, &error);
    g_assert_false(g_bytes_equal(one, two)); /* ECDSA is random: only the signature differs */
    rebuilt = lt_receipt_build(&second, signature, &error);
    g_assert_true(g_bytes_equal(one, rebuilt));
    envelope = lt_envelope_open(two, &receiver, &error);
    g_assert_no_error(error);
    g_assert_cmpint(envelope->signed_us, ==, FORGE_ISSUED_S * LT_US_PER_SECOND);
    g_assert_cmpint(lt_message_get_issued_us(envelope->message), ==, FORGE_ISSUED_S * LT_US_PER_SECOND);
    g_assert_cmpstr(lt_message_get_header(envelope->message)->checkpoint, ==, fields.checkpoint);
    g_assert_cmpstr(lt_message_get_re(envelope->message)->manifest, ==, fields.re_manifest);
    lt_receipt_body_clear(&first);
    lt_receipt_body_clear(&second);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/receipt/says-what-its-fields-say", test_body);
    g_test_add_func("/receipt/made-again-is-the-same-promise", test_again);
    return g_test_run();
}
