/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint-try.c: `lthub endpoint try`: what an endpoint would send for a message, byte for byte, without sending anything; with --send,
 * what it does send and what is answered, with secrets masked, and what the hub would make of it.
 *
 * The endpoint is opened as configured but for mode and record. The message is made up; it is not sealed and reaches neither
 * store nor log. `lthub endpoint check NAME PAYLOAD` is the same without --send.
 */
#include "base/error.h"
#include "base/json.h"
#include "base/language.h"
#include "cli/endpoint-open.h"
#include "cli/endpoint.h"
#include "routing/sample.h"
#include "trust/payload.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_KEYS(Struct, member)                                                                                                   \
    { "message", LT_KEY_PATH, G_STRUCT_OFFSET(Struct, member message), "", NULL, N_("payload of the message, JSON or XML") },            \
        { "sample", LT_KEY_STRING, G_STRUCT_OFFSET(Struct, member sample), "", NULL, N_("built-in payload instead, such as dossier.submit") }, \
        { "type", LT_KEY_STRING, G_STRUCT_OFFSET(Struct, member type), "", NULL, N_("message type of the payload (default: dossier.submit)") }, \
        { "from", LT_KEY_STRING, G_STRUCT_OFFSET(Struct, member from), "", NULL, N_("sending unit (default: the hub's)") },               \
        { "to", LT_KEY_STRING, G_STRUCT_OFFSET(Struct, member to), "", NULL, N_("receiving unit (default: the first that the endpoint serves)") }, \
        { "attachments", LT_KEY_LIST, G_STRUCT_OFFSET(Struct, member attachments), "", NULL, N_("files that are attached, separated by ;") }, \
        { "role", LT_KEY_STRING, G_STRUCT_OFFSET(Struct, member role), "form", NULL, N_("role of the attachments") },                     \
        { "media_type", LT_KEY_STRING, G_STRUCT_OFFSET(Struct, member media_type), "application/pdf", NULL, N_("media type of the attachments") }

const LtKey lt_endpoint_try_keys[] = {
    MESSAGE_KEYS(LtEndpointTry, ),
    LT_BOOLEAN(LtEndpointTry, send, "false", "send it to the real system and show the exchange"),
    LT_KEYS_END,
};

const LtKey lt_endpoint_record_keys[] = {
    MESSAGE_KEYS(LtEndpointRecord, try.),
    LT_STRING(LtEndpointRecord, name, "", "name of the case (default: the time)"),
    LT_KEYS_END,
};

/* "submit" stands for dossier.submit. */
static char *
sample_type(const char *word, GError **error)
{
    g_auto(GStrv) types = lt_sample_types();
    g_autofree char *longer = g_strconcat("dossier.", word, NULL);
    g_autofree char *all = g_strjoinv(", ", types);

    if (g_strv_contains((const char *const *) types, word))
        return g_strdup(word);
    if (g_strv_contains((const char *const *) types, longer))
        return g_steal_pointer(&longer);
    lt_error_set(error, LT_ERROR_CONFIG, "usage", "--sample: there is no sample \"%s\"; there are %s", word, all);
    return NULL;
}

static GBytes *
read_payload(const LtEndpointTry *options, const char *type, GError **error)
{
    g_autoptr(GError) cause = NULL;
    char *content;
    gsize size;

    if (options->message == NULL)
        return lt_sample_payload(type);
    if (!g_file_get_contents(options->message, &content, &size, &cause)) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "unavailable", "%s: %s", options->message, cause->message);
        return NULL;
    }
    return g_bytes_new_take(content, size);
}

static gboolean
check_payload(const char *type, GBytes *payload, GError **error)
{
    g_autoptr(LtPayloads) payloads = lt_payloads_load(error);
    gsize size;
    const char *data = g_bytes_get_data(payload, &size);
    gboolean is_xml = size > 0 && (data[0] == '<' || data[0] == '\xef');

    return payloads != NULL && lt_payload_check(payloads, type, is_xml ? "application/xml" : "application/json", payload, TRUE, NULL, error);
}

/* A sample whose payload speaks of a paper gets one. */
static GBytes *
paper_of(const LtEndpointTry *options, GBytes *payload)
{
    gsize size;
    const char *data = g_bytes_get_data(payload, &size);

    return options->attachments == NULL && options->message == NULL && memmem(data, size, "att/0001", 8) != NULL ? lt_sample_paper() : NULL;
}

LtMessage *
lt_endpoint_try_message(const LtEndpointTry *options, LtOpenEndpoint *open, GError **error)
{
    char **served = lt_endpoint_get_settings(open->endpoint)->units;
    g_autofree char *type = NULL;
    g_autoptr(GBytes) payload = NULL;
    g_autoptr(GBytes) paper = NULL;
    gboolean is_result;
    LtSample sample;

    if ((options->message == NULL) == (options->sample == NULL)) {
        lt_error_set(error, LT_ERROR_CONFIG, "usage", "which message? --message FILE, or --sample dossier.submit");
        return NULL;
    }
    type = options->sample != NULL ? sample_type(options->sample, error) : g_strdup(options->type != NULL ? options->type : "dossier.submit");
    payload = type != NULL ? read_payload(options, type, error) : NULL;
    if (payload == NULL || !check_payload(type, payload, error))
        return NULL;
    paper = paper_of(options, payload);
    is_result = paper != NULL && strcmp(type, "dossier.result") == 0;
    sample = (LtSample) { .type = type, .from = options->from != NULL ? options->from : open->unit,
                          .to = options->to != NULL ? options->to : served != NULL ? served[0] : open->unit, .payload = payload,
                          .attachments = (const char *const *) options->attachments, .role = is_result ? "result" : options->role,
                          .media_type = options->media_type, .paper = paper };
    return lt_sample_message(&sample, error);
}

