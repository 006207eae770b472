/* SPDX-License-Identifier: Apache-2.0 */
/* test-link.c: the wire against a peer that behaves well and one that does not. */
#include "lib/link-lab.h"

#include <glib/gstdio.h>
#include <string.h>

#include "routing/request.h"

static GBytes *
answer_and_cut(const PeerRequest *request, gpointer data)
{
    (void) request;
    (void) data;
    return g_bytes_new_static("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", 44);
}

static void
test_sends_method_path_headers_and_body(LinkLab *f, gconstpointer data)
{
    static const char *const methods[] = { "POST", "PUT", "GET", "DELETE" };
    g_autoptr(GBytes) content = g_bytes_new_static("{\"a\":1}", 7);

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(methods); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(LtRequest) request = lt_request_new(methods[i], "/ho-so?trang=2&x=%2F");
        g_autoptr(LtReply) reply = NULL;
        g_autofree char *text = NULL;
        g_autofree char *start = g_strdup_printf("%s /ho-so?trang=2&x=%%2F HTTP/1.1\n", methods[i]);
        gboolean with_body = i < 2;

        if (with_body)
            lt_request_set_body(request, content, "application/json");
        lt_request_set_header(request, "X-One", "first");
        lt_request_set_header(request, "x-one", "second");
        lt_request_set_header(request, "X-Empty", "");
        reply = lt_link_target_send(f->target, request, 0, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(lt_reply_get_status(reply), ==, 200);
        text = link_lab_body(reply);
        g_test_message("%s", text);
        g_assert_true(g_str_has_prefix(text, start));
        g_assert_nonnull(strstr(text, "x-one: second\n"));
        g_assert_null(strstr(text, "first"));
        g_assert_nonnull(strstr(text, "X-Empty:\n"));
        g_assert_cmpint(strstr(text, "Content-Type: application/json\n") != NULL, ==, with_body);
        g_assert_cmpint(g_str_has_suffix(text, "{\"a\":1}"), ==, with_body);
        g_assert_null(strstr(text, "Accept-Encoding"));
        g_assert_null(strstr(text, "Cookie"));
        g_assert_null(strstr(text, "Expect"));
    }
}

static void
test_handles_are_clean_between_requests(LinkLab *f, gconstpointer data)
{
    g_autoptr(GBytes) content = g_bytes_new("body", strlen("body"));

    (void) data;
    for (guint i = 0; i < 4; i++) {
        g_autoptr(LtRequest) request = lt_request_new(i % 2 == 0 ? "PUT" : "GET", "/x");
        g_autoptr(LtReply) reply = NULL;
        g_autofree char *text = NULL;

        if (i % 2 == 0) {
            lt_request_set_body(request, content, "text/plain");
            lt_request_set_header(request, "X-Secret", "yes");
        }
        reply = lt_link_target_send(f->target, request, 0, NULL, NULL);
        text = link_lab_body(reply);
        g_assert_true(g_str_has_prefix(text, i % 2 == 0 ? "PUT " : "GET "));
        g_assert_cmpint(strstr(text, "X-Secret") != NULL, ==, i % 2 == 0);
        g_assert_cmpint(g_str_has_suffix(text, "body"), ==, i % 2 == 0);
    }
    g_assert_cmpuint(peer_get_n_connections(f->peer), ==, 1);
}

static void
test_names_each_misbehaviour(LinkLab *f, gconstpointer data)
{
    static const struct {
        const char *path, *reason;
        LtErrorCode code;
    } rows[] = {
        { "/cut", "link.cut", LT_ERROR_UNAVAILABLE },
        { "/nonsense", "link.protocol", LT_ERROR_UNAVAILABLE },
        { "/old", "link.protocol", LT_ERROR_UNAVAILABLE },
        { "/large", "link.reply-size", LT_ERROR_UNAVAILABLE },
        { "/large-chunked", "link.reply-size", LT_ERROR_UNAVAILABLE },
        { "/many-headers", "link.reply-size", LT_ERROR_UNAVAILABLE },
    };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        LtReply *reply = link_lab_get(f->target, rows[i].path, &error);

        g_test_message("%s: %s", rows[i].path, error != NULL ? error->message : "no error");
        g_assert_null(reply);
        g_assert_error(error, LT_ERROR, (int) rows[i].code);
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
        g_assert_nonnull(strstr(error->message, f->url));
    }
}

static void
test_takes_an_answer_that_just_fits(LinkLab *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtReply) reply = link_lab_get(f->target, "/just-fits", &error);

    (void) data;
    g_assert_no_error(error);
    g_assert_cmpuint(g_bytes_get_size(lt_reply_get_body(reply)), ==, 200000);
}

