/* SPDX-License-Identifier: Apache-2.0 */
/* builder.c: what a plugin found in a foreign system, gathered before the hub gives it an id, seals and keeps it.
 *
 * A builder belongs to one thread and checks nothing: whether the parts make a message is decided where every message is
 * checked, when it has been sealed.
 */
#include "base/message.h"

struct _LtMessageBuilder {
    LtBuilt built; /* its strings are owned */
    LtReference re;
};

static void
built_part_free(LtBuiltPart *self)
{
    g_free(self->role);
    g_free(self->media_type);
    g_bytes_unref(self->content);
    g_free(self);
}

static void
set_text(const char **member, const char *text)
{
    char *copy = g_strdup(text); /* first: @text may be the old value */

    g_free((char *) *member);
    *member = copy;
}

LtMessageBuilder *
lt_message_builder_new(const char *type, const char *from, const char *to)
{
    LtMessageBuilder *self = g_new0(LtMessageBuilder, 1);

    self->built.type = g_strdup(type);
    self->built.from = g_strdup(from);
    self->built.to = g_strdup(to);
    self->built.attachments = g_ptr_array_new_with_free_func((GDestroyNotify) built_part_free);
    return self;
}

void
lt_message_builder_free(LtMessageBuilder *self)
{
    if (self == NULL)
        return;
    g_free((char *) self->built.type);
    g_free((char *) self->built.from);
    g_free((char *) self->built.to);
    g_free((char *) self->built.key);
    g_free((char *) self->built.dossier);
    g_free((char *) self->built.payload_type);
    g_free((char *) self->built.orig_kind);
    g_free((char *) self->built.orig_verdict);
    g_free((char *) self->re.from);
    g_free((char *) self->re.id);
    g_free((char *) self->re.manifest);
    g_clear_pointer(&self->built.payload, g_bytes_unref);
    g_ptr_array_unref(self->built.attachments);
    g_free(self);
}

void
lt_message_builder_set_key(LtMessageBuilder *self, const char *key)
{
    set_text(&self->built.key, key);
}

void
lt_message_builder_set_dossier(LtMessageBuilder *self, const char *dossier)
{
    set_text(&self->built.dossier, dossier);
}

void
lt_message_builder_set_re(LtMessageBuilder *self, const LtReference *re)
{
    set_text(&self->re.from, re->from);
    set_text(&self->re.id, re->id);
    set_text(&self->re.manifest, re->manifest);
    self->built.re = &self->re;
}

void
lt_message_builder_set_payload(LtMessageBuilder *self, GBytes *payload, const char *media_type)
{
    GBytes *kept = g_bytes_ref(payload);

    g_clear_pointer(&self->built.payload, g_bytes_unref);
    self->built.payload = kept;
    set_text(&self->built.payload_type, media_type);
}

static LtBuiltPart *
part_new(const char *role, const char *media_type, GBytes *content)
{
    LtBuiltPart *part = g_new0(LtBuiltPart, 1);

    part->role = g_strdup(role);
    part->media_type = g_strdup(media_type);
    part->content = g_bytes_ref(content);
    return part;
}

void
lt_message_builder_add_attachment(LtMessageBuilder *self, const char *role, const char *media_type, GBytes *content)
{
    g_ptr_array_add(self->built.attachments, part_new(role, media_type, content));
}

void
lt_message_builder_set_original(LtMessageBuilder *self, const char *kind, const char *verdict, GBytes *content,
                                const char *media_type)
{
    LtBuiltPart *part = part_new("original", media_type, content);

    if (self->built.orig_kind == NULL) {
        self->built.orig_index = self->built.attachments->len;
        g_ptr_array_add(self->built.attachments, part);
    } else { /* said again: there is one original, in its old place */
        built_part_free(self->built.attachments->pdata[self->built.orig_index]);
        self->built.attachments->pdata[self->built.orig_index] = part;
    }
    set_text(&self->built.orig_kind, kind);
    set_text(&self->built.orig_verdict, verdict);
}

const LtBuilt *
lt_message_builder_get(LtMessageBuilder *self)
{
    return &self->built;
}
