/* SPDX-License-Identifier: Apache-2.0 */
/* link-private.h: what the three files of the link share: the target, and one transfer on its way between worker and I/O thread. */
#pragma once

#include "routing/link.h"

#include <curl/curl.h>

#include "routing/address.h"
#include "routing/feed.h"
#include "routing/headers.h"

struct _LtLinkTarget {
    LtLinkThread *thread;
    char *url; /* without a slash at its end */
    char *socket_path;
    char *ca, *crl, *client_certificate, *client_key, *pin;
    LtAddressList *allowed;
    gboolean is_plain; /* http: loopback only */
    gint64 connect_us, total_us, stall_us;
    guint64 max_reply_bytes;
    char judged[64]; /* the I/O thread's own: address that was found good last, for connections that are open already */
    GMutex mutex;    /* guards idle */
    GPtrArray *idle; /* of CURL * */
};

/* Where a worker sleeps. Kept by the I/O thread for later workers and never freed before it: so it can be rung after its lock was let go,
 * and the worker does not wake only to wait for that lock. */
typedef struct {
    GMutex mutex; /* guards done */
    GCond over;
    gboolean done;
} LtWaiter;

/* One request under way. Lives on the worker's side; the I/O thread uses it between queueing and done. */
typedef struct {
    LtLinkTarget *target;
    CURL *easy;
    struct curl_slist *headers;
    LtFeed *feed; /* nullable */
    GByteArray *body;
    LtHeaderList *reply_headers;
    gsize header_bytes;
    guint status;
    LtErrorCode refusal; /* with reason: our own refusal, which wins over curl's view of it */
    const char *reason;
    char text[160];
    char curl_text[CURL_ERROR_SIZE];
    CURLcode result;

    LtWaiter *waiter;
    gboolean queued, finished; /* guarded by the thread's mutex */
    gint cancelled;            /* atomic */
    gboolean running;          /* the I/O thread's own */
} LtTransfer;

/* link.c */
/** lt_link_target_new_easy: Returns: (nullable): a handle with the lasting options of this target */
CURL *lt_link_target_new_easy(const LtLinkTarget *target);
/** lt_link_target_give_easy: (transfer full) @easy: for the next request */
void lt_link_target_give_easy(LtLinkTarget *self, CURL *easy);

/* link-transfer.c */
LtTransfer *lt_transfer_new(LtLinkTarget *target, CURL *easy);
void lt_transfer_free(LtTransfer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtTransfer, lt_transfer_free)
/** lt_transfer_install: gives a new handle the callbacks that every transfer uses */
void lt_transfer_install(CURL *easy);
void lt_transfer_prepare(LtTransfer *self, LtRequest *request, gint64 limit_us);
/** lt_transfer_refuse: our own verdict; the first one stays and wins over curl's */
void lt_transfer_refuse(LtTransfer *self, LtErrorCode code, const char *reason, const char *text);
void lt_transfer_set_failure(LtTransfer *self, GError **error);
LtReply *lt_transfer_take_reply(LtTransfer *self);

/* link-thread.c */
/** lt_transfer_push: asks for the I/O thread's attention: to start, to go on or, with @cancel, to end; nothing once it is over */
void lt_transfer_push(LtTransfer *self, gboolean cancel);
/** lt_transfer_wait: after the first push: until it is over */
void lt_transfer_wait(LtTransfer *self);
