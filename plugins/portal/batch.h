/* SPDX-License-Identifier: Apache-2.0 */
/* batch.h: deliveries that wait at the same time go out in one request.
 *
 * The first that comes leads: it waits a moment for others, takes up to so many, sends, and tells each its outcome; meanwhile the next ones gather.
 * Each delivery keeps its own outcome: a batch that is refused as a whole is sent again one by one, so that one bad item never refuses the others.
 */
#pragma once

#include <lienthong/plugin.h>

#include "value.h"

typedef struct _Batch Batch;

/** BatchSend: @items: (transfer full): an array; @reply: (out): kept as the receipt of each */
typedef gboolean (*BatchSend)(gpointer data, jv items, LtLink *link, LtReply **reply, GError **error);

Batch *batch_new(guint most, gint64 wait_us, BatchSend send, gpointer data);
void batch_free(Batch *self);
/** batch_deliver: @item: (transfer full) */
gboolean batch_deliver(Batch *self, jv item, LtLink *link, GCancellable *cancellable, GError **error);
