/* SPDX-License-Identifier: Apache-2.0 */
/* explanation.c: the first that applies: something is held; something waits in an inbox; something is under way; else the state says whose turn it is.
 *
 * A refused delivery counts as long as nothing newer of the dossier went the same way: after that somebody has acted on it. */
#include "routing/explanation.h"

#include <string.h>

#include "base/json.h"
#include "base/value.h"
#include "routing/route.h"

const char *
lt_turn_word(LtTurn turn)
{
    static const char *const words[] = { "nobody", "office", "citizen", "hub", "inbox", "person" };

    return words[turn];
}

static gboolean
is_followed(const GPtrArray *deliveries, guint place)
{
    const LtDelivery *delivery = deliveries->pdata[place];

    for (guint i = place + 1; i < deliveries->len; i++)
        if (strcmp(((const LtDelivery *) deliveries->pdata[i])->endpoint, delivery->endpoint) == 0)
            return TRUE;
    return FALSE;
}

static gboolean
is_unfinished(const LtDelivery *delivery)
{
    return delivery->state == LT_DELIVERY_WAITING || delivery->state == LT_DELIVERY_HELD;
}

static gboolean
stands_behind(const GPtrArray *deliveries, guint place)
{
    const LtDelivery *delivery = deliveries->pdata[place];

    for (guint i = 0; i < place; i++) {
        const LtDelivery *older = deliveries->pdata[i];

        if (is_unfinished(older) && strcmp(older->endpoint, delivery->endpoint) == 0)
            return TRUE;
    }
    return FALSE;
}

static LtTurn
turn_of(const LtDelivery *delivery)
{
    if (delivery->state != LT_DELIVERY_WAITING)
        return LT_TURN_PERSON;
    return strcmp(delivery->endpoint, LT_ROUTE_INBOX) == 0 ? LT_TURN_INBOX : LT_TURN_HUB;
}

static void
add_step(LtExplanation *self, const GPtrArray *deliveries, guint place, LtContactOf contact_of, gpointer data)
{
    const LtDelivery *delivery = deliveries->pdata[place];
    LtExplanationStep step = { .delivery = delivery, .turn = turn_of(delivery) };

    step.stands_behind = step.turn == LT_TURN_HUB && stands_behind(deliveries, place);
    step.next_us = step.turn == LT_TURN_HUB && !step.stands_behind ? delivery->not_before_us : 0;
    step.advice = delivery->reason != NULL ? lt_delivery_advice(delivery->reason) : NULL;
    step.contact = contact_of != NULL ? contact_of(data, delivery->endpoint) : NULL;
    g_array_append_val(self->steps, step);
}

static const LtExplanationStep *
find_step(const LtExplanation *self, LtTurn turn)
{
    for (guint i = 0; i < self->steps->len; i++) {
        const LtExplanationStep *step = &g_array_index(self->steps, LtExplanationStep, i);

        if (step->turn == turn)
            return step;
    }
    return NULL;
}

static LtTurn
turn_of_state(LtCaseState state)
{
    switch (state) {
    case LT_CASE_SUPPLEMENT:
    case LT_CASE_FEE:
        return LT_TURN_CITIZEN;
    case LT_CASE_DECLINED:
    case LT_CASE_WITHDRAWN:
    case LT_CASE_STOPPED:
    case LT_CASE_RETURNED:
        return LT_TURN_NOBODY;
    case LT_CASE_UNKNOWN:
    case LT_CASE_FILED:
    case LT_CASE_TAKEN_IN:
    case LT_CASE_IN_WORK:
    case LT_CASE_SETTLED: /* the result must still be returned */
    default:
        return LT_TURN_OFFICE;
    }
}

/* As the last message that spoke of it said. */
static LtCaseState
state_of(const LtDossier *dossier)
{
    guint64 number;

    return lt_decimal_read(dossier->state, strlen(dossier->state), &number) && number <= LT_CASE_LAST ? (LtCaseState) number : LT_CASE_UNKNOWN;
}

