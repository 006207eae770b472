/* SPDX-License-Identifier: Apache-2.0 */
/* version.c: `lthub version`: what this program is built of, for reports of faults. */
#include <lienthong/plugin.h>

#include "base/json.h"
#include "cli/commands.h"

static int
run_version(gpointer options, char **arguments, const LtTerminal *terminal)
{
    (void) options;
    (void) arguments;
    if (terminal->json) {
        g_autoptr(GString) line = g_string_new("{");

        lt_json_append_member(line, "version", LT_VERSION);
        lt_json_append_integer(line, "plugin_abi", LT_PLUGIN_ABI);
        lt_json_append_member(line, "envelope", "hub-env/1");
        g_print("%s}\n", line->str);
        return LT_EXIT_OK;
    }
    g_print("lthub %s (plugin ABI %u, envelope hub-env/1)\n", LT_VERSION, LT_PLUGIN_ABI);
    return LT_EXIT_OK;
}

static const LtVerb verbs[] = {
    { .name = "", .arguments = "", .summary = "Shows the version of the program, of the plugin contract and of the envelope", .run = run_version },
    { 0 },
};

const LtCommand lt_command_version = { "version", "shows the version", verbs };
