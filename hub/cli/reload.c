/* SPDX-License-Identifier: Apache-2.0 */
/* reload.c: `lthub reload`: the running hub takes its configuration anew, whole, or says why not. */
#include "base/language.h"
#include "cli/admin.h"
#include "cli/commands.h"

static int
run_reload(gpointer options, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtAdmin) admin = lt_admin_open(terminal->config, &error);
    g_autofree char *answer = NULL;

    (void) options;
    (void) arguments;
    if (admin != NULL && lt_admin_get_store(admin) != NULL)
        lt_error_set(&error, LT_ERROR_UNAVAILABLE, "hub.absent", "no hub runs with this configuration");
    else if (admin != NULL)
        answer = lt_admin_call(admin, "POST", "/v1/admin/reload", NULL, &error);
    if (answer == NULL)
        return lt_command_fail(terminal, error);
    if (terminal->json)
        g_print("%s\n", answer);
    else
        g_print(_("The new configuration is in force.\n"));
    return LT_EXIT_OK;
}

static const LtVerb verbs[] = {
    { .name = "", .arguments = "", .summary = "Makes the running hub take its configuration anew, whole or not at all",
      .description = "The new plan is built beside the old one and swapped at once. When anything is wrong the old plan stays and all reasons are\n"
                     "printed. Deliveries under way finish under the plan they began with.",
      .examples = "lthub check && lthub reload", .run = run_reload },
    { 0 },
};

const LtCommand lt_command_reload = { "reload", "makes the running hub take its configuration anew", verbs };
