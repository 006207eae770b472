/* SPDX-License-Identifier: Apache-2.0 */
/* link.h: the wire under every outbound request: one I/O thread, and how one peer is reached.
 *
 * Workers hand a request to the I/O thread and wait; connections are kept alive and shared by all who reach the same peer in the same
 * way. Only http and https are spoken, nothing is followed, decoded, proxied or remembered, and the address is judged when the socket
 * opens (security.md S17, S18). What a plugin sees of this is a call: see call.h.
 */
#pragma once

#include <lienthong/link.h>

typedef struct _LtLinkThread LtLinkThread;
typedef struct _LtLinkTarget LtLinkTarget;

/** lt_link_thread_new: starts the I/O thread. Errors: INTERNAL `link.start` */
LtLinkThread *lt_link_thread_new(GError **error);
/** lt_link_thread_free: ends the thread. Nobody may be sending any more, and all targets must have been freed */
void lt_link_thread_free(LtLinkThread *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtLinkThread, lt_link_thread_free)

/* How one peer is reached. Strings are copied. 0 stands for the preset. */
typedef struct {
    const char *url;                      /* base URL; ignored with a socket */
    const char *socket_path;              /* nullable: HTTP over this Unix socket: the admin commands */
    const char *const *allowed_addresses; /* nullable: "10.1.2.3", "10.1.0.0/16", "::1": see address.h */
    const char *ca, *crl;                 /* nullable: PEM files; https needs a ca */
    const char *client_certificate, *client_key;
    const char *pin;                      /* nullable: "sha256//…" of the SubjectPublicKeyInfo */
    gint64 connect_us;                    /* 10 s */
    gint64 total_us;                      /* 60 s */
    gint64 stall_us;                      /* 30 s without a byte, in whole seconds */
    guint64 max_reply_bytes;              /* 16 MiB */
} LtLinkOptions;

/** lt_link_target_new: Errors: CONFIG `link.url`, `link.address`, `link.pin`, `link.ca`, `link.file` */
LtLinkTarget *lt_link_target_new(LtLinkThread *thread, const LtLinkOptions *options, GError **error);
void lt_link_target_free(LtLinkTarget *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtLinkTarget, lt_link_target_free)

/**
 * lt_link_target_send:
 * @deadline_us: monotonic time after which it fails whatever happens; 0: none but the target's own limits
 * @cancellable: (nullable)
 *
 * Sends one request and waits for the whole answer. A body stream is read on the calling thread, in pieces.
 *
 * Errors: as lt_link_send(), with the reasons `link.connect`, `link.tls`, `link.timeout`, `link.cut`, `link.protocol`, `link.cancelled`,
 * `link.stopped`, `link.body`, `link.reply-size`, `link.address`, `link.header`, `link.path`.
 */
LtReply *lt_link_target_send(LtLinkTarget *self, LtRequest *request, gint64 deadline_us, GCancellable *cancellable, GError **error);
