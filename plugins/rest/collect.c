/* SPDX-License-Identifier: Apache-2.0 */
/* collect.c: asks a system for what is new and hands each item in.
 *
 * The cursor moves only after every item before it is committed. An item that the hub refuses is recorded by the hub and passed over, so
 * that one bad item never blocks those behind it; when the hub cannot keep an item now, the round ends and is repeated from the same cursor.
 */
#include "rest.h"

#include <string.h>

#define ROUNDS_MAX 100u
#define ITEMS_MAX 1000

static void
add_attachments(LtMessageBuilder *builder, jv item)
{
    jv list = value_member(item, "attachments");
    int n = jv_get_kind(list) == JV_KIND_ARRAY ? jv_array_length(jv_copy(list)) : 0;

    for (int i = 0; i < n; i++) {
        jv one = jv_array_get(jv_copy(list), i);
        g_autofree char *role = value_text(one, "role");
        g_autofree char *type = value_text(one, "media_type");
        g_autofree char *content = value_text(one, "content");
        g_autoptr(GBytes) bytes = content != NULL ? value_bytes_of_base64(content) : NULL;

        if (bytes != NULL)
            lt_message_builder_add_attachment(builder, role != NULL ? role : "other", type != NULL ? type : "application/octet-stream", bytes);
        jv_free(one);
    }
    jv_free(list);
}

/* Attachments that are no base64 must not vanish silently. */
static gboolean
attachments_are_sound(jv item)
{
    jv list = value_member(item, "attachments");
    int n = jv_get_kind(list) == JV_KIND_ARRAY ? jv_array_length(jv_copy(list)) : 0;
    gboolean sound = TRUE;

    for (int i = 0; i < n && sound; i++) {
        jv one = jv_array_get(jv_copy(list), i);
        g_autofree char *content = value_text(one, "content");
        g_autoptr(GBytes) bytes = content != NULL ? value_bytes_of_base64(content) : NULL;

        sound = bytes != NULL;
        jv_free(one);
    }
    jv_free(list);
    return sound;
}

static void
add_payload(LtMessageBuilder *builder, jv item)
{
    jv payload = value_member(item, "payload");
    g_autofree char *type = value_text(item, "payload_type");
    g_autoptr(GBytes) bytes = NULL;

    if (jv_get_kind(payload) == JV_KIND_STRING && g_strcmp0(type, "application/xml") == 0)
        bytes = g_bytes_new(jv_string_value(payload), (gsize) jv_string_length_bytes(jv_copy(payload)));
    else if (jv_is_valid(payload) && jv_get_kind(payload) != JV_KIND_NULL)
        bytes = value_json(payload);
    if (bytes != NULL)
        lt_message_builder_set_payload(builder, bytes, type != NULL ? type : "application/json");
    jv_free(payload);
}

/* What the system gave, for the auditor: the item's `original` when the map names it, else the whole answer. */
static void
add_original(LtMessageBuilder *builder, jv item, LtReply *reply)
{
    jv original = value_member(item, "original");

    if (jv_is_valid(original)) {
        g_autoptr(GBytes) bytes = jv_get_kind(original) == JV_KIND_STRING
                                      ? g_bytes_new(jv_string_value(original), (gsize) jv_string_length_bytes(jv_copy(original)))
                                      : value_json(original);

        lt_message_builder_set_original(builder, "rest-json", "absent", bytes, "application/json");
    } else {
        lt_message_builder_set_original(builder, "rest-json", "absent", lt_reply_get_body(reply), "application/json");
    }
    jv_free(original);
}

/* Binds an answer to the dossier that this endpoint got: by the reference that the map gives, or by the dossier's code. A map that writes
 * `re: null` asks for the dossier alone: passing a dossier on is no answer. */
static void
add_reference(LtMessageBuilder *builder, jv item, LtInbox *inbox)
{
    g_autofree char *dossier = value_text(item, "dossier");
    g_autofree char *code = value_text(item, "code");
    jv re = value_member(item, "re");
    gboolean answers = jv_get_kind(re) != JV_KIND_NULL;
    g_autofree char *from = value_text(re, "from");
    g_autofree char *id = value_text(re, "id");
    g_autofree char *manifest = value_text(re, "manifest");
    g_autoptr(LtMessage) submission = NULL;

    jv_free(re);
    if (from != NULL && id != NULL && manifest == NULL)
        submission = lt_inbox_find_message(inbox, from, id);
    else if (code != NULL && from == NULL)
        submission = lt_inbox_find_submission(inbox, code);
    if (from != NULL && id != NULL && manifest != NULL)
        lt_message_builder_set_re(builder, &(LtReference) { from, id, manifest });
    if (submission != NULL && answers)
        lt_message_builder_set_re(builder, &(LtReference) { lt_message_get_from(submission), lt_message_get_id(submission),
                                                            lt_message_get_manifest(submission) });
    if (submission != NULL && dossier == NULL)
        dossier = g_strdup(lt_message_get_dossier(submission));
    if (dossier != NULL)
        lt_message_builder_set_dossier(builder, dossier);
}

