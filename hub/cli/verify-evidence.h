/* SPDX-License-Identifier: Apache-2.0 */
/* verify-evidence.h: an evidence file taken apart: its attachments by their names, and what its payload says of entries and messages. */
#pragma once

#include "cli/verify.h"
#include "trust/record.h"

/* A row of `messages` or `events`. */
typedef struct {
    guint k;
    guint64 index;
    gint64 at_us;
    char *word, *id, *manifest, *state; /* nullable */
} LtEvidenceItem;

typedef struct {
    LtContainer *container;
    GBytes *bytes;        /* of the whole file */
    GHashTable *files;    /* logical name → GBytes */
    GPtrArray *messages, *events; /* of LtEvidenceItem * */
    char *origin;         /* as the payload says */
    guint64 size;
    LtCheckpoint checkpoint;
} LtEvidenceFile;

/** lt_evidence_file_get: (nullable) (transfer none): an attachment by its logical name */
GBytes *lt_evidence_file_get(const LtEvidenceFile *self, const char *format, ...) G_GNUC_PRINTF(2, 3);

void lt_verify_evidence(LtReport *report, LtContainer *container, GBytes *bytes, const LtVerifyOptions *options);
/** lt_verify_evidence_messages: each is the one whose digest the log has, and its signature held when it was accepted */
void lt_verify_evidence_messages(const LtEvidenceFile *self, LtReport *report, const LtVerifyOptions *options);
