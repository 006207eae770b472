/* SPDX-License-Identifier: Apache-2.0 */
/* incoming.c: an envelope that came, as an answer or as a call.
 *
 * Signatures are made over the whole, contents included as base64, so XOP parts are put in place before one is verified; afterwards each
 * becomes a small element that names its part, and no map carries megabytes around. */
#include "soap.h"

#include <string.h>

#include "embedded.h"
#include "fault.h"

#define XOP_NS "http://www.w3.org/2004/08/xop/include"

Incoming *
incoming_new(void)
{
    return g_new0(Incoming, 1);
}

void
incoming_free(Incoming *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->reply, lt_reply_free);
    g_clear_pointer(&self->raw, g_bytes_unref);
    g_clear_pointer(&self->mime, mime_free);
    g_clear_pointer(&self->doc, xmlFreeDoc);
    proof_clear(&self->proof);
    g_free(self->raw_type);
    g_free(self->operation);
    g_free(self);
}

static gboolean
check_media_type(const Mime *mime, const char *content_type, GError **error)
{
    static const char *const known[] = { "text/xml", "application/soap+xml", "application/xml", NULL };
    g_autofree char *charset = mime_parameter(content_type, "charset");

    if (!g_strv_contains(known, mime->media_type) ||
        (charset != NULL && g_ascii_strcasecmp(charset, "utf-8") != 0 && g_ascii_strcasecmp(charset, "us-ascii") != 0)) {
        lt_error_set(error, LT_ERROR_INVALID, "soap.media-type", "it is no XML in UTF-8 by its Content-Type");
        return FALSE;
    }
    return TRUE;
}

static gboolean
fail_xop(GError **error, const char *cause)
{
    lt_error_set(error, LT_ERROR_INVALID, "soap.xop", "an included part %s", cause);
    return FALSE;
}

static guint
part_number(const Mime *mime, const char *href)
{
    g_autofree char *id = href != NULL && g_str_has_prefix(href, "cid:") ? g_uri_unescape_string(href + 4, NULL) : NULL;

    for (guint i = 0; id != NULL && *id != '\0' && i < mime->parts->len; i++) {
        if (strcmp(((const MimePart *) mime->parts->pdata[i])->id, id) == 0)
            return i + 1;
    }
    return 0;
}

/* One include and where it stood. */
typedef struct {
    xmlNode *node; /* at present: xop:Include, then text, then lt:content */
    guint part;
} Include;

static gboolean
find_includes(Incoming *self, GArray *includes, GError **error)
{
    xmlNode *root = xmlDocGetRootElement(self->doc);
    g_autofree guint8 *used = g_malloc0(self->mime->parts->len + 1);

    for (xmlNode *node = root; node != NULL; node = document_walk(node, root)) {
        g_autofree char *href = NULL;
        Include include = { .node = node };

        if (document_is(node, DOCUMENT_NS, NULL)) {
            lt_error_set(error, LT_ERROR_INVALID, "soap.structure", "the envelope holds elements of the hub's own namespace");
            return FALSE;
        }
        if (!document_is(node, XOP_NS, NULL))
            continue;
        href = document_attribute(node, NULL, "href");
        include.part = part_number(self->mime, href);
        if (!self->mime->is_xop || include.part == 0)
            return fail_xop(error, "is not there");
        if (used[include.part]++ != 0 || node->prev != NULL || node->next != NULL || node->children != NULL)
            return fail_xop(error, "stands beside something else, or twice");
        g_array_append_val(includes, include);
    }
    return TRUE;
}

static void
replace(Include *include, xmlNode *with)
{
    xmlReplaceNode(include->node, with);
    xmlFreeNode(include->node);
    include->node = with;
}

static void
put_contents(Incoming *self, GArray *includes)
{
    for (guint i = 0; i < includes->len; i++) {
        Include *include = &g_array_index(includes, Include, i);
        const MimePart *part = self->mime->parts->pdata[include->part - 1];
        g_autofree char *text = g_base64_encode(g_bytes_get_data(part->content, NULL), g_bytes_get_size(part->content));

        replace(include, xmlNewDocText(self->doc, BAD_CAST text));
    }
}

static void
put_names(Incoming *self, GArray *includes)
{
    for (guint i = 0; i < includes->len; i++) {
        Include *include = &g_array_index(includes, Include, i);
        g_autofree char *number = g_strdup_printf("%u", include->part);
        xmlNode *node = xmlNewDocNode(self->doc, NULL, BAD_CAST "content", NULL);

        xmlSetNs(node, xmlNewNs(node, BAD_CAST DOCUMENT_NS, BAD_CAST "lt"));
        document_set(node, "part", number);
        replace(include, node);
    }
}

