/* SPDX-License-Identifier: Apache-2.0 */
/* certificates.h: whom we trust: unit CAs, CRLs, and the verdict on a signer's certificate, cached by its bytes.
 *
 * A trust is immutable but for the cache of verdicts, which is behind a lock; a new CRL makes a new trust.
 */
#pragma once

#include <glib.h>
#include <lienthong/error.h>
#include "base/value.h"
#include "trust/algorithms.h"

typedef struct _LtTrust LtTrust;

/**
 * lt_trust_load:
 * @anchors_path: PEM file of unit CAs
 * @crl_path: (nullable): PEM file of CRLs; without one every certificate is `env.cert.revocation-unknown`
 * @crl_max_age_us: how old a CRL's thisUpdate may be (default 24 h); 0: not limited
 */
LtTrust *lt_trust_load(const char *anchors_path, const char *crl_path, gint64 crl_max_age_us, GError **error);
/** lt_trust_load_archived: the same with the bytes of a CRL file that was archived; nothing limits its age but its own nextUpdate */
LtTrust *lt_trust_load_archived(const char *anchors_path, GBytes *crl, GError **error);
LtTrust *lt_trust_ref(LtTrust *self);
void lt_trust_unref(LtTrust *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtTrust, lt_trust_unref)
/** lt_trust_set_algorithms: (transfer none): instead of the compiled table; before @self is shared */
void lt_trust_set_algorithms(LtTrust *self, LtAlgorithms *algorithms);
LtAlgorithms *lt_trust_get_algorithms(LtTrust *self);
/** lt_trust_nobody: no anchor at all: nothing opens */
LtTrust *lt_trust_nobody(void);

/* What is known of a signer's certificate. Immutable and counted: it may outlive the trust that vouched for it. */
typedef struct {
    guint8 spki_sha256[LT_SHA256_SIZE];
    char spki_hex[65];
    char *subject;       /* RFC 2253, UTF-8, escaped for display */
    gint64 not_before_us, not_after_us;
    struct _LtSignerPrivate *private; /* of the room */
} LtSignerCertificate;
LtSignerCertificate *lt_signer_certificate_ref(LtSignerCertificate *self);
/** lt_signer_certificate_get_crls: (nullable): the newest list of each authority of the chain, on which the verdict on it rests, in PEM.
 * @sha256: (out) (optional): borrowed */
GBytes *lt_signer_certificate_get_crls(const LtSignerCertificate *self, const guint8 **sha256);
void lt_signer_certificate_unref(LtSignerCertificate *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtSignerCertificate, lt_signer_certificate_unref)

/* A revocation list that is in force. */
typedef struct {
    char ca_hex[65];     /* SHA-256 of the issuer's name in DER, as the list gives it */
    char sha_hex[65];    /* SHA-256 of the list in DER */
    gint64 number;       /* CRL number; -1: it has none, or one that no log entry can hold */
    gint64 made_us, next_us;
} LtCrlFacts;
/** lt_trust_list_crls: Returns: (element-type LtCrlFacts) (transfer full) */
GArray *lt_trust_list_crls(LtTrust *self);

/** lt_certificate_spki: SHA-256 of the SubjectPublicKeyInfo of a PEM or DER certificate, as 64 hex digits */
char *lt_certificate_spki(const guint8 *data, gsize size, GError **error);
/** lt_certificate_dates: for checks and health: subject and validity of the first certificate in a PEM file */
gboolean lt_certificate_dates(const char *path, char **subject, gint64 *not_before_us, gint64 *not_after_us, GError **error);
