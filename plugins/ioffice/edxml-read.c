/* SPDX-License-Identifier: Apache-2.0 */
/* edxml-read.c: from bytes to a message: finds the parts by local names, wherever a vendor puts them, and notes what is odd. */
#include "edxml-tree.h"

#include <string.h>

#include "edxml-value.h"

#define DEPTH_MAX 12

typedef struct {
    Edxml *out;
    const EdxmlTree *tree;
    const EdxmlLimits *limits;
    gsize content_left;
} Reading;

static gboolean
is_element(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *) node->name, name) == 0;
}

static xmlNode *
child_of(const xmlNode *node, const char *name)
{
    for (xmlNode *child = node != NULL ? node->children : NULL; child != NULL; child = child->next) {
        if (is_element(child, name))
            return child;
    }
    return NULL;
}

/* Vendors write both; the standard has the misspelt one. */
static char *
usual_name(Reading *self, const xmlNode *node)
{
    const char *name = (const char *) node->name;

    if (!g_str_has_prefix(name, "Business"))
        return g_strdup(name);
    edxml_judge(self->out, "shape.spelling", name);
    return g_strconcat("Bussiness", name + strlen("Business"), NULL);
}

static gboolean
has_element_child(const xmlNode *node)
{
    for (const xmlNode *child = node->children; child != NULL; child = child->next) {
        if (child->type == XML_ELEMENT_NODE)
            return TRUE;
    }
    return FALSE;
}

/* NFC and without white space around. */
static char *
text_of(Reading *self, xmlNode *node, const char *where)
{
    xmlChar *raw = xmlNodeGetContent(node);
    char *text = g_utf8_normalize((const char *) raw, -1, G_NORMALIZE_NFC);

    if (g_strcmp0(text, (const char *) raw) != 0)
        edxml_judge(self->out, "text.nfd", where);
    xmlFree(raw);
    return g_strstrip(text != NULL ? text : g_strdup(""));
}

static void
judge_attributes(Reading *self, const xmlNode *node, const char *where)
{
    for (const xmlAttr *one = node->properties; one != NULL; one = one->next) {
        if (strcmp((const char *) one->name, "mustUnderstand") == 0 || strcmp((const char *) one->name, "actor") == 0)
            edxml_judge(self->out, "shape.attribute", where);
    }
}

static void read_group(Reading *self, xmlNode *from, EdxmlNode *to, const char *shape, guint depth);

static void
read_child(Reading *self, xmlNode *from, EdxmlNode *to, const EdxmlShape *row, const char *name, guint depth)
{
    g_autofree char *where = g_strconcat(to->name, "/", name, NULL);
    EdxmlNode *node;

    judge_attributes(self, from, where);
    if (!row->many && edxml_node_child(to, name) != NULL) {
        edxml_judge(self->out, "shape.repeated", where);
        return;
    }
    node = edxml_node_add(to, name, NULL);
    if (row->value == EDXML_GROUP && has_element_child(from)) {
        read_group(self, from, node, row->shape, depth + 1);
        return;
    }
    node->text = text_of(self, from, where);
    edxml_value_judge(self->out, row, node->text, where);
}

static void
read_group(Reading *self, xmlNode *from, EdxmlNode *to, const char *shape, guint depth)
{
    const EdxmlShape *last = NULL;

    for (xmlNode *child = from->children; child != NULL && depth < DEPTH_MAX; child = child->next) {
        g_autofree char *name = child->type == XML_ELEMENT_NODE ? usual_name(self, child) : NULL;
        const EdxmlShape *row = name != NULL ? edxml_shape_find(shape, name) : NULL;

        if (name == NULL)
            continue;
        if (row == NULL) {
            g_autofree char *where = g_strdup_printf("%s/%.64s", to->name, name);

            edxml_judge(self->out, "shape.unknown", where);
            continue;
        }
        if (last != NULL && row < last)
            edxml_judge(self->out, "shape.order", to->name);
        last = row;
        read_child(self, child, to, row, name, depth);
    }
}

