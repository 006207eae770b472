/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint-test.c: `lthub endpoint test`: an endpoint's own cases; and `record`, which makes one of them of a real exchange.
 *
 * A recorded case has what was sent and answered, secrets masked, and the message with its id and time, so that the test makes the same
 * request again. It lies where the cases of the endpoint lie.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/language.h"
#include "base/value.h"
#include "cli/cases.h"
#include "cli/endpoint-open.h"
#include "cli/endpoint.h"

const LtKey lt_endpoint_test_keys[] = {
    LT_BOOLEAN(LtEndpointTest, faults, "false", "also with the link failing: cancelled, no answer, cut off, too large, delivered twice"),
    LT_KEYS_END,
};

int
lt_endpoint_test_run(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const LtEndpointTest *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSettings) settings = lt_settings_load(terminal->config, &error);
    LtSection *section = settings != NULL ? lt_open_section(settings, arguments[0], &error) : NULL;
    g_autofree char *folder = section != NULL ? lt_cases_folder(section) : NULL;
    g_autoptr(GPtrArray) cases = folder != NULL ? lt_cases_list(folder, &error) : NULL;
    g_autoptr(LtLoader) loader = lt_loader_new(g_getenv("LTHUB_PLUGINS"));
    g_autoptr(LtLinkThread) thread = cases != NULL ? lt_link_thread_new(&error) : NULL;
    LtCaseRun run = { .terminal = terminal, .shared = { loader, thread, NULL }, .settings = settings, .endpoint = arguments[0], .twisted = options->faults };

    if (thread == NULL)
        return lt_command_fail(terminal, error);
    if (cases->len == 0 && !terminal->json)
        g_printerr(_("%s has no cases. Write X.in and X.out there, or record one: lthub endpoint record %s --sample dossier.submit\n"), folder, arguments[0]);
    if (!lt_case_run_all(&run, cases, arguments + 1))
        _exit(lt_case_run_end(&run)); /* a verb hangs on its thread: nothing can be closed any more */
    return lt_case_run_end(&run);
}

static gboolean
write_file(const char *folder, const char *name, const char *content, gsize size, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GError) cause = NULL;

    if (g_file_set_contents_full(path, content, (gssize) size, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &cause))
        return TRUE;
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "unavailable", "%s", cause->message);
    return FALSE;
}

static const char *
outcome_word(const GError *cause)
{
    if (cause == NULL)
        return "done";
    return lt_error_fate(cause) == LT_FATE_REFUSE ? "refused" : lt_error_fate(cause) == LT_FATE_POSTPONE ? "postponed" : "held";
}

static gboolean
copy_attachments(const char *folder, LtMessage *message, GString *conf, GError **error)
{
    for (guint i = 0; i < lt_message_get_n_attachments(message); i++) {
        const LtPart *part = lt_message_get_attachment(message, i);
        g_autoptr(GInputStream) stream = lt_message_open_attachment(message, i, error);
        g_autofree char *name = g_path_get_basename(part->name);
        g_autofree char *content = g_malloc(part->size + 1);
        gsize size = 0;

        if (stream == NULL || !g_input_stream_read_all(stream, content, part->size, &size, NULL, error) ||
            !write_file(folder, name, content, size, error))
            return FALSE;
        g_string_append_printf(conf, "%s%s", i == 0 ? "attachments=" : ";", name);
        if (i + 1 == lt_message_get_n_attachments(message))
            g_string_append_printf(conf, "\nrole=%s\nmedia_type=%s\n", part->role, part->media_type);
    }
    return TRUE;
}

static gboolean
write_case(const char *folder, LtMessage *message, const GError *cause, GError **error)
{
    g_autoptr(GString) conf = g_string_new("[case]\n");
    GBytes *payload = lt_message_get_payload(message);
    gsize size = 0;
    const char *data = payload != NULL ? g_bytes_get_data(payload, &size) : NULL;
    char issued[21];

    lt_time_write_seconds(lt_message_get_issued_us(message), issued);
    g_string_append_printf(conf, "type=%s\nfrom=%s\nto=%s\nid=%s\nissued=%s\noutcome=%s\n", lt_message_get_type(message), lt_message_get_from(message),
                           lt_message_get_to(message), lt_message_get_id(message), issued, outcome_word(cause));
    if (lt_message_get_dossier(message) != NULL)
        g_string_append_printf(conf, "dossier=%s\n", lt_message_get_dossier(message));
    if (cause != NULL)
        g_string_append_printf(conf, "reason=%s\n", lt_error_get_reason(cause));
    if (data != NULL && !write_file(folder, data[0] == '<' ? "payload.xml" : "payload.json", data, size, error))
        return FALSE;
    return copy_attachments(folder, message, conf, error) && write_file(folder, "case.conf", conf->str, conf->len, error);
}

/* @out: (transfer full): the new folder of the case. */
static char *
make_folder(const char *config, const char *name, const LtEndpointRecord *options, GError **error)
{
    g_autoptr(LtSettings) settings = lt_settings_load(config, error);
    LtSection *section = settings != NULL ? lt_open_section(settings, name, error) : NULL;
    g_autofree char *cases = section != NULL ? lt_cases_folder(section) : NULL;
    g_autofree char *folder = NULL;
    char now[21];

    if (cases == NULL)
        return NULL;
    lt_time_write_seconds(lt_time_now_us(), now);
    folder = g_build_filename(cases, options->name != NULL ? options->name : now, NULL);
    if (g_file_test(folder, G_FILE_TEST_EXISTS)) {
        lt_error_set(error, LT_ERROR_CONFIG, "usage", "--name: the case %s is there already", folder);
        return NULL;
    }
    if (g_mkdir_with_parents(folder, 0700) != 0) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "unavailable", "cannot make %s: %s", folder, g_strerror(errno));
        return NULL;
    }
    return g_steal_pointer(&folder);
}

int
lt_endpoint_record_run(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const LtEndpointRecord *options = data;
    g_autoptr(GError) error = NULL, cause = NULL;
    g_autofree char *folder = make_folder(terminal->config, arguments[0], options, &error);
    LtOtherKey live[] = { { "mode", "live" }, { "record", folder }, { NULL, NULL } };
    g_auto(LtOpenEndpoint) open = { NULL };
    g_autoptr(LtMessage) message = NULL;
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *type = NULL;

    if (folder == NULL || !lt_open_endpoint(&open, terminal->config, arguments[0], live, NULL, &error) ||
        (message = lt_endpoint_try_message(&options->try, &open, &error)) == NULL) {
        if (folder != NULL)
            g_rmdir(folder);
        return lt_command_fail(terminal, error);
    }
    lt_endpoint_deliver(open.endpoint, message, NULL, &receipt, &type, &cause);
    if (!write_case(folder, message, cause, &error))
        return lt_command_fail(terminal, error);
    if (terminal->json)
        g_print("{\"case\":\"%s\",\"outcome\":\"%s\"}\n", folder, outcome_word(cause));
    else
        g_print(_("%s was recorded: %s. Where a line changes each time (a time, a nonce), write {any} there. Next: lthub endpoint test %s\n"), folder,
                outcome_word(cause), arguments[0]);
    return LT_EXIT_OK;
}
