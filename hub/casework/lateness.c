/* SPDX-License-Identifier: Apache-2.0 */
/* lateness.c: whose time a lateness was.
 *
 * Pauses that begin after the due instant are the citizen's part; what the law would still have allowed is the rule's. The rest is shared among those who
 * took more than was theirs, in proportion to what they took beyond it: systems and the hub have no time of their own, an office has its
 * share of the budget. What some saved only makes the whole smaller. Everything is counted in microseconds, shared out without
 * a remainder, and turned into minutes that add up to the whole.
 */
#include "casework/clock-private.h"

#include <string.h>

/* A claim on a part of the lateness. */
typedef struct {
    LtCause cause;
    const char *unit;
    guint stay;
    gint64 taken_us;  /* working time in the window */
    gint64 beyond_us; /* of it, beyond its own */
} Claim;

/* Shares @total by weights, exactly: whole parts first, then one each to the largest remainders. */
static void
share_out(gint64 total, const gint64 *weights, guint n, gint64 *parts)
{
    g_autofree gint64 *remainders = g_new0(gint64, n + 1);
    __int128 sum = 0;
    gint64 left = total;

    for (guint i = 0; i < n; i++)
        sum += weights[i];
    for (guint i = 0; i < n; i++) {
        parts[i] = sum == 0 ? 0 : (gint64) ((__int128) total * weights[i] / sum);
        remainders[i] = sum == 0 ? 0 : (gint64) ((__int128) total * weights[i] % sum);
        left -= parts[i];
    }
    while (left > 0 && sum > 0) {
        guint largest = 0;

        for (guint i = 1; i < n; i++)
            largest = remainders[i] > remainders[largest] ? i : largest;
        parts[largest]++;
        remainders[largest] = -1;
        left--;
    }
}

static Claim *
find_claim(GArray *claims, LtCause cause, const char *unit, guint stay)
{
    Claim fresh = { cause, unit, stay, 0, 0 };

    for (guint i = 0; i < claims->len; i++) {
        Claim *claim = &g_array_index(claims, Claim, i);

        if (claim->cause == cause && g_strcmp0(claim->unit, unit) == 0 && (cause != LT_CAUSE_OFFICER || claim->stay == stay))
            return claim;
    }
    g_array_append_val(claims, fresh);
    return &g_array_index(claims, Claim, claims->len - 1);
}

static GArray *
collect_claims(const LtClockWork *work, gint64 from_us, gint64 until_us, gboolean first_is_system)
{
    GArray *claims = g_array_new(FALSE, FALSE, sizeof(Claim));

    for (guint i = 0; i < work->fold->stretches->len; i++) {
        const LtStretch *stretch = &g_array_index(work->fold->stretches, LtStretch, i);
        LtCause cause = first_is_system && stretch->stay == 0 && stretch->owner == LT_CAUSE_OFFICER ? LT_CAUSE_SOURCE : stretch->owner;
        gint64 begins = MAX(stretch->from_us, from_us), ends = MIN(stretch->until_us, until_us);

        if (ends > begins)
            find_claim(claims, cause, stretch->unit, stretch->stay)->taken_us +=
                lt_calendar_counted(work->calendar, begins, ends, work->pauses, work->n_pauses);
    }
    return claims;
}

/* Offices with one budget together: beyond it is what all took beyond it, in proportion to what each took. */
static void
judge_together(GArray *claims, gint64 budget_us)
{
    gint64 all_us = 0;

    for (guint i = 0; i < claims->len; i++) {
        const Claim *claim = &g_array_index(claims, Claim, i);

        all_us += claim->cause == LT_CAUSE_OFFICER ? claim->taken_us : 0;
    }
    for (guint i = 0; i < claims->len && all_us > budget_us; i++) {
        Claim *claim = &g_array_index(claims, Claim, i);

        if (claim->cause == LT_CAUSE_OFFICER)
            claim->beyond_us = (gint64) ((__int128) (all_us - budget_us) * claim->taken_us / all_us);
    }
}

