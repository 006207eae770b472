/* SPDX-License-Identifier: Apache-2.0 */
/* store.h: the one database of the hub, its writer and its readers.
 *
 * One writer thread owns the write connection. It takes all closures that are queued, runs them in one transaction with a savepoint
 * each, appends their records, signs one checkpoint, commits once, then completes them all. Readers use their own read-only
 * connections (one per thread, kept) and never wait for the writer. No SQL leaves this room.
 */
#pragma once

#include <gio/gio.h>
#include "base/spool.h"
#include "trust/record.h"
#include "trust/signer.h"

typedef struct _LtStore LtStore;
typedef struct _LtStoreTransaction LtStoreTransaction;

typedef struct {
    const char *folder;       /* lthub.db, blobs/, quarantine/, state/ */
    LtSigner *signer;         /* (transfer none): signs checkpoints, names the unit of the log */
    gboolean read_only;       /* for `lthub audit` and tests: no writer, no lock */
    gboolean demo;            /* the log's origin says so: "hub.<unit>/demo/<year>" */
    gint64 cache_bytes;       /* page cache of the writer; a reader has at most 2 MiB */
    gint64 reserve_bytes;     /* below this much free disk new messages get env.store.full (S29) */
    gint64 group_max, group_wait_us; /* at most 256; waits only when several are in flight */
} LtStoreOptions;

/** lt_store_open: creates or migrates the database, takes the lock (folder/lock), sweeps orphans, runs the start check of
 * audit-log.md §10; a store that was halted before is checked whole. When that finds damage it opens *halted*: it can be read, every write fails with
 * `env.store.halted`.
 * Errors: %LT_ERROR_CONFIG `store.locked`, `store.newer`, `store.foreign`; %LT_ERROR_INTERNAL `log.db`, `log.pragma`; %LT_ERROR_UNAVAILABLE */
LtStore *lt_store_open(const LtStoreOptions *options, GError **error);
/** lt_store_close: finishes what is queued, checkpoints the WAL, frees */
void lt_store_close(LtStore *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtStore, lt_store_close)

/* A closure of a write. May run again if the group is rolled back and retried: no effect outside the transaction. */
typedef gboolean (*LtStoreWrite)(LtStoreTransaction *tx, gpointer data, GError **error);
/* Called once, after the commit (error NULL) or the failure, on @context's thread or, with a NULL context, on the writer's. Must be short. */
typedef void (*LtStoreDone)(gpointer data, const GError *error);
void lt_store_submit(LtStore *self, LtStoreWrite write, LtStoreDone done, gpointer data, GMainContext *context);
/** lt_store_write: the synchronous wrapper for workers and commands */
gboolean lt_store_write(LtStore *self, LtStoreWrite write, gpointer data, GError **error);

/** lt_store_append_record: (transfer full) @record. Its index and time are fixed here and may be asked */
gboolean lt_store_append_record(LtStoreTransaction *tx, LtRecord *record, guint64 *index, gint64 *at_us, GError **error);
/** lt_store_transaction_time: time of this transaction's entries (max(now, last)) */
gint64 lt_store_transaction_time(LtStoreTransaction *tx);

typedef enum { LT_STORE_OK, LT_STORE_DEGRADED, LT_STORE_HALTED } LtStoreState;
/** lt_store_get_state: *code: (nullable): the one that halted it, or the first that degrades it; valid for ever */
LtStoreState lt_store_get_state(LtStore *self, const char **code);
/** lt_store_halt: from now on every write fails with `env.store.halted`; reading goes on. It stays so until the store is opened again and a
 * whole check finds nothing. @code: of audit-log.md §10; @text: for people */
void lt_store_halt(LtStore *self, const char *code, const char *text);
/** lt_store_degrade: it works, but people are told; each code comes and goes by itself */
void lt_store_degrade(LtStore *self, const char *code, gboolean degraded);
/** lt_store_list_codes: all codes that halt or degrade it. Returns: (transfer container): ended by NULL */
const char **lt_store_list_codes(LtStore *self);
/** lt_store_note_check: a check of the running store has ended; lt_store_get_check(): when the last ones did, UTC, 0: not since the start */
void lt_store_note_check(LtStore *self, gboolean full);
void lt_store_get_check(LtStore *self, gint64 *last_us, gint64 *full_us);
LtSpool *lt_store_get_spool(LtStore *self);

typedef struct {
    guint64 commits, writes, groups_failed, queue_depth;
    guint64 wal_bytes, db_bytes, free_bytes;
    guint64 commit_us_sum; /* and buckets for the histogram */
    guint64 commit_buckets[12];
} LtStoreFigures;
/** lt_store_commit_bucket_us: upper bound of a bucket: 250 µs, doubling; the last has none */
gint64 lt_store_commit_bucket_us(guint bucket);
void lt_store_get_figures(LtStore *self, LtStoreFigures *out);
