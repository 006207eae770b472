/* SPDX-License-Identifier: Apache-2.0 */
/* test-signer.c: what the keys sign, and what they refuse to: other types, smaller trees, keys that others may read. */
#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <string.h>

#include "lib/forge.h"
#include "trust/manifest.h"
#include "trust/note.h"

typedef struct {
    Forge *forge;
    char *state, *certificate, *key, *log_key;
} Fixture;

static void
write_key(const char *path, EVP_PKEY *key)
{
    BIO *out = BIO_new_file(path, "w");

    PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL);
    BIO_free(out);
    g_assert_cmpint(g_chmod(path, 0600), ==, 0);
}

static void
set_up(Fixture *f, gconstpointer data)
{
    EVP_PKEY *log_key = forge_key("ED25519");
    BIO *out;

    (void) data;
    f->forge = forge_new();
    f->state = g_dir_make_tmp("lthub-signer-XXXXXX", NULL);
    f->certificate = g_build_filename(f->state, "hub.pem", NULL);
    f->key = g_build_filename(f->state, "hub.key", NULL);
    f->log_key = g_build_filename(f->state, "log.key", NULL);
    out = BIO_new_file(f->certificate, "w");
    PEM_write_bio_X509(out, f->forge->certificate);
    BIO_free(out);
    write_key(f->key, f->forge->key);
    write_key(f->log_key, log_key);
    EVP_PKEY_free(log_key);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    g_autoptr(GDir) dir = g_dir_open(f->state, 0, NULL);

    (void) data;
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(f->state, name, NULL);

        g_unlink(path);
    }
    g_rmdir(f->state);
    forge_free(f->forge);
    g_free(f->state);
    g_free(f->certificate);
    g_free(f->key);
    g_free(f->log_key);
}

static LtSigner *
open_signer(Fixture *f, GError **error)
{
    LtSignerOptions options = { .unit = (char *) "H52", .certificate = f->certificate, .key = f->key, .log_key = f->log_key, .state = f->state };

    return lt_signer_open(&options, error);
}

static const guint8 root_a[LT_SHA256_SIZE] = { 0xa }, root_b[LT_SHA256_SIZE] = { 0xb };
#define ORIGIN "hub.H52/audit/2026"

static void
test_checkpoint(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSigner) signer = open_signer(f, &error);
    g_autofree char *note_text = NULL, *vkey = NULL;
    g_autoptr(LtVerifierKey) key = NULL;
    g_autoptr(LtNote) note = NULL;
    g_auto(LtCheckpoint) checkpoint = { 0 };

    (void) data;
    g_assert_no_error(error);
    g_assert_cmpstr(lt_signer_get_unit(signer), ==, "H52");
    vkey = lt_signer_dup_log_vkey(signer, ORIGIN);
    key = lt_vkey_read(vkey, strlen(vkey), &error);
    g_assert_no_error(error);
    note_text = lt_signer_sign_checkpoint(signer, ORIGIN, 20, root_a, &error);
    g_assert_no_error(error);
    note = lt_note_open(note_text, strlen(note_text), &key, 1, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(note->signatures->len, ==, 1);
    g_assert_true(lt_checkpoint_read(note->text, strlen(note->text), &checkpoint, &error));
    g_assert_cmpstr(checkpoint.origin, ==, ORIGIN);
    g_assert_cmpuint(checkpoint.size, ==, 20);
    g_assert_cmpmem(checkpoint.root.b, LT_SHA256_SIZE, root_a, LT_SHA256_SIZE);
}

static void
assert_signs(LtSigner *signer, const char *origin, guint64 size, const guint8 *root, gboolean expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *note = lt_signer_sign_checkpoint(signer, origin, size, root, &error);

    g_assert_true((note != NULL) == expected);
    if (!expected)
        g_assert_cmpstr(lt_error_get_reason(error), ==, "log.signer-ahead");
}

static void
assert_is_behind_nothing(LtSigner *signer)
{
    assert_signs(signer, ORIGIN, 19, root_a, FALSE);
    assert_signs(signer, ORIGIN, 20, root_b, FALSE);
    assert_signs(signer, ORIGIN, 20, root_a, TRUE);
    assert_signs(signer, ORIGIN, 21, root_b, TRUE);
    assert_signs(signer, "hub.H52/audit/2027", 1, root_b, TRUE);
}

/* What was confirmed holds at once, and after the signer was closed and opened again. */
static void
test_confirmed(Fixture *f, gconstpointer data)
{
    LtSigner *signer = open_signer(f, NULL);
    g_autoptr(LtSigner) again = NULL;
    guint8 root[LT_SHA256_SIZE];
    guint64 size = 0;

    (void) data;
    assert_signs(signer, ORIGIN, 20, root_a, TRUE);
    assert_signs(signer, ORIGIN, 20, root_b, TRUE); /* rolled back, never confirmed: another try is allowed */
    g_assert_false(lt_signer_get_confirmed(signer, ORIGIN, &size, root));
    lt_signer_confirm_checkpoint(signer, ORIGIN, 20, root_a);
    assert_is_behind_nothing(signer);
    lt_signer_confirm_checkpoint(signer, ORIGIN, 5, root_b); /* a late word of an older group changes nothing */
    assert_is_behind_nothing(signer);
    lt_signer_unref(signer);
    again = open_signer(f, NULL);
    assert_is_behind_nothing(again);
    g_assert_true(lt_signer_get_confirmed(again, ORIGIN, &size, root));
    g_assert_cmpuint(size, ==, 20);
    g_assert_cmpmem(root, sizeof root, root_a, sizeof root_a);
}

