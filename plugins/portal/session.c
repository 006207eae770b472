/* SPDX-License-Identifier: Apache-2.0 */
/* session.c: the session form: sign in, then every service is a POST of {session, madonvi, service, …} to one address.
 *
 * One session serves all workers of the endpoint. When the portal no longer knows it, one new one is made and the call is repeated once.
 */
#include "portal.h"

#include <string.h>

static gboolean
is_share(const char *service)
{
    return g_str_has_prefix(service, "Lay") || g_str_has_prefix(service, "TraCuuTech");
}

static LtRequest *
request_new(const Portal *self, const char *path, jv body)
{
    g_autofree char *escaped = self->dstcode != NULL ? g_uri_escape_string(self->dstcode, ":", FALSE) : NULL;
    gboolean in_query = escaped != NULL && g_str_equal(self->dstcode_in, "query");
    g_autofree char *whole = in_query ? g_strconcat(path, strchr(path, '?') != NULL ? "&" : "?", "dstcode=", escaped, NULL) : g_strdup(path);
    LtRequest *request = lt_request_new("POST", whole);
    g_autoptr(GBytes) bytes = value_json(body);

    jv_free(body);
    lt_request_set_body(request, bytes, "application/json");
    lt_request_set_header(request, "Accept", "application/json");
    lt_request_set_header(request, "Charset", "utf-8");
    if (escaped != NULL && !in_query)
        lt_request_set_header(request, "dstcode", self->dstcode);
    return request;
}

static gboolean
keep_session(Portal *self, LtLink *link, LtReply *reply, GError **error)
{
    jv body = exchange_body_value(lt_reply_get_body(reply));
    g_autofree char *session = value_text(body, "session");
    g_autofree char *code = value_text(body, "error_code");

    jv_free(body);
    if (code != NULL && strspn(code, "0") != strlen(code)) {
        lt_error_set(error, LT_ERROR_CONFIG, "portal.login", "the portal does not take username and password (its code %s)", code);
        return FALSE;
    }
    if (session == NULL || *session == '\0') {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "reply.nonsense", "the portal's answer to the sign-in has no session");
        return FALSE;
    }
    lt_link_mask(link, session);
    g_free(self->session);
    self->session = g_steal_pointer(&session);
    self->session_until_us = g_get_monotonic_time() + self->session_life;
    return TRUE;
}

/* Under the lock. */
static gboolean
sign_in(Portal *self, LtLink *link, GError **error)
{
    jv body = jv_object_set(jv_object_set(jv_object(), jv_string("username"), jv_string(self->username)), jv_string("password"), jv_string(self->password));
    g_autoptr(LtRequest) request = request_new(self, self->login_path, body);
    g_autoptr(LtReply) reply = lt_link_send(link, request, error);

    return reply != NULL && lt_reply_check(reply, error) && keep_session(self, link, reply, error);
}

static char *
take_session(Portal *self, LtLink *link, GError **error)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED lock = g_mutex_locker_new(&self->mutex);

    if (lt_link_is_dry(link))
        return g_strdup("session");
    if ((self->session == NULL || g_get_monotonic_time() >= self->session_until_us) && !sign_in(self, link, error))
        return NULL;
    lt_link_mask(link, self->session);
    return g_strdup(self->session);
}

static void
drop_session(Portal *self, const char *used)
{
    g_mutex_lock(&self->mutex);
    if (g_strcmp0(self->session, used) == 0)
        g_clear_pointer(&self->session, g_free);
    g_mutex_unlock(&self->mutex);
}

static LtReply *
send_once(const Portal *self, const char *service, const char *session, jv arguments, LtLink *link, GError **error)
{
    const char *path = is_share(service) && self->share_path != NULL ? self->share_path : self->service_path;
    jv body = jv_object_set(jv_object(), jv_string("session"), jv_string(session));
    g_autoptr(LtRequest) request = NULL;

    body = jv_object_set(body, jv_string("madonvi"), jv_string(self->unit_code));
    body = jv_object_set(body, jv_string("service"), jv_string(service));
    request = request_new(self, path, jv_object_merge(body, jv_copy(arguments)));
    return lt_link_send(link, request, error);
}

PortalOutcome
session_call(Portal *self, const char *service, jv arguments, LtLink *link, LtReply **reply, GError **error)
{
    PortalOutcome outcome = PORTAL_EXPIRED;

    for (guint round = 0; round < 2 && outcome == PORTAL_EXPIRED; round++) {
        g_autofree char *session = take_session(self, link, error);
        g_autoptr(LtReply) answer = session != NULL ? send_once(self, service, session, arguments, link, error) : NULL;

        outcome = PORTAL_FAILED;
        if (answer != NULL)
            outcome = lt_link_is_dry(link) ? PORTAL_OK : portal_judge(self, service, answer, error);
        if (outcome == PORTAL_EXPIRED)
            drop_session(self, session);
        if (reply != NULL && outcome != PORTAL_EXPIRED)
            *reply = g_steal_pointer(&answer);
    }
    jv_free(arguments);
    if (outcome != PORTAL_EXPIRED)
        return outcome;
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "portal.session", "the portal does not know a session that it has just given");
    return PORTAL_FAILED;
}
