/* SPDX-License-Identifier: Apache-2.0 */
/* crls.h: the revocation lists in force at reception, kept by digest beside the message (envelope.md §13, security.md S22). */
#pragma once

#include "store/store.h"
#include "trust/certificates.h"

/**
 * lt_crls_keep: in the transaction that accepts a message
 * @row: (out): of the set of lists; 0 when the verdict rested on none
 */
gboolean lt_crls_keep(LtStoreTransaction *tx, const LtSignerCertificate *signer, gint64 *row, GError **error);

/**
 * lt_store_message_crls: the lists on which the verdict on the signer of this message rested when it was accepted
 * @message: row id, as in LtDelivery.message
 *
 * Errors: NOT_FOUND `crl.unknown`: the message is not known, or was taken without; INTERNAL `log.blob-hash`: they were altered
 *
 * Returns: (transfer full): PEM, one list after the other
 */
GBytes *lt_store_message_crls(LtStore *self, gint64 message, GError **error);
/** lt_store_find_crls: the same, of a message by what names it outside */
GBytes *lt_store_find_crls(LtStore *self, const char *from, const char *id, GError **error);
