/* SPDX-License-Identifier: Apache-2.0 */
/* host-child.c: the plugin's side: loads it, opens it, runs its verbs one after the other, and passes on what it asks for.
 *
 * Whatever is wrong with the conversation ends this process: there is nothing here worth saving.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/key.h"
#include "routing/call.h"
#include "routing/host-message.h"
#include "routing/host-private.h"
#include "routing/inbox.h"
#include "routing/reply.h"
#include "routing/request.h"

typedef struct {
    LtPipe pipe;
    const LtLoaded *loaded;
    gpointer self;
    char *cursor; /* last one that was asked for */
} Child;

/* Asks the hub. *result: what DONE carries. */
static gboolean
ask(Child *self, LtFrameType type, GVariant *body, GBytes *data, GVariant **result, GBytes **bytes, GError **error)
{
    g_autoptr(GVariant) answer = NULL;
    g_autoptr(GBytes) came = NULL;
    LtFrameType kind;

    if (!lt_pipe_send(&self->pipe, type, body, data, NULL) || !lt_pipe_receive(&self->pipe, &kind, &answer, &came, NULL) ||
        (kind != LT_FRAME_DONE && kind != LT_FRAME_FAILED))
        _exit(3);
    if (kind == LT_FRAME_FAILED) {
        lt_pipe_set_error(answer, error);
        return FALSE;
    }
    if (result != NULL)
        *result = g_variant_get_variant(answer);
    if (bytes != NULL)
        *bytes = g_steal_pointer(&came);
    return TRUE;
}

static GBytes *
read_stream(LtRequest *request, GError **error)
{
    guint64 size = 0;
    GInputStream *stream = lt_request_get_stream(request, &size);
    g_autofree char *bytes = NULL;
    gsize n = 0;

    if (size > LT_HOST_DATA_MOST) {
        lt_error_set(error, LT_ERROR_TOO_LARGE, "link.body", "a body over %u bytes", LT_HOST_DATA_MOST);
        return NULL;
    }
    bytes = g_malloc(size + 1);
    if (!g_input_stream_read_all(stream, bytes, size, &n, NULL, error))
        return NULL;
    if (n == size)
        return g_bytes_new_take(g_steal_pointer(&bytes), n);
    lt_error_set(error, LT_ERROR_INTERNAL, "link.body", "the stream of a body was too short");
    return NULL;
}

static LtReply *
link_answer(gpointer data, LtTranscript *transcript, LtRequest *request, GError **error)
{
    guint64 size = 0;
    gboolean streams = lt_request_get_stream(request, &size) != NULL;
    g_autoptr(GBytes) body = streams ? read_stream(request, error) : NULL;
    g_autoptr(GVariant) result = NULL;
    g_autoptr(GVariant) headers = NULL;
    g_autoptr(GBytes) bytes = NULL;
    LtReply *reply;
    guint32 status;

    (void) transcript;
    if (streams && body == NULL)
        return NULL;
    if (!streams && lt_request_get_body(request) != NULL)
        body = g_bytes_ref(lt_request_get_body(request));
    if (!ask(data, LT_FRAME_SEND,
             g_variant_new("(ssb@a(ss))", lt_request_get_method(request), lt_request_get_path(request), body != NULL,
                           lt_host_write_headers(lt_request_get_headers(request))),
             body, &result, &bytes, error))
        return NULL;
    g_variant_get(result, "(u@a(ss))", &status, &headers);
    reply = lt_reply_new(status, bytes, NULL);
    lt_host_read_reply_headers(headers, reply);
    return reply;
}

static void
link_mask(gpointer data, const char *secret)
{
    if (!lt_pipe_send(&((Child *) data)->pipe, LT_FRAME_MASK, g_variant_new("(s)", secret), NULL, NULL))
        _exit(3);
}

static void
link_keep(gpointer data, LtReply *reply)
{
    GVariant *body = g_variant_new("(u@a(ss))", (guint32) lt_reply_get_status(reply), lt_host_write_headers(lt_reply_get_headers(reply)));

    if (!lt_pipe_send(&((Child *) data)->pipe, LT_FRAME_KEEP, body, lt_reply_get_body(reply), NULL))
        _exit(3);
}

