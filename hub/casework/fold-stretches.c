/* SPDX-License-Identifier: Apache-2.0 */
/* fold-stretches.c: who had the dossier when. From one message that moves it to the next the time is cut without a gap: an office has it until
 * its system says that it was done; then the sender's system until the hub received it; then the hub; then the receiver's system until that
 * acknowledged it; then the receiver's office. While the receiver's system cannot be reached the time is that system's, while the hub is down it is the
 * hub's, and while a delivery is held it is that of whoever must mend it.
 */
#include "casework/fold-private.h"

#include <string.h>

static void
push(LtFold *self, LtCause owner, const char *unit, gint64 from_us, gint64 until_us)
{
    LtStretch stretch = { owner, unit, from_us, until_us, self->stays->len };

    if (until_us > from_us)
        g_array_append_val(self->stretches, stretch);
}

/* Time that is the sender's but for when the hub was down. */
static void
push_sending(LtFold *self, const LtHop *hop, gint64 from_us)
{
    gint64 down_us = LT_NEVER, at_us = from_us;

    for (guint i = 0; i < self->events->len; i++) {
        const LtCaseEvent *event = self->events->pdata[i];

        if (event->at_us > hop->received_us)
            continue;
        if (strcmp(event->event, "hub.stop") == 0 && down_us == LT_NEVER) {
            down_us = event->at_us;
        } else if (strcmp(event->event, "hub.start") == 0 && down_us != LT_NEVER) {
            gint64 begins = MAX(down_us, at_us), ends = MAX(event->at_us, at_us);

            push(self, LT_CAUSE_SOURCE, hop->message->from, at_us, begins);
            push(self, LT_CAUSE_HUB, NULL, begins, ends);
            at_us = ends;
            down_us = LT_NEVER;
        }
    }
    push(self, LT_CAUSE_SOURCE, hop->message->from, at_us, hop->received_us);
}

static LtCause
owner_of_held(const LtCaseEvent *event)
{
    const char *cause = event->facts[LT_FACT_CAUSE];

    if (g_strcmp0(cause, "data") == 0)
        return LT_CAUSE_SOURCE;
    return g_strcmp0(cause, "outage") == 0 ? LT_CAUSE_DESTINATION : LT_CAUSE_HUB;
}

/* Whose time begins with this event of the delivery; FALSE: it changes nothing. */
static gboolean
owner_after(const LtCaseEvent *event, LtCause *owner)
{
    if (strcmp(event->event, "delivery.attempt") == 0 || strcmp(event->event, "delivery.arrived") == 0)
        *owner = LT_CAUSE_DESTINATION;
    else if (strcmp(event->event, "delivery.held") == 0)
        *owner = owner_of_held(event);
    else if (strcmp(event->event, "delivery.released") == 0 || strcmp(event->event, "hub.stop") == 0 || strcmp(event->event, "hub.start") == 0)
        *owner = LT_CAUSE_HUB;
    else if (strcmp(event->event, "delivery.refused") == 0 || strcmp(event->event, "delivery.withdrawn") == 0)
        *owner = LT_CAUSE_SOURCE;
    else
        return FALSE;
    return TRUE;
}

static gboolean
concerns(const LtCaseEvent *event, const LtHop *hop)
{
    const LtCaseEvent *message = hop->message;

    if (g_str_has_prefix(event->event, "hub."))
        return hop->delivered_us == LT_NEVER || event->at_us < hop->delivered_us;
    return message->message != NULL && g_strcmp0(event->message, message->message) == 0 &&
           (message->endpoint == NULL || g_strcmp0(event->endpoint, message->endpoint) == 0);
}

static const char *
unit_of(const LtHop *hop, LtCause owner)
{
    return owner == LT_CAUSE_SOURCE ? hop->message->from : owner == LT_CAUSE_DESTINATION ? hop->message->to : NULL;
}

/* From when the hub received it until the destination acknowledged it, or for ever. */
static gint64
push_passing(LtFold *self, const LtHop *hop, gint64 from_us)
{
    gint64 until_us = hop->acknowledged_us != LT_NEVER ? MAX(hop->acknowledged_us, from_us) : G_MAXINT64, at_us = from_us;
    LtCause owner = g_strcmp0(hop->message->endpoint, "inbox") == 0 ? LT_CAUSE_DESTINATION : LT_CAUSE_HUB;

    for (guint i = 0; i < self->events->len; i++) {
        const LtCaseEvent *event = self->events->pdata[i];
        LtCause next = owner;

        if (event->at_us < from_us || event->at_us >= until_us || !concerns(event, hop) || !owner_after(event, &next) || next == owner)
            continue;
        push(self, owner, unit_of(hop, owner), at_us, event->at_us);
        at_us = event->at_us;
        owner = next;
    }
    push(self, owner, unit_of(hop, owner), at_us, until_us);
    return until_us;
}

static void
end_stay(LtFold *self, const char *unit, gint64 from_us, gint64 until_us)
{
    LtStay stay = { unit, NULL, from_us, until_us };

    for (guint i = 0; i < self->events->len; i++) {
        const LtCaseEvent *event = self->events->pdata[i];
        gint64 at_us = lt_fold_happened(event);

        if (g_strcmp0(event->from, unit) == 0 && event->facts[LT_FACT_OFFICER] != NULL && at_us >= from_us && (until_us == LT_NEVER || at_us <= until_us))
            stay.officer = event->facts[LT_FACT_OFFICER];
    }
    g_array_append_val(self->stays, stay);
}

/* A re-organisation gives the dossier a new office in the middle of a stay: the stay goes on there. */
static const char *
push_office(LtFold *self, const char *unit, gint64 from_us, gint64 until_us)
{
    gint64 at_us = from_us;

    for (guint i = 0; i < self->events->len; i++) {
        const LtCaseEvent *event = self->events->pdata[i];

        if (strcmp(event->event, "readdress") != 0 || event->message != NULL || event->detail == NULL || event->at_us < at_us || event->at_us >= until_us)
            continue;
        push(self, LT_CAUSE_OFFICER, unit, at_us, event->at_us);
        at_us = event->at_us;
        unit = event->detail;
    }
    push(self, LT_CAUSE_OFFICER, unit, at_us, until_us);
    return unit;
}

void
lt_fold_stretches(LtFold *self)
{
    const char *unit = self->origin;
    gint64 at_us = G_MININT64, stay_us = G_MININT64;

    for (guint i = 0; i < self->hops->len; i++) {
        const LtHop *hop = &g_array_index(self->hops, LtHop, i);
        gint64 done_us = MAX(hop->done_us, at_us), received_us;

        if (!hop->moves)
            continue;
        if (at_us == G_MAXINT64) { /* the way before was never acknowledged, and yet the dossier went on: it ended here at the latest */
            LtStretch *last = &g_array_index(self->stretches, LtStretch, self->stretches->len - 1);

            done_us = MAX(hop->done_us, last->from_us);
            last->until_us = done_us;
            at_us = done_us;
        }
        unit = push_office(self, unit, at_us, done_us);
        if (strcmp(hop->kind, "supplement-given") != 0) {
            end_stay(self, unit, stay_us, done_us);
            stay_us = done_us;
        }
        received_us = MAX(hop->received_us, done_us);
        push_sending(self, hop, done_us);
        at_us = push_passing(self, hop, received_us);
        unit = hop->message->to;
    }
    if (at_us != G_MAXINT64)
        unit = push_office(self, unit, at_us, G_MAXINT64);
    if (self->origin != NULL)
        end_stay(self, unit, stay_us, LT_NEVER);
}
