/* SPDX-License-Identifier: Apache-2.0 */
/* rehoming.h: what is under way at closed units goes to their successors, inside a transaction. For the files of this room only. */
#pragma once

#include "store/reorganisations.h"
#include "store/store-private.h"

/** A dossier at its end is the archive of the unit that had it: portal states 3 refused, 8 stopped, 10 returned (domain.md §4.4). */
#define LT_IN_FLIGHT "x.state NOT IN ('3', '8', '10')"

gboolean lt_rehome_dossiers(LtStoreTransaction *tx, const LtReorganisation *in, LtRehomed *moved, GError **error);
gboolean lt_rehome_deliveries(LtStoreTransaction *tx, const LtReorganisation *in, LtRehomed *moved, GError **error);
/** lt_notice_put: the sender of @message is to be told */
gboolean lt_notice_put(LtStoreTransaction *tx, gint64 message, const char *old, const char *successor, const char *basis, GError **error);
