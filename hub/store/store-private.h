/* SPDX-License-Identifier: Apache-2.0 */
/* store-private.h: what the files of this room share: the transaction, the readers, the parts of the store. */
#pragma once

#include "store/blobs.h"
#include "store/database.h"
#include "store/log-append.h"
#include "store/store.h"

typedef struct _LtSequences LtSequences;

struct _LtStoreTransaction {
    LtStore *store;
    LtDatabase *database;
    LtLogTail *log;
    LtSequences *sequences;
    gint64 time_us;         /* of all entries of this group */
    gint64 receipt_checkpoint; /* row that the receipts of this group name; 0 when it made none */
    gint64 crl_row;         /* of crls.c: the set looked up last, unless this group has written it */
    guint8 crl_digest[LT_SHA256_SIZE];
    gboolean crl_written;
};

/* A read-only connection, lent to this thread until it is given back; kept with its prepared statements. */
LtDatabase *lt_store_borrow_reader(LtStore *self, GError **error);
void lt_store_return_reader(LtStore *self, LtDatabase *reader);
typedef struct { LtStore *store; LtDatabase *database; } LtReading;
/** lt_reading_begin: g_auto(LtReading) reading = lt_reading_begin(store, error); database is NULL on failure */
LtReading lt_reading_begin(LtStore *store, GError **error);
void lt_reading_end(LtReading *reading);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LtReading, lt_reading_end)

/** lt_store_submit_lazy: like lt_store_submit(), in a later group */
void lt_store_submit_lazy(LtStore *self, LtStoreWrite write, LtStoreDone done, gpointer data);
/** lt_store_fail_write: answers a write that was not even submitted, like any other */
void lt_store_fail_write(LtStore *self, LtStoreDone done, gpointer data, GMainContext *context, const GError *error);
/** lt_store_is_short: less free disk than the reserve (S29); asks the file system at most once a second */
gboolean lt_store_is_short(LtStore *self);

LtBlobs *lt_store_get_blobs(LtStore *self);
LtSigner *lt_store_get_signer(LtStore *self);
const char *lt_store_get_folder(LtStore *self);
const LtStoreOptions *lt_store_get_options(LtStore *self);
