/* SPDX-License-Identifier: Apache-2.0 */
/* call.c: one request and its answer, as a client.
 *
 * What an answer means is decided in this order: nothing at all, a web page, an envelope that is a fault (whatever the HTTP status), the
 * HTTP status, and only then an envelope with 2xx. Nonsense is tried again: a dossier is not refused by a proxy's error page. */
#include "soap.h"

#include <string.h>

#include "embedded.h"
#include "fault.h"

#define XOP_NS "http://www.w3.org/2004/08/xop/include"

/* A request while it is made. */
typedef struct {
    xmlDoc *doc;
    const WsdlOperation *operation; /* nullable */
    char *action;
    char *path;
    GPtrArray *parts;  /* of MimePart * */
    GPtrArray *places; /* of xmlNode *: text nodes with a part's base64, in the same order */
} Outgoing;

static void
outgoing_clear(Outgoing *self)
{
    g_clear_pointer(&self->doc, xmlFreeDoc);
    g_clear_pointer(&self->parts, g_ptr_array_unref);
    g_clear_pointer(&self->places, g_ptr_array_unref);
    g_free(self->action);
    g_free(self->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outgoing, outgoing_clear)

static gboolean
fail_output(GError **error, const char *cause)
{
    lt_error_set(error, LT_ERROR_CONFIG, "soap.map.output", "the map %s", cause);
    return FALSE;
}

gboolean
soap_is_nothing(xmlDoc *mapped)
{
    return document_is(xmlDocGetRootElement(mapped), DOCUMENT_NS, "nothing");
}

static gboolean
read_attachment(LtMessage *message, const char *name, guint64 *left, MimePart **part, GCancellable *cancellable, GError **error)
{
    guint n = message != NULL ? lt_message_get_n_attachments(message) : 0;
    guint index = 0;
    const LtPart *found = NULL;
    g_autoptr(GInputStream) stream = NULL;
    g_autofree guint8 *data = NULL;
    g_autofree char *id = g_strdup_printf("%s@lthub", name + strcspn(name, "/") + (strchr(name, '/') != NULL));
    g_autoptr(GBytes) content = NULL;
    gsize n_read = 0;

    while (index < n && strcmp(lt_message_get_attachment(message, index)->name, name) != 0)
        index++;
    found = index < n ? lt_message_get_attachment(message, index) : NULL;
    if (found == NULL)
        return fail_output(error, "names an attachment that the message has not (lt:content of=\"att/0001\")");
    if (found->size > *left) {
        lt_error_set(error, LT_ERROR_TOO_LARGE, "soap.attachments", "the attachments are over 'attachments_max'");
        return FALSE;
    }
    *left -= found->size;
    stream = lt_message_open_attachment(message, index, error);
    if (stream == NULL)
        return FALSE;
    data = g_malloc((gsize) found->size + 1);
    if (!g_input_stream_read_all(stream, data, (gsize) found->size, &n_read, cancellable, NULL) || n_read < found->size) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "soap.attachment", "attachment %s cannot be read", name);
        return FALSE;
    }
    content = g_bytes_new_take(g_steal_pointer(&data), (gsize) found->size);
    *part = mime_part_new(id, found->media_type, content);
    return TRUE;
}

/* Inside a document that goes out as base64 itself, nothing can be a part of its own. */
static gboolean
is_encoded(const xmlNode *node)
{
    while (node != NULL && !document_is(node, DOCUMENT_NS, "encode"))
        node = node->parent;
    return node != NULL;
}

/* Every lt:content of the request becomes base64; where it stood is remembered for MTOM. */
static gboolean
fill_contents(const Soap *self, Outgoing *out, xmlNode *body, LtMessage *message, GCancellable *cancellable, GError **error)
{
    guint64 left = (guint64) self->attachments_max;
    xmlNode *next;

    for (xmlNode *node = body; node != NULL; node = next) {
        g_autofree char *name = NULL;
        g_autofree char *text = NULL;
        MimePart *part = NULL;
        xmlNode *place;

        next = document_walk(node, body);
        if (!document_is(node, DOCUMENT_NS, NULL) || document_is(node, DOCUMENT_NS, "encode"))
            continue;
        name = document_is(node, DOCUMENT_NS, "content") ? document_attribute(node, NULL, "of") : NULL;
        if (name == NULL || node->children != NULL)
            return fail_output(error, "left an element of its own namespace in Body that is no <lt:content of=\"…\"/>");
        if (strcmp(self->attachments, "none") == 0)
            return fail_output(error, "asks for contents: set attachments = base64 or mtom");
        if (!read_attachment(message, name, &left, &part, cancellable, error))
            return FALSE;
        text = g_base64_encode(g_bytes_get_data(part->content, NULL), g_bytes_get_size(part->content));
        place = xmlNewDocText(out->doc, BAD_CAST text);
        xmlReplaceNode(node, place);
        xmlFreeNode(node);
        if (is_encoded(place)) {
            mime_part_free(part);
            continue;
        }
        g_ptr_array_add(out->parts, part);
        g_ptr_array_add(out->places, place);
    }
    return TRUE;
}

