/* SPDX-License-Identifier: Apache-2.0 */
/* pipe.h: frames over the socketpair between the hub and a plugin host (security.md S19, F14).
 *
 * A frame is a type (1 byte), the length of its body (4 bytes, big-endian) and a body of at most 1 MiB: a GVariant in the form that belongs to
 * the type. Bytes of any length (payloads, answers, attachments) travel before the frame that they belong to, in DATA frames. What is unknown, too long or
 * not in its form ends the conversation: whoever is on the other side is not to be trusted.
 */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

typedef enum {
    LT_FRAME_DATA = 1,
    /* the host says what it is */
    LT_FRAME_HELLO,
    /* the hub asks */
    LT_FRAME_OPEN,
    LT_FRAME_DELIVER,
    LT_FRAME_COLLECT,
    LT_FRAME_RECEIVE,
    /* the plugin asks, while a verb runs */
    LT_FRAME_SEND,
    LT_FRAME_MASK,
    LT_FRAME_KEEP,
    LT_FRAME_READ,
    LT_FRAME_SUBMIT,
    LT_FRAME_GET_CURSOR,
    LT_FRAME_SET_CURSOR,
    LT_FRAME_FIND_SUBMISSION,
    LT_FRAME_FIND_MESSAGE,
    LT_FRAME_FIND_STANDING,
    /* either answers */
    LT_FRAME_DONE,
    LT_FRAME_FAILED,
} LtFrameType;

typedef struct {
    int fd;                 /* owned */
    gint64 deadline_us;     /* monotonic: reading waits no longer; 0: for ever */
    guint64 most;           /* bytes of DATA before one frame */
} LtPipe;

/** lt_pipe_send: @body: (transfer floating): in the form of @type. @data: (nullable). Errors: UNAVAILABLE `plugin.host` */
gboolean lt_pipe_send(LtPipe *self, LtFrameType type, GVariant *body, GBytes *data, GError **error);
/** lt_pipe_receive: *body: (transfer full), in the form of *type; *data: (transfer full): never NULL. Errors: UNAVAILABLE `plugin.host` (ended, or past the
 * deadline), INTERNAL `plugin.protocol` */
gboolean lt_pipe_receive(LtPipe *self, LtFrameType *type, GVariant **body, GBytes **data, GError **error);
/** lt_pipe_fail: an error as the body of FAILED */
GVariant *lt_pipe_fail(const GError *error);
/** lt_pipe_set_error: and back */
void lt_pipe_set_error(GVariant *body, GError **error);