static void
judge_by_share(const LtClockWork *work, GArray *claims, gint64 budget_us)
{
    for (guint i = 0; i < claims->len; i++) {
        Claim *claim = &g_array_index(claims, Claim, i);
        guint share = claim->cause == LT_CAUSE_OFFICER && work->shares[claim->stay] != G_MAXUINT ? work->shares[claim->stay] : 0;

        if (claim->cause == LT_CAUSE_OFFICER)
            claim->beyond_us = MAX(claim->taken_us - (gint64) ((__int128) budget_us * share / 1000), 0);
    }
}

/* Systems have no time of their own. Where nobody took more than was theirs (rounding), all that was taken counts. */
static void
judge(const LtClockWork *work, GArray *claims, gint64 budget_us, gboolean by_share)
{
    gint64 sum = 0;

    if (by_share)
        judge_by_share(work, claims, budget_us);
    else
        judge_together(claims, budget_us);
    for (guint i = 0; i < claims->len; i++) {
        Claim *claim = &g_array_index(claims, Claim, i);

        if (claim->cause != LT_CAUSE_OFFICER)
            claim->beyond_us = claim->taken_us;
        sum += claim->beyond_us;
    }
    for (guint i = 0; i < claims->len && sum == 0; i++)
        g_array_index(claims, Claim, i).beyond_us = g_array_index(claims, Claim, i).taken_us;
}

static void
add_charge(GArray *charges, LtCause cause, const char *unit, gint64 minutes)
{
    LtCharge charge = { cause, unit, minutes };

    for (guint i = 0; i < charges->len; i++) {
        LtCharge *before = &g_array_index(charges, LtCharge, i);

        if (before->cause == cause && g_strcmp0(before->unit, unit) == 0) {
            before->minutes += minutes;
            return;
        }
    }
    if (minutes > 0)
        g_array_append_val(charges, charge);
}

/* @late_us is the whole; citizen and rule have theirs, the claims share the rest; then all are turned into minutes together. */
static void
settle(LtClock *clock, GArray *claims, gint64 late_us, gint64 citizen_us, gint64 rule_us)
{
    guint n = claims->len + 2;
    g_autofree gint64 *weights = g_new0(gint64, n), *parts = g_new0(gint64, n), *minutes = g_new0(gint64, n);

    for (guint i = 0; i < claims->len; i++)
        weights[i] = g_array_index(claims, Claim, i).beyond_us;
    share_out(late_us - citizen_us - rule_us, weights, claims->len, parts);
    parts[n - 2] = citizen_us;
    parts[n - 1] = rule_us;
    share_out(clock->late_minutes, parts, n, minutes);
    for (guint i = 0; i < claims->len; i++)
        add_charge(clock->charges, g_array_index(claims, Claim, i).cause, g_array_index(claims, Claim, i).unit, minutes[i]);
    add_charge(clock->charges, LT_CAUSE_CITIZEN, NULL, minutes[n - 2]);
    add_charge(clock->charges, LT_CAUSE_RULE, NULL, minutes[n - 1]);
}

void
lt_lateness_charge(const LtClockWork *work, LtClock *clock, gint64 until_us, gint64 rule_us, gboolean by_share, gboolean first_is_system)
{
    gint64 late_us = lt_calendar_counted(work->calendar, clock->due_us, until_us, NULL, 0);
    gint64 working_us = lt_calendar_counted(work->calendar, clock->due_us, until_us, work->pauses, work->n_pauses);
    g_autoptr(GArray) claims = NULL;

    clock->late_minutes = (late_us + LT_US_PER_MINUTE - 1) / LT_US_PER_MINUTE;
    if (late_us == 0)
        return;
    rule_us = MIN(rule_us, working_us);
    claims = collect_claims(work, clock->from_us, until_us, first_is_system);
    judge(work, claims, clock->budget_us + rule_us, by_share && work->shares != NULL);
    settle(clock, claims, late_us, late_us - working_us, rule_us);
}

gint64
lt_clock_minutes_of(const LtClock *self, LtCause cause)
{
    gint64 sum = 0;

    for (guint i = 0; i < self->charges->len; i++) {
        const LtCharge *charge = &g_array_index(self->charges, LtCharge, i);

        sum += charge->cause == cause ? charge->minutes : 0;
    }
    return sum;
}
