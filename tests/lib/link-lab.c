/* SPDX-License-Identifier: Apache-2.0 */
/* link-lab.c: a link on loopback and the peer at its other end. */
#include "lib/link-lab.h"

#include <string.h>

#include "routing/request.h"

const char *const link_lab_loopback[] = { "127.0.0.0/8", "::1", NULL };

static gboolean
starts(const PeerRequest *request, const char *start)
{
    return g_str_has_prefix(request->start, start);
}

static GBytes *
bytes_of(const char *text)
{
    return g_bytes_new(text, strlen(text));
}

/* What was received, as text, so that a test can look at every byte of it. */
static GBytes *
mirror(const PeerRequest *request)
{
    g_autofree char *text = g_strdup_printf("%s%s%.*s", request->start, request->headers, (int) g_bytes_get_size(request->body),
                                            (const char *) g_bytes_get_data(request->body, NULL));

    return peer_text(200, "text/plain", text);
}

static GBytes *
large(gsize size, gboolean chunked)
{
    GByteArray *out = g_byte_array_new();
    g_autofree guint8 *zeros = g_malloc0(size);
    g_autofree char *head = chunked ? g_strdup_printf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n", size)
                                    : g_strdup_printf("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size);

    g_byte_array_append(out, (const guint8 *) head, (guint) strlen(head));
    g_byte_array_append(out, zeros, (guint) size);
    if (chunked)
        g_byte_array_append(out, (const guint8 *) "\r\n0\r\n\r\n", 7);
    return g_byte_array_free_to_bytes(out);
}

static GBytes *
many_headers(void)
{
    GString *out = g_string_new("HTTP/1.1 200 OK\r\n");

    for (guint i = 0; i < 2000; i++)
        g_string_append_printf(out, "X-Filler-%u: 0123456789012345678901234567890123456789\r\n", i);
    g_string_append(out, "Content-Length: 0\r\n\r\n");
    return g_string_free_to_bytes(out);
}

GBytes *
link_lab_answer(const PeerRequest *request, gpointer data)
{
    (void) data;
    if (starts(request, "GET /hang ") || starts(request, "POST /hang "))
        return bytes_of("");
    if (starts(request, "GET /hang-body "))
        return bytes_of("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    if (starts(request, "GET /cut "))
        return NULL;
    if (starts(request, "GET /nonsense "))
        return bytes_of("220 smtp.example ESMTP ready\r\n");
    if (starts(request, "GET /old "))
        return bytes_of("<html>HTTP/0.9</html>");
    if (starts(request, "GET /redirect "))
        return bytes_of("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest\r\nContent-Length: 0\r\n\r\n");
    if (starts(request, "GET /gzip "))
        return bytes_of("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\n\x1f\x8b\x08zzz");
    if (starts(request, "GET /interim "))
        return bytes_of("HTTP/1.1 103 Early\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nX-Late: 1\r\nContent-Length: 2\r\n\r\nok");
    if (starts(request, "GET /large "))
        return large(200001, FALSE);
    if (starts(request, "GET /large-chunked "))
        return large(200001, TRUE);
    if (starts(request, "GET /just-fits "))
        return large(200000, FALSE);
    if (starts(request, "GET /many-headers "))
        return many_headers();
    if (starts(request, "POST /early "))
        return peer_text(413, "text/plain", "too large");
    return mirror(request);
}

LtLinkTarget *
link_lab_target(LtLinkThread *thread, const char *url)
{
    g_autoptr(GError) error = NULL;
    LtLinkTarget *target = lt_link_target_new(thread, &(LtLinkOptions) { .url = url, .allowed_addresses = link_lab_loopback, .total_us = 5 * G_USEC_PER_SEC,
                                                                         .max_reply_bytes = 200000 }, &error);

    g_assert_no_error(error);
    return target;
}

void
link_lab_set_up(LinkLab *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    (void) data;
    f->peer = peer_new(&(PeerOptions) { .answer = link_lab_answer });
    f->url = peer_url(f->peer);
    f->thread = lt_link_thread_new(&error);
    g_assert_no_error(error);
    f->target = link_lab_target(f->thread, f->url);
}

void
link_lab_tear_down(LinkLab *f, gconstpointer data)
{
    (void) data;
    lt_link_target_free(f->target);
    lt_link_thread_free(f->thread);
    peer_free(f->peer);
    g_free(f->url);
}

LtReply *
link_lab_get(LtLinkTarget *target, const char *path, GError **error)
{
    g_autoptr(LtRequest) request = lt_request_new("GET", path);

    return lt_link_target_send(target, request, 0, NULL, error);
}

char *
link_lab_body(LtReply *reply)
{
    GBytes *body = lt_reply_get_body(reply);

    return g_strndup(g_bytes_get_data(body, NULL), g_bytes_get_size(body));
}

gpointer
link_lab_cancel_soon(gpointer data)
{
    g_usleep(50000);
    g_cancellable_cancel(data);
    return NULL;
}
