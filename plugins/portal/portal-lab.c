/* SPDX-License-Identifier: Apache-2.0 */
/* portal-lab.c: answers by script; what no line of it fits is good, and a login gives a new session each time. */
#include "portal-lab.h"

#include <string.h>

static GBytes *
answer(const PeerRequest *request, gpointer data)
{
    Fixture *f = data;
    char *whole = g_strdup_printf("%s\n%s\n%.*s", request->start, request->headers, (int) g_bytes_get_size(request->body),
                                  (const char *) g_bytes_get_data(request->body, NULL));
    g_autoptr(GMutexLocker) G_GNUC_UNUSED lock = g_mutex_locker_new(&f->mutex);

    g_ptr_array_add(f->asked, whole);
    for (guint i = 0; f->script[i].when != NULL; i++) {
        Said *said = &f->script[i];

        if (strstr(whole, said->when) == NULL || said->times == 0)
            continue;
        said->times -= said->times > 0;
        return g_str_has_prefix(said->answer, "HTTP/") ? g_bytes_new(said->answer, strlen(said->answer)) : peer_text(200, "application/json", said->answer);
    }
    if (strstr(request->start, "/login") != NULL) {
        g_autofree char *session = g_strdup_printf("{\"session\":\"phien-%04u\",\"error_code\":0}", ++f->n_sessions);

        return peer_text(200, "application/json", session);
    }
    return peer_text(200, "application/json", GOOD);
}

void
say(Fixture *f, const char *when, const char *text, int times)
{
    guint i = 0;

    while (f->script[i].when != NULL)
        i++;
    f->script[i] = (Said) { when, text, times };
}

void
set_up(Fixture *f, gconstpointer data)
{
    (void) data;
    f->harness = harness_new();
    g_mutex_init(&f->mutex);
    f->asked = g_ptr_array_new_with_free_func(g_free);
    f->peer = peer_new(&(PeerOptions) { .answer = answer, .data = f });
}

void
tear_down(Fixture *f, gconstpointer data)
{
    (void) data;
    harness_free(f->harness);
    peer_free(f->peer);
    g_ptr_array_unref(f->asked);
    g_mutex_clear(&f->mutex);
}

LtEndpoint *
portal_with(Fixture *f, const char *lines)
{
    g_autofree char *url = peer_url(f->peer);
    g_autofree char *all = g_strdup_printf("plugin=portal\nurl=%s\nallowed_addresses=127.0.0.1\ntimeout=5s\nunits=H52.90;H52.1\nportal_unit=H52.90\n%s", url, lines);

    return harness_endpoint(f->harness, all);
}

gboolean
deliver(LtEndpoint *endpoint, const HarnessMessage *fields, HarnessInbox *inbox, GError **error)
{
    g_autoptr(LtMessage) message = harness_message(fields);
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *type = NULL;

    return lt_endpoint_deliver_answered(endpoint, message, inbox != NULL ? harness_inbox(inbox) : NULL, NULL, &receipt, &type, error);
}

gboolean
submit(LtEndpoint *endpoint, GError **error)
{
    g_autofree char *payload = g_strdup_printf(SUBMIT, 1, "");

    return deliver(endpoint, &(HarnessMessage) { .payload = payload }, NULL, error);
}

/* The services that were asked for, in order. */
static char *
services(Fixture *f)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < f->asked->len; i++) {
        const char *found = strstr(f->asked->pdata[i], "\"service\":\"");
        const char *updating = strstr(f->asked->pdata[i], "\"isUpdating\":\"");
        g_autofree char *name = found != NULL ? g_strndup(found + 11, strcspn(found + 11, "\"")) : g_strdup("login");

        g_string_append_printf(out, "%s%s%.1s", out->len > 0 ? " " : "", name, updating != NULL ? updating + 14 : "");
    }
    return g_string_free(out, FALSE);
}

void
assert_services(Fixture *f, const char *expected)
{
    g_autofree char *found = services(f);

    g_assert_cmpstr(found, ==, expected);
    g_ptr_array_set_size(f->asked, 0);
}
