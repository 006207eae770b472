/* SPDX-License-Identifier: Apache-2.0 */
/* test-link-addresses.c: where a link may go: only to the addresses of its list, whatever the host's text, a proxy or an open connection say. */
#include "lib/link-lab.h"

static void
test_refuses_addresses_that_are_not_listed(LinkLab *f, gconstpointer data)
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
        g_assert_null(link_lab_get(target, "/", &error));
        g_test_message("%s: %s", url, error->message);
        g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
        g_assert_cmpstr(lt_error_get_reason(error), ==, "link.address");
    }
    g_assert_cmpuint(peer_get_n_connections(f->peer), ==, 0);
}

static void
test_an_open_connection_is_no_way_round_the_list(LinkLab *f, gconstpointer data)
{
    static const char *const nothing[] = { NULL };
    g_autoptr(LtReply) reply = link_lab_get(f->target, "/", NULL);
    g_autoptr(LtLinkTarget) other = lt_link_target_new(f->thread, &(LtLinkOptions) { .url = f->url, .allowed_addresses = nothing }, NULL);
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_nonnull(reply);
    g_assert_null(link_lab_get(other, "/", &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.address");
    g_assert_cmpuint(peer_get_n_requests(f->peer), ==, 1);
}

static void
test_uses_no_proxy(void)
{
    if (g_test_subprocess()) {
        g_autoptr(Peer) peer = peer_new(&(PeerOptions) { .answer = link_lab_answer });
        g_autofree char *url = peer_url(peer);
        g_autoptr(LtLinkThread) thread = NULL;
        g_autoptr(LtLinkTarget) target = NULL;
        g_autoptr(LtReply) reply = NULL;

        g_setenv("http_proxy", "http://127.0.0.1:1", TRUE);
        g_setenv("ALL_PROXY", "http://127.0.0.1:1", TRUE);
        thread = lt_link_thread_new(NULL);
        target = link_lab_target(thread, url);
        reply = link_lab_get(target, "/", NULL);
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

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/link/" name, LinkLab, NULL, link_lab_set_up, function, link_lab_tear_down)
    ADD("refuses-addresses-that-are-not-listed", test_refuses_addresses_that_are_not_listed);
    ADD("an-open-connection-is-no-way-round-the-list", test_an_open_connection_is_no_way_round_the_list);
#undef ADD
    g_test_add_func("/link/uses-no-proxy", test_uses_no_proxy);
    g_test_add_func("/link/refuses-bad-settings", test_refuses_bad_settings);
    return g_test_run();
}
