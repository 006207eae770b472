/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint-check.c: `lthub endpoint check`: what an endpoint would send for a message, without sending anything.
 *
 * The endpoint is opened as configured but for two keys: mode is dry, and nothing is recorded. The message is made up from
 * the payload that is given; it is not sealed and reaches neither store nor log.
 */
#include "base/json.h"
#include "base/language.h"
#include "base/value.h"
#include "cli/endpoint.h"
#include "hub.h"
#include "routing/endpoint.h"
#include "routing/loader.h"
#include "trust/header.h"
#include "trust/payload.h"

#include <string.h>

const LtKey lt_endpoint_check_keys[] = {
    LT_STRING(LtEndpointCheck, type, "dossier.submit", "message type of the payload"),
    LT_STRING(LtEndpointCheck, from, "", "sending unit (default: the hub's)"),
    LT_STRING(LtEndpointCheck, to, "", "receiving unit (default: the first that the endpoint serves)"),
    LT_LIST(LtEndpointCheck, attachments, "", "files that are attached, separated by ;"),
    LT_STRING(LtEndpointCheck, role, "form", "role of the attachments"),
    LT_STRING(LtEndpointCheck, media_type, "application/pdf", "media type of the attachments"),
    LT_KEYS_END,
};

static GInputStream *
open_attachment(gpointer source, guint index, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(((char **) source)[index]);
    g_autoptr(GError) cause = NULL;
    GFileInputStream *stream = g_file_read(file, NULL, &cause);

    if (stream == NULL)
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "unavailable", "%s", cause->message);
    return (GInputStream *) stream;
}

static const LtMessageSource files_source = { .open_attachment = open_attachment, .free = (void (*)(gpointer)) g_strfreev };

static void
fail_to_read(GError **error, const char *file, const GError *cause)
{
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "unavailable", "%s: %s", file, cause->message);
}

static gboolean
add_parts(LtHeader *header, const LtEndpointCheck *options, GBytes *payload, gboolean is_xml, GError **error)
{
    g_ptr_array_add(header->parts, lt_part_new(is_xml ? "payload.xml" : "payload.json", "payload", is_xml ? "application/xml" : "application/json",
                                               g_bytes_get_size(payload), NULL));
    for (guint i = 0; options->attachments != NULL && options->attachments[i] != NULL; i++) {
        g_autofree char *name = g_strdup_printf("att/%04u", i + 1);
        g_autofree char *content = NULL;
        g_autofree char *digest = NULL;
        g_autoptr(GError) cause = NULL;
        gsize size;

        if (!g_file_get_contents(options->attachments[i], &content, &size, &cause)) {
            fail_to_read(error, options->attachments[i], cause);
            return FALSE;
        }
        digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *) content, size);
        g_ptr_array_add(header->parts, lt_part_new(name, options->role, options->media_type, size, digest));
    }
    return TRUE;
}

/* A header such as the hub would have read: new ids, now, and an answer's reference where the type asks for one. */
static LtHeader *
make_header(const LtEndpointCheck *options, const char *from, const char *to)
{
    const LtTypeRule *rule = lt_type_rule_lookup(options->type);
    LtHeader *header = lt_header_new();
    char text[37];

    header->issued_us = lt_time_now_us() / LT_US_PER_SECOND * LT_US_PER_SECOND;
    header->expires_us = header->issued_us + 604800 * LT_US_PER_SECOND;
    header->type = g_strdup(options->type);
    header->from = g_strdup(from);
    header->to = g_strdup(to);
    header->seq = 1;
    lt_uuid7_new(header->issued_us, text);
    header->id = g_strdup(text);
    lt_uuid4_new(text);
    header->dossier = rule != NULL && rule->dossier != LT_RULE_ABSENT ? g_strdup(text) : NULL;
    if (rule != NULL && rule->re == LT_RULE_REQUIRED) {
        lt_uuid7_new(header->issued_us, text);
        header->re_from = g_strdup(to);
        header->re_id = g_strdup(text);
        header->re_manifest = g_strnfill(64, '0');
    }
    return header;
}

