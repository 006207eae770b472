/* SPDX-License-Identifier: Apache-2.0 */
/* test-abi.c: the loader's refusals in their own words, and the plugin of version 1 that must load for ever. */
#include "lib/peer.h"
#include "lib/plugin-harness.h"

#include <string.h>

static void
test_each_fault_is_named_in_words(void)
{
    static const struct {
        const char *name, *reason, *text;
    } rows[] = {
        { "bad-magic", "plugin.foreign", "is not a hub plugin: its descriptor does not begin with the hub's mark" },
        { "bad-symbol", "plugin.foreign", "is not a hub plugin: it exports no \"lt_plugin\"" },
        { "bad-short", "plugin.foreign", "is not a hub plugin: its descriptor is too short" },
        { "bad-abi", "plugin.abi", "was built for ABI 2, this hub speaks 1; build it again against this hub's headers" },
        { "bad-larger", "plugin.newer", "was built for a newer hub" },
        { "bad-name", "plugin.name", "calls itself \"other\"; file and plugin must have the same name" },
        { "bad-function", "plugin.broken", "lt_function_of_a_later_hub" },
        { "bad-key", "plugin.keys", "its key 'member' does not lie inside its own struct (self_size is 8 bytes)" },
        { "bad-clash", "plugin.keys", "its key 'timeout' is one of the hub's own; give it another name" },
        { "no-such", "plugin.missing", "plugin no-such: no file no-such.so in " },
        { "../rest", "plugin.missing", "\"../rest\" is no name of a plugin" },
        { "Rest", "plugin.missing", "\"Rest\" is no name of a plugin" },
        { "", "plugin.missing", "\"\" is no name of a plugin" },
    };
    g_autoptr(LtLoader) loader = lt_loader_new(NULL);
    g_autoptr(GPtrArray) news = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(lt_loader_get(loader, rows[i].name, NULL, &error));
        g_test_message("%s", error->message);
        g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
        g_assert_nonnull(strstr(error->message, rows[i].text));
    }
    news = lt_loader_take_news(loader);
    g_assert_cmpuint(news->len, ==, 0);
}

static void
test_a_file_that_is_no_library_is_broken(void)
{
    g_autoptr(Harness) harness = harness_new();
    g_autofree char *path = harness_file(harness, "text.so", "not a library");
    g_autoptr(LtLoader) loader = lt_loader_new(harness->folder);
    g_autoptr(GError) error = NULL;

    g_assert_null(lt_loader_get(loader, "text", NULL, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "plugin.broken");
    g_assert_nonnull(strstr(error->message, path));
}

static void
test_open_may_fail_with_or_without_a_word(void)
{
    g_autoptr(Harness) harness = harness_new();
    g_autofree char *said = harness_fault(harness, "plugin=bad-open\n");
    g_autofree char *silent = harness_fault(harness, "plugin=bad-silent\n");

    g_assert_cmpstr(said, ==, "[endpoint t] told to fail");
    g_assert_cmpstr(silent, ==, "[endpoint t] plugin bad-silent failed to open and does not say why");
}

static void
test_a_plugin_is_loaded_once_with_its_digest(void)
{
    g_autoptr(LtLoader) loader = lt_loader_new(NULL);
    g_autoptr(GError) error = NULL;
    const LtLoaded *first = lt_loader_get(loader, "frozen", NULL, &error);
    const LtLoaded *second = lt_loader_get(loader, "frozen", NULL, &error);
    g_autoptr(GPtrArray) news = lt_loader_take_news(loader);
    g_autoptr(GPtrArray) later = lt_loader_take_news(loader);
    g_autofree char *content = NULL;
    g_autofree char *digest = NULL;
    gsize size = 0;

    g_assert_no_error(error);
    g_assert_true(first == second);
    g_assert_cmpuint(news->len, ==, 1);
    g_assert_cmpuint(later->len, ==, 0);
    g_assert_true(g_file_get_contents(first->path, &content, &size, NULL));
    digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *) content, size);
    g_assert_cmpstr(first->sha256, ==, digest);
    g_assert_cmpstr(first->plugin.version, ==, "1.0");
}

