/* SPDX-License-Identifier: Apache-2.0 */
/* self-check.h: the log and what is kept, checked while the hub runs: every hour on from the last verified entry, every night everything
 * (audit-log.md §10). What it finds is told in the log (check.ok, check.failed), the journal, health and metrics; damage halts the store. */
#pragma once

#include "store/store.h"

typedef struct _LtSelfCheck LtSelfCheck;

typedef struct {
    const char *unit;     /* of the hub: who checks */
    gint64 every_us;      /* between two checks of what is new */
    gint64 full_at_us;    /* after local midnight: when everything is checked */
} LtSelfCheckOptions;

/** lt_self_check_new: @store: open for writing; has been checked when it was opened */
LtSelfCheck *lt_self_check_new(LtStore *store, const LtSelfCheckOptions *options);
/** lt_self_check_start: a thread of its own, at low priority */
void lt_self_check_start(LtSelfCheck *self);
/** lt_self_check_free: stops a check in the middle; nothing is said of it */
void lt_self_check_free(LtSelfCheck *self);

/** lt_self_check_round: one check now, on this thread. FALSE: it could not be finished */
gboolean lt_self_check_round(LtSelfCheck *self, gboolean full);

/** lt_self_check_clock: records clock.step when the wall clock has moved by more than 1 s against the monotonic one since it was last looked at */
void lt_self_check_clock(LtSelfCheck *self);

/** lt_self_check_next_full: the first @full_at_us after local midnight that is later than @now_us */
gint64 lt_self_check_next_full(gint64 now_us, gint64 full_at_us);
