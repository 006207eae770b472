/* SPDX-License-Identifier: Apache-2.0 */
/* explanation.h: where a dossier is, whose turn it is, what is under way for it and when the hub tries next, what is wrong and whom to call. Pure: said
 * from what is known already. */
#pragma once

#include "casework/state.h"
#include "routing/delivery.h"
#include "store/dossiers.h"

/* Who can move the dossier on. */
typedef enum {
    LT_TURN_NOBODY,  /* it is over */
    LT_TURN_OFFICE,  /* the office that has it */
    LT_TURN_CITIZEN, /* a supplement or a fee is asked for */
    LT_TURN_HUB,     /* a message is under way */
    LT_TURN_INBOX,   /* the receiving unit must fetch a message from its inbox */
    LT_TURN_PERSON,  /* a delivery is held or was refused: a person must look */
} LtTurn;
/** lt_turn_word: for programs */
const char *lt_turn_word(LtTurn turn);

/* A message of the dossier that has not reached its receiver. */
typedef struct {
    const LtDelivery *delivery;     /* borrowed */
    LtTurn turn;                    /* HUB, INBOX or PERSON */
    gboolean stands_behind;         /* an older one of the dossier must go to this endpoint first */
    gint64 next_us;                 /* HUB: when it is tried next, 0: as soon as there is room */
    const LtDeliveryAdvice *advice; /* nullable: what went wrong, whose it is to mend, and how */
    char *contact;                  /* nullable: whom to call about the endpoint */
} LtExplanationStep;

typedef struct {
    LtTurn turn;
    const char *unit;     /* borrowed, nullable: the office that has it, or that must fetch */
    LtCaseState state;
    gint64 since_us;      /* the present turn began, as far as the hub knows */
    GArray *steps;        /* of LtExplanationStep, oldest first */
} LtExplanation;

/** LtContactOf: Returns: (transfer full) (nullable): `contact` of the endpoint's section */
typedef char *(*LtContactOf)(gpointer data, const char *endpoint);

/**
 * lt_explanation_new:
 * @deliveries: (element-type LtDelivery): all of the dossier, oldest first; they and @dossier must outlive the result
 */
LtExplanation *lt_explanation_new(const LtDossier *dossier, const GPtrArray *deliveries, LtContactOf contact_of, gpointer data);
void lt_explanation_free(LtExplanation *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtExplanation, lt_explanation_free)
/** lt_explanation_append_members: for a JSON object: `turn`, `unit`, `state`, `since`, `steps`. @language: "vi" or "en", of the suggested fixes */
void lt_explanation_append_members(GString *out, const LtExplanation *self, const char *language);
