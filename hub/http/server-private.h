/* SPDX-License-Identifier: Apache-2.0 */
/* server-private.h: what server.c, exchange.c and the resources that look at the server itself share. */
#pragma once

#include <libsoup/soup.h>

#include "http/guard.h"
#include "http/quota.h"
#include "http/routes.h"
#include "http/server.h"

/* Written by many threads, read by metrics. */
typedef struct {
    guint64 requests, refused_heads, cut, over_limit;
    guint64 by_class[6];        /* answers 1xx … 5xx; [0] unused */
    guint64 seconds_sum_us;
    guint64 buckets[12];        /* of the time from head to answer, as LtStoreFigures */
} LtHttpFigures;

typedef struct _LtHttpThread LtHttpThread;

struct _LtHttpServer {
    LtHttpParts parts;
    LtHttpOptions options;
    LtGuardTimes times;
    GPtrArray *listeners;       /* of LtListener */
    LtHttpThread **threads;
    guint n_threads;
    GThreadPool *workers;
    LtQuota *quota;
    gint n_open;                /* connections (atomic) */
    gint n_busy;                /* exchanges between head and answer (atomic) */
    gint stopping;              /* (atomic) */
    LtHttpFigures figures;
    gint64 started_us;
};

struct _LtHttpThread {
    LtHttpServer *server;
    GThread *thread;
    GMainContext *context;
    GMainLoop *loop;
    SoupServer *soup;
    LtCallerCache *callers;
    GPtrArray *guards;          /* borrowed: open connections of this thread */
    GSource *tick;              /* looks for late ones; asleep when there are none */
    GPtrArray *accepting;       /* GSource per listener */
    int silence[2];             /* a socket pair on which nothing ever comes */
};

/* A connection's address object also says which connection it is: libsoup hands it back with every message. */
typedef struct {
    LtHttpThread *thread;
    LtGuard *guard;             /* owned by libsoup's connection */
    guint site;
    gboolean is_operator;
} LtConnection;

LtHttpServer *lt_exchange_get_server(LtExchange *self);
/** lt_exchange_begin: called by libsoup when a request's head is there */
void lt_exchange_begin(SoupServerMessage *message, LtConnection *connection, GHashTable *query);
/** lt_exchange_run: and when its body is */
void lt_exchange_run(SoupServerMessage *message);
/** lt_exchange_work: runs a route in a worker thread, for the server's pool */
void lt_exchange_work(gpointer exchange, gpointer unused);
