/* SPDX-License-Identifier: Apache-2.0 */
/* dossier.h: verbs of `lthub dossier` that stand in files of their own. */
#pragma once

#include "casework/clock.h"
#include "cli/command.h"

typedef struct {
    char *events, *calendar, *at;
} LtDossierFoldOptions;
extern const LtKey lt_dossier_fold_keys[];
int lt_dossier_fold_run(gpointer options, char **arguments, const LtTerminal *terminal);
/** lt_dossier_fold_print: state, dates and lateness for people */
void lt_dossier_fold_print(const LtFold *fold, const LtClocks *clocks);
