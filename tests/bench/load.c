/* SPDX-License-Identifier: Apache-2.0 */
/* load.c: a load generator that costs little: sealed envelopes over keep-alive connections, driven by one epoll loop.
 *
 * Without --rate every connection sends its next envelope as soon as the last was answered. With --rate envelopes are due at fixed
 * times and latency counts from the due time, so that a slow answer is not hidden by the requests that it kept from being sent.
 * At the end it waits until the sink has seen every delivery. One line of JSON tells what was measured.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "envelopes.h"

#define ANSWER_MAX 65536

typedef struct {
    int fd;
    guint sender;
    gint64 due_us; /* 0: idle */
    char *head;
    gsize head_size, sent;
    gboolean is_blocked; /* the socket took not all at once */
    GBytes *body; /* borrowed */
    char answer[ANSWER_MAX];
    gsize received;
} Connection;

typedef struct {
    GPtrArray *senders;
    GPtrArray *envelopes;
    int port, sink_port, n_connections, timeout_s;
    double rate;
    char *path;
    Connection *connections;
    guint *next; /* per sender: which of its envelopes comes next */
    guint n_sent, n_answered, n_failed;
    gint64 start_us;
    GArray *latencies; /* of gint64 µs */
    char *first_failure;
    int epoll, timer;
} Load;

static int
connect_to(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((guint16) port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *) &address, sizeof address) == 0)
        return fd;
    g_error("connect to port %d: %s", port, g_strerror(errno));
}

static void
watch(Load *self, Connection *connection, guint32 events)
{
    struct epoll_event event = { .events = events, .data.ptr = connection };

    epoll_ctl(self->epoll, EPOLL_CTL_MOD, connection->fd, &event);
}

/* Head and body in one call; what the socket does not take at once is sent when it can take more. */
static void
write_more(Load *self, Connection *connection)
{
    gsize body_size;
    const char *body = g_bytes_get_data(connection->body, &body_size);
    gsize in_head = MIN(connection->sent, connection->head_size);
    gsize in_body = connection->sent - in_head;
    struct iovec pieces[] = { { connection->head + in_head, connection->head_size - in_head },
                              { (char *) body + in_body, body_size - in_body } };
    struct msghdr message = { .msg_iov = pieces, .msg_iovlen = 2 };
    gssize n = sendmsg(connection->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n < 0 && errno != EAGAIN)
        g_error("send: %s", g_strerror(errno));
    connection->sent += (gsize) MAX(n, 0);
    if (connection->sent < connection->head_size + body_size)
        watch(self, connection, EPOLLIN | EPOLLOUT);
    else if (connection->is_blocked)
        watch(self, connection, EPOLLIN);
    connection->is_blocked = connection->sent < connection->head_size + body_size;
}

/* Returns: FALSE when the connection's sender has nothing left */
static gboolean
send_next(Load *self, Connection *connection, gint64 due_us)
{
    guint index = self->next[connection->sender] * self->senders->len + connection->sender;
    const BenchSender *sender = g_ptr_array_index(self->senders, connection->sender);

    if (index >= self->envelopes->len)
        return FALSE;
    self->next[connection->sender]++;
    self->n_sent++;
    connection->body = g_ptr_array_index(self->envelopes, index);
    g_free(connection->head);
    connection->head = g_strdup_printf("POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n"
                                       "Content-Type: application/vnd.etsi.asic-e+zip\r\nContent-Length: %zu\r\n\r\n",
                                       self->path, self->port, sender->token, g_bytes_get_size(connection->body));
    connection->head_size = strlen(connection->head);
    connection->sent = 0;
    connection->received = 0;
    connection->due_us = due_us;
    write_more(self, connection);
    return TRUE;
}

/* Returns: size of the whole answer, 0 while it is not here */
static gsize
answer_size(const Connection *connection)
{
    const char *end = memmem(connection->answer, connection->received, "\r\n\r\n", 4);
    const char *length;
    gsize size;

    if (end == NULL)
        return 0;
    length = strcasestr(connection->answer, "\r\ncontent-length:");
    size = (gsize) (end + 4 - connection->answer) + (length == NULL || length > end ? 0 : strtoul(length + 17, NULL, 10));
    return connection->received >= size ? size : 0;
}

static void
take_answer(Load *self, Connection *connection)
{
    gint64 took_us = g_get_monotonic_time() - connection->due_us;
    gboolean accepted = strncmp(connection->answer, "HTTP/1.1 202", 12) == 0;

    self->n_answered++;
    connection->due_us = 0;
    g_array_append_val(self->latencies, took_us);
    if (accepted)
        return;
    self->n_failed++;
    if (self->first_failure == NULL)
        self->first_failure = g_strndup(connection->answer, MIN(connection->received, 600));
}

