/* SPDX-License-Identifier: Apache-2.0 */
/* lgsp.c: a provincial LGSP by REST (domain.md §3.2, the form of 2026): a login gives a token, and three headers say who calls.
 *
 * The token is kept until shortly before it ends; an answer that refuses it costs one new login per call, no more.
 */
#include "ioffice.h"

#include <lienthong/json.h>
#include <string.h>

#define TOKEN_LIFE_US (25 * 60 * G_USEC_PER_SEC)
#define WINDOW_DAYS 30

static char *
login_body(const Ioffice *self)
{
    GString *out = g_string_new("{");

    edxml_json_member(out, "username", self->user);
    edxml_json_member(out, "password", self->password);
    edxml_json_member(out, "applicationCode", self->application != NULL ? self->application : "");
    g_string_append(out, ",\"otp\":\"\",\"twoFactorProvider\":\"\",\"typeObjs\":[0,1]}");
    return g_string_free(out, FALSE);
}

static char *
log_in(Ioffice *self, LtLink *link, GError **error)
{
    g_autoptr(LtRequest) request = lt_request_new("POST", "/v1/auth/login?allow_anonymous=true");
    char *text = login_body(self);
    g_autoptr(GBytes) body = g_bytes_new_take(text, strlen(text));
    g_autoptr(LtReply) reply = NULL;
    g_autoptr(Answer) answer = NULL;
    const char *token;

    lt_request_set_body(request, body, "application/json");
    reply = ioffice_exchange(link, request, error);
    if (reply == NULL)
        return NULL;
    if (lt_link_is_dry(link))
        return g_strdup("");
    if (!lt_reply_check(reply, error) || (answer = answer_read(lt_reply_get_body(reply), error)) == NULL)
        return NULL;
    token = answer_text(answer_child(answer, "data"), "token");
    if (token == NULL || token[0] == '\0') {
        lt_error_set(error, LT_ERROR_CONFIG, "ioffice.login", "the LGSP gave no token: check user, password and application");
        return NULL;
    }
    return g_strdup(token);
}

static char *
get_token(Ioffice *self, LtLink *link, gboolean anew, GError **error)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED lock = g_mutex_locker_new(&self->lock);

    if (anew || self->token == NULL || g_get_monotonic_time() > self->token_until_us) {
        char *token = log_in(self, link, error);

        if (token == NULL)
            return NULL;
        g_free(self->token);
        self->token = token;
        self->token_until_us = g_get_monotonic_time() + TOKEN_LIFE_US;
    }
    return g_strdup(self->token);
}

static LtReply *
send_with(Ioffice *self, LtLink *link, LtRequest *request, const char *token, GError **error)
{
    g_autofree char *bearer = g_strconcat("Bearer ", token, NULL);

    lt_link_mask(link, token);
    lt_request_set_header(request, "Authorization", bearer);
    lt_request_set_header(request, "X-SystemId", self->system_id);
    lt_request_set_header(request, "X-SecretKey", self->secret);
    return ioffice_exchange(link, request, error);
}

/* Bad credentials come as 401, or as the plain text Unauthorized with 200. */
static gboolean
is_unauthorised(LtReply *reply)
{
    GBytes *body = lt_reply_get_body(reply);
    gsize size = g_bytes_get_size(body);

    return lt_reply_get_status(reply) == 401 ||
           (size >= 12 && size < 64 && g_ascii_strncasecmp(g_bytes_get_data(body, NULL), "Unauthorized", 12) == 0);
}

static LtReply *
exchange(Ioffice *self, LtLink *link, LtRequest *request, GError **error)
{
    for (int attempt = 0;; attempt++) {
        g_autofree char *token = get_token(self, link, attempt > 0, error);
        g_autoptr(LtReply) reply = token != NULL ? send_with(self, link, request, token, error) : NULL;

        if (reply == NULL)
            return NULL;
        if (lt_link_is_dry(link) || !is_unauthorised(reply))
            return g_steal_pointer(&reply);
        if (attempt > 0) {
            lt_error_set(error, LT_ERROR_CONFIG, "ioffice.code.15", "the LGSP does not accept system_id, secret or the token that it gave");
            return NULL;
        }
    }
}

/* {success, …}, or {success: false, data: {errorCode}} */
static Answer *
call(Ioffice *self, LtLink *link, LtRequest *request, GError **error)
{
    g_autoptr(LtReply) reply = exchange(self, link, request, error);
    g_autoptr(Answer) answer = NULL;
    const char *success, *code;

    if (reply == NULL)
        return NULL;
    if (lt_link_is_dry(link))
        return g_new0(Answer, 1);
    if (!lt_reply_check(reply, error) || (answer = answer_read(lt_reply_get_body(reply), error)) == NULL)
        return NULL;
    success = answer_text(answer, "success");
    if (success == NULL) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "ioffice.answer.nonsense", "the LGSP's answer does not say success");
        return NULL;
    }
    if (strcmp(success, "true") == 0)
        return g_steal_pointer(&answer);
    code = answer_text(answer_child(answer, "data"), "errorCode");
    if (code == NULL)
        code = answer_text(answer, "errorCode");
    if (ioffice_judge_code(code, error))
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "ioffice.code", "the LGSP says that it failed, and not why");
    return NULL;
}

