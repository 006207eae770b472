/* SPDX-License-Identifier: Apache-2.0 */
/* test-system.c: see test-system.h. */
#include "test-system.h"

#include <string.h>

/* Raw bytes; a length is put in where a test did not care to count. */
static GBytes *
raw_answer(const char *text)
{
    const char *body = strstr(text, "\r\n\r\n");
    g_autofree char *head = g_strndup(text, (gsize) (body - text));

    if (strstr(head, "Content-Length") != NULL)
        return g_bytes_new(text, strlen(text));
    body += 4;
    text = g_strdup_printf("%s\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s", head, strlen(body), body);
    return g_bytes_new_take((char *) text, strlen(text));
}

static GBytes *
answer(const PeerRequest *request, gpointer data)
{
    System *system = data;
    GBytes *out;

    g_mutex_lock(&system->mutex);
    g_free(system->asked);
    g_clear_pointer(&system->body, g_bytes_unref);
    system->body = g_bytes_ref(request->body);
    system->asked = g_strdup_printf("%s\n%s\n%.*s", request->start, request->headers, (int) g_bytes_get_size(request->body),
                                    (const char *) g_bytes_get_data(request->body, NULL));
    out = system->answer != NULL && g_str_has_prefix(system->answer, "HTTP/")
              ? raw_answer(system->answer)
              : peer_text(200, "text/xml; charset=utf-8", system->answer != NULL ? system->answer : FINE);
    g_mutex_unlock(&system->mutex);
    return out;
}

void
set_answer(Fixture *f, const char *text)
{
    g_mutex_lock(&f->system.mutex);
    f->system.answer = text;
    g_mutex_unlock(&f->system.mutex);
}

/* The server is idle when a test looks, but only the lock says so. */
const char *
asked(Fixture *f)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED lock = g_mutex_locker_new(&f->system.mutex);

    return f->system.asked;
}

GBytes *
asked_body(Fixture *f)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED lock = g_mutex_locker_new(&f->system.mutex);

    return f->system.body;
}

void
set_up(Fixture *f, gconstpointer data)
{
    (void) data;
    f->harness = harness_new();
    g_mutex_init(&f->system.mutex);
    f->peer = peer_new(&(PeerOptions) { .answer = answer, .data = &f->system });
    f->url = peer_url(f->peer);
}

void
tear_down(Fixture *f, gconstpointer data)
{
    (void) data;
    harness_free(f->harness);
    peer_free(f->peer);
    g_clear_pointer(&f->system.body, g_bytes_unref);
    g_free(f->system.asked);
    g_mutex_clear(&f->system.mutex);
    g_free(f->url);
}

LtEndpoint *
endpoint_with(Fixture *f, const char *lines)
{
    g_autofree char *all = g_strdup_printf("plugin=soap\nurl=%s/dv\nallowed_addresses=127.0.0.1\ntimeout=5s\n%s", f->url, lines);

    return harness_endpoint(f->harness, all);
}

void
map_file(Fixture *f, const char *name, const char *stylesheet)
{
    g_free(harness_file(f->harness, name, stylesheet));
}

gboolean
deliver(LtEndpoint *endpoint, const HarnessMessage *fields, char **receipt_text, GError **error)
{
    g_autoptr(LtMessage) message = harness_message(fields);
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *type = NULL;
    gboolean done = lt_endpoint_deliver(endpoint, message, NULL, &receipt, &type, error);

    if (receipt_text != NULL)
        *receipt_text = receipt != NULL ? g_strndup(g_bytes_get_data(receipt, NULL), g_bytes_get_size(receipt)) : NULL;
    return done;
}

char *
call(LtEndpoint *endpoint, const char *type, const char *action, const char *body, gssize size, HarnessInbox *inbox)
{
    g_autoptr(LtRequest) request = lt_request_new("POST", "soap");
    g_autoptr(GBytes) bytes = g_bytes_new(body, size < 0 ? strlen(body) : (gsize) size);
    g_autoptr(LtReply) reply = NULL;
    g_autoptr(GError) error = NULL;
    GBytes *answer_bytes;

    lt_request_set_body(request, bytes, type);
    if (action != NULL)
        lt_request_set_header(request, "SOAPAction", action);
    if (!lt_endpoint_receive(endpoint, request, &reply, harness_inbox(inbox), NULL, &error)) {
        g_assert_no_error(error);
        return NULL;
    }
    answer_bytes = lt_reply_get_body(reply);
    return g_strdup_printf("%u %.*s", lt_reply_get_status(reply), (int) g_bytes_get_size(answer_bytes), (const char *) g_bytes_get_data(answer_bytes, NULL));
}
