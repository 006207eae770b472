/* SPDX-License-Identifier: Apache-2.0 */
/* audit-print.h: entries, findings and the state of the log, for people or as JSON. */
#pragma once

#include "cli/audit-log.h"

/** lt_audit_print_entry: one line; with --json the bytes of the entry, which are JSON */
void lt_audit_print_entry(guint64 index, GBytes *entry, const LtTerminal *terminal);
/** lt_audit_print_fields: one entry, a line for each field */
void lt_audit_print_fields(guint64 index, GBytes *entry, const LtTerminal *terminal);
/** lt_audit_print_check: findings and verdict. Returns: the exit code */
int lt_audit_print_check(const LtAuditLog *log, guint64 size, const GPtrArray *findings, const LtTerminal *terminal);
