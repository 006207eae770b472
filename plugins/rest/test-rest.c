/* SPDX-License-Identifier: Apache-2.0 */
/* test-rest.c: maps, answers, credentials, dry and replay against a real server on loopback. */
#include "test-system.h"

#include <string.h>

static LtEndpoint *
mapped(Fixture *f, const char *map, const char *more)
{
    g_autofree G_GNUC_UNUSED char *path = harness_file(f->harness, "deliver.jq", map);
    g_autofree char *lines = g_strdup_printf("deliver_map=deliver.jq\n%s", more);

    return endpoint_with(f, lines);
}

static gboolean
deliver(LtEndpoint *endpoint, const HarnessMessage *fields, char **receipt_text, GError **error)
{
    g_autoptr(LtMessage) message = harness_message(fields);
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *type = NULL;
    gboolean done = lt_endpoint_deliver(endpoint, message, NULL, &receipt, &type, error);

    if (receipt_text != NULL)
        *receipt_text = receipt != NULL ? g_strndup(g_bytes_get_data(receipt, NULL), g_bytes_get_size(receipt)) : NULL;
    return done;
}

static void
test_posts_the_container_unchanged(Fixture *f, gconstpointer data)
{
    static const gsize sizes[] = { 9, 4096, 1 << 20, (1 << 20) + 1, 3 << 20 };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        guint8 *content = g_malloc(sizes[i]);
        g_autoptr(GBytes) container = g_bytes_new_take(content, sizes[i]);
        g_autoptr(LtEndpoint) endpoint = endpoint_with(f, "form=envelope\npath=/v1/envelopes\nauth=bearer\ntoken=s3cret-token\n");
        g_autoptr(GError) error = NULL;
        g_autofree char *receipt = NULL;

        for (gsize k = 0; k < sizes[i]; k++)
            content[k] = (guint8) (k * 7 + k / 255);
        set_answer(f, "HTTP/1.1 202 Accepted\r\nContent-Length: 7\r\n\r\nreceipt");
        g_assert_true(deliver(endpoint, &(HarnessMessage) { .envelope = container }, &receipt, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(receipt, ==, "receipt");
        g_assert_true(g_str_has_prefix(asked(f), "POST /goc/v1/envelopes HTTP/1.1\n"));
        g_assert_nonnull(strstr(asked(f), "Content-Type: application/vnd.etsi.asic-e+zip\n"));
        g_assert_nonnull(strstr(asked(f), "Authorization: Bearer s3cret-token\n"));
        g_assert_true(g_bytes_equal(asked_body(f), container));
    }
}

static void
test_maps_a_message_to_a_request(Fixture *f, gconstpointer data)
{
    static const char *const files[] = { "scan", NULL };
    static const char map[] =
        "# a dossier for one-stop software\n"
        "{method: \"POST\", path: \"/ho-so?ma=\\(.payload.MaHoSo | @uri)\", headers: {\"X-Kind\": .header.type},\n"
        " body: {maThongDiep: .header.id, donVi: .header.to, luc: .header.issued, ten: .payload.Ten,\n"
        "        tep: [.attachments[] | {role, size, content}]}}";
    g_autoptr(LtEndpoint) endpoint = mapped(f, map, "attachments=base64\nauth=header\ntoken=key-123\n");
    g_autoptr(GError) error = NULL;
    const HarnessMessage message = { .payload = "{\"MaHoSo\":\"G09/1 2\",\"Ten\":\"Nguy\xe1\xbb\x85n V\xc4\x83n A\"}", .attachments = files };

    (void) data;
    g_assert_true(deliver(endpoint, &message, NULL, &error));
    g_assert_no_error(error);
    g_test_message("%s", asked(f));
    g_assert_true(g_str_has_prefix(asked(f), "POST /goc/ho-so?ma=G09%2F1%202 HTTP/1.1\n"));
    g_assert_nonnull(strstr(asked(f), "X-Kind: dossier.submit\n"));
    g_assert_nonnull(strstr(asked(f), "X-Api-Key: key-123\n"));
    g_assert_nonnull(strstr(asked(f), "Content-Type: application/json\n"));
    g_assert_true(g_str_has_suffix(asked(f),
                                   "{\"maThongDiep\":\"" ID "\",\"donVi\":\"H52.2\",\"luc\":\"2025-11-24T16:00:00Z\",\"ten\":\"Nguy\xe1\xbb\x85n V\xc4\x83n A\","
                                   "\"tep\":[{\"role\":\"form\",\"size\":4,\"content\":\"c2Nhbg==\"}]}"));
}

static void
test_reads_an_answer_by_its_status(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *answer, *reason;
        int code; /* -1: delivered */
        gint64 wait;
    } rows[] = {
        { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", NULL, -1, -1 },
        { "HTTP/1.1 202 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", NULL, -1, -1 },
        { "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 6\r\n\r\n<html>", "reply.html", LT_ERROR_UNAVAILABLE, -1 },
        { "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n", "http.302", LT_ERROR_REFUSED, -1 },
        { "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n", "http.400", LT_ERROR_REFUSED, -1 },
        { "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "http.401", LT_ERROR_CONFIG, -1 },
        { "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "http.403", LT_ERROR_CONFIG, -1 },
        { "HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n", "http.413", LT_ERROR_TOO_LARGE, -1 },
        { "HTTP/1.1 429 Busy\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n", "http.429", LT_ERROR_UNAVAILABLE, 17 },
        { "HTTP/1.1 503 Down\r\nRetry-After: 999999\r\nContent-Length: 0\r\n\r\n", "http.503", LT_ERROR_UNAVAILABLE, 86400 },
        { "HTTP/1.1 503 Down\r\nRetry-After: -5\r\nContent-Length: 0\r\n\r\n", "http.503", LT_ERROR_UNAVAILABLE, -1 },
        { "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "http.500", LT_ERROR_UNAVAILABLE, -1 },
    };
    g_autoptr(LtEndpoint) endpoint = endpoint_with(f, "form=envelope\n");

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        set_answer(f, rows[i].answer);
        g_assert_cmpint(deliver(endpoint, &(HarnessMessage) { 0 }, NULL, &error), ==, rows[i].code < 0);
        if (rows[i].code < 0)
            continue;
        g_assert_error(error, LT_ERROR, rows[i].code);
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
        g_assert_cmpint(lt_error_get_retry_after(error), ==, rows[i].wait);
    }
}

static void
test_a_reply_map_decides(Fixture *f, gconstpointer data)
{
    static const char map[] = "if .body.ketQua == \"00\" then \"accepted\" elif .body.ketQua == \"15\" then {outcome: \"postponed\", reason: \"key\", retry_after: 30} "
                              "elif .body.ketQua == \"99\" then \"maybe\" elif .body.ketQua == null then error(\"no code\") else {outcome: \"refused\", reason: \"Ten: A\"} end";
    static const struct {
        const char *answer, *reason;
        int code;
        gint64 wait;
    } rows[] = {
        { "{\"ketQua\":\"00\"}", NULL, -1, -1 },
        { "{\"ketQua\":\"15\"}", "rest.key", LT_ERROR_UNAVAILABLE, 30 },
        { "{\"ketQua\":\"04\"}", "rest.refused", LT_ERROR_REFUSED, -1 },
        { "{\"ketQua\":\"99\"}", "map.output", LT_ERROR_CONFIG, -1 },
        { "{}", "reply.nonsense", LT_ERROR_UNAVAILABLE, -1 },
        { "not json", "reply.nonsense", LT_ERROR_UNAVAILABLE, -1 },
        { "{\"ketQua\":\"00\",\"ketQua\":\"04\"}", "reply.nonsense", LT_ERROR_UNAVAILABLE, -1 },
        { "HTTP/1.1 500 Oops\r\nContent-Length: 3\r\n\r\nerr", "http.500", LT_ERROR_UNAVAILABLE, -1 },
    };
    g_autofree G_GNUC_UNUSED char *path = harness_file(f->harness, "reply.jq", map);
    g_autoptr(LtEndpoint) endpoint = mapped(f, "{method: \"POST\", path: \"/\", body: \"x\"}", "reply_map=reply.jq\n");

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        gboolean done;

        set_answer(f, rows[i].answer);
        done = deliver(endpoint, &(HarnessMessage) { 0 }, NULL, &error);
        g_test_message("%s: %s", rows[i].answer, error != NULL ? error->message : "accepted");
        g_assert_cmpint(done, ==, rows[i].code < 0);
        if (rows[i].code < 0)
            continue;
        g_assert_error(error, LT_ERROR, rows[i].code);
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
        g_assert_cmpint(lt_error_get_retry_after(error), ==, rows[i].wait);
    }
}

static void
test_names_each_fault_of_a_map_that_runs(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *map, *reason;
        int code;
    } rows[] = {
        { "error(\"bad \\(.payload)\")", "map.failed", LT_ERROR_CONFIG },
        { "error(\"\u1ed3\" * 60)", "map.failed", LT_ERROR_CONFIG },
        { "empty", "map.output", LT_ERROR_CONFIG },
        { "{method: \"POST\", path: \"/\"}, 2", "map.output", LT_ERROR_CONFIG },
        { "\"text\"", "map.output", LT_ERROR_CONFIG },
        { "{method: \"POST\"}", "map.output", LT_ERROR_CONFIG },
        { "{method: \"POST\", path: \"/\", headers: {\"X-A\": [1]}}", "map.output", LT_ERROR_CONFIG },
        { "{method: \"POST\", path: \"/\", headers: {\"X-A\": \"a\\r\\nX-B: b\"}}", "link.header", LT_ERROR_INVALID },
        { "{method: \"POST\", path: \"//other/../..\"}", "link.path", LT_ERROR_INVALID },
        { "{method: \"POST\", path: \"http://169.254.169.254/\"}", "link.path", LT_ERROR_INVALID },
        { "{method: \"PATCH\", path: \"/\"}", "link.method", LT_ERROR_INVALID },
        { "def f: f; f", "map.limit", LT_ERROR_CONFIG },
        { "[range(1e9)] | length", "map.limit", LT_ERROR_CONFIG },
        { "input", "map.failed", LT_ERROR_CONFIG },
        { "halt", "map.failed", LT_ERROR_CONFIG },
        { "\"a\" | modulemeta", "map.failed", LT_ERROR_CONFIG },
    };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(LtEndpoint) endpoint = mapped(f, rows[i].map, "map_time=200ms\nmap_memory=64M\n");
        g_autoptr(GError) error = NULL;

        g_assert_false(deliver(endpoint, &(HarnessMessage) { .payload = "{\"Ten\":\"A\"}" }, NULL, &error));
        g_test_message("%s: %s", rows[i].map, error->message);
        g_assert_error(error, LT_ERROR, rows[i].code);
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
        g_assert_null(strstr(error->message, "Ten")); /* never content */
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
    }
    g_assert_cmpuint(peer_get_n_requests(f->peer), ==, 0);
}

