/* SPDX-License-Identifier: Apache-2.0 */
/* blobs.h: content of 64 KiB and more as files, named by their SHA-256: blobs/ab/cdef….
 *
 * Content arrives in quarantine/ through the spool and is adopted once its envelope is verified: written, fsynced and named, with its
 * folder, before the transaction that refers to it. A marker in quarantine/ tells which adopted files have no committed transaction
 * yet, so that the sweep at start looks at those only.
 */
#pragma once

#include "base/spool.h"
#include "base/value.h"
#include "store/database.h"

typedef struct _LtBlobs LtBlobs;

LtBlobs *lt_blobs_new(const char *folder);
void lt_blobs_free(LtBlobs *self);
LtSpool *lt_blobs_get_spool(LtBlobs *self);

/** lt_blobs_adopt: blocks on fsync. @file: made by this spool; it may still be read afterwards.
 * Errors: UNAVAILABLE `env.store.full` */
gboolean lt_blobs_adopt(LtBlobs *self, LtSpoolFile *file, const guint8 sha256[LT_SHA256_SIZE], GError **error);
/** lt_blobs_settle: after the commit: the marker of an adopted file goes */
void lt_blobs_settle(LtBlobs *self, LtSpoolFile *file);
/** lt_blobs_open_file: Returns: (transfer full): a stream whose last piece is handed out only when size and digest are right.
 * Errors: NOT_FOUND `log.missing-blob`; when read: INTERNAL `log.blob-hash` */
GInputStream *lt_blobs_open_file(LtBlobs *self, const guint8 sha256[LT_SHA256_SIZE], guint64 size, GError **error);
char *lt_blobs_path(LtBlobs *self, const guint8 sha256[LT_SHA256_SIZE]);
/** lt_blobs_sweep: at start, under the lock: removes what arrived and was never committed */
gboolean lt_blobs_sweep(LtBlobs *self, LtDatabase *database, GError **error);

/** lt_blobs_keep_refused: salt and bytes of a refused envelope, in quarantine/refused/ under the hex of their digest. At most 256 MiB for 90 days:
 * over it nothing is written, which is no error */
gboolean lt_blobs_keep_refused(LtBlobs *self, const guint8 commitment[LT_SHA256_SIZE], const guint8 salt[LT_SHA256_SIZE],
                               GInputStream *content, GError **error);

/** lt_blobs_run: on one of a few threads that may wait for the disk */
void lt_blobs_run(LtBlobs *self, void (*work)(gpointer data), gpointer data);
/** lt_blobs_drain: waits for what was handed to lt_blobs_run(); nothing is taken afterwards */
void lt_blobs_drain(LtBlobs *self);
