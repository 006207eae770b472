/* SPDX-License-Identifier: Apache-2.0 */
/* test-delivery.c: the state table walked in full, the back-off, the advice. */
#include "routing/delivery.h"

#include <string.h>

#include "base/error.h"

/* What is meant, state by state: one column per event in order, 0 where the event has no meaning. */
static const LtDeliveryState meant[LT_DELIVERY_WITHDRAWN + 1][LT_EVENT_LAST + 1] = {
    [LT_DELIVERY_WAITING] = { [LT_EVENT_ARRIVED] = LT_DELIVERY_DELIVERED, [LT_EVENT_RECEIPTED] = LT_DELIVERY_CONFIRMED,
                              [LT_EVENT_POSTPONED] = LT_DELIVERY_WAITING, [LT_EVENT_STUCK] = LT_DELIVERY_HELD,
                              [LT_EVENT_REFUSED] = LT_DELIVERY_REFUSED, [LT_EVENT_GIVEN_UP] = LT_DELIVERY_REFUSED,
                              [LT_EVENT_WITHDRAWN] = LT_DELIVERY_WITHDRAWN },
    [LT_DELIVERY_DELIVERED] = { [LT_EVENT_RECEIPTED] = LT_DELIVERY_CONFIRMED, [LT_EVENT_REFUSED] = LT_DELIVERY_REFUSED,
                                [LT_EVENT_RESENT] = LT_DELIVERY_WAITING },
    [LT_DELIVERY_CONFIRMED] = { [LT_EVENT_REFUSED] = LT_DELIVERY_REFUSED, [LT_EVENT_RESENT] = LT_DELIVERY_WAITING },
    [LT_DELIVERY_HELD] = { [LT_EVENT_RECEIPTED] = LT_DELIVERY_CONFIRMED, [LT_EVENT_RELEASED] = LT_DELIVERY_WAITING,
                           [LT_EVENT_GIVEN_UP] = LT_DELIVERY_REFUSED, [LT_EVENT_WITHDRAWN] = LT_DELIVERY_WITHDRAWN },
    [LT_DELIVERY_REFUSED] = { [LT_EVENT_RELEASED] = LT_DELIVERY_WAITING },
};

static void
test_table(void)
{
    gsize n_rules, n_meant = 0;

    lt_delivery_rules(&n_rules);
    for (int state = LT_DELIVERY_WAITING; state <= LT_DELIVERY_WITHDRAWN; state++) {
        for (int event = LT_EVENT_ARRIVED; event <= LT_EVENT_LAST; event++) {
            const LtDeliveryRule *rule = lt_delivery_rule((LtDeliveryState) state, (LtDeliveryEvent) event);

            if (meant[state][event] == 0) {
                g_assert_null(rule);
                continue;
            }
            n_meant++;
            g_assert_nonnull(rule);
            g_assert_cmpint(rule->to, ==, meant[state][event]);
            g_assert_true(g_str_has_prefix(rule->record, "delivery."));
            g_assert_nonnull(lt_delivery_event_word((LtDeliveryEvent) event));
        }
    }
    g_assert_cmpuint(n_rules, ==, n_meant);
}

/* Nothing is a dead end that a person cannot leave, but what the sender took back. */
static void
test_ways_out(void)
{
    static const LtDeliveryState final[] = { LT_DELIVERY_HELD, LT_DELIVERY_REFUSED, LT_DELIVERY_DELIVERED, LT_DELIVERY_CONFIRMED };

    for (guint i = 0; i < G_N_ELEMENTS(final); i++) {
        const LtDeliveryRule *released = lt_delivery_rule(final[i], LT_EVENT_RELEASED);
        const LtDeliveryRule *resent = lt_delivery_rule(final[i], LT_EVENT_RESENT);

        g_assert_true(released != NULL || resent != NULL);
    }
}

