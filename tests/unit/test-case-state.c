/* SPDX-License-Identifier: Apache-2.0 */
/* test-case-state.c: the table of states walked in full, and the words of other systems. */
#include "casework/state.h"

/* What is meant, state by state and act by act; where nothing stands the act changes nothing. */
static const LtCaseState meant[LT_CASE_LAST + 1][LT_ACT_LAST + 1] = {
    [LT_CASE_UNKNOWN] = { [LT_ACT_FILES] = 1, [LT_ACT_TAKES_IN] = 2, [LT_ACT_DECLINES] = 3, [LT_ACT_WORKS] = 4, [LT_ACT_ASKS_SUPPLEMENT] = 5,
                          [LT_ACT_SUPPLEMENT] = 4, [LT_ACT_SUPPLEMENT_EARLY] = 1, [LT_ACT_ASKS_FEE] = 6, [LT_ACT_FEE] = 4, [LT_ACT_FEE_EARLY] = 1,
                          [LT_ACT_WITHDRAWS] = 7, [LT_ACT_STOPS] = 8, [LT_ACT_SETTLES] = 9, [LT_ACT_RETURNS] = 10, [LT_ACT_TAKES_BACK] = 2 },
    [LT_CASE_FILED] = { [LT_ACT_TAKES_IN] = 2, [LT_ACT_DECLINES] = 3, [LT_ACT_OFFICE_DECLINES] = 3, [LT_ACT_WORKS] = 4, [LT_ACT_ASKS_SUPPLEMENT] = 5,
                        [LT_ACT_ASKS_FEE] = 6, [LT_ACT_WITHDRAWS] = 7, [LT_ACT_STOPS] = 8, [LT_ACT_SETTLES] = 9, [LT_ACT_RETURNS] = 10 },
    [LT_CASE_TAKEN_IN] = { [LT_ACT_DECLINES] = 3, [LT_ACT_WORKS] = 4, [LT_ACT_ASKS_SUPPLEMENT] = 5, [LT_ACT_ASKS_FEE] = 6, [LT_ACT_WITHDRAWS] = 7,
                           [LT_ACT_STOPS] = 8, [LT_ACT_SETTLES] = 9, [LT_ACT_RETURNS] = 10 },
    [LT_CASE_DECLINED] = { [LT_ACT_FILES] = 1, [LT_ACT_TAKES_IN] = 2, [LT_ACT_WORKS] = 4 },
    [LT_CASE_IN_WORK] = { [LT_ACT_ASKS_SUPPLEMENT] = 5, [LT_ACT_ASKS_FEE] = 6, [LT_ACT_WITHDRAWS] = 7, [LT_ACT_STOPS] = 8, [LT_ACT_SETTLES] = 9,
                          [LT_ACT_RETURNS] = 10, [LT_ACT_TAKES_BACK] = 2 },
    [LT_CASE_SUPPLEMENT] = { [LT_ACT_TAKES_IN] = 2, [LT_ACT_DECLINES] = 3, [LT_ACT_WORKS] = 4, [LT_ACT_SUPPLEMENT] = 4, [LT_ACT_SUPPLEMENT_EARLY] = 1,
                             [LT_ACT_ASKS_FEE] = 6, [LT_ACT_WITHDRAWS] = 7, [LT_ACT_STOPS] = 8, [LT_ACT_SETTLES] = 9, [LT_ACT_RETURNS] = 10,
                             [LT_ACT_TAKES_BACK] = 2 },
    [LT_CASE_FEE] = { [LT_ACT_TAKES_IN] = 2, [LT_ACT_DECLINES] = 3, [LT_ACT_WORKS] = 4, [LT_ACT_ASKS_SUPPLEMENT] = 5, [LT_ACT_FEE] = 4,
                      [LT_ACT_FEE_EARLY] = 1, [LT_ACT_WITHDRAWS] = 7, [LT_ACT_STOPS] = 8, [LT_ACT_SETTLES] = 9, [LT_ACT_RETURNS] = 10, [LT_ACT_TAKES_BACK] = 2 },
    [LT_CASE_WITHDRAWN] = { [LT_ACT_WORKS] = 4, [LT_ACT_STOPS] = 8, [LT_ACT_SETTLES] = 9, [LT_ACT_RETURNS] = 10 },
    [LT_CASE_STOPPED] = { [LT_ACT_WORKS] = 4, [LT_ACT_SETTLES] = 9, [LT_ACT_RETURNS] = 10 },
    [LT_CASE_SETTLED] = { [LT_ACT_RETURNS] = 10 },
};

