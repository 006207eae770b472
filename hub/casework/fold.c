/* SPDX-License-Identifier: Apache-2.0 */
/* fold.c: events put in order, each once, and the facts that need no more than that. States stand in fold-states.c, hops in fold-hops.c, who had
 * the dossier when in fold-stretches.c.
 *
 * The order is total: time, then rank of the event, then what it says. So two events of one second fall the same way whichever came
 * first, and a copy of an event lies beside it and is dropped.
 */
#include "casework/fold-private.h"

#include <string.h>

#include "base/clock.h"

const char *
lt_cause_word(LtCause cause)
{
    static const char *const words[LT_N_CAUSES] = { "officer", "source", "destination", "hub", "citizen", "rule" };

    return words[cause];
}

gboolean
lt_fold_is_message(const LtCaseEvent *event)
{
    return strcmp(event->event, "message") == 0;
}

/* The member that says when a message of this type was done; the envelope's own time stands in for all. */
static gint64
source_time(const LtCaseEvent *event)
{
    static const LtFact facts[] = { LT_FACT_DONE, LT_FACT_SUPPLEMENT, LT_FACT_ENDED, LT_FACT_ASKED, LT_FACT_ISSUED };
    gint64 at_us;

    for (gsize i = 0; i < G_N_ELEMENTS(facts); i++) {
        if (lt_case_event_time(event, facts[i], &at_us))
            return at_us;
    }
    return event->at_us;
}

gint64
lt_fold_happened(const LtCaseEvent *event)
{
    return lt_fold_is_message(event) ? MIN(source_time(event), event->at_us) : event->at_us;
}

/* Of events of one instant: what can only come first, first. */
static int
rank_of(const LtCaseEvent *event)
{
    LtCaseAct act = lt_case_act_of(event->facts[LT_FACT_STATE] != NULL ? event->facts[LT_FACT_STATE] : event->facts[LT_FACT_STATUS]);

    static const char *const words[] = { "rules", "hub.stop", "hub.start", "delivery.held", "delivery.released", "delivery.attempt", "delivery.arrived", "delivery.confirmed" };

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strcmp(event->event, words[i]) == 0)
            return (int) i;
    }
    if (g_strcmp0(event->type, "dossier.submit") == 0)
        return 100;
    return 101 + (int) act;
}

static int
compare_members(const LtCaseEvent *a, const LtCaseEvent *b)
{
    const char *const one[] = { a->event, a->message, a->type, a->from, a->to, a->endpoint, a->detail };
    const char *const other[] = { b->event, b->message, b->type, b->from, b->to, b->endpoint, b->detail };

    for (gsize i = 0; i < G_N_ELEMENTS(one); i++) {
        int order = g_strcmp0(one[i], other[i]);

        if (order != 0)
            return order;
    }
    for (guint i = 0; i < LT_N_FACTS; i++) {
        int order = g_strcmp0(a->facts[i], b->facts[i]);

        if (order != 0)
            return order;
    }
    return (a->at_us > b->at_us) - (a->at_us < b->at_us);
}

static int
compare_events(gconstpointer a, gconstpointer b)
{
    const LtCaseEvent *one = *(const LtCaseEvent *const *) a, *other = *(const LtCaseEvent *const *) b;
    gint64 at_one = lt_fold_happened(one), at_other = lt_fold_happened(other);

    if (at_one != at_other)
        return at_one < at_other ? -1 : 1;
    if (rank_of(one) != rank_of(other))
        return rank_of(one) < rank_of(other) ? -1 : 1;
    return compare_members(one, other);
}

/* A message that came twice (the same envelope, or the same row read again); the hub's first record of it counts. */
static char *
identity_of(const LtCaseEvent *event)
{
    if (lt_fold_is_message(event) && event->message != NULL)
        return g_strdup_printf("m %s %s", event->from != NULL ? event->from : "", event->message);
    return NULL;
}

static void
drop_copies(GPtrArray *events)
{
    g_autoptr(GHashTable) first = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < events->len; i++) {
        LtCaseEvent *event = events->pdata[i];
        g_autofree char *identity = identity_of(event);
        LtCaseEvent *before = identity != NULL ? g_hash_table_lookup(first, identity) : NULL;

        if (identity != NULL && (before == NULL || event->at_us < before->at_us || (event->at_us == before->at_us && compare_members(event, before) < 0)))
            g_hash_table_replace(first, g_steal_pointer(&identity), event);
    }
    for (guint i = events->len; i > 0; i--) {
        LtCaseEvent *event = events->pdata[i - 1];
        g_autofree char *identity = identity_of(event);

        if (identity != NULL && g_hash_table_lookup(first, identity) != event)
            g_ptr_array_remove_index(events, i - 1);
    }
}

GPtrArray *
lt_fold_order(GPtrArray *events)
{
    drop_copies(events);
    g_ptr_array_sort(events, compare_events);
    for (guint i = events->len; i > 1; i--) {
        if (compare_events(&events->pdata[i - 1], &events->pdata[i - 2]) == 0)
            g_ptr_array_remove_index(events, i - 1);
    }
    return events;
}

/* What the newest message says counts, but for the code and the origin, which are those of the first. */
static void
take_words(LtFold *self)
{
    for (guint i = 0; i < self->events->len; i++) {
        const LtCaseEvent *event = self->events->pdata[i];

        self->last_us = MAX(self->last_us, event->at_us);
        if (event->rules != NULL && self->rules == NULL)
            self->rules = event->rules;
        if (!lt_fold_is_message(event))
            continue;
        self->code = self->code != NULL ? self->code : event->facts[LT_FACT_CODE];
        self->procedure = self->procedure != NULL ? self->procedure : event->facts[LT_FACT_PROCEDURE];
        self->origin = self->origin != NULL ? self->origin : event->from;
        if (self->channel == 0 && event->facts[LT_FACT_CHANNEL] != NULL)
            self->channel = (guint) g_ascii_strtoull(event->facts[LT_FACT_CHANNEL], NULL, 10);
        if (event->facts[LT_FACT_RATING] != NULL && self->rating == 0) /* a dossier is rated once */
            self->rating = (guint) g_ascii_strtoull(event->facts[LT_FACT_RATING], NULL, 10);
        if (event->facts[LT_FACT_OFFICER] != NULL)
            self->officer = event->facts[LT_FACT_OFFICER];
    }
}

LtFold *
lt_fold_new(GPtrArray *events)
{
    LtFold *self = g_new0(LtFold, 1);

    self->events = lt_fold_order(events);
    self->filed_us = self->received_us = self->ended_us = self->last_us = LT_NEVER;
    self->changes = g_array_new(FALSE, FALSE, sizeof(LtCaseChange));
    self->hops = g_array_new(FALSE, FALSE, sizeof(LtHop));
    self->stretches = g_array_new(FALSE, FALSE, sizeof(LtStretch));
    self->stays = g_array_new(FALSE, FALSE, sizeof(LtStay));
    self->pauses = g_array_new(FALSE, FALSE, sizeof(LtCasePause));
    self->promises = g_array_new(FALSE, FALSE, sizeof(LtCasePromise));
    take_words(self);
    lt_fold_states(self);
    lt_fold_hops(self);
    lt_fold_stretches(self);
    lt_fold_promises(self);
    return self;
}

void
lt_fold_free(LtFold *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->events);
    g_array_unref(self->changes);
    g_array_unref(self->hops);
    g_array_unref(self->stretches);
    g_array_unref(self->stays);
    g_array_unref(self->pauses);
    g_array_unref(self->promises);
    g_free(self);
}
