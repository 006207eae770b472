/* SPDX-License-Identifier: Apache-2.0 */
/* certificates.c: whom we trust, and the verdict on a signer's chain (step V3 of envelope.md §9).
 *
 * A chain is judged by OpenSSL against the configured unit CAs and CRLs only. Every fault of a chain is collected and the
 * code is that of the first row which is broken, not of whatever OpenSSL meets first. A good verdict is kept until a
 * certificate or a CRL on which it rests runs out (performance.md: validated signers are cached).
 */
#include "trust/certificates.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "trust/digest.h"
#include "trust/refusal.h"
#include "trust/signer-certificate.h"

#define CACHE_MAX_SIGNERS 4096
#define CLOCK_MAX_US (300 * LT_US_PER_SECOND) /* by which an authority's clock may be ahead of ours */
#define SECURITY_LEVEL 2 /* of OpenSSL: 112 bits; no SHA-1 and no RSA below 2048 in the chain */

struct _LtTrust {
    gatomicrefcount refs;
    X509_STORE *store;
    GPtrArray *crls;      /* of X509_CRL */
    gint64 crl_max_age_us;
    LtAlgorithms *algorithms;
    gboolean has_lower_anchors; /* unit CAs that are not roots themselves */
    GRWLock lock;
    GHashTable *signers;  /* of SHA-256 → LtSignerCertificate */
};

typedef struct {
    gboolean untrusted, expired, early, revoked, usage, unknown;
    int cause; /* of OpenSSL, the first */
} Findings;

static guint
key_hash(gconstpointer key)
{
    guint hash;

    memcpy(&hash, key, sizeof hash); /* a digest is as good a hash as any */
    return hash;
}

static gboolean
key_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, LT_SHA256_SIZE) == 0;
}

static void
crl_free(gpointer crl)
{
    X509_CRL_free(crl);
}

static void
signer_unref(gpointer signer)
{
    lt_signer_certificate_unref(signer);
}

LtTrust *
lt_trust_nobody(void)
{
    LtTrust *self = g_new0(LtTrust, 1);

    g_atomic_ref_count_init(&self->refs);
    self->store = X509_STORE_new();
    self->algorithms = lt_algorithms_new();
    self->crls = g_ptr_array_new_with_free_func(crl_free);
    self->signers = g_hash_table_new_full(key_hash, key_equal, g_free, signer_unref);
    g_rw_lock_init(&self->lock);
    return self;
}

/* Reads what a PEM file holds; anything that is not what it should hold is a fault, not silence (security.md S40). */
static STACK_OF(X509_INFO) *
read_pem_text(const char *path, const char *text, gsize size, GError **error)
{
    BIO *in = BIO_new_mem_buf(text, (int) MIN(size, G_MAXINT));
    STACK_OF(X509_INFO) *infos = PEM_X509_INFO_read_bio(in, NULL, NULL, NULL);

    BIO_free(in);
    if (infos == NULL || sk_X509_INFO_num(infos) == 0) {
        sk_X509_INFO_pop_free(infos, X509_INFO_free);
        lt_error_set(error, LT_ERROR_CONFIG, "trust.file", "%s holds no PEM object that can be read", path);
        return NULL;
    }
    return infos;
}

static STACK_OF(X509_INFO) *
read_pem(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) cause = NULL;
    gsize size;

    if (g_file_get_contents(path, &text, &size, &cause))
        return read_pem_text(path, text, size, error);
    lt_error_set(error, LT_ERROR_CONFIG, "trust.file", "%s", cause->message);
    return NULL;
}

static gboolean
add_anchors(LtTrust *self, const char *path, GError **error)
{
    STACK_OF(X509_INFO) *infos = read_pem(path, error);
    guint n = 0;

    if (infos == NULL)
        return FALSE;
    for (int i = 0; i < sk_X509_INFO_num(infos); i++) {
        X509 *x509 = sk_X509_INFO_value(infos, i)->x509;

        if (x509 == NULL || X509_STORE_add_cert(self->store, x509) != 1)
            continue;
        self->has_lower_anchors |= !(X509_get_extension_flags(x509) & EXFLAG_SS);
        n++;
    }
    sk_X509_INFO_pop_free(infos, X509_INFO_free);
    if (n == 0) {
        lt_error_set(error, LT_ERROR_CONFIG, "trust.file", "%s holds no certificate", path);
        return FALSE;
    }
    return TRUE;
}