static char *
local_day(int days_ago)
{
    g_autoptr(GTimeZone) home = g_time_zone_new_offset(7 * 3600);
    g_autoptr(GDateTime) now = g_date_time_new_now(home);
    g_autoptr(GDateTime) day = g_date_time_add_days(now, -days_ago);

    return g_date_time_format(day, "%Y/%m/%d");
}

static GPtrArray *
lgsp_list(Ioffice *self, LtLink *link, gboolean is_status, GError **error)
{
    g_autofree char *from = local_day(WINDOW_DAYS), *to = local_day(0);
    g_autofree char *path = g_strdup_printf("/v1/syncReceivedEdocList?messageType=%s&fromDate=%s&toDate=%s", is_status ? "status" : "edoc", from, to);
    g_autoptr(LtRequest) request = lt_request_new("GET", path);
    g_autoptr(Answer) answer = call(self, link, request, error);
    const Answer *data = answer_child(answer, "data");
    GPtrArray *ids;

    if (answer == NULL)
        return NULL;
    ids = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; data != NULL && data->kind == ANSWER_LIST && i < data->children->len; i++) {
        const char *id = answer_text(data->children->pdata[i], "docId"), *status = answer_text(data->children->pdata[i], "status");

        if (id != NULL && (status == NULL || g_ascii_strcasecmp(status, "done") != 0))
            g_ptr_array_add(ids, g_strdup(id));
    }
    return ids;
}

/* The document as it is, or in base64: both were seen. */
static GBytes *
lgsp_fetch(Ioffice *self, LtLink *link, const char *id, GError **error)
{
    g_autofree char *escaped = g_uri_escape_string(id, NULL, FALSE);
    g_autofree char *path = g_strconcat("/v1/getEdoc?docId=", escaped, NULL);
    g_autoptr(LtRequest) request = lt_request_new("GET", path);
    g_autoptr(Answer) answer = call(self, link, request, error);
    const Answer *edxml = answer_child(answer_child(answer, "data"), "edxml");
    gboolean had_space;
    GBytes *bytes = NULL;

    if (answer == NULL)
        return NULL;
    if (edxml != NULL && edxml->kind == ANSWER_TEXT && edxml->size > 0 && edxml->text[strspn(edxml->text, " \t\r\n\xef\xbb\xbf")] == '<')
        bytes = g_bytes_new(edxml->text, edxml->size);
    else if (edxml != NULL && edxml->kind == ANSWER_TEXT)
        bytes = edxml_base64_read(edxml->text, edxml->size, &had_space);
    if (bytes == NULL)
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "ioffice.answer.nonsense", "the LGSP's answer to getEdoc holds no document");
    return bytes;
}

static gboolean
lgsp_acknowledge(Ioffice *self, LtLink *link, const char *id, gboolean is_good, const GError *cause, GError **error)
{
    g_autoptr(LtRequest) request = lt_request_new("POST", "/v1/updateStatus");
    g_autoptr(GString) text = g_string_new("{");
    g_autoptr(GBytes) body = NULL;
    g_autoptr(Answer) answer = NULL;

    (void) cause;
    edxml_json_member(text, "docId", id);
    edxml_json_member(text, "status", is_good ? "done" : "fail");
    g_string_append_c(text, '}');
    body = g_bytes_new(text->str, text->len);
    lt_request_set_body(request, body, "application/json");
    answer = call(self, link, request, error);
    return answer != NULL;
}

/* The boundary is made of the content, so that it cannot stand in it by chance, and a second attempt sends the same bytes. */
static GBytes *
multipart(GBytes *edxml, const char *name, gboolean is_status, char **type)
{
    g_autofree char *hash = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, edxml);
    g_autofree char *head = g_strdup_printf("--%s\r\nContent-Disposition: form-data; name=\"messageType\"\r\n\r\n%s\r\n--%s\r\nContent-Disposition: form-data; "
                                            "name=\"edocFile\"; filename=\"%s.edxml\"\r\nContent-Type: application/xml\r\n\r\n",
                                            hash, is_status ? "status" : "edoc", hash, name);
    g_autofree char *tail = g_strdup_printf("\r\n--%s--\r\n", hash);
    GByteArray *out = g_byte_array_new();
    gsize size;
    const guint8 *data = g_bytes_get_data(edxml, &size);

    g_byte_array_append(out, (const guint8 *) head, (guint) strlen(head));
    g_byte_array_append(out, data, (guint) size);
    g_byte_array_append(out, (const guint8 *) tail, (guint) strlen(tail));
    *type = g_strconcat("multipart/form-data; boundary=", hash, NULL);
    return g_byte_array_free_to_bytes(out);
}

static gboolean
lgsp_send(Ioffice *self, LtLink *link, GBytes *edxml, const char *name, gboolean is_status, const char *from, const char *to, GError **error)
{
    g_autoptr(LtRequest) request = lt_request_new("POST", "/v1/sendEdoc");
    g_autofree char *type = NULL;
    g_autoptr(GBytes) body = multipart(edxml, name, is_status, &type);
    g_autoptr(Answer) answer = NULL;

    (void) from, (void) to; /* both stand in the document */
    lt_request_set_body(request, body, type);
    answer = call(self, link, request, error);
    return answer != NULL;
}

const IofficeTransport ioffice_lgsp = { lgsp_list, lgsp_fetch, lgsp_acknowledge, lgsp_send };
