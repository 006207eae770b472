/* SPDX-License-Identifier: Apache-2.0 */
/* wal.h: keeps the write-ahead log short, off the commit path: a thread and connection of its own that copy committed pages into the
 * database file (PASSIVE checkpoints), and a size limit at which the writer waits for them once. */
#pragma once

#include "store/database.h"

typedef struct _LtWal LtWal;

LtWal *lt_wal_start(const char *path, gint64 cache_bytes, GError **error);
void lt_wal_stop(LtWal *self);
/** lt_wal_grown: by the writer, after a commit that left @frames in the log */
void lt_wal_grown(LtWal *self, guint frames);
/** lt_wal_wait: by the writer, before a group: returns at once unless the log is over its limit; then after one more checkpoint, so that the
 * group begins the log anew */
void lt_wal_wait(LtWal *self);
guint lt_wal_get_frames(LtWal *self);
