/* SPDX-License-Identifier: Apache-2.0 */
/* settle.h: a settlement applied inside a transaction, also as part of an acceptance. */
#pragma once

#include "store/deliveries.h"
#include "store/store-private.h"

/** lt_settle_apply: @lenient: a delivery that is no longer in the expected state is left alone; else CONFLICT `delivery.state` */
gboolean lt_settle_apply(LtStoreTransaction *tx, const LtSettlement *settlement, gboolean lenient, GError **error);
