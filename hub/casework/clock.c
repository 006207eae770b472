/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c: the dossier's clock, that of its reception, and those of its steps. Whose time a lateness was is worked out in lateness.c. */
#include "casework/clock-private.h"

static void
clock_init(LtClock *self)
{
    *self = (LtClock){ .from_us = LT_NEVER, .due_us = LT_NEVER, .until_us = LT_NEVER };
    self->charges = g_array_new(FALSE, FALSE, sizeof(LtCharge));
}

/* Pauses that begin before @due_us move it; of one that began before @said_us only the part after counts. */
static gint64
move_by_pauses(const LtClockWork *work, gint64 due_us, gint64 said_us)
{
    for (gsize i = 0; i < work->n_pauses; i++) {
        gint64 begins = MAX(work->pauses[i].from_us, said_us), ends = work->pauses[i].until_us;

        if (begins < due_us && ends > begins &&
            !lt_calendar_shift(work->calendar, due_us, lt_calendar_counted(work->calendar, begins, ends, NULL, 0), &due_us, NULL))
            return LT_NEVER;
    }
    return due_us;
}

static gint64
due_by_rules(const LtClockWork *work, gint64 minutes)
{
    LtTerm term = { work->fold->received_us, minutes * LT_US_PER_MINUTE, work->pauses, work->n_pauses, work->fold->rules->cutoff };
    gint64 due_us;

    return lt_calendar_due(work->calendar, &term, NULL, &due_us, NULL) ? due_us : LT_NEVER;
}

/* The promises in order; the last that counts is due. */
static gint64
follow_promises(const LtClockWork *work, LtClocks *out)
{
    const LtFold *fold = work->fold;
    gint64 due_us = LT_NEVER;

    if (fold->promises->len == 0 && fold->rules != NULL && fold->rules->minutes > 0) {
        LtPromiseMade made = { fold->received_us, due_by_rules(work, fold->rules->minutes), NULL, TRUE };

        g_array_append_val(out->promises, made);
        return made.due_us;
    }
    for (guint i = 0; i < fold->promises->len; i++) {
        const LtCasePromise *promise = &g_array_index(fold->promises, LtCasePromise, i);
        LtPromiseMade made = { promise->at_us, promise->due_us, promise->event, due_us == LT_NEVER || promise->at_us <= due_us };

        if (made.counts)
            due_us = move_by_pauses(work, promise->due_us, i == 0 ? work->start_us : promise->at_us);
        g_array_append_val(out->promises, made);
    }
    return due_us;
}

/* How much longer the law would have given. */
static gint64
rule_time(const LtClockWork *work, gint64 due_us)
{
    const LtCaseRules *rules = work->fold->rules;
    gint64 minutes = rules != NULL ? MAX(rules->minutes, rules->legal_minutes) : 0, legal_us;

    if (minutes == 0 || due_us == LT_NEVER)
        return 0;
    legal_us = due_by_rules(work, minutes);
    return legal_us == LT_NEVER ? 0 : lt_calendar_counted(work->calendar, due_us, legal_us, work->pauses, work->n_pauses);
}

static void
run_clock(const LtClockWork *work, LtClock *clock, gint64 from_us, gint64 due_us, gint64 until_us, gboolean over)
{
    clock->from_us = from_us;
    clock->due_us = due_us;
    clock->until_us = over ? until_us : LT_NEVER;
    clock->used_us = lt_calendar_counted(work->calendar, from_us, until_us, work->pauses, work->n_pauses);
    clock->budget_us = due_us == LT_NEVER ? 0 : lt_calendar_counted(work->calendar, from_us, due_us, work->pauses, work->n_pauses);
}

static void
time_dossier(const LtClockWork *work, LtClocks *out)
{
    const LtFold *fold = work->fold;
    LtTerm start = { work->fold->received_us, 0, NULL, 0, fold->rules != NULL ? fold->rules->cutoff : LT_NO_CUTOFF };
    gint64 due_us, from_us;

    if (work->start_us == LT_NEVER || !lt_calendar_due(work->calendar, &start, NULL, &from_us, NULL))
        return;
    due_us = follow_promises(work, out);
    run_clock(work, &out->dossier, from_us, due_us, work->end_us, fold->ended_us != LT_NEVER);
    out->paused_us = lt_calendar_counted(work->calendar, from_us, work->end_us, NULL, 0) - out->dossier.used_us;
    if (due_us != LT_NEVER)
        lt_lateness_charge(work, &out->dossier, work->end_us, rule_time(work, due_us), TRUE, FALSE);
}

/* An online filing is answered when it leaves state 1: taken in, declined, or more is asked for. */
static void
time_reception(const LtClockWork *work, LtClocks *out)
{
    const LtFold *fold = work->fold;
    LtTerm term = { fold->filed_us, LT_RECEPTION_MINUTES * LT_US_PER_MINUTE, NULL, 0, LT_NO_CUTOFF };
    gint64 answered_us = LT_NEVER, due_us, from_us;

    if (fold->filed_us == LT_NEVER || (fold->channel != 0 && fold->channel != 2) || !lt_calendar_due(work->calendar, &term, &from_us, &due_us, NULL))
        return;
    for (guint i = 0; i < fold->changes->len && answered_us == LT_NEVER; i++) {
        const LtCaseChange *change = &g_array_index(fold->changes, LtCaseChange, i);

        if (change->to != LT_CASE_FILED)
            answered_us = MAX(change->at_us, fold->filed_us);
    }
    run_clock(work, &out->reception, from_us, due_us, answered_us != LT_NEVER ? answered_us : out->now_us, answered_us != LT_NEVER);
    lt_lateness_charge(work, &out->reception, answered_us != LT_NEVER ? answered_us : out->now_us, 0, FALSE, TRUE);
}

