/* SPDX-License-Identifier: Apache-2.0 */
/* signer.h: who holds the private keys. Five operations and no more (security.md S20), so that the keys can move to a process
 * of their own. In process for now: PEM files, or PKCS#11 URIs through the OpenSSL engine. Thread-safe. */
#pragma once

#include <gio/gio.h>
#include <lienthong/error.h>
#include "base/value.h"

typedef struct _LtSigner LtSigner;

typedef struct {
    char *unit;            /* unit id of the hub: `from` of its receipts, part of its log's origin */
    char *certificate;     /* nullable: PEM: signer's certificate first, then intermediates; without one no envelope is signed */
    char *key;             /* PEM file, or "pkcs11:…" */
    char *log_key;         /* nullable: PEM file (Ed25519); without one no checkpoint is signed */
    char *witness_key;     /* nullable */
    char *state;           /* nullable: folder in which confirmed checkpoints are remembered */
} LtSignerOptions;

LtSigner *lt_signer_open(const LtSignerOptions *options, GError **error);
LtSigner *lt_signer_ref(LtSigner *self);
void lt_signer_unref(LtSigner *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtSigner, lt_signer_unref)

const char *lt_signer_get_unit(LtSigner *self);
/** public keys: of the envelope key, 64 hex; and the log's vkey line for an origin */
const char *lt_signer_get_spki(LtSigner *self);
char *lt_signer_dup_log_vkey(LtSigner *self, const char *origin);

/** lt_signer_sign_envelope: @manifest: bytes of the manifest; @signed_us: signingTime. Returns: DER of signature001.p7s */
GBytes *lt_signer_sign_envelope(LtSigner *self, GBytes *manifest, gint64 signed_us, GError **error);
/** lt_signer_dup_witness_vkey: (nullable): vkey line of this hub as a witness, `hub.<unit>/witness`; %NULL without a witness key */
char *lt_signer_dup_witness_vkey(LtSigner *self);
/** lt_signer_cosign: the cosignature line over the text of another log's checkpoint, with its newline (C2SP tlog-cosignature). The caller has proved that the log only
 * grew. Errors: %LT_ERROR_CONFIG `signer.key`: no witness key; %LT_ERROR_INTERNAL `signer.type`: not a checkpoint, or one of this hub's own log */
char *lt_signer_cosign(LtSigner *self, const char *text, gint64 at_us, GError **error);
/** lt_signer_sign_legally: DER of the unit's signature over the three lines of a checkpoint of its own log (audit-log.md §9); nothing else is signed so.
 * Errors: %LT_ERROR_INTERNAL `signer.type` */
GBytes *lt_signer_sign_legally(LtSigner *self, const char *text, gint64 signed_us, GError **error);
/** lt_signer_sign_checkpoint: refuses a size below the confirmed one, and another root for the same size (`log.signer-ahead`).
 * Returns: the whole signed note */
char *lt_signer_sign_checkpoint(LtSigner *self, const char *origin, guint64 size, const guint8 root[LT_SHA256_SIZE], GError **error);
/** lt_signer_confirm_checkpoint: called after COMMIT; remembers size and root (durably at least once a second) */
void lt_signer_confirm_checkpoint(LtSigner *self, const char *origin, guint64 size, const guint8 root[LT_SHA256_SIZE]);
/** lt_signer_get_confirmed: FALSE when nothing is remembered for @origin */
gboolean lt_signer_get_confirmed(LtSigner *self, const char *origin, guint64 *size, guint8 root[LT_SHA256_SIZE]);
