/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint-check.c: `lthub endpoint check`: opens one endpoint as it is configured, dry, and shows its settings; with a payload the request that it would make (see endpoint-try.c). */
#include "base/language.h"
#include "cli/endpoint-open.h"
#include "cli/endpoint.h"

const LtKey lt_endpoint_check_keys[] = {
    LT_STRING(LtEndpointCheck, type, "dossier.submit", "message type of the payload"),
    LT_STRING(LtEndpointCheck, from, "", "sending unit (default: the hub's)"),
    LT_STRING(LtEndpointCheck, to, "", "receiving unit (default: the first that the endpoint serves)"),
    LT_LIST(LtEndpointCheck, attachments, "", "files that are attached, separated by ;"),
    LT_STRING(LtEndpointCheck, role, "form", "role of the attachments"),
    LT_STRING(LtEndpointCheck, media_type, "application/pdf", "media type of the attachments"),
    LT_KEYS_END,
};

int
lt_endpoint_check_run(gpointer data, char **arguments, const LtTerminal *terminal)
{
    static const LtOtherKey dry[] = { { "mode", "dry" }, { "record", "" }, { NULL, NULL } };
    const LtEndpointCheck *options = data;
    g_auto(LtOpenEndpoint) open = { NULL };
    g_autofree char *shown = NULL;
    g_autoptr(GError) error = NULL;

    if (arguments[1] != NULL) {
        LtEndpointTry try = { .message = arguments[1], .type = options->type, .from = options->from, .to = options->to,
                              .attachments = options->attachments, .role = options->role, .media_type = options->media_type };

        return lt_endpoint_try_run(&try, arguments, terminal);
    }
    if (!lt_open_endpoint(&open, terminal->config, arguments[0], dry, NULL, &error))
        return lt_command_fail(terminal, error);
    if (terminal->json)
        return LT_EXIT_OK;
    shown = lt_endpoint_show(open.endpoint);
    g_print(_("%s opens without a fault. In force would be (but for mode and record):\n"), arguments[0]);
    g_print("%s", shown);
    return LT_EXIT_OK;
}
