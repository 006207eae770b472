/* SPDX-License-Identifier: Apache-2.0 */
/* peer.c: see peer.h. Plain sockets, so that a test can answer with bytes that no HTTP library would let out. */
#include "lib/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct _Peer {
    PeerOptions options;
    SSL_CTX *tls;
    int listen_fd;
    int stop_pipe[2];
    guint16 port;
    GThread *thread;
    GPtrArray *connections; /* of GThread *, joined at the end */
    gint n_connections, n_requests, stopping;
};

typedef struct {
    Peer *peer;
    int fd;
    SSL *ssl;
    GByteArray *buffer;
} Connection;

/* Waits for bytes, or for the end of the test. */
static gboolean
wait_readable(Connection *c)
{
    struct pollfd fds[2] = { { .fd = c->fd, .events = POLLIN }, { .fd = c->peer->stop_pipe[0], .events = POLLIN } };

    if (c->ssl != NULL && SSL_pending(c->ssl) > 0)
        return TRUE;
    return poll(fds, 2, -1) > 0 && fds[1].revents == 0;
}

static gboolean
receive_more(Connection *c)
{
    guint8 data[65536];
    gssize n;

    if (!wait_readable(c))
        return FALSE;
    n = c->ssl != NULL ? SSL_read(c->ssl, data, sizeof data) : recv(c->fd, data, sizeof data, 0);
    if (n <= 0)
        return FALSE;
    g_byte_array_append(c->buffer, data, (guint) n);
    return TRUE;
}

static gboolean
send_all(Connection *c, const guint8 *data, gsize size)
{
    while (size > 0) {
        gssize n = c->ssl != NULL ? SSL_write(c->ssl, data, (int) MIN(size, 16384)) : send(c->fd, data, size, MSG_NOSIGNAL);

        if (n <= 0)
            return FALSE;
        data += n;
        size -= (gsize) n;
    }
    return TRUE;
}

static gsize
content_length(const char *headers)
{
    g_autofree char *lower = g_ascii_strdown(headers, -1);
    const char *found = strstr(lower, "\ncontent-length:");

    return found != NULL ? (gsize) g_ascii_strtoull(found + strlen("\ncontent-length:"), NULL, 10) : 0;
}

static void
request_clear(PeerRequest *request)
{
    g_clear_pointer(&request->start, g_free);
    g_clear_pointer(&request->headers, g_free);
    g_clear_pointer(&request->body, g_bytes_unref);
}

static gboolean
receive_request(Connection *c, PeerRequest *request)
{
    const guint8 *end;
    g_autofree char *head = NULL;
    g_auto(GStrv) parts = NULL;
    gsize size, body;

    while (c->buffer->len < 4 || (end = memmem(c->buffer->data, c->buffer->len, "\r\n\r\n", 4)) == NULL) {
        if (!receive_more(c))
            return FALSE;
    }
    size = (gsize) (end - c->buffer->data) + 4;
    head = g_strndup((const char *) c->buffer->data, size - 2);
    g_strdelimit(head, "\r", '\n');
    parts = g_strsplit(head, "\n\n", 2);
    request->start = g_strdup(parts[0]);
    request->headers = g_strconcat("\n", parts[1], NULL);
    body = content_length(request->headers);
    while (c->buffer->len < size + body) {
        if (!receive_more(c))
            return FALSE;
    }
    request->body = g_bytes_new(c->buffer->data + size, body);
    g_byte_array_remove_range(c->buffer, 0, (guint) (size + body));
    return TRUE;
}

static gboolean
send_answer(Connection *c, GBytes *answer)
{
    gsize size = 0;
    const guint8 *data = g_bytes_get_data(answer, &size);

    while (size > 0) {
        const guint8 *mark = c->peer->options.pause_us > 0 ? memchr(data, 1, size) : NULL;
        gsize piece = mark != NULL ? (gsize) (mark - data) : size;

        if (!send_all(c, data, piece) || g_atomic_int_get(&c->peer->stopping))
            return FALSE;
        if (mark == NULL)
            return TRUE;
        g_usleep((gulong) c->peer->options.pause_us);
        data += piece + 1;
        size -= piece + 1;
    }
    return TRUE;
}

