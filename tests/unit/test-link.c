/* SPDX-License-Identifier: Apache-2.0 */
/* test-link.c: the wire against a peer that behaves well and one that does not. */
#include "routing/link.h"

#include <glib/gstdio.h>
#include <string.h>

#include "lib/peer.h"
#include "routing/request.h"

typedef struct {
    LtLinkThread *thread;
    Peer *peer;
    LtLinkTarget *target;
    char *url;
} Fixture;

static const char *const loopback[] = { "127.0.0.0/8", "::1", NULL };

static gboolean
starts(const PeerRequest *request, const char *start)
{
    return g_str_has_prefix(request->start, start);
}

static GBytes *
bytes_of(const char *text)
{
    return g_bytes_new(text, strlen(text));
}

/* What was received, as text, so that a test can look at every byte of it. */
static GBytes *
mirror(const PeerRequest *request)
{
    g_autofree char *text = g_strdup_printf("%s%s%.*s", request->start, request->headers, (int) g_bytes_get_size(request->body),
                                            (const char *) g_bytes_get_data(request->body, NULL));

    return peer_text(200, "text/plain", text);
}

static GBytes *
large(gsize size, gboolean chunked)
{
    GByteArray *out = g_byte_array_new();
    g_autofree guint8 *zeros = g_malloc0(size);
    g_autofree char *head = chunked ? g_strdup_printf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n", size)
                                    : g_strdup_printf("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size);

    g_byte_array_append(out, (const guint8 *) head, (guint) strlen(head));
    g_byte_array_append(out, zeros, (guint) size);
    if (chunked)
        g_byte_array_append(out, (const guint8 *) "\r\n0\r\n\r\n", 7);
    return g_byte_array_free_to_bytes(out);
}

static GBytes *
many_headers(void)
{
    GString *out = g_string_new("HTTP/1.1 200 OK\r\n");

    for (guint i = 0; i < 2000; i++)
        g_string_append_printf(out, "X-Filler-%u: 0123456789012345678901234567890123456789\r\n", i);
    g_string_append(out, "Content-Length: 0\r\n\r\n");
    return g_string_free_to_bytes(out);
}

static GBytes *
answer(const PeerRequest *request, gpointer data)
{
    (void) data;
    if (starts(request, "GET /hang ") || starts(request, "POST /hang "))
        return bytes_of("");
    if (starts(request, "GET /hang-body "))
        return bytes_of("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    if (starts(request, "GET /cut "))
        return NULL;
    if (starts(request, "GET /nonsense "))
        return bytes_of("220 smtp.example ESMTP ready\r\n");
    if (starts(request, "GET /old "))
        return bytes_of("<html>HTTP/0.9</html>");
    if (starts(request, "GET /redirect "))
        return bytes_of("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest\r\nContent-Length: 0\r\n\r\n");
    if (starts(request, "GET /gzip "))
        return bytes_of("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\n\x1f\x8b\x08zzz");
    if (starts(request, "GET /interim "))
        return bytes_of("HTTP/1.1 103 Early\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nX-Late: 1\r\nContent-Length: 2\r\n\r\nok");
    if (starts(request, "GET /large "))
        return large(200001, FALSE);
    if (starts(request, "GET /large-chunked "))
        return large(200001, TRUE);
    if (starts(request, "GET /just-fits "))
        return large(200000, FALSE);
    if (starts(request, "GET /many-headers "))
        return many_headers();
    if (starts(request, "POST /early "))
        return peer_text(413, "text/plain", "too large");
    return mirror(request);
}

static GBytes *
answer_and_cut(const PeerRequest *request, gpointer data)
{
    (void) request;
    (void) data;
    return bytes_of("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
}

static LtLinkTarget *
target_for(LtLinkThread *thread, const char *url)
{
    g_autoptr(GError) error = NULL;
    LtLinkTarget *target = lt_link_target_new(thread, &(LtLinkOptions) { .url = url, .allowed_addresses = loopback, .total_us = 5 * G_USEC_PER_SEC,
                                                                         .max_reply_bytes = 200000 }, &error);

    g_assert_no_error(error);
    return target;
}

static void
set_up(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    (void) data;
    f->peer = peer_new(&(PeerOptions) { .answer = answer });
    f->url = peer_url(f->peer);
    f->thread = lt_link_thread_new(&error);
    g_assert_no_error(error);
    f->target = target_for(f->thread, f->url);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    (void) data;
    lt_link_target_free(f->target);
    lt_link_thread_free(f->thread);
    peer_free(f->peer);
    g_free(f->url);
}

static LtReply *
get(LtLinkTarget *target, const char *path, GError **error)
{
    g_autoptr(LtRequest) request = lt_request_new("GET", path);

    return lt_link_target_send(target, request, 0, NULL, error);
}

static char *
body_of(LtReply *reply)
{
    GBytes *body = lt_reply_get_body(reply);

    return g_strndup(g_bytes_get_data(body, NULL), g_bytes_get_size(body));
}

static void
test_sends_method_path_headers_and_body(Fixture *f, gconstpointer data)
{
    static const char *const methods[] = { "POST", "PUT", "GET", "DELETE" };
    g_autoptr(GBytes) content = bytes_of("{\"a\":1}");

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
        text = body_of(reply);
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
test_handles_are_clean_between_requests(Fixture *f, gconstpointer data)
{
    g_autoptr(GBytes) content = bytes_of("body");

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
        text = body_of(reply);
        g_assert_true(g_str_has_prefix(text, i % 2 == 0 ? "PUT " : "GET "));
        g_assert_cmpint(strstr(text, "X-Secret") != NULL, ==, i % 2 == 0);
        g_assert_cmpint(g_str_has_suffix(text, "body"), ==, i % 2 == 0);
    }
    g_assert_cmpuint(peer_get_n_connections(f->peer), ==, 1);
}

static void
test_names_each_misbehaviour(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *path, *reason;
        LtErrorCode code;
    } rows[] = {
        { "/cut", "link.cut", LT_ERROR_UNAVAILABLE },
        { "/nonsense", "link.protocol", LT_ERROR_UNAVAILABLE },
        { "/old", "link.protocol", LT_ERROR_UNAVAILABLE },
        { "/large", "link.reply-size", LT_ERROR_TOO_LARGE },
        { "/large-chunked", "link.reply-size", LT_ERROR_TOO_LARGE },
        { "/many-headers", "link.reply-size", LT_ERROR_TOO_LARGE },
    };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        LtReply *reply = get(f->target, rows[i].path, &error);

        g_test_message("%s: %s", rows[i].path, error != NULL ? error->message : "no error");
        g_assert_null(reply);
        g_assert_error(error, LT_ERROR, (int) rows[i].code);
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
        g_assert_nonnull(strstr(error->message, f->url));
    }
}

static void
test_takes_an_answer_that_just_fits(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtReply) reply = get(f->target, "/just-fits", &error);

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
    g_autoptr(LtLinkTarget) target = target_for(thread, url);
    g_autoptr(GError) error = NULL;

    g_assert_null(get(target, "/", &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.cut");
}

static void
test_follows_no_redirect_and_decodes_nothing(Fixture *f, gconstpointer data)
{
    g_autoptr(LtReply) redirect = get(f->target, "/redirect", NULL);
    g_autoptr(LtReply) packed = get(f->target, "/gzip", NULL);
    g_autoptr(LtReply) interim = get(f->target, "/interim", NULL);

    (void) data;
    g_assert_cmpuint(lt_reply_get_status(redirect), ==, 302);
    g_assert_cmpstr(lt_reply_get_header(redirect, "location"), ==, "http://169.254.169.254/latest");
    g_assert_cmpuint(g_bytes_get_size(lt_reply_get_body(packed)), ==, 6);
    g_assert_cmpuint(lt_reply_get_status(interim), ==, 200);
    g_assert_cmpstr(lt_reply_get_header(interim, "X-Late"), ==, "1");
    g_assert_null(lt_reply_get_header(interim, "X-Early"));
}

static void
test_gives_up_on_time(Fixture *f, gconstpointer data)
{
    static const char *const paths[] = { "/hang", "/hang-body" };
    g_autoptr(LtLinkTarget) quick = lt_link_target_new(f->thread, &(LtLinkOptions) { .url = f->url, .allowed_addresses = loopback,
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
test_no_time_left_sends_nothing(Fixture *f, gconstpointer data)
{
    g_autoptr(LtRequest) request = lt_request_new("GET", "/");
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_null(lt_link_target_send(f->target, request, g_get_monotonic_time() - 1, NULL, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.timeout");
    g_assert_cmpuint(peer_get_n_requests(f->peer), ==, 0);
}

static gpointer
cancel_soon(gpointer data)
{
    g_usleep(50000);
    g_cancellable_cancel(data);
    return NULL;
}

static void
test_can_be_cancelled(Fixture *f, gconstpointer data)
{
    g_autoptr(LtRequest) request = lt_request_new("GET", "/hang");
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    GThread *canceller = g_thread_new("canceller", cancel_soon, cancellable);

    (void) data;
    g_assert_null(lt_link_target_send(f->target, request, 0, cancellable, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.cancelled");
    g_thread_join(canceller);
    g_clear_error(&error);
    g_assert_null(lt_link_target_send(f->target, request, 0, cancellable, &error)); /* it was before */
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.cancelled");
}

static void
test_refuses_to_send_bad_requests(Fixture *f, gconstpointer data)
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
test_refuses_addresses_that_are_not_listed(Fixture *f, gconstpointer data)
{
    static const char *const urls[] = {
        "http://127.0.0.1:%u",        "http://0x7f.1:%u",  "http://localhost:%u", "http://2130706433:%u", "http://[::ffff:127.0.0.1]:%u", "http://127.1:%u",
        "https://169.254.169.254:%u", "https://10.0.0.1:%u", "https://0.0.0.0:%u",  "https://[fe80::1]:%u",  "https://192.168.0.1:%u",
    };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_auto(GStrv) parts = g_strsplit(urls[i], "%u", 2);
        g_autofree char *url = g_strdup_printf("%s%u", parts[0], peer_get_port(f->peer));
        g_autoptr(GError) error = NULL;
        g_autoptr(LtLinkTarget) target = lt_link_target_new(f->thread, &(LtLinkOptions) { .url = url, .ca = "/dev/null",
                                                                                          .total_us = 2 * G_USEC_PER_SEC }, &error);

        g_assert_no_error(error);
        g_assert_null(get(target, "/", &error));
        g_test_message("%s: %s", url, error->message);
        g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
        g_assert_cmpstr(lt_error_get_reason(error), ==, "link.address");
    }
    g_assert_cmpuint(peer_get_n_connections(f->peer), ==, 0);
}

static void
test_an_open_connection_is_no_way_round_the_list(Fixture *f, gconstpointer data)
{
    static const char *const nothing[] = { NULL };
    g_autoptr(LtReply) reply = get(f->target, "/", NULL);
    g_autoptr(LtLinkTarget) other = lt_link_target_new(f->thread, &(LtLinkOptions) { .url = f->url, .allowed_addresses = nothing }, NULL);
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_nonnull(reply);
    g_assert_null(get(other, "/", &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.address");
    g_assert_cmpuint(peer_get_n_requests(f->peer), ==, 1);
}

static void
test_uses_no_proxy(void)
{
    if (g_test_subprocess()) {
        g_autoptr(Peer) peer = peer_new(&(PeerOptions) { .answer = answer });
        g_autofree char *url = peer_url(peer);
        g_autoptr(LtLinkThread) thread = NULL;
        g_autoptr(LtLinkTarget) target = NULL;
        g_autoptr(LtReply) reply = NULL;

        g_setenv("http_proxy", "http://127.0.0.1:1", TRUE);
        g_setenv("ALL_PROXY", "http://127.0.0.1:1", TRUE);
        thread = lt_link_thread_new(NULL);
        target = target_for(thread, url);
        reply = get(target, "/", NULL);
        g_assert_cmpuint(reply != NULL ? lt_reply_get_status(reply) : 0, ==, 200);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
}

static void
test_refuses_bad_settings(void)
{
    g_autoptr(LtLinkThread) thread = lt_link_thread_new(NULL);
    static const char *const bad_list[] = { "localhost", NULL };
    const struct {
        LtLinkOptions options;
        const char *reason;
    } rows[] = {
        { { .url = NULL }, "link.url" },
        { { .url = "ftp://a.example/" }, "link.url" },
        { { .url = "file:///etc/passwd" }, "link.url" },
        { { .url = "https://u:p@a.example/", .ca = "x" }, "link.url" },
        { { .url = "https://a.example/?x", .ca = "x" }, "link.url" },
        { { .url = "https://a.example/" }, "link.ca" },
        { { .url = "https://a.example/", .ca = "x", .pin = "md5//x" }, "link.pin" },
        { { .url = "https://a.example/", .ca = "x", .client_key = "x" }, "link.ca" },
        { { .url = "https://a.example/", .ca = "x", .allowed_addresses = bad_list }, "link.address" },
        { { .url = "https://a.example/", .ca = "/no/such/file" }, "link.file" },
        { { .url = "https://a.example/", .ca = "/dev/null", .crl = "/no/such/file" }, "link.file" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(lt_link_target_new(thread, &rows[i].options, &error));
        g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
    }
}

static void
test_a_peer_that_is_not_there_is_unavailable(Fixture *f, gconstpointer data)
{
    g_autoptr(LtLinkTarget) target = target_for(f->thread, "http://127.0.0.1:1");
    g_autoptr(LtLinkTarget) unknown = target_for(f->thread, "http://no-such-host.invalid");
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_null(get(target, "/", &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.connect");
    g_clear_error(&error);
    g_assert_null(get(unknown, "/", &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_UNAVAILABLE);
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.connect");
}

static GInputStream *
pattern_stream(gsize size)
{
    guint8 *data = g_malloc(size);

    for (gsize i = 0; i < size; i++)
        data[i] = (guint8) (i * 31 + i / 251);
    return g_memory_input_stream_new_from_data(data, (gssize) size, g_free);
}

static GBytes *
answer_digest(const PeerRequest *request, gpointer data)
{
    g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, request->body);

    (void) data;
    return peer_text(200, "text/plain", digest);
}

static void
test_streams_large_bodies_in_pieces(void)
{
    static const gsize sizes[] = { 1, 131071, 131072, 131073, 5 * 1024 * 1024 + 7 };
    g_autoptr(Peer) peer = peer_new(&(PeerOptions) { .answer = answer_digest });
    g_autofree char *url = peer_url(peer);
    g_autoptr(LtLinkThread) thread = lt_link_thread_new(NULL);
    g_autoptr(LtLinkTarget) target = target_for(thread, url);

    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GInputStream) stream = pattern_stream(sizes[i]);
        g_autoptr(GInputStream) again = pattern_stream(sizes[i]);
        g_autoptr(GBytes) all = g_input_stream_read_bytes(again, sizes[i], NULL, NULL);
        g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, all);
        g_autoptr(LtRequest) request = lt_request_new(i % 2 == 0 ? "POST" : "PUT", "/");
        g_autoptr(GError) error = NULL;
        g_autoptr(LtReply) reply = NULL;
        g_autofree char *body = NULL;

        lt_request_set_body_stream(request, stream, sizes[i], "application/octet-stream");
        reply = lt_link_target_send(target, request, 0, NULL, &error);
        g_assert_no_error(error);
        body = body_of(reply);
        g_assert_cmpstr(body, ==, digest);
    }
}

static void
test_a_stream_that_is_too_short_is_our_fault(Fixture *f, gconstpointer data)
{
    g_autoptr(GInputStream) stream = pattern_stream(300000);
    g_autoptr(LtRequest) request = lt_request_new("POST", "/");
    g_autoptr(GError) error = NULL;

    (void) data;
    lt_request_set_body_stream(request, stream, 400000, "application/octet-stream");
    g_assert_null(lt_link_target_send(f->target, request, 0, NULL, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_INTERNAL);
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.body");
}

static void
test_a_streamed_body_can_be_cancelled(Fixture *f, gconstpointer data)
{
    g_autoptr(GInputStream) stream = pattern_stream(3000000);
    g_autoptr(LtRequest) request = lt_request_new("POST", "/hang");
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    GThread *canceller = g_thread_new("canceller", cancel_soon, cancellable);

    (void) data;
    lt_request_set_body_stream(request, stream, 3000000, "application/octet-stream");
    g_assert_null(lt_link_target_send(f->target, request, 0, cancellable, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.cancelled");
    g_thread_join(canceller);
}

static void
test_speaks_over_a_unix_socket(void)
{
    g_autofree char *folder = g_dir_make_tmp("lthub-link-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "api.sock", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtReply) reply = NULL;

    {
        g_autoptr(Peer) G_GNUC_UNUSED peer = peer_new(&(PeerOptions) { .answer = answer, .socket_path = path });
        g_autoptr(LtLinkThread) thread = lt_link_thread_new(NULL);
        g_autoptr(LtLinkTarget) target = lt_link_target_new(thread, &(LtLinkOptions) { .socket_path = path }, &error);

        g_assert_no_error(error);
        reply = get(target, "/v1/health", &error);
        g_assert_no_error(error);
        g_assert_cmpuint(lt_reply_get_status(reply), ==, 200);
    }
    g_unlink(path);
    g_rmdir(folder);
}

typedef struct {
    Fixture *fixture;
    guint n;
    guint n_good;
} Load;

static gpointer
send_many(gpointer data)
{
    Load *load = data;

    for (guint i = 0; i < load->n; i++) {
        g_autofree char *path = g_strdup_printf("/%p/%u", data, i);
        g_autoptr(LtReply) reply = get(load->fixture->target, path, NULL);
        g_autofree char *text = reply != NULL ? body_of(reply) : g_strdup("");

        load->n_good += strstr(text, path) != NULL;
    }
    return NULL;
}

static void
test_serves_many_workers_at_once(Fixture *f, gconstpointer data)
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
#define ADD(name, function) g_test_add("/link/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("sends-method-path-headers-and-body", test_sends_method_path_headers_and_body);
    ADD("handles-are-clean-between-requests", test_handles_are_clean_between_requests);
    ADD("names-each-misbehaviour", test_names_each_misbehaviour);
    ADD("takes-an-answer-that-just-fits", test_takes_an_answer_that_just_fits);
    ADD("follows-no-redirect-and-decodes-nothing", test_follows_no_redirect_and_decodes_nothing);
    ADD("gives-up-on-time", test_gives_up_on_time);
    ADD("no-time-left-sends-nothing", test_no_time_left_sends_nothing);
    ADD("can-be-cancelled", test_can_be_cancelled);
    ADD("refuses-to-send-bad-requests", test_refuses_to_send_bad_requests);
    ADD("refuses-addresses-that-are-not-listed", test_refuses_addresses_that_are_not_listed);
    ADD("an-open-connection-is-no-way-round-the-list", test_an_open_connection_is_no_way_round_the_list);
    ADD("a-peer-that-is-not-there-is-unavailable", test_a_peer_that_is_not_there_is_unavailable);
    ADD("a-stream-that-is-too-short-is-our-fault", test_a_stream_that_is_too_short_is_our_fault);
    ADD("a-streamed-body-can-be-cancelled", test_a_streamed_body_can_be_cancelled);
    ADD("serves-many-workers-at-once", test_serves_many_workers_at_once);
#undef ADD
    g_test_add_func("/link/half-an-answer-is-no-answer", test_half_an_answer_is_no_answer);
    g_test_add_func("/link/uses-no-proxy", test_uses_no_proxy);
    g_test_add_func("/link/refuses-bad-settings", test_refuses_bad_settings);
    g_test_add_func("/link/streams-large-bodies-in-pieces", test_streams_large_bodies_in_pieces);
    g_test_add_func("/link/speaks-over-a-unix-socket", test_speaks_over_a_unix_socket);
    return g_test_run();
}