static void
test_outcomes(void)
{
    gsize n_rules;
    const LtErrorRule *rules = lt_error_rules(&n_rules);

    g_assert_cmpint(lt_delivery_outcome(NULL), ==, LT_EVENT_ARRIVED);
    for (gsize i = 0; i < n_rules; i++) {
        g_autoptr(GError) error = g_error_new_literal(LT_ERROR, rules[i].code, "x");
        LtDeliveryEvent event = lt_delivery_outcome(error);

        g_assert_cmpint(event, ==, rules[i].fate == LT_FATE_REFUSE ? LT_EVENT_REFUSED : rules[i].fate == LT_FATE_HOLD ? LT_EVENT_STUCK : LT_EVENT_POSTPONED);
    }
    g_autoptr(GError) foreign = g_error_new_literal(G_FILE_ERROR, G_FILE_ERROR_IO, "x");
    g_assert_cmpint(lt_delivery_outcome(foreign), ==, LT_EVENT_STUCK);
}

static void
test_backoff(void)
{
    const gint64 first = 5000000, cap = 1800000000;
    gint64 last = 0;

    for (guint attempts = 1; attempts < 40; attempts++) {
        gint64 longest = lt_delivery_backoff(attempts, 0, -1, first, cap);
        gint64 shortest = lt_delivery_backoff(attempts, G_MAXUINT32, -1, first, cap);

        g_assert_cmpint(longest, >=, last);
        g_assert_cmpint(longest, <=, cap);
        g_assert_cmpint(shortest, >=, longest / 2);
        g_assert_cmpint(shortest, <=, longest);
        last = longest;
    }
    g_assert_cmpint(lt_delivery_backoff(1, 0, -1, first, cap), ==, first);
    g_assert_cmpint(lt_delivery_backoff(2, 0, -1, first, cap), ==, 2 * first);
    g_assert_cmpint(last, ==, cap);
    g_assert_cmpint(lt_delivery_backoff(G_MAXUINT, 0, -1, G_MAXINT64 / 2, G_MAXINT64 / 2), ==, G_MAXINT64 / 2);
}

static void
test_retry_after(void)
{
    g_assert_cmpint(lt_delivery_backoff(30, 0, 7, 1, 10), ==, 7000000);
    g_assert_cmpint(lt_delivery_backoff(1, G_MAXUINT32, 7, 1, 10), >=, 7000000);
    g_assert_cmpint(lt_delivery_backoff(1, G_MAXUINT32, 7, 1, 10), <=, 7700000);
    g_assert_cmpint(lt_delivery_backoff(1, 0, 0, 5, 10), ==, 0);
}

static void
test_advice(void)
{
    gsize n;
    const LtDeliveryAdvice *advices = lt_delivery_advices(&n);

    for (gsize i = 0; i < n; i++) {
        g_assert_cmpstr(lt_delivery_cause_text(advices[i].cause, "en"), !=, "");
        g_assert_cmpstr(lt_delivery_cause_text(advices[i].cause, "vi"), !=, "");
        g_assert_true(g_utf8_validate(advices[i].fix_vi, -1, NULL));
        g_assert_cmpstr(advices[i].fix_en, !=, "");
        for (gsize j = 0; j < i; j++)
            g_assert_cmpstr(advices[i].reason, !=, advices[j].reason);
    }
    g_assert_cmpstr(lt_delivery_advice("link.tls")->reason, ==, "link.tls");
    g_assert_cmpstr(lt_delivery_advice("link.connect")->reason, ==, "link.");
    g_assert_cmpstr(lt_delivery_advice("no-such-word")->cause, ==, "bug");
    g_assert_cmpstr(lt_delivery_advice(NULL)->cause, ==, "bug");
}

/* Every generic word of an error has a row of its own, so that no plugin can make an error without advice. */
static void
test_advice_for_all_codes(void)
{
    gsize n_rules;
    const LtErrorRule *rules = lt_error_rules(&n_rules);

    for (gsize i = 0; i < n_rules; i++)
        g_assert_cmpstr(lt_delivery_advice(rules[i].word)->reason, ==, rules[i].word);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/delivery/every-state-and-event-leads-where-it-is-meant", test_table);
    g_test_add_func("/delivery/an-operator-can-act-in-every-state", test_ways_out);
    g_test_add_func("/delivery/the-fate-of-an-error-is-its-event", test_outcomes);
    g_test_add_func("/delivery/backs-off-longer-each-time-up-to-the-cap", test_backoff);
    g_test_add_func("/delivery/retry-after-wins", test_retry_after);
    g_test_add_func("/delivery/advises-by-the-longest-prefix", test_advice);
    g_test_add_func("/delivery/has-advice-for-every-kind-of-error", test_advice_for_all_codes);
    return g_test_run();
}
