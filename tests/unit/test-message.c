/* SPDX-License-Identifier: Apache-2.0 */
/* test-message.c: messages give back what they were made of and free their source once; builders keep what they were told. */
#include "base/message.h"

#include <string.h>

#define MANIFEST "64ee89af141c4a36057800e73431b44bba6aa24820ff1d6541cda05cfd09de26"

typedef struct {
    guint n_opened;
    guint n_freed;
} Source;

static GInputStream *
source_open_attachment(gpointer data, guint index, GError **error)
{
    Source *source = data;

    (void) error;
    source->n_opened = index + 1;
    return g_memory_input_stream_new_from_data(g_strdup("%PDF"), 4, g_free);
}

static GInputStream *
source_open_envelope(gpointer data, guint64 *size, GError **error)
{
    (void) data;
    (void) error;
    *size = 2;
    return g_memory_input_stream_new_from_data(g_strdup("PK"), 2, g_free);
}

static void
source_free(gpointer data)
{
    ((Source *) data)->n_freed++;
}

static const LtMessageSource vtable = { source_open_attachment, source_open_envelope, source_free };

static LtHeader *
make_header(gboolean with_payload, guint n_attachments)
{
    LtHeader *header = lt_header_new();

    header->id = g_strdup("01a20925-0713-71f2-adda-743c62e49b81");
    header->type = g_strdup("dossier.status");
    header->from = g_strdup("H52.101");
    header->to = g_strdup("H52");
    header->issued_us = 1;
    header->expires_us = 2;
    header->seq = 3;
    if (with_payload)
        g_ptr_array_add(header->parts, lt_part_new("payload.json", "payload", "application/json", 2, NULL));
    for (guint i = 0; i < n_attachments; i++) {
        g_autofree char *name = g_strdup_printf("att/%04u", i + 1);

        g_ptr_array_add(header->parts, lt_part_new(name, "form", "application/pdf", 4, MANIFEST));
    }
    return header;
}

static void
test_getters(void)
{
    g_autoptr(GBytes) payload = g_bytes_new_static("{}", 2);
    Source source = { 0 };
    LtHeader *header = make_header(TRUE, 2);
    g_autoptr(LtMessage) message = NULL;

    header->dossier = g_strdup("c9d5d49c-b56f-4552-96a3-c9b95ec99950");
    header->re_from = g_strdup("H52");
    header->re_id = g_strdup("01a20925-06a3-7edc-9a84-96b5e6757771");
    header->re_manifest = g_strdup(MANIFEST);
    message = lt_message_new(header, MANIFEST, payload, &vtable, &source);
    g_assert_cmpstr(lt_message_get_type(message), ==, "dossier.status");
    g_assert_cmpstr(lt_message_get_from(message), ==, "H52.101");
    g_assert_cmpstr(lt_message_get_to(message), ==, "H52");
    g_assert_cmpstr(lt_message_get_id(message), ==, "01a20925-0713-71f2-adda-743c62e49b81");
    g_assert_cmpstr(lt_message_get_dossier(message), ==, "c9d5d49c-b56f-4552-96a3-c9b95ec99950");
    g_assert_cmpstr(lt_message_get_re(message)->from, ==, "H52");
    g_assert_cmpstr(lt_message_get_re(message)->manifest, ==, MANIFEST);
    g_assert_cmpint(lt_message_get_issued_us(message), ==, 1);
    g_assert_cmpint(lt_message_get_expires_us(message), ==, 2);
    g_assert_cmpint(lt_message_get_seq(message), ==, 3);
    g_assert_cmpstr(lt_message_get_manifest(message), ==, MANIFEST);
    g_assert_true(lt_message_get_payload(message) == payload);
    g_assert_cmpstr(lt_message_get_payload_part(message)->name, ==, "payload.json");
    g_assert_cmpuint(lt_message_get_n_attachments(message), ==, 2);
    g_assert_cmpstr(lt_message_get_attachment(message, 1)->name, ==, "att/0002");
    g_assert_true(lt_message_get_header(message) == header);
}

static void
test_without_payload(void)
{
    g_autoptr(LtMessage) message = lt_message_new(make_header(FALSE, 1), MANIFEST, NULL, NULL, NULL);
    g_autoptr(LtMessage) bare = lt_message_new(make_header(FALSE, 0), MANIFEST, NULL, NULL, NULL);

    g_assert_null(lt_message_get_payload_part(message));
    g_assert_cmpuint(lt_message_get_n_attachments(message), ==, 1);
    g_assert_cmpstr(lt_message_get_attachment(message, 0)->name, ==, "att/0001");
    g_assert_cmpuint(lt_message_get_n_attachments(bare), ==, 0);
    g_assert_null(lt_message_get_re(message));
    g_assert_null(lt_message_get_dossier(message));
}

