/* SPDX-License-Identifier: Apache-2.0 */
/* unit-private.h: the snapshot's inside, shared by the files of this room only. */
#pragma once

#include "registry/unit.h"

struct _LtUnit {
    const LtUnitRow *row;
    gint64 from_us, until_us;   /* until_us: 0 when open */
    const GPtrArray *life;      /* of LtUnit *, by from_us: all facts of this unit, itself among them */
    const GPtrArray *successors; /* of const LtSuccessorRow *; NULL when none */
};

struct _LtRegistry {
    gint references;
    LtRegistryRows *rows;
    GPtrArray *units;      /* of LtUnit *, by id and day */
    GHashTable *by_id;     /* id → GPtrArray of LtUnit *, its life */
    GHashTable *by_alias;  /* alias → id */
    GHashTable *by_code;   /* administrative code → GPtrArray of LtUnit * */
    GHashTable *successors; /* id → GPtrArray of const LtSuccessorRow * */
    GHashTable *keys;      /* spki → GPtrArray of const LtUnitKeyRow * */
    GHashTable *hubs;      /* unit → GPtrArray of const LtUnitKeyRow * with role "hub" */
    GHashTable *tokens;    /* id → const LtTokenRow * */
    GHashTable *suspensions; /* unit → const LtSuspensionRow * */
};

/** lt_unit_parent_at: facts of its parent at a date; NULL: it has none */
const LtUnit *lt_unit_parent_at(LtRegistry *self, const LtUnit *unit, gint64 at_us);
