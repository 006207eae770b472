/* SPDX-License-Identifier: Apache-2.0 */
/* listener.h: the sockets on which requests come in: one per site, opened by path, inherited from systemd by name, or the one loopback port of a demo. */
#pragma once

#include <gio/gio.h>
#include <lienthong/error.h>

/* Who may come in by which door (security.md §1). A set, because the demo port is all of them. */
typedef enum {
    LT_SITE_PEER = 1 << 0,  /* units, known by certificate */
    LT_SITE_API = 1 << 1,   /* systems, known by token */
    LT_SITE_ADMIN = 1 << 2, /* the operator on this machine */
} LtSite;
#define LT_SITE_DEMO (LT_SITE_PEER | LT_SITE_API | LT_SITE_ADMIN)

typedef struct _LtListener LtListener;

/**
 * lt_listener_open_unix:
 * @path: (nullable): where to make the socket, mode 0660; a socket that was left there by a dead process is replaced
 * @name: `FileDescriptorName=` under which systemd may have handed it over; wins over @path
 * @uids: uids that may connect (SO_PEERCRED)
 *
 * Errors: %LT_ERROR_CONFIG `http.socket`
 */
LtListener *lt_listener_open_unix(LtSite site, const char *path, const char *name, const uid_t *uids, guint n_uids, GError **error);
/** lt_listener_is_inherited: did systemd hand a socket of this name over */
gboolean lt_listener_is_inherited(const char *name);
/** lt_listener_open_loopback: 127.0.0.1; @port 0: any free one. Errors: %LT_ERROR_CONFIG `http.socket` */
LtListener *lt_listener_open_loopback(guint port, GError **error);
void lt_listener_free(LtListener *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtListener, lt_listener_free)

LtSite lt_listener_get_site(LtListener *self);
int lt_listener_get_fd(LtListener *self);
guint lt_listener_get_port(LtListener *self); /* 0 for a Unix socket */

/**
 * lt_listener_accept: from any thread, without blocking
 *
 * Returns: (transfer full) (nullable): a socket; %NULL when nobody waits, or when the one who came may not (S2): it is closed without a word
 */
GSocket *lt_listener_accept(LtListener *self);
/** lt_socket_is_operator: is the process at the other end of an admin connection root or this hub's own user */
gboolean lt_socket_is_operator(GSocket *socket);
