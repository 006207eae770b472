/* SPDX-License-Identifier: Apache-2.0 */
/* attestor.h: has our checkpoints attested by others: cosigned by witnesses, stamped by a time stamp authority, signed with the unit's certificate (audit-log.md §§8, 9).
 *
 * One thread, beside everything: whatever it cannot do is tried again later and shown as a gap, and never keeps a dossier waiting. One thing it finds halts the
 * store: that a witness has seen more of our log than there is.
 */
#pragma once

#include "routing/peer.h"
#include "store/store.h"

typedef struct _LtAttestor LtAttestor;

typedef struct {
    LtStore *store;
    LtSigner *signer;
    LtLinkThread *thread;
    const LtPeers *peers;     /* (transfer none) outlives it */
    guint quorum;
    gint64 witness_every_us;  /* when the log has grown; or sooner after 1,000 entries */
    gint64 anchor_every_us;
} LtAttestorOptions;

LtAttestor *lt_attestor_new(const LtAttestorOptions *options, GError **error);
void lt_attestor_free(LtAttestor *self); /* stops it first */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtAttestor, lt_attestor_free)

/**
 * lt_attestor_compare:
 *
 * What each witness has seen of our log against what the store holds; before anything is written at start.
 *
 * Errors: INTERNAL `log.witness-ahead`, `log.witness-fork`: the store is not the one that was seen. *n_answered: (out): witnesses that answered
 */
gboolean lt_attestor_compare(LtAttestor *self, guint *n_answered, GError **error);
/** lt_attestor_push: asks all witnesses for cosignatures of the newest checkpoint. Returns: how many have it now. Errors: as lt_attestor_compare(), of the first that refused */
guint lt_attestor_push(LtAttestor *self, GError **error);
/** lt_attestor_anchor: time stamp and legal signature for the newest checkpoint. Errors: UNAVAILABLE, SIGNATURE `anchor.tsr` */
gboolean lt_attestor_anchor(LtAttestor *self, GError **error);
void lt_attestor_start(LtAttestor *self);
