/* SPDX-License-Identifier: Apache-2.0 */
/* audit-log.h: the log of this hub, opened for a command: beside a running hub or without one, always read only. */
#pragma once

#include "cli/command.h"
#include "hub.h"
#include "store/audit-log.h"

typedef struct {
    LtHubSettings settings;
    LtSigner *signer;     /* nullable: the log key cannot be read by who runs the command */
    char *signer_cause;   /* why; NULL with a signer */
    LtStore *store;
} LtAuditLog;

/** lt_audit_log_open: the folder comes from the configuration */
gboolean lt_audit_log_open(LtAuditLog *self, const LtTerminal *terminal, GError **error);
void lt_audit_log_clear(LtAuditLog *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LtAuditLog, lt_audit_log_clear)

/**
 * lt_audit_log_record_reading:
 * @dossier: code or reference
 *
 * Who reads about a dossier leaves a trace: `read.dossier`, written by the running hub through its admin socket, or by this process when no hub
 * runs. Nothing is shown before it is committed.
 *
 * Errors: %LT_ERROR_NOT_FOUND; %LT_ERROR_UNAVAILABLE or %LT_ERROR_CONFIG when the record cannot be made
 * Returns: (transfer full): the dossier's reference
 */
char *lt_audit_log_record_reading(const LtTerminal *terminal, const char *dossier, GError **error);
