/* SPDX-License-Identifier: Apache-2.0 */
/* signer.c: the private keys of a hub or a unit, in this process (security.md S20).
 *
 * Each operation checks the type of what it is given: the envelope key signs manifests in the template and nothing else,
 * the log key signs checkpoints that it composes itself, never smaller than one that was confirmed. So a hub that was
 * talked into something, or a database that was put back, cannot get a signature that contradicts an earlier one.
 */
#include "trust/signer.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "trust/certificates.h"
#include "trust/cms.h"
#include "trust/confirmations.h"
#include "trust/manifest.h"
#include "trust/note.h"
#include "trust/private-key.h"

struct _LtSigner {
    gatomicrefcount refs;
    char *unit;
    LtSignerCertificate *certificate;
    LtPrivateKey *key;
    LtPrivateKey *log_key; /* nullable */
    LtPrivateKey *witness_key; /* nullable */
    guint8 log_public[LT_ED25519_KEY_SIZE], witness_public[LT_ED25519_KEY_SIZE];
    LtConfirmations *confirmations;
};

static LtSignerCertificate *
load_certificate(const char *path, GError **error)
{
    BIO *in = BIO_new_file(path, "r");
    X509 *first = in != NULL ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
    STACK_OF(X509) *others = sk_X509_new_null();
    LtSignerCertificate *certificate = NULL;

    for (X509 *x509; first != NULL && (x509 = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL;)
        sk_X509_push(others, x509);
    if (first == NULL)
        lt_error_set(error, LT_ERROR_CONFIG, "signer.certificate", "%s: %s", path,
                     in == NULL ? "cannot be read" : "does not begin with a certificate in PEM");
    else if (sk_X509_num(others) >= LT_CERTIFICATES_MAX)
        lt_error_set(error, LT_ERROR_CONFIG, "signer.certificate", "%s: more than %d certificates", path, LT_CERTIFICATES_MAX);
    else
        certificate = lt_signer_certificate_new(first, others);
    sk_X509_pop_free(others, X509_free);
    X509_free(first);
    BIO_free(in);
    ERR_clear_error(); /* the end of the file is an error to OpenSSL */
    if (certificate != NULL && certificate->private->kind == LT_SIGNER_OTHER) {
        lt_error_set(error, LT_ERROR_CONFIG, "signer.certificate", "%s: envelopes are signed with P-256, P-384 or RSA of 2048 to 4096 bits", path);
        g_clear_pointer(&certificate, lt_signer_certificate_unref);
    }
    return certificate;
}

static gboolean
load_envelope_key(LtSigner *self, const LtSignerOptions *options, GError **error)
{
    const LtAlgorithm *algorithm;

    self->certificate = load_certificate(options->certificate, error);
    if (self->certificate == NULL)
        return FALSE;
    algorithm = lt_algorithm_for_key(self->certificate->private->kind);
    self->key = lt_private_key_load(options->key, algorithm->digest, algorithm->pss, error);
    if (self->key == NULL)
        return FALSE;
    if (X509_check_private_key(self->certificate->private->x509, lt_private_key_get(self->key)) != 1) {
        ERR_clear_error();
        lt_error_set(error, LT_ERROR_CONFIG, "signer.key", "the key does not belong to the certificate %s", options->certificate);
        return FALSE;
    }
    return TRUE;
}

static gboolean
load_ed25519(const char *where, LtPrivateKey **key, guint8 public_key[LT_ED25519_KEY_SIZE], GError **error)
{
    size_t size = LT_ED25519_KEY_SIZE;

    if (where == NULL)
        return TRUE;
    *key = lt_private_key_load(where, NULL, FALSE, error);
    if (*key == NULL)
        return FALSE;
    if (EVP_PKEY_is_a(lt_private_key_get(*key), "ED25519") && EVP_PKEY_get_raw_public_key(lt_private_key_get(*key), public_key, &size) == 1)
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "signer.key", "%s: the log and checkpoints of others are signed with Ed25519", where);
    return FALSE;
}

