/* SPDX-License-Identifier: Apache-2.0 */
/* authority.h: a small certificate authority for a lab, a demonstration or a province that has no other: one root in a folder, certificates for units, and a CRL.
 *
 * A folder holds root.pem, root.key (0600), crl.pem, issued.tsv (serial, file, subject, revoked at or "-") and units.tsv (unit, digest of a signing key: what
 * `lthub envelope check --trust` reads). The state's own authority is used the same way as
 * this one: the hub only ever reads certificates and CRLs.
 */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

typedef enum {
    LT_USE_SIGN,   /* seals envelopes: emailProtection */
    LT_USE_CLIENT, /* TLS client */
    LT_USE_SERVER, /* TLS server: needs a host */
} LtCertificateUse;

/** lt_authority_create: @demo: marks the root, and `lthub serve --demo` takes only certificates below a marked root. Errors: CONFIG when the folder has a root already */
gboolean lt_authority_create(const char *folder, const char *name, gboolean demo, gint64 days, GError **error);

typedef struct {
    const char *file;         /* base name: FILE.pem and FILE.key are written */
    const char *subject;      /* common name, UTF-8 */
    const char *unit;         /* nullable: unit id, as serialNumber of the subject */
    const char *host;         /* nullable: DNS name or address of a server */
    const char *algorithm;    /* "p256", "p384" or "rsa3072" */
    const char *public_key;   /* nullable: PEM of a key that lies elsewhere, as in a token: no FILE.key is written */
    LtCertificateUse use;
    gint64 days;
} LtIssue;
/** lt_authority_issue: Returns: (transfer full): SHA-256 of the SubjectPublicKeyInfo, 64 hex digits: what is registered for the unit */
char *lt_authority_issue(const char *folder, const LtIssue *issue, GError **error);

/** lt_authority_revoke: @certificate: PEM file that this authority issued; writes a new CRL */
gboolean lt_authority_revoke(const char *folder, const char *certificate, gint64 crl_days, GError **error);
/** lt_authority_write_crl: anew, from issued.tsv, valid for so many days */
gboolean lt_authority_write_crl(const char *folder, gint64 days, GError **error);
/** lt_authority_is_demo: does the certificate come from a root that was marked as one for demonstrations? */
gboolean lt_authority_is_demo(const char *certificate, gboolean *demo, GError **error);

/** lt_log_key_create: an Ed25519 key for checkpoints of the audit log, PEM, 0600; never written over */
gboolean lt_log_key_create(const char *path, GError **error);