/* @infos: taken. */
static gboolean
add_crls(LtTrust *self, const char *path, STACK_OF(X509_INFO) *infos, GError **error)
{
    if (infos == NULL)
        return FALSE;
    for (int i = 0; i < sk_X509_INFO_num(infos); i++) {
        X509_CRL *crl = sk_X509_INFO_value(infos, i)->crl;

        if (crl == NULL || X509_STORE_add_crl(self->store, crl) != 1)
            continue;
        X509_CRL_up_ref(crl);
        g_ptr_array_add(self->crls, crl);
    }
    sk_X509_INFO_pop_free(infos, X509_INFO_free);
    if (self->crls->len == 0) {
        lt_error_set(error, LT_ERROR_CONFIG, "trust.file", "%s holds no CRL", path);
        return FALSE;
    }
    return TRUE;
}

LtTrust *
lt_trust_load(const char *anchors_path, const char *crl_path, gint64 crl_max_age_us, GError **error)
{
    g_autoptr(LtTrust) self = lt_trust_nobody();

    self->crl_max_age_us = crl_max_age_us;
    if (!add_anchors(self, anchors_path, error) || (crl_path != NULL && !add_crls(self, crl_path, read_pem(crl_path, error), error)))
        return NULL;
    return g_steal_pointer(&self);
}

void
lt_trust_set_algorithms(LtTrust *self, LtAlgorithms *algorithms)
{
    LtAlgorithms *old = self->algorithms;

    self->algorithms = lt_algorithms_ref(algorithms);
    lt_algorithms_unref(old);
}

LtAlgorithms *
lt_trust_get_algorithms(LtTrust *self)
{
    return self->algorithms;
}

const GPtrArray *
lt_trust_get_crls(LtTrust *self)
{
    return self->crls;
}

LtTrust *
lt_trust_load_archived(const char *anchors_path, GBytes *crl, GError **error)
{
    g_autoptr(LtTrust) self = lt_trust_nobody();
    gsize size;
    const char *text = g_bytes_get_data(crl, &size);

    if (!add_anchors(self, anchors_path, error) ||
        !add_crls(self, "the archived CRL", read_pem_text("the archived CRL", text, size, error), error))
        return NULL;
    return g_steal_pointer(&self);
}

LtTrust *
lt_trust_ref(LtTrust *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void
lt_trust_unref(LtTrust *self)
{
    if (self == NULL || !g_atomic_ref_count_dec(&self->refs))
        return;
    X509_STORE_free(self->store);
    g_ptr_array_unref(self->crls);
    lt_algorithms_unref(self->algorithms);
    g_hash_table_unref(self->signers);
    g_rw_lock_clear(&self->lock);
    g_free(self);
}

LtSignerCertificate *
lt_trust_lookup_signer(LtTrust *self, const guint8 key[LT_SHA256_SIZE], gint64 now_us)
{
    LtSignerCertificate *signer;

    g_rw_lock_reader_lock(&self->lock);
    signer = g_hash_table_lookup(self->signers, key);
    if (signer != NULL)
        lt_signer_certificate_ref(signer);
    g_rw_lock_reader_unlock(&self->lock);
    if (signer != NULL && now_us >= signer->private->valid_from_us && now_us < signer->private->valid_until_us)
        return signer;
    lt_signer_certificate_unref(signer);
    return NULL;
}

void
lt_trust_keep_signer(LtTrust *self, const guint8 key[LT_SHA256_SIZE], LtSignerCertificate *signer)
{
    g_rw_lock_writer_lock(&self->lock);
    if (g_hash_table_size(self->signers) >= CACHE_MAX_SIGNERS)
        g_hash_table_remove_all(self->signers);
    g_hash_table_replace(self->signers, g_memdup2(key, LT_SHA256_SIZE), lt_signer_certificate_ref(signer));
    g_rw_lock_writer_unlock(&self->lock);
}

/* An anchor that is not self-signed is trusted by configuration; its issuer's CRL is not asked for. */
static gboolean
is_anchor_below_a_root(X509_STORE_CTX *context)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);
    int depth = X509_STORE_CTX_get_error_depth(context);

    return depth > 0 && depth == sk_X509_num(chain) - 1 && !(X509_get_extension_flags(sk_X509_value(chain, depth)) & EXFLAG_SS);
}

