/* SPDX-License-Identifier: Apache-2.0 */
/* test-collect.c: asking a system for what is new. */
#include "test-system.h"

#include <string.h>

#define ITEMS \
    "{messages: [.body.suKien[] | {key: \"e-\\(.so)\", type: \"dossier.status\", from: .gui, to: .nhan, code: .ma, payload: .duLieu," \
    " attachments: [{role: \"result\", media_type: \"application/pdf\", content: .tep}], original: .}], cursor: .body.tiep, more: .body.con}"

static LtEndpoint *
collecting(Fixture *f)
{
    g_autofree G_GNUC_UNUSED char *ask = harness_file(f->harness, "collect.jq", "{method: \"GET\", path: \"/su-kien?sau=\\(.cursor // \"0\")\"}");
    g_autofree G_GNUC_UNUSED char *items = harness_file(f->harness, "items.jq", ITEMS);

    return endpoint_with(f, "collect_map=collect.jq\nitems_map=items.jq\n");
}

static void
test_collects_and_moves_the_cursor(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = collecting(f);
    g_auto(HarnessInbox) inbox = { .submission = harness_message(&(HarnessMessage) { .dossier = "7f0c2a7e-8d3c-4a52-9f1b-0123456789ab" }) };
    g_autoptr(GError) error = NULL;
    const LtBuilt *built;
    const LtBuiltPart *part;

    (void) data;
    set_answer(f, "{\"suKien\":[{\"so\":7,\"gui\":\"H52.2\",\"nhan\":\"H52.1\",\"ma\":\"known\",\"duLieu\":{\"TrangThai\":\"4\"},\"tep\":\"JVBERg==\"}],\"tiep\":7}");
    g_assert_true(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, &error));
    g_assert_no_error(error);
    g_assert_true(g_str_has_prefix(asked(f), "GET /goc/su-kien?sau=0 HTTP/1.1\n"));
    g_assert_cmpuint(inbox.built->len, ==, 1);
    built = lt_message_builder_get(inbox.built->pdata[0]);
    g_assert_cmpstr(built->key, ==, "e-7");
    g_assert_cmpstr(built->from, ==, "H52.2");
    g_assert_cmpstr(built->re->id, ==, ID);
    g_assert_cmpstr(built->dossier, ==, "7f0c2a7e-8d3c-4a52-9f1b-0123456789ab");
    g_assert_cmpstr(built->orig_kind, ==, "rest-json");
    g_assert_cmpuint(built->orig_index, ==, 1);
    part = built->attachments->pdata[0];
    g_assert_cmpuint(g_bytes_get_size(part->content), ==, 4);
    g_assert_cmpstr(inbox.cursor, ==, "7");
    set_answer(f, "{\"suKien\":[],\"tiep\":7}");
    g_assert_true(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, &error));
    g_assert_true(g_str_has_prefix(asked(f), "GET /goc/su-kien?sau=7 HTTP/1.1\n"));
    g_assert_cmpuint(inbox.built->len, ==, 1);
}

static void
test_null_as_re_binds_to_the_dossier_alone(Fixture *f, gconstpointer data)
{
    g_autofree G_GNUC_UNUSED char *ask = harness_file(f->harness, "collect.jq", "{method: \"GET\", path: \"/\"}");
    g_autofree G_GNUC_UNUSED char *items = harness_file(f->harness, "items.jq", "{messages: [{key: \"1\", type: \"dossier.submit\", from: \"a\", to: \"b\", code: \"known\", re: null, payload: {}}]}");
    g_autoptr(LtEndpoint) endpoint = endpoint_with(f, "collect_map=collect.jq\nitems_map=items.jq\n");
    g_auto(HarnessInbox) inbox = { .submission = harness_message(&(HarnessMessage) { .dossier = "7f0c2a7e-8d3c-4a52-9f1b-0123456789ab" }) };
    const LtBuilt *built;

    (void) data;
    g_assert_true(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, NULL));
    built = lt_message_builder_get(inbox.built->pdata[0]);
    g_assert_null(built->re);
    g_assert_cmpstr(built->dossier, ==, "7f0c2a7e-8d3c-4a52-9f1b-0123456789ab");
    g_assert_null(inbox.cursor); /* the map gave none */
}

static void
test_one_bad_item_does_not_block_the_rest(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = collecting(f);
    g_auto(HarnessInbox) inbox = { .fail_key = "e-7", .fail_code = LT_ERROR_INVALID };
    g_autoptr(GError) error = NULL;

    (void) data;
    set_answer(f, "{\"suKien\":[{\"so\":7,\"gui\":\"a\",\"nhan\":\"b\",\"duLieu\":{},\"tep\":\"\"},{\"so\":8,\"gui\":\"a\",\"nhan\":\"b\",\"duLieu\":{},\"tep\":\"\"}],\"tiep\":8}");
    g_assert_true(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, &error));
    g_assert_cmpuint(inbox.built->len, ==, 1);
    g_assert_cmpstr(inbox.cursor, ==, "8");
    inbox.fail_code = LT_ERROR_UNAVAILABLE;
    g_clear_pointer(&inbox.cursor, g_free);
    g_assert_false(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_UNAVAILABLE);
    g_assert_null(inbox.cursor); /* nothing was passed over */
}

