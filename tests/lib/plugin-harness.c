/* SPDX-License-Identifier: Apache-2.0 */
/* plugin-harness.c: see plugin-harness.h. */
#include "lib/plugin-harness.h"

#include <ftw.h>
#include <glib/gstdio.h>
#include <lienthong/json.h>
#include <lienthong/xml.h>
#include <stdio.h>
#include <string.h>

/* Keeps every function of the contract in the program: plugins find them there. */
__attribute__((used)) static const gpointer contract[] = {
    lt_error_set, lt_error_get_reason, lt_error_set_retry_after, lt_error_get_retry_after, lt_request_new, lt_request_free,
    lt_request_set_header, lt_request_set_body, lt_request_set_body_stream, lt_request_get_method, lt_request_get_path,
    lt_request_get_header, lt_request_get_body, lt_link_send, lt_link_is_dry, lt_reply_new, lt_reply_free, lt_reply_set_header,
    lt_reply_get_status, lt_reply_get_header, lt_reply_get_body, lt_reply_check, lt_message_ref, lt_message_unref, lt_message_get_id,
    lt_message_builder_new, lt_message_builder_free, lt_message_builder_set_key, lt_message_builder_set_dossier, lt_message_builder_set_re,
    lt_message_builder_set_payload, lt_message_builder_add_attachment, lt_message_builder_set_original, lt_json_check, lt_json_pick,
    lt_inbox_submit, lt_inbox_find_handed_in, lt_link_get_inbox, lt_link_mask, lt_link_keep_reply, lt_xml_scan,
};

Harness *
harness_new(void)
{
    Harness *self = g_new0(Harness, 1);
    g_autoptr(GError) error = NULL;

    self->folder = g_dir_make_tmp("lthub-plugin-XXXXXX", &error);
    g_assert_no_error(error);
    self->loader = lt_loader_new(NULL);
    self->thread = lt_link_thread_new(&error);
    g_assert_no_error(error);
    self->shared = (LtEndpointShared) { self->loader, self->thread };
    return self;
}

static int
remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void) info;
    (void) kind;
    (void) walk;
    return remove(path);
}

void
harness_free(Harness *self)
{
    lt_link_thread_free(self->thread);
    lt_loader_free(self->loader);
    nftw(self->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    g_free(self->folder);
    g_free(self);
}

char *
harness_file(Harness *self, const char *name, const char *content)
{
    char *path = g_build_filename(self->folder, name, NULL);
    g_autofree char *folder = g_path_get_dirname(path);

    g_mkdir_with_parents(folder, 0700);
    if (content != NULL) {
        g_assert_true(g_file_set_contents(path, content, -1, NULL));
        g_chmod(path, 0600);
    }
    return path;
}

static LtEndpoint *
open_endpoint(Harness *self, const char *lines, LtFaults *faults)
{
    g_autofree char *text = g_strconcat("[endpoint t]\n", lines, NULL);
    g_autofree char *name = g_build_filename(self->folder, "test.conf", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSettings) settings = lt_settings_parse(text, name, &error);

    g_assert_no_error(error);
    return lt_endpoint_new(&self->shared, lt_settings_lookup(settings, "endpoint", "t"), faults);
}

LtEndpoint *
harness_endpoint(Harness *self, const char *lines)
{
    g_autoptr(LtFaults) faults = lt_faults_new();
    LtEndpoint *endpoint = open_endpoint(self, lines, faults);

    for (guint i = 0; i < faults->len; i++)
        g_test_message("%s", (const char *) g_ptr_array_index(faults, i));
    g_assert_cmpuint(faults->len, ==, 0);
    g_assert_nonnull(endpoint);
    return endpoint;
}

char *
harness_fault(Harness *self, const char *lines)
{
    g_autoptr(LtFaults) faults = lt_faults_new();
    LtEndpoint *endpoint = open_endpoint(self, lines, faults);
    const char *text;

    g_assert_null(endpoint);
    g_assert_cmpuint(faults->len, ==, 1);
    text = g_ptr_array_index(faults, 0);
    g_assert_nonnull(strstr(text, "[endpoint t]"));
    return g_strdup(strstr(text, "[endpoint t]"));
}

/* The content behind a made-up message. */
typedef struct {
    GPtrArray *attachments; /* of GBytes * */
    GBytes *envelope;
} Source;

static GInputStream *
open_attachment(gpointer data, guint index, GError **error)
{
    Source *source = data;

    (void) error;
    return g_memory_input_stream_new_from_bytes(g_ptr_array_index(source->attachments, index));
}

static GInputStream *
open_envelope(gpointer data, guint64 *size, GError **error)
{
    Source *source = data;

    (void) error;
    if (size != NULL)
        *size = g_bytes_get_size(source->envelope);
    return g_memory_input_stream_new_from_bytes(source->envelope);
}

static void
source_free(gpointer data)
{
    Source *source = data;

    g_ptr_array_unref(source->attachments);
    g_bytes_unref(source->envelope);
    g_free(source);
}

static const LtMessageSource source_vtable = { open_attachment, open_envelope, source_free };

static void
add_part(LtHeader *header, const char *name, const char *role, const char *type, GBytes *content)
{
    g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, content);

    g_ptr_array_add(header->parts, lt_part_new(name, role, type, g_bytes_get_size(content), digest));
}

