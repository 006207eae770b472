/* SPDX-License-Identifier: Apache-2.0 */
/* host-private.h: what host.c (processes), host-serve.c (what the plugin asks the hub for) and host-describe.c (its keys) share. */
#pragma once

#include <gio/gio.h>

#include "routing/host.h"
#include "routing/pipe.h"

#define LT_HOST_DATA_MOST (256u * 1024u * 1024u)
#define LT_HOST_FD 3

enum { LT_HOST_HAS_COLLECT = 1, LT_HOST_HAS_RECEIVE = 2, LT_HOST_HAS_DELIVER = 4 };

/* The struct of such a plugin begins with this; the members of its keys follow. */
typedef struct {
    const LtLoaded *loaded;
    gint64 deadline_us;
    GMutex lock;     /* guards idle */
    GPtrArray *idle; /* of HostProcess * */
} HostSelf;

typedef struct {
    GSubprocess *process;
    LtPipe pipe;
} HostProcess;

/** host_process_start: @writable: (nullable): paths that it may write. Its HELLO was not read yet */
HostProcess *host_process_start(const char *folder, const char *name, const char *sha256, char **writable, GError **error);
void host_process_free(HostProcess *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostProcess, host_process_free)

/* One verb that is being served. Borrowed. */
typedef struct {
    LtPipe *pipe;
    LtLink *link;       /* nullable: of receive */
    LtInbox *inbox;     /* nullable */
    GPtrArray *messages; /* of LtMessage *: the one that is delivered, and those that were found */
    GInputStream *stream; /* nullable: the part that is being read */
    guint32 stream_message, stream_part;
    guint64 stream_at;
} HostCall;

/** host_call_serve: answers the plugin until it is DONE or FAILED, which is returned. Errors: those of the pipe */
gboolean host_call_serve(HostCall *self, LtFrameType *type, GVariant **body, GBytes **data, GError **error);

/* The verbs of every such plugin (host.c). */
gboolean host_open(gpointer self, GError **error);
void host_close(gpointer self);
gboolean host_collect(gpointer self, LtInbox *inbox, LtLink *link, GCancellable *cancellable, GError **error);
gboolean host_receive(gpointer self, LtRequest *request, LtReply **reply, LtInbox *inbox, GCancellable *cancellable, GError **error);
gboolean host_deliver(gpointer self, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error);