/* Takes down every fault and goes on. Whether a CRL is young enough, or from the future, find_window() says. */
static int
collect(int ok, X509_STORE_CTX *context)
{
    Findings *findings = X509_STORE_CTX_get_app_data(context);
    int cause = X509_STORE_CTX_get_error(context);

    if (ok)
        return 1;
    if (findings->cause == X509_V_OK)
        findings->cause = cause;
    switch (cause) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        findings->expired = TRUE;
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        findings->early = TRUE;
        break;
    case X509_V_ERR_CERT_REVOKED:
        findings->revoked = TRUE;
        break;
    case X509_V_ERR_INVALID_PURPOSE:
        findings->usage = TRUE;
        break;
    case X509_V_ERR_CRL_NOT_YET_VALID:
        break;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
        findings->unknown |= !is_anchor_below_a_root(context);
        break;
    case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
    case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
        findings->unknown = TRUE;
        break;
    default:
        findings->untrusted = TRUE;
    }
    return 1;
}

/* How long the verdict holds, and whether each CRL on which it rests is young enough. */
static void
find_window(LtTrust *self, LtSignerCertificate *signer, STACK_OF(X509) *chain, gint64 now_us, Findings *findings)
{
    g_autoptr(GPtrArray) used = g_ptr_array_new();
    gint64 from = G_MININT64, until = G_MAXINT64;

    for (int i = 0; chain != NULL && i < sk_X509_num(chain); i++) {
        X509 *x509 = sk_X509_value(chain, i);
        gboolean anchor = i > 0 && i == sk_X509_num(chain) - 1;
        X509_CRL *crl = lt_crls_newest(self->crls, x509);
        gint64 made;

        from = MAX(from, lt_certificate_time(X509_get0_notBefore(x509), G_MAXINT64));
        until = MIN(until, lt_certificate_time(X509_get0_notAfter(x509), G_MININT64));
        if (crl == NULL) {
            findings->unknown |= !anchor;
            continue;
        }
        if (!g_ptr_array_find(used, crl, NULL))
            g_ptr_array_add(used, crl);
        made = lt_certificate_time(X509_CRL_get0_lastUpdate(crl), G_MININT64 / 2);
        from = MAX(from, made - CLOCK_MAX_US);
        findings->unknown |= made > now_us + CLOCK_MAX_US;
        until = MIN(until, lt_certificate_time(X509_CRL_get0_nextUpdate(crl), G_MININT64));
        if (self->crl_max_age_us > 0) {
            findings->unknown |= made < now_us - self->crl_max_age_us;
            until = MIN(until, made + self->crl_max_age_us + 1);
        }
        findings->unknown |= X509_CRL_get0_nextUpdate(crl) == NULL;
    }
    lt_crls_keep_with(signer, used);
    signer->private->valid_from_us = from;
    signer->private->valid_until_us = until;
}

/* keyUsage must be there and allow signing; an extended one, if there, must name e-mail protection unless an exception stands for it. */
static gboolean
may_sign(X509 *x509, gboolean any_extended)
{
    guint32 usage = X509_get_key_usage(x509);

    if (usage == G_MAXUINT32 || !(usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
        return FALSE;
    return any_extended || !(X509_get_extension_flags(x509) & EXFLAG_XKUSAGE) || (X509_get_extended_key_usage(x509) & XKU_SMIME);
}

static gboolean
judge(const Findings *f, const LtSignerCertificate *signer, GError **error)
{
    const char *subject = signer->subject;

    if (f->untrusted)
        return lt_refuse(error, "env.cert.untrusted", "certificate of %s: %s", subject, X509_verify_cert_error_string(f->cause));
    if (f->expired)
        return lt_refuse(error, "env.cert.expired", "certificate of %s, or one above it, has expired", subject);
    if (f->early)
        return lt_refuse(error, "env.cert.not-yet-valid", "certificate of %s, or one above it, is not yet valid", subject);
    if (f->revoked)
        return lt_refuse(error, "env.cert.revoked", "certificate of %s, or one above it, is revoked", subject);
    if (f->usage)
        return lt_refuse(error, "env.cert.usage", "certificate of %s is not for signing messages", subject);
    if (f->unknown)
        return lt_refuse(error, "env.cert.revocation-unknown", "no CRL that is young enough for the certificate of %s", subject);
    return TRUE;
}

static gboolean
walk_chain(LtTrust *self, LtSignerCertificate *signer, gint64 now_us, unsigned long flags, gboolean any_extended, Findings *findings)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_VERIFY_PARAM *parameters;

    *findings = (Findings){ .cause = X509_V_OK };
    if (context == NULL || X509_STORE_CTX_init(context, self->store, signer->private->x509, signer->private->others) != 1) {
        X509_STORE_CTX_free(context);
        return FALSE;
    }
    parameters = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(parameters, (time_t) (now_us / LT_US_PER_SECOND));
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL | flags);
    X509_VERIFY_PARAM_set_purpose(parameters, any_extended ? X509_PURPOSE_ANY : X509_PURPOSE_SMIME_SIGN);
    X509_VERIFY_PARAM_set_auth_level(parameters, SECURITY_LEVEL);
    X509_STORE_CTX_set_app_data(context, findings);
    X509_STORE_CTX_set_verify_cb(context, collect);
    if (X509_verify_cert(context) != 1)
        findings->untrusted = TRUE;
    if (!may_sign(signer->private->x509, any_extended))
        findings->usage = TRUE;
    find_window(self, signer, X509_STORE_CTX_get0_chain(context), now_us, findings);
    X509_STORE_CTX_free(context);
    return TRUE;
}