/* A part of a message that lies in the hub: fetched whole into a memory file, piece by piece, when it is opened. */
typedef struct {
    Child *child;
    guint32 number;
} Source;

static GInputStream *
open_part(Source *self, guint32 part, guint64 *size, GError **error)
{
    g_autoptr(GOutputStream) out = g_memory_output_stream_new_resizable();
    guint64 at = 0;
    gsize n;

    do {
        g_autoptr(GBytes) piece = NULL;

        if (!ask(self->child, LT_FRAME_READ, g_variant_new("(uut)", self->number, part, at), NULL, NULL, &piece, error))
            return NULL;
        n = g_bytes_get_size(piece);
        at += n;
        if (n > 0 && !g_output_stream_write_all(out, g_bytes_get_data(piece, NULL), n, NULL, NULL, error))
            return NULL;
    } while (n > 0);
    if (size != NULL)
        *size = at;
    g_output_stream_close(out, NULL, NULL);
    return g_memory_input_stream_new_from_bytes(g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(out)));
}

static GInputStream *
open_attachment(gpointer source, guint index, GError **error)
{
    return open_part(source, index, NULL, error);
}

static GInputStream *
open_envelope(gpointer source, guint64 *size, GError **error)
{
    return open_part(source, LT_HOST_ENVELOPE, size, error);
}

static const LtMessageSource message_source = { open_attachment, open_envelope, g_free };

static LtMessage *
message_new(Child *self, guint32 number, GVariant *body, GBytes *payload)
{
    Source *source = g_new0(Source, 1);

    source->child = self;
    source->number = number;
    return lt_host_read_message(body, payload, &message_source, source);
}

static gboolean
inbox_submit(gpointer data, LtMessageBuilder *message, GError **error)
{
    g_autoptr(LtMessageBuilder) owned = message;
    g_autoptr(GBytes) bytes = NULL;
    GVariant *body = lt_host_write_built(owned, &bytes);

    return ask(data, LT_FRAME_SUBMIT, body, bytes, NULL, NULL, error);
}

static const char *
inbox_get_cursor(gpointer data)
{
    Child *self = data;
    g_autoptr(GVariant) result = NULL;

    g_clear_pointer(&self->cursor, g_free);
    if (ask(self, LT_FRAME_GET_CURSOR, g_variant_new("()"), NULL, &result, NULL, NULL))
        g_variant_get(result, "(ms)", &self->cursor);
    return self->cursor;
}

static gboolean
inbox_set_cursor(gpointer data, const char *cursor, GError **error)
{
    return ask(data, LT_FRAME_SET_CURSOR, g_variant_new("(s)", cursor), NULL, NULL, NULL, error);
}

static LtMessage *
found(Child *self, LtFrameType type, GVariant *body)
{
    g_autoptr(GVariant) result = NULL;
    g_autoptr(GVariant) message = NULL;
    g_autoptr(GBytes) payload = NULL;
    guint32 number;

    if (!ask(self, type, body, NULL, &result, &payload, NULL) || g_variant_n_children(result) != 2)
        return NULL;
    g_variant_get(result, "(u@(ssssmsm(sss)xxxsa(sssts)))", &number, &message);
    return message_new(self, number, message, payload);
}

static LtMessage *
inbox_find_submission(gpointer data, const char *code)
{
    return found(data, LT_FRAME_FIND_SUBMISSION, g_variant_new("(s)", code));
}

static LtMessage *
inbox_find_message(gpointer data, const char *from, const char *id)
{
    return found(data, LT_FRAME_FIND_MESSAGE, g_variant_new("(ss)", from, id));
}

