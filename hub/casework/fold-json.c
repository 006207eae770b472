/* SPDX-License-Identifier: Apache-2.0 */
/* fold-json.c: times stand in local time with +07:00; what is not known is left out; amounts are working minutes, begun ones counted in a
 * lateness, whole ones in what was used. */
#include "casework/fold-json.h"

#include "base/clock.h"
#include "base/json.h"

static void
append_time(GString *out, const char *name, gint64 at_us)
{
    char text[LT_LOCAL_TIME_SIZE];

    if (at_us == LT_NEVER || at_us == G_MAXINT64 || at_us == G_MININT64)
        return;
    lt_time_write_local(at_us, text);
    lt_json_append_member(out, name, text);
}

static void
append_flag(GString *out, const char *name, gboolean value)
{
    char before = out->str[out->len - 1];

    g_string_append_printf(out, "%s\"%s\":%s", before == '{' || before == '[' ? "" : ",", name, value ? "true" : "false");
}

static void
begin(GString *out, const char *name, char bracket)
{
    char before = out->str[out->len - 1];

    g_string_append_printf(out, "%s\"%s\":%c", before == '{' || before == '[' ? "" : ",", name, bracket);
}

static void
begin_item(GString *out)
{
    g_string_append(out, out->str[out->len - 1] == '[' ? "{" : ",{");
}