static void
test_a_map_sees_nothing_but_its_input(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = mapped(f, "{method: \"POST\", path: \"/\", body: {e: env, v: $ENV, k: (keys), d: (1 | debug | stderr)}}", "");
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_true(deliver(endpoint, &(HarnessMessage) { 0 }, NULL, &error));
    g_assert_no_error(error);
    g_test_message("%s", asked(f));
    g_assert_true(g_str_has_suffix(asked(f), "{\"e\":{},\"v\":{},\"k\":[\"attachments\",\"header\",\"payload\"],\"d\":1}"));
}

static void
test_null_means_nothing_to_send(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) by_map = mapped(f, "if .header.type == \"dossier.status\" then null else error(\"x\") end", "");
    g_autoptr(LtEndpoint) by_key = endpoint_with(f, "form=envelope\ntypes=dossier.submit;dossier.result\n");

    (void) data;
    g_assert_true(deliver(by_map, &(HarnessMessage) { .type = "dossier.status" }, NULL, NULL));
    g_assert_true(deliver(by_key, &(HarnessMessage) { .type = "dossier.status" }, NULL, NULL));
    g_assert_cmpuint(peer_get_n_requests(f->peer), ==, 0);
    g_assert_true(deliver(by_key, &(HarnessMessage) { .type = "dossier.result" }, NULL, NULL));
    g_assert_cmpuint(peer_get_n_requests(f->peer), ==, 1);
}