static gboolean
inbox_find_standing(gpointer data, const char *code, LtStanding *standing)
{
    g_autoptr(GVariant) result = NULL;
    gint32 state;

    if (!ask(data, LT_FRAME_FIND_STANDING, g_variant_new("(s)", code), NULL, &result, NULL, NULL) || g_variant_n_children(result) != 2)
        return FALSE;
    g_variant_get(result, "(ix)", &state, &standing->at_us);
    standing->state = state;
    return TRUE;
}

static const LtInboxDoor inbox_door = { inbox_submit,       inbox_get_cursor,    inbox_set_cursor, inbox_find_submission,
                                        inbox_find_message, inbox_find_standing, NULL };

/* The values are those that the hub has read and judged: they are set as they are. */
static void
set_member(const LtKey *key, gpointer object, char **words)
{
    gpointer member = (char *) object + key->offset;

    switch (key->type) {
    case LT_KEY_LIST:
        *(char ***) member = words[0] != NULL ? g_strdupv(words) : NULL;
        break;
    case LT_KEY_NUMBER:
    case LT_KEY_BYTES:
    case LT_KEY_DURATION:
        *(gint64 *) member = words[0] != NULL ? g_ascii_strtoll(words[0], NULL, 10) : 0;
        break;
    case LT_KEY_BOOLEAN:
        *(gboolean *) member = words[0] != NULL && strcmp(words[0], "1") == 0;
        break;
    default:
        *(char **) member = g_strdup(words[0]);
    }
}

static gboolean
open_plugin(Child *self, GVariant *values, GError **error)
{
    const LtPlugin *plugin = &self->loaded->plugin;
    GVariantIter iter;
    const char *name;
    char **words;

    self->self = g_malloc0(MAX(plugin->self_size, 1));
    g_variant_iter_init(&iter, values);
    while (g_variant_iter_next(&iter, "(&s^as)", &name, &words)) {
        const LtKey *key = plugin->keys != NULL ? lt_keys_lookup(plugin->keys, name) : NULL;

        if (key != NULL)
            set_member(key, self->self, words);
        g_strfreev(words);
    }
    if (plugin->open == NULL || plugin->open(self->self, error))
        return TRUE;
    if (error != NULL && *error == NULL)
        lt_error_set(error, LT_ERROR_INTERNAL, "plugin.broken", "plugin %s failed to open and does not say why", plugin->name);
    return FALSE;
}

static gboolean
run_receive(Child *self, GVariant *body, GBytes *data, LtInbox *inbox, GVariant **result, GBytes **bytes, GError **error)
{
    g_autoptr(GVariant) headers = NULL;
    g_autoptr(LtRequest) request = NULL;
    g_autoptr(LtReply) reply = NULL;
    const char *method, *path;

    g_variant_get(body, "(&s&s@a(ss))", &method, &path, &headers);
    request = lt_request_new(method, path);
    lt_request_set_body(request, data, "application/octet-stream");
    lt_host_read_request_headers(headers, request);
    if (!self->loaded->plugin.receive(self->self, request, &reply, inbox, NULL, error))
        return FALSE;
    if (reply != NULL) {
        *result = g_variant_new("(u@a(ss))", (guint32) lt_reply_get_status(reply), lt_host_write_headers(lt_reply_get_headers(reply)));
        *bytes = g_bytes_ref(lt_reply_get_body(reply));
    }
    return TRUE;
}

static gboolean
run_linked(Child *self, LtFrameType type, GVariant *body, GBytes *data, LtInbox *inbox, GError **error)
{
    const LtPlugin *plugin = &self->loaded->plugin;
    g_autoptr(LtTranscript) transcript = lt_transcript_new(NULL, NULL);
    LtScript script = { .answer = link_answer, .data = self, .mask = link_mask, .keep = link_keep };
    LtCallOptions options = { .transcript = transcript, .mode = LT_CALL_SCRIPT, .script = &script };
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GVariant) description = NULL;
    g_autoptr(LtMessage) message = NULL;
    g_autoptr(LtLink) link = NULL;
    gboolean dry = FALSE, answered = FALSE;

    if (type == LT_FRAME_DELIVER) {
        g_variant_get(body, "(bb@(ssssmsm(sss)xxxsa(sssts)))", &dry, &answered, &description);
        message = message_new(self, 0, description, data);
    }
    script.is_dry = dry;
    options.inbox = answered ? inbox : NULL;
    link = lt_link_new(&options);
    return type == LT_FRAME_DELIVER ? plugin->deliver(self->self, message, link, cancellable, error)
                                    : plugin->collect(self->self, inbox, link, cancellable, error);
}