/* An attachment's base64: unpacked, kept as it is, or damaged. */
static void
read_content(Reading *self, EdxmlAttachment *attachment, GBytes *text, const char *where)
{
    gboolean had_space;
    gsize size;
    const char *data = g_bytes_get_data(text, &size);
    g_autoptr(GBytes) bytes = edxml_base64_read(data, size, &had_space);
    const char *code = NULL;

    attachment->state = EDXML_DAMAGED;
    if (bytes != NULL && had_space && g_bytes_get_size(bytes) > 0)
        edxml_judge(self->out, "attachment.base64-space", where);
    if (bytes == NULL || g_bytes_get_size(bytes) == 0) {
        edxml_judge(self->out, bytes == NULL ? "attachment.base64" : "attachment.empty", where);
        return;
    }
    attachment->content = edxml_zip_read(bytes, self->content_left, &code);
    attachment->state = attachment->content != NULL ? EDXML_UNPACKED : EDXML_DAMAGED;
    if (code != NULL)
        edxml_judge(self->out, code, where);
    if (g_strcmp0(code, "attachment.not-zip") == 0 || g_strcmp0(code, "attachment.entries") == 0) {
        if (g_bytes_get_size(bytes) > self->content_left) {
            edxml_judge(self->out, "attachment.size", where);
            return;
        }
        attachment->content = g_steal_pointer(&bytes);
        attachment->state = EDXML_RAW;
    } else if (attachment->content != NULL && attachment->type != NULL && strstr(attachment->type, "zip") == NULL) {
        edxml_judge(self->out, "attachment.type", where);
    }
    if (attachment->content == NULL)
        return;
    self->content_left -= g_bytes_get_size(attachment->content);
    attachment->sha256 = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, attachment->content);
}

static char *
without_cid(const char *id)
{
    return g_strdup(id != NULL && g_str_has_prefix(id, "cid:") ? id + strlen("cid:") : id);
}

static gboolean
has_attachment(const Edxml *message, const char *id)
{
    for (guint i = 0; i < message->attachments->len; i++) {
        if (g_strcmp0(((const EdxmlAttachment *) message->attachments->pdata[i])->id, id) == 0)
            return TRUE;
    }
    return FALSE;
}

static void
read_attachment(Reading *self, xmlNode *from, guint number)
{
    g_autoptr(EdxmlNode) fields = edxml_node_new("Attachment", NULL);
    EdxmlAttachment *attachment = g_new0(EdxmlAttachment, 1);
    g_autofree char *where = g_strdup_printf("attachment %u", number);
    xmlNode *encoded = child_of(from, "ContentTransferEncoded");
    g_autoptr(GBytes) text = encoded != NULL ? edxml_tree_text(self->tree, encoded) : g_bytes_new_static("", 0);
    const char *type;

    read_group(self, from, fields, "Attachment", 0);
    type = edxml_node_get(fields, "ContentType");
    attachment->id = without_cid(edxml_node_get(fields, "ContentId"));
    attachment->name = g_strdup(edxml_node_get(fields, "AttachmentName"));
    attachment->description = g_strdup(edxml_node_get(fields, "Description"));
    attachment->type = g_strdup(type != NULL ? type : edxml_node_get(fields, "MimeType"));
    if (attachment->name == NULL)
        edxml_judge(self->out, "attachment.name-missing", where);
    if (attachment->id != NULL && has_attachment(self->out, attachment->id))
        edxml_judge(self->out, "attachment.id-repeated", where);
    read_content(self, attachment, text, where);
    g_ptr_array_add(self->out->attachments, attachment);
}

