/* SPDX-License-Identifier: Apache-2.0 */
/* plugin-host.c: `lthub plugin-host`: the process in which a plugin from elsewhere runs. The hub starts it; nobody else needs to. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/language.h"
#include "cli/commands.h"
#include "routing/host.h"

#define SOCKET_FD 3

static int
run_host(gpointer options, char **arguments, const LtTerminal *terminal)
{
    const char *sha256 = strcmp(arguments[2], "-") == 0 ? NULL : arguments[2];
    g_autoptr(GError) error = NULL;

    (void) options;
    if (fcntl(SOCKET_FD, F_GETFD) < 0) {
        lt_error_set(&error, LT_ERROR_CONFIG, "usage", "the hub starts this by itself, with a socket; see isolate in docs/plugins.md");
        return lt_command_fail(terminal, error);
    }
    if (!lt_host_confine(arguments[0], arguments + 3, &error))
        return lt_command_fail(terminal, error);
    return lt_host_serve(SOCKET_FD, arguments[0], arguments[1], sha256);
}

static const LtVerb verbs[] = {
    { .name = "", .arguments = "FOLDER NAME SHA256|- [WRITABLE…]", .min_arguments = 3, .max_arguments = 64, .summary = "Runs a plugin apart from the hub",
      .description = "Started by the hub for endpoints with isolate=process, and for every plugin from outside the installed folder. No network, no new\n"
                     "programs, no files but those of the system, of FOLDER and WRITABLE; limits of memory, of file sizes and of open files.",
      .examples = "lthub endpoint new so-cai --plugin journal --set isolate=process", .run = run_host },
    { 0 },
};

const LtCommand lt_command_plugin_host = { "plugin-host", "runs a plugin apart from the hub", verbs };
