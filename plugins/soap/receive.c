/* SPDX-License-Identifier: Apache-2.0 */
/* receive.c: the other side calls us. Everything that goes wrong becomes a fault in the caller's own SOAP version; what is answered with
 * success is on disk. */
#include "soap.h"

#include <string.h>

#include "fault.h"

/* One call while it is served. */
typedef struct {
    const Soap *self;
    Incoming *incoming;
    SoapVersion version; /* of the answer */
    LtInbox *inbox;
} Service;

/* WSDL or not, the action must not contradict the Body: what a gateway in front let pass by its action must be what is done. */
static gboolean
check_operation(const Service *service, LtRequest *request, GError **error)
{
    const Soap *self = service->self;
    Incoming *incoming = service->incoming;
    xmlNode *content = document_first(incoming->envelope.body, NULL, NULL);
    const WsdlOperation *operation = self->description != NULL ? wsdl_find_input(self->description, content) : NULL;
    const char *header = lt_request_get_header(request, "SOAPAction");
    g_autofree char *action = NULL;

    if (content == NULL || document_next(content, NULL, NULL) != NULL) {
        lt_error_set(error, LT_ERROR_INVALID, "soap.structure", "Body must hold one element");
        return FALSE;
    }
    if (self->description == NULL)
        return TRUE;
    if (operation == NULL) {
        lt_error_set(error, LT_ERROR_NOT_FOUND, "soap.operation", "the call is no operation of the WSDL");
        return FALSE;
    }
    incoming->operation = g_strdup(operation->name);
    action = incoming->envelope.version == SOAP_12 ? g_strdup(incoming->mime->action) : header != NULL ? g_strdup(header) : NULL;
    if (action != NULL && action[0] == '"' && strlen(action) >= 2) {
        memmove(action, action + 1, strlen(action));
        action[strlen(action) - 1] = '\0';
    }
    if (action == NULL || *action == '\0' || strcmp(action, operation->action) == 0)
        return TRUE;
    lt_error_set(error, LT_ERROR_INVALID, "soap.action", "the action is not that of operation %s", operation->name);
    return FALSE;
}

static gboolean
check_version(Service *service, GError **error)
{
    const Soap *self = service->self;

    if (self->speaks_any || service->incoming->envelope.version == self->soap_version) {
        service->version = service->incoming->envelope.version;
        return TRUE;
    }
    lt_error_set(error, LT_ERROR_INVALID, "soap.version", "this endpoint speaks SOAP %s", soap_version_name(self->soap_version));
    return FALSE;
}

/* (signer, Body digest), as envelope.md §10 has it. */
static char *
replay_key(const Incoming *incoming)
{
    return incoming->proof.body_digest != NULL ? g_strconcat(incoming->proof.signer, " ", incoming->proof.body_digest, NULL) : NULL;
}

static gboolean
fail_refused(const xmlNode *root, GError **error)
{
    g_autofree char *word = document_attribute(root, NULL, "reason");
    gboolean is_word = word != NULL && *word != '\0' && strlen(word) <= 40 && strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789.-") == strlen(word);
    g_autofree char *reason = g_strconcat("soap.", is_word ? word : "refused", NULL);

    lt_error_set(error, LT_ERROR_REFUSED, reason, "receive_map refused the call");
    return FALSE;
}

/* What the caller gave, kept. */
static gboolean
take_in(const Service *service, xmlDoc *call, guint *n, GError **error)
{
    g_autoptr(xmlDoc) received = soap_run_map(service->self, MAP_RECEIVE, call, error);
    xmlNode *root = received != NULL ? xmlDocGetRootElement(received) : NULL;

    if (root == NULL)
        return FALSE;
    if (document_is(root, DOCUMENT_NS, "refused"))
        return fail_refused(root, error);
    if (!document_is(root, DOCUMENT_NS, "received")) {
        lt_error_set(error, LT_ERROR_CONFIG, "soap.map.output", "receive_map must give lt:received or lt:refused");
        return FALSE;
    }
    for (xmlNode *node = document_first(root, DOCUMENT_NS, "message"); node != NULL; node = document_next(node, DOCUMENT_NS, "message")) {
        LtMessageBuilder *builder = soap_build(node, service->incoming, NULL, 0, service->inbox, error);

        if (builder == NULL || !lt_inbox_submit(service->inbox, builder, error))
            return FALSE;
        ++*n;
    }
    return TRUE;
}

