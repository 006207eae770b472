/* SPDX-License-Identifier: Apache-2.0 */
/* fold-states.c: what each message does to the state, and when; the states in order; pauses; beginning and end of the clock.
 *
 * One message may do several things: a submission says when the citizen filed and when the desk took it in. What was done is put in order
 * by its own time, so a message that came late falls where it belongs.
 */
#include "casework/fold-private.h"

#include <string.h>

#include "base/clock.h"

typedef struct {
    LtCaseAct act;
    gint64 at_us;
    const LtCaseEvent *event;
} Deed;

typedef struct {
    GArray *deeds; /* of Deed */
    const LtCaseEvent *first_submission;
    gint64 received_us; /* NgayTiepNhan of any message, or LT_NEVER */
} Deeds;

static void
add(Deeds *self, const LtCaseEvent *event, LtCaseAct act, gint64 at_us)
{
    Deed deed = { act, MIN(at_us, event->at_us), event };

    if (act != LT_ACT_NONE)
        g_array_append_val(self->deeds, deed);
}

static void
add_at(Deeds *self, const LtCaseEvent *event, LtFact fact, LtCaseAct act)
{
    gint64 at_us;

    if (lt_case_event_time(event, fact, &at_us))
        add(self, event, act, at_us);
}

static LtCaseAct
portal_act(const LtCaseEvent *event)
{
    return lt_case_act_of(event->facts[LT_FACT_STATE]);
}

static void
add_submission(Deeds *self, const LtCaseEvent *event)
{
    LtCaseAct act = portal_act(event);
    gboolean taken_in = event->facts[LT_FACT_RECEIVED] != NULL;

    add_at(self, event, LT_FACT_FILED, LT_ACT_FILES);
    add_at(self, event, LT_FACT_RECEIVED, LT_ACT_TAKES_IN);
    if (event != self->first_submission)
        add(self, event, LT_ACT_WORKS, lt_fold_happened(event)); /* passed on: somebody works on it */
    else if (act != LT_ACT_NONE && !(taken_in && (act == LT_ACT_TAKES_IN || act == LT_ACT_FILES)))
        add(self, event, act, lt_fold_happened(event));
    else if (act == LT_ACT_NONE && !taken_in && event->facts[LT_FACT_FILED] == NULL)
        add(self, event, LT_ACT_FILES, lt_fold_happened(event));
}

/* Before the desk has taken the dossier in, a supplement or a fee leads back to the filing. */
static gboolean
is_early(const Deeds *self, gint64 at_us)
{
    return self->received_us == LT_NEVER || at_us < self->received_us;
}

static void
add_status(Deeds *self, const LtCaseEvent *event)
{
    const char *kind = event->facts[LT_FACT_KIND];
    gint64 at_us = lt_fold_happened(event);

    if (g_strcmp0(kind, "fee-paid") == 0) {
        add(self, event, is_early(self, at_us) ? LT_ACT_FEE_EARLY : LT_ACT_FEE, at_us);
        return;
    }
    if (kind != NULL && strcmp(kind, "state") != 0)
        return; /* question, answer, apology, rating, urge: the state is not touched */
    add(self, event, event->facts[LT_FACT_STATE] != NULL ? portal_act(event) : lt_case_act_of(event->facts[LT_FACT_STATUS]), at_us);
}

static void
add_supplement(Deeds *self, const LtCaseEvent *event)
{
    gint64 at_us = lt_fold_happened(event);

    if (g_strcmp0(event->facts[LT_FACT_KIND], "answer") == 0)
        add(self, event, is_early(self, at_us) ? LT_ACT_SUPPLEMENT_EARLY : LT_ACT_SUPPLEMENT, at_us);
    else
        add(self, event, LT_ACT_ASKS_SUPPLEMENT, at_us);
}

static void
add_result(Deeds *self, const LtCaseEvent *event)
{
    LtCaseAct act = portal_act(event);
    gint64 ended_us = lt_fold_happened(event);

    lt_case_event_time(event, LT_FACT_ENDED, &ended_us);
    add(self, event, act == LT_ACT_NONE || act == LT_ACT_RETURNS ? LT_ACT_SETTLES : act, ended_us);
    if (event->facts[LT_FACT_RETURNED] != NULL)
        add_at(self, event, LT_FACT_RETURNED, LT_ACT_RETURNS);
    else if (act == LT_ACT_RETURNS)
        add(self, event, LT_ACT_RETURNS, ended_us);
}

static void
add_message(Deeds *self, const LtCaseEvent *event)
{
    const char *type = event->type != NULL ? event->type : "";

    if (strcmp(type, "dossier.submit") == 0)
        add_submission(self, event);
    else if (strcmp(type, "dossier.status") == 0)
        add_status(self, event);
    else if (strcmp(type, "dossier.supplement") == 0)
        add_supplement(self, event);
    else if (strcmp(type, "dossier.result") == 0)
        add_result(self, event);
    else if (strcmp(type, "dossier.update") == 0)
        add(self, event, portal_act(event), lt_fold_happened(event));
}

static int
compare_deeds(gconstpointer a, gconstpointer b)
{
    const Deed *one = a, *other = b;

    if (one->at_us != other->at_us)
        return one->at_us < other->at_us ? -1 : 1;
    return (one->act > other->act) - (one->act < other->act);
}

