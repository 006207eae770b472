/* SPDX-License-Identifier: Apache-2.0 */
/* test-system.c: see test-system.h. */
#include "test-system.h"

#include <string.h>

static GBytes *
answer(const PeerRequest *request, gpointer data)
{
    System *system = data;
    GBytes *out;

    g_mutex_lock(&system->mutex);
    g_free(system->asked);
    g_clear_pointer(&system->body, g_bytes_unref);
    system->body = g_bytes_ref(request->body);
    system->asked = g_strdup_printf("%s%s\n%.*s", request->start, request->headers, (int) g_bytes_get_size(request->body),
                                    (const char *) g_bytes_get_data(request->body, NULL));
    out = system->answer != NULL && g_str_has_prefix(system->answer, "HTTP/") ? g_bytes_new(system->answer, strlen(system->answer))
                                                                             : peer_text(200, "application/json", system->answer != NULL ? system->answer : "{}");
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
    g_autofree char *all = g_strdup_printf("plugin=rest\nurl=%s/goc\nallowed_addresses=127.0.0.1\ntimeout=5s\n%s", f->url, lines);

    return harness_endpoint(f->harness, all);
}
