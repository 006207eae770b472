/* SPDX-License-Identifier: Apache-2.0 */
/* send.c: `lthub send`: hands sealed envelopes to a hub and keeps its receipts; for units, and for trying out. */
#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "trust/container.h"

typedef struct {
    LtClientSettings client;
    char *receipts;
} Send;

static const LtKey send_keys[] = {
    LT_CLIENT_KEYS(Send, client),
    LT_PATH(Send, receipts, "", "folder that gets one receipt per envelope: NAME.receipt.asice"),
    LT_KEYS_END,
};

/* What a receipt's payload says; empty when the container cannot be read. */
static char *
receipt_stage(GBytes *receipt)
{
    g_autoptr(LtContainer) container = lt_container_read_bytes(receipt, G_MAXINT32, NULL, NULL);
    LtEntry *payload = container == NULL ? NULL : lt_container_lookup(container, "payload.json");
    LtJsonPick picks[] = { { "stage", NULL }, { NULL, NULL } };
    gsize size;
    const char *data;

    if (payload == NULL || payload->bytes == NULL)
        return g_strdup("");
    data = g_bytes_get_data(payload->bytes, &size);
    if (!lt_json_scan(data, size, LT_JSON_PAYLOAD, NULL, NULL, NULL, picks, NULL) || picks[0].value == NULL)
        return g_strdup("");
    return picks[0].value;
}

static gboolean
keep_receipt(const Send *options, const char *path, GBytes *receipt, GError **error)
{
    g_autofree char *base = g_path_get_basename(path);
    g_autofree char *name = g_strconcat(base, ".receipt.asice", NULL);
    g_autofree char *target = options->receipts == NULL ? NULL : g_build_filename(options->receipts, name, NULL);

    return target == NULL || g_file_set_contents(target, g_bytes_get_data(receipt, NULL), (gssize) g_bytes_get_size(receipt), error);
}

static gboolean
send_file(LtClient *client, const Send *options, const char *path, const LtTerminal *terminal, GError **error)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, error);
    g_autoptr(GBytes) body = file == NULL ? NULL : g_mapped_file_get_bytes(file);
    g_autoptr(LtRequest) request = lt_request_new("POST", "/v1/envelopes");
    g_autoptr(LtReply) reply = NULL;
    g_autofree char *stage = NULL;

    if (body == NULL)
        return FALSE;
    lt_request_set_body(request, body, LT_CONTAINER_MEDIA_TYPE);
    reply = lt_client_send(client, g_steal_pointer(&request), error);
    if (reply == NULL)
        return FALSE;
    if (g_strcmp0(lt_reply_get_header(reply, "Content-Type"), LT_CONTAINER_MEDIA_TYPE) != 0 && lt_reply_get_status(reply) != 204) {
        lt_client_fail(reply, error);
        return FALSE;
    }
    stage = receipt_stage(lt_reply_get_body(reply));
    if (terminal->json) {
        g_autoptr(GString) line = g_string_new("{");

        lt_json_append_member(line, "file", path);
        lt_json_append_integer(line, "status", lt_reply_get_status(reply));
        lt_json_append_member(line, "stage", stage);
        g_print("%s}\n", line->str);
    } else {
        g_print("%s\t%u\t%s\n", path, lt_reply_get_status(reply), stage);
    }
    return keep_receipt(options, path, lt_reply_get_body(reply), error);
}

static int
run_send(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Send *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtClient) client = lt_client_new(&options->client, &error);
    LtProgress progress = { .terminal = terminal, .what = _("sent") };
    guint total = g_strv_length(arguments);
    int code = LT_EXIT_OK;

    if (client == NULL)
        return lt_command_fail(terminal, error);
    for (guint i = 0; i < total; i++) {
        if (!send_file(client, options, arguments[i], terminal, &error)) {
            g_prefix_error(&error, "%s: ", arguments[i]);
            code = MAX(code, lt_command_fail(terminal, error));
            g_clear_error(&error);
        }
        if (total > 1)
            lt_progress_show(&progress, i + 1, total);
    }
    lt_progress_end(&progress);
    return code;
}

static const LtVerb verbs[] = {
    { .name = "", .arguments = "FILE…", .min_arguments = 1, .max_arguments = G_MAXUINT, .summary = "Hands sealed envelopes to a hub",
      .description = "Posts each container to /v1/envelopes and prints FILE, HTTP status and the stage of the receipt, separated by tabs.\n"
                     "Sending the same file again is harmless: the hub answers with the first receipt.",
      .examples = "lthub send --hub https://hub.sonla.example --token token.txt --ca ca.pem dossier.asice\n"
                  "lthub send --hub http://127.0.0.1:8470 --token token.txt --receipts receipts/ *.asice",
      .options = send_keys, .options_size = sizeof(Send), .run = run_send },
    { 0 },
};

const LtCommand lt_command_send = { "send", "hands sealed envelopes to a hub", verbs };
