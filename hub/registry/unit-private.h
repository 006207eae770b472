/* SPDX-License-Identifier: Apache-2.0 */
/* unit-private.h: the snapshot's inside, shared by the files of this room only. */
#pragma once

#include "registry/unit.h"

struct _LtUnit {
    const LtUnitRow *row;
    gint64 from_us, until_us; /* until_us: 0 when open */
    const LtUnit *parent;     /* nullable */
    GPtrArray *successors;    /* of const LtSuccessorRow *; NULL when none */
};

struct _LtRegistry {
    gint references;
    LtRegistryRows *rows;
    GPtrArray *units;      /* of LtUnit *, by id */
    GHashTable *by_id;     /* id → LtUnit */
    GHashTable *by_alias;  /* alias → LtUnit */
    GHashTable *keys;      /* spki → GPtrArray of const LtUnitKeyRow * */
    GHashTable *hubs;      /* unit → GPtrArray of const LtUnitKeyRow * with role "hub" */
    GHashTable *tokens;    /* id → const LtTokenRow * */
};
