/* SPDX-License-Identifier: Apache-2.0 */
/* test-explanation.c: whose turn it is, and what is said of each message that has not arrived. */
#include "routing/explanation.h"

#include <string.h>

#include "store/delivery-row.h"

#define START_US (G_GINT64_CONSTANT(1762000000) * G_USEC_PER_SEC)

typedef struct {
    const char *endpoint;
    LtDeliveryState state;
    const char *reason;
    gint64 not_before_us;
} Under;

typedef struct {
    const char *name;
    const char *state;   /* TrangThaiHoSo that the office said last */
    Under under[3];      /* ended by endpoint NULL */
    LtTurn turn;
    guint n_steps;
} Case;

static const Case cases[] = {
    { "an-office-that-works", "4", { { 0 } }, LT_TURN_OFFICE, 0 },
    { "a-citizen-who-must-bring-a-paper", "5", { { 0 } }, LT_TURN_CITIZEN, 0 },
    { "nobody-once-it-is-returned", "10", { { 0 } }, LT_TURN_NOBODY, 0 },
    { "the-hub-while-a-message-is-under-way", "4", { { "huyen", LT_DELIVERY_WAITING, NULL, 0 } }, LT_TURN_HUB, 1 },
    { "the-hub-that-tries-again", "4", { { "huyen", LT_DELIVERY_WAITING, "link.connect", START_US + 5 } }, LT_TURN_HUB, 1 },
    { "the-unit-that-must-fetch", "4", { { "inbox", LT_DELIVERY_WAITING, NULL, 0 } }, LT_TURN_INBOX, 1 },
    { "a-person-before-all-others", "4", { { "huyen", LT_DELIVERY_WAITING, NULL, 0 }, { "tinh", LT_DELIVERY_HELD, "delivery.poison", 0 } }, LT_TURN_PERSON, 2 },
    { "a-person-when-it-was-refused", "4", { { "huyen", LT_DELIVERY_REFUSED, "rest.refused", 0 } }, LT_TURN_PERSON, 1 },
    { "no-refusal-that-was-acted-on", "4", { { "huyen", LT_DELIVERY_REFUSED, "rest.refused", 0 }, { "huyen", LT_DELIVERY_CONFIRMED, NULL, 0 } }, LT_TURN_OFFICE, 0 },
};

static GPtrArray *
deliveries_of(const Case *test)
{
    GPtrArray *deliveries = g_ptr_array_new_with_free_func((GDestroyNotify) lt_delivery_unref);

    for (const Under *under = test->under; under < test->under + G_N_ELEMENTS(test->under) && under->endpoint != NULL; under++) {
        LtDelivery *delivery = lt_delivery_new();

        delivery->id = (gint64) deliveries->len + 1;
        delivery->type = g_strdup("dossier.submit");
        delivery->from = g_strdup("H52.101");
        delivery->receiver = g_strdup("H52.102");
        delivery->endpoint = g_strdup(under->endpoint);
        delivery->state = under->state;
        delivery->reason = g_strdup(under->reason);
        delivery->not_before_us = under->not_before_us;
        delivery->created_us = START_US;
        delivery->changed_us = START_US + 1;
        g_ptr_array_add(deliveries, delivery);
    }
    return deliveries;
}

static char *
contact_of(gpointer data, const char *endpoint)
{
    (void) data;
    return g_strconcat("contact of ", endpoint, NULL);
}

static void
test_turn(gconstpointer data)
{
    const Case *test = data;
    const LtDossier dossier = { .state = (char *) test->state, .holder_unit = (char *) "H52.102", .changed_us = START_US };
    g_autoptr(GPtrArray) deliveries = deliveries_of(test);
    g_autoptr(LtExplanation) explanation = lt_explanation_new(&dossier, deliveries, contact_of, NULL);
    g_autoptr(GString) out = g_string_new("{");

    g_assert_cmpstr(lt_turn_word(explanation->turn), ==, lt_turn_word(test->turn));
    g_assert_cmpuint(explanation->steps->len, ==, test->n_steps);
    g_assert_cmpint(explanation->since_us, >, 0);
    for (guint i = 0; i < explanation->steps->len; i++) {
        const LtExplanationStep *step = &g_array_index(explanation->steps, LtExplanationStep, i);

        g_assert_true((step->advice != NULL) == (step->delivery->reason != NULL));
        g_assert_true(g_str_has_prefix(step->contact, "contact of "));
        g_assert_cmpint(step->next_us, ==, step->turn == LT_TURN_HUB ? step->delivery->not_before_us : 0);
    }
    lt_explanation_append_members(out, explanation, "vi");
    g_assert_nonnull(strstr(out->str, lt_turn_word(test->turn)));
}

/* Order is kept per dossier and endpoint: only the oldest is tried. */
static void
test_a_message_waits_for_the_one_before_it(void)
{
    static const Case test = { .under = { { "huyen", LT_DELIVERY_WAITING, "link.connect", START_US + 5 }, { "huyen", LT_DELIVERY_WAITING, NULL, 0 },
                                          { "tinh", LT_DELIVERY_WAITING, NULL, 0 } } };
    const LtDossier dossier = { .state = (char *) "4", .holder_unit = (char *) "H52.102", .changed_us = START_US };
    g_autoptr(GPtrArray) deliveries = deliveries_of(&test);
    g_autoptr(LtExplanation) explanation = lt_explanation_new(&dossier, deliveries, NULL, NULL);

    g_assert_false(g_array_index(explanation->steps, LtExplanationStep, 0).stands_behind);
    g_assert_true(g_array_index(explanation->steps, LtExplanationStep, 1).stands_behind);
    g_assert_false(g_array_index(explanation->steps, LtExplanationStep, 2).stands_behind);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/explanation/names-%s", cases[i].name);

        g_test_add_data_func(path, &cases[i], test_turn);
    }
    g_test_add_func("/explanation/a-message-waits-for-the-one-before-it", test_a_message_waits_for_the_one_before_it);
    return g_test_run();
}
