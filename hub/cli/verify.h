/* SPDX-License-Identifier: Apache-2.0 */
/* verify.h: what the files of `lthub verify` share: its options, and one verifier per kind of file. */
#pragma once

#include "cli/report.h"
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

void lt_verify_envelope(LtReport *report, GBytes *bytes, const LtVerifyOptions *options);
void lt_verify_checkpoint(LtReport *report, GBytes *bytes, const LtVerifyOptions *options);
void lt_verify_proof(LtReport *report, GBytes *bytes, const LtVerifyOptions *options);
