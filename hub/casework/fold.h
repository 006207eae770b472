/* SPDX-License-Identifier: Apache-2.0 */
/* fold.h: a dossier as the fold of its events: state, hops, pauses, promises, who had it when.
 *
 * The same events give the same dossier, in whatever order they came and however often: they are put in order by when their source says that they
 * happened, never by when they arrived. Instants are UTC microseconds; -1 stands for "not known" or "not yet". Pure. */
#pragma once

#include "casework/event.h"
#include "registry/calendar.h"

#define LT_NEVER G_GINT64_CONSTANT(-1)

/* A change of state. */
typedef struct {
    LtCaseState from, to;
    LtCaseAct act;
    gint64 at_us;
    const LtCaseEvent *event; /* borrowed from the fold */
} LtCaseChange;

/* Who could have moved the dossier on in a stretch of time. */
typedef enum {
    LT_CAUSE_OFFICER,     /* an office had it */
    LT_CAUSE_SOURCE,      /* done, and not yet sent by the sender's system */
    LT_CAUSE_DESTINATION, /* the receiver's system was down, or had it and did not acknowledge */
    LT_CAUSE_HUB,         /* the hub had it, or was down */
    LT_CAUSE_CITIZEN,     /* paused: supplement or fee */
    LT_CAUSE_RULE,        /* promised in less time than the law allows */
} LtCause;
#define LT_N_CAUSES 6
const char *lt_cause_word(LtCause cause);

/* A message on its way, with its four clocks. */
typedef struct {
    const LtCaseEvent *message; /* borrowed */
    const char *kind;           /* "submit", "forward", "supplement-request", … (docs/dossier-events.md) */
    gint64 done_us;             /* the source says that it was done */
    gint64 received_us;         /* the hub received it */
    gint64 delivered_us;        /* the hub delivered it */
    gint64 acknowledged_us;     /* the destination acknowledged it */
    gboolean moves;             /* the dossier goes to its receiver */
} LtHop;

/* A stretch of time with one owner. */
typedef struct {
    LtCause owner;
    const char *unit; /* borrowed; nullable */
    gint64 from_us, until_us; /* until_us: G_MAXINT64 when it lasts */
    guint stay;       /* number of the office's stay that it belongs to: transport belongs to the stay that it leads to */
} LtStretch;

/* A stay of the dossier at an office. */
typedef struct {
    const char *unit, *officer; /* borrowed; officer nullable */
    gint64 from_us, until_us;   /* from the end of the stay before to its own; LT_NEVER: not over */
} LtStay;

typedef struct {
    gint64 from_us, until_us; /* until_us: G_MAXINT64 when it lasts */
    LtCaseState state;
} LtCasePause;

typedef struct {
    gint64 at_us;             /* when it was said */
    gint64 due_us;            /* what was promised */
    const LtCaseEvent *event; /* borrowed; NULL: follows from the rules */
} LtCasePromise;

typedef struct {
    GPtrArray *events;    /* of LtCaseEvent *: in order, each once */
    const char *code, *procedure, *origin, *holder, *officer; /* borrowed; nullable */
    guint channel;        /* KenhThucHien, or 0 */
    LtCaseState state;
    gint64 filed_us, received_us, ended_us, last_us; /* last_us: of the newest event */
    guint rating;         /* 1 … 5, or 0 */
    gboolean recall_asked; /* and not answered */
    const LtCaseRules *rules; /* borrowed; nullable */
    GArray *changes;      /* of LtCaseChange */
    GArray *hops;         /* of LtHop, in order of done_us */
    GArray *stretches;    /* of LtStretch: they follow each other without a gap */
    GArray *stays;        /* of LtStay */
    GArray *pauses;       /* of LtCasePause */
    GArray *promises;     /* of LtCasePromise, in order of at_us, each different from the one before */
} LtFold;

/** lt_fold_new: @events (element-type LtCaseEvent) (transfer full): in any order, repeated or not */
LtFold *lt_fold_new(GPtrArray *events);
void lt_fold_free(LtFold *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtFold, lt_fold_free)
