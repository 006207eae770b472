/* SPDX-License-Identifier: Apache-2.0 */
/* intake.h: the one door. HTTP, collect and receive all come in here; a refusal is recorded too. */
#pragma once

#include "registry/procedure.h"
#include "routing/plan.h"
#include "routing/upload.h"
#include "store/messages.h"
#include "trust/payload.h"

typedef struct _LtIntake LtIntake;
typedef struct _LtDispatcher LtDispatcher;
typedef struct _LtCaretaker LtCaretaker;

typedef struct {
    LtStore *store;             /* borrowed */
    LtSigner *signer;           /* borrowed */
    const LtPayloads *payloads; /* borrowed */
    guint64 max_bytes;          /* envelope.max_bytes */
} LtIntakeOptions;
LtIntake *lt_intake_new(const LtIntakeOptions *options);
/** lt_intake_free: nothing may be under way */
void lt_intake_free(LtIntake *self);
/** lt_intake_set_world: what it judges by: swapped whole, any time, from any thread. Takes references of its own */
void lt_intake_set_world(LtIntake *self, LtTrust *trust, LtRegistry *registry, LtCatalogue *catalogue, LtPlan *plan);
LtTrust *lt_intake_ref_trust(LtIntake *self);
LtRegistry *lt_intake_ref_registry(LtIntake *self);
LtCatalogue *lt_intake_ref_catalogue(LtIntake *self);
LtPlan *lt_intake_ref_plan(LtIntake *self);
/** lt_intake_set_dispatcher: gets new deliveries after the commit; before the first submit */
void lt_intake_set_dispatcher(LtIntake *self, LtDispatcher *dispatcher);

/** lt_intake_set_caretaker: is woken when a sender is to be told something; before the first submit, NULL when it ends */
void lt_intake_set_caretaker(LtIntake *self, LtCaretaker *caretaker);

/** lt_intake_get_unit: of the hub */
const char *lt_intake_get_unit(LtIntake *self);

/* Who calls: known by certificate or token. */
typedef struct {
    const char *peer;      /* h64: key, or public id of the token */
    const char *unit;      /* unit (or hub) it belongs to */
    gboolean is_hub;       /* may relay for others */
} LtCaller;

/* What the caller gets: container bytes of a receipt, or an error. */
typedef struct {
    guint status;          /* 202 accepted, 200 known already, 204 receipt taken, or that of the error */
    GBytes *receipt;       /* nullable */
    GError *error;         /* nullable: the refusal; with a receipt as well after V7 */
    gint64 index;          /* log index of the entry that says so, or -1 */
} LtAnswer;
void lt_answer_free(LtAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtAnswer, lt_answer_free)
typedef void (*LtIntakeDone)(gpointer data, LtAnswer *answer /* transfer full */);

/** lt_upload_new: an upload is fed while its bytes arrive (upload.h), and is then submitted or freed */
LtUpload *lt_upload_new(LtIntake *intake);

/**
 * lt_intake_submit:
 * @upload: (transfer full)
 * @caller: copied
 * @context: on whose thread @done is called, once, and never before this returns
 *
 * Verifies on this thread (V1–V10 of envelope.md §9), writes through the store, answers after the commit.
 */
void lt_intake_submit(LtIntake *self, LtUpload *upload, const LtCaller *caller, LtIntakeDone done, gpointer data,
                      GMainContext *context);

/**
 * lt_intake_refuse:
 * @caller: its peer is known, its unit perhaps not
 * @refusal: a code of step V0
 *
 * An envelope that was refused by what is known before its first byte: recorded like any other refusal. Answers as lt_intake_submit().
 */
void lt_intake_refuse(LtIntake *self, const LtCaller *caller, const GError *refusal, LtIntakeDone done, gpointer data, GMainContext *context);

/**
 * lt_intake_submit_built:
 * @endpoint: name of the endpoint whose plugin found it
 * @message: (transfer none)
 *
 * A plugin's message: sealed by the hub for the unit, then the same door. Known by its source key already: TRUE at once.
 * Blocks: workers only.
 *
 * Errors: the refusal; INVALID `intake.no-original` when the builder has no original form
 */
gboolean lt_intake_submit_built(LtIntake *self, const char *endpoint, LtMessageBuilder *message, GError **error);

/* A message of the hub's own unit. */
typedef struct {
    const char *type, *to;
    const char *dossier;      /* nullable */
    GBytes *payload;          /* JSON */
    const char *re_from, *re_id, *re_manifest; /* nullable */
    const char *key;          /* by which it is known when it is submitted again */
} LtOwnMessage;
/** lt_intake_submit_own: sealed by the hub for itself, then the same door. Known by its key already: TRUE at once. Blocks: not on an HTTP thread.
 * Errors: the refusal */
gboolean lt_intake_submit_own(LtIntake *self, const LtOwnMessage *message, GError **error);

/**
 * lt_intake_acknowledge:
 * @from, @id: of an envelope in the caller's inbox
 *
 * The unit says that it has taken it: the delivery is DELIVERED. Saying it again is no error. Answers 204, or NOT_FOUND.
 */
void lt_intake_acknowledge(LtIntake *self, const LtCaller *caller, const char *from, const char *id, LtIntakeDone done,
                           gpointer data, GMainContext *context);
