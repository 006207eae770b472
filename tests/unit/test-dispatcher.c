/* SPDX-License-Identifier: Apache-2.0 */
/* test-dispatcher.c: the small wheel with fake endpoints: order, shares, back-off, breaker, yard_script_poison, restart, operators, collecting. */
#include "routing/dispatcher.h"

#include <string.h>

#include "base/uuid.h"
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

static void
test_delivers(void)
{
    g_auto(YardScript) script;
    yard_script_init(&script);
    g_autoptr(Yard) yard = yard_script_start(&script, ONE, 4);

    yard_send_many(yard, &(YardEnvelope) { NULL }, 50);
    yard_wait(yard, LT_DELIVERY_DELIVERED, 50);
    g_assert_cmpuint(yard_script_count(&script), ==, 50);
    g_autoptr(GPtrArray) health = lt_dispatcher_health(yard->dispatcher);
    g_assert_cmpuint(health_of(health, "e")->delivered, ==, 50);
    g_assert_cmpstr(health_of(health, "e")->breaker, ==, "closed");
}

/* Messages of one dossier arrive in the order in which they came, whatever the number of workers. */
static void
test_order(void)
{
    g_auto(YardScript) script;
    char dossiers[4][37];
    g_autoptr(GHashTable) last = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    yard_script_init(&script);
    script.slow_us = 500;
    g_autoptr(Yard) yard = yard_script_start(&script, "[endpoint e]\nplugin=x\nmax_in_flight=8\n[route r]\nendpoints=e\n", 8);
    for (guint i = 0; i < G_N_ELEMENTS(dossiers); i++)
        lt_uuid4_new(dossiers[i]);
    for (guint i = 0; i < 60; i++)
        yard_send(yard, &(YardEnvelope) { .dossier = dossiers[i % G_N_ELEMENTS(dossiers)] });
    yard_wait(yard, LT_DELIVERY_DELIVERED, 60);
    for (guint i = 0; i < script.seen->len; i++) {
        g_auto(GStrv) words = g_strsplit(script.seen->pdata[i], " ", 3); /* ids are ordered by time */
        const char *before = g_hash_table_lookup(last, words[2]);

        g_assert_true(before == NULL || strcmp(before, words[1]) < 0);
        g_hash_table_insert(last, g_strdup(words[2]), g_strdup(words[1]));
    }
}

/* However a dossier fails, its neighbours arrive at once; what stands behind it in its own dossier waits. */
static void
test_poison(gconstpointer data)
{
    static const LtDeliveryState ends[] = { [LT_ERROR_REFUSED] = LT_DELIVERY_REFUSED, [LT_ERROR_CONFIG] = LT_DELIVERY_HELD,
                                            [LT_ERROR_INTERNAL] = LT_DELIVERY_HELD, [LT_ERROR_UNAVAILABLE] = LT_DELIVERY_WAITING };
    LtErrorCode code = (LtErrorCode) GPOINTER_TO_INT(data);
    g_auto(YardScript) script;
    char dossier[37];

    yard_script_init(&script);
    script.code = code;
    lt_uuid4_new(dossier);
    yard_script_poison(&script, dossier);
    g_autoptr(Yard) yard = yard_script_start(&script, "[endpoint e]\nplugin=x\nretry_first=60000\nretry_cap=60000\n[route r]\nendpoints=e\n", 2);
    yard_send(yard, &(YardEnvelope) { .dossier = dossier });
    yard_wait(yard, ends[code], 1);
    if (ends[code] != LT_DELIVERY_REFUSED)
        yard_send(yard, &(YardEnvelope) { .dossier = dossier });
    yard_send_many(yard, &(YardEnvelope) { NULL }, 20);
    yard_wait(yard, LT_DELIVERY_DELIVERED, 20);
    g_assert_cmpuint(yard_count(yard, LT_DELIVERY_WAITING), ==, ends[code] == LT_DELIVERY_HELD ? 1 : ends[code] == LT_DELIVERY_WAITING ? 2 : 0);
}

static void
test_held_says_why(void)
{
    g_auto(YardScript) script;
    char dossier[37];

    yard_script_init(&script);
    script.code = LT_ERROR_CONFIG;
    lt_uuid4_new(dossier);
    yard_script_poison(&script, dossier);
    g_autoptr(Yard) yard = yard_script_start(&script, ONE, 2);
    yard_send(yard, &(YardEnvelope) { .dossier = dossier });
    yard_wait(yard, LT_DELIVERY_HELD, 1);
    g_autoptr(LtDelivery) held = yard_find(yard, LT_DELIVERY_HELD);
    g_assert_cmpstr(held->reason, ==, "config");
    g_assert_cmpstr(held->cause, ==, "mapping");
    g_assert_cmpstr(held->text, ==, "told to fail");
    g_assert_cmpuint(yard_count_records(yard, "delivery.held"), ==, 1);
}

