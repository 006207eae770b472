/* SPDX-License-Identifier: Apache-2.0 */
/* reorganisation.h: units of one day give way to others. Rehearsed first: what would move, what has no home and why; then applied in one
 * transaction, or kept until its day. Dossiers under way go to the successor for (unit, procedure, date) and nobody files again. */
#pragma once

#include "registry/procedure.h"
#include "registry/unit.h"
#include "routing/route-table.h"
#include "store/reorganisations.h"

/* What moves from a unit, or does not. */
typedef struct {
    char *unit, *procedure; /* procedure nullable */
    char *successor;        /* nullable: it has no home */
    char *why;              /* nullable: why not */
    char *code;             /* nullable: of one of the dossiers */
    guint64 dossiers, deliveries;
} LtMove;

/* What a person has to look after. */
typedef struct {
    char *kind;  /* "endpoint", "route", "key", "token", "successor" */
    char *name;  /* of the endpoint or route, digest of the key or token; of a successor its id */
    char *unit;  /* that ends, or begins */
    char *text;  /* what becomes of it, or what is missing */
} LtLoose;

typedef struct {
    char *effective;        /* its day */
    GPtrArray *closed;      /* of char *: units that end on it */
    GPtrArray *begun;       /* of char *: units that begin on it */
    GPtrArray *changed;     /* of char *: units that go on with other facts */
    GPtrArray *moves;       /* of LtMove * */
    GPtrArray *loose;       /* of LtLoose * */
    guint64 dossiers, deliveries, homeless;
} LtRehearsal;
void lt_rehearsal_free(LtRehearsal *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtRehearsal, lt_rehearsal_free)
/** lt_rehearsal_is_sound: everything under way has a home, so it could be applied */
gboolean lt_rehearsal_is_sound(const LtRehearsal *self);
/** lt_rehearsal_check: likewise. Errors: CONFLICT `reorganisation.homeless` with what has no home, one a line */
gboolean lt_rehearsal_check(const LtRehearsal *self, GError **error);

/* What it is judged by. */
typedef struct {
    LtStore *store;
    LtRegistry *known;          /* as it is */
    LtCatalogue *catalogue;     /* nullable: tells the area (field) of a procedure */
    const LtRouteTable *routes; /* nullable: nothing is said of endpoints and routes, and deliveries keep theirs */
} LtReorganisationWorld;

/**
 * lt_reorganisation_rehearse:
 * @rows: complete (registry/change.h)
 *
 * Changes nothing.
 *
 * Errors: CONFIG `registry.faults`; INVALID `reorganisation.days`: units end on more than one day, or nothing changes
 */
LtRehearsal *lt_reorganisation_rehearse(const LtReorganisationWorld *world, const LtRegistryRows *rows, GError **error);

/**
 * lt_reorganisation_apply:
 * @moved: (out)
 *
 * Rehearses, and writes when it is sound: on or after its day with all moves, before it only the dated facts; the moves follow on the day.
 *
 * Errors: as above; CONFLICT `reorganisation.homeless` with what has no home, one a line
 */
gboolean lt_reorganisation_apply(const LtReorganisationWorld *world, const LtRegistryRows *rows, const char *basis, gint64 now_us,
                                 const char *actor_kind, const char *actor, LtRehomed *moved, GError **error);

/** lt_reorganisation_catch_up: moves what is under way for all re-organisations whose day has come. @world's registry has them. @moved: (out): the sum;
 * homeless things stay where they are and are tried again. @next_us: (out): first instant of the next day on which there is something to do; 0: none */
gboolean lt_reorganisation_catch_up(const LtReorganisationWorld *world, gint64 now_us, const char *actor_kind, const char *actor, LtRehomed *moved,
                                    gint64 *next_us, GError **error);
