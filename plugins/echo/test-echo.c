/* SPDX-License-Identifier: Apache-2.0 */
/* test-echo.c: each outcome as told; it also proves how an endpoint treats what a plugin does. */
#include "lib/plugin-harness.h"

#include <string.h>

static void
test_each_outcome_has_its_error(void)
{
    static const struct {
        const char *then, *reason;
        int code;
    } rows[] = {
        { "postpone", "echo.postponed", LT_ERROR_UNAVAILABLE }, { "refuse", "echo.refused", LT_ERROR_REFUSED },
        { "config", "echo.config", LT_ERROR_CONFIG },           { "internal", "echo.internal", LT_ERROR_INTERNAL },
        { "silent", "plugin.broken", LT_ERROR_INTERNAL },
    };
    g_autoptr(Harness) harness = harness_new();
    g_autoptr(LtMessage) message = harness_message(&(HarnessMessage) { 0 });

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *lines = g_strdup_printf("plugin=echo\nretry_after=7\nthen=%s\n", rows[i].then);
        g_autoptr(LtEndpoint) endpoint = harness_endpoint(harness, lines);
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) receipt = NULL;
        g_autofree char *type = NULL;

        g_assert_false(lt_endpoint_deliver(endpoint, message, NULL, &receipt, &type, &error));
        g_assert_error(error, LT_ERROR, rows[i].code);
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
        g_assert_cmpint(lt_error_get_retry_after(error), ==, i == 0 ? 7 : -1);
        g_assert_null(receipt);
    }
}

static void
test_the_payload_wins_over_the_setting(void)
{
    g_autoptr(Harness) harness = harness_new();
    g_autofree char *log = harness_file(harness, "log", NULL);
    g_autofree char *lines = g_strdup_printf("plugin=echo\nthen=refuse\nlog=%s\n", log);
    g_autoptr(LtEndpoint) endpoint = harness_endpoint(harness, lines);
    g_autoptr(LtMessage) message = harness_message(&(HarnessMessage) { .payload = "{\"echo\":\"pass\"}" });
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *type = NULL;
    g_autofree char *content = NULL;

    g_assert_true(lt_endpoint_deliver(endpoint, message, NULL, &receipt, &type, NULL));
    g_assert_true(g_file_get_contents(log, &content, NULL, NULL));
    g_assert_cmpstr(content, ==, "0193f3a0-0000-7000-8000-000000000001 H52.1 pass\n");
}

static gpointer
watch_until_quiet(gpointer data)
{
    LtEndpoint *endpoint = data;
    guint most = 0;

    for (guint i = 0; i < 400; i++) {
        guint stuck = lt_endpoint_watch(endpoint, g_get_monotonic_time());

        most = MAX(most, stuck);
        if (most > 0 && stuck == 0)
            break;
        g_usleep(5000);
    }
    return GUINT_TO_POINTER(most);
}

static void
test_a_verb_past_its_deadline_is_stuck_and_cancelled(void)
{
    static const char *const kinds[] = { "hang", "stubborn" };
    g_autoptr(Harness) harness = harness_new();

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *lines = g_strdup_printf("plugin=echo\ndeadline=100ms\nthen=%s\n", kinds[i]);
        g_autoptr(LtEndpoint) endpoint = harness_endpoint(harness, lines);
        g_autoptr(LtMessage) message = harness_message(&(HarnessMessage) { 0 });
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) receipt = NULL;
        g_autofree char *type = NULL;
        GThread *watcher = g_thread_new("watcher", watch_until_quiet, endpoint);

        g_assert_false(lt_endpoint_deliver(endpoint, message, NULL, &receipt, &type, &error));
        g_assert_cmpstr(lt_error_get_reason(error), ==, "echo.cancelled");
        g_assert_cmpuint(GPOINTER_TO_UINT(g_thread_join(watcher)), ==, 1);
        g_assert_cmpuint(lt_endpoint_watch(endpoint, g_get_monotonic_time()), ==, 0);
    }
}

static void
test_the_caller_can_cancel(void)
{
    g_autoptr(Harness) harness = harness_new();
    g_autoptr(LtEndpoint) endpoint = harness_endpoint(harness, "plugin=echo\nthen=hang\n");
    g_autoptr(LtMessage) message = harness_message(&(HarnessMessage) { 0 });
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *type = NULL;

    g_cancellable_cancel(cancellable);
    g_assert_false(lt_endpoint_deliver(endpoint, message, cancellable, &receipt, &type, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "echo.cancelled");
}

static void
test_collect_goes_on_from_its_cursor(void)
{
    g_autoptr(Harness) harness = harness_new();
    g_autoptr(LtEndpoint) endpoint = harness_endpoint(harness, "plugin=echo\nitems=3\nfrom=H52.2\nto=H52.1\n");
    g_auto(HarnessInbox) inbox = { 0 };

    for (guint i = 1; i <= 2; i++) {
        g_autoptr(GError) error = NULL;

        g_assert_true(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(inbox.built->len, ==, 3 * i);
        g_assert_cmpstr(inbox.cursor, ==, i == 1 ? "3" : "6");
    }
    g_assert_cmpstr(lt_message_builder_get(inbox.built->pdata[5])->key, ==, "echo-6");
}

static void
test_receive_answers_with_what_it_got(void)
{
    g_autoptr(Harness) harness = harness_new();
    g_autoptr(LtEndpoint) endpoint = harness_endpoint(harness, "plugin=echo\n");
    g_autoptr(LtRequest) request = lt_request_new("POST", "/x");
    g_autoptr(GBytes) body = g_bytes_new_static("hello", 5);
    g_autoptr(LtReply) reply = NULL;
    g_auto(HarnessInbox) inbox = { 0 };

    lt_request_set_body(request, body, "text/x-test");
    g_assert_true(lt_endpoint_receive(endpoint, request, &reply, harness_inbox(&inbox), NULL, NULL));
    g_assert_true(g_bytes_equal(lt_reply_get_body(reply), body));
    g_assert_cmpstr(lt_reply_get_header(reply, "content-type"), ==, "text/x-test");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/echo/each-outcome-has-its-error", test_each_outcome_has_its_error);
    g_test_add_func("/echo/the-payload-wins-over-the-setting", test_the_payload_wins_over_the_setting);
    g_test_add_func("/echo/a-verb-past-its-deadline-is-stuck-and-cancelled", test_a_verb_past_its_deadline_is_stuck_and_cancelled);
    g_test_add_func("/echo/the-caller-can-cancel", test_the_caller_can_cancel);
    g_test_add_func("/echo/collect-goes-on-from-its-cursor", test_collect_goes_on_from_its_cursor);
    g_test_add_func("/echo/receive-answers-with-what-it-got", test_receive_answers_with_what_it_got);
    return g_test_run();
}
