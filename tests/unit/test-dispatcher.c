/* SPDX-License-Identifier: Apache-2.0 */
/* test-dispatcher.c: the small wheel with fake endpoints: order, shares, back-off, breaker, poison, restart, operators, collecting. */
#include "routing/dispatcher.h"

#include <string.h>

#include "base/uuid.h"
#include "base/value.h"
#include "lib/fake-endpoint.h"
#include "lib/yard.h"

#define ONE "[endpoint e]\nplugin=x\n[route r]\nendpoints=e\n"

/* What the endpoints have seen, and what they are told to do. */
typedef struct {
    GMutex lock;
    GPtrArray *seen;         /* "endpoint id dossier" in order of the calls */
    GHashTable *poisoned;    /* dossiers that fail */
    LtErrorCode code;        /* how they fail */
    guint failures;          /* this many calls fail first, whoever it is */
    gint64 retry_after_s;    /* of those; −1: none */
    gint64 slow_us;
    const char *hanging;     /* endpoint that hangs until cancelled */
    guint running, most_running;
} Script;

static void
script_init(Script *script)
{
    memset(script, 0, sizeof *script);
    g_mutex_init(&script->lock);
    script->seen = g_ptr_array_new_with_free_func(g_free);
    script->poisoned = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    script->code = LT_ERROR_REFUSED;
    script->retry_after_s = -1;
}

static void
script_clear(Script *script)
{
    g_ptr_array_unref(script->seen);
    g_hash_table_unref(script->poisoned);
    g_mutex_clear(&script->lock);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Script, script_clear)

static gboolean
fail(LtErrorCode code, gint64 retry_after_s, GError **error)
{
    GError *cause = NULL;

    g_set_error_literal(&cause, LT_ERROR, (int) code, "told to fail");
    if (retry_after_s >= 0)
        lt_error_set_retry_after(cause, retry_after_s);
    g_propagate_error(error, cause);
    return FALSE;
}

static void
hang(GCancellable *cancellable)
{
    while (!g_cancellable_is_cancelled(cancellable))
        g_usleep(1000);
}

static gboolean
deliver(const char *endpoint, LtMessage *message, GCancellable *cancellable, gpointer data, GError **error)
{
    Script *script = data;
    gboolean poisoned, failing, hangs = g_strcmp0(script->hanging, endpoint) == 0;
    LtErrorCode code;

    g_mutex_lock(&script->lock);
    g_ptr_array_add(script->seen, g_strdup_printf("%s %s %s", endpoint, lt_message_get_id(message), lt_message_get_dossier(message)));
    poisoned = g_hash_table_contains(script->poisoned, lt_message_get_dossier(message));
    code = script->code;
    failing = script->failures > 0;
    script->failures -= failing;
    script->most_running = MAX(script->most_running, ++script->running);
    g_mutex_unlock(&script->lock);
    if (hangs)
        hang(cancellable);
    else if (script->slow_us > 0)
        g_usleep((gulong) script->slow_us);
    g_mutex_lock(&script->lock);
    script->running--;
    g_mutex_unlock(&script->lock);
    if (poisoned)
        return fail(code, -1, error);
    return failing || hangs ? fail(LT_ERROR_UNAVAILABLE, script->retry_after_s, error) : TRUE;
}

static guint
count_seen(Script *script)
{
    guint n;

    g_mutex_lock(&script->lock);
    n = script->seen->len;
    g_mutex_unlock(&script->lock);
    return n;
}

static Yard *
start(Script *script, const char *configuration, guint n_workers)
{
    Yard *yard;

    fake_endpoint_tell(deliver, NULL, script);
    yard = yard_new(configuration);
    yard_start_dispatcher(yard, n_workers);
    return yard;
}

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
    g_auto(Script) script;
    script_init(&script);
    g_autoptr(Yard) yard = start(&script, ONE, 4);

    yard_send_many(yard, &(YardEnvelope) { NULL }, 50);
    yard_wait(yard, LT_DELIVERY_DELIVERED, 50);
    g_assert_cmpuint(count_seen(&script), ==, 50);
    g_autoptr(GPtrArray) health = lt_dispatcher_health(yard->dispatcher);
    g_assert_cmpuint(health_of(health, "e")->delivered, ==, 50);
    g_assert_cmpstr(health_of(health, "e")->breaker, ==, "closed");
}