/* One key per witness, never the log key (audit-log.md §6): a cosignature must not be taken for a log's own signature. */
static gboolean
load_log_keys(LtSigner *self, const LtSignerOptions *options, GError **error)
{
    if (!load_ed25519(options->log_key, &self->log_key, self->log_public, error) ||
        !load_ed25519(options->witness_key, &self->witness_key, self->witness_public, error))
        return FALSE;
    if (self->log_key == NULL || self->witness_key == NULL || memcmp(self->log_public, self->witness_public, LT_ED25519_KEY_SIZE) != 0)
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "signer.key", "witness_key: the log key must not sign for others; make another (lthub pki log-key)");
    return FALSE;
}

LtSigner *
lt_signer_open(const LtSignerOptions *options, GError **error)
{
    g_autoptr(LtSigner) self = g_new0(LtSigner, 1);

    g_atomic_ref_count_init(&self->refs);
    self->unit = g_strdup(options->unit);
    if ((options->certificate != NULL && !load_envelope_key(self, options, error)) || !load_log_keys(self, options, error))
        return NULL;
    self->confirmations = lt_confirmations_open(options->state, error);
    return self->confirmations != NULL ? g_steal_pointer(&self) : NULL;
}

LtSigner *
lt_signer_ref(LtSigner *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void
lt_signer_unref(LtSigner *self)
{
    if (self == NULL || !g_atomic_ref_count_dec(&self->refs))
        return;
    lt_confirmations_free(self->confirmations);
    lt_private_key_free(self->key);
    lt_private_key_free(self->log_key);
    lt_private_key_free(self->witness_key);
    lt_signer_certificate_unref(self->certificate);
    g_free(self->unit);
    g_free(self);
}

const char *
lt_signer_get_unit(LtSigner *self)
{
    return self->unit;
}

const char *
lt_signer_get_spki(LtSigner *self)
{
    return self->certificate->spki_hex;
}

char *
lt_signer_dup_log_vkey(LtSigner *self, const char *origin)
{
    return self->log_key != NULL ? lt_vkey_write(origin, LT_NOTE_ED25519, self->log_public) : NULL;
}

static GBytes *
sign_attributes(gpointer data, const GByteArray *attributes, GError **error)
{
    LtSigner *self = data;

    return lt_private_key_sign(self->key, attributes->data, attributes->len, error);
}

GBytes *
lt_signer_sign_envelope(LtSigner *self, GBytes *manifest, gint64 signed_us, GError **error)
{
    gsize size;
    const char *data = g_bytes_get_data(manifest, &size);
    g_autoptr(GArray) rows = lt_manifest_read(data, size, NULL);

    if (rows == NULL || self->key == NULL) {
        lt_error_set(error, LT_ERROR_INTERNAL, "signer.type", "the envelope key signs manifests only, and there must be one");
        return NULL;
    }
    return lt_cms_write(self->certificate, manifest, signed_us, sign_attributes, self, error);
}

static gboolean
may_sign(LtSigner *self, const char *origin, guint64 size, const guint8 root[LT_SHA256_SIZE], GError **error)
{
    guint8 confirmed_root[LT_SHA256_SIZE];
    guint64 confirmed;

    if (self->log_key == NULL || !lt_origin_is_valid(origin, strlen(origin))) {
        lt_error_set(error, LT_ERROR_CONFIG, "signer.key", "no log key for the origin");
        return FALSE;
    }
    if (!lt_confirmations_get(self->confirmations, origin, &confirmed, confirmed_root) || size > confirmed)
        return TRUE;
    if (size == confirmed && memcmp(root, confirmed_root, LT_SHA256_SIZE) == 0)
        return TRUE;
    lt_error_set(error, LT_ERROR_INTERNAL, "log.signer-ahead",
                 "the signer has confirmed %" G_GUINT64_FORMAT " entries of %s and will not sign another tree of %" G_GUINT64_FORMAT,
                 confirmed, origin, size);
    return FALSE;
}

char *
lt_signer_sign_checkpoint(LtSigner *self, const char *origin, guint64 size, const guint8 root[LT_SHA256_SIZE], GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GBytes) signature = NULL;
    LtHash hash;

    if (!may_sign(self, origin, size, root, error))
        return NULL;
    memcpy(hash.b, root, LT_SHA256_SIZE);
    text = lt_checkpoint_text(origin, size, &hash);
    signature = lt_private_key_sign(self->log_key, text, strlen(text), error);
    if (signature == NULL)
        return NULL;
    return lt_note_write(text, origin, lt_vkey_id(origin, LT_NOTE_ED25519, self->log_public), g_bytes_get_data(signature, NULL),
                         g_bytes_get_size(signature));
}

