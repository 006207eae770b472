/* SPDX-License-Identifier: Apache-2.0 */
/* frozen.c: a plugin that uses every type and function of contract version 1, built against the frozen headers beside it.
 *
 * It must load and work in every later hub. It is never changed.
 */
#include <lienthong/json.h>
#include <lienthong/plugin.h>

#include <string.h>

typedef struct {
    char *text, *address, *file, *secret, *word;
    gint64 number, bytes, pause;
    gboolean flag;
    char **list;
    gint64 opened;
} Frozen;

static const LtKey keys[] = {
    LT_STRING(Frozen, text, "preset", "a text"),
    LT_URL(Frozen, address, "", "an address"),
    LT_PATH(Frozen, file, "", "a file"),
    LT_SECRET(Frozen, secret, "", "a secret"),
    LT_CHOICE(Frozen, word, "one", "one|two", "a word"),
    LT_NUMBER(Frozen, number, "7", "0..9", "a number"),
    LT_BYTES(Frozen, bytes, "2K", "0..1M", "a size"),
    LT_DURATION(Frozen, pause, "3s", "0s..1h", "a duration"),
    LT_BOOLEAN(Frozen, flag, "true", "a flag"),
    LT_LIST(Frozen, list, "a;b", "a list"),
    LT_KEYS_END,
};

static gboolean
frozen_open(gpointer data, GError **error)
{
    Frozen *self = data;

    if (strcmp(self->text, "preset") != 0 || strcmp(self->word, "one") != 0 || self->number != 7 || self->bytes != 2048 ||
        self->pause != 3 * G_USEC_PER_SEC || !self->flag || self->list == NULL || g_strv_length(self->list) != 2 || self->address != NULL ||
        self->file != NULL || self->secret != NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "frozen.keys", "the keys were not filled as version 1 says");
        return FALSE;
    }
    self->opened = 1;
    return TRUE;
}

static void
frozen_close(gpointer data)
{
    ((Frozen *) data)->opened = 0;
}

static gboolean
read_all(GInputStream *stream, const char *expected)
{
    char text[64] = "";
    gsize n = 0;
    gboolean same = stream != NULL && g_input_stream_read_all(stream, text, sizeof text - 1, &n, NULL, NULL) && strcmp(text, expected) == 0;

    g_clear_object(&stream);
    return same;
}

static gboolean
message_is_as_sent(LtMessage *message)
{
    g_autoptr(LtMessage) again = lt_message_ref(message);
    const LtPart *part = lt_message_get_attachment(message, 0);
    guint64 size = 0;

    return lt_message_get_id(again) != NULL && lt_message_get_type(message) != NULL && lt_message_get_from(message) != NULL &&
           lt_message_get_to(message) != NULL && lt_message_get_dossier(message) == NULL && lt_message_get_re(message) == NULL &&
           lt_message_get_issued_us(message) < lt_message_get_expires_us(message) && lt_message_get_seq(message) == 1 &&
           strlen(lt_message_get_manifest(message)) == 64 && lt_message_get_payload(message) != NULL &&
           strcmp(lt_message_get_payload_part(message)->name, "payload.json") == 0 && lt_message_get_n_attachments(message) == 1 &&
           strcmp(part->role, "form") == 0 && part->size == 4 && strlen(part->sha256) == 64 &&
           read_all(lt_message_open_attachment(message, 0, NULL), "scan") &&
           read_all(lt_message_open_envelope(message, &size, NULL), "container") && size == 9;
}

static gboolean
json_is_read(LtMessage *message)
{
    g_autofree char *word = lt_json_pick(lt_message_get_payload(message), "a.b");

    return lt_json_check(lt_message_get_payload(message), NULL) && g_strcmp0(word, "c") == 0;
}

