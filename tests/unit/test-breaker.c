/* SPDX-License-Identifier: Apache-2.0 */
/* test-breaker.c: when an endpoint is left alone, and how it comes back. */
#include "routing/breaker.h"

static LtBreaker
make(void)
{
    LtBreaker breaker = { .limit = 0 };

    lt_breaker_init(&breaker, 3, 100, 350);
    return breaker;
}

static void
test_opens(void)
{
    LtBreaker breaker = make();

    lt_breaker_failed(&breaker, 1, 0);
    lt_breaker_failed(&breaker, 2, 0);
    g_assert_true(lt_breaker_may_send(&breaker, 0));
    lt_breaker_failed(&breaker, 3, 10);
    g_assert_cmpstr(lt_breaker_word(&breaker), ==, "open");
    g_assert_false(lt_breaker_may_send(&breaker, 109));
    g_assert_true(lt_breaker_may_send(&breaker, 110));
}

static void
test_success_between(void)
{
    LtBreaker breaker = make();

    lt_breaker_failed(&breaker, 1, 0);
    lt_breaker_failed(&breaker, 2, 0);
    g_assert_false(lt_breaker_succeeded(&breaker));
    lt_breaker_failed(&breaker, 3, 0);
    lt_breaker_failed(&breaker, 4, 0);
    g_assert_cmpstr(lt_breaker_word(&breaker), ==, "closed");
}

static void
test_poison(void)
{
    LtBreaker breaker = make();

    for (guint i = 0; i < 1000; i++)
        lt_breaker_failed(&breaker, 7, i);
    g_assert_cmpstr(lt_breaker_word(&breaker), ==, "closed");
}

static void
test_probe(void)
{
    LtBreaker breaker = make();

    for (gint64 i = 1; i <= 3; i++)
        lt_breaker_failed(&breaker, i, 0);
    lt_breaker_sent(&breaker);
    g_assert_cmpstr(lt_breaker_word(&breaker), ==, "probing");
    g_assert_false(lt_breaker_may_send(&breaker, 1000)); /* one at a time */
    lt_breaker_failed(&breaker, 1, 1000);
    g_assert_false(lt_breaker_may_send(&breaker, 1199)); /* rests twice as long */
    g_assert_true(lt_breaker_may_send(&breaker, 1200));
    lt_breaker_sent(&breaker);
    lt_breaker_failed(&breaker, 1, 2000);
    g_assert_true(lt_breaker_may_send(&breaker, 2350)); /* but not longer than the cap */
    lt_breaker_sent(&breaker);
    lt_breaker_skipped(&breaker);
    g_assert_true(lt_breaker_may_send(&breaker, 2350));
    lt_breaker_sent(&breaker);
    g_assert_true(lt_breaker_succeeded(&breaker));
    g_assert_true(lt_breaker_may_send(&breaker, 2350));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/breaker/opens-after-so-many-failures-in-a-row", test_opens);
    g_test_add_func("/breaker/a-success-in-between-begins-anew", test_success_between);
    g_test_add_func("/breaker/one-poisoned-delivery-does-not-open-it", test_poison);
    g_test_add_func("/breaker/probes-one-at-a-time-and-rests-longer", test_probe);
    return g_test_run();
}