static void
read_attachments(Reading *self, const xmlNode *list)
{
    guint number = 0;

    if (list->ns != NULL && list->ns->prefix != NULL)
        edxml_judge(self->out, "ns.attachment-prefix", NULL);
    for (xmlNode *child = list->children; child != NULL; child = child->next) {
        if (!is_element(child, "Attachment"))
            continue;
        if (++number > self->limits->max_attachments) {
            edxml_judge(self->out, "attachment.count", NULL);
            return;
        }
        read_attachment(self, child, number);
    }
}

/* The manifest against what is there: it says nothing that an attachment does not say itself, so it is only compared. */
static void
compare_reference(Reading *self, const xmlNode *from, guint number)
{
    g_autoptr(EdxmlNode) fields = edxml_node_new("Reference", NULL);
    g_autofree char *where = g_strdup_printf("reference %u", number);
    g_autofree char *id = NULL;

    read_group(self, (xmlNode *) from, fields, "Reference", 0);
    id = without_cid(edxml_node_get(fields, "ContentId"));
    for (guint i = 0; i < self->out->attachments->len; i++) {
        EdxmlAttachment *attachment = self->out->attachments->pdata[i];
        const char *type = edxml_node_get(fields, "ContentType"), *name = edxml_node_get(fields, "AttachmentName");

        if (id == NULL || g_strcmp0(attachment->id, id) != 0)
            continue;
        if (type != NULL && attachment->type != NULL && strcmp(type, attachment->type) != 0)
            edxml_judge(self->out, "manifest.type", where);
        if (name != NULL && attachment->name != NULL && strcmp(name, attachment->name) != 0)
            edxml_judge(self->out, "manifest.name", where);
        if (attachment->name == NULL)
            attachment->name = g_strdup(name);
        return;
    }
    edxml_judge(self->out, "manifest.unmatched", where);
}

static gboolean
is_listed(const xmlNode *manifest, const char *id, gboolean *has_cid)
{
    for (const xmlNode *child = manifest->children; child != NULL; child = child->next) {
        xmlNode *named = is_element(child, "Reference") ? child_of(child, "ContentId") : NULL;
        xmlChar *text = named != NULL ? xmlNodeGetContent(named) : NULL;
        g_autofree char *stripped = g_strstrip(g_strdup(text != NULL ? (const char *) text : ""));
        gboolean is_same;

        *has_cid = g_str_has_prefix(stripped, "cid:");
        is_same = g_strcmp0(*has_cid ? stripped + strlen("cid:") : stripped, id) == 0;
        xmlFree(text);
        if (is_same)
            return TRUE;
    }
    return FALSE;
}

static void
compare_manifest(Reading *self, const xmlNode *manifest, const xmlNode *list)
{
    guint number = 0;

    if (manifest == NULL) {
        if (self->out->attachments->len > 0)
            edxml_judge(self->out, "manifest.missing", NULL);
        return;
    }
    for (const xmlNode *child = manifest->children; child != NULL; child = child->next) {
        if (is_element(child, "Reference"))
            compare_reference(self, child, ++number);
    }
    number = 0;
    for (const xmlNode *child = list != NULL ? list->children : NULL; child != NULL; child = child->next) {
        xmlNode *named = is_element(child, "Attachment") ? child_of(child, "ContentId") : NULL;
        xmlChar *text = named != NULL ? xmlNodeGetContent(named) : NULL;
        g_autofree char *id = g_strstrip(g_strdup(text != NULL ? (const char *) text : ""));
        g_autofree char *where = NULL;
        gboolean has_cid = FALSE, listed;

        xmlFree(text);
        number += is_element(child, "Attachment");
        if (named == NULL)
            continue;
        where = g_strdup_printf("attachment %u", number);
        listed = is_listed(manifest, g_str_has_prefix(id, "cid:") ? id + strlen("cid:") : id, &has_cid);
        if (!listed)
            edxml_judge(self->out, "manifest.unlisted", where);
        else if (has_cid != g_str_has_prefix(id, "cid:"))
            edxml_judge(self->out, "manifest.cid", where);
    }
}

