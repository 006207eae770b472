/* SPDX-License-Identifier: Apache-2.0 */
/* message.h: how the hub makes the immutable messages that everybody else only reads. */
#pragma once

#include <lienthong/message.h>

/* The signed header, parsed (envelope.md §4). Owned strings; times in UTC microseconds. */
typedef struct {
    char *id;
    char *type;
    char *from;
    char *to;
    gint64 issued_us;
    gint64 expires_us;
    gint64 seq;
    char *nonce;         /* base64, 44 characters */
    char *dossier;       /* nullable */
    char *re_from;       /* nullable: all three or none */
    char *re_id;
    char *re_manifest;
    char *checkpoint;    /* nullable: `cp`, verbatim */
    char *orig_kind;     /* nullable: with part and verdict */
    char *orig_part;
    char *orig_verdict;
    char *orig_signer;   /* nullable */
    GPtrArray *parts;    /* of LtPart *, owned; sha256 is filled once the content was hashed */
} LtHeader;

LtHeader *lt_header_new(void);
void lt_header_free(LtHeader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtHeader, lt_header_free)

LtPart *lt_part_new(const char *name, const char *role, const char *media_type, guint64 size, const char *sha256);
void lt_part_free(LtPart *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtPart, lt_part_free)

/* Where a message's large content comes from; implemented by the container (fresh) and by the store (kept). */
typedef struct {
    GInputStream *(*open_attachment)(gpointer source, guint index, GError **error);
    GInputStream *(*open_envelope)(gpointer source, guint64 *size, GError **error);
    void (*free)(gpointer source);
} LtMessageSource;

/**
 * lt_message_new:
 * @header: (transfer full): parsed header with the SHA-256 of every part
 * @manifest: 64 hex digits
 * @payload: (nullable) (transfer none)
 * @source: vtable, static
 * @source_data: (transfer full): its data
 */
LtMessage *lt_message_new(LtHeader *header, const char *manifest, GBytes *payload, const LtMessageSource *source,
                          gpointer source_data);
/** lt_message_get_header: Returns: (transfer none): for rooms of the hub that need more than the public getters */
const LtHeader *lt_message_get_header(LtMessage *self);

/* What a plugin has put into a builder. Borrowed from the builder. */
typedef struct {
    const char *type, *from, *to, *key, *dossier;
    const LtReference *re;
    GBytes *payload;
    const char *payload_type;
    GPtrArray *attachments; /* of LtBuiltPart * */
    const char *orig_kind, *orig_verdict;
    guint orig_index;       /* which attachment is the original, when orig_kind is set */
} LtBuilt;
typedef struct {
    char *role;
    char *media_type;
    GBytes *content;
} LtBuiltPart;
const LtBuilt *lt_message_builder_get(LtMessageBuilder *self);
