/* SPDX-License-Identifier: Apache-2.0 */
/* sink.c: an HTTP server that costs little: it takes every POST, answers 200 without body, and tells by GET how many it took.
 *
 * It prints the port that it listens on and runs until it is ended.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_MAX 16384

typedef struct {
    int fd;
    char head[HEAD_MAX];
    gsize received;   /* of the head, so far */
    gsize body_left;
    gboolean in_body;
    gboolean is_post;
} Client;

static guint64 n_posts;

static void
answer(Client *client)
{
    char text[128];
    char body[32];
    int n;

    if (client->is_post)
        n_posts++;
    g_snprintf(body, sizeof body, "%" G_GUINT64_FORMAT "\n", n_posts);
    if (client->is_post)
        n = g_snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    else
        n = g_snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
    if (send(client->fd, text, (gsize) n, MSG_NOSIGNAL) != n)
        g_printerr("sink: an answer was not taken\n");
    client->in_body = FALSE;
}

/* Returns: FALSE when the head is not whole yet. What stands behind it belongs to the body. */
static gboolean
take_head(Client *client)
{
    char *end = memmem(client->head, client->received, "\r\n\r\n", 4);
    char *length;
    gsize extra;

    if (end == NULL)
        return FALSE;
    end[2] = '\0';
    length = strcasestr(client->head, "\r\ncontent-length:");
    extra = client->received - (gsize) (end + 4 - client->head);
    client->body_left = length == NULL ? 0 : strtoul(length + 17, NULL, 10);
    client->body_left -= MIN(client->body_left, extra);
    client->is_post = strncmp(client->head, "POST", 4) == 0;
    client->in_body = TRUE;
    client->received = 0;
    return TRUE;
}

/* Returns: FALSE when the connection is over */
static gboolean
read_client(Client *client)
{
    static char rest[262144];
    gssize n;

    if (client->in_body)
        n = recv(client->fd, rest, MIN(sizeof rest, client->body_left), MSG_DONTWAIT);
    else
        n = recv(client->fd, client->head + client->received, HEAD_MAX - 1 - client->received, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return TRUE;
    if (n <= 0)
        return FALSE;
    if (client->in_body) {
        client->body_left -= (gsize) n;
    } else {
        client->received += (gsize) n;
        client->head[client->received] = '\0';
        if (!take_head(client))
            return client->received < HEAD_MAX - 1;
    }
    if (client->body_left == 0)
        answer(client);
    return TRUE;
}

static int
listen_on_loopback(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *) &address, sizeof address) < 0 || listen(fd, 1024) < 0 ||
        getsockname(fd, (struct sockaddr *) &address, &size) < 0)
        g_error("listen: %s", g_strerror(errno));
    g_print("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void
take_client(int epoll, int listener)
{
    Client *client = g_new0(Client, 1);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
    int on = 1;

    client->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event);
}

int
main(void)
{
    int listener = listen_on_loopback();
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = { .events = EPOLLIN };
    struct epoll_event events[64];

    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int n = epoll_wait(epoll, events, G_N_ELEMENTS(events), -1);

        for (int i = 0; i < n; i++) {
            Client *client = events[i].data.ptr;

            if (client == NULL) {
                take_client(epoll, listener);
            } else if (!read_client(client)) {
                close(client->fd);
                g_free(client);
            }
        }
    }
}