static LtMessageBuilder *
builder_of(jv item, LtReply *reply, LtInbox *inbox, GError **error)
{
    g_autofree char *type = value_text(item, "type");
    g_autofree char *from = value_text(item, "from");
    g_autofree char *to = value_text(item, "to");
    g_autofree char *key = value_text(item, "key");
    LtMessageBuilder *builder;

    if (type == NULL || from == NULL || to == NULL || key == NULL || strlen(key) > 255) {
        lt_error_set(error, LT_ERROR_CONFIG, "rest.map.output", "items_map gave a message without key, type, from or to, or with a key over 255 bytes");
        return NULL;
    }
    if (!attachments_are_sound(item)) {
        lt_error_set(error, LT_ERROR_CONFIG, "rest.map.output", "items_map gave an attachment whose content is not base64");
        return NULL;
    }
    builder = lt_message_builder_new(type, from, to);
    lt_message_builder_set_key(builder, key);
    add_reference(builder, item, inbox);
    add_payload(builder, item);
    add_attachments(builder, item);
    add_original(builder, item, reply);
    return builder;
}

static gboolean
must_stop(const GError *error)
{
    return error->domain != LT_ERROR || error->code == LT_ERROR_UNAVAILABLE || error->code == LT_ERROR_CONFIG || error->code == LT_ERROR_INTERNAL;
}

static gboolean
hand_in(jv messages, LtReply *reply, LtInbox *inbox, GError **error)
{
    int n = jv_get_kind(messages) == JV_KIND_ARRAY ? jv_array_length(jv_copy(messages)) : -1;

    if (n < 0 || n > ITEMS_MAX) {
        lt_error_set(error, LT_ERROR_CONFIG, "rest.map.output", "items_map must give 'messages', a list of at most %d", ITEMS_MAX);
        return FALSE;
    }
    for (int i = 0; i < n; i++) {
        jv item = jv_array_get(jv_copy(messages), i);
        LtMessageBuilder *builder = builder_of(item, reply, inbox, error);
        g_autoptr(GError) cause = NULL;

        jv_free(item);
        if (builder == NULL)
            return FALSE;
        if (!lt_inbox_submit(inbox, builder, &cause) && must_stop(cause)) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return FALSE;
        }
    }
    return TRUE;
}

static LtReply *
ask(const Rest *self, LtInbox *inbox, LtLink *link, GError **error)
{
    const char *cursor = lt_inbox_get_cursor(inbox);
    jv input = jv_object_set(jv_object(), jv_string("cursor"), cursor != NULL ? jv_string(cursor) : jv_null());
    jv output = mapping_run(self->collect, input, error);
    g_autoptr(LtRequest) request = jv_is_valid(output) ? rest_request_of(self, output, error) : NULL;
    g_autoptr(LtReply) reply = NULL;

    jv_free(output);
    reply = request != NULL ? lt_link_send(link, request, error) : NULL;
    if (reply == NULL || lt_link_is_dry(link) || lt_reply_check(reply, error))
        return g_steal_pointer(&reply);
    return NULL;
}

static jv
items_of(const Rest *self, LtReply *reply, LtInbox *inbox, GError **error)
{
    const char *cursor = lt_inbox_get_cursor(inbox);
    g_autoptr(GError) cause = NULL;
    jv input = jv_object_set(rest_reply_value(reply), jv_string("cursor"), cursor != NULL ? jv_string(cursor) : jv_null());
    jv items = mapping_run(self->items, input, &cause);

    if (cause == NULL)
        return items;
    if (g_str_equal(lt_error_get_reason(cause), "rest.map.failed"))
        rest_set_nonsense(reply, cause, error);
    else
        g_propagate_error(error, g_steal_pointer(&cause));
    return items;
}

/* One question. *more: the map says that there is more to ask for. */
static gboolean
collect_round(const Rest *self, LtInbox *inbox, LtLink *link, gboolean *more, GError **error)
{
    g_autoptr(LtReply) reply = ask(self, inbox, link, error);
    g_autofree char *cursor = NULL;
    jv items, messages, go_on;
    gboolean done;

    *more = FALSE;
    if (reply == NULL)
        return FALSE;
    if (lt_link_is_dry(link))
        return TRUE;
    items = items_of(self, reply, inbox, error);
    if (!jv_is_valid(items)) {
        jv_free(items);
        return FALSE;
    }
    messages = value_member(items, "messages");
    go_on = value_member(items, "more");
    cursor = value_text(items, "cursor");
    *more = jv_get_kind(go_on) == JV_KIND_TRUE;
    done = hand_in(messages, reply, inbox, error) && (cursor == NULL || lt_inbox_set_cursor(inbox, cursor, error));
    jv_free(messages);
    jv_free(go_on);
    jv_free(items);
    return done;
}

gboolean
rest_collect(gpointer data, LtInbox *inbox, LtLink *link, GCancellable *cancellable, GError **error)
{
    const Rest *self = data;
    gboolean more = TRUE;

    if (self->collect == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "rest.settings", "collect_map is not set, and collect_every is");
        return FALSE;
    }
    for (guint i = 0; more && i < ROUNDS_MAX && !g_cancellable_is_cancelled(cancellable); i++) {
        if (!collect_round(self, inbox, link, &more, error))
            return FALSE;
    }
    return TRUE;
}
