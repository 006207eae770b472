/* SPDX-License-Identifier: Apache-2.0 */
/* test-seal.c: what the hub seals is what a receiver takes, and nothing is sealed that would be refused. */
#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <string.h>

#include "lib/forge.h"
#include "trust/header.h"

static char *
write_pem(Forge *forge, const char *name, gboolean key)
{
    char *path = g_build_filename(forge->folder, name, NULL);
    BIO *out = BIO_new_file(path, "w");

    if (key)
        PEM_write_bio_PrivateKey(out, forge->key, NULL, NULL, 0, NULL, NULL);
    else
        PEM_write_bio_X509(out, forge->certificate);
    BIO_free(out);
    g_assert_cmpint(g_chmod(path, 0600), ==, 0);
    return path;
}

static LtSigner *
open_signer(Forge *forge)
{
    g_autofree char *certificate = write_pem(forge, "unit.pem", FALSE);
    g_autofree char *key = write_pem(forge, "unit.key", TRUE);
    LtSignerOptions options = { .unit = (char *) "H52.101", .certificate = certificate, .key = key };
    g_autoptr(GError) error = NULL;
    LtSigner *signer = lt_signer_open(&options, &error);

    g_assert_no_error(error);
    g_unlink(certificate);
    g_unlink(key);
    return signer;
}

static GInputStream *
open_memory(gpointer data, GError **error)
{
    (void) error;
    return g_memory_input_stream_new_from_bytes(data);
}

static LtHeader *
plain_header(const char *type)
{
    LtHeader *header = lt_header_new();

    header->id = g_strdup("01a20925-06a3-7edc-9a84-96b5e6757771");
    header->type = g_strdup(type);
    header->from = g_strdup("H52.101");
    header->to = g_strdup("H52");
    header->seq = 7;
    header->dossier = g_strdup("c9d5d49c-b56f-4552-96a3-c9b95ec99950");
    header->issued_us = FORGE_ISSUED_S * LT_US_PER_SECOND + 999;
    return header;
}

static void
test_seal(void)
{
    g_autoptr(Forge) forge = forge_new();
    g_autoptr(LtSigner) signer = open_signer(forge);
    g_autoptr(LtHeader) header = plain_header("dossier.submit");
    g_autoptr(GBytes) payload = g_bytes_new_static("{\"a\":1}", 7);
    g_autofree char *large_text = g_strnfill(300000, 'x');
    g_autoptr(GBytes) large = g_bytes_new_static(large_text, 300000);
    LtSealPart parts[2] = { { .role = (char *) "evidence", .media_type = (char *) "application/pdf", .bytes = payload },
                            { .role = (char *) "result", .media_type = (char *) "image/png", .open = open_memory, .data = large, .size = 300000 } };
    g_autoptr(GPtrArray) attachments = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSealed) sealed = NULL;
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(LtEnvelope) envelope = NULL;
    LtReceiver receiver = { .trust = forge->trust, .now_us = FORGE_NOW * LT_US_PER_SECOND, .scope = LT_RECEIVE_OFFLINE };

    g_ptr_array_add(attachments, &parts[0]);
    g_ptr_array_add(attachments, &parts[1]);
    sealed = lt_envelope_seal(header, payload, attachments, signer, &error);
    g_assert_no_error(error);
    bytes = lt_sealed_build(sealed, &error);
    g_assert_no_error(error);
    envelope = lt_envelope_open(bytes, &receiver, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(lt_message_get_manifest(envelope->message), ==, sealed->manifest_hex);
    g_assert_cmpint(lt_message_get_seq(envelope->message), ==, 7);
    g_assert_cmpint(lt_message_get_expires_us(envelope->message) - lt_message_get_issued_us(envelope->message), ==, 604800 * LT_US_PER_SECOND);
    g_assert_cmpstr(lt_message_get_attachment(envelope->message, 1)->role, ==, "result");
    g_assert_cmpuint(lt_message_get_attachment(envelope->message, 1)->size, ==, 300000);
}

static void
assert_not_sealed(LtSigner *signer, LtHeader *header, GBytes *payload, const char *reason)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(lt_envelope_seal(header, payload, NULL, signer, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, reason);
}

static void
test_seals_nothing_bad(void)
{
    g_autoptr(Forge) forge = forge_new();
    g_autoptr(LtSigner) signer = open_signer(forge);
    g_autoptr(LtHeader) header = plain_header("dossier.submit");
    g_autoptr(LtHeader) result = plain_header("dossier.result");
    g_autoptr(LtHeader) unknown = plain_header("dossier.burn");
    g_autoptr(GBytes) payload = g_bytes_new_static("{}", 2);
    g_autoptr(GBytes) empty = g_bytes_new_static("", 0);

    assert_not_sealed(signer, header, NULL, "env.type.rule");
    assert_not_sealed(signer, header, empty, "env.zip.empty-entry");
    assert_not_sealed(signer, result, payload, "env.type.rule");
    assert_not_sealed(signer, unknown, payload, "env.header.type");
    g_free(header->to);
    header->to = g_strdup("no unit");
    assert_not_sealed(signer, header, payload, "env.header.value");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/seal/is-what-a-receiver-takes", test_seal);
    g_test_add_func("/seal/nothing-that-would-be-refused", test_seals_nothing_bad);
    return g_test_run();
}