/* 15 gives back only where a recall was asked; where an update was, it agrees to that. */
static LtCaseAct
answer_to_recall(LtFold *self, const LtCaseEvent *event, LtCaseAct act, gint64 at_us)
{
    gint64 recall_us = LT_NEVER, update_us = LT_NEVER;

    if (act != LT_ACT_TAKES_BACK)
        return act;
    for (guint i = 0; i < self->events->len; i++) {
        const LtCaseEvent *asked = self->events->pdata[i];
        gboolean is_recall = g_strcmp0(asked->type, "dossier.recall") == 0 || g_strcmp0(asked->facts[LT_FACT_STATUS], "13") == 0;

        if (asked == event || !lt_fold_is_message(asked) || lt_fold_happened(asked) > at_us)
            continue;
        if (is_recall)
            recall_us = lt_fold_happened(asked);
        else if (g_strcmp0(asked->type, "dossier.update") == 0)
            update_us = lt_fold_happened(asked);
    }
    return recall_us != LT_NEVER && recall_us >= update_us ? LT_ACT_TAKES_BACK : LT_ACT_NONE;
}

static void
open_pause(LtFold *self, LtCaseState state, gint64 at_us)
{
    LtCasePause pause = { at_us, G_MAXINT64, state };

    g_array_append_val(self->pauses, pause);
}

static void
close_pause(LtFold *self, gint64 at_us)
{
    LtCasePause *pause = &g_array_index(self->pauses, LtCasePause, self->pauses->len - 1);

    pause->until_us = at_us;
    if (pause->from_us == pause->until_us)
        g_array_set_size(self->pauses, self->pauses->len - 1);
}

static gboolean
has_ended(LtCaseState state)
{
    return state == LT_CASE_DECLINED || state >= LT_CASE_WITHDRAWN;
}

/* The end that counts: 9 before 10 before the others (domain.md §4.6). */
static guint
rank_of_end(LtCaseState state)
{
    return state == LT_CASE_SETTLED ? 3 : state == LT_CASE_RETURNED ? 2 : has_ended(state) ? 1 : 0;
}

/* An end that work went on after is none. */
static void
note_end(LtFold *self, LtCaseState from, LtCaseState to, gint64 at_us)
{
    if (!has_ended(to))
        self->ended_us = LT_NEVER;
    else if (rank_of_end(to) > rank_of_end(from))
        self->ended_us = at_us;
}

static void
apply(LtFold *self, const Deed *deed)
{
    LtCaseAct act = answer_to_recall(self, deed->event, deed->act, deed->at_us);
    LtCaseChange change = { self->state, lt_case_next(self->state, act), act, deed->at_us, deed->event };

    if (act == LT_ACT_FILES && self->filed_us == LT_NEVER)
        self->filed_us = deed->at_us;
    if (change.to == change.from)
        return;
    if (lt_case_is_paused(change.from))
        close_pause(self, deed->at_us);
    if (lt_case_is_paused(change.to))
        open_pause(self, change.to, deed->at_us);
    note_end(self, change.from, change.to, deed->at_us);
    self->state = change.to;
    g_array_append_val(self->changes, change);
}

/* Taken in for the first time, or worked on at the latest. */
static void
find_beginning(LtFold *self, gint64 said_us)
{
    self->received_us = said_us;
    for (guint i = 0; i < self->changes->len && self->received_us == LT_NEVER; i++) {
        const LtCaseChange *change = &g_array_index(self->changes, LtCaseChange, i);

        if (change->to == LT_CASE_TAKEN_IN || change->to == LT_CASE_IN_WORK)
            self->received_us = change->at_us;
    }
}

static gboolean
says_taken_in(const LtCaseEvent *event, gint64 *at_us)
{
    const char *word = event->facts[LT_FACT_STATE] != NULL ? event->facts[LT_FACT_STATE] : event->facts[LT_FACT_STATUS];

    *at_us = lt_fold_happened(event);
    return lt_case_act_of(word) == LT_ACT_TAKES_IN;
}

static void
prepare(LtFold *self, Deeds *deeds)
{
    gint64 at_us;

    for (guint i = 0; i < self->events->len; i++) {
        const LtCaseEvent *event = self->events->pdata[i];

        if (!lt_fold_is_message(event))
            continue;
        if (deeds->first_submission == NULL && g_strcmp0(event->type, "dossier.submit") == 0)
            deeds->first_submission = event;
        if (lt_case_event_time(event, LT_FACT_RECEIVED, &at_us) || says_taken_in(event, &at_us))
            deeds->received_us = deeds->received_us == LT_NEVER ? MIN(at_us, event->at_us) : MIN(deeds->received_us, at_us);
    }
}

void
lt_fold_states(LtFold *self)
{
    Deeds deeds = { g_array_new(FALSE, FALSE, sizeof(Deed)), NULL, LT_NEVER };

    prepare(self, &deeds);
    for (guint i = 0; i < self->events->len; i++) {
        const LtCaseEvent *event = self->events->pdata[i];

        if (lt_fold_is_message(event))
            add_message(&deeds, event);
    }
    g_array_sort(deeds.deeds, compare_deeds);
    for (guint i = 0; i < deeds.deeds->len; i++)
        apply(self, &g_array_index(deeds.deeds, Deed, i));
    find_beginning(self, deeds.received_us);
    g_array_unref(deeds.deeds);
}