static char *
or_preset(const char *value, const char *preset)
{
    return g_strdup(value != NULL ? value : preset);
}

LtMessage *
harness_message(const HarnessMessage *fields)
{
    LtHeader *header = lt_header_new();
    Source *source = g_new0(Source, 1);
    const char *text = fields->payload != NULL ? fields->payload : "{}";
    const char *type = fields->payload_type != NULL ? fields->payload_type : "application/json";
    g_autoptr(GBytes) payload = g_bytes_new(text, strlen(text));

    header->id = or_preset(fields->id, "0193f3a0-0000-7000-8000-000000000001");
    header->type = or_preset(fields->type, "dossier.submit");
    header->from = or_preset(fields->from, "H52.1");
    header->to = or_preset(fields->to, "H52.2");
    header->dossier = g_strdup(fields->dossier);
    header->issued_us = G_GINT64_CONSTANT(1764000000000000);
    header->expires_us = G_GINT64_CONSTANT(1764086400000000);
    header->seq = 1;
    header->nonce = g_strdup("");
    add_part(header, g_str_has_suffix(type, "xml") ? "payload.xml" : "payload.json", "payload", type, payload);
    source->attachments = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    for (guint i = 0; fields->attachments != NULL && fields->attachments[i] != NULL; i++) {
        GBytes *content = g_bytes_new(fields->attachments[i], strlen(fields->attachments[i]));
        g_autofree char *name = g_strdup_printf("att/%04u", i + 1);

        g_ptr_array_add(source->attachments, content);
        add_part(header, name, "form", "text/plain", content);
    }
    source->envelope = fields->envelope != NULL ? g_bytes_ref(fields->envelope) : g_bytes_new_static("container", 9);
    return lt_message_new(header, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", payload, &source_vtable, source);
}

LtInbox *
harness_inbox(HarnessInbox *inbox)
{
    if (inbox->built == NULL)
        inbox->built = g_ptr_array_new_with_free_func((GDestroyNotify) lt_message_builder_free);
    return (LtInbox *) (gpointer) inbox;
}

void
harness_inbox_clear(HarnessInbox *inbox)
{
    g_clear_pointer(&inbox->built, g_ptr_array_unref);
    g_clear_pointer(&inbox->cursor, g_free);
    g_clear_pointer(&inbox->submission, lt_message_unref);
}

gboolean
lt_inbox_submit(LtInbox *self, LtMessageBuilder *message, GError **error)
{
    HarnessInbox *inbox = (HarnessInbox *) (gpointer) self;
    const LtBuilt *built = lt_message_builder_get(message);

    if (inbox->fail_key != NULL && g_strcmp0(built->key, inbox->fail_key) == 0) {
        lt_error_set(error, (LtErrorCode) inbox->fail_code, "test.refused", "told to refuse this one");
        lt_message_builder_free(message);
        return FALSE;
    }
    g_ptr_array_add(inbox->built, message);
    return TRUE;
}

const char *
lt_inbox_get_cursor(LtInbox *self)
{
    return ((HarnessInbox *) (gpointer) self)->cursor;
}

gboolean
lt_inbox_set_cursor(LtInbox *self, const char *cursor, GError **error)
{
    HarnessInbox *inbox = (HarnessInbox *) (gpointer) self;
    char *copy = g_strdup(cursor);

    (void) error;
    g_free(inbox->cursor);
    inbox->cursor = copy;
    return TRUE;
}

LtMessage *
lt_inbox_find_submission(LtInbox *self, const char *code)
{
    HarnessInbox *inbox = (HarnessInbox *) (gpointer) self;

    return g_str_equal(code, inbox->code != NULL ? inbox->code : "known") && inbox->submission != NULL ? lt_message_ref(inbox->submission) : NULL;
}

gboolean
lt_inbox_find_standing(LtInbox *self, const char *code, LtStanding *standing)
{
    const HarnessInbox *inbox = (HarnessInbox *) (gpointer) self;

    if (!g_str_equal(code, inbox->standing_code != NULL ? inbox->standing_code : "known"))
        return FALSE;
    *standing = inbox->standing;
    return TRUE;
}

LtMessage *
lt_inbox_find_handed_in(LtInbox *self, const char *code)
{
    HarnessInbox *inbox = (HarnessInbox *) (gpointer) self;

    return g_str_equal(code, inbox->handed_in_code != NULL ? inbox->handed_in_code : "") && inbox->submission != NULL ? lt_message_ref(inbox->submission) : NULL;
}

LtMessage *
lt_inbox_find_message(LtInbox *self, const char *from, const char *id)
{
    HarnessInbox *inbox = (HarnessInbox *) (gpointer) self;

    if (inbox->submission == NULL || !g_str_equal(lt_message_get_from(inbox->submission), from) ||
        !g_str_equal(lt_message_get_id(inbox->submission), id))
        return NULL;
    return lt_message_ref(inbox->submission);
}