static void
append_charges(GString *out, const LtClock *clock)
{
    begin(out, "late_by", '{');
    for (guint cause = 0; cause < LT_N_CAUSES; cause++)
        lt_json_append_integer(out, lt_cause_word((LtCause) cause), lt_clock_minutes_of(clock, (LtCause) cause));
    g_string_append_c(out, '}');
    begin(out, "late_parts", '[');
    for (guint i = 0; i < clock->charges->len; i++) {
        const LtCharge *charge = &g_array_index(clock->charges, LtCharge, i);

        begin_item(out);
        lt_json_append_member(out, "cause", lt_cause_word(charge->cause));
        lt_json_append_member(out, "unit", charge->unit);
        lt_json_append_integer(out, "minutes", charge->minutes);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void
append_clock(GString *out, const LtClock *clock)
{
    append_time(out, "counts_from", clock->from_us);
    append_time(out, "due", clock->due_us);
    append_time(out, "ended", clock->until_us);
    lt_json_append_integer(out, "used_minutes", clock->used_us / LT_US_PER_MINUTE);
    if (clock->due_us == LT_NEVER)
        return;
    lt_json_append_integer(out, "budget_minutes", clock->budget_us / LT_US_PER_MINUTE);
    append_flag(out, "late", clock->late_minutes > 0);
    lt_json_append_integer(out, "late_minutes", clock->late_minutes);
    append_charges(out, clock);
}

static void
append_pauses(GString *out, const LtFold *fold, const LtClocks *clocks)
{
    lt_json_append_integer(out, "paused_minutes", clocks->paused_us / LT_US_PER_MINUTE);
    begin(out, "pauses", '[');
    for (guint i = 0; i < fold->pauses->len; i++) {
        const LtCasePause *pause = &g_array_index(fold->pauses, LtCasePause, i);

        begin_item(out);
        append_time(out, "from", pause->from_us);
        append_time(out, "until", pause->until_us);
        lt_json_append_integer(out, "state", pause->state);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void
append_promises(GString *out, const LtClocks *clocks)
{
    begin(out, "promises", '[');
    for (guint i = 0; i < clocks->promises->len; i++) {
        const LtPromiseMade *made = &g_array_index(clocks->promises, LtPromiseMade, i);

        begin_item(out);
        append_time(out, "said", made->at_us);
        append_time(out, "promised", made->due_us);
        append_flag(out, "counts", made->counts);
        if (made->event != NULL) {
            lt_json_append_member(out, "by", made->event->from);
            lt_json_append_member(out, "reason", made->event->facts[LT_FACT_REASON]);
            lt_json_append_member(out, "message", made->event->message);
        }
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void
append_clocks(GString *out, const LtFold *fold, const LtClocks *clocks)
{
    begin(out, "clocks", '{');
    append_time(out, "at", clocks->now_us);
    append_time(out, "filed", fold->filed_us);
    append_time(out, "received", fold->received_us);
    append_clock(out, &clocks->dossier);
    append_pauses(out, fold, clocks);
    append_promises(out, clocks);
    if (clocks->reception.due_us != LT_NEVER) {
        begin(out, "reception", '{');
        append_clock(out, &clocks->reception);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, '}');
}

static const LtStepClock *
find_step(const LtClocks *clocks, guint stay)
{
    for (guint i = 0; i < clocks->steps->len; i++) {
        if (g_array_index(clocks->steps, LtStepClock, i).stay == stay)
            return &g_array_index(clocks->steps, LtStepClock, i);
    }
    return NULL;
}

static void
append_steps(GString *out, const LtFold *fold, const LtClocks *clocks)
{
    begin(out, "steps", '[');
    for (guint i = 0; i < fold->stays->len; i++) {
        const LtStay *stay = &g_array_index(fold->stays, LtStay, i);
        const LtStepClock *step = find_step(clocks, i);

        begin_item(out);
        lt_json_append_integer(out, "step", i + 1);
        lt_json_append_member(out, "unit", stay->unit);
        lt_json_append_member(out, "officer", stay->officer);
        append_time(out, "from", stay->from_us);
        append_time(out, "until", stay->until_us);
        if (step != NULL)
            append_clock(out, &step->clock);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void
append_states(GString *out, const LtFold *fold)
{
    begin(out, "states", '[');
    for (guint i = 0; i < fold->changes->len; i++) {
        const LtCaseChange *change = &g_array_index(fold->changes, LtCaseChange, i);

        begin_item(out);
        append_time(out, "at", change->at_us);
        lt_json_append_integer(out, "state", change->to);
        lt_json_append_member(out, "act", lt_case_act_word(change->act));
        lt_json_append_member(out, "by", change->event->from);
        lt_json_append_member(out, "message", change->event->message);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void
append_hop(GString *out, const LtHop *hop)
{
    const LtCaseEvent *event = hop->message;

    begin_item(out);
    lt_json_append_member(out, "kind", hop->kind);
    lt_json_append_member(out, "from", event->from);
    lt_json_append_member(out, "to", event->to);
    append_time(out, "source_done", hop->done_us);
    append_time(out, "hub_received", hop->received_us);
    append_time(out, "hub_delivered", hop->delivered_us);
    append_time(out, "destination_acknowledged", hop->acknowledged_us);
    lt_json_append_member(out, "officer", event->facts[LT_FACT_OFFICER]);
    lt_json_append_member(out, "part", event->facts[LT_FACT_PART]);
    lt_json_append_member(out, "message", event->message);
    if (event->index >= 0)
        lt_json_append_integer(out, "index", event->index);
    g_string_append_c(out, '}');
}

/* A move to a successor is no message and has one clock only. */
static void
append_move(GString *out, const LtCaseEvent *event)
{
    begin_item(out);
    lt_json_append_member(out, "kind", "readdress");
    lt_json_append_member(out, "from", event->from);
    lt_json_append_member(out, "to", event->detail);
    append_time(out, "hub_received", event->at_us);
    lt_json_append_member(out, "message", event->message);
    if (event->index >= 0)
        lt_json_append_integer(out, "index", event->index);
    g_string_append_c(out, '}');
}

static void
append_timeline(GString *out, const LtFold *fold)
{
    guint hop = 0;

    begin(out, "timeline", '[');
    for (guint i = 0; i < fold->events->len; i++) {
        const LtCaseEvent *event = fold->events->pdata[i];

        if (hop < fold->hops->len && g_array_index(fold->hops, LtHop, hop).message == event)
            append_hop(out, &g_array_index(fold->hops, LtHop, hop++));
        else if (g_strcmp0(event->event, "readdress") == 0)
            append_move(out, event);
    }
    g_string_append_c(out, ']');
}

void
lt_fold_append_members(GString *out, const LtFold *fold, const LtClocks *clocks)
{
    lt_json_append_member(out, "code", fold->code);
    lt_json_append_member(out, "procedure", fold->procedure);
    lt_json_append_integer(out, "state", fold->state);
    lt_json_append_member(out, "state_word", lt_case_state_word(fold->state));
    lt_json_append_member(out, "origin", fold->origin);
    lt_json_append_member(out, "holder", fold->holder);
    lt_json_append_member(out, "officer", fold->officer);
    if (fold->rating > 0)
        lt_json_append_integer(out, "rating", fold->rating);
    if (fold->recall_asked)
        append_flag(out, "recall_asked", TRUE);
    append_states(out, fold);
    append_clocks(out, fold, clocks);
    append_steps(out, fold, clocks);
    append_timeline(out, fold);
}

void
lt_fold_append_json(GString *out, const LtFold *fold, const LtClocks *clocks)
{
    g_string_append(out, "{\"v\":1");
    lt_fold_append_members(out, fold, clocks);
    g_string_append_c(out, '}');
}