static gpointer
serve(gpointer data)
{
    Connection *c = data;
    PeerRequest request = { 0 };
    sigset_t signals;
    gboolean open;

    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* OpenSSL writes without MSG_NOSIGNAL */
    open = c->ssl == NULL || SSL_accept(c->ssl) == 1;
    while (open && receive_request(c, &request)) {
        g_autoptr(GBytes) answer = NULL;

        g_atomic_int_inc(&c->peer->n_requests);
        answer = c->peer->options.answer(&request, c->peer->options.data);
        open = answer != NULL && send_answer(c, answer) && !c->peer->options.close_each;
        request_clear(&request);
    }
    request_clear(&request);
    if (c->ssl != NULL) {
        SSL_shutdown(c->ssl);
        SSL_free(c->ssl);
    }
    close(c->fd);
    g_byte_array_unref(c->buffer);
    g_free(c);
    return NULL;
}

static gpointer
accept_all(gpointer data)
{
    Peer *self = data;

    for (;;) {
        struct pollfd fds[2] = { { .fd = self->listen_fd, .events = POLLIN }, { .fd = self->stop_pipe[0], .events = POLLIN } };
        Connection *c;
        int one = 1;
        int fd;

        if (poll(fds, 2, -1) < 0 || fds[1].revents != 0)
            return NULL;
        fd = accept4(self->listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        g_atomic_int_inc(&self->n_connections);
        c = g_new0(Connection, 1);
        c->peer = self;
        c->fd = fd;
        c->buffer = g_byte_array_new();
        if (self->tls != NULL) {
            c->ssl = SSL_new(self->tls);
            SSL_set_fd(c->ssl, fd);
        }
        g_ptr_array_add(self->connections, g_thread_new("peer-connection", serve, c));
    }
}

static int
listen_tcp(guint16 *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_assert_cmpint(bind(fd, (struct sockaddr *) &address, sizeof address), ==, 0);
    g_assert_cmpint(listen(fd, 128), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *) &address, &size), ==, 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static int
listen_unix(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    g_assert_cmpint(bind(fd, (struct sockaddr *) &address, sizeof address), ==, 0);
    g_assert_cmpint(listen(fd, 16), ==, 0);
    return fd;
}

Peer *
peer_new(const PeerOptions *options)
{
    Peer *self = g_new0(Peer, 1);

    self->options = *options;
    self->connections = g_ptr_array_new();
    if (options->certificate != NULL) {
        self->tls = SSL_CTX_new(TLS_server_method());
        g_assert_cmpint(SSL_CTX_use_certificate_chain_file(self->tls, options->certificate), ==, 1);
        g_assert_cmpint(SSL_CTX_use_PrivateKey_file(self->tls, options->key, SSL_FILETYPE_PEM), ==, 1);
    }
    if (options->client_ca != NULL) {
        g_assert_cmpint(SSL_CTX_load_verify_locations(self->tls, options->client_ca, NULL), ==, 1);
        SSL_CTX_set_verify(self->tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    self->listen_fd = options->socket_path != NULL ? listen_unix(options->socket_path) : listen_tcp(&self->port);
    g_assert_cmpint(pipe(self->stop_pipe), ==, 0);
    self->thread = g_thread_new("peer", accept_all, self);
    return self;
}

void
peer_free(Peer *self)
{
    g_atomic_int_set(&self->stopping, 1);
    g_assert_cmpint(write(self->stop_pipe[1], "x", 1), ==, 1);
    g_thread_join(self->thread);
    for (guint i = 0; i < self->connections->len; i++)
        g_thread_join(g_ptr_array_index(self->connections, i));
    g_ptr_array_unref(self->connections);
    close(self->listen_fd);
    close(self->stop_pipe[0]);
    close(self->stop_pipe[1]);
    SSL_CTX_free(self->tls);
    g_free(self);
}

guint16
peer_get_port(Peer *self)
{
    return self->port;
}

char *
peer_url(Peer *self)
{
    return g_strdup_printf("%s:%u", self->tls != NULL ? "https://localhost" : "http://127.0.0.1", self->port);
}

guint
peer_get_n_connections(Peer *self)
{
    return (guint) g_atomic_int_get(&self->n_connections);
}

guint
peer_get_n_requests(Peer *self)
{
    return (guint) g_atomic_int_get(&self->n_requests);
}

GBytes *
peer_text(guint status, const char *type, const char *body)
{
    char *text = g_strdup_printf("HTTP/1.1 %u Answer\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", status, type, strlen(body), body);

    return g_bytes_new_take(text, strlen(text));
}
