/* SPDX-License-Identifier: Apache-2.0 */
/* test-sample.c: the built-in payloads keep to their schemas, and a made-up message is one. */
#include "base/message.h"
#include "routing/sample.h"
#include "trust/payload.h"

static void
test_every_sample_keeps_to_its_schema(void)
{
    g_auto(GStrv) types = lt_sample_types();
    g_autoptr(GError) error = NULL;
    g_autoptr(LtPayloads) payloads = lt_payloads_load(&error);

    g_assert_no_error(error);
    g_assert_cmpuint(g_strv_length(types), ==, 7);
    for (char **type = types; *type != NULL; type++) {
        g_autoptr(GBytes) payload = lt_sample_payload(*type);

        g_assert_true(lt_payload_check(payloads, *type, "application/json", payload, TRUE, NULL, &error));
        g_assert_no_error(error);
    }
    g_assert_null(lt_sample_payload("receipt"));
}

static void
test_a_made_up_message_is_whole(void)
{
    g_autoptr(GBytes) payload = lt_sample_payload("dossier.result");
    g_autoptr(GBytes) paper = lt_sample_paper();
    LtSample sample = { .type = "dossier.result", .from = "H52", .to = "H52.101", .payload = payload, .role = "result",
                        .media_type = "application/pdf", .paper = paper };
    g_autoptr(GError) error = NULL;
    g_autoptr(LtMessage) message = lt_sample_message(&sample, &error);
    g_autoptr(GInputStream) stream = lt_message_open_attachment(message, 0, &error);
    char start[5] = "";

    g_assert_no_error(error);
    g_assert_nonnull(lt_message_get_dossier(message));
    g_assert_nonnull(lt_message_get_re(message)->id);
    g_assert_cmpuint(lt_message_get_n_attachments(message), ==, 1);
    g_assert_cmpuint(lt_message_get_attachment(message, 0)->size, ==, g_bytes_get_size(paper));
    g_assert_cmpint(g_input_stream_read(stream, start, 4, NULL, NULL), ==, 4);
    g_assert_cmpstr(start, ==, "%PDF");
}

static void
test_an_absent_attachment_is_told(void)
{
    static const char *const files[] = { "/nowhere/don.pdf", NULL };
    LtSample sample = { .type = "hub.ping", .from = "H52", .to = "H52", .attachments = files, .role = "form", .media_type = "application/pdf" };
    g_autoptr(GError) error = NULL;

    g_assert_null(lt_sample_message(&sample, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_UNAVAILABLE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sample/every-one-keeps-to-its-schema", test_every_sample_keeps_to_its_schema);
    g_test_add_func("/sample/a-made-up-message-is-whole", test_a_made_up_message_is_whole);
    g_test_add_func("/sample/an-absent-attachment-is-told", test_an_absent_attachment_is_told);
    return g_test_run();
}
