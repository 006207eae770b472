/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: the table of subcommands, nothing more. */
#include "cli/commands.h"

int
main(int argc, char **argv)
{
    static const LtCommand *const commands[] = {
        &lt_command_serve,
        &lt_command_check,
        &lt_command_reload,
        &lt_command_unit,
        &lt_command_procedure,
        &lt_command_dossier,
        &lt_command_explain,
        &lt_command_calendar,
        &lt_command_delivery,
        &lt_command_edxml,
        &lt_command_endpoint,
        &lt_command_envelope,
        &lt_command_send,
        &lt_command_inbox,
        &lt_command_audit,
        &lt_command_verify,
        &lt_command_pki,
        &lt_command_plan,
        &lt_command_plugin,
        &lt_command_plugin_host,
        &lt_command_backup,
        &lt_command_restore,
        &lt_command_version,
        NULL,
    };

    return lt_command_main(commands, argc, argv);
}
