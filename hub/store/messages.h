/* SPDX-License-Identifier: Apache-2.0 */
/* messages.h: accepted messages, `seen`, refusals, and the receipts that were promised.
 *
 * lt_store_accept() is the only way in: message, deliveries, dossier event, records, receipt and checkpoint in one
 * transaction. A twin that loses the race gets the first one's receipt. Requests are borrowed, with
 * all that they point to, until done. */
#pragma once

#include "store/store.h"
#include "store/deliveries.h"
#include "trust/envelope.h"
#include "trust/receipt.h"

/* Borrowed with all that it names until done. */
typedef struct {
    LtEnvelope *envelope;       /* (transfer none) alive until done */
    const char *peer;           /* h64 of the caller's key, or of its token's public id */
    const char *exception;      /* nullable: `ex` */
    const char *receiver;       /* unit that it goes to: `to`, or its successor at this date */
    const char *readdressed;    /* nullable: legal basis, when receiver differs from `to` */
    const char *source_endpoint, *source_key; /* nullable: of a plugin's message, for idempotency */
    const char *code, *procedure, *kind, *state; /* payload facts, nullable */
    const char *procedure_from; /* nullable: version of the procedure that holds for it: its first day */
    const char *const *endpoints; /* names, ended by NULL: one delivery each ("inbox" is one of them). NULL instead of an empty list: the caller saw a
                                   * twin in `seen`; should that be gone, UNAVAILABLE `env.busy` and the sender comes again */
    guint64 plan;               /* generation that routed it */
    const LtSettlement *settles; /* nullable: a delivery that this message answers (`re`); nothing when it is no longer in the expected state */
} LtAcceptance;

typedef struct {
    gint64 message;             /* row id */
    gint64 receipt;             /* row id of the receipt, for lt_store_keep_receipt_signature() */
    gboolean duplicate;         /* the first one's receipt is below */
    LtReceiptFields fields;     /* strings owned by the result */
    LtReceiptBody body;
    GPtrArray *deliveries;      /* of LtDelivery *: the new ones, for the dispatcher's fast path */
    guint64 index;              /* of env.accepted */
} LtAccepted;
void lt_accepted_free(LtAccepted *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtAccepted, lt_accepted_free)

typedef void (*LtAcceptDone)(gpointer data, LtAccepted *accepted /* transfer full, nullable */, const GError *error);
/** Errors given to @done: CONFLICT `env.dup.conflict`, `env.dup.failed`; UNAVAILABLE `env.store.full`, `env.store.halted`, `env.busy` */
void lt_store_accept(LtStore *self, const LtAcceptance *acceptance, LtAcceptDone done, gpointer data, GMainContext *context);

/* A receipt that came in (envelope.md §7): record receipt.in, its bytes kept, and the delivery that it speaks of settled, in one transaction.
 * The second copy of one writes nothing and is no error. It never gets a receipt itself: accepted is NULL. */
typedef struct {
    LtEnvelope *envelope;       /* (transfer none) alive until done */
    const char *peer;           /* h64, as above */
    const char *stage;          /* of its payload */
    const LtSettlement *settles; /* nullable; nothing when it is no longer in the expected state */
} LtReceiptTaken;
void lt_store_take_receipt(LtStore *self, const LtReceiptTaken *taken, LtAcceptDone done, gpointer data, GMainContext *context);

/* A refusal: record env.refused (and env.conflict), quarantine of salt and bytes, and, after V7, a receipt `refused`. */
typedef struct {
    const char *code, *peer;
    guint64 size;
    const guint8 *commitment;   /* SHA-256 of salt and bytes */
    const guint8 *salt;         /* 32 bytes: kept in quarantine with the bytes received: */
    GBytes *bytes;              /* nullable: all of them when they are few */
    LtSpoolFile *file;          /* nullable: of this store's spool: all of them when they are many */
    const LtHeader *header;     /* nullable: only when V7 was passed */
    const char *manifest;       /* nullable, then needed for the receipt */
} LtRefusal;
void lt_store_refuse(LtStore *self, const LtRefusal *refusal, LtAcceptDone done, gpointer data, GMainContext *context);

/* Reading; all on the caller's thread through its read connection. */
/** lt_store_seen: NEW also for what was seen and ended more than 30 days after it had expired */
LtSeen lt_store_seen(LtStore *self, const char *from, const char *id, const char *manifest, GError **error);
char *lt_store_manifest_of(LtStore *self, const char *from, const char *id);
LtMessage *lt_store_load_message(LtStore *self, gint64 message, GError **error);
LtMessage *lt_store_find_message(LtStore *self, const char *from, const char *id, GError **error);
/** lt_store_find_receipt: newest receipt given for (from,id), as container bytes. Signed from its
 * fields when it is fetched first, and kept: then it waits for a commit, so not on the writer's thread. Every fetch gives the same bytes */
GBytes *lt_store_find_receipt(LtStore *self, const char *from, const char *id, const char *stage /* nullable: newest */, GError **error);
/** lt_store_keep_receipt_signature: later group, no waiting. @receipt: LtAccepted.receipt; @signature: of lt_receipt_sign() */
void lt_store_keep_receipt_signature(LtStore *self, gint64 receipt, GBytes *signature);
/** cursor of a plugin's collect */
char *lt_store_get_cursor(LtStore *self, const char *endpoint);
gboolean lt_store_set_cursor(LtStore *self, const char *endpoint, const char *cursor, GError **error);
gboolean lt_store_has_source_key(LtStore *self, const char *endpoint, const char *key);
/** next `seq` of the hub's own envelopes per (from,to) is given inside transactions: lt_store_next_seq() */
gint64 lt_store_next_seq(LtStoreTransaction *tx, const char *from, const char *to, GError **error);
