/* SPDX-License-Identifier: Apache-2.0 */
/* incoming.c: what a map found in a foreign system, as messages that are handed in. */
#include "incoming.h"

#include <string.h>

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
add_original(LtMessageBuilder *builder, jv item, GBytes *whole)
{
    jv original = value_member(item, "original");

    if (jv_is_valid(original)) {
        g_autoptr(GBytes) bytes = jv_get_kind(original) == JV_KIND_STRING
                                      ? g_bytes_new(jv_string_value(original), (gsize) jv_string_length_bytes(jv_copy(original)))
                                      : value_json(original);

        lt_message_builder_set_original(builder, "rest-json", "absent", bytes, "application/json");
    } else {
        lt_message_builder_set_original(builder, "rest-json", "absent", whole, "application/json");
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
builder_of(jv item, GBytes *whole, LtInbox *inbox, GError **error)
{
    g_autofree char *type = value_text(item, "type");
    g_autofree char *from = value_text(item, "from");
    g_autofree char *to = value_text(item, "to");
    g_autofree char *key = value_text(item, "key");
    LtMessageBuilder *builder;

    if (type == NULL || from == NULL || to == NULL || key == NULL || strlen(key) > 255) {
        lt_error_set(error, LT_ERROR_CONFIG, "map.output", "the map gave a message without key, type, from or to, or with a key over 255 bytes");
        return NULL;
    }
    if (!attachments_are_sound(item)) {
        lt_error_set(error, LT_ERROR_CONFIG, "map.output", "the map gave an attachment whose content is not base64");
        return NULL;
    }
    builder = lt_message_builder_new(type, from, to);
    lt_message_builder_set_key(builder, key);
    add_reference(builder, item, inbox);
    add_payload(builder, item);
    add_attachments(builder, item);
    add_original(builder, item, whole);
    return builder;
}

static gboolean
must_stop(const GError *error)
{
    return error->domain != LT_ERROR || error->code == LT_ERROR_UNAVAILABLE || error->code == LT_ERROR_CONFIG || error->code == LT_ERROR_INTERNAL;
}

gboolean
incoming_submit(jv messages, GBytes *whole, LtInbox *inbox, guint *n_refused, GError **error)
{
    int n = jv_get_kind(messages) == JV_KIND_ARRAY ? jv_array_length(jv_copy(messages)) : -1;

    if (n < 0 || n > ITEMS_MAX) {
        lt_error_set(error, LT_ERROR_CONFIG, "map.output", "the map must give 'messages', a list of at most %d", ITEMS_MAX);
        return FALSE;
    }
    for (int i = 0; i < n; i++) {
        jv item = jv_array_get(jv_copy(messages), i);
        LtMessageBuilder *builder = builder_of(item, whole, inbox, error);
        g_autoptr(GError) cause = NULL;

        jv_free(item);
        if (builder == NULL)
            return FALSE;
        if (lt_inbox_submit(inbox, builder, &cause))
            continue;
        if (must_stop(cause)) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return FALSE;
        }
        if (n_refused != NULL)
            (*n_refused)++;
    }
    return TRUE;
}
