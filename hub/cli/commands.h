/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h: the row of every subcommand. */
#pragma once

#include "cli/command.h"

extern const LtCommand lt_command_audit;
extern const LtCommand lt_command_backup;
extern const LtCommand lt_command_calendar;
extern const LtCommand lt_command_check;
extern const LtCommand lt_command_delivery;
extern const LtCommand lt_command_dossier;
extern const LtCommand lt_command_edxml;
extern const LtCommand lt_command_endpoint;
extern const LtCommand lt_command_envelope;
extern const LtCommand lt_command_explain;
extern const LtCommand lt_command_inbox;
extern const LtCommand lt_command_procedure;
extern const LtCommand lt_command_pki;
extern const LtCommand lt_command_plan;
extern const LtCommand lt_command_plugin;
extern const LtCommand lt_command_plugin_host;
extern const LtCommand lt_command_reload;
extern const LtCommand lt_command_restore;
extern const LtCommand lt_command_send;
extern const LtCommand lt_command_serve;
extern const LtCommand lt_command_unit;
extern const LtCommand lt_command_verify;
extern const LtCommand lt_command_version;
