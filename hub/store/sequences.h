/* SPDX-License-Identifier: Apache-2.0 */
/* sequences.h: numbers of envelopes per sender and receiver: those that the hub gives, and gaps and repetitions in those that it takes. */
#pragma once

#include "store/store-private.h"

/** lt_sequences_take: notes @seq of an accepted envelope; records seq.reuse at once, and gaps that have been open for 15 minutes as seq.gap */
gboolean lt_sequences_take(LtStoreTransaction *tx, const char *sender, const char *receiver, gint64 seq, GError **error);