/* Every part must be in the signed Body; what hangs beside it is nobody's. */
static gboolean
is_covered(const Incoming *self, const GArray *includes, GError **error)
{
    gboolean good = includes->len == self->mime->parts->len;

    for (guint i = 0; i < includes->len; i++) {
        const xmlNode *node = g_array_index(includes, Include, i).node;

        while (node != NULL && node != self->envelope.body)
            node = node->parent;
        good = good && node != NULL;
    }
    if (!good)
        lt_error_set(error, LT_ERROR_SIGNATURE, "soap.coverage", "the envelope's signature: it does not cover all attachments");
    return good;
}

/* A fault may come from a station before the signer; fault_judge()'s caller believes it less. */
static gboolean
must_verify(const Soap *self, const Incoming *incoming)
{
    return self->trust != NULL && !(fault_is(&incoming->envelope) && !security_is_present(&incoming->envelope));
}

gboolean
incoming_read(const Soap *self, Incoming *incoming, const char *content_type, GError **error)
{
    g_autoptr(GArray) includes = g_array_new(FALSE, FALSE, sizeof(Include));

    incoming->verdict = "absent";
    incoming->decode = self->decode;
    incoming->raw_type = mime_media_type(content_type);
    incoming->mime = mime_read(content_type, incoming->raw, (guint64) self->attachments_max, error);
    if (incoming->mime == NULL || !check_media_type(incoming->mime, content_type, error))
        return FALSE;
    incoming->doc = document_parse_bytes(incoming->mime->root, "the envelope", error);
    if (incoming->doc == NULL || !envelope_read(incoming->doc, &incoming->envelope, error) || !find_includes(incoming, includes, error))
        return FALSE;
    if (must_verify(self, incoming)) {
        put_contents(incoming, includes);
        if (!is_covered(incoming, includes, error) ||
            !security_verify(self->trust, &incoming->envelope, g_get_real_time(), &incoming->proof, error))
            return FALSE;
        incoming->verdict = "valid";
    }
    put_names(incoming, includes);
    return envelope_check_header(&incoming->envelope, self->trust != NULL, error);
}

/* When it came, as payloads write times. */
static char *
local_time(void)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_offset(7 * 3600);
    g_autoptr(GDateTime) now = g_date_time_new_now(zone);

    return g_date_time_format(now, "%Y-%m-%dT%H:%M:%S+07:00");
}

void
incoming_add(const Incoming *self, xmlNode *root)
{
    g_autofree char *received = local_time();
    xmlNode *list, *body;

    document_set(root, "received", received);
    document_set(root, "verdict", self->verdict);
    document_set(root, "operation", self->operation);
    if (self->doc != NULL) {
        document_set(root, "version", soap_version_name(self->envelope.version));
        if (self->envelope.header != NULL)
            document_copy_children(document_add(root, "header", NULL), self->envelope.header);
        body = document_add(root, "body", NULL);
        document_copy_children(body, self->envelope.body);
        embedded_decode(body, self, self->decode);
    }
    list = document_add(root, "attachments", NULL);
    for (guint i = 0; self->mime != NULL && i < self->mime->parts->len; i++) {
        const MimePart *part = self->mime->parts->pdata[i];
        xmlNode *node = document_add(list, "attachment", NULL);
        g_autofree char *number = g_strdup_printf("%u", i + 1);
        g_autofree char *size = g_strdup_printf("%" G_GSIZE_FORMAT, g_bytes_get_size(part->content));

        document_set(node, "part", number);
        document_set(node, "id", part->id);
        document_set(node, "media_type", part->media_type);
        document_set(node, "size", size);
    }
}

GBytes *
incoming_content(const Incoming *self, const xmlNode *node, GError **error)
{
    xmlNode *content = document_first(node, DOCUMENT_NS, "content");
    g_autofree char *number = content != NULL ? document_attribute(content, NULL, "part") : NULL;
    guint64 part = number != NULL ? g_ascii_strtoull(number, NULL, 10) : 0;
    g_autofree char *text = NULL;
    gsize size = 0;
    guchar *bytes;

    if (content != NULL && self->mime != NULL && part >= 1 && part <= self->mime->parts->len)
        return g_bytes_ref(((const MimePart *) self->mime->parts->pdata[part - 1])->content);
    text = document_text(node);
    if (content != NULL || strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n") != strlen(text)) {
        lt_error_set(error, LT_ERROR_CONFIG, "soap.map.output", "the map gave an attachment that is neither base64 nor one of the parts");
        return NULL;
    }
    bytes = g_base64_decode(text, &size);
    return g_bytes_new_take(bytes, size);
}