/* Messages of one dossier arrive in the order in which they came, whatever the number of workers. */
static void
test_order(void)
{
    g_auto(Script) script;
    char dossiers[4][37];
    g_autoptr(GHashTable) last = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    script_init(&script);
    script.slow_us = 500;
    g_autoptr(Yard) yard = start(&script, "[endpoint e]\nplugin=x\nmax_in_flight=8\n[route r]\nendpoints=e\n", 8);
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

static void
poison(Script *script, const char *dossier)
{
    g_mutex_lock(&script->lock);
    g_hash_table_add(script->poisoned, g_strdup(dossier));
    g_mutex_unlock(&script->lock);
}

static void
heal(Script *script)
{
    g_mutex_lock(&script->lock);
    g_hash_table_remove_all(script->poisoned);
    g_mutex_unlock(&script->lock);
}

/* However a dossier fails, its neighbours arrive at once; what stands behind it in its own dossier waits. */
static void
test_poison(gconstpointer data)
{
    static const LtDeliveryState ends[] = { [LT_ERROR_REFUSED] = LT_DELIVERY_REFUSED, [LT_ERROR_CONFIG] = LT_DELIVERY_HELD,
                                            [LT_ERROR_INTERNAL] = LT_DELIVERY_HELD, [LT_ERROR_UNAVAILABLE] = LT_DELIVERY_WAITING };
    LtErrorCode code = (LtErrorCode) GPOINTER_TO_INT(data);
    g_auto(Script) script;
    char dossier[37];

    script_init(&script);
    script.code = code;
    lt_uuid4_new(dossier);
    poison(&script, dossier);
    g_autoptr(Yard) yard = start(&script, "[endpoint e]\nplugin=x\nretry_first=60000\nretry_cap=60000\n[route r]\nendpoints=e\n", 2);
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
    g_auto(Script) script;
    char dossier[37];

    script_init(&script);
    script.code = LT_ERROR_CONFIG;
    lt_uuid4_new(dossier);
    poison(&script, dossier);
    g_autoptr(Yard) yard = start(&script, ONE, 2);
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
    g_auto(Script) script;
    char dossier[37];
    g_autoptr(GError) error = NULL;

    script_init(&script);
    script.code = LT_ERROR_CONFIG;
    lt_uuid4_new(dossier);
    poison(&script, dossier);
    g_autoptr(Yard) yard = start(&script, ONE, 2);
    for (guint i = 0; i < 3; i++)
        yard_send(yard, &(YardEnvelope) { .dossier = dossier });
    yard_wait(yard, LT_DELIVERY_HELD, 1);
    heal(&script);
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
    g_auto(Script) script;
    char dossier[37];
    g_autoptr(GError) error = NULL;

    script_init(&script);
    script.code = LT_ERROR_CONFIG;
    lt_uuid4_new(dossier);
    poison(&script, dossier);
    g_autoptr(Yard) yard = start(&script, ONE, 2);
    yard_send(yard, &(YardEnvelope) { .dossier = dossier });
    yard_send(yard, &(YardEnvelope) { .dossier = dossier });
    yard_wait(yard, LT_DELIVERY_HELD, 1);
    heal(&script);
    g_autoptr(LtDelivery) held = yard_find(yard, LT_DELIVERY_HELD);
    g_assert_true(lt_dispatcher_refuse(yard->dispatcher, held->id, "H52", &error));
    yard_wait(yard, LT_DELIVERY_DELIVERED, 1); /* the one behind it */
    g_assert_cmpuint(yard_count(yard, LT_DELIVERY_REFUSED), ==, 1);
    g_autoptr(LtDelivery) arrived = yard_find(yard, LT_DELIVERY_DELIVERED);
    guint before = count_seen(&script);
    g_assert_true(lt_dispatcher_resend(yard->dispatcher, arrived->id, "H52", &error));
    yard_wait(yard, LT_DELIVERY_DELIVERED, 1);
    g_assert_cmpuint(count_seen(&script), ==, before + 1);
    g_assert_false(lt_dispatcher_resend(yard->dispatcher, 12345678, "H52", &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "delivery.unknown");
}

/* Down for a while: everything waits, nobody is held, and all arrive when it is back, without waiting for their own back-off. */
static void
test_outage(void)
{
    g_auto(Script) script;

    script_init(&script);
    script.failures = 8;
    g_autoptr(Yard) yard = start(&script, "[endpoint e]\nplugin=x\nretry_first=30000\nretry_cap=60000\nbreaker_rest=20\n[route r]\nendpoints=e\n", 4);
    yard_send_many(yard, &(YardEnvelope) { NULL }, 30);
    yard_wait(yard, LT_DELIVERY_DELIVERED, 30);
    g_assert_cmpuint(count_seen(&script), ==, 38);
    g_assert_cmpuint(yard_count(yard, LT_DELIVERY_HELD), ==, 0);
}

static void
test_retry_after(void)
{
    g_auto(Script) script;
    gint64 now_us = lt_time_now_us();

    script_init(&script);
    script.failures = 1;
    script.retry_after_s = 3600;
    g_autoptr(Yard) yard = start(&script, ONE, 2);
    yard_send(yard, &(YardEnvelope) { NULL });
    while (count_seen(&script) == 0 || yard_count_records(yard, "delivery.attempt") == 0)
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
    g_auto(Script) script;
    char dossier[37];
    guint sent = 0;

    script_init(&script);
    script.code = LT_ERROR_UNAVAILABLE;
    lt_uuid4_new(dossier);
    poison(&script, dossier);
    g_autoptr(Yard) yard = start(&script, "[endpoint e]\nplugin=x\nretry_first=2\nretry_cap=2\nbreaker_failures=64\n[route r]\nendpoints=e\n", 2);
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

/* One endpoint hangs: it has its share and no more; the other is as quick as ever. */
static void
test_hanging(void)
{
    g_auto(Script) script;

    script_init(&script);
    script.hanging = "slow";
    g_autoptr(Yard) yard = start(&script, "[endpoint slow]\nplugin=x\nmax_in_flight=3\n[endpoint quick]\nplugin=x\n[route r]\nto=H52.102\nendpoints=slow\n"
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
    g_auto(Script) script;

    script_init(&script);
    script.hanging = "e";
    g_autoptr(Yard) yard = start(&script, ONE, 4);
    yard_send_many(yard, &(YardEnvelope) { NULL }, 30);
    yard_stop_dispatcher(yard);
    g_assert_cmpuint(yard_count(yard, LT_DELIVERY_WAITING), ==, 30);
    guint before = count_seen(&script);
    yard_reopen(yard);
    script.hanging = NULL;
    yard_start_dispatcher(yard, 4);
    yard_wait(yard, LT_DELIVERY_DELIVERED, 30);
    g_assert_cmpuint(count_seen(&script), ==, before + 30);
}

/* More than memory holds: the rest stays on disk, in order, and nothing is lost or done twice. */
static void
test_backlog(void)
{
    enum { MANY = 2600 };
    g_auto(Script) script;
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint again = 0;

    script_init(&script);
    script.hanging = "e";
    g_autoptr(Yard) yard = start(&script, "[endpoint e]\nplugin=x\nmax_in_flight=2\n[route r]\nendpoints=e\n", 2);
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
    g_auto(Script) script;
    g_autoptr(GError) error = NULL;

    script_init(&script);
    script.failures = 1;
    script.retry_after_s = 0;
    g_autoptr(Yard) yard = start(&script, "[endpoint e]\nplugin=x\n[route r]\nendpoints=e\n", 2);
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

static void
test_new_plan(void)
{
    g_auto(Script) script;

    script_init(&script);
    g_autoptr(Yard) yard = start(&script, ONE, 2);
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
    g_auto(Script) script;

    script_init(&script);
    g_autoptr(Yard) yard = start(&script, ONE, 2);
    yard_send(yard, &(YardEnvelope) { .attachment = 500000 });
    yard_wait(yard, LT_DELIVERY_DELIVERED, 1);
}

/* A next hub takes nothing that has expired (envelope.md §8); a system that is no hub gets it all the same. */
static void
test_expired(void)
{
    static const char text[] = "[endpoint hub]\nplugin=x\nnext_hub=true\nretry_first=1\nretry_cap=1\n[endpoint system]\nplugin=x\n[route r]\nendpoints=hub;system\n";
    g_auto(Script) script;
    gint64 now_us = lt_time_now_us();

    script_init(&script);
    fake_endpoint_tell(deliver, NULL, &script);
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
    g_assert_cmpuint(count_seen(&script), ==, 1);
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

/* Stopped in the middle of a hanging verb: within the grace and a little, and nothing is written about what is not known. */
static void
test_stop(void)
{
    g_auto(Script) script;
    gint64 start_us;

    script_init(&script);
    script.hanging = "e";
    g_autoptr(Yard) yard = start(&script, ONE, 4);
    for (guint i = 0; i < 4; i++)
        yard_send(yard, &(YardEnvelope) { NULL });
    while (count_seen(&script) < 4)
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
    g_test_add_func("/dispatcher/an-endpoint-that-hangs-has-its-share-and-no-more", test_hanging);
    g_test_add_func("/dispatcher/goes-on-after-a-restart", test_restart);
    g_test_add_func("/dispatcher/leaves-a-deep-backlog-on-disk", test_backlog);
    g_test_add_func("/dispatcher/holds-what-waits-for-an-endpoint-that-is-gone", test_gone_endpoint);
    g_test_add_func("/dispatcher/follows-a-new-plan", test_new_plan);
    g_test_add_func("/dispatcher/reads-large-messages-from-disk", test_large);
    g_test_add_func("/dispatcher/gives-a-next-hub-nothing-that-has-expired", test_expired);
    g_test_add_func("/dispatcher/collects-on-its-schedule", test_collects);
    g_test_add_func("/dispatcher/stops-in-the-middle-of-a-hanging-verb", test_stop);
    return g_test_run();
}
