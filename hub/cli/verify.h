/* SPDX-License-Identifier: Apache-2.0 */
/* verify.h: what the files of `lthub verify` share: its options, and one verifier per kind of file. */
#pragma once

#include "cli/report.h"
#include "trust/envelope.h"
#include "trust/note.h"

typedef struct {
    char *entry;      /* --entry: bytes of the entry that a tlog-proof is of */
    char *trust;      /* --trust: PEM of the unit CA */
    char *crl;
    char *tsa_ca;
    char **vkey, **witness;
    gint64 quorum;
    char *units;
    char *algorithms; /* --algorithms: what was allowed when, and to whom */
    char *at;

    /* Made of them. */
    GPtrArray *log_keys, *witness_keys; /* of LtVerifierKey * */
    GPtrArray *heads;                   /* of LtSeenHead *: the signed checkpoints of this run, compared at its end */
    LtAlgorithms *allowed;
    gint64 at_us;                       /* 0: not given */
    GBytes *crl_bytes;                  /* nullable, borrowed: a CRL that lay beside what is verified; goes before --crl */
} LtVerifyOptions;

/* A checkpoint whose signature verified, and where it was seen. */
typedef struct {
    LtReport *report;      /* borrowed */
    LtCheckpoint checkpoint;
} LtSeenHead;

#define LT_VERIFY_CONTAINER_MAX 2147483647u /* envelope.md §1 */

/** lt_verify_claimed_time: when the envelope says that it was issued; 0: it says nothing readable */
gint64 lt_verify_claimed_time(LtContainer *container);
/** lt_verify_identity: with --units: whether the key belongs to the sender */
void lt_verify_identity(LtReport *report, const LtVerifyOptions *options, LtTrust *trust, const LtEnvelope *envelope);

/** lt_verify_trust: anchors of --trust with the CRL that applies; without --trust: nobody */
LtTrust *lt_verify_trust(const LtVerifyOptions *options, GError **error);

/** lt_verify_container: an envelope, or an evidence file, which is one that holds others */
void lt_verify_container(LtReport *report, GBytes *bytes, const LtVerifyOptions *options);
void lt_verify_envelope(LtReport *report, GBytes *bytes, const LtVerifyOptions *options);
void lt_verify_checkpoint(LtReport *report, GBytes *bytes, const LtVerifyOptions *options);
void lt_verify_proof(LtReport *report, GBytes *bytes, const LtVerifyOptions *options);

/* Parts of these, for files that hold a checkpoint. */
/** lt_verify_note: signatures and quorum of a note. FALSE when there is no checkpoint to speak of; what it finds stands in @report */
gboolean lt_verify_note(LtReport *report, const char *data, gsize size, const LtVerifyOptions *options, LtCheckpoint *checkpoint);
/** lt_verify_anchors: time stamp and legal signature over the three lines of a note; @tsr and @cms: (nullable): not there */
void lt_verify_anchors(LtReport *report, const char *note, GBytes *tsr, GBytes *cms, const LtVerifyOptions *options);
/** lt_verify_compare: the checkpoints of one run among each other: two trees of one size, or one that a later run no longer reaches */
void lt_verify_compare(const LtVerifyOptions *options);
