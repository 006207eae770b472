/* SPDX-License-Identifier: Apache-2.0 */
/* intake.h: the one door. HTTP, collect and receive all come in here; a refusal is recorded too. */
#pragma once

#include "routing/plan.h"
#include "store/messages.h"
#include "trust/payload.h"

typedef struct _LtIntake LtIntake;
typedef struct _LtDispatcher LtDispatcher;

typedef struct {
    LtStore *store;             /* borrowed */
    LtSigner *signer;           /* borrowed */
    const LtPayloads *payloads; /* borrowed */
    guint64 max_bytes;          /* envelope.max_bytes */
} LtIntakeOptions;
LtIntake *lt_intake_new(const LtIntakeOptions *options);
void lt_intake_free(LtIntake *self);
/* The world it judges by: swapped whole, any time, from any thread. */
void lt_intake_set_world(LtIntake *self, LtTrust *trust, LtRegistry *registry, LtPlan *plan);
LtTrust *lt_intake_ref_trust(LtIntake *self);
LtRegistry *lt_intake_ref_registry(LtIntake *self);
LtPlan *lt_intake_ref_plan(LtIntake *self);
/** lt_intake_set_dispatcher: gets new deliveries after the commit */
void lt_intake_set_dispatcher(LtIntake *self, LtDispatcher *dispatcher);
typedef struct _LtUpload LtUpload;

/* Who calls: known by certificate or token. */
typedef struct {
    const char *peer;      /* h64: key, or public id of the token */
    const char *unit;      /* unit (or hub) it belongs to */
    gboolean is_hub;       /* may relay for others */
} LtCaller;

/* What the caller gets: container bytes of a receipt, or an error. */
typedef struct {
    guint status;          /* 202, 200, 204, 409, … */
    GBytes *receipt;       /* nullable */
    GError *error;         /* nullable: the refusal; with a receipt as well after V7 */
    gint64 index;          /* log index of the entry that says so, or -1 */
} LtAnswer;
void lt_answer_free(LtAnswer *self);
typedef void (*LtIntakeDone)(gpointer data, LtAnswer *answer /* transfer full */);

/** An upload is fed while its bytes arrive, walks and hashes them, and is then submitted or freed. */
LtUpload *lt_upload_new(LtIntake *intake);
gboolean lt_upload_feed(LtUpload *self, const guint8 *data, gsize size, GError **error);
void lt_upload_free(LtUpload *self);

/** lt_intake_submit: (transfer full) @upload. Verifies on this thread, writes through the store, answers on @context's thread after the commit */
void lt_intake_submit(LtIntake *self, LtUpload *upload, const LtCaller *caller, LtIntakeDone done, gpointer data, GMainContext *context);
/** lt_intake_submit_built: a plugin's message: sealed by the hub for the unit, then the same door. Blocks: workers only */
gboolean lt_intake_submit_built(LtIntake *self, const char *endpoint, LtMessageBuilder *message, GError **error);
