/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h: the clocks of a dossier: what is due when, how much of it was used, by how much it was missed, and whose time that was.
 *
 * Due is what was promised last while the promise before it still held: a promise that is moved after it was broken undoes no lateness. Every
 * pause that begins before the due instant moves it by its own working time. Lateness is working time from the due instant to the end, or to
 * now. docs/dossier-events.md states the rules of attribution. Pure. */
#pragma once

#include "casework/fold.h"

#define LT_RECEPTION_MINUTES 480 /* an online filing is taken in, or answered, within 8 working hours */

/* Part of a lateness. */
typedef struct {
    LtCause cause;
    const char *unit; /* borrowed; nullable: of the office or system; NULL for hub, citizen and rule */
    gint64 minutes;
} LtCharge;

/* One clock: from_us and due_us are LT_NEVER when it does not run. */
typedef struct {
    gint64 from_us;      /* when it began to count */
    gint64 due_us;
    gint64 until_us;     /* when it stopped; LT_NEVER: it runs */
    gint64 budget_us, used_us; /* working time given, and used outside pauses */
    gint64 late_minutes; /* working minutes; one that has begun counts */
    GArray *charges;     /* of LtCharge, by cause and unit; their minutes add up to late_minutes */
} LtClock;

typedef struct {
    LtClock clock;
    guint stay;          /* of the fold */
} LtStepClock;

typedef struct {
    gint64 at_us, due_us;
    const LtCaseEvent *event; /* borrowed; NULL: follows from the rules */
    gboolean counts;     /* was said while the one before held */
} LtPromiseMade;

typedef struct {
    gint64 now_us;
    LtClock dossier, reception;
    gint64 paused_us;    /* working time of all pauses between beginning and end */
    GArray *steps;       /* of LtStepClock: for stays whose share is known */
    GArray *promises;    /* of LtPromiseMade */
} LtClocks;

/** lt_clocks_new: @now_us: what is not over is judged at this instant; LT_NEVER: at the newest event. @fold must outlive the result */
LtClocks *lt_clocks_new(const LtFold *fold, const LtCalendar *calendar, gint64 now_us);
void lt_clocks_free(LtClocks *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtClocks, lt_clocks_free)

/** lt_clock_minutes_of: of one cause, all units together */
gint64 lt_clock_minutes_of(const LtClock *self, LtCause cause);
