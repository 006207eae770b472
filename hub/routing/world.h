/* SPDX-License-Identifier: Apache-2.0 */
/* world.h: what the one door judges by at one moment: trust, registry and plan, held together; and the questions of the
 * verification steps (trust/envelope.h) answered from them and from what was seen before. */
#pragma once

#include "routing/plan.h"
#include "store/messages.h"
#include "trust/payload.h"

typedef struct {
    LtTrust *trust;
    LtRegistry *registry;
    LtPlan *plan;
} LtWorld;

void lt_world_copy(const LtWorld *self, LtWorld *out); /* takes references */
void lt_world_clear(LtWorld *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LtWorld, lt_world_clear)

/* One envelope being judged. Set up by the caller, who frees @facts. */
typedef struct {
    LtWorld world;
    LtStore *store;
    const LtPayloads *payloads;
    const char *hub;       /* our own unit */
    gint64 now_us;
    LtPayloadFacts facts;  /* picked while the payload was checked */
} LtJudgement;

/** lt_judgement_receiver: fills @receiver with the answers of @self, which it borrows */
void lt_judgement_receiver(LtJudgement *self, const char *peer_unit, LtReceiver *receiver);