static char *
find_confirmed(Fixture *f)
{
    g_autoptr(GDir) dir = g_dir_open(f->state, 0, NULL);

    for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
        if (g_str_has_suffix(name, ".confirmed"))
            return g_build_filename(f->state, name, NULL);
    return NULL;
}

/* The second is counted by the signer's own thread: the file is there while the signer still runs. */
static void
test_durable(Fixture *f, gconstpointer data)
{
    g_autoptr(LtSigner) signer = open_signer(f, NULL);
    g_autofree char *path = NULL;

    (void) data;
    lt_signer_confirm_checkpoint(signer, ORIGIN, 20, root_a);
    for (guint i = 0; i < 200 && path == NULL; i++) {
        g_usleep(10000);
        path = find_confirmed(f);
    }
    g_assert_nonnull(path);
}

static void
test_damaged_state(Fixture *f, gconstpointer data)
{
    g_autofree char *path = g_build_filename(f->state, "0123456789abcdef.confirmed", NULL);
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_true(g_file_set_contents(path, "", 0, NULL));
    g_assert_null(open_signer(f, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "signer.state");
}

static void
test_types(Fixture *f, gconstpointer data)
{
    g_autoptr(LtSigner) signer = open_signer(f, NULL);
    g_autofree char *note = lt_signer_sign_checkpoint(signer, ORIGIN, 1, root_a, NULL);
    g_autoptr(GBytes) checkpoint = g_bytes_new_static(note, strlen(note));
    const LtManifestRow row = { "envelope.json", "application/json", root_a };
    g_autoptr(GBytes) manifest = lt_manifest_write(&row, 1);
    g_autoptr(GBytes) signature = lt_signer_sign_envelope(signer, manifest, FORGE_NOW * LT_US_PER_SECOND, NULL);
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_nonnull(signature);
    g_assert_null(lt_signer_sign_envelope(signer, checkpoint, FORGE_NOW * LT_US_PER_SECOND, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "signer.type");
    g_clear_error(&error);
    g_assert_null(lt_signer_sign_checkpoint(signer, "two words", 1, root_a, &error));
}

static void
assert_not_opened(Fixture *f, const char *reason)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(open_signer(f, &error));
    g_assert_cmpint(error->code, ==, LT_ERROR_CONFIG);
    g_assert_cmpstr(lt_error_get_reason(error), ==, reason);
}

static void
test_keys(Fixture *f, gconstpointer data)
{
    EVP_PKEY *other = forge_key("P-256");

    (void) data;
    g_chmod(f->key, 0644);
    assert_not_opened(f, "signer.key");
    g_chmod(f->key, 0640);
    assert_not_opened(f, "signer.key");
    write_key(f->key, other);
    assert_not_opened(f, "signer.key"); /* not of this certificate */
    write_key(f->key, f->forge->key);
    write_key(f->log_key, other);
    assert_not_opened(f, "signer.key"); /* not Ed25519 */
    g_file_set_contents(f->certificate, "nothing", -1, NULL);
    assert_not_opened(f, "signer.certificate");
    g_unlink(f->key);
    assert_not_opened(f, "signer.certificate");
    EVP_PKEY_free(other);
}

static gpointer
sign_many(gpointer data)
{
    const LtManifestRow row = { "envelope.json", "application/json", root_a };
    g_autoptr(GBytes) manifest = lt_manifest_write(&row, 1);

    for (guint i = 1; i < 50; i++) {
        g_autoptr(GBytes) signature = lt_signer_sign_envelope(data, manifest, FORGE_NOW * LT_US_PER_SECOND, NULL);
        g_autofree char *note = lt_signer_sign_checkpoint(data, ORIGIN, 1000 + i, root_a, NULL);

        g_assert_nonnull(signature);
        g_assert_nonnull(note);
    }
    return NULL;
}

static void
test_threads(Fixture *f, gconstpointer data)
{
    g_autoptr(LtSigner) signer = open_signer(f, NULL);
    GThread *threads[4];

    (void) data;
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("sign", sign_many, signer);
    for (guint i = 1; i < 50; i++)
        lt_signer_confirm_checkpoint(signer, ORIGIN, i, root_a);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/signer/signs-checkpoints-that-its-vkey-verifies", Fixture, NULL, set_up, test_checkpoint, tear_down);
    g_test_add("/signer/signs-no-tree-behind-the-confirmed-one", Fixture, NULL, set_up, test_confirmed, tear_down);
    g_test_add("/signer/remembers-within-a-second", Fixture, NULL, set_up, test_durable, tear_down);
    g_test_add("/signer/does-not-start-on-a-damaged-memory", Fixture, NULL, set_up, test_damaged_state, tear_down);
    g_test_add("/signer/signs-each-type-with-its-own-key", Fixture, NULL, set_up, test_types, tear_down);
    g_test_add("/signer/refuses-keys-that-are-not-well-kept", Fixture, NULL, set_up, test_keys, tear_down);
    g_test_add("/signer/signs-in-several-threads", Fixture, NULL, set_up, test_threads, tear_down);
    return g_test_run();
}