static void
test_table(void)
{
    gsize n_rules, n_meant = 0;

    lt_case_rules(&n_rules);
    for (int state = LT_CASE_UNKNOWN; state <= LT_CASE_LAST; state++) {
        g_assert_nonnull(lt_case_state_word((LtCaseState) state));
        g_assert_nonnull(lt_case_state_text((LtCaseState) state));
        for (int act = LT_ACT_NONE; act <= LT_ACT_LAST; act++) {
            LtCaseState to = meant[state][act];

            n_meant += to != LT_CASE_UNKNOWN;
            g_assert_nonnull(lt_case_act_word((LtCaseAct) act));
            g_assert_cmpint(lt_case_next((LtCaseState) state, (LtCaseAct) act), ==, to != LT_CASE_UNKNOWN ? (int) to : state);
        }
    }
    g_assert_cmpuint(n_rules, ==, n_meant);
}

/* Saying the same thing twice is saying it once. */
static void
test_repetition(void)
{
    for (int state = LT_CASE_UNKNOWN; state <= LT_CASE_LAST; state++) {
        for (int act = LT_ACT_NONE; act <= LT_ACT_LAST; act++) {
            LtCaseState once = lt_case_next((LtCaseState) state, (LtCaseAct) act);

            g_assert_cmpint(lt_case_next(once, (LtCaseAct) act), ==, once);
        }
    }
}

static void
test_end(void)
{
    for (int act = LT_ACT_NONE; act <= LT_ACT_LAST; act++)
        g_assert_cmpint(lt_case_next(LT_CASE_RETURNED, (LtCaseAct) act), ==, LT_CASE_RETURNED);
    for (int act = LT_ACT_NONE; act <= LT_ACT_LAST; act++)
        g_assert_cmpint(lt_case_next(LT_CASE_SETTLED, (LtCaseAct) act), >=, LT_CASE_SETTLED);
}

static void
test_words(void)
{
    gsize n;
    const LtCaseWord *words = lt_case_portal_words(&n);

    g_assert_cmpuint(n, ==, 10);
    for (gsize i = 0; i < n; i++) /* the portal's own number is the state it leads to from nothing */
        g_assert_cmpint(lt_case_next(LT_CASE_UNKNOWN, lt_case_act_of(words[i].word)), ==, (int) i + 1);
    lt_case_axis_words(&n);
    g_assert_cmpuint(n, ==, 9);
    g_assert_cmpint(lt_case_act_of("03"), ==, LT_ACT_TAKES_IN);
    g_assert_cmpint(lt_case_act_of("3"), ==, LT_ACT_DECLINES);
    g_assert_cmpint(lt_case_act_of("06"), ==, LT_ACT_SETTLES);
    g_assert_cmpint(lt_case_act_of("13"), ==, LT_ACT_NONE);
    g_assert_cmpint(lt_case_act_of("11"), ==, LT_ACT_NONE);
    g_assert_cmpint(lt_case_act_of(NULL), ==, LT_ACT_NONE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/case-state/table-is-what-is-meant", test_table);
    g_test_add_func("/case-state/an-act-repeated-changes-nothing-more", test_repetition);
    g_test_add_func("/case-state/what-has-ended-stays-ended", test_end);
    g_test_add_func("/case-state/words-of-other-systems-lead-to-acts", test_words);
    return g_test_run();
}
