/* SPDX-License-Identifier: Apache-2.0 */
/* vxp.c: the national document axis by VXP REST: parameters as signed headers, answers in {status, ErrorCode, ErrorDesc, data}. */
#include "ioffice.h"

#include <string.h>

#define PARAMETERS_MAX 12u

/* Code → fate of the gateways' error codes (domain.md §3.2). A code that is not in the table is tried again, and after many times a person looks. */
static const struct {
    const char *code;
    LtErrorCode error;
    const char *meaning;
} codes[] = {
    { "10", LT_ERROR_REFUSED, "the file is not valid" },
    { "15", LT_ERROR_CONFIG, "system_id or secret is wrong" },
    { "18", LT_ERROR_REFUSED, "the receiver is not known" },
    { "19", LT_ERROR_CONFIG, "the sender is not registered" },
    { "20", LT_ERROR_UNAVAILABLE, "a fault of the gateway" },
    { "21", LT_ERROR_REFUSED, "the gateway could not handle the file" },
    { "22", LT_ERROR_REFUSED, "the form of the edXML is wrong" },
    { "23", LT_ERROR_REFUSED, "the receiver is locked" },
    { "100", LT_ERROR_UNAVAILABLE, "no connection behind the gateway" },
};

gboolean
ioffice_judge_code(const char *code, GError **error)
{
    g_autofree char *reason = NULL;
    gsize length = code != NULL ? strspn(code, "0123456789") : 0;

    if (code == NULL || code[0] == '\0' || strcmp(code, "0") == 0)
        return TRUE;
    reason = length > 0 && length <= 5 && code[length] == '\0' ? g_strconcat("ioffice.code.", code, NULL) : g_strdup("ioffice.code");
    for (gsize i = 0; i < G_N_ELEMENTS(codes); i++) {
        if (strcmp(codes[i].code, code) == 0) {
            lt_error_set(error, codes[i].error, reason, "the gateway says %s: %s", code, codes[i].meaning);
            return FALSE;
        }
    }
    lt_error_set(error, LT_ERROR_UNAVAILABLE, reason, "the gateway answers with an error code that is not known");
    return FALSE;
}

/* An answer over the limit says nothing about the document; what is sent must not be refused for it. */
LtReply *
ioffice_exchange(LtLink *link, LtRequest *request, GError **error)
{
    g_autoptr(GError) cause = NULL;
    LtReply *reply = lt_link_send(link, request, &cause);

    if (reply == NULL && g_error_matches(cause, LT_ERROR, LT_ERROR_TOO_LARGE))
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "ioffice.answer.size", "the gateway's answer is over 'max_reply'");
    else if (reply == NULL)
        g_propagate_error(error, g_steal_pointer(&cause));
    return reply;
}

/* TRUE with the answer when it is a good one. */
static gboolean
judge(LtReply *reply, Answer **out, GError **error)
{
    g_autoptr(Answer) answer = NULL;
    const char *status, *code;

    if (!lt_reply_check(reply, error))
        return FALSE;
    answer = answer_read(lt_reply_get_body(reply), error);
    if (answer == NULL)
        return FALSE;
    status = answer_text(answer, "status");
    code = answer_text(answer, "ErrorCode");
    if (status == NULL) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "ioffice.answer.nonsense", "the gateway's answer has no status");
        return FALSE;
    }
    if (g_ascii_strcasecmp(status, "OK") != 0) {
        if (g_strcmp0(code, "ExistDoc") == 0 || g_strcmp0(answer_text(answer, "ErrorDesc"), "ExistDoc") == 0)
            lt_error_set(error, LT_ERROR_CONFLICT, "ioffice.exists", "the gateway has this document already");
        else if (ioffice_judge_code(code, error))
            lt_error_set(error, LT_ERROR_UNAVAILABLE, "ioffice.code", "the gateway says that it failed, and not why");
        return FALSE;
    }
    if (!ioffice_judge_code(code, error))
        return FALSE;
    *out = g_steal_pointer(&answer);
    return TRUE;
}

