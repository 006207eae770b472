/* SPDX-License-Identifier: Apache-2.0 */
/* test-dispatcher-load.c: the small wheel when much is under way: endpoints that hang or are gone, backlogs, restarts, a stop in the middle. */
#include <string.h>

#include "base/value.h"
#include "lib/fake-endpoint.h"
#include "lib/yard-script.h"

#define ONE "[endpoint e]\nplugin=x\n[route r]\nendpoints=e\n"

static LtEndpointHealth *
health_of(GPtrArray *list, const char *endpoint)
{
    for (guint i = 0; i < list->len; i++)
        if (strcmp(((LtEndpointHealth *) list->pdata[i])->endpoint, endpoint) == 0)
            return list->pdata[i];
    g_assert_not_reached();
}

/* One endpoint hangs: it has its share and no more; the other is as quick as ever. */
static void
test_hanging(void)
{
    g_auto(YardScript) script;

    yard_script_init(&script);
    script.hanging = "slow";
    g_autoptr(Yard) yard = yard_script_start(&script, "[endpoint slow]\nplugin=x\nmax_in_flight=3\n[endpoint quick]\nplugin=x\n[route r]\nto=H52.102\nendpoints=slow\n"
                                          "[route s]\nendpoints=quick\n", 4);
    yard_send_many(yard, &(YardEnvelope) { NULL }, 20);
    for (guint i = 0; i < 20; i++)
        yard_send(yard, &(YardEnvelope) { .from = "H52.102", .to = "H52.101" });
    yard_wait(yard, LT_DELIVERY_DELIVERED, 20);
    g_autoptr(GPtrArray) health = lt_dispatcher_health(yard->dispatcher);
    g_assert_cmpuint(health_of(health, "slow")->in_flight, >=, 1);
    g_assert_cmpuint(health_of(health, "slow")->in_flight, <=, 3);
    g_assert_cmpuint(health_of(health, "slow")->queued, ==, 20);
}

/* What was waiting goes on after a restart, once each. */
static void
test_restart(void)
{
    g_auto(YardScript) script;

    yard_script_init(&script);
    script.hanging = "e";
    g_autoptr(Yard) yard = yard_script_start(&script, ONE, 4);
    yard_send_many(yard, &(YardEnvelope) { NULL }, 30);
    yard_stop_dispatcher(yard);
    g_assert_cmpuint(yard_count(yard, LT_DELIVERY_WAITING), ==, 30);
    guint before = yard_script_count(&script);
    yard_reopen(yard);
    script.hanging = NULL;
    yard_start_dispatcher(yard, 4);
    yard_wait(yard, LT_DELIVERY_DELIVERED, 30);
    g_assert_cmpuint(yard_script_count(&script), ==, before + 30);
}

/* More than memory holds: the rest stays on disk, in order, and nothing is lost or done twice. */
static void
test_backlog(void)
{
    enum { MANY = 2600 };
    g_auto(YardScript) script;
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint again = 0;

    yard_script_init(&script);
    script.hanging = "e";
    g_autoptr(Yard) yard = yard_script_start(&script, "[endpoint e]\nplugin=x\nmax_in_flight=2\n[route r]\nendpoints=e\n", 2);
    yard_send_many(yard, &(YardEnvelope) { NULL }, MANY);
    g_autoptr(GPtrArray) health = lt_dispatcher_health(yard->dispatcher);
    g_assert_cmpuint(health_of(health, "e")->queued, <=, 1024);
    g_assert_true(health_of(health, "e")->behind);
    yard_stop_dispatcher(yard);
    script.hanging = NULL;
    g_ptr_array_set_size(script.seen, 0);
    yard_start_dispatcher(yard, 4);
    yard_send_many(yard, &(YardEnvelope) { NULL }, 50); /* and new ones come meanwhile */
    yard_wait(yard, LT_DELIVERY_DELIVERED, MANY + 50);
    for (guint i = 0; i < script.seen->len; i++)
        again += !g_hash_table_add(ids, g_strdup(script.seen->pdata[i]));
    g_assert_cmpuint(again, ==, 0);
}

