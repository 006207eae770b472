/* SPDX-License-Identifier: Apache-2.0 */
/* attestor-private.h: what the files of the attestor share. */
#pragma once

#include "routing/attestor.h"
#include "store/anchors.h"
#include "store/witness.h"

/* When somebody was asked, for how large a log, and when he may be asked again. Monotonic times. */
typedef struct {
    guint64 size;
    gint64 at_us, not_before_us, rest_us;
} LtAsked;
void lt_asked_failed(LtAsked *asked, gint64 first_us);
void lt_asked_answered(LtAsked *asked, guint64 size);

typedef struct {
    const LtWitnessSettings *settings;
    LtLinkTarget *target;
    LtAsked asked;
    gint64 recorded_us;      /* monotonic: when wit.cosigned was last written */
    guint64 seen;            /* size that the witness holds, as far as we know */
} LtWitness;

struct _LtAttestor {
    LtAttestorOptions options;
    GPtrArray *witnesses;    /* of LtWitness * */
    LtLinkTarget *authority; /* nullable */
    LtAsked anchored;
    gint64 quorum_us;        /* wall clock */
    GMutex lock, asking;     /* of the thread; of requests, which a command may make beside it */
    GCond wake;
    gboolean stopping;
    GThread *thread;
};

/** lt_witness_ask: sends @head, takes the cosignature. Errors: INTERNAL `log.witness-ahead`; REFUSED `witness.refused`; UNAVAILABLE */
gboolean lt_witness_ask(LtAttestor *self, LtWitness *witness, const LtLogHead *head, GError **error);
/** lt_witness_compare: Errors: INTERNAL `log.witness-ahead`, `log.witness-fork`; UNAVAILABLE when it does not answer */
gboolean lt_witness_compare(LtAttestor *self, LtWitness *witness, GError **error);
/** lt_anchor_ask: time stamp, when there is an authority, and legal signature. What fails is recorded */
gboolean lt_anchor_ask(LtAttestor *self, const LtLogHead *head, GError **error);