static void
test_a_changed_file_is_not_opened(void)
{
    g_autoptr(Harness) harness = harness_new();
    g_autofree char *fault = harness_fault(harness, "plugin=frozen\nplugin_sha256=0000000000000000000000000000000000000000000000000000000000000000\n");
    g_autoptr(GPtrArray) none = lt_loader_take_news(harness->loader);
    const LtLoaded *loaded = lt_loader_get(harness->loader, "frozen", NULL, NULL);
    g_autofree char *right = g_strdup_printf("plugin=frozen\nplugin_sha256=%s\n", loaded->sha256);
    g_autoptr(LtEndpoint) endpoint = harness_endpoint(harness, right);

    g_assert_nonnull(strstr(fault, "is not the file that was approved: its SHA-256 is"));
    g_assert_cmpuint(none->len, ==, 0);
    g_assert_nonnull(endpoint);
}

static GBytes *
answer(const PeerRequest *request, gpointer data)
{
    (void) request;
    (void) data;
    return peer_text(200, "text/plain", "ok");
}

static void
test_the_plugin_of_version_1_works(void)
{
    static const char *const files[] = { "scan", NULL };
    g_autoptr(Peer) peer = peer_new(&(PeerOptions) { .answer = answer });
    g_autofree char *url = peer_url(peer);
    g_autofree char *lines = g_strdup_printf("plugin=frozen\nurl=%s\nallowed_addresses=127.0.0.1\n", url);
    g_autoptr(Harness) harness = harness_new();
    g_autoptr(LtEndpoint) endpoint = harness_endpoint(harness, lines);
    g_autoptr(LtMessage) message = harness_message(&(HarnessMessage) { .payload = "{\"a\":{\"b\":\"c\"}}", .attachments = files });
    g_auto(HarnessInbox) inbox = { .submission = harness_message(&(HarnessMessage) { 0 }) };
    g_autoptr(LtRequest) request = lt_request_new("POST", "/");
    g_autoptr(LtReply) reply = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *type = NULL;

    g_assert_true(lt_endpoint_deliver(endpoint, message, NULL, &receipt, &type, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(type, ==, "text/plain");
    g_assert_true(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(inbox.built->len, ==, 1);
    g_assert_nonnull(lt_message_builder_get(inbox.built->pdata[0])->re);
    g_assert_true(lt_endpoint_receive(endpoint, request, &reply, harness_inbox(&inbox), NULL, &error));
    g_assert_cmpuint(lt_reply_get_status(reply), ==, 201);
}

static void
test_the_endpoint_shows_its_settings_without_secrets(void)
{
    g_autoptr(Harness) harness = harness_new();
    g_autoptr(LtEndpoint) endpoint = harness_endpoint(harness, "plugin=frozen\nunits=H52.1;H52.2\nmax_in_flight=9\n");
    g_autofree char *text = lt_endpoint_show(endpoint);

    g_assert_true(lt_endpoint_serves(endpoint, "H52.2"));
    g_assert_false(lt_endpoint_serves(endpoint, "H52"));
    g_assert_cmpint(lt_endpoint_get_settings(endpoint)->max_in_flight, ==, 9);
    g_assert_cmpint(lt_endpoint_get_settings(endpoint)->timeout, ==, 60 * G_USEC_PER_SEC);
    g_assert_nonnull(strstr(text, "max_in_flight=9"));
    g_assert_nonnull(strstr(text, "word=one"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/abi/each-fault-is-named-in-words", test_each_fault_is_named_in_words);
    g_test_add_func("/abi/a-file-that-is-no-library-is-broken", test_a_file_that_is_no_library_is_broken);
    g_test_add_func("/abi/open-may-fail-with-or-without-a-word", test_open_may_fail_with_or_without_a_word);
    g_test_add_func("/abi/a-plugin-is-loaded-once-with-its-digest", test_a_plugin_is_loaded_once_with_its_digest);
    g_test_add_func("/abi/a-changed-file-is-not-opened", test_a_changed_file_is_not_opened);
    g_test_add_func("/abi/the-plugin-of-version-1-works", test_the_plugin_of_version_1_works);
    g_test_add_func("/abi/the-endpoint-shows-its-settings-without-secrets", test_the_endpoint_shows_its_settings_without_secrets);
    return g_test_run();
}
