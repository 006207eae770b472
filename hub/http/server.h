/* SPDX-License-Identifier: Apache-2.0 */
/* server.h: the HTTP face: threads, sockets, early checks, one table of routes. libsoup's server lives in this room only. */
#pragma once

#include "casework/evidence.h"
#include "http/quota.h"
#include "routing/dispatcher.h"
#include "routing/attestor.h"
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
    const LtEvidenceRequest *evidence; /* what every evidence file of this hub has: trust files, quorum */
    const LtPeers *peers; /* logs that this hub cosigns */
    LtAttestor *attestor; /* nullable: halted at the start */
    gpointer hub;       /* for the calls below */
    gboolean (*reload)(gpointer hub, const char *actor, gboolean again, GPtrArray **faults);
    gboolean (*rollback)(gpointer hub, const char *actor, guint64 number, GPtrArray **faults);
    gboolean (*refresh_registry)(gpointer hub, GError **error);
} LtHttpParts;

typedef struct {
    const char *peer_socket, *api_socket, *admin_socket; /* nullable paths; or inherited from systemd by the names "peer", "api", "admin" */
    const char *proxy_user; /* nullable: whose processes may connect to peer and api (nginx). This hub's own user always may */
    guint demo_port;        /* only with the parts' demo: loopback, all three sites on it; 0: any free port */
    guint n_threads;        /* 0: cores */
    guint max_open;         /* open connections; over it 503 and Retry-After; 0: 512 */
    guint64 max_body;       /* bytes of an envelope; 0: 104857600 */
    LtQuotaLimits quota;    /* per unit */
    gint64 head_us, body_us, write_us, idle_us; /* patience with the other side; 0: 10 s, 30 s, 30 s, 30 s */
} LtHttpOptions;

/** lt_http_server_new: opens the sockets and starts the threads; call it from the main thread. Errors: %LT_ERROR_CONFIG `http.socket`, `http.user` */
LtHttpServer *lt_http_server_new(const LtHttpParts *parts, const LtHttpOptions *options, GError **error);
/** lt_http_server_stop: no new requests; finishes open ones up to @grace_us */
void lt_http_server_stop(LtHttpServer *self, gint64 grace_us);
void lt_http_server_free(LtHttpServer *self);
guint lt_http_server_get_port(LtHttpServer *self); /* the demo port really bound, or 0 */