static void
test_streams(void)
{
    Source source = { 0 };
    LtMessage *message = lt_message_new(make_header(TRUE, 2), MANIFEST, NULL, &vtable, &source);
    g_autoptr(GInputStream) attachment = lt_message_open_attachment(message, 1, NULL);
    guint64 size = 0;
    g_autoptr(GInputStream) envelope = lt_message_open_envelope(message, &size, NULL);
    g_autoptr(GInputStream) unsized = lt_message_open_envelope(message, NULL, NULL);
    g_autoptr(GError) error = NULL;

    g_assert_nonnull(attachment);
    g_assert_cmpuint(source.n_opened, ==, 2);
    g_assert_nonnull(envelope);
    g_assert_nonnull(unsized);
    g_assert_cmpuint(size, ==, 2);
    g_assert_null(lt_message_open_attachment(message, 2, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_NOT_FOUND);
    lt_message_ref(message);
    lt_message_unref(message);
    g_assert_cmpuint(source.n_freed, ==, 0);
    lt_message_unref(message);
    g_assert_cmpuint(source.n_freed, ==, 1);
}

static void
test_no_source(void)
{
    g_autoptr(LtMessage) message = lt_message_new(make_header(TRUE, 1), MANIFEST, NULL, NULL, NULL);
    g_autoptr(GError) no_attachment = NULL;
    g_autoptr(GError) no_envelope = NULL;

    g_assert_null(lt_message_open_attachment(message, 0, &no_attachment));
    g_assert_error(no_attachment, LT_ERROR, LT_ERROR_NOT_FOUND);
    g_assert_null(lt_message_open_envelope(message, NULL, &no_envelope));
    g_assert_error(no_envelope, LT_ERROR, LT_ERROR_NOT_FOUND);
}

static void
test_builder(void)
{
    g_autoptr(LtMessageBuilder) builder = lt_message_builder_new("dossier.result", "H52.101", "H52");
    g_autoptr(GBytes) first = g_bytes_new_static("{}", 2);
    g_autoptr(GBytes) second = g_bytes_new_static("[]", 2);
    LtReference re = { "H52", "01a20925-06a3-7edc-9a84-96b5e6757771", MANIFEST };
    const LtBuilt *built = lt_message_builder_get(builder);
    const LtBuiltPart *original;

    g_assert_null(built->re);
    lt_message_builder_set_key(builder, "17");
    lt_message_builder_set_key(builder, "18");
    lt_message_builder_set_dossier(builder, "c9d5d49c-b56f-4552-96a3-c9b95ec99950");
    lt_message_builder_set_re(builder, &re);
    lt_message_builder_set_re(builder, lt_message_builder_get(builder)->re);
    lt_message_builder_set_payload(builder, first, "application/json");
    lt_message_builder_set_payload(builder, second, "application/xml");
    lt_message_builder_add_attachment(builder, "result", "application/pdf", first);
    lt_message_builder_set_original(builder, "rest-json", "absent", first, "application/json");
    lt_message_builder_set_original(builder, "file", "valid", second, "text/plain");
    lt_message_builder_add_attachment(builder, "other", "image/png", second);
    g_assert_cmpstr(built->type, ==, "dossier.result");
    g_assert_cmpstr(built->from, ==, "H52.101");
    g_assert_cmpstr(built->to, ==, "H52");
    g_assert_cmpstr(built->key, ==, "18");
    g_assert_cmpstr(built->dossier, ==, "c9d5d49c-b56f-4552-96a3-c9b95ec99950");
    g_assert_cmpstr(built->re->manifest, ==, MANIFEST);
    g_assert_true(built->payload == second);
    g_assert_cmpstr(built->payload_type, ==, "application/xml");
    g_assert_cmpuint(built->attachments->len, ==, 3);
    g_assert_cmpuint(built->orig_index, ==, 1);
    g_assert_cmpstr(built->orig_kind, ==, "file");
    g_assert_cmpstr(built->orig_verdict, ==, "valid");
    original = g_ptr_array_index(built->attachments, 1);
    g_assert_cmpstr(original->role, ==, "original");
    g_assert_cmpstr(original->media_type, ==, "text/plain");
    g_assert_true(original->content == second);
}

static void
test_free_nothing(void)
{
    lt_header_free(NULL);
    lt_part_free(NULL);
    lt_message_builder_free(NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/message/gives-back-what-it-was-made-of", test_getters);
    g_test_add_func("/message/counts-attachments-without-a-payload", test_without_payload);
    g_test_add_func("/message/opens-streams-and-frees-its-source-once", test_streams);
    g_test_add_func("/message/says-when-content-is-not-at-hand", test_no_source);
    g_test_add_func("/builder/keeps-the-last-that-was-said", test_builder);
    g_test_add_func("/message/freeing-nothing-is-nothing", test_free_nothing);
    return g_test_run();
}
