/* SPDX-License-Identifier: Apache-2.0 */
/* test-link-tls.c: whom the link believes (security.md S18): a CA of its own, the host's name, the list of revoked ones, a pin. */
#include "routing/link.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>

#include "lib/peer.h"

typedef struct {
    char *folder;
    LtLinkThread *thread;
} Fixture;

static const char *const loopback[] = { "127.0.0.1", "::1", NULL };

static GBytes *
answer(const PeerRequest *request, gpointer data)
{
    (void) request;
    (void) data;
    return peer_text(200, "text/plain", "ok");
}

static void
set_up(Fixture *f, gconstpointer data)
{
    g_autofree char *script = g_build_filename(g_getenv("LTHUB_SOURCE"), "tests", "lib", "tls-lab.sh", NULL);
    g_autoptr(GError) error = NULL;
    int status = 0;

    (void) data;
    f->folder = g_dir_make_tmp("lthub-tls-XXXXXX", NULL);
    g_assert_true(g_spawn_sync(NULL, (char *[]) { script, f->folder, NULL }, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status, &error));
    g_assert_true(g_spawn_check_wait_status(status, &error));
    f->thread = lt_link_thread_new(NULL);
}

static int
remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void) info;
    (void) kind;
    (void) walk;
    return remove(path);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    (void) data;
    lt_link_thread_free(f->thread);
    nftw(f->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    g_free(f->folder);
}

static char *
file(Fixture *f, const char *name, const char *suffix)
{
    g_autofree char *leaf = g_strconcat(name, suffix, NULL);

    return g_build_filename(f->folder, leaf, NULL);
}

static Peer *
peer_with(Fixture *f, const char *name, gboolean wants_client)
{
    g_autofree char *certificate = file(f, name, ".pem");
    g_autofree char *key = file(f, name, ".key");
    g_autofree char *root = file(f, "root", ".pem");

    return peer_new(&(PeerOptions) { .answer = answer, .certificate = certificate, .key = key, .client_ca = wants_client ? root : NULL });
}

/* One request to a server with this certificate. Returns: reason of the failure, or "" */
static char *
try_with(Fixture *f, Peer *peer, const char *crl, const char *pin_file, const char *client)
{
    g_autofree char *url = peer_url(peer);
    g_autofree char *ca = file(f, "root", ".pem");
    g_autofree char *crl_path = crl != NULL ? file(f, crl, ".pem") : NULL;
    g_autofree char *pin_path = pin_file != NULL ? file(f, pin_file, ".pin") : NULL;
    g_autofree char *certificate = client != NULL ? file(f, client, ".pem") : NULL;
    g_autofree char *key = client != NULL ? file(f, client, ".key") : NULL;
    g_autofree char *pin = NULL;
    g_autoptr(LtLinkTarget) target = NULL;
    g_autoptr(LtRequest) request = lt_request_new("GET", "/");
    g_autoptr(LtReply) reply = NULL;
    g_autoptr(GError) error = NULL;

    if (pin_path != NULL)
        g_assert_true(g_file_get_contents(pin_path, &pin, NULL, NULL));
    target = lt_link_target_new(f->thread, &(LtLinkOptions) { .url = url, .allowed_addresses = loopback, .ca = ca, .crl = crl_path, .pin = pin,
                                                              .client_certificate = certificate, .client_key = key }, &error);
    g_assert_no_error(error);
    reply = lt_link_target_send(target, request, 0, NULL, &error);
    if (error != NULL)
        g_test_message("%s", error->message);
    g_assert_cmpint(reply != NULL, ==, error == NULL);
    return g_strdup(error != NULL ? lt_error_get_reason(error) : "");
}

static void
test_believes_only_whom_it_should(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *server, *crl, *pin, *reason;
    } rows[] = {
        { "good", NULL, NULL, "" },          { "good", "crl", NULL, "" },         { "good", "crl", "good", "" },
        { "good", NULL, "other", "link.tls" }, { "self", NULL, NULL, "link.tls" }, { "wrong", NULL, NULL, "link.tls" },
        { "expired", NULL, NULL, "link.tls" }, { "revoked", "crl", NULL, "link.tls" },
    };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Peer) peer = peer_with(f, rows[i].server, FALSE);
        g_autofree char *reason = try_with(f, peer, rows[i].crl, rows[i].pin, NULL);

        g_test_message("%s %s %s", rows[i].server, rows[i].crl, rows[i].pin);
        g_assert_cmpstr(reason, ==, rows[i].reason);
        g_assert_cmpuint(peer_get_n_requests(peer), ==, *rows[i].reason == '\0' ? 1 : 0);
    }
}

static void
test_shows_its_certificate_when_asked(Fixture *f, gconstpointer data)
{
    g_autoptr(Peer) peer = peer_with(f, "good", TRUE);
    g_autofree char *with = try_with(f, peer, NULL, NULL, "client");
    g_autofree char *without = try_with(f, peer, NULL, NULL, NULL);

    (void) data;
    g_assert_cmpstr(with, ==, "");
    g_assert_cmpstr(without, !=, "");
    g_assert_cmpuint(peer_get_n_requests(peer), ==, 1);
}

/* Connections are shared, but never between those who show different certificates or ask for different ones. */
static void
test_a_connection_is_not_shared_with_other_credentials(Fixture *f, gconstpointer data)
{
    g_autoptr(Peer) peer = peer_with(f, "good", FALSE);
    g_autofree char *first = try_with(f, peer, NULL, NULL, NULL);
    g_autofree char *again = try_with(f, peer, NULL, NULL, NULL);
    g_autofree char *pinned = try_with(f, peer, NULL, "other", NULL);
    g_autofree char *client = try_with(f, peer, NULL, NULL, "client");

    (void) data;
    g_assert_cmpstr(first, ==, "");
    g_assert_cmpstr(again, ==, "");
    g_assert_cmpstr(pinned, ==, "link.tls");
    g_assert_cmpstr(client, ==, "");
    g_assert_cmpuint(peer_get_n_requests(peer), ==, 3);
    g_assert_cmpuint(peer_get_n_connections(peer), ==, 3);
}

static void
test_plain_http_and_tls_do_not_meet(Fixture *f, gconstpointer data)
{
    g_autoptr(Peer) peer = peer_new(&(PeerOptions) { .answer = answer });
    g_autofree char *url = g_strdup_printf("https://localhost:%u", peer_get_port(peer));
    g_autofree char *ca = file(f, "root", ".pem");
    g_autoptr(LtLinkTarget) target = lt_link_target_new(f->thread, &(LtLinkOptions) { .url = url, .allowed_addresses = loopback, .ca = ca,
                                                                                      .total_us = 500000 }, NULL);
    g_autoptr(LtRequest) request = lt_request_new("GET", "/");
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_null(lt_link_target_send(target, request, 0, NULL, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_UNAVAILABLE);
    g_assert_cmpuint(peer_get_n_requests(peer), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/link-tls/believes-only-whom-it-should", Fixture, NULL, set_up, test_believes_only_whom_it_should, tear_down);
    g_test_add("/link-tls/shows-its-certificate-when-asked", Fixture, NULL, set_up, test_shows_its_certificate_when_asked, tear_down);
    g_test_add("/link-tls/a-connection-is-not-shared-with-other-credentials", Fixture, NULL, set_up,
               test_a_connection_is_not_shared_with_other_credentials, tear_down);
    g_test_add("/link-tls/plain-http-and-tls-do-not-meet", Fixture, NULL, set_up, test_plain_http_and_tls_do_not_meet, tear_down);
    return g_test_run();
}