static xmlDoc *
make_answer(const Service *service, xmlDoc *call, guint n, GError **error)
{
    g_autoptr(xmlDoc) input = document_new("answered");
    g_autoptr(xmlDoc) output = NULL;
    g_autoptr(xmlDoc) doc = NULL;
    g_autofree char *count = g_strdup_printf("%u", n);
    xmlNode *header = NULL, *body = NULL, *copy;

    document_set(xmlDocGetRootElement(input), "messages", count);
    document_copy_children(xmlDocGetRootElement(input), (xmlNode *) call);
    output = soap_run_map(service->self, MAP_ANSWER, input, error);
    if (output == NULL)
        return NULL;
    doc = envelope_new(service->version, &header, &body);
    copy = xmlDocCopyNode(xmlDocGetRootElement(output), doc, 1);
    xmlAddChild(body, copy);
    document_forget(doc);
    return g_steal_pointer(&doc);
}

static xmlDoc *
call_input(const Service *service)
{
    xmlDoc *doc = document_new("call");

    incoming_add(service->incoming, xmlDocGetRootElement(doc));
    return doc;
}

/* Reads, judges, keeps, answers. */
static xmlDoc *
serve(Service *service, LtRequest *request, GError **error)
{
    const Soap *self = service->self;
    Incoming *incoming = service->incoming;
    g_autofree char *seen = NULL;
    g_autoptr(xmlDoc) call = NULL;
    g_autoptr(GError) cause = NULL;
    guint n = 0;

    if (!incoming_read(self, incoming, lt_request_get_header(request, "Content-Type"), &cause)) {
        if (incoming->envelope.body != NULL)
            service->version = incoming->envelope.version;
        g_propagate_error(error, g_steal_pointer(&cause));
        return NULL;
    }
    if (!check_version(service, error) || !check_operation(service, request, error))
        return NULL;
    seen = replay_key(incoming);
    if (seen != NULL && !replay_check(self->replay, seen, g_get_real_time(), incoming->proof.expires_us, error))
        return NULL;
    call = call_input(service);
    if (take_in(service, call, &n, &cause)) {
        xmlDoc *answer = make_answer(service, call, n, error);

        if (answer != NULL)
            return answer;
    } else {
        g_propagate_error(error, g_steal_pointer(&cause));
    }
    /* what failed on our side may be sent again as it is; the same message is known by its key */
    if (seen != NULL && (error == NULL || *error == NULL || (*error)->code == LT_ERROR_UNAVAILABLE || (*error)->code == LT_ERROR_CONFIG))
        replay_forget(self->replay, seen);
    return NULL;
}

static LtReply *
reply_with(const Service *service, xmlDoc *doc, guint status, GError **error)
{
    const char *type = soap_version_media_type(service->version);
    g_autofree char *content_type = g_strconcat(type, "; charset=utf-8", NULL);
    g_autoptr(GBytes) body = NULL;

    if (service->self->seal != NULL && !security_sign(service->self->seal, doc, g_get_real_time(), error))
        return NULL;
    envelope_trim(doc);
    body = document_write(doc);
    return lt_reply_new(status, body, content_type);
}

gboolean
soap_receive(gpointer data, LtRequest *request, LtReply **reply, LtInbox *inbox, GCancellable *cancellable, GError **error)
{
    const Soap *self = data;
    g_autoptr(Incoming) incoming = incoming_new();
    Service service = { self, incoming, self->soap_version, inbox };
    g_autoptr(GError) cause = NULL;
    g_autoptr(xmlDoc) doc = NULL;
    guint status = 200;

    (void) cancellable; /* nothing here waits but the hub's own commit */
    if (self->maps[MAP_RECEIVE] == NULL) {
        lt_error_set(error, LT_ERROR_NOT_FOUND, "soap.settings", "receive_map is not set: this endpoint takes no calls");
        return FALSE;
    }
    incoming->raw = lt_request_get_body(request) != NULL ? g_bytes_ref(lt_request_get_body(request)) : g_bytes_new(NULL, 0);
    doc = serve(&service, request, &cause);
    if (doc == NULL) {
        g_message("soap: a call was answered with a fault: %s: %s", lt_error_get_reason(cause), cause->message);
        doc = fault_write(service.version, cause, &status);
    }
    *reply = reply_with(&service, doc, status, error);
    return *reply != NULL;
}