static void
read_more(Connection *connection)
{
    gssize n = recv(connection->fd, connection->answer + connection->received, ANSWER_MAX - 1 - connection->received, MSG_DONTWAIT);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        g_error("the server closed the connection: %s", n < 0 ? g_strerror(errno) : "end");
    connection->received += (gsize) n;
    connection->answer[connection->received] = '\0';
}

/* Gives every envelope that is due to an idle connection, and sets the timer for the next. */
static void
send_due(Load *self)
{
    gint64 now = g_get_monotonic_time();
    gint64 due = self->start_us;
    struct itimerspec timer = { 0 };

    for (int i = 0; i < self->n_connections; i++) {
        Connection *connection = &self->connections[i];

        due = self->start_us + (gint64) (self->n_sent * 1e6 / self->rate);
        if (due > now || self->n_sent >= self->envelopes->len)
            break;
        if (connection->due_us == 0)
            send_next(self, connection, due);
    }
    due = MAX(due - now, 50);
    timer.it_value.tv_sec = due / G_USEC_PER_SEC;
    timer.it_value.tv_nsec = due % G_USEC_PER_SEC * 1000;
    timerfd_settime(self->timer, 0, &timer, NULL);
}

static void
handle(Load *self, Connection *connection, guint32 events)
{
    if ((events & EPOLLOUT) != 0)
        write_more(self, connection);
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0)
        return;
    read_more(connection);
    if (answer_size(connection) == 0)
        return;
    take_answer(self, connection);
    if (self->rate == 0)
        send_next(self, connection, g_get_monotonic_time());
}

static void
open_connections(Load *self)
{
    self->epoll = epoll_create1(EPOLL_CLOEXEC);
    self->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    self->connections = g_new0(Connection, (gsize) self->n_connections);
    for (int i = 0; i < self->n_connections; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &self->connections[i] };

        self->connections[i].fd = connect_to(self->port);
        self->connections[i].sender = (guint) i % self->senders->len;
        epoll_ctl(self->epoll, EPOLL_CTL_ADD, self->connections[i].fd, &event);
    }
    if (self->rate > 0) {
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };

        epoll_ctl(self->epoll, EPOLL_CTL_ADD, self->timer, &event);
    }
}

static void
run(Load *self)
{
    struct epoll_event events[64];

    self->start_us = g_get_monotonic_time();
    for (int i = 0; self->rate == 0 && i < self->n_connections; i++)
        send_next(self, &self->connections[i], self->start_us);
    while (self->n_answered < self->envelopes->len) {
        int n;

        if (self->rate > 0)
            send_due(self);
        n = epoll_wait(self->epoll, events, G_N_ELEMENTS(events), 1000);
        for (int i = 0; i < n; i++)
            if (events[i].data.ptr != NULL)
                handle(self, events[i].data.ptr, events[i].events);
        if (g_get_monotonic_time() - self->start_us > self->timeout_s * G_USEC_PER_SEC)
            g_error("%u of %u answers after %d s", self->n_answered, self->envelopes->len, self->timeout_s);
    }
}

static guint64
ask_sink(int port)
{
    static const char request[] = "GET /count HTTP/1.1\r\nHost: sink\r\n\r\n";
    int fd = connect_to(port);
    char answer[1024] = { 0 };
    const char *body;
    gsize size = 0;

    g_assert_cmpint(send(fd, request, strlen(request), MSG_NOSIGNAL), >, 0);
    do {
        gssize n = recv(fd, answer + size, sizeof answer - 1 - size, 0);

        if (n <= 0)
            break;
        size += (gsize) n;
        body = strstr(answer, "\r\n\r\n");
    } while (body == NULL || strchr(body + 4, '\n') == NULL);
    close(fd);
    body = strstr(answer, "\r\n\r\n");
    return body == NULL ? 0 : g_ascii_strtoull(body + 4, NULL, 10);
}

/* Returns: when the sink had seen all, or -1 when it did not in time */
static gint64
wait_for_deliveries(const Load *self, guint64 before)
{
    gint64 until = g_get_monotonic_time() + self->timeout_s * G_USEC_PER_SEC;

    while (ask_sink(self->sink_port) < before + self->envelopes->len) {
        if (g_get_monotonic_time() > until)
            return -1;
        g_usleep(2000);
    }
    return g_get_monotonic_time();
}

