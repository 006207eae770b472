/* SPDX-License-Identifier: Apache-2.0 */
/* fold-hops.c: each message as a hop with its four clocks: the source says that it was done, the hub received it, the hub delivered it, the
 * destination acknowledged it; and what kind of message it was, in one word.
 */
#include "casework/fold-private.h"

#include <string.h>

static const char *
kind_of_status(const LtCaseEvent *event)
{
    static const struct {
        const char *word, *kind;
    } states[] = {
        { "6", "fee-asked" }, { "7", "withdrawal" }, { "8", "stop" }, { "10", "returned" }, { "13", "recall-asked" }, { "15", "agreed" }, { "16", "not-agreed" }, { "02", "office-declined" },
    };
    const char *kind = event->facts[LT_FACT_KIND];
    const char *word = event->facts[LT_FACT_STATE] != NULL ? event->facts[LT_FACT_STATE] : event->facts[LT_FACT_STATUS];

    if (kind != NULL && strcmp(kind, "state") != 0)
        return kind;
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++) {
        if (g_strcmp0(word, states[i].word) == 0)
            return states[i].kind;
    }
    return "state";
}

static const char *
kind_of(const LtCaseEvent *event, gboolean submitted_before)
{
    const char *type = event->type != NULL ? event->type : "";

    if (strcmp(type, "dossier.submit") == 0)
        return submitted_before ? "forward" : "submit";
    if (strcmp(type, "dossier.status") == 0)
        return kind_of_status(event);
    if (strcmp(type, "dossier.supplement") == 0)
        return g_strcmp0(event->facts[LT_FACT_KIND], "answer") == 0 ? "supplement-given" : "supplement-asked";
    if (strcmp(type, "dossier.update") == 0)
        return g_strcmp0(event->facts[LT_FACT_MODE], "replace") == 0 ? "replacement" : "update";
    if (strcmp(type, "dossier.result") == 0)
        return "result";
    return strcmp(type, "dossier.recall") == 0 ? "recall-asked" : "other";
}

/* Does this message take the dossier to its receiver? */
static gboolean
moves(const LtFold *self, const LtCaseEvent *event, const char *kind, const char *holder)
{
    if (strcmp(kind, "submit") == 0 || strcmp(kind, "forward") == 0 || strcmp(kind, "supplement-given") == 0 || strcmp(kind, "result") == 0)
        return TRUE;
    if (strcmp(kind, "office-declined") == 0)
        return g_strcmp0(event->from, holder) == 0 && g_strcmp0(event->from, self->origin) != 0;
    for (guint i = 0; strcmp(kind, "agreed") == 0 && i < self->changes->len; i++) {
        const LtCaseChange *change = &g_array_index(self->changes, LtCaseChange, i);

        if (change->event == event && change->act == LT_ACT_TAKES_BACK)
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_delivery_of(const LtCaseEvent *event, const LtCaseEvent *message, const char *what)
{
    return strcmp(event->event, what) == 0 && message->message != NULL && g_strcmp0(event->message, message->message) == 0 &&
           (message->endpoint == NULL || g_strcmp0(event->endpoint, message->endpoint) == 0);
}

static gint64
first_of(const LtFold *self, const LtCaseEvent *message, const char *what)
{
    for (guint i = 0; i < self->events->len; i++) {
        const LtCaseEvent *event = self->events->pdata[i];

        if (is_delivery_of(event, message, what) && event->at_us >= message->at_us)
            return event->at_us;
    }
    return LT_NEVER;
}

/* What the receiver says about the dossier shows that it has it, even where no receipt came. */
static gint64
first_sign(const LtFold *self, const LtHop *hop)
{
    gint64 earliest = hop->delivered_us != LT_NEVER ? hop->delivered_us : hop->received_us, sign_us = LT_NEVER;

    for (guint i = 0; i < self->events->len; i++) {
        const LtCaseEvent *event = self->events->pdata[i];

        if (!lt_fold_is_message(event) || hop->message->to == NULL || g_strcmp0(event->from, hop->message->to) != 0 || event->at_us < hop->received_us)
            continue;
        if (lt_fold_happened(event) >= hop->done_us && (sign_us == LT_NEVER || MAX(lt_fold_happened(event), earliest) < sign_us))
            sign_us = MAX(lt_fold_happened(event), earliest);
    }
    return sign_us;
}

static void
take_acknowledgement(const LtFold *self, LtHop *hop)
{
    gint64 receipt_us = first_of(self, hop->message, "delivery.confirmed"), sign_us = first_sign(self, hop);

    hop->acknowledged_us = receipt_us == LT_NEVER || (sign_us != LT_NEVER && sign_us < receipt_us) ? sign_us : receipt_us;
    /* Taking it out of the inbox is both. */
    if (hop->delivered_us != LT_NEVER && g_strcmp0(hop->message->endpoint, "inbox") == 0)
        hop->acknowledged_us = hop->acknowledged_us == LT_NEVER ? hop->delivered_us : MIN(hop->acknowledged_us, hop->delivered_us);
    if (hop->delivered_us == LT_NEVER && hop->acknowledged_us != LT_NEVER)
        hop->delivered_us = hop->acknowledged_us;
}

void
lt_fold_hops(LtFold *self)
{
    gboolean submitted = FALSE;

    for (guint i = 0; i < self->events->len; i++) {
        const LtCaseEvent *event = self->events->pdata[i];
        LtHop hop = { .message = event, .done_us = lt_fold_happened(event), .received_us = event->at_us };

        if (strcmp(event->event, "readdress") == 0 && event->detail != NULL && event->message == NULL)
            self->holder = event->detail; /* moved by a re-organisation, not on the way of a message */
        if (!lt_fold_is_message(event) || g_strcmp0(event->type, "receipt") == 0)
            continue;
        hop.kind = kind_of(event, submitted);
        submitted = submitted || strcmp(hop.kind, "submit") == 0;
        hop.delivered_us = first_of(self, event, "delivery.arrived");
        take_acknowledgement(self, &hop);
        hop.moves = moves(self, event, hop.kind, self->holder);
        if (hop.moves)
            self->holder = event->to;
        if (strcmp(hop.kind, "recall-asked") == 0)
            self->recall_asked = TRUE;
        else if (strcmp(hop.kind, "agreed") == 0 || strcmp(hop.kind, "not-agreed") == 0)
            self->recall_asked = FALSE;
        g_array_append_val(self->hops, hop);
    }
}