static void
put_includes(Outgoing *out)
{
    for (guint i = 0; i < out->places->len; i++) {
        xmlNode *place = out->places->pdata[i];
        const MimePart *part = out->parts->pdata[i];
        g_autofree char *href = g_strconcat("cid:", part->id, NULL);
        xmlNode *include = xmlNewDocNode(out->doc, NULL, BAD_CAST "Include", NULL);

        xmlSetNs(include, xmlNewNs(include, BAD_CAST XOP_NS, BAD_CAST "xop"));
        document_set(include, "href", href);
        xmlReplaceNode(place, include);
        xmlFreeNode(place);
    }
}

/* The one element for Body: the map's document element, or what stands in lt:request beside lt:header. */
static xmlNode *
find_content(xmlNode *root, GError **error)
{
    xmlNode *found = NULL;

    if (!document_is(root, DOCUMENT_NS, NULL))
        return root;
    if (!document_is(root, DOCUMENT_NS, "request")) {
        fail_output(error, "must give an element for Body, lt:request or lt:nothing");
        return NULL;
    }
    for (xmlNode *node = document_first(root, NULL, NULL); node != NULL; node = document_next(node, NULL, NULL)) {
        if (document_is(node, DOCUMENT_NS, "header"))
            continue;
        if (found != NULL || document_is(node, DOCUMENT_NS, NULL)) {
            fail_output(error, "must give one element for Body in lt:request");
            return NULL;
        }
        found = node;
    }
    if (found == NULL)
        fail_output(error, "must give one element for Body in lt:request");
    return found;
}

static gboolean
find_operation(const Soap *self, Outgoing *out, const xmlNode *root, const xmlNode *content, GError **error)
{
    g_autofree char *known = NULL;

    if (document_is(root, DOCUMENT_NS, "request")) {
        out->action = document_attribute(root, NULL, "action");
        out->path = document_attribute(root, NULL, "path");
    }
    out->operation = self->description != NULL ? wsdl_find_input(self->description, content) : NULL;
    if (self->description != NULL && out->operation == NULL) {
        known = wsdl_list(self->description);
        lt_error_set(error, LT_ERROR_CONFIG, "soap.operation", "the map gave an element that no operation of the WSDL takes; it has %s", known);
        return FALSE;
    }
    if (out->action == NULL)
        out->action = g_strdup(out->operation != NULL ? out->operation->action : self->action != NULL ? self->action : "");
    if (strpbrk(out->action, "\"\\") != NULL)
        return fail_output(error, "gave an action with quotes");
    if (out->path == NULL)
        out->path = g_strdup(self->path != NULL ? self->path : "");
    return TRUE;
}

static void
copy_into(xmlNode *parent, xmlNode *node)
{
    xmlNode *copy = xmlDocCopyNode(node, parent->doc, 1);

    xmlAddChild(parent, copy);
}

static gboolean
build(const Soap *self, Outgoing *out, xmlDoc *mapped, LtMessage *message, GCancellable *cancellable, GError **error)
{
    xmlNode *root = xmlDocGetRootElement(mapped);
    xmlNode *content = find_content(root, error);
    xmlNode *header = NULL, *body = NULL;

    if (content == NULL || !find_operation(self, out, root, content, error))
        return FALSE;
    out->parts = g_ptr_array_new_with_free_func(mime_part_free);
    out->places = g_ptr_array_new();
    out->doc = envelope_new(self->soap_version, &header, &body);
    if (content != root && document_first(root, DOCUMENT_NS, "header") != NULL)
        document_copy_children(header, document_first(root, DOCUMENT_NS, "header"));
    copy_into(body, content);
    if (!fill_contents(self, out, body, message, cancellable, error) || !embedded_encode(body, error))
        return FALSE;
    document_forget(out->doc);
    if (self->seal != NULL && !security_sign(self->seal, out->doc, g_get_real_time(), error))
        return FALSE;
    envelope_trim(out->doc);
    return TRUE;
}

static void
add_credentials(const Soap *self, LtRequest *request)
{
    if (strcmp(self->auth, "lgsp") == 0) {
        lt_request_set_header(request, "accessToken", self->credential);
        lt_request_set_header(request, "lgspAccessToken", self->lgsp_token);
        lt_request_set_header(request, "AuthHash", self->lgsp_hash);
    } else if (self->credential != NULL) {
        lt_request_set_header(request, strcmp(self->auth, "header") == 0 ? self->auth_header : "Authorization", self->credential);
    }
}

