/* SPDX-License-Identifier: Apache-2.0 */
/* sequences.h: numbers of envelopes per sender and receiver: those that the hub gives, and gaps and repetitions in those that it takes.
 * All functions are the writer's: its thread, its transaction. */
#pragma once

#include "store/store-private.h"

LtSequences *lt_sequences_new(void);
void lt_sequences_free(LtSequences *self);
/** lt_sequences_take: notes @seq of an accepted envelope; records seq.reuse at once, and gaps that have been open for 15 minutes as seq.gap */
gboolean lt_sequences_take(LtStoreTransaction *tx, const char *sender, const char *receiver, gint64 seq, GError **error);
/** lt_sequences_mark: a closure begins; lt_sequences_revert() takes back what it moved since */
void lt_sequences_mark(LtSequences *self);
void lt_sequences_revert(LtSequences *self);
/** lt_sequences_finish_group: writes what the group's closures moved, before its log is sealed */
gboolean lt_sequences_finish_group(LtStoreTransaction *tx, GError **error);
/** lt_sequences_end: the group is @committed, or rolled back as a whole */
void lt_sequences_end(LtSequences *self, gboolean committed);