static void
decide(LtExplanation *self, const LtDossier *dossier)
{
    static const LtTurn first[] = { LT_TURN_PERSON, LT_TURN_INBOX, LT_TURN_HUB };

    self->state = state_of(dossier);
    for (guint i = 0; i < G_N_ELEMENTS(first); i++) {
        const LtExplanationStep *step = find_step(self, first[i]);

        if (step == NULL)
            continue;
        self->turn = step->turn;
        self->unit = step->delivery->receiver;
        self->since_us = step->turn == LT_TURN_PERSON ? step->delivery->changed_us : step->delivery->created_us;
        return;
    }
    self->turn = turn_of_state(self->state);
    self->unit = dossier->holder_unit;
    self->since_us = dossier->changed_us;
}

static void
clear_step(gpointer data)
{
    g_free(((LtExplanationStep *) data)->contact);
}

LtExplanation *
lt_explanation_new(const LtDossier *dossier, const GPtrArray *deliveries, LtContactOf contact_of, gpointer data)
{
    LtExplanation *self = g_new0(LtExplanation, 1);

    self->steps = g_array_new(FALSE, FALSE, sizeof(LtExplanationStep));
    g_array_set_clear_func(self->steps, clear_step);
    for (guint i = 0; i < deliveries->len; i++) {
        const LtDelivery *delivery = deliveries->pdata[i];

        if (is_unfinished(delivery) || (delivery->state == LT_DELIVERY_REFUSED && !is_followed(deliveries, i)))
            add_step(self, deliveries, i, contact_of, data);
    }
    decide(self, dossier);
    return self;
}

void
lt_explanation_free(LtExplanation *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->steps);
    g_free(self);
}

static void
append_time(GString *out, const char *name, gint64 at_us)
{
    char text[25];

    if (at_us <= 0)
        return;
    lt_time_write_millis(at_us, text);
    lt_json_append_member(out, name, text);
}

static void
append_step(GString *out, const LtExplanationStep *step, const char *language)
{
    const LtDelivery *delivery = step->delivery;

    g_string_append(out, out->str[out->len - 1] == '[' ? "{" : ",{");
    lt_json_append_member(out, "turn", lt_turn_word(step->turn));
    lt_json_append_integer(out, "delivery", delivery->id);
    lt_json_append_member(out, "state", lt_delivery_state_word(delivery->state));
    lt_json_append_member(out, "type", delivery->type);
    lt_json_append_member(out, "from", delivery->from);
    lt_json_append_member(out, "to", delivery->receiver);
    lt_json_append_member(out, "endpoint", delivery->endpoint);
    lt_json_append_integer(out, "attempts", delivery->attempts);
    append_time(out, "next", step->next_us);
    if (step->stands_behind)
        g_string_append(out, ",\"stands_behind\":true");
    lt_json_append_member(out, "reason", delivery->reason);
    lt_json_append_member(out, "text", delivery->text);
    if (step->advice != NULL) {
        lt_json_append_member(out, "cause", step->advice->cause);
        lt_json_append_member(out, "fix", strcmp(language, "vi") == 0 ? step->advice->fix_vi : step->advice->fix_en);
    }
    lt_json_append_member(out, "contact", step->contact);
    g_string_append_c(out, '}');
}

void
lt_explanation_append_members(GString *out, const LtExplanation *self, const char *language)
{
    lt_json_append_member(out, "turn", lt_turn_word(self->turn));
    lt_json_append_member(out, "unit", self->unit);
    lt_json_append_member(out, "case_state", lt_case_state_word(self->state));
    append_time(out, "since", self->since_us);
    g_string_append(out, ",\"steps\":[");
    for (guint i = 0; i < self->steps->len; i++)
        append_step(out, &g_array_index(self->steps, LtExplanationStep, i), language);
    g_string_append_c(out, ']');
}
