/* SPDX-License-Identifier: Apache-2.0 */
/* audit.h: the verbs of `lthub audit` that stand in files of their own. */
#pragma once

#include "cli/command.h"

typedef struct {
    char *dossier, *to, *output;
    gboolean without_content;
} LtAuditEvidence;
/* audit-witness.c: who attests our log */
int lt_audit_witness_list_run(gpointer options, char **arguments, const LtTerminal *terminal);
int lt_audit_witness_push_run(gpointer options, char **arguments, const LtTerminal *terminal);
int lt_audit_anchor_run(gpointer options, char **arguments, const LtTerminal *terminal);

extern const LtKey lt_audit_evidence_keys[];
int lt_audit_evidence_run(gpointer options, char **arguments, const LtTerminal *terminal);
