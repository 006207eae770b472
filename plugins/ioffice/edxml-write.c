/* SPDX-License-Identifier: Apache-2.0 */
/* edxml-write.c: one strict form, in the order of the shape table, that schemas/edxml/edxml.xsd describes.
 *
 * No time of day and no random number enters: a delivery that is tried again sends the same bytes.
 */
#include "edxml.h"

#include <string.h>

#define P "edXML:"

static void
append_escaped(GString *out, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);

    g_string_append(out, escaped);
}

static void
append_element(GString *out, const char *prefix, const char *name, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    g_string_append_printf(out, "<%s%s>", prefix, name);
    append_escaped(out, text);
    g_string_append_printf(out, "</%s%s>", prefix, name);
}

static void
append_node(GString *out, const EdxmlNode *node, const char *shape)
{
    const EdxmlShape *row = NULL;

    g_string_append_printf(out, "<" P "%s>", node->name);
    while ((row = edxml_shape_next(shape, row)) != NULL) {
        for (guint i = 0; i < node->children->len; i++) {
            const EdxmlNode *child = node->children->pdata[i];

            if (strcmp(child->name, row->name) != 0)
                continue;
            if (row->value == EDXML_GROUP && child->children->len > 0)
                append_node(out, child, row->shape);
            else
                append_element(out, P, child->name, child->text);
        }
    }
    g_string_append_printf(out, "</" P "%s>\n", node->name);
}

static void
append_manifest(GString *out, const Edxml *self)
{
    g_string_append(out, "<" P "edXMLBody><" P "edXMLManifest version=\"1.0\">");
    for (guint i = 0; i < self->attachments->len; i++) {
        const EdxmlAttachment *attachment = self->attachments->pdata[i];
        g_autofree char *cid = g_strconcat("cid:", attachment->id, NULL);

        g_string_append(out, "<" P "Reference>");
        append_element(out, P, "ContentId", cid);
        append_element(out, P, "ContentType", "application/zip");
        append_element(out, P, "Description", attachment->description);
        append_element(out, P, "AttachmentName", attachment->name);
        g_string_append(out, "</" P "Reference>");
    }
    g_string_append(out, "</" P "edXMLManifest></" P "edXMLBody>\n");
}

/* "<uuid>.<ext>": the uuid is made of the content's digest. */
static char *
entry_name(const EdxmlAttachment *attachment)
{
    const char *h = attachment->sha256, *dot = strrchr(attachment->name, '.');
    g_autofree char *extension = g_strdup(dot != NULL && strlen(dot) <= 6 ? dot + 1 : "bin");

    for (char *p = extension; *p != '\0'; p++) {
        if (!g_ascii_isalnum(*p))
            *p = '_';
    }
    return g_strdup_printf("%.8s-%.4s-8%.3s-8%.3s-%.12s.%s", h, h + 8, h + 12, h + 15, h + 18, extension);
}

static void
append_content(GString *out, const EdxmlAttachment *attachment)
{
    g_autofree char *name = entry_name(attachment);
    g_autoptr(GBytes) zip = edxml_zip_write(attachment->content, name);
    gsize size;
    const guint8 *data = g_bytes_get_data(zip, &size);
    g_autofree char *text = g_base64_encode(data, size);

    g_string_append(out, "<" P "ContentTransferEncoded>");
    g_string_append(out, text);
    g_string_append(out, "</" P "ContentTransferEncoded>");
}

static void
append_attachments(GString *out, const Edxml *self)
{
    g_string_append(out, "<AttachmentEncoded>");
    for (guint i = 0; i < self->attachments->len; i++) {
        const EdxmlAttachment *attachment = self->attachments->pdata[i];
        g_autofree char *cid = g_strconcat("cid:", attachment->id, NULL);

        g_string_append(out, "<Attachment>");
        append_element(out, "", "ContentId", cid);
        append_element(out, "", "AttachmentName", attachment->name);
        append_element(out, "", "Description", attachment->description);
        append_element(out, "", "ContentType", "application/zip");
        append_content(out, attachment);
        g_string_append(out, "</Attachment>\n");
    }
    g_string_append(out, "</AttachmentEncoded>\n");
}

/* What no XML can hold must not be lost in silence. */
static gboolean
is_writable(const EdxmlNode *node, GError **error)
{
    for (const char *p = node->text; p != NULL && *p != '\0'; p++) {
        if ((guchar) *p < 0x20 && *p != '\t' && *p != '\n' && *p != '\r') {
            lt_error_set(error, LT_ERROR_INVALID, "edxml.text", "edXML: %s holds a control character, which XML cannot carry", node->name);
            return FALSE;
        }
    }
    for (guint i = 0; i < node->children->len; i++) {
        if (!is_writable(node->children->pdata[i], error))
            return FALSE;
    }
    return TRUE;
}

GBytes *
edxml_write(const Edxml *self, GError **error)
{
    g_autoptr(GString) out = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<edXML xmlns=\"" EDXML_NS "\">");

    if (!is_writable(self->header, error) || (self->trace != NULL && !is_writable(self->trace, error)))
        return NULL;
    g_string_append(out, "<" P "edXMLEnvelope xmlns:edXML=\"" EDXML_NS "\"><" P "edXMLHeader>\n");
    append_node(out, self->header, "Header");
    if (self->trace != NULL)
        append_node(out, self->trace, "Trace");
    g_string_append(out, "</" P "edXMLHeader>\n");
    if (self->kind != EDXML_STATUS)
        append_manifest(out, self);
    g_string_append(out, "</" P "edXMLEnvelope>\n");
    if (self->attachments->len > 0) {
        /* The prefix is declared where it is used, beside the envelope that declares its own. */
        gsize at = out->len;

        append_attachments(out, self);
        g_string_insert(out, (gssize) at + (gssize) strlen("<AttachmentEncoded"), " xmlns:edXML=\"" EDXML_NS "\"");
    }
    g_string_append(out, "</edXML>\n");
    return g_string_free_to_bytes(g_steal_pointer(&out));
}
