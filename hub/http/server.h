/* SPDX-License-Identifier: Apache-2.0 */
/* server.h: the HTTP face: threads, sockets, early checks, one table of routes. libsoup's server lives in this room only. */
#pragma once

#include "routing/dispatcher.h"
#include "routing/intake.h"

typedef struct _LtHttpServer LtHttpServer;

/* What the server works on; all borrowed, all outlive it. What may change while it runs (registry, plan, trust) it asks the intake for. */
typedef struct {
    LtStore *store;
    LtIntake *intake;
    LtDispatcher *dispatcher;
    LtSigner *signer;
    const char *unit;   /* of the hub */
    gboolean demo;
    gpointer hub;       /* for the two calls below */
    gboolean (*reload)(gpointer hub, const char *actor, GPtrArray **faults);
    gboolean (*refresh_registry)(gpointer hub, GError **error);
} LtHttpParts;

typedef struct {
    const char *peer_socket, *api_socket, *admin_socket; /* nullable paths; or inherited from systemd by these names */
    guint demo_port;                                     /* 0: none; loopback only; all three sites on it */
    guint n_threads;                                     /* 0: cores */
    guint max_open;                                      /* open requests; over it 503 */
} LtHttpOptions;

LtHttpServer *lt_http_server_new(const LtHttpParts *parts, const LtHttpOptions *options, GError **error);
/** lt_http_server_stop: no new requests; finishes open ones up to @grace_us */
void lt_http_server_stop(LtHttpServer *self, gint64 grace_us);
void lt_http_server_free(LtHttpServer *self);
guint lt_http_server_get_port(LtHttpServer *self); /* the demo port really bound */