static LtRequest *
make_request(const Soap *self, Outgoing *out)
{
    const char *media_type = soap_version_media_type(self->soap_version);
    gboolean is_mtom = strcmp(self->attachments, "mtom") == 0 && out->parts->len > 0;
    LtRequest *request = lt_request_new("POST", out->path);
    g_autofree char *quoted = g_strconcat("\"", out->action, "\"", NULL);
    g_autofree char *type = NULL;
    g_autoptr(GBytes) envelope = NULL;
    g_autoptr(GBytes) body = NULL;

    if (is_mtom)
        put_includes(out);
    envelope = document_write(out->doc);
    body = is_mtom ? mime_write(envelope, media_type, out->action, out->parts, &type) : g_bytes_ref(envelope);
    if (!is_mtom)
        type = self->soap_version == SOAP_12 && *out->action != '\0' ? g_strdup_printf("%s; charset=utf-8; action=%s", media_type, quoted)
                                                                      : g_strdup_printf("%s; charset=utf-8", media_type);
    lt_request_set_body(request, body, type);
    if (self->soap_version == SOAP_11)
        lt_request_set_header(request, "SOAPAction", quoted);
    lt_request_set_header(request, "Accept", "text/xml, application/soap+xml, multipart/related");
    add_credentials(self, request);
    return request;
}

/* What could not be read is no answer. The reason stays; the code becomes one that does not refuse a dossier. */
static gboolean
fail_unread(const GError *cause, GError **error)
{
    LtErrorCode code = cause->code == LT_ERROR_TOO_LARGE || cause->code == LT_ERROR_REFUSED ? LT_ERROR_CONFIG : LT_ERROR_UNAVAILABLE;

    lt_error_set(error, code, lt_error_get_reason(cause), "the other side's answer is none: %s", cause->message);
    return FALSE;
}

static gboolean
judge_empty(const Outgoing *out, LtReply *reply, GError **error)
{
    if (!lt_reply_check(reply, error))
        return FALSE;
    if (lt_reply_get_status(reply) == 202 || (out->operation != NULL && out->operation->output_name == NULL))
        return TRUE;
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "soap.reply.empty", "the other side answered with nothing (HTTP status %u)", lt_reply_get_status(reply));
    return FALSE;
}

/* An unsigned fault, where signatures are agreed, may hold or postpone; it decides nothing for good. */
static gboolean
judge_fault(const Soap *self, const Incoming *incoming, GError **error)
{
    g_autoptr(GError) cause = NULL;
    gboolean accepted = fault_judge(&incoming->envelope, self->faults, &cause);

    if (self->trust != NULL && strcmp(incoming->verdict, "valid") != 0 && (accepted || cause->code == LT_ERROR_REFUSED)) {
        lt_error_set(error, LT_ERROR_CONFIG, "soap.fault.unsigned", "the other side answered with a final fault that is not signed");
        return FALSE;
    }
    if (!accepted)
        g_propagate_error(error, g_steal_pointer(&cause));
    return accepted;
}

static gboolean
check_answer(const Soap *self, const Outgoing *out, Incoming *incoming, GError **error)
{
    const WsdlOperation *operation = out->operation;
    xmlNode *content = document_first(incoming->envelope.body, NULL, NULL);

    if (strcmp(incoming->verdict, "valid") == 0) {
        g_autoptr(GError) cause = NULL;

        if (!replay_check(self->replay, incoming->proof.signature, g_get_real_time(), incoming->proof.expires_us, &cause))
            return fail_unread(cause, error);
    }
    if (operation == NULL || (operation->output_name != NULL && document_is(content, operation->output_ns, operation->output_name)))
        return TRUE;
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "soap.reply.operation", "the other side's answer is not that of operation %s", operation->name);
    return FALSE;
}

static gboolean
judge(const Soap *self, const Outgoing *out, Incoming *incoming, GError **error)
{
    LtReply *reply = incoming->reply;
    const char *type = lt_reply_get_header(reply, "Content-Type");
    g_autofree char *media_type = mime_media_type(type);
    g_autoptr(GError) cause = NULL;

    incoming->raw = g_bytes_ref(lt_reply_get_body(reply));
    incoming->operation = out->operation != NULL ? g_strdup(out->operation->name) : NULL;
    if (g_bytes_get_size(incoming->raw) == 0)
        return judge_empty(out, reply, error);
    if (strcmp(media_type, "text/html") == 0) {
        if (lt_reply_check(reply, error))
            lt_error_set(error, LT_ERROR_UNAVAILABLE, "soap.reply.html", "the other side answered with a web page instead of an envelope");
        return FALSE;
    }
    if (!incoming_read(self, incoming, type, &cause))
        return lt_reply_check(reply, error) && fail_unread(cause, error);
    if (fault_is(&incoming->envelope))
        return judge_fault(self, incoming, error);
    return lt_reply_check(reply, error) && check_answer(self, out, incoming, error);
}

Incoming *
soap_call(const Soap *self, LtLink *link, xmlDoc *mapped, LtMessage *message, GCancellable *cancellable, GError **error)
{
    g_auto(Outgoing) out = { 0 };
    g_autoptr(Incoming) incoming = incoming_new();
    g_autoptr(LtRequest) request = NULL;

    if (!build(self, &out, mapped, message, cancellable, error))
        return NULL;
    request = make_request(self, &out);
    incoming->reply = lt_link_send(link, request, error);
    if (incoming->reply == NULL)
        return NULL;
    if (lt_link_is_dry(link) || judge(self, &out, incoming, error))
        return g_steal_pointer(&incoming);
    return NULL;
}