static void
test_nonsense_from_the_source_moves_nothing(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *answer, *reason;
    } rows[] = {
        { "<html>sign in</html>", "reply.nonsense" },
        { "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "http.500" },
        { "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "http.401" },
        { "{\"suKien\":[{\"so\":7,\"nhan\":\"b\",\"duLieu\":{},\"tep\":\"\"}],\"tiep\":9}", "map.output" },
        { "{\"suKien\":[{\"so\":7,\"gui\":\"a\",\"nhan\":\"b\",\"duLieu\":{},\"tep\":\"not base64\"}],\"tiep\":9}", "map.output" },
    };
    g_autoptr(LtEndpoint) endpoint = collecting(f);

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(HarnessInbox) inbox = { 0 };
        g_autoptr(GError) error = NULL;

        set_answer(f, rows[i].answer);
        g_assert_false(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, &error));
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
        g_assert_cmpint(strstr(error->message, "not the JSON that the hub takes") != NULL, ==, i == 0);
        g_assert_null(inbox.cursor);
        g_assert_cmpuint(inbox.built->len, ==, 0);
    }
}

/* A window that stays the same while its pages are asked for; the cursor moves with the last page. */
static void
test_reads_a_time_window_page_by_page(Fixture *f, gconstpointer data)
{
    g_autofree G_GNUC_UNUSED char *ask = harness_file(f->harness, "collect.jq", "{method: \"GET\", path: \"/\", query: {tu: (.cursor // \"0\"), den: .now, trang: .page}}");
    g_autofree G_GNUC_UNUSED char *items =
        harness_file(f->harness, "items.jq", "{messages: [], more: (.page < 3), cursor: (if .page < 3 then null else \"\\(.now)\" end)}");
    g_autoptr(LtEndpoint) endpoint = endpoint_with(f, "collect_map=collect.jq\nitems_map=items.jq\n");
    g_auto(HarnessInbox) inbox = { 0 };
    g_autofree char *expected = NULL;

    (void) data;
    set_answer(f, "{}");
    g_assert_true(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, NULL));
    g_assert_cmpuint(peer_get_n_requests(f->peer), ==, 3);
    g_assert_nonnull(strstr(asked(f), "trang=3"));
    g_assert_nonnull(strstr(asked(f), "tu=0"));
    expected = g_strdup_printf("den=%s", inbox.cursor);
    g_assert_nonnull(strstr(asked(f), expected));
}

static void
test_what_is_answered_at_once_is_handed_in(Fixture *f, gconstpointer data)
{
    g_autofree G_GNUC_UNUSED char *map = harness_file(f->harness, "deliver.jq", "{method: \"POST\", path: \"/tra-cuu\", body: .payload}");
    g_autofree G_GNUC_UNUSED char *answer = harness_file(f->harness, "answer.jq", "{messages: [{key: \"answer-\\(.header.id)\", type: \"dossier.status\", from: .header.to, "
                                                         "to: .header.from, re: {from: .header.from, id: .header.id, manifest: .header.manifest}, payload: .body}]}");
    g_autoptr(LtEndpoint) endpoint = endpoint_with(f, "deliver_map=deliver.jq\nanswer_map=answer.jq\n");
    g_autoptr(LtMessage) message = harness_message(&(HarnessMessage) { 0 });
    g_auto(HarnessInbox) inbox = { 0 };
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *type = NULL;
    g_autoptr(GError) error = NULL;
    const LtBuilt *built;

    (void) data;
    set_answer(f, "{\"TrangThaiHoSo\":4}");
    g_assert_true(lt_endpoint_deliver_answered(endpoint, message, harness_inbox(&inbox), NULL, &receipt, &type, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(inbox.built->len, ==, 1);
    built = lt_message_builder_get(inbox.built->pdata[0]);
    g_assert_cmpstr(built->key, ==, "answer-" ID);
    g_assert_cmpstr(built->from, ==, "H52.2");
    g_assert_cmpstr(built->re->id, ==, ID);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/rest/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("collects-and-moves-the-cursor", test_collects_and_moves_the_cursor);
    ADD("null-as-re-binds-to-the-dossier-alone", test_null_as_re_binds_to_the_dossier_alone);
    ADD("one-bad-item-does-not-block-the-rest", test_one_bad_item_does_not_block_the_rest);
    ADD("nonsense-from-the-source-moves-nothing", test_nonsense_from_the_source_moves_nothing);
    ADD("reads-a-time-window-page-by-page", test_reads_a_time_window_page_by_page);
    ADD("what-is-answered-at-once-is-handed-in", test_what_is_answered_at_once_is_handed_in);
#undef ADD
    return g_test_run();
}
