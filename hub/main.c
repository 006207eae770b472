/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: the table of subcommands, nothing more. */
#include "cli/commands.h"

int
main(int argc, char **argv)
{
    static const LtCommand *const commands[] = {
        NULL,
    };

    return lt_command_main(commands, argc, argv);
}