static void
test_half_an_answer_is_no_answer(void)
{
    g_autoptr(Peer) peer = peer_new(&(PeerOptions) { .answer = answer_and_cut, .close_each = TRUE });
    g_autofree char *url = peer_url(peer);
    g_autoptr(LtLinkThread) thread = lt_link_thread_new(NULL);
    g_autoptr(LtLinkTarget) target = link_lab_target(thread, url);
    g_autoptr(GError) error = NULL;

    g_assert_null(link_lab_get(target, "/", &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.cut");
}

static void
test_follows_no_redirect_and_decodes_nothing(LinkLab *f, gconstpointer data)
{
    g_autoptr(LtReply) redirect = link_lab_get(f->target, "/redirect", NULL);
    g_autoptr(LtReply) packed = link_lab_get(f->target, "/gzip", NULL);
    g_autoptr(LtReply) interim = link_lab_get(f->target, "/interim", NULL);

    (void) data;
    g_assert_cmpuint(lt_reply_get_status(redirect), ==, 302);
    g_assert_cmpstr(lt_reply_get_header(redirect, "location"), ==, "http://169.254.169.254/latest");
    g_assert_cmpuint(g_bytes_get_size(lt_reply_get_body(packed)), ==, 6);
    g_assert_cmpuint(lt_reply_get_status(interim), ==, 200);
    g_assert_cmpstr(lt_reply_get_header(interim, "X-Late"), ==, "1");
    g_assert_null(lt_reply_get_header(interim, "X-Early"));
}

static void
test_gives_up_on_time(LinkLab *f, gconstpointer data)
{
    static const char *const paths[] = { "/hang", "/hang-body" };
    g_autoptr(LtLinkTarget) quick = lt_link_target_new(f->thread, &(LtLinkOptions) { .url = f->url, .allowed_addresses = link_lab_loopback,
                                                                                     .total_us = 150000 }, NULL);

    (void) data;
    for (guint i = 0; i < 4; i++) {
        g_autoptr(LtRequest) request = lt_request_new("GET", paths[i % 2]);
        g_autoptr(GError) error = NULL;
        gint64 start_us = g_get_monotonic_time();
        LtReply *reply = lt_link_target_send(i < 2 ? quick : f->target, request, i < 2 ? 0 : start_us + 150000, NULL, &error);

        g_assert_null(reply);
        g_assert_cmpstr(lt_error_get_reason(error), ==, "link.timeout");
        g_assert_cmpint(g_get_monotonic_time() - start_us, <, 2 * G_USEC_PER_SEC);
    }
}

static void
test_no_time_left_sends_nothing(LinkLab *f, gconstpointer data)
{
    g_autoptr(LtRequest) request = lt_request_new("GET", "/");
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_null(lt_link_target_send(f->target, request, g_get_monotonic_time() - 1, NULL, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.timeout");
    g_assert_cmpuint(peer_get_n_requests(f->peer), ==, 0);
}

static void
test_can_be_cancelled(LinkLab *f, gconstpointer data)
{
    g_autoptr(LtRequest) request = lt_request_new("GET", "/hang");
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    GThread *canceller = g_thread_new("canceller", link_lab_cancel_soon, cancellable);

    (void) data;
    g_assert_null(lt_link_target_send(f->target, request, 0, cancellable, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.cancelled");
    g_thread_join(canceller);
    g_clear_error(&error);
    g_assert_null(lt_link_target_send(f->target, request, 0, cancellable, &error)); /* it was before */
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.cancelled");
}

static void
test_refuses_to_send_bad_requests(LinkLab *f, gconstpointer data)
{
    static const struct {
        const char *method, *path, *name, *value, *reason;
    } rows[] = {
        { "GET", "/", "X-A", "a\r\nX-B: b", "link.header" },   { "GET", "/", "X-A", "a\nb", "link.header" },
        { "GET", "/", "X-A", "a\rb", "link.header" },          { "GET", "/", "X-A\r\nX-B", "a", "link.header" },
        { "GET", "/", "X A", "a", "link.header" },             { "GET", "/", "", "a", "link.header" },
        { "GET", "/", "X-A:", "a", "link.header" },            { "GET", "/", "X-A", "a\x01", "link.header" },
        { "GET", "/", "Host", "other", "link.header" },        { "GET", "/", "content-length", "3", "link.header" },
        { "GET", "/", "Transfer-Encoding", "chunked", "link.header" },
        { "GET", "/a b", "X-A", "a", "link.path" },            { "GET", "/a\r\nHost: b", "X-A", "a", "link.path" },
        { "GET", "http://other/", "X-A", "a", "link.path" },   { "GET", "@other/", "X-A", "a", "link.path" },
        { "GET", "/a/../../b", "X-A", "a", "link.path" },      { "GET", "/%2e%2E/b", "X-A", "a", "link.path" },
        { "GET", "/a/.", "X-A", "a", "link.path" },            { "GET", "/#x", "X-A", "a", "link.path" },
        { "GET", "/h\xe1\xbb\x93", "X-A", "a", "link.path" },  { "PATCH", "/", "X-A", "a", "link.method" },
        { "get", "/", "X-A", "a", "link.method" },
    };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(LtRequest) request = lt_request_new(rows[i].method, rows[i].path);
        g_autoptr(GError) error = NULL;

        lt_request_set_header(request, rows[i].name, rows[i].value);
        g_assert_null(lt_link_target_send(f->target, request, 0, NULL, &error));
        g_assert_error(error, LT_ERROR, LT_ERROR_INVALID);
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
    }
    g_assert_cmpuint(peer_get_n_connections(f->peer), ==, 0);
}

static void
test_a_peer_that_is_not_there_is_unavailable(LinkLab *f, gconstpointer data)
{
    g_autoptr(LtLinkTarget) target = link_lab_target(f->thread, "http://127.0.0.1:1");
    g_autoptr(LtLinkTarget) unknown = link_lab_target(f->thread, "http://no-such-host.invalid");
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_null(link_lab_get(target, "/", &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.connect");
    g_clear_error(&error);
    g_assert_null(link_lab_get(unknown, "/", &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_UNAVAILABLE);
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.connect");
}

static void
test_speaks_over_a_unix_socket(void)
{
    g_autofree char *folder = g_dir_make_tmp("lthub-link-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "api.sock", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtReply) reply = NULL;

    {
        g_autoptr(Peer) G_GNUC_UNUSED peer = peer_new(&(PeerOptions) { .answer = link_lab_answer, .socket_path = path });
        g_autoptr(LtLinkThread) thread = lt_link_thread_new(NULL);
        g_autoptr(LtLinkTarget) target = lt_link_target_new(thread, &(LtLinkOptions) { .socket_path = path }, &error);

        g_assert_no_error(error);
        reply = link_lab_get(target, "/v1/health", &error);
        g_assert_no_error(error);
        g_assert_cmpuint(lt_reply_get_status(reply), ==, 200);
    }
    g_unlink(path);
    g_rmdir(folder);
}

typedef struct {
    LinkLab *fixture;
    guint n;
    guint n_good;
} Load;

static gpointer
send_many(gpointer data)
{
    Load *load = data;

    for (guint i = 0; i < load->n; i++) {
        g_autofree char *path = g_strdup_printf("/%p/%u", data, i);
        g_autoptr(LtReply) reply = link_lab_get(load->fixture->target, path, NULL);
        g_autofree char *text = reply != NULL ? link_lab_body(reply) : g_strdup("");

        load->n_good += strstr(text, path) != NULL;
    }
    return NULL;
}

static void
test_serves_many_workers_at_once(LinkLab *f, gconstpointer data)
{
    Load loads[8];
    GThread *threads[8];

    (void) data;
    for (guint i = 0; i < 8; i++) {
        loads[i] = (Load) { .fixture = f, .n = 100 };
        threads[i] = g_thread_new("worker", send_many, &loads[i]);
    }
    for (guint i = 0; i < 8; i++) {
        g_thread_join(threads[i]);
        g_assert_cmpuint(loads[i].n_good, ==, 100);
    }
    g_assert_cmpuint(peer_get_n_connections(f->peer), <=, 8); /* kept alive and shared */
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/link/" name, LinkLab, NULL, link_lab_set_up, function, link_lab_tear_down)
    ADD("sends-method-path-headers-and-body", test_sends_method_path_headers_and_body);
    ADD("handles-are-clean-between-requests", test_handles_are_clean_between_requests);
    ADD("names-each-misbehaviour", test_names_each_misbehaviour);
    ADD("takes-an-answer-that-just-fits", test_takes_an_answer_that_just_fits);
    ADD("follows-no-redirect-and-decodes-nothing", test_follows_no_redirect_and_decodes_nothing);
    ADD("gives-up-on-time", test_gives_up_on_time);
    ADD("no-time-left-sends-nothing", test_no_time_left_sends_nothing);
    ADD("can-be-cancelled", test_can_be_cancelled);
    ADD("refuses-to-send-bad-requests", test_refuses_to_send_bad_requests);
    ADD("a-peer-that-is-not-there-is-unavailable", test_a_peer_that_is_not_there_is_unavailable);
    ADD("serves-many-workers-at-once", test_serves_many_workers_at_once);
#undef ADD
    g_test_add_func("/link/half-an-answer-is-no-answer", test_half_an_answer_is_no_answer);
    g_test_add_func("/link/speaks-over-a-unix-socket", test_speaks_over_a_unix_socket);
    return g_test_run();
}
