/* SPDX-License-Identifier: Apache-2.0 */
/* listener.c: opening sockets and letting the right processes in.
 *
 * All HTTP threads wait on the same listening descriptor and take without blocking: who comes late finds nothing, which is no error. (libsoup's own listener blocks or gives up
 * there, so it is not used.) On a Unix socket the uid of the other end decides before the first byte is read.
 */
#include "http/listener.h"

#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define BACKLOG 512

struct _LtListener {
    LtSite site;
    int fd;
    guint port;
    char *path;   /* nullable: made by us, removed at the end */
    uid_t *uids;
    guint n_uids;
};

static gboolean
fail(GError **error, const char *what, const char *name)
{
    lt_error_set(error, LT_ERROR_CONFIG, "http.socket", "cannot %s %s: %s", what, name, g_strerror(errno));
    return FALSE;
}

/* -1: systemd handed nothing over under this name. */
static int
inherited_fd(const char *name)
{
    g_auto(GStrv) names = NULL;
    int n = sd_listen_fds_with_names(FALSE, &names);

    for (int i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0 && sd_is_socket_unix(SD_LISTEN_FDS_START + i, SOCK_STREAM, 1, NULL, 0) > 0)
            return SD_LISTEN_FDS_START + i;
    return -1;
}

gboolean
lt_listener_is_inherited(const char *name)
{
    return inherited_fd(name) >= 0;
}

/* A socket file that nobody answers on was left by a process that was killed. */
static gboolean
is_abandoned(const struct sockaddr_un *address)
{
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    gboolean answered;

    if (probe < 0)
        return FALSE;
    answered = connect(probe, (const struct sockaddr *) address, sizeof *address) == 0 || errno == EAGAIN;
    close(probe);
    return !answered && errno == ECONNREFUSED;
}

static gboolean
bind_unix(int fd, const char *path, GError **error)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    mode_t before;
    int done;

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return fail(error, "listen on", path);
    }
    strcpy(address.sun_path, path);
    if (is_abandoned(&address))
        (void) unlink(path);
    before = umask(0117); /* made with 0660, never wider for a moment */
    done = bind(fd, (const struct sockaddr *) &address, sizeof address);
    (void) umask(before);
    return done == 0 || fail(error, "listen on", path);
}

LtListener *
lt_listener_open_unix(LtSite site, const char *path, const char *name, const uid_t *uids, guint n_uids, GError **error)
{
    g_autoptr(LtListener) self = g_new0(LtListener, 1);

    self->site = site;
    self->uids = g_memdup2(uids, n_uids * sizeof *uids);
    self->n_uids = n_uids;
    self->fd = inherited_fd(name);
    if (self->fd >= 0) {
        (void) g_unix_set_fd_nonblocking(self->fd, TRUE, NULL);
        return g_steal_pointer(&self);
    }
    if (path == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "http.socket", "no path is set for the socket \"%s\" and systemd hands none over", name);
        return NULL;
    }
    self->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (self->fd < 0 || !bind_unix(self->fd, path, error))
        return NULL;
    self->path = g_strdup(path);
    if (listen(self->fd, BACKLOG) != 0) {
        fail(error, "listen on", path);
        return NULL;
    }
    return g_steal_pointer(&self);
}

LtListener *
lt_listener_open_loopback(guint port, GError **error)
{
    g_autoptr(LtListener) self = g_new0(LtListener, 1);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((guint16) port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int one = 1;

    self->site = LT_SITE_DEMO;
    self->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (self->fd < 0 || setsockopt(self->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(self->fd, (struct sockaddr *) &address, sizeof address) != 0 || listen(self->fd, BACKLOG) != 0 ||
        getsockname(self->fd, (struct sockaddr *) &address, &size) != 0) {
        fail(error, "listen on", "the demo port of 127.0.0.1");
        return NULL;
    }
    self->port = ntohs(address.sin_port);
    return g_steal_pointer(&self);
}

void
lt_listener_free(LtListener *self)
{
    if (self == NULL)
        return;
    if (self->path != NULL)
        (void) unlink(self->path);
    if (self->fd >= 0)
        close(self->fd);
    g_free(self->path);
    g_free(self->uids);
    g_free(self);
}

LtSite
lt_listener_get_site(LtListener *self)
{
    return self->site;
}

int
lt_listener_get_fd(LtListener *self)
{
    return self->fd;
}

guint
lt_listener_get_port(LtListener *self)
{
    return self->port;
}

static gboolean
peer_uid(int fd, uid_t *uid)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof peer)
        return FALSE;
    *uid = peer.uid;
    return TRUE;
}

static gboolean
may_come_in(LtListener *self, int fd)
{
    uid_t uid;

    if (self->port != 0)
        return TRUE;
    if (!peer_uid(fd, &uid))
        return FALSE;
    for (guint i = 0; i < self->n_uids; i++)
        if (self->uids[i] == uid)
            return TRUE;
    g_message("http: a process of uid %u may not use this socket", (guint) uid);
    return FALSE;
}

GSocket *
lt_listener_accept(LtListener *self)
{
    int fd = accept4(self->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), one = 1;
    g_autoptr(GError) error = NULL;
    GSocket *socket;

    if (fd < 0)
        return NULL;
    if (!may_come_in(self, fd)) {
        close(fd);
        return NULL;
    }
    if (self->port != 0)
        (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    socket = g_socket_new_from_fd(fd, &error);
    if (socket == NULL) {
        g_message("http: %s", error->message);
        close(fd);
        return NULL;
    }
    g_socket_set_blocking(socket, FALSE);
    return socket;
}

gboolean
lt_socket_is_operator(GSocket *socket)
{
    uid_t uid;

    return peer_uid(g_socket_get_fd(socket), &uid) && (uid == 0 || uid == geteuid());
}