static gboolean
errors_are_kept(void)
{
    g_autoptr(GError) error = NULL;

    lt_error_set(&error, LT_ERROR_UNAVAILABLE, "frozen.word", "text %d", 1);
    lt_error_set_retry_after(error, 5);
    return error->domain == LT_ERROR && strcmp(lt_error_get_reason(error), "frozen.word") == 0 && lt_error_get_retry_after(error) == 5;
}

static gboolean
frozen_deliver(gpointer data, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error)
{
    Frozen *self = data;
    g_autoptr(LtRequest) request = lt_request_new("POST", "/frozen");
    g_autoptr(LtReply) reply = NULL;
    g_autoptr(GBytes) body = g_bytes_new_static("hello", 5);
    g_autoptr(GInputStream) stream = g_memory_input_stream_new_from_bytes(body);

    lt_request_set_body_stream(request, stream, 5, "text/plain");
    lt_request_set_body(request, body, "text/plain");
    lt_request_set_header(request, "X-Frozen", "1");
    if (self->opened != 1 || cancellable == NULL || lt_link_is_dry(link) || !message_is_as_sent(message) || !json_is_read(message) ||
        !errors_are_kept() || strcmp(lt_request_get_method(request), "POST") != 0 || strcmp(lt_request_get_path(request), "/frozen") != 0 ||
        strcmp(lt_request_get_header(request, "x-frozen"), "1") != 0 || lt_request_get_body(request) != body) {
        lt_error_set(error, LT_ERROR_INTERNAL, "frozen.contract", "something is not as version 1 says");
        return FALSE;
    }
    reply = lt_link_send(link, request, error);
    return reply != NULL && lt_reply_get_status(reply) == 200 && lt_reply_get_header(reply, "Content-Type") != NULL &&
           g_bytes_get_size(lt_reply_get_body(reply)) == 2 && lt_reply_check(reply, error);
}

static gboolean
frozen_collect(gpointer data, LtInbox *inbox, LtLink *link, GCancellable *cancellable, GError **error)
{
    g_autoptr(GBytes) payload = g_bytes_new_static("{}", 2);
    g_autoptr(LtMessage) submission = lt_inbox_find_submission(inbox, "known");
    g_autoptr(LtMessage) unknown = lt_inbox_find_message(inbox, "H52.9", "none");
    LtMessageBuilder *message = lt_message_builder_new("dossier.status", "H52.2", "H52.1");

    (void) data;
    (void) link;
    (void) cancellable;
    lt_message_builder_free(lt_message_builder_new("a", "b", "c"));
    lt_message_builder_set_key(message, lt_inbox_get_cursor(inbox) == NULL ? "first" : "later");
    lt_message_builder_set_dossier(message, "7f0c2a7e-8d3c-4a52-9f1b-0123456789ab");
    if (submission != NULL && unknown == NULL)
        lt_message_builder_set_re(message, &(LtReference) { lt_message_get_from(submission), lt_message_get_id(submission),
                                                            lt_message_get_manifest(submission) });
    lt_message_builder_set_payload(message, payload, "application/json");
    lt_message_builder_add_attachment(message, "result", "application/json", payload);
    lt_message_builder_set_original(message, "rest-json", "absent", payload, "application/json");
    return lt_inbox_submit(inbox, message, error) && lt_inbox_set_cursor(inbox, "1", error);
}

static gboolean
frozen_receive(gpointer data, LtRequest *request, LtReply **reply, LtInbox *inbox, GCancellable *cancellable, GError **error)
{
    (void) data;
    (void) inbox;
    (void) cancellable;
    (void) error;
    *reply = lt_reply_new(201, lt_request_get_body(request), "text/plain");
    lt_reply_set_header(*reply, "X-Frozen", "1");
    return TRUE;
}

LT_PLUGIN_EXPORT(.name = "frozen", .version = "1.0", .summary = "Contract version 1, as it was", .keys = keys, .self_size = sizeof(Frozen),
                 .open = frozen_open, .close = frozen_close, .collect = frozen_collect, .receive = frozen_receive, .deliver = frozen_deliver)
