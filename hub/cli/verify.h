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
    char *at;

    /* Made of them. */
    GPtrArray *log_keys, *witness_keys; /* of LtVerifierKey * */
    gint64 at_us;                       /* 0: not given */
} LtVerifyOptions;

#define LT_VERIFY_CONTAINER_MAX 2147483647u /* envelope.md §1 */

/** lt_verify_claimed_time: when the envelope says that it was issued; 0: it says nothing readable */
gint64 lt_verify_claimed_time(LtContainer *container);
/** lt_verify_identity: with --units: whether the key belongs to the sender */
void lt_verify_identity(LtReport *report, const LtVerifyOptions *options, LtTrust *trust, const LtEnvelope *envelope);

void lt_verify_envelope(LtReport *report, GBytes *bytes, const LtVerifyOptions *options);
void lt_verify_checkpoint(LtReport *report, GBytes *bytes, const LtVerifyOptions *options);
void lt_verify_proof(LtReport *report, GBytes *bytes, const LtVerifyOptions *options);