void
lt_signer_confirm_checkpoint(LtSigner *self, const char *origin, guint64 size, const guint8 root[LT_SHA256_SIZE])
{
    lt_confirmations_set(self->confirmations, origin, size, root);
}

gboolean
lt_signer_get_confirmed(LtSigner *self, const char *origin, guint64 *size, guint8 root[LT_SHA256_SIZE])
{
    return lt_confirmations_get(self->confirmations, origin, size, root);
}

static char *
witness_name(LtSigner *self)
{
    return g_strdup_printf("hub.%s/witness", self->unit);
}

char *
lt_signer_dup_witness_vkey(LtSigner *self)
{
    g_autofree char *name = witness_name(self);

    return self->witness_key != NULL ? lt_vkey_write(name, LT_NOTE_COSIGNATURE, self->witness_public) : NULL;
}

/* @own: whether it must be of this hub's log, or must not be. */
static gboolean
is_checkpoint(LtSigner *self, const char *text, gboolean own, GError **error)
{
    g_autofree char *prefix = g_strdup_printf("hub.%s/", self->unit);
    g_auto(LtCheckpoint) checkpoint = { 0 };

    if (lt_checkpoint_read(text, strlen(text), &checkpoint, NULL) && g_str_has_prefix(checkpoint.origin, prefix) == own)
        return TRUE;
    lt_error_set(error, LT_ERROR_INTERNAL, "signer.type", "the text is not a checkpoint of %s", own ? "this hub's log" : "another log");
    return FALSE;
}

char *
lt_signer_cosign(LtSigner *self, const char *text, gint64 at_us, GError **error)
{
    g_autofree char *name = witness_name(self), *base64 = NULL;
    g_autoptr(GByteArray) line = g_byte_array_new();
    g_autoptr(GBytes) signature = NULL;
    g_autofree char *message = NULL;
    guint64 at_s = GUINT64_TO_BE((guint64) (at_us / LT_US_PER_SECOND));
    guint32 id;

    if (self->witness_key == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "signer.key", "this hub has no witness key");
        return NULL;
    }
    if (!is_checkpoint(self, text, FALSE, error))
        return NULL;
    message = g_strdup_printf("cosignature/v1\ntime %" G_GINT64_FORMAT "\n%s", at_us / LT_US_PER_SECOND, text);
    signature = lt_private_key_sign(self->witness_key, message, strlen(message), error);
    if (signature == NULL)
        return NULL;
    id = GUINT32_TO_BE(lt_vkey_id(name, LT_NOTE_COSIGNATURE, self->witness_public));
    g_byte_array_append(line, (const guint8 *) &id, sizeof id);
    g_byte_array_append(line, (const guint8 *) &at_s, sizeof at_s);
    g_byte_array_append(line, g_bytes_get_data(signature, NULL), (guint) g_bytes_get_size(signature));
    base64 = lt_base64_dup(line->data, line->len);
    return g_strdup_printf("\xe2\x80\x94 %s %s\n", name, base64);
}

GBytes *
lt_signer_sign_legally(LtSigner *self, const char *text, gint64 signed_us, GError **error)
{
    g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));

    if (!is_checkpoint(self, text, TRUE, error))
        return NULL;
    if (self->key == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "signer.key", "this hub has no envelope key here");
        return NULL;
    }
    return lt_cms_write(self->certificate, content, signed_us, sign_attributes, self, error);
}
