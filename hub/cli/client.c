/* SPDX-License-Identifier: Apache-2.0 */
/* client.c: the link, used by a unit's command line instead of by a plugin. */
#include "cli/client.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"

struct _LtClient {
    LtLinkThread *thread;
    LtLinkTarget *target;
    char *authorization; /* nullable */
};

static gboolean
read_token(LtClient *self, const char *path, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) cause = NULL;

    if (path == NULL)
        return TRUE;
    if (!g_file_get_contents(path, &text, NULL, &cause)) {
        lt_error_set(error, LT_ERROR_CONFIG, "token", "cannot read the token: %s", cause->message);
        return FALSE;
    }
    self->authorization = g_strconcat("Bearer ", g_strstrip(text), NULL);
    return TRUE;
}

LtClient *
lt_client_new(const LtClientSettings *settings, GError **error)
{
    /* Whoever runs the command names the hub; there is no second person to protect from the address. */
    static const char *const anywhere[] = { "0.0.0.0/0", "::/0", NULL };
    g_autoptr(LtClient) self = g_new0(LtClient, 1);
    LtLinkOptions options = { .url = settings->hub, .allowed_addresses = anywhere, .ca = settings->ca,
                              .client_certificate = settings->client_certificate, .client_key = settings->client_key };

    if (!read_token(self, settings->token, error))
        return NULL;
    self->thread = lt_link_thread_new(error);
    if (self->thread == NULL)
        return NULL;
    self->target = lt_link_target_new(self->thread, &options, error);
    return self->target == NULL ? NULL : g_steal_pointer(&self);
}

void
lt_client_free(LtClient *self)
{
    g_clear_pointer(&self->target, lt_link_target_free);
    g_clear_pointer(&self->thread, lt_link_thread_free);
    g_free(self->authorization);
    g_free(self);
}

LtReply *
lt_client_send(LtClient *self, LtRequest *request, GError **error)
{
    g_autoptr(LtRequest) owned = request;

    if (self->authorization != NULL)
        lt_request_set_header(owned, "Authorization", self->authorization);
    return lt_link_target_send(self->target, owned, 0, NULL, error);
}

/* The faults that a problem lists, one a line behind its title. */
static gboolean
on_problem(const LtJsonEvent *event, gpointer data, GError **error)
{
    GString *faults = data;

    (void) error;
    if (event->kind == LT_JSON_STRING && event->depth == 2)
        g_string_append_printf(faults, "\n  %s", event->text);
    return TRUE;
}

void
lt_client_fail(LtReply *reply, GError **error)
{
    g_autoptr(GString) faults = g_string_new(NULL);
    GBytes *body = lt_reply_get_body(reply);
    LtJsonPick picks[] = { { "code", NULL }, { "title", NULL }, { NULL, NULL } };
    guint status = lt_reply_get_status(reply);
    gsize size;
    const char *data = g_bytes_get_data(body, &size);
    gboolean problem = lt_json_scan(data, size, LT_JSON_PAYLOAD, NULL, on_problem, faults, picks, NULL) && picks[0].value != NULL;

    if (problem)
        lt_error_set(error, lt_error_of_reason(picks[0].value), picks[0].value, "the hub said %u: %s%s", status, picks[1].value != NULL ? picks[1].value : "",
                     faults->str);
    else
        lt_error_set(error, status >= 500 ? LT_ERROR_UNAVAILABLE : LT_ERROR_REFUSED, NULL, "the hub said %u", status);
    g_free(picks[0].value);
    g_free(picks[1].value);
}
