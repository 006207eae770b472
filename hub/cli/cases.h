/* SPDX-License-Identifier: Apache-2.0 */
/* cases.h: test cases run by a command, and told as TAP or as JSON. */
#pragma once

#include "cli/command.h"
#include "routing/case.h"

typedef struct {
    const LtTerminal *terminal; /* NULL: nothing is told, only counted */
    LtEndpointShared shared;
    LtSettings *settings;
    const char *endpoint;
    gboolean twisted;           /* also with the link failing in every way */
    guint n, n_failed, n_skipped;
    LtFaults *faults;           /* nullable: what failed, for `lthub check` and the sheet */
} LtCaseRun;

/** lt_case_run_all: @only: (nullable): names, ended by NULL. FALSE: a verb is stuck, and the program should end at once */
gboolean lt_case_run_all(LtCaseRun *self, const GPtrArray *cases, char **only);
/** lt_case_run_end: prints the plan. Returns: the exit code */
int lt_case_run_end(const LtCaseRun *self);