/* @more: ended by name NULL */
static Answer *
call(Ioffice *self, LtLink *link, const char *path, const char *type, GBytes *body, const VxpParameter *more, GError **error)
{
    g_autoptr(LtRequest) request = lt_request_new("POST", path);
    g_autofree char *timestamp = vxp_timestamp(g_get_real_time());
    VxpParameter all[PARAMETERS_MAX] = { { "timestamp", timestamp }, { "systemid", self->system_id }, { "Content-Type", type } };
    g_autoptr(LtReply) reply = NULL;
    Answer *answer = NULL;
    gsize n = 3;

    for (; more->name != NULL && n + 1 < PARAMETERS_MAX; more++)
        all[n++] = *more;
    lt_request_set_body(request, body, type);
    vxp_sign(request, all, self->secret);
    lt_request_set_header(request, "User-Agent", "JAVASDKAgent/1.0.0 XRoad/VPCP");
    lt_request_set_header(request, "XroadVnpt-version", "3.0.201608");
    reply = ioffice_exchange(link, request, error);
    if (reply == NULL)
        return NULL;
    if (lt_link_is_dry(link))
        return g_new0(Answer, 1);
    return judge(reply, &answer, error) ? answer : NULL;
}

static Answer *
call_empty(Ioffice *self, LtLink *link, const char *path, const VxpParameter *more, GError **error)
{
    g_autoptr(GBytes) body = g_bytes_new_static("{}", 2);

    return call(self, link, path, "application/json", body, more, error);
}

static GPtrArray *
vxp_list(Ioffice *self, LtLink *link, gboolean is_status, GError **error)
{
    const VxpParameter more[] = { { "servicetype", self->service_type }, { "messagetype", is_status ? "status" : "edoc" }, { NULL, NULL } };
    g_autoptr(Answer) answer = call_empty(self, link, "/getReceivedEdocList", more, error);
    const Answer *data = answer_child(answer, "data");
    GPtrArray *ids;

    if (answer == NULL)
        return NULL;
    ids = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; data != NULL && data->kind == ANSWER_LIST && i < data->children->len; i++) {
        const char *id = answer_text(data->children->pdata[i], "docId");

        if (id != NULL)
            g_ptr_array_add(ids, g_strdup(id));
    }
    return ids;
}

static GBytes *
vxp_fetch(Ioffice *self, LtLink *link, const char *id, GError **error)
{
    const VxpParameter more[] = { { "servicetype", self->service_type }, { "docId", id }, { NULL, NULL } };
    g_autoptr(Answer) answer = call_empty(self, link, "/getEdoc", more, error);
    const Answer *data = answer_child(answer, "data");
    gboolean had_space;
    GBytes *bytes;

    if (answer == NULL)
        return NULL;
    bytes = data != NULL && data->kind == ANSWER_TEXT ? edxml_base64_read(data->text, data->size, &had_space) : NULL;
    if (bytes == NULL)
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "ioffice.answer.nonsense", "the gateway's answer to getEdoc holds no base64 document");
    return bytes;
}

static gboolean
vxp_acknowledge(Ioffice *self, LtLink *link, const char *id, gboolean is_good, const GError *cause, GError **error)
{
    const VxpParameter more[] = { { "docId", id }, { "status", is_good ? "done" : "fail" }, { NULL, NULL } };
    g_autoptr(Answer) answer = call_empty(self, link, "/updateStatus", more, error);

    (void) cause;
    return answer != NULL;
}

static gboolean
vxp_send(Ioffice *self, LtLink *link, GBytes *edxml, const char *name, gboolean is_status, const char *from, const char *to, GError **error)
{
    g_autofree char *hash = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, edxml);
    const VxpParameter more[] = { { "servicetype", self->service_type }, { "messagetype", is_status ? "status" : "edoc" }, { "from", from },
                                  { "to", to }, { "hash-file", hash }, { NULL, NULL } };
    g_autoptr(GError) cause = NULL;
    g_autoptr(Answer) answer = call(self, link, "/sendEdoc", "application/octet-stream", edxml, more, &cause);

    (void) name;
    if (answer != NULL || g_strcmp0(lt_error_get_reason(cause), "ioffice.exists") == 0)
        return TRUE; /* sent before and the answer lost: then it is there, and that is what was wanted */
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

const IofficeTransport ioffice_vxp = { vxp_list, vxp_fetch, vxp_acknowledge, vxp_send };
