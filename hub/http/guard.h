/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h: one accepted connection, as the stream that libsoup reads from.
 *
 * The guard stands between the socket and libsoup: it lets a request through only when head.h gives it one reading, hands on exactly as many body bytes as the head
 * states, answers what it refuses by itself, and knows until when the other side must move. libsoup 3.2 has no time-outs of its own.
 */
#pragma once

#include <gio/gio.h>

#define LT_TYPE_GUARD (lt_guard_get_type())
G_DECLARE_FINAL_TYPE(LtGuard, lt_guard, LT, GUARD, GIOStream)

typedef struct {
    gint64 head_us;  /* from the first byte of a head to its last */
    gint64 body_us;  /* between two pieces of a body */
    gint64 write_us; /* for an answer, plus a second for each 64 KiB of it */
    gint64 idle_us;  /* between two requests */
} LtGuardTimes;

typedef void (*LtGuardClosed)(gpointer data, LtGuard *guard);

/** lt_guard_new: (transfer none) @socket; @times must outlive it; @closed is called once */
LtGuard *lt_guard_new(GSocket *socket, const LtGuardTimes *times, LtGuardClosed closed, gpointer data);
/** lt_guard_refuse: writes @answer (a whole HTTP response), then reads and throws away what still comes, for two seconds at most */
void lt_guard_refuse(LtGuard *self, const char *answer);
gboolean lt_guard_is_refused(LtGuard *self);
/** lt_guard_answering: an answer of @bytes begins to leave */
void lt_guard_answering(LtGuard *self, guint64 bytes);
/** lt_guard_idle: the answer has left; the next request may come */
void lt_guard_idle(LtGuard *self);
/** lt_guard_is_late: has the other side let the time pass */
gboolean lt_guard_is_late(LtGuard *self, gint64 now_us);
/** lt_guard_cut: ends the connection at once; libsoup meets an end of file */
void lt_guard_cut(LtGuard *self);