/* An endpoint that is gone from the plan: what waits for it is held, and goes on when it is back. */
static void
test_gone_endpoint(void)
{
    g_auto(YardScript) script;
    g_autoptr(GError) error = NULL;

    yard_script_init(&script);
    script.failures = 1;
    script.retry_after_s = 0;
    g_autoptr(Yard) yard = yard_script_start(&script, "[endpoint e]\nplugin=x\n[route r]\nendpoints=e\n", 2);
    yard_stop_dispatcher(yard);
    yard_send(yard, &(YardEnvelope) { NULL });
    yard_set_plan(yard, "[route r]\nendpoints=inbox\n");
    yard_start_dispatcher(yard, 2);
    yard_wait(yard, LT_DELIVERY_HELD, 1);
    g_autoptr(LtDelivery) held = yard_find(yard, LT_DELIVERY_HELD);
    g_assert_cmpstr(held->reason, ==, "delivery.no-endpoint");
    yard_set_plan(yard, ONE);
    g_assert_true(lt_dispatcher_release(yard->dispatcher, held->id, "H52", &error));
    yard_wait(yard, LT_DELIVERY_DELIVERED, 1);
}

/* A next hub takes nothing that has expired (envelope.md §8); a system that is no hub gets it all the same. */
static void
test_expired(void)
{
    static const char text[] = "[endpoint hub]\nplugin=x\nnext_hub=true\nretry_first=1\nretry_cap=1\n[endpoint system]\nplugin=x\n[route r]\nendpoints=hub;system\n";
    g_auto(YardScript) script;
    gint64 now_us = lt_time_now_us();

    yard_script_init(&script);
    fake_endpoint_tell(yard_script_deliver, NULL, &script);
    g_autoptr(Yard) yard = yard_new(text);
    yard_send(yard, &(YardEnvelope) { .issued_us = now_us, .expires_us = now_us + 2 * LT_US_PER_SECOND });
    lt_time_set_for_tests(10 * LT_US_PER_SECOND);
    yard_start_dispatcher(yard, 2);
    yard_wait(yard, LT_DELIVERY_DELIVERED, 1);
    yard_wait(yard, LT_DELIVERY_REFUSED, 1);
    lt_time_set_for_tests(0);
    g_autoptr(LtDelivery) refused = yard_find(yard, LT_DELIVERY_REFUSED);
    g_assert_cmpstr(refused->endpoint, ==, "hub");
    g_assert_cmpstr(refused->reason, ==, "env.time.expired");
    g_assert_cmpuint(yard_script_count(&script), ==, 1);
}

/* Stopped in the middle of a hanging verb: within the grace and a little, and nothing is written about what is not known. */
static void
test_stop(void)
{
    g_auto(YardScript) script;
    gint64 start_us;

    yard_script_init(&script);
    script.hanging = "e";
    g_autoptr(Yard) yard = yard_script_start(&script, ONE, 4);
    for (guint i = 0; i < 4; i++)
        yard_send(yard, &(YardEnvelope) { NULL });
    while (yard_script_count(&script) < 4)
        g_usleep(1000);
    start_us = g_get_monotonic_time();
    lt_dispatcher_stop(yard->dispatcher, 50000);
    g_assert_cmpint(g_get_monotonic_time() - start_us, <, 5 * G_USEC_PER_SEC);
    g_assert_cmpuint(yard_count_records(yard, "delivery.attempt"), ==, 0);
    g_assert_cmpuint(yard_count(yard, LT_DELIVERY_WAITING), ==, 4);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dispatcher/an-endpoint-that-hangs-has-its-share-and-no-more", test_hanging);
    g_test_add_func("/dispatcher/goes-on-after-a-restart", test_restart);
    g_test_add_func("/dispatcher/leaves-a-deep-backlog-on-disk", test_backlog);
    g_test_add_func("/dispatcher/holds-what-waits-for-an-endpoint-that-is-gone", test_gone_endpoint);
    g_test_add_func("/dispatcher/gives-a-next-hub-nothing-that-has-expired", test_expired);
    g_test_add_func("/dispatcher/stops-in-the-middle-of-a-hanging-verb", test_stop);
    return g_test_run();
}
