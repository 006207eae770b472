/* SPDX-License-Identifier: Apache-2.0 */
/* feed.h: the body of a large request on its way from a stream, read by the worker, to the I/O thread that sends it.
 *
 * The stream may be slow (disk, decryption), so the I/O thread never reads it: it takes what lies ready, and sleeps otherwise. At most
 * two pieces of 128 KiB are in memory.
 */
#pragma once

#include <gio/gio.h>
#include <lienthong/error.h>

typedef struct _LtFeed LtFeed;

/** lt_feed_new: @ready: called on the worker's thread when lt_feed_take() had nothing to give and now has */
LtFeed *lt_feed_new(GInputStream *stream, guint64 size, void (*ready)(gpointer data), gpointer data);
void lt_feed_free(LtFeed *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtFeed, lt_feed_free)

/** lt_feed_pump: worker: reads until all was taken or the feed was closed. Errors: INTERNAL `link.body`: the stream failed, was too short or too long */
gboolean lt_feed_pump(LtFeed *self, GError **error);
/** lt_feed_take: I/O thread: Returns: bytes copied; 0: nothing now, @ready will say when; -1: there will be no more */
gssize lt_feed_take(LtFeed *self, guint8 *data, gsize size);
/** lt_feed_close: I/O thread: nobody takes any more; lt_feed_pump() returns */
void lt_feed_close(LtFeed *self);
