/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.h: everything that the hub holds of one dossier, in one file that verifies without the hub (audit-log.md §13).
 *
 * The file is an envelope of type audit.evidence sealed by this hub. It holds every envelope and receipt byte for byte, the dossier's log entries with
 * proofs to one checkpoint, what others have put beside that checkpoint, and how to verify it all with stock tools. Keys and certificates inside are
 * convenience copies: who verifies brings his own.
 */
#pragma once

#include "store/anchors.h"
#include "store/dossiers.h"
#include "trust/envelope.h"

typedef struct {
    LtStore *store;
    LtSigner *signer;          /* seals the file */
    const char *dossier;       /* code or reference */
    const char *to;            /* nullable: unit that asked; NULL: this hub itself */
    gboolean without_content;  /* payloads and attachments are left out; what remains still verifies */
    guint quorum;              /* cosignatures that the checkpoint should have */
    const char *anchors, *crl; /* PEM files of the unit CAs and their CRLs */
    const char *tsa_ca;        /* nullable: PEM file of the time stamp authority's CA */
    const char *const *witness_keys; /* nullable: vkey lines of the witnesses, ended by NULL */
    const char *actor_kind, *actor;  /* who exports */
} LtEvidenceRequest;

typedef struct _LtEvidence LtEvidence;

/**
 * lt_evidence_make:
 * @part: from 1; a dossier with more than one container holds is cut into several, each of which verifies alone
 *
 * Leaves the record export.evidence before anything is given out.
 *
 * Errors: NOT_FOUND `dossier.unknown`, `evidence.part`; those of the store and the signer
 */
LtEvidence *lt_evidence_make(const LtEvidenceRequest *request, guint part, GError **error);
void lt_evidence_free(LtEvidence *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtEvidence, lt_evidence_free)

guint lt_evidence_get_part(const LtEvidence *self);
guint lt_evidence_get_parts(const LtEvidence *self);
/** lt_evidence_get_reference: of the dossier, as in the advised file name evidence-REFERENCE-PART.asice */
const char *lt_evidence_get_reference(const LtEvidence *self);
const char *lt_evidence_get_manifest(const LtEvidence *self);
/** lt_evidence_open: (transfer full): the container; @self must outlive the stream. *size: its bytes */
GInputStream *lt_evidence_open(LtEvidence *self, guint64 *size);