static void
judge_namespace(Edxml *out, const xmlNode *root)
{
    out->ns = root->ns != NULL ? g_strdup((const char *) root->ns->href) : NULL;
    if (g_strcmp0(out->ns, EDXML_NS_BKAV) == 0)
        edxml_judge(out, "ns.bkav", NULL);
    else if (g_strcmp0(out->ns, EDXML_NS) != 0)
        edxml_judge(out, "ns.unknown", NULL);
}

static xmlNode *
find_envelope(Edxml *out, xmlNode *root)
{
    if (is_element(root, "edXML"))
        return child_of(root, "edXMLEnvelope");
    if (!is_element(root, "edXMLEnvelope"))
        return NULL;
    edxml_judge(out, "root.bare", NULL);
    return root;
}

/* AttachmentEncoded stands beside the envelope; Bkav's older form has it inside. */
static xmlNode *
find_attachments(xmlNode *root, const xmlNode *envelope)
{
    xmlNode *list = child_of(root, "AttachmentEncoded");

    return list != NULL ? list : child_of(envelope, "AttachmentEncoded");
}

static gboolean
read_parts(Reading *self, xmlNode *root, GError **error)
{
    Edxml *out = self->out;
    xmlNode *envelope = find_envelope(out, root);
    xmlNode *outer = child_of(envelope, "edXMLHeader"), *header = child_of(outer, "MessageHeader"), *trace = child_of(outer, "TraceHeaderList");
    xmlNode *list = envelope != NULL ? find_attachments(root, envelope) : NULL;

    if (envelope == NULL) {
        lt_error_set(error, LT_ERROR_INVALID, "edxml.root", "edXML: no edXML/edXMLEnvelope");
        return FALSE;
    }
    if (header == NULL) {
        lt_error_set(error, LT_ERROR_INVALID, "edxml.header", "edXML: no edXMLHeader/MessageHeader");
        return FALSE;
    }
    judge_namespace(out, root);
    judge_attributes(self, header, "MessageHeader");
    read_group(self, header, out->header, "Header", 0);
    if (trace != NULL) {
        out->trace = edxml_node_new("TraceHeaderList", NULL);
        read_group(self, trace, out->trace, "Trace", 0);
    }
    if (list != NULL)
        read_attachments(self, list);
    compare_manifest(self, child_of(child_of(envelope, "edXMLBody"), "edXMLManifest"), list);
    if (edxml_node_get(out->header, "From/OrganId") != NULL)
        return TRUE;
    lt_error_set(error, LT_ERROR_INVALID, "edxml.from", "edXML: From names no OrganId: nobody has sent this");
    return FALSE;
}

Edxml *
edxml_read(GBytes *bytes, const EdxmlLimits *limits, const GPtrArray *trusted, GError **error)
{
    g_autoptr(Edxml) out = edxml_new(EDXML_UNKNOWN);
    g_auto(EdxmlTree) tree = { 0 };
    Reading reading = { out, &tree, limits, limits->max_content };
    gsize size;
    const guint8 *data = g_bytes_get_data(bytes, &size);

    if (size > limits->max_bytes) {
        lt_error_set(error, LT_ERROR_TOO_LARGE, "edxml.size", "edXML: %" G_GSIZE_FORMAT " bytes, over the limit of %" G_GSIZE_FORMAT, size, limits->max_bytes);
        return NULL;
    }
    if (size == 0) {
        lt_error_set(error, LT_ERROR_INVALID, "xml.syntax", "XML: the document is empty");
        return NULL;
    }
    if (data[0] == '{')
        return edxml_twin_read(bytes, error);
    if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
        edxml_judge(out, "encoding.bom", NULL);
    if (!edxml_tree_parse(&tree, bytes, error) || !read_parts(&reading, xmlDocGetRootElement(tree.document), error))
        return NULL;
    edxml_value_judge_message(out);
    edxml_signature_check(out, bytes, trusted);
    return g_steal_pointer(&out);
}
