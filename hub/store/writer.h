/* SPDX-License-Identifier: Apache-2.0 */
/* writer.h: the one thread that writes, and its group commit. */
#pragma once

#include "store/store-private.h"
#include "store/wal.h"

typedef struct _LtWriter LtWriter;

typedef struct {
    LtStore *store;
    LtDatabase *database; /* (transfer none) outlives the writer; nobody else touches it */
    LtLogTail *log;       /* (transfer none) the same */
    LtSequences *sequences; /* (transfer none) the same */
    LtWal *wal;           /* (transfer none) */
    guint group_max;
    gint64 group_wait_us;
    /* on the writer's thread, inside the transaction, after all closures and before the log is sealed */
    gboolean (*finish)(LtStoreTransaction *tx, GError **error);
} LtWriterParts;

LtWriter *lt_writer_start(const LtWriterParts *parts);
/** lt_writer_stop: finishes what is queued, joins */
void lt_writer_stop(LtWriter *self);
/** lt_writer_submit: @lazy: may wait for a later group, at most 200 ms: for what is only kept to save work */
void lt_writer_submit(LtWriter *self, LtStoreWrite write, LtStoreDone done, gpointer data, GMainContext *context, gboolean lazy);
/** lt_writer_is_here: is the calling thread the writer's */
gboolean lt_writer_is_here(const LtWriter *self);
/** lt_writer_refuse: answers a write that was not submitted */
void lt_writer_refuse(LtStoreDone done, gpointer data, GMainContext *context, const GError *error);
void lt_writer_get_figures(LtWriter *self, LtStoreFigures *out);
