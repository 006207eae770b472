/* SPDX-License-Identifier: Apache-2.0 */
/* envelope.h: sealing and receiving. lt_envelope_receive() is the one function through which every message passes, and the only
 * way to a message: steps V1–V10 of envelope.md §9, in that order, stopping at the first failure with its code.
 *
 * What the steps must know of the world (whose key, which units, what was seen before) they ask an LtReceiver, so that the hub, the command
 * line and the verifier run the same code on different knowledge.
 */
#pragma once

#include "base/message.h"
#include "trust/certificates.h"
#include "trust/container.h"
#include "trust/signer.h"

typedef enum { LT_SEEN_NEW, LT_SEEN_SAME, LT_SEEN_CONFLICT, LT_SEEN_FAILED } LtSeen;
typedef enum { LT_TO_SERVED, LT_TO_UNKNOWN, LT_TO_NOT_SERVED } LtTo;

/* How far the steps go. */
typedef enum {
    LT_RECEIVE_ALL,         /* V1–V10 */
    LT_RECEIVE_NO_SCHEMA,   /* all but the schema of the payload; its guards still run */
    LT_RECEIVE_OFFLINE,     /* V1–V6, lifetime and signing rows of V9, payload rows of V10: `lthub verify` */
} LtReceiveScope;

typedef struct {
    LtTrust *trust;
    gint64 now_us;
    LtReceiveScope scope;
    const char *peer_unit; /* nullable: unit (or hub) of the TLS peer or token, for `env.from.peer`; NULL: not checked */
    gpointer data;
    /* All answer from memory or a read-only connection; none may write. NULL: the row is not checked. */
    gboolean (*key_is_registered)(gpointer data, const char *spki_hex, const char *from, gint64 issued_us, gboolean by_hub);
    gboolean (*peer_may_relay)(gpointer data, const char *peer_unit, const char *from);
    LtTo (*find_receiver)(gpointer data, const LtHeader *header);
    LtSeen (*seen)(gpointer data, const char *from, const char *id, const char *manifest, GError **error);
    gboolean (*type_is_allowed)(gpointer data, const char *from, const char *to, const char *type);
    /* manifest of a known envelope, 64 hex digits; (transfer full) (nullable) */
    char *(*manifest_of)(gpointer data, const char *from, const char *id);
    /* schema of the payload; sets json.* / xml.* / env.payload.* reasons; wraps payload.h */
    gboolean (*check_payload)(gpointer data, const LtHeader *header, GBytes *payload, GError **error);
} LtReceiver;

typedef struct {
    LtMessage *message;                     /* keeps the container alive as long as it lives */
    LtSignerCertificate *signer;
    gint64 signed_us;                       /* signingTime */
    const char *algorithm;                  /* static name (algorithm.c) */
    char *exception;                        /* nullable: dated exception by which the signature was taken: `ex` of the log */
    LtSeen seen;                            /* LT_SEEN_SAME: answer with the old receipt, do nothing else */
    LtContainer *container;                 /* entries, for keeping */
    GBytes *header, *manifest, *signature;  /* borrowed from the container */
    guint step;                             /* last step passed, 1–10 */
} LtEnvelope;

/**
 * lt_envelope_receive:
 * @container: (transfer full): walked (V1 has passed)
 * @passed: (out) (optional): last step passed, also on failure: after 7 the identity of the sender is known
 * @header: (out) (optional) (transfer full) (nullable): on a failure after V7 the verified header, for the refusal's record and receipt
 */
LtEnvelope *lt_envelope_receive(LtContainer *container, const LtReceiver *receiver, guint *passed, LtHeader **header, GError **error);
LtEnvelope *lt_envelope_ref(LtEnvelope *self);
void lt_envelope_unref(LtEnvelope *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtEnvelope, lt_envelope_unref)

/** lt_envelope_open: V1, then lt_envelope_receive() with the scope of @receiver, for callers that have the whole file. Large attachments
 * are hashed only */
LtEnvelope *lt_envelope_open(GBytes *bytes, const LtReceiver *receiver, GError **error);

typedef struct {
    char *role, *media_type;
    GBytes *bytes;                                        /* or: */
    GInputStream *(*open)(gpointer data, GError **error); /* read twice: to hash, to write */
    gpointer data;
    guint64 size;
} LtSealPart;

/* All entries of a container but `mimetype`, which is constant. */
typedef struct {
    GBytes *header, *payload, *manifest, *signature;
    GPtrArray *attachments;  /* of LtSealPart *, with */
    GArray *attachment_crcs; /* guint32 each, and */
    GPtrArray *attachment_digests; /* 32 bytes each */
    char manifest_hex[65];
} LtSealed;

/**
 * lt_envelope_seal:
 * @header: its `parts` are filled from @payload and @attachments; issued, expires, nonce are set when they are 0 or NULL
 * @payload: (nullable): XML when it begins with `<` or a byte order mark, else JSON
 * @attachments: (element-type LtSealPart) (nullable): referenced
 * @signer: signs with signingTime = `issued`
 *
 * Errors: the codes of V1 and V6 when what would be made could not be received
 */
LtSealed *lt_envelope_seal(LtHeader *header, GBytes *payload, GPtrArray *attachments, LtSigner *signer, GError **error);
void lt_sealed_free(LtSealed *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtSealed, lt_sealed_free)
/** lt_sealed_build: the container in memory */
GBytes *lt_sealed_build(const LtSealed *self, GError **error);
/** lt_sealed_open_stream: the container as a stream; @self and its attachments' data must outlive it */
GInputStream *lt_sealed_open_stream(const LtSealed *self, guint64 *size);