/* A chain to a root is looked for first; only where none is, a unit CA that is no root may end it. */
static gboolean
find_faults(LtTrust *self, LtSignerCertificate *signer, gint64 now_us, gboolean any_extended, Findings *findings)
{
    return walk_chain(self, signer, now_us, 0, any_extended, findings) &&
           (!findings->untrusted || !self->has_lower_anchors ||
            walk_chain(self, signer, now_us, X509_V_FLAG_PARTIAL_CHAIN, any_extended, findings));
}

/* A purpose that does not fit may be let pass by a dated exception for this key; the verdict ends when the exception does. */
static gboolean
find_faults_by_exception(LtTrust *self, LtSignerCertificate *signer, gint64 now_us, Findings *findings)
{
    gint64 until_us = G_MAXINT64;
    const char *exception = lt_algorithms_except(self->algorithms, signer->spki_hex, LT_EXCEPT_USAGE, now_us, &until_us);

    if (exception == NULL)
        return TRUE;
    if (!find_faults(self, signer, now_us, TRUE, findings))
        return FALSE;
    signer->private->valid_until_us = MIN(signer->private->valid_until_us, until_us);
    signer->private->exception = g_strdup(exception);
    return TRUE;
}

gboolean
lt_trust_check(LtTrust *self, LtSignerCertificate *signer, gint64 now_us, GError **error)
{
    Findings findings;

    if (!find_faults(self, signer, now_us, FALSE, &findings) ||
        (findings.usage && !find_faults_by_exception(self, signer, now_us, &findings)))
        return lt_refuse(error, "env.internal", "cannot check a certificate");
    return judge(&findings, signer, error);
}

char *
lt_certificate_spki(const guint8 *data, gsize size, GError **error)
{
    BIO *in = BIO_new_mem_buf(data, (int) MIN(size, G_MAXINT));
    const guint8 *at = data;
    X509 *x509 = PEM_read_bio_X509(in, NULL, NULL, NULL);
    g_autoptr(LtSignerCertificate) certificate = NULL;

    BIO_free(in);
    if (x509 == NULL)
        x509 = d2i_X509(NULL, &at, (long) MIN(size, G_MAXINT));
    if (x509 == NULL) {
        lt_error_set(error, LT_ERROR_INVALID, "invalid", "not a certificate in PEM or DER");
        return NULL;
    }
    certificate = lt_signer_certificate_new(x509, NULL);
    X509_free(x509);
    return g_strdup(certificate->spki_hex);
}

gboolean
lt_certificate_dates(const char *path, char **subject, gint64 *not_before_us, gint64 *not_after_us, GError **error)
{
    STACK_OF(X509_INFO) *infos = read_pem(path, error);
    X509 *x509 = infos == NULL ? NULL : sk_X509_INFO_value(infos, 0)->x509;
    g_autoptr(LtSignerCertificate) certificate = NULL;

    if (x509 == NULL) {
        if (infos != NULL)
            lt_error_set(error, LT_ERROR_CONFIG, "trust.file", "%s does not begin with a certificate", path);
        sk_X509_INFO_pop_free(infos, X509_INFO_free);
        return FALSE;
    }
    certificate = lt_signer_certificate_new(x509, NULL);
    *subject = g_strdup(certificate->subject);
    *not_before_us = certificate->not_before_us;
    *not_after_us = certificate->not_after_us;
    sk_X509_INFO_pop_free(infos, X509_INFO_free);
    return TRUE;
}
