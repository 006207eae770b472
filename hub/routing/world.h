/* SPDX-License-Identifier: Apache-2.0 */
/* world.h: what the one door judges by at one moment: trust, registry, catalogue and plan, held together; and the questions of the
 * verification steps (trust/envelope.h) answered from them and from what was seen before. */
#pragma once

#include "registry/procedure.h"
#include "routing/plan.h"
#include "store/messages.h"
#include "trust/payload.h"

typedef struct {
    LtTrust *trust;
    LtRegistry *registry;
    LtCatalogue *catalogue;
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

/** lt_judgement_matter: procedure and area, by which successors are told apart. The field is what the catalogue says; the sender's word counts where the
 * hub has no catalogue. Borrowed from @self */
LtMatter lt_judgement_matter(const LtJudgement *self);
/** lt_judgement_admit: only published procedures are taken in for @unit; a dossier that was taken in before goes on by the rules of its receipt.
 * @procedure_from: (out) (nullable): version that holds for it, borrowed from @self. Errors: FORBIDDEN `env.policy.procedure` */
gboolean lt_judgement_admit(const LtJudgement *self, const LtHeader *header, const char *unit, const char **procedure_from, GError **error);

/** lt_judgement_receiver: fills @receiver with the answers of @self, which it borrows */
void lt_judgement_receiver(LtJudgement *self, const char *peer_unit, LtReceiver *receiver);
