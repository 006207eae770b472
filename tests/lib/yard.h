/* SPDX-License-Identifier: Apache-2.0 */
/* yard.h: a hub without HTTP in a folder of its own, for tests of the door and the wheel: a lab authority, units with keys, a store, an intake. Everything is real
 * but the endpoints, which may be fake (fake-endpoint.h).
 *
 * Units: H52 (the hub, province), H52.101 and H52.102 (communes below it), H52.90 (closed on 2020-01-01, followed by H52.102), G22 (outside).
 */
#pragma once

#include "routing/dispatcher.h"
#include "routing/intake.h"

typedef struct {
    char *folder;
    LtStore *store;
    LtPayloads *payloads;
    LtIntake *intake;
    LtDispatcher *dispatcher; /* nullable */
    LtTrust *trust;
    LtRegistry *registry;
    LtCatalogue *catalogue; /* empty */
    LtPlan *plan;
    GHashTable *signers;      /* unit → LtSigner */
    GHashTable *numbers;      /* "from to" → last seq */
} Yard;

/** yard_new: @configuration: [endpoint …] and [route …] sections */
Yard *yard_new(const char *configuration);
/** yard_free: stops everything and removes the folder */
void yard_free(Yard *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Yard, yard_free)
void yard_start_dispatcher(Yard *self, guint n_workers);
/** yard_stop_dispatcher: as at the end of the program; another may be started on the same store */
void yard_stop_dispatcher(Yard *self);
/** yard_reopen: closes the store and opens it again, as after a restart */
void yard_reopen(Yard *self);
void yard_set_plan(Yard *self, const char *configuration);

/* One envelope to be sealed. */
typedef struct {
    const char *type;         /* NULL: dossier.submit */
    const char *from, *to;    /* NULL: H52.101, H52.102 */
    const char *signer;       /* NULL: from */
    const char *id;           /* NULL: new */
    const char *dossier;      /* NULL: new; "": none */
    const LtReference *re;
    const char *payload;      /* NULL: that of the type */
    gint64 issued_us, expires_us; /* 0: now, a week later */
    gsize attachment;         /* bytes of one attachment; 0: none */
} YardEnvelope;
GBytes *yard_seal(Yard *self, const YardEnvelope *spec);
/** yard_submit: hands it in as @caller (NULL: the hub H52) and waits for the answer */
LtAnswer *yard_submit(Yard *self, GBytes *container, const char *caller);
/** yard_send: seals and submits; it must be accepted */
void yard_send(Yard *self, const YardEnvelope *spec);
/** yard_send_many: the same for so many at once, which share commits */
void yard_send_many(Yard *self, const YardEnvelope *spec, guint n);
/** yard_reference: of a sealed container: from, id and manifest, owned by the yard's caller until yard_reference_clear() */
void yard_reference(GBytes *container, LtReference *out);
void yard_reference_clear(LtReference *reference);

/** yard_count: deliveries in a state; 0: all */
guint yard_count(Yard *self, LtDeliveryState state);
/** yard_wait: until so many are in the state; fails the test after 20 s */
void yard_wait(Yard *self, LtDeliveryState state, guint n);
/** yard_find: the first in that state, or NULL */
LtDelivery *yard_find(Yard *self, LtDeliveryState state);
/** yard_count_records: entries of this event in the audit log */
guint yard_count_records(Yard *self, const char *event);
