/* SPDX-License-Identifier: Apache-2.0 */
/* clock-private.h: what clock.c gives to lateness.c. */
#pragma once

#include "casework/clock.h"

/* What the clocks of one dossier share. */
typedef struct {
    const LtFold *fold;
    const LtCalendar *calendar;
    LtPause *pauses;     /* none lasts: cut at the end */
    gsize n_pauses;
    gint64 start_us;     /* of the dossier's clock, or LT_NEVER */
    gint64 end_us;       /* its end, or now */
    const guint *shares; /* nullable: of each stay, per mille; G_MAXUINT: unknown */
} LtClockWork;

/** lt_lateness_charge: fills late_minutes and charges. @rule_us: working time that the law would have given beyond the promise. @by_share: each
 * stay of an office has its own share of the budget; else all have one. @first_is_system: the first stay is that of the sender's system */
void lt_lateness_charge(const LtClockWork *work, LtClock *clock, gint64 until_us, gint64 rule_us, gboolean by_share, gboolean first_is_system);