/* Mended and released: it goes, and after it what stood behind it, in order. */
static void
test_release(void)
{
    g_auto(YardScript) script;
    char dossier[37];
    g_autoptr(GError) error = NULL;

    yard_script_init(&script);
    script.code = LT_ERROR_CONFIG;
    lt_uuid4_new(dossier);
    yard_script_poison(&script, dossier);
    g_autoptr(Yard) yard = yard_script_start(&script, ONE, 2);
    for (guint i = 0; i < 3; i++)
        yard_send(yard, &(YardEnvelope) { .dossier = dossier });
    yard_wait(yard, LT_DELIVERY_HELD, 1);
    yard_script_heal(&script);
    g_autoptr(LtDelivery) held = yard_find(yard, LT_DELIVERY_HELD);
    g_assert_true(lt_dispatcher_release(yard->dispatcher, held->id, "H52", &error));
    yard_wait(yard, LT_DELIVERY_DELIVERED, 3);
    g_assert_cmpuint(yard_count_records(yard, "delivery.released"), ==, 1);
    g_assert_false(lt_dispatcher_release(yard->dispatcher, held->id, "H52", &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "delivery.state");
}

static void
test_refuse_and_resend(void)
{
    g_auto(YardScript) script;
    char dossier[37];
    g_autoptr(GError) error = NULL;

    yard_script_init(&script);
    script.code = LT_ERROR_CONFIG;
    lt_uuid4_new(dossier);
    yard_script_poison(&script, dossier);
    g_autoptr(Yard) yard = yard_script_start(&script, ONE, 2);
    yard_send(yard, &(YardEnvelope) { .dossier = dossier });
    yard_send(yard, &(YardEnvelope) { .dossier = dossier });
    yard_wait(yard, LT_DELIVERY_HELD, 1);
    yard_script_heal(&script);
    g_autoptr(LtDelivery) held = yard_find(yard, LT_DELIVERY_HELD);
    g_assert_true(lt_dispatcher_refuse(yard->dispatcher, held->id, "H52", &error));
    yard_wait(yard, LT_DELIVERY_DELIVERED, 1); /* the one behind it */
    g_assert_cmpuint(yard_count(yard, LT_DELIVERY_REFUSED), ==, 1);
    g_autoptr(LtDelivery) arrived = yard_find(yard, LT_DELIVERY_DELIVERED);
    guint before = yard_script_count(&script);
    g_assert_true(lt_dispatcher_resend(yard->dispatcher, arrived->id, "H52", &error));
    yard_wait(yard, LT_DELIVERY_DELIVERED, 1);
    g_assert_cmpuint(yard_script_count(&script), ==, before + 1);
    g_assert_false(lt_dispatcher_resend(yard->dispatcher, 12345678, "H52", &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "delivery.unknown");
}

/* Down for a while: everything waits, nobody is held, and all arrive when it is back, without waiting for their own back-off. */
static void
test_outage(void)
{
    g_auto(YardScript) script;

    yard_script_init(&script);
    script.failures = 8;
    g_autoptr(Yard) yard = yard_script_start(&script, "[endpoint e]\nplugin=x\nretry_first=30000\nretry_cap=60000\nbreaker_rest=20\n[route r]\nendpoints=e\n", 4);
    yard_send_many(yard, &(YardEnvelope) { NULL }, 30);
    yard_wait(yard, LT_DELIVERY_DELIVERED, 30);
    g_assert_cmpuint(yard_script_count(&script), ==, 38);
    g_assert_cmpuint(yard_count(yard, LT_DELIVERY_HELD), ==, 0);
}

static void
test_retry_after(void)
{
    g_auto(YardScript) script;
    gint64 now_us = lt_time_now_us();

    yard_script_init(&script);
    script.failures = 1;
    script.retry_after_s = 3600;
    g_autoptr(Yard) yard = yard_script_start(&script, ONE, 2);
    yard_send(yard, &(YardEnvelope) { NULL });
    while (yard_script_count(&script) == 0 || yard_count_records(yard, "delivery.attempt") == 0)
        g_usleep(1000);
    g_autoptr(LtDelivery) waiting = yard_find(yard, LT_DELIVERY_WAITING);
    g_assert_cmpint(waiting->not_before_us, >=, now_us + 3600 * LT_US_PER_SECOND);
    g_assert_cmpuint(waiting->attempts, ==, 1);
    g_assert_cmpstr(waiting->reason, ==, "unavailable");
}

/* A system that takes others but fails ten times on this one gets a person's attention. */
static void
test_ten_times(void)
{
    g_auto(YardScript) script;
    char dossier[37];
    guint sent = 0;

    yard_script_init(&script);
    script.code = LT_ERROR_UNAVAILABLE;
    lt_uuid4_new(dossier);
    yard_script_poison(&script, dossier);
    g_autoptr(Yard) yard = yard_script_start(&script, "[endpoint e]\nplugin=x\nretry_first=2\nretry_cap=2\nbreaker_failures=64\n[route r]\nendpoints=e\n", 2);
    yard_send(yard, &(YardEnvelope) { .dossier = dossier });
    while (yard_count(yard, LT_DELIVERY_HELD) == 0 && sent < 2000) {
        yard_send(yard, &(YardEnvelope) { NULL });
        sent++;
    }
    g_autoptr(LtDelivery) held = yard_find(yard, LT_DELIVERY_HELD);
    g_assert_nonnull(held);
    g_assert_cmpstr(held->reason, ==, "delivery.poison");
    g_assert_cmpuint(held->attempts, >=, 10);
}

static void
test_new_plan(void)
{
    g_auto(YardScript) script;

    yard_script_init(&script);
    g_autoptr(Yard) yard = yard_script_start(&script, ONE, 2);
    yard_send(yard, &(YardEnvelope) { NULL });
    yard_wait(yard, LT_DELIVERY_DELIVERED, 1);
    yard_set_plan(yard, "[endpoint f]\nplugin=x\n[route r]\nendpoints=f\n");
    yard_send(yard, &(YardEnvelope) { NULL });
    yard_wait(yard, LT_DELIVERY_DELIVERED, 2);
    g_assert_true(g_str_has_prefix(script.seen->pdata[1], "f "));
}

/* A large attachment is read from disk when its turn comes. */
static void
test_large(void)
{
    g_auto(YardScript) script;

    yard_script_init(&script);
    g_autoptr(Yard) yard = yard_script_start(&script, ONE, 2);
    yard_send(yard, &(YardEnvelope) { .attachment = 500000 });
    yard_wait(yard, LT_DELIVERY_DELIVERED, 1);
}

static gboolean
collect(const char *endpoint, LtInbox *inbox, gpointer data, GError **error)
{
    (void) endpoint;
    (void) inbox;
    (void) error;
    g_atomic_int_inc((gint *) data);
    return TRUE;
}

static void
test_collects(void)
{
    gint rounds = 0;
    gint64 until_us = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;

    fake_endpoint_tell(NULL, collect, &rounds);
    g_autoptr(Yard) yard = yard_new("[endpoint e]\nplugin=x\ncollect_every=5\n");
    yard_start_dispatcher(yard, 1);
    while (g_atomic_int_get(&rounds) < 3 && g_get_monotonic_time() < until_us)
        g_usleep(1000);
    g_assert_cmpint(g_atomic_int_get(&rounds), >=, 3);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *path;
        LtErrorCode code;
    } poisons[] = {
        { "/dispatcher/a-refused-dossier-delays-nobody", LT_ERROR_REFUSED },
        { "/dispatcher/a-held-dossier-delays-nobody", LT_ERROR_CONFIG },
        { "/dispatcher/a-broken-plugin-delays-nobody", LT_ERROR_INTERNAL },
        { "/dispatcher/a-postponed-dossier-delays-nobody", LT_ERROR_UNAVAILABLE },
    };

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dispatcher/delivers-each-once", test_delivers);
    g_test_add_func("/dispatcher/keeps-the-order-of-a-dossier", test_order);
    for (guint i = 0; i < G_N_ELEMENTS(poisons); i++)
        g_test_add_data_func(poisons[i].path, GINT_TO_POINTER(poisons[i].code), test_poison);
    g_test_add_func("/dispatcher/a-held-one-says-why", test_held_says_why);
    g_test_add_func("/dispatcher/a-released-one-goes-before-those-behind-it", test_release);
    g_test_add_func("/dispatcher/refuses-and-resends-for-an-operator", test_refuse_and_resend);
    g_test_add_func("/dispatcher/rides-out-an-outage", test_outage);
    g_test_add_func("/dispatcher/heeds-retry-after", test_retry_after);
    g_test_add_func("/dispatcher/holds-what-fails-ten-times-while-others-arrive", test_ten_times);
    g_test_add_func("/dispatcher/follows-a-new-plan", test_new_plan);
    g_test_add_func("/dispatcher/reads-large-messages-from-disk", test_large);
    g_test_add_func("/dispatcher/collects-on-its-schedule", test_collects);
    return g_test_run();
}
