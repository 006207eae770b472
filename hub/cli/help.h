/* SPDX-License-Identifier: Apache-2.0 */
/* help.h: what the rows of commands say, printed: help, man pages, shell completion. */
#pragma once

#include "cli/command.h"

const LtKey *lt_command_common_options(void);

void lt_help_program(const LtCommand *const *commands);
void lt_help_command(const LtCommand *command);
void lt_help_verb(const LtCommand *command, const LtVerb *verb);
/** lt_help_print_manual: @name: "lthub" or "lthub-COMMAND"; roff on stdout. FALSE: no such page */
gboolean lt_help_print_manual(const LtCommand *const *commands, const char *name);
void lt_help_print_completion(const LtCommand *const *commands);