static int
compare_latency(gconstpointer a, gconstpointer b)
{
    gint64 x = *(const gint64 *) a;
    gint64 y = *(const gint64 *) b;

    return x < y ? -1 : x > y;
}

static double
percentile_ms(GArray *latencies, double part)
{
    guint index = (guint) (part * (latencies->len - 1));

    return (double) g_array_index(latencies, gint64, index) / 1000;
}

static void
tell(Load *self, gint64 accepted_us, gint64 delivered_us)
{
    double accept_s = (double) (accepted_us - self->start_us) / 1e6;
    double deliver_s = (double) (delivered_us - self->start_us) / 1e6;

    g_array_sort(self->latencies, compare_latency);
    g_print("{\"count\":%u,\"failed\":%u,\"accepted_per_s\":%.1f,\"delivered_per_s\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n",
            self->envelopes->len, self->n_failed, self->envelopes->len / accept_s,
            delivered_us < 0 ? -1.0 : self->envelopes->len / deliver_s, percentile_ms(self->latencies, 0.5),
            percentile_ms(self->latencies, 0.99), percentile_ms(self->latencies, 1));
    if (self->first_failure != NULL)
        g_printerr("first answer that was not 202:\n%s\n", self->first_failure);
}

int
main(int argc, char **argv)
{
    Load self = { .n_connections = 64, .timeout_s = 300 };
    int count = 1000, first = 1, n_threads = 2;
    gint64 attachment = 0;
    char *senders = NULL, *to = NULL, *payload = NULL;
    const GOptionEntry options[] = {
        { "port", 0, 0, G_OPTION_ARG_INT, &self.port, "port of the hub on loopback", "N" },
        { "path", 0, 0, G_OPTION_ARG_STRING, &self.path, "where envelopes are posted", "PATH" },
        { "sink-port", 0, 0, G_OPTION_ARG_INT, &self.sink_port, "port of the sink; 0: deliveries are not waited for", "N" },
        { "connections", 0, 0, G_OPTION_ARG_INT, &self.n_connections, "keep-alive connections", "N" },
        { "count", 0, 0, G_OPTION_ARG_INT, &count, "envelopes", "N" },
        { "first", 0, 0, G_OPTION_ARG_INT, &first, "first seq of each sender", "N" },
        { "rate", 0, 0, G_OPTION_ARG_DOUBLE, &self.rate, "envelopes a second; 0: as fast as answers come", "R" },
        { "senders", 0, 0, G_OPTION_ARG_FILENAME, &senders, "lines: unit token certificate key", "FILE" },
        { "to", 0, 0, G_OPTION_ARG_STRING, &to, "unit that receives", "UNIT" },
        { "payload", 0, 0, G_OPTION_ARG_FILENAME, &payload, "payload.json with @CODE@", "FILE" },
        { "attachment", 0, 0, G_OPTION_ARG_INT64, &attachment, "bytes of one attachment", "N" },
        { "threads", 0, 0, G_OPTION_ARG_INT, &n_threads, "threads that seal", "N" },
        { "timeout", 0, 0, G_OPTION_ARG_INT, &self.timeout_s, "seconds", "N" },
        { NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new("posts sealed envelopes");
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gsize size;
    gint64 accepted_us, delivered_us;
    guint64 before;

    g_option_context_add_main_entries(context, options, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || senders == NULL || to == NULL || payload == NULL)
        g_error("%s", error != NULL ? error->message : "--senders, --to and --payload are needed");
    self.senders = bench_senders_read(senders, &error);
    if (self.senders == NULL || !g_file_get_contents(payload, &text, &size, &error))
        g_error("%s", error->message);
    if (self.path == NULL)
        self.path = g_strdup("/v1/envelopes");
    {
        g_autoptr(GBytes) template = g_bytes_new(text, size);
        BenchOrder order = { to, template, (guint64) attachment, (guint) first, (guint) count, (guint) n_threads };

        self.envelopes = bench_envelopes_seal(self.senders, &order, &error);
    }
    if (self.envelopes == NULL)
        g_error("%s", error->message);
    self.next = g_new0(guint, self.senders->len);
    self.latencies = g_array_sized_new(FALSE, FALSE, sizeof(gint64), self.envelopes->len);
    before = self.sink_port == 0 ? 0 : ask_sink(self.sink_port);
    open_connections(&self);
    run(&self);
    accepted_us = g_get_monotonic_time();
    delivered_us = self.sink_port == 0 ? -1 : wait_for_deliveries(&self, before);
    tell(&self, accepted_us, delivered_us);
    return self.n_failed == 0 ? 0 : 1;
}
