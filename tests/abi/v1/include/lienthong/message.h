/* SPDX-License-Identifier: Apache-2.0 */
/* message.h: what travels: header, payload, attachments.
 *
 * A message is immutable and reference-counted; it may be read from any thread. All strings are UTF-8 and valid as
 * long as the message is. Attachments are read as streams, so that a large one never lies in memory whole.
 * A builder is how a plugin hands in what it found in a foreign system; the hub gives it an id, seals and keeps it.
 */
#pragma once

#include <gio/gio.h>
#include <lienthong/error.h>

G_BEGIN_DECLS

typedef struct _LtMessage LtMessage;
typedef struct _LtMessageBuilder LtMessageBuilder;

/**
 * LtReference:
 * @from: unit id of the sender of the message referred to
 * @id: its UUID
 * @manifest: SHA-256 of its manifest, 64 lower-case hex digits
 *
 * Names another message exactly: the `re` of the envelope's header.
 */
typedef struct {
    const char *from;
    const char *id;
    const char *manifest;
} LtReference;

/**
 * LtPart:
 * @name: entry name: "payload.json", "payload.xml" or "att/0001" … "att/0999"
 * @role: "payload", "form", "identity", "evidence", "result", "original" or "other"
 * @media_type: such as "application/pdf"
 * @size: bytes
 * @sha256: of the content, 64 lower-case hex digits
 */
typedef struct {
    const char *name;
    const char *role;
    const char *media_type;
    guint64 size;
    const char *sha256;
} LtPart;

LT_API LtMessage *lt_message_ref(LtMessage *self);
LT_API void lt_message_unref(LtMessage *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtMessage, lt_message_unref)

/* Header fields, as signed (envelope.md §4). */
LT_API const char *lt_message_get_id(LtMessage *self);
LT_API const char *lt_message_get_type(LtMessage *self);
LT_API const char *lt_message_get_from(LtMessage *self);
LT_API const char *lt_message_get_to(LtMessage *self);
/** lt_message_get_dossier: Returns: (nullable): random reference of the dossier, a UUID 4 */
LT_API const char *lt_message_get_dossier(LtMessage *self);
/** lt_message_get_re: Returns: (nullable): the message that this one answers */
LT_API const LtReference *lt_message_get_re(LtMessage *self);
/** lt_message_get_issued_us: Returns: UTC microseconds since 1970 */
LT_API gint64 lt_message_get_issued_us(LtMessage *self);
/** lt_message_get_expires_us: Returns: UTC microseconds since 1970 */
LT_API gint64 lt_message_get_expires_us(LtMessage *self);
LT_API gint64 lt_message_get_seq(LtMessage *self);
/** lt_message_get_manifest: Returns: SHA-256 of the manifest, 64 lower-case hex digits: the name of the envelope */
LT_API const char *lt_message_get_manifest(LtMessage *self);

/** lt_message_get_payload: Returns: (transfer none) (nullable): bytes of payload.json or payload.xml, as signed */
LT_API GBytes *lt_message_get_payload(LtMessage *self);
/** lt_message_get_payload_part: Returns: (nullable): its description */
LT_API const LtPart *lt_message_get_payload_part(LtMessage *self);

LT_API guint lt_message_get_n_attachments(LtMessage *self);
/** lt_message_get_attachment: @index: 0 to n_attachments − 1 */
LT_API const LtPart *lt_message_get_attachment(LtMessage *self, guint index);

/**
 * lt_message_open_attachment:
 * @index: 0 to n_attachments − 1
 *
 * Errors: %LT_ERROR_NOT_FOUND when the content was erased; %LT_ERROR_UNAVAILABLE when it cannot be read.
 *
 * Returns: (transfer full): a stream over the attachment's bytes
 */
LT_API GInputStream *lt_message_open_attachment(LtMessage *self, guint index, GError **error);

/**
 * lt_message_open_envelope:
 * @size: (out) (optional): bytes of the container
 *
 * For systems that take the signed container itself, byte for byte as it came in.
 *
 * Returns: (transfer full): a stream over the container
 */
LT_API GInputStream *lt_message_open_envelope(LtMessage *self, guint64 *size, GError **error);

/**
 * lt_message_builder_new:
 * @type: a message type, such as "dossier.status"
 * @from: id of the unit on whose behalf the hub will seal
 * @to: id of the receiving unit
 */
LT_API LtMessageBuilder *lt_message_builder_new(const char *type, const char *from, const char *to);
LT_API void lt_message_builder_free(LtMessageBuilder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtMessageBuilder, lt_message_builder_free)

/**
 * lt_message_builder_set_key:
 * @key: the foreign system's own id of this document, at most 255 bytes
 *
 * Makes handing in idempotent: a second message with the same key at the same endpoint is taken for the first.
 */
LT_API void lt_message_builder_set_key(LtMessageBuilder *self, const char *key);
/** lt_message_builder_set_dossier: @dossier: UUID 4 of a dossier known to the hub */
LT_API void lt_message_builder_set_dossier(LtMessageBuilder *self, const char *dossier);
LT_API void lt_message_builder_set_re(LtMessageBuilder *self, const LtReference *re);
/** lt_message_builder_set_payload: @media_type: "application/json" or "application/xml" */
LT_API void lt_message_builder_set_payload(LtMessageBuilder *self, GBytes *payload, const char *media_type);
LT_API void lt_message_builder_add_attachment(LtMessageBuilder *self, const char *role, const char *media_type,
                                              GBytes *content);
/**
 * lt_message_builder_set_original:
 * @kind: "rest-json", "edxml", "soap-wss" or "file": what the foreign form was
 * @verdict: "valid", "invalid", "absent" or "legacy": what the plugin found of its signature
 * @content: the exact bytes received; they become an attachment with the role "original"
 *
 * Required for every message that a plugin hands in (envelope.md §10).
 */
LT_API void lt_message_builder_set_original(LtMessageBuilder *self, const char *kind, const char *verdict,
                                            GBytes *content, const char *media_type);

G_END_DECLS
