/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint-ping.c: `lthub endpoint ping`: is the system there, is it who it should be, and does it take our credentials? Every step by name, with its time.
 *
 * No message is sent. The credentials are those that the plugin puts into its first request for a sample, which is made and not sent; a GET of
 * the base URL carries them.
 */
#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "cli/endpoint-open.h"
#include "cli/endpoint.h"
#include "routing/probe.h"
#include "routing/request.h"
#include "routing/sample.h"

static LtReply *
catch(gpointer data, LtTranscript *transcript, LtRequest *request, GError **error)
{
    LtRequest **caught = data;
    const LtHeaderList *headers = lt_request_get_headers(request);

    (void) transcript;
    if (*caught == NULL) {
        *caught = lt_request_new("GET", "");
        for (guint i = 0; i < headers->len; i++) {
            const LtHeaderField *field = lt_header_list_at(headers, i);

            if (g_ascii_strcasecmp(field->name, "Content-Type") != 0)
                lt_request_set_header(*caught, field->name, field->value);
        }
    }
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "link.cancelled", "nothing is sent");
    return NULL;
}

/* Returns: (nullable): a request with the plugin's headers; NULL when it would send nothing for a sample. */
static LtRequest *
catch_headers(const char *config, const char *name)
{
    static const LtOtherKey live[] = { { "mode", "live" }, { "record", "" }, { NULL, NULL } };
    LtRequest *caught = NULL;
    LtScript script = { .answer = catch, .data = &caught };
    g_auto(LtOpenEndpoint) open = { NULL };
    LtEndpointTry sample = { .sample = (char *) "dossier.submit", .role = (char *) "form", .media_type = (char *) "application/pdf" };
    g_autoptr(LtMessage) message = NULL;
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *type = NULL;

    if (!lt_open_endpoint(&open, config, name, live, &script, NULL))
        return NULL;
    message = lt_endpoint_try_message(&sample, &open, NULL);
    if (message != NULL)
        lt_endpoint_deliver(open.endpoint, message, NULL, &receipt, &type, NULL);
    return caught;
}

static void
tell(const LtTerminal *terminal, const char *step, gboolean ok, gint64 took_us, const char *text)
{
    g_autoptr(GString) line = g_string_new("{");
    g_autofree char *took = took_us < 0 ? g_strdup("") : g_strdup_printf("%" G_GINT64_FORMAT ".%" G_GINT64_FORMAT " ms", took_us / 1000, took_us % 1000 / 100);

    if (!terminal->json) {
        g_print("%-4s %-11s %10s  %s\n", ok ? "ok" : _("FAIL"), step, took, text);
        return;
    }
    lt_json_append_member(line, "step", step);
    lt_json_append_member(line, "result", ok ? "ok" : "failed");
    if (took_us >= 0)
        lt_json_append_integer(line, "us", took_us);
    lt_json_append_member(line, "text", text);
    g_print("%s}\n", line->str);
}

static gboolean
tell_auth(const LtTerminal *terminal, gboolean has_headers, guint status)
{
    g_autofree char *text = NULL;
    gboolean refused = status == 401 || status == 403;

    if (status == 0)
        return TRUE;
    text = refused       ? g_strdup_printf(_("it does not take our credentials (status %u)"), status)
           : has_headers ? g_strdup_printf(_("our credentials were not refused (status %u)"), status)
                         : g_strdup(_("the plugin shows credentials only with a message"));
    tell(terminal, "auth", !refused, -1, text);
    return !refused;
}

int
lt_endpoint_ping_run(gpointer options, char **arguments, const LtTerminal *terminal)
{
    static const LtOtherKey dry[] = { { "mode", "dry" }, { "record", "" }, { NULL, NULL } };
    g_auto(LtOpenEndpoint) open = { NULL };
    g_autoptr(GError) error = NULL;
    g_autoptr(LtRequest) request = NULL;
    g_autoptr(GPtrArray) steps = NULL;
    LtLinkTarget *target;
    gboolean good = TRUE;
    guint status = 0;

    (void) options;
    if (!lt_open_endpoint(&open, terminal->config, arguments[0], dry, NULL, &error))
        return lt_command_fail(terminal, error);
    target = lt_endpoint_get_target(open.endpoint);
    if (target == NULL) {
        lt_error_set(&error, LT_ERROR_CONFIG, "link.url", "endpoint %s has no 'url': there is nothing to reach", arguments[0]);
        return lt_command_fail(terminal, error);
    }
    request = catch_headers(terminal->config, arguments[0]);
    steps = lt_link_target_probe(target, request, &status);
    for (guint i = 0; i < steps->len; i++) {
        const LtProbeStep *step = steps->pdata[i];

        tell(terminal, step->step, step->ok, step->took_us, step->text);
        good = good && step->ok;
    }
    good = tell_auth(terminal, request != NULL, status) && good;
    return good ? LT_EXIT_OK : LT_EXIT_FAILED;
}