static gboolean
run_verb(Child *self, LtFrameType type, GVariant *body, GBytes *data, GVariant **result, GBytes **bytes, GError **error)
{
    g_autoptr(LtInbox) inbox = lt_inbox_new_at(&inbox_door, self);

    switch (type) {
    case LT_FRAME_OPEN:
        return open_plugin(self, body, error);
    case LT_FRAME_DELIVER:
    case LT_FRAME_COLLECT:
        return run_linked(self, type, body, data, inbox, error);
    case LT_FRAME_RECEIVE:
        return run_receive(self, body, data, inbox, result, bytes, error);
    default:
        _exit(3);
    }
}

static void
answer_verb(Child *self, gboolean done, GVariant *result, GBytes *bytes, GError *error)
{
    g_autoptr(GError) silent = NULL;

    if (!done && error == NULL)
        lt_error_set(&silent, LT_ERROR_INTERNAL, "plugin.broken", "plugin %s failed and does not say why", self->loaded->plugin.name);
    if (!(done ? lt_pipe_send(&self->pipe, LT_FRAME_DONE, g_variant_new_variant(result != NULL ? result : g_variant_new("()")), bytes, NULL)
               : lt_pipe_send(&self->pipe, LT_FRAME_FAILED, lt_pipe_fail(error != NULL ? error : silent), NULL, NULL)))
        _exit(3);
}

static GVariant *
write_hello(const LtPlugin *plugin)
{
    guint32 verbs = (plugin->collect != NULL ? LT_HOST_HAS_COLLECT : 0) | (plugin->receive != NULL ? LT_HOST_HAS_RECEIVE : 0) |
                    (plugin->deliver != NULL ? LT_HOST_HAS_DELIVER : 0);
    GVariantBuilder keys;

    g_variant_builder_init(&keys, G_VARIANT_TYPE("a(sumsmsms)"));
    for (const LtKey *key = plugin->keys; key != NULL && key->name != NULL; key++)
        g_variant_builder_add(&keys, "(sumsmsms)", key->name, (guint32) key->type, key->preset, key->range, key->help);
    return g_variant_new("(sssua(sumsmsms))", plugin->name, plugin->version, plugin->summary, verbs, &keys);
}

int
lt_host_serve(int fd, const char *folder, const char *name, const char *sha256)
{
    g_autoptr(LtLoader) loader = lt_loader_new(folder);
    Child self = { .pipe = { fd, 0, LT_HOST_DATA_MOST } };
    g_autoptr(GError) error = NULL;

    self.loaded = lt_loader_get(loader, name, sha256, &error);
    if (self.loaded == NULL)
        return lt_pipe_send(&self.pipe, LT_FRAME_FAILED, lt_pipe_fail(error), NULL, NULL) ? 1 : 3;
    if (!lt_pipe_send(&self.pipe, LT_FRAME_HELLO, write_hello(&self.loaded->plugin), NULL, NULL))
        return 3;
    for (;;) {
        g_autoptr(GVariant) body = NULL;
        GVariant *result = NULL;
        g_autoptr(GBytes) data = NULL;
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GError) cause = NULL;
        LtFrameType type;
        gboolean done;

        if (!lt_pipe_receive(&self.pipe, &type, &body, &data, NULL))
            break; /* the hub has closed the conversation */
        done = run_verb(&self, type, body, data, &result, &bytes, &cause);
        answer_verb(&self, done, result, bytes, cause);
    }
    if (self.self != NULL && self.loaded->plugin.close != NULL)
        self.loaded->plugin.close(self.self);
    return 0;
}
