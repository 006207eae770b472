/* SPDX-License-Identifier: Apache-2.0 */
/* fold-private.h: the parts of the fold, one after the other. */
#pragma once

#include "casework/fold.h"

/** lt_fold_order: (transfer full) → (transfer full): each event once, in order of when it happened */
GPtrArray *lt_fold_order(GPtrArray *events);
/** lt_fold_happened: when the source says that it happened, never later than the hub knew of it */
gint64 lt_fold_happened(const LtCaseEvent *event);
gboolean lt_fold_is_message(const LtCaseEvent *event);

/** lt_fold_states: changes, pauses, state, filed, received, ended */
void lt_fold_states(LtFold *self);
/** lt_fold_hops: hops with their clocks */
void lt_fold_hops(LtFold *self);
/** lt_fold_stretches: stays and stretches from the hops that move the dossier */
void lt_fold_stretches(LtFold *self);
/** lt_fold_promises: what was promised, and when it was said */
void lt_fold_promises(LtFold *self);
