/* SPDX-License-Identifier: Apache-2.0 */
/* receipt.h: receipts of the hub (envelope.md §7). Their unsigned part is a pure function of its fields, so that a receipt made
 * again after a crash has the same manifest; the signature comes after the commit. */
#pragma once

#include "trust/envelope.h"

typedef struct {
    const char *id;          /* UUID 7 of the receipt itself */
    const char *from, *to;
    gint64 seq;
    const char *nonce;       /* base64 of 32 bytes */
    const char *dossier;     /* nullable */
    const char *re_from, *re_id, *re_manifest;
    const char *stage;       /* "received", "delivered", "confirmed", "failed", "refused" */
    const char *code;        /* "ok" or a reason */
    gint64 at_us;            /* time of the log entry */
    const char *origin;
    guint64 index;
    const char *checkpoint;  /* `cp`: newest committed before */
} LtReceiptFields;

typedef struct {
    GBytes *header, *payload, *manifest;
    guint8 manifest_sha256[LT_SHA256_SIZE];
} LtReceiptBody;

void lt_receipt_body_make(const LtReceiptFields *fields, LtReceiptBody *body);
void lt_receipt_body_clear(LtReceiptBody *body);
/** lt_receipt_build: Returns: (transfer full): the whole container, from a signature made before */
GBytes *lt_receipt_build(const LtReceiptBody *body, GBytes *signature, GError **error);
/** lt_receipt_sign: *signature: (out) (optional): to be kept. Returns: (transfer full): the whole container */
GBytes *lt_receipt_sign(const LtReceiptBody *body, gint64 at_us, LtSigner *signer, GBytes **signature, GError **error);
