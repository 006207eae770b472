/* SPDX-License-Identifier: Apache-2.0 */
/* edxml-node.c: the small tree that a message's header is, and the message around it. */
#include "edxml.h"

#include <string.h>

EdxmlNode *
edxml_node_new(const char *name, const char *text)
{
    EdxmlNode *self = g_new0(EdxmlNode, 1);

    self->name = g_strdup(name);
    self->text = g_strdup(text);
    self->children = g_ptr_array_new_with_free_func((GDestroyNotify) edxml_node_free);
    return self;
}

void
edxml_node_free(EdxmlNode *self)
{
    if (self == NULL)
        return;
    g_free(self->name);
    g_free(self->text);
    g_ptr_array_unref(self->children);
    g_free(self);
}

EdxmlNode *
edxml_node_add(EdxmlNode *self, const char *name, const char *text)
{
    EdxmlNode *child = edxml_node_new(name, text);

    g_ptr_array_add(self->children, child);
    return child;
}

static EdxmlNode *
find_child(const EdxmlNode *self, const char *name, gsize length)
{
    for (guint i = 0; self != NULL && i < self->children->len; i++) {
        EdxmlNode *child = self->children->pdata[i];

        if (strncmp(child->name, name, length) == 0 && child->name[length] == '\0')
            return child;
    }
    return NULL;
}

EdxmlNode *
edxml_node_child(const EdxmlNode *self, const char *name)
{
    return find_child(self, name, strlen(name));
}

void
edxml_node_set(EdxmlNode *self, const char *path, const char *text)
{
    g_auto(GStrv) names = g_strsplit(path, "/", -1);

    if (text == NULL || text[0] == '\0')
        return;
    for (guint i = 0; names[i] != NULL; i++) {
        EdxmlNode *child = edxml_node_child(self, names[i]);

        self = child != NULL ? child : edxml_node_add(self, names[i], NULL);
    }
    g_free(self->text);
    self->text = g_strdup(text);
}

const char *
edxml_node_get(const EdxmlNode *self, const char *path)
{
    for (;;) {
        gsize length = strcspn(path, "/");

        self = find_child(self, path, length);
        if (self == NULL || path[length] == '\0')
            break;
        path += length + 1;
    }
    return self != NULL && self->text != NULL && self->text[0] != '\0' ? self->text : NULL;
}

static void
attachment_free(EdxmlAttachment *self)
{
    g_free(self->id);
    g_free(self->name);
    g_free(self->description);
    g_free(self->type);
    g_clear_pointer(&self->content, g_bytes_unref);
    g_free(self->sha256);
    g_free(self);
}

static void
verdict_free(EdxmlVerdict *self)
{
    g_free(self->where);
    g_free(self);
}

Edxml *
edxml_new(EdxmlKind kind)
{
    Edxml *self = g_new0(Edxml, 1);

    self->kind = kind;
    self->header = edxml_node_new("MessageHeader", NULL);
    self->attachments = g_ptr_array_new_with_free_func((GDestroyNotify) attachment_free);
    self->verdicts = g_ptr_array_new_with_free_func((GDestroyNotify) verdict_free);
    self->signature.verdict = "absent";
    return self;
}

void
edxml_free(Edxml *self)
{
    if (self == NULL)
        return;
    g_free(self->ns);
    edxml_node_free(self->header);
    edxml_node_free(self->trace);
    g_ptr_array_unref(self->attachments);
    g_ptr_array_unref(self->verdicts);
    g_free(self->signature.method);
    g_clear_pointer(&self->signature.certificate, g_bytes_unref);
    g_free(self);
}

void
edxml_add_attachment(Edxml *self, const char *id, const char *name, const char *type, GBytes *content)
{
    EdxmlAttachment *attachment = g_new0(EdxmlAttachment, 1);

    attachment->id = g_strdup(id);
    attachment->name = g_strdup(name);
    attachment->type = g_strdup(type);
    attachment->content = g_bytes_ref(content);
    attachment->sha256 = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, content);
    g_ptr_array_add(self->attachments, attachment);
}

const EdxmlNode *
edxml_bussiness(const Edxml *self)
{
    return edxml_node_child(self->trace, "Bussiness");
}

/* Which is meant differs by kind and by vendor (domain.md §2.7), so all places are tried. */
const char *
edxml_get_target(const Edxml *self)
{
    const char *id = edxml_node_get(edxml_bussiness(self), "DocumentId");

    if (self->kind == EDXML_NEW || self->kind == EDXML_STATUS)
        return edxml_node_get(self->header, "ResponseFor/DocumentId");
    if (id == NULL)
        id = edxml_node_get(edxml_bussiness(self), "ReplacementInfoList/ReplacementInfo/DocumentId");
    if (id == NULL)
        id = edxml_node_get(self->header, "ResponseFor/DocumentId");
    return id != NULL ? id : edxml_node_get(self->header, "DocumentId");
}

const char *
edxml_get_dossier(const Edxml *self)
{
    const char *code;

    if (g_strcmp0(edxml_node_get(self->header, "ApplicationType"), "MCDT_DT") != 0)
        return NULL;
    code = edxml_node_get(self->header, "OtherInfo/ReferenceCodes");
    if (code == NULL)
        code = edxml_node_get(self->header, "OtherInfo/ReferenceCodes/ReferenceCode");
    return code != NULL ? code : edxml_node_get(self->header, "Code/CodeNumber");
}

const char *
edxml_kind_word(EdxmlKind kind)
{
    static const char *const words[] = { "new", "revocation", "update", "replacement", "status", "unknown" };

    return words[kind];
}

const char *
edxml_state_word(EdxmlState state)
{
    static const char *const words[] = { "unpacked", "raw", "damaged" };

    return words[state];
}
