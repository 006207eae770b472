/* SPDX-License-Identifier: Apache-2.0 */
/* test-canary.c: when a changed endpoint is found worse than the one before. */
#include "routing/canary.h"

#include <string.h>

/* Outcomes: '.' went well, 'x' failed. The verdict after the last one, or where it comes early. */
static void
test_the_first_deliveries_decide(void)
{
    static const struct {
        guint limit;
        LtCanaryRate old;
        const char *outcomes;
        LtCanaryState last;
    } rows[] = {
        { 0, { 10, 0 }, "xxx", LT_CANARY_NOT_WATCHED },
        { 3, { 10, 0 }, "..", LT_CANARY_WATCHED },
        { 3, { 10, 0 }, "...", LT_CANARY_GOOD },
        { 3, { 10, 0 }, "....", LT_CANARY_NOT_WATCHED },
        { 3, { 10, 0 }, "..x", LT_CANARY_BAD },
        { 10, { 10, 2 }, "xx........", LT_CANARY_GOOD },
        { 10, { 10, 2 }, "xxx", LT_CANARY_BAD },
        { 10, { 1000, 1 }, "x", LT_CANARY_BAD },
        { 4, { 4, 4 }, "xxxx", LT_CANARY_GOOD },
        { 5, { 0, 0 }, ".....", LT_CANARY_GOOD },
        { 5, { 0, 0 }, "x", LT_CANARY_BAD },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        LtCanary canary;
        LtCanaryState state = LT_CANARY_NOT_WATCHED;

        lt_canary_begin(&canary, rows[i].limit, rows[i].old);
        for (const char *c = rows[i].outcomes; *c != '\0'; c++)
            state = lt_canary_note(&canary, *c == 'x');
        g_test_message("row %" G_GSIZE_FORMAT ": %s", i, rows[i].outcomes);
        g_assert_cmpint(state, ==, rows[i].last);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/canary/the-first-deliveries-decide", test_the_first_deliveries_decide);
    return g_test_run();
}
