/* SPDX-License-Identifier: Apache-2.0 */
/* peer.h: an HTTP server on loopback that behaves as badly as a test wants: in this process, one thread per connection. */
#pragma once

#include <gio/gio.h>

typedef struct _Peer Peer;

/* One request as it came in. */
typedef struct {
    char *start;   /* "POST /hoso HTTP/1.1" */
    char *headers; /* lines, each ended by \n, names as sent */
    GBytes *body;
} PeerRequest;

/**
 * PeerAnswer:
 *
 * Returns: (transfer full) (nullable): the raw bytes to answer with; %NULL: the connection is closed without an answer. Pieces separated
 * by "\001" are sent with a pause of @pause_us between them
 */
typedef GBytes *(*PeerAnswer)(const PeerRequest *request, gpointer data);

typedef struct {
    PeerAnswer answer;
    gpointer data;
    gint64 pause_us;
    const char *certificate, *key; /* nullable: PEM files: TLS */
    const char *client_ca;         /* nullable: a client certificate is demanded */
    const char *socket_path;       /* nullable: a Unix socket instead of TCP */
    gboolean close_each;           /* closes after each answer */
} PeerOptions;

Peer *peer_new(const PeerOptions *options);
void peer_free(Peer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Peer, peer_free)
guint16 peer_get_port(Peer *self);
/** peer_url: Returns: (transfer full): "http://127.0.0.1:PORT" or, with TLS, "https://localhost:PORT" */
char *peer_url(Peer *self);
guint peer_get_n_connections(Peer *self);
guint peer_get_n_requests(Peer *self);
/** peer_text: the usual answer: status line, type, length, body */
GBytes *peer_text(guint status, const char *type, const char *body);
