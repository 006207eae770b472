/* SPDX-License-Identifier: Apache-2.0 */
/* receipts.h: what the hub promised, kept as fields from which the same receipt is made again (envelope.md §7). */
#pragma once

#include "store/store-private.h"
#include "trust/receipt.h"

typedef enum {
    LT_STAGE_REFUSED = 0, LT_STAGE_RECEIVED = 1, LT_STAGE_DELIVERED = 2, LT_STAGE_CONFIRMED = 3, LT_STAGE_FAILED = 4,
} LtStage;

/* The envelope that a receipt speaks of. */
typedef struct {
    gint64 message;       /* row of `message`; of a refused one, of `refusal` */
    const char *from, *id, *manifest;
    const char *dossier;  /* nullable */
} LtReceipted;

/* A receipt as it was promised: strings are owned. */
typedef struct {
    gint64 row;
    LtReceiptFields fields;
    LtReceiptBody body;
} LtPromise;
void lt_promise_clear(LtPromise *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LtPromise, lt_promise_clear)

/** lt_receipts_promise: fixes all fields in this transaction, with its record receipt.out. @index: of the entry that the receipt speaks of */
gboolean lt_receipts_promise(LtStoreTransaction *tx, const LtReceipted *re, LtStage stage, const char *code, guint64 index, LtPromise *out,
                             GError **error);
/**
 * lt_receipts_load:
 * @tx: (nullable): inside a transaction: the receipt may be of this very group
 * @first_row: @last_row: of `receipt`; the newest between them is taken
 *
 * Returns: FALSE without an error when there is none
 */
gboolean lt_receipts_load(LtDatabase *database, const LtStoreTransaction *tx, const LtReceipted *re, gint64 first_row, gint64 last_row,
                          LtPromise *out, GError **error);
#define LT_RECEIPT_FIRST_ROW(message) ((message) * 8)
#define LT_RECEIPT_LAST_ROW(message) ((message) * 8 + 7)
#define LT_RECEIPT_ROW(message, stage) ((stage) == LT_STAGE_REFUSED ? -(message) : (message) * 8 + (gint64) (stage))
/** lt_receipts_finish_group: writes the checkpoint that the group's receipts name, once for all */
gboolean lt_receipts_finish_group(LtStoreTransaction *tx, GError **error);