static int
show_request(const LtTerminal *terminal, const char *name, GBytes *request)
{
    gsize size = 0;
    const char *bytes = request != NULL ? g_bytes_get_data(request, &size) : NULL;
    g_autofree char *text = g_strndup(bytes != NULL ? bytes : "", size);
    g_autoptr(GString) line = g_string_new("{");

    if (terminal->json) {
        lt_json_append_member(line, "endpoint", name);
        lt_json_append_member(line, "request", bytes != NULL ? text : NULL);
        g_print("%s}\n", line->str);
    } else if (bytes != NULL) { /* byte for byte: the text may not be in the language's encoding */
        fwrite(bytes, 1, size, stdout);
        fputc('\n', stdout);
    } else {
        g_print("%s\n", _("Nothing would be sent for this message."));
    }
    return LT_EXIT_OK;
}

static int
try_dry(const LtEndpointTry *options, const char *name, const LtTerminal *terminal)
{
    static const LtOtherKey dry[] = { { "mode", "dry" }, { "record", "" }, { NULL, NULL } };
    g_auto(LtOpenEndpoint) open = { NULL };
    g_autoptr(LtMessage) message = NULL;
    g_autoptr(GBytes) request = NULL;
    g_autofree char *type = NULL;
    g_autoptr(GError) error = NULL;

    if (!lt_open_endpoint(&open, terminal->config, name, dry, NULL, &error))
        return lt_command_fail(terminal, error);
    message = lt_endpoint_try_message(options, &open, &error);
    if (message == NULL)
        return lt_command_fail(terminal, error);
    if (!lt_endpoint_deliver(open.endpoint, message, NULL, &request, &type, &error) && strcmp(lt_error_get_reason(error), "endpoint.dry") != 0)
        return lt_command_fail(terminal, error);
    return show_request(terminal, name, request);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* The exchange as it was kept, then the files are gone: they hold what is in the message. */
static void
show_exchange(const char *folder, gboolean quiet)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *entry;

    while (dir != NULL && (entry = g_dir_read_name(dir)) != NULL)
        g_ptr_array_add(names, g_build_filename(folder, entry, NULL));
    g_ptr_array_sort(names, compare_names);
    for (guint pass = 0; pass < names->len; pass++) {
        guint i = pass % 2 == 0 && pass + 1 < names->len ? pass + 1 : pass % 2 == 1 ? pass - 1 : pass; /* request before reply */
        g_autofree char *text = NULL;
        gsize size = 0;

        if (!quiet && g_file_get_contents(names->pdata[i], &text, &size, NULL)) {
            g_print("%s\n", g_str_has_suffix(names->pdata[i], "-request.http") ? _("--- sent") : _("--- answered"));
            fwrite(text, 1, size, stdout);
            fputs(size > 0 && text[size - 1] == '\n' ? "" : "\n", stdout);
        }
    }
    for (guint i = 0; i < names->len; i++)
        g_unlink(names->pdata[i]);
    g_rmdir(folder);
}

static const char *
verdict_word(const GError *error)
{
    if (error == NULL)
        return "delivered";
    switch (lt_error_fate(error)) {
    case LT_FATE_REFUSE:
        return "refused";
    case LT_FATE_POSTPONE:
        return "postponed";
    default:
        return "held";
    }
}

static void
show_verdict(const LtTerminal *terminal, const char *name, const GError *error)
{
    g_autoptr(GString) line = g_string_new("{");

    if (terminal->json) {
        lt_json_append_member(line, "endpoint", name);
        lt_json_append_member(line, "verdict", verdict_word(error));
        lt_json_append_member(line, "reason", error != NULL ? lt_error_get_reason(error) : NULL);
        lt_json_append_member(line, "text", error != NULL ? error->message : NULL);
        g_print("%s}\n", line->str);
        return;
    }
    g_print(_("--- verdict of the hub: %s"), verdict_word(error));
    if (error != NULL)
        g_print(": %s [%s]", error->message, lt_error_get_reason(error));
    g_print("\n");
}

static int
try_live(const LtEndpointTry *options, const char *name, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("lthub-try-XXXXXX", &error);
    LtOtherKey live[] = { { "mode", "live" }, { "record", folder }, { NULL, NULL } };
    g_auto(LtOpenEndpoint) open = { NULL };
    g_autoptr(LtMessage) message = NULL;
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *type = NULL;

    if (folder == NULL || !lt_open_endpoint(&open, terminal->config, name, live, NULL, &error))
        return lt_command_fail(terminal, error);
    message = lt_endpoint_try_message(options, &open, &error);
    if (message == NULL) {
        g_rmdir(folder);
        return lt_command_fail(terminal, error);
    }
    lt_endpoint_deliver(open.endpoint, message, NULL, &receipt, &type, &error);
    show_exchange(folder, terminal->json);
    show_verdict(terminal, name, error);
    return error == NULL ? LT_EXIT_OK : LT_EXIT_FAILED;
}

int
lt_endpoint_try_run(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const LtEndpointTry *options = data;

    return options->send ? try_live(options, arguments[0], terminal) : try_dry(options, arguments[0], terminal);
}