static LtMessage *
make_message(const LtEndpointCheck *options, const char *file, const char *from, const char *to, GError **error)
{
    g_autoptr(LtHeader) header = make_header(options, from, to);
    g_autoptr(LtPayloads) payloads = lt_payloads_load(error);
    g_autoptr(GBytes) payload = NULL;
    g_autofree char *manifest = g_strnfill(64, '0');
    g_autoptr(GError) cause = NULL;
    char *content;
    gsize size;
    gboolean is_xml;

    if (payloads == NULL)
        return NULL;
    if (!g_file_get_contents(file, &content, &size, &cause)) {
        fail_to_read(error, file, cause);
        return NULL;
    }
    payload = g_bytes_new_take(content, size);
    is_xml = size > 0 && (content[0] == '<' || content[0] == '\xef');
    if (!lt_payload_check(payloads, options->type, is_xml ? "application/xml" : "application/json", payload, TRUE, NULL, error) ||
        !add_parts(header, options, payload, is_xml, error))
        return NULL;
    return lt_message_new(g_steal_pointer(&header), manifest, payload, &files_source, g_strdupv(options->attachments));
}

static void
print_result(const LtTerminal *terminal, const char *endpoint, GBytes *request)
{
    g_autofree char *text = request != NULL ? g_strndup(g_bytes_get_data(request, NULL), g_bytes_get_size(request)) : NULL;
    g_autoptr(GString) line = g_string_new("{");

    if (!terminal->json) {
        g_print("%s\n", text != NULL ? text : _("Nothing would be sent for this message."));
        return;
    }
    lt_json_append_member(line, "endpoint", endpoint);
    lt_json_append_member(line, "request", text);
    g_print("%s}\n", line->str);
}

static int
try_message(LtEndpoint *endpoint, const LtEndpointCheck *options, const char *unit, const char *file, const LtTerminal *terminal)
{
    char **served = lt_endpoint_get_settings(endpoint)->units;
    const char *from = options->from != NULL ? options->from : unit;
    const char *to = options->to != NULL ? options->to : served != NULL ? served[0] : unit;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtMessage) message = make_message(options, file, from, to, &error);
    g_autoptr(GBytes) request = NULL;
    g_autofree char *type = NULL;

    if (message == NULL)
        return lt_command_fail(terminal, error);
    if (!lt_endpoint_deliver(endpoint, message, NULL, &request, &type, &error) && strcmp(lt_error_get_reason(error), "endpoint.dry") != 0)
        return lt_command_fail(terminal, error);
    print_result(terminal, lt_endpoint_get_name(endpoint), request);
    return LT_EXIT_OK;
}

/* The endpoint as it is configured, but dry and unrecorded. */
static LtSettings *
load_dry(const char *config, const char *name, char **unit, GError **error)
{
    g_autoptr(LtSettings) settings = lt_settings_load(config, error);
    g_autoptr(LtSettings) dry = NULL;
    LtSection *hub;

    if (settings == NULL)
        return NULL;
    if (lt_settings_lookup(settings, "endpoint", name) == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "config", "%s: there is no section [endpoint %s]", config, name);
        return NULL;
    }
    hub = lt_settings_lookup(settings, "hub", NULL);
    if (hub == NULL || lt_section_lookup(hub, "unit") == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "config", "%s: needs a section [hub] with 'unit'", config);
        return NULL;
    }
    *unit = g_strdup(lt_section_lookup(hub, "unit"));
    dry = lt_settings_with(settings, "endpoint", name, "mode", "dry");
    return lt_settings_with(dry, "endpoint", name, "record", "");
}

int
lt_endpoint_check_run(gpointer data, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *unit = NULL;
    g_autoptr(LtSettings) settings = load_dry(terminal->config, arguments[0], &unit, &error);
    g_autoptr(LtLoader) loader = lt_loader_new(NULL);
    g_autoptr(LtLinkThread) thread = settings != NULL ? lt_link_thread_new(&error) : NULL;
    LtEndpointShared shared = { loader, thread };
    g_autoptr(LtFaults) faults = lt_faults_new();
    g_autoptr(LtEndpoint) endpoint = NULL;

    if (thread == NULL)
        return lt_command_fail(terminal, error);
    endpoint = lt_endpoint_new(&shared, lt_settings_get_section(settings, 0), faults);
    if (endpoint == NULL) {
        g_autofree char *all = NULL;

        g_ptr_array_add(faults, NULL);
        all = g_strjoinv("\n", (char **) faults->pdata);
        lt_error_set(&error, LT_ERROR_CONFIG, "config", "%s", all);
        return lt_command_fail(terminal, error);
    }
    if (arguments[1] != NULL)
        return try_message(endpoint, data, unit, arguments[1], terminal);
    if (!terminal->json) {
        g_autofree char *shown = lt_endpoint_show(endpoint);

        g_print(_("%s opens without a fault. In force would be (but for mode and record):\n"), arguments[0]);
        g_print("%s", shown);
    }
    return LT_EXIT_OK;
}