/* Neighbouring steps of one level are one stay. */
static GArray *
list_stages(const LtCaseRules *rules)
{
    GArray *stages = g_array_new(FALSE, FALSE, sizeof(guint));

    for (guint i = 0; rules != NULL && i < rules->steps->len; i++) {
        const LtCaseStep *step = rules->steps->pdata[i], *before = i > 0 ? rules->steps->pdata[i - 1] : NULL;

        if (before != NULL && step->level != NULL && g_strcmp0(step->level, before->level) == 0)
            g_array_index(stages, guint, stages->len - 1) += step->share;
        else
            g_array_append_val(stages, step->share);
    }
    return stages;
}

/* Which share each stay within the clock has: in order; a stay beyond the last stage, at an office that was there before, has none of its own left. */
static guint *
share_stays(const LtClockWork *work, const GArray *stages)
{
    const LtFold *fold = work->fold;
    guint *shares = g_new(guint, MAX(fold->stays->len, 1)), stage = 0;

    for (guint i = 0; i < fold->stays->len; i++) {
        const LtStay *stay = &g_array_index(fold->stays, LtStay, i);

        shares[i] = G_MAXUINT;
        if ((stay->until_us != LT_NEVER && stay->until_us <= work->start_us) || stay->from_us >= work->end_us)
            continue;
        if (stage < stages->len)
            shares[i] = g_array_index(stages, guint, stage++);
    }
    return shares;
}

static void
time_step(const LtClockWork *work, LtClocks *out, guint number, guint share)
{
    const LtStay *stay = &g_array_index(work->fold->stays, LtStay, number);
    LtStepClock step = { .stay = number };
    gint64 begins = MAX(stay->from_us, out->dossier.from_us), ends = stay->until_us != LT_NEVER ? MIN(stay->until_us, work->end_us) : work->end_us;
    LtTerm term = { begins, (gint64) ((__int128) out->dossier.budget_us * share / 1000), work->pauses, work->n_pauses, LT_NO_CUTOFF };
    gint64 due_us, from_us;

    if (ends < begins || !lt_calendar_due(work->calendar, &term, &from_us, &due_us, NULL))
        return;
    clock_init(&step.clock);
    run_clock(work, &step.clock, begins, due_us, ends, stay->until_us != LT_NEVER || work->fold->ended_us != LT_NEVER);
    lt_lateness_charge(work, &step.clock, ends, 0, FALSE, FALSE);
    g_array_append_val(out->steps, step);
}

static LtPause *
cut_pauses(const LtFold *fold, gint64 end_us, gsize *n_pauses)
{
    LtPause *pauses = g_new(LtPause, fold->pauses->len + 1);

    *n_pauses = 0;
    for (guint i = 0; i < fold->pauses->len; i++) {
        const LtCasePause *pause = &g_array_index(fold->pauses, LtCasePause, i);
        gint64 until_us = MIN(pause->until_us, end_us);

        if (until_us > pause->from_us)
            pauses[(*n_pauses)++] = (LtPause){ pause->from_us, until_us };
    }
    return pauses;
}

LtClocks *
lt_clocks_new(const LtFold *fold, const LtCalendar *calendar, gint64 now_us)
{
    LtClocks *self = g_new0(LtClocks, 1);
    g_autoptr(GArray) stages = list_stages(fold->rules);
    g_autofree guint *shares = NULL;
    g_autofree LtPause *pauses = NULL;
    LtClockWork work = { .fold = fold, .calendar = calendar, .start_us = fold->received_us };

    self->now_us = now_us != LT_NEVER ? now_us : fold->last_us;
    clock_init(&self->dossier);
    clock_init(&self->reception);
    self->steps = g_array_new(FALSE, FALSE, sizeof(LtStepClock));
    self->promises = g_array_new(FALSE, FALSE, sizeof(LtPromiseMade));
    work.end_us = fold->ended_us != LT_NEVER ? fold->ended_us : self->now_us;
    work.pauses = pauses = cut_pauses(fold, work.end_us, &work.n_pauses);
    if (stages->len > 0)
        work.shares = shares = share_stays(&work, stages);
    time_dossier(&work, self);
    time_reception(&work, self);
    for (guint i = 0; shares != NULL && self->dossier.due_us != LT_NEVER && i < fold->stays->len; i++) {
        if (shares[i] != G_MAXUINT)
            time_step(&work, self, i, shares[i]);
    }
    return self;
}

void
lt_clocks_free(LtClocks *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < self->steps->len; i++)
        g_array_unref(g_array_index(self->steps, LtStepClock, i).clock.charges);
    g_array_unref(self->steps);
    g_array_unref(self->promises);
    g_array_unref(self->dossier.charges);
    g_array_unref(self->reception.charges);
    g_free(self);
}
