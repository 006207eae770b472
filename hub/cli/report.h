/* SPDX-License-Identifier: Apache-2.0 */
/* report.h: what `lthub verify` has found of one file: checks that passed or failed, what was missing, and the verdict that follows.
 *
 * The verdict is not set by anyone: a failed check makes it invalid, something missing incomplete, and a report in which nothing was
 * checked is invalid too. Codes are never translated, texts are; bytes of the file are escaped before they get here or here.
 */
#pragma once

#include "cli/command.h"

typedef enum { LT_VERDICT_VALID, LT_VERDICT_INVALID, LT_VERDICT_INCOMPLETE, LT_VERDICT_UNREADABLE } LtVerdict;

typedef struct {
    char *file;
    const char *kind;        /* "envelope", "evidence", "checkpoint", "proof", "unknown" */
    GPtrArray *findings;     /* private */
    gboolean unreadable;
    char *manifest, *from, *signer; /* nullable */
    const char *identity;    /* nullable: "unit", "certificate" */
    gint64 time_us;          /* what is proven or claimed; 0: nothing */
    const char *time_source; /* nullable: "tsr", "cosignature", "checkpoint", "argument", "claimed" */
} LtReport;

LtReport *lt_report_new(const char *file);
void lt_report_free(LtReport *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtReport, lt_report_free)

/* @text: (transfer full): for people, in their language */
void lt_report_pass(LtReport *self, const char *code, char *text);
void lt_report_fail(LtReport *self, const char *code, char *text);
/** lt_report_miss: @code: what could not be decided; it stands under `missing` */
void lt_report_miss(LtReport *self, const char *code, char *text);
/** lt_report_unreadable: the file itself could not be read: exit code 4 */
void lt_report_unreadable(LtReport *self, char *text);

LtVerdict lt_report_verdict(const LtReport *self);
/** lt_report_exit_code: of all @reports: weight 1, 4, 3, 0 (audit-log.md §16) */
int lt_report_exit_code(GPtrArray *reports);
void lt_report_print(const LtReport *self, const LtTerminal *terminal, gboolean with_name);