static void
test_too_many_bytes_for_base64_are_refused(Fixture *f, gconstpointer data)
{
    g_autofree char *half = g_strnfill(600, 'x');
    const char *const files[] = { half, half, NULL };
    g_autoptr(LtEndpoint) endpoint = mapped(f, "{method: \"POST\", path: \"/\"}", "attachments=base64\nattachments_max=1K\n");
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_false(deliver(endpoint, &(HarnessMessage) { .attachments = files }, NULL, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_TOO_LARGE);
}

static gpointer
deliver_many(gpointer data)
{
    guint good = 0;

    for (guint i = 0; i < 50; i++)
        good += deliver(data, &(HarnessMessage) { .payload = "{\"a\":[1,2,3]}" }, NULL, NULL);
    return GUINT_TO_POINTER(good);
}

static void
test_serves_several_workers(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = mapped(f, "{method: \"POST\", path: \"/\", body: (.payload.a | map(. * 2))}", "");
    GThread *threads[4];

    (void) data;
    for (guint i = 0; i < 4; i++)
        threads[i] = g_thread_new("worker", deliver_many, endpoint);
    for (guint i = 0; i < 4; i++)
        g_assert_cmpuint(GPOINTER_TO_UINT(g_thread_join(threads[i])), ==, 50);
    g_assert_true(g_str_has_suffix(asked(f), "[2,4,6]"));
}

static void
test_dry_sends_nothing_and_shows_what_it_would(Fixture *f, gconstpointer data)
{
    g_autofree char *record = g_build_filename(f->harness->folder, "record", NULL);
    g_autofree char *more = g_strdup_printf("mode=dry\nrecord=%s\nauth=basic\nuser=hub\npassword=s3cret-pass\n", record);
    g_autoptr(LtEndpoint) endpoint = mapped(f, "{method: \"POST\", path: \"/x\", body: {p: \"s3cret-pass\", a: 1}}", more);
    g_autofree char *kept_path = g_build_filename(record, "000001-request.http", NULL);
    g_autofree char *kept = NULL;
    g_autofree char *receipt = NULL;
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_false(deliver(endpoint, &(HarnessMessage) { 0 }, &receipt, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
    g_assert_cmpstr(lt_error_get_reason(error), ==, "endpoint.dry");
    g_assert_cmpstr(receipt, ==, "POST /x\nContent-Type: application/json\nAuthorization: ***\n\n{\"p\":\"***\",\"a\":1}");
    g_assert_true(g_file_get_contents(kept_path, &kept, NULL, NULL));
    g_assert_cmpstr(kept, ==, receipt);
    g_assert_cmpuint(peer_get_n_connections(f->peer), ==, 0);
}

static void
test_what_was_recorded_can_be_played_back(Fixture *f, gconstpointer data)
{
    static const char map[] = "{method: \"POST\", path: \"/x\", body: .payload}";
    g_autofree char *record = g_build_filename(f->harness->folder, "record", NULL);
    g_autofree char *live = g_strdup_printf("record=%s\n", record);
    g_autofree char *replay = g_strdup_printf("mode=replay\nrecord=%s\n", record);
    g_autoptr(LtEndpoint) first = mapped(f, map, live);
    g_autoptr(LtEndpoint) second = mapped(f, map, replay);
    g_autoptr(LtEndpoint) other = mapped(f, "{method: \"GET\", path: \"/y\"}", replay);
    g_autofree char *receipt = NULL;
    g_autoptr(GError) error = NULL;

    (void) data;
    set_answer(f, "{\"n\":1}");
    g_assert_true(deliver(first, &(HarnessMessage) { 0 }, NULL, NULL));
    set_answer(f, "HTTP/1.1 503 Down\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n");
    g_assert_false(deliver(first, &(HarnessMessage) { 0 }, NULL, NULL));
    g_assert_cmpuint(peer_get_n_requests(f->peer), ==, 2);

    g_assert_true(deliver(second, &(HarnessMessage) { 0 }, &receipt, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(receipt, ==, "{\"n\":1}");
    g_assert_false(deliver(second, &(HarnessMessage) { 0 }, NULL, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "http.503");
    g_assert_cmpint(lt_error_get_retry_after(error), ==, 5);
    g_clear_error(&error);
    g_assert_false(deliver(other, &(HarnessMessage) { 0 }, NULL, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.replay");
    g_assert_cmpuint(peer_get_n_requests(f->peer), ==, 2);
}

static void
test_refuses_settings_that_cannot_work(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *lines, *expected;
    } rows[] = {
        { "plugin=rest\n", "[endpoint t] deliver_map: form = mapped needs it (or collect_map)" },
        { "plugin=rest\nform=envelope\nauth=basic\nuser=a\n", "[endpoint t] password: auth = basic needs it" },
        { "plugin=rest\nform=envelope\nauth=bearer\n", "[endpoint t] token: auth = bearer needs it" },
        { "plugin=rest\nform=envelope\ncollect_map=x.jq\n", "[endpoint t] collect_map and items_map are needed together" },
        { "plugin=rest\ndeliver_map=missing.jq\n", "missing.jq" },
        { "plugin=rest\ndeliver_map=bad.jq\n", "bad.jq: jq: error: syntax error" },
        { "plugin=rest\ndeliver_map=import.jq\n", "import.jq: jq: error: syntax error" },
        { "plugin=rest\nform=envelope\nurl=https://a.example\n", "[endpoint t] ca: an https url needs" },
        { "plugin=rest\nform=envelope\nmode=replay\n", "[endpoint t] record: mode = replay needs" },
        { "plugin=rest\nform=envelop\n", "[endpoint t] form" },
    };
    g_autofree G_GNUC_UNUSED char *bad = harness_file(f->harness, "bad.jq", "{method: ");
    g_autofree G_GNUC_UNUSED char *import = harness_file(f->harness, "import.jq", "import \"a\" as a; .");

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *fault = harness_fault(f->harness, rows[i].lines);

        g_test_message("%s", fault);
        g_assert_nonnull(strstr(fault, rows[i].expected));
    }
}

static void
test_a_changed_map_makes_the_endpoint_old(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = mapped(f, "{method: \"POST\", path: \"/x\"}", "");

    (void) data;
    g_assert_true(lt_endpoint_is_current(endpoint));
    g_free(harness_file(f->harness, "deliver.jq", "{method: \"POST\", path: \"/other\"}"));
    g_assert_false(lt_endpoint_is_current(endpoint));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/rest/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("posts-the-container-unchanged", test_posts_the_container_unchanged);
    ADD("maps-a-message-to-a-request", test_maps_a_message_to_a_request);
    ADD("reads-an-answer-by-its-status", test_reads_an_answer_by_its_status);
    ADD("a-reply-map-decides", test_a_reply_map_decides);
    ADD("names-each-fault-of-a-map-that-runs", test_names_each_fault_of_a_map_that_runs);
    ADD("a-map-sees-nothing-but-its-input", test_a_map_sees_nothing_but_its_input);
    ADD("null-means-nothing-to-send", test_null_means_nothing_to_send);
    ADD("too-many-bytes-for-base64-are-refused", test_too_many_bytes_for_base64_are_refused);
    ADD("serves-several-workers", test_serves_several_workers);
    ADD("dry-sends-nothing-and-shows-what-it-would", test_dry_sends_nothing_and_shows_what_it_would);
    ADD("what-was-recorded-can-be-played-back", test_what_was_recorded_can_be_played_back);
    ADD("refuses-settings-that-cannot-work", test_refuses_settings_that_cannot_work);
    ADD("a-changed-map-makes-the-endpoint-old", test_a_changed_map_makes_the_endpoint_old);
#undef ADD
    return g_test_run();
}
