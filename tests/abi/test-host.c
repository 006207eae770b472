/* SPDX-License-Identifier: Apache-2.0 */
/* test-host.c: the contract behind a process boundary: the plugin of version 1 works there as it does in the hub, and one that crashes, hangs, lies or spies harms
 * nobody and costs one retry.
 */
#include "lib/peer.h"
#include "lib/plugin-harness.h"

#include <string.h>

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
    g_autofree char *lines = g_strdup_printf("plugin=frozen\nisolate=process\nurl=%s\nallowed_addresses=127.0.0.1\n", url);
    g_autoptr(Harness) harness = harness_new();
    g_autoptr(LtEndpoint) endpoint = harness_endpoint(harness, lines);
    g_autoptr(LtMessage) message = harness_message(&(HarnessMessage) { .payload = "{\"a\":{\"b\":\"c\"}}", .attachments = files });
    g_auto(HarnessInbox) inbox = { .submission = harness_message(&(HarnessMessage) { 0 }) };
    g_autoptr(LtRequest) request = lt_request_new("POST", "/");
    g_autoptr(LtReply) reply = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *type = NULL;

    g_assert_true(lt_endpoint_get_plugin(endpoint)->is_hosted);
    g_assert_true(lt_endpoint_deliver(endpoint, message, NULL, &receipt, &type, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(type, ==, "text/plain");
    g_assert_true(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(inbox.built->len, ==, 1);
    g_assert_nonnull(lt_message_builder_get(inbox.built->pdata[0])->re);
    g_assert_true(lt_endpoint_receive(endpoint, request, &reply, harness_inbox(&inbox), NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(lt_reply_get_status(reply), ==, 201);
}

static GError *
deliver(LtEndpoint *endpoint, const char *act)
{
    g_autofree char *payload = g_strdup_printf("{\"act\":\"%s\"}", act);
    g_autoptr(LtMessage) message = harness_message(&(HarnessMessage) { .payload = payload });
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *type = NULL;
    GError *error = NULL;

    lt_endpoint_deliver(endpoint, message, NULL, &receipt, &type, &error);
    return error;
}

static void
count_crash(gpointer data, const LtLoaded *loaded, const GError *error)
{
    g_assert_cmpstr(loaded->plugin.name, ==, "guest");
    g_test_message("%s", error->message);
    ++*(guint *) data;
}

static void
test_whoever_misbehaves_costs_one_retry(void)
{
    static const struct {
        const char *act, *reason;
    } rows[] = {
        { "crash", "plugin.crashed" }, { "exit", "plugin.crashed" }, { "garbage", "plugin.crashed" }, { "hang", "plugin.stuck" },
    };
    g_autoptr(Harness) harness = harness_new();
    g_autoptr(LtEndpoint) endpoint = harness_endpoint(harness, "plugin=guest\nisolate=process\ndeadline=400ms\n");
    guint crashes = 0;

    lt_loader_on_crash(harness->loader, count_crash, &crashes);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = deliver(endpoint, rows[i].act);
        g_autoptr(GError) after = NULL;

        g_test_message("%s", rows[i].act);
        g_assert_error(error, LT_ERROR, LT_ERROR_UNAVAILABLE);
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
        after = deliver(endpoint, "nothing");
        g_assert_no_error(after);
    }
    g_assert_cmpuint(crashes, ==, G_N_ELEMENTS(rows));
}

/* A file outside the system's folders, like a key or the database. */
static void
test_a_guest_reaches_nothing_that_is_not_its_own(void)
{
    static const struct {
        const char *act, *reason;
    } rows[] = {
        { "socket", "guest.could-not" }, { "fork", "guest.could-not" }, { "exec", "guest.could-not" },
        { "spy", "guest.could-not" },    { "write", "guest.could" },    { "thread", NULL },
    };
    g_autoptr(Harness) harness = harness_new();
    g_autofree char *secret = harness_file(harness, "keys/hub.key", "secret");
    g_autofree char *out = harness_file(harness, "out/list", NULL);
    g_autofree char *lines = g_strdup_printf("plugin=guest\nisolate=process\nsecret=%s\nout=%s\n", secret, out);
    g_autoptr(LtEndpoint) endpoint = harness_endpoint(harness, lines);

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = deliver(endpoint, rows[i].act);

        g_test_message("%s: %s", rows[i].act, error != NULL ? error->message : "done");
        g_assert_cmpstr(error != NULL ? lt_error_get_reason(error) : NULL, ==, rows[i].reason);
    }
}

static void
test_a_cancelled_verb_ends_its_process(void)
{
    g_autoptr(Harness) harness = harness_new();
    g_autoptr(LtEndpoint) endpoint = harness_endpoint(harness, "plugin=guest\nisolate=process\ndeadline=1min\n");
    g_autoptr(LtMessage) message = harness_message(&(HarnessMessage) { .payload = "{\"act\":\"hang\"}" });
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *type = NULL;

    g_cancellable_cancel(cancellable);
    g_assert_false(lt_endpoint_deliver(endpoint, message, cancellable, &receipt, &type, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "plugin.killed");
}

static void
test_a_plugin_from_elsewhere_is_always_apart(void)
{
    g_autoptr(Harness) harness = harness_new();
    g_autoptr(Harness) other = harness_new();
    const char *plugins = g_getenv("LTHUB_PLUGINS");
    g_autofree char *from = g_build_filename(plugins, "guest.so", NULL);
    g_autofree char *content = NULL;
    g_autofree char *path = harness_file(other, "guest.so", NULL);
    g_autofree char *without = g_strdup_printf("plugin=guest\nplugin_folder=%s\n", other->folder);
    g_autofree char *inside = g_strdup_printf("%sisolate=none\n", without);
    g_autofree char *missing = NULL, *wrong = NULL, *digest = NULL, *lines = NULL;
    g_autoptr(LtEndpoint) endpoint = NULL;
    gsize size = 0;

    g_assert_true(g_file_get_contents(from, &content, &size, NULL));
    g_assert_true(g_file_set_contents(path, content, (gssize) size, NULL));
    digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *) content, size);
    missing = harness_fault(harness, without);
    g_test_message("%s", missing);
    g_assert_nonnull(strstr(missing, digest)); /* the line that is to be written is told */
    wrong = harness_fault(harness, inside);
    g_assert_nonnull(strstr(wrong, "always runs in a process of its own"));
    lines = g_strdup_printf("%splugin_sha256=%s\n", without, digest);
    endpoint = harness_endpoint(harness, lines);
    g_assert_true(lt_endpoint_get_plugin(endpoint)->is_hosted);
    g_assert_cmpstr(lt_endpoint_get_plugin(endpoint)->sha256, ==, digest);
}

static void
test_a_fault_of_the_file_is_told_through_the_boundary(void)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
        { "bad-magic", "is not a hub plugin" },
        { "bad-abi", "was built for ABI 2, this hub speaks 1" },
        { "bad-open", "told to fail" },
        { "no-such", "no file no-such.so" },
    };
    g_autoptr(Harness) harness = harness_new();

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *lines = g_strdup_printf("plugin=%s\nisolate=process\n", rows[i].name);
        g_autofree char *fault = harness_fault(harness, lines);

        g_test_message("%s", fault);
        g_assert_nonnull(strstr(fault, rows[i].text));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/host/the-plugin-of-version-1-works", test_the_plugin_of_version_1_works);
    g_test_add_func("/host/whoever-misbehaves-costs-one-retry", test_whoever_misbehaves_costs_one_retry);
    g_test_add_func("/host/a-guest-reaches-nothing-that-is-not-its-own", test_a_guest_reaches_nothing_that_is_not_its_own);
    g_test_add_func("/host/a-cancelled-verb-ends-its-process", test_a_cancelled_verb_ends_its_process);
    g_test_add_func("/host/a-plugin-from-elsewhere-is-always-apart", test_a_plugin_from_elsewhere_is_always_apart);
    g_test_add_func("/host/a-fault-of-the-file-is-told-through-the-boundary", test_a_fault_of_the_file_is_told_through_the_boundary);
    return g_test_run();
}
