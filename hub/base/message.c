/* SPDX-License-Identifier: Apache-2.0 */
/* message.c: the immutable message, and the signed header and parts that it is made of.
 *
 * Nothing here changes after lt_message_new(), so that any thread may read a message that it holds a reference to. Large
 * content is not in it: a source, given by whoever made the message, opens it as a stream. The builder is in builder.c.
 */
#include "base/message.h"

#include <string.h>

struct _LtMessage {
    gatomicrefcount references;
    LtHeader *header;
    char manifest[65];
    GBytes *payload;   /* nullable */
    guint first_attachment; /* index in the header's parts: 1 when there is a payload, else 0 */
    LtReference re;
    const LtMessageSource *source; /* nullable: no large content at hand */
    gpointer source_data;
};

LtPart *
lt_part_new(const char *name, const char *role, const char *media_type, guint64 size, const char *sha256)
{
    LtPart *self = g_new0(LtPart, 1);

    self->name = g_strdup(name);
    self->role = g_strdup(role);
    self->media_type = g_strdup(media_type);
    self->size = size;
    self->sha256 = g_strdup(sha256);
    return self;
}

void
lt_part_free(LtPart *self)
{
    if (self == NULL)
        return;
    g_free((char *) self->name);
    g_free((char *) self->role);
    g_free((char *) self->media_type);
    g_free((char *) self->sha256);
    g_free(self);
}

LtHeader *
lt_header_new(void)
{
    LtHeader *self = g_new0(LtHeader, 1);

    self->parts = g_ptr_array_new_with_free_func((GDestroyNotify) lt_part_free);
    return self;
}

void
lt_header_free(LtHeader *self)
{
    if (self == NULL)
        return;
    g_free(self->id);
    g_free(self->type);
    g_free(self->from);
    g_free(self->to);
    g_free(self->nonce);
    g_free(self->dossier);
    g_free(self->re_from);
    g_free(self->re_id);
    g_free(self->re_manifest);
    g_free(self->checkpoint);
    g_free(self->orig_kind);
    g_free(self->orig_part);
    g_free(self->orig_verdict);
    g_free(self->orig_signer);
    g_ptr_array_unref(self->parts);
    g_free(self);
}

LtMessage *
lt_message_new(LtHeader *header, const char *manifest, GBytes *payload, const LtMessageSource *source, gpointer source_data)
{
    LtMessage *self = g_new0(LtMessage, 1);

    g_atomic_ref_count_init(&self->references);
    self->header = header;
    g_strlcpy(self->manifest, manifest, sizeof self->manifest);
    self->payload = payload != NULL ? g_bytes_ref(payload) : NULL;
    self->re = (LtReference) { header->re_from, header->re_id, header->re_manifest };
    self->source = source;
    self->source_data = source_data;
    if (header->parts->len > 0) {
        const LtPart *first = g_ptr_array_index(header->parts, 0);

        self->first_attachment = g_str_has_prefix(first->name, "payload.") ? 1 : 0;
    }
    return self;
}

LtMessage *
lt_message_ref(LtMessage *self)
{
    g_atomic_ref_count_inc(&self->references);
    return self;
}

void
lt_message_unref(LtMessage *self)
{
    if (!g_atomic_ref_count_dec(&self->references))
        return;
    if (self->source != NULL && self->source->free != NULL)
        self->source->free(self->source_data);
    g_clear_pointer(&self->payload, g_bytes_unref);
    lt_header_free(self->header);
    g_free(self);
}

const LtHeader *
lt_message_get_header(LtMessage *self)
{
    return self->header;
}

const char *
lt_message_get_id(LtMessage *self)
{
    return self->header->id;
}

const char *
lt_message_get_type(LtMessage *self)
{
    return self->header->type;
}

const char *
lt_message_get_from(LtMessage *self)
{
    return self->header->from;
}

const char *
lt_message_get_to(LtMessage *self)
{
    return self->header->to;
}

const char *
lt_message_get_dossier(LtMessage *self)
{
    return self->header->dossier;
}

const LtReference *
lt_message_get_re(LtMessage *self)
{
    return self->re.id != NULL ? &self->re : NULL;
}

gint64
lt_message_get_issued_us(LtMessage *self)
{
    return self->header->issued_us;
}

gint64
lt_message_get_expires_us(LtMessage *self)
{
    return self->header->expires_us;
}

gint64
lt_message_get_seq(LtMessage *self)
{
    return self->header->seq;
}

const char *
lt_message_get_manifest(LtMessage *self)
{
    return self->manifest;
}

GBytes *
lt_message_get_payload(LtMessage *self)
{
    return self->payload;
}

const LtPart *
lt_message_get_payload_part(LtMessage *self)
{
    return self->first_attachment == 1 ? g_ptr_array_index(self->header->parts, 0) : NULL;
}

guint
lt_message_get_n_attachments(LtMessage *self)
{
    return self->header->parts->len - self->first_attachment;
}

const LtPart *
lt_message_get_attachment(LtMessage *self, guint index)
{
    g_return_val_if_fail(index < lt_message_get_n_attachments(self), NULL);

    return g_ptr_array_index(self->header->parts, self->first_attachment + index);
}

GInputStream *
lt_message_open_attachment(LtMessage *self, guint index, GError **error)
{
    if (index >= lt_message_get_n_attachments(self)) {
        lt_error_set(error, LT_ERROR_NOT_FOUND, "not-found", "message %s has %u attachments, not a number %u",
                     self->header->id, lt_message_get_n_attachments(self), index + 1);
        return NULL;
    }
    if (self->source == NULL || self->source->open_attachment == NULL) {
        lt_error_set(error, LT_ERROR_NOT_FOUND, "not-found", "message %s: content of attachment %u is not kept here",
                     self->header->id, index + 1);
        return NULL;
    }
    return self->source->open_attachment(self->source_data, index, error);
}

GInputStream *
lt_message_open_envelope(LtMessage *self, guint64 *size, GError **error)
{
    guint64 ignored;

    if (self->source == NULL || self->source->open_envelope == NULL) {
        lt_error_set(error, LT_ERROR_NOT_FOUND, "not-found", "message %s: its container is not kept here", self->header->id);
        return NULL;
    }
    return self->source->open_envelope(self->source_data, size != NULL ? size : &ignored, error);
}
