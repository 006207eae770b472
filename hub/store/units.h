/* SPDX-License-Identifier: Apache-2.0 */
/* units.h: rows of the registry: units, aliases, successors, keys, tokens and suspensions. Read whole at start and after a change into the immutable snapshot of registry/unit.h. */
#pragma once

#include "store/store.h"

typedef struct {
    char *id, *admin_code, *name, *level, *parent; /* parent nullable; level: word such as "province", "district", "commune", "department" */
    char *valid_from, *valid_to;  /* "2025-07-01"; valid_to nullable: first day on which it is no more */
    char *basis;                  /* legal basis */
} LtUnitRow;
typedef struct { char *unit, *alias; } LtAliasRow;
typedef struct { char *unit, *successor, *procedure /* nullable: any */, *area /* nullable */, *effective, *basis; } LtSuccessorRow;
typedef struct { char *spki, *unit, *use /* "sign", "tls" */, *role /* "unit", "hub" */; gint64 from_us, until_us /* 0: open */; } LtUnitKeyRow;
typedef struct { char *id /* SHA-256 of the public id, hex */, *hash /* SHA-256 of the secret, hex */, *unit; gint64 from_us, until_us; } LtTokenRow;

typedef struct { char *unit, *basis; gint64 from_us, until_us /* 0: until it is lifted */; } LtSuspensionRow;

typedef struct { GPtrArray *units, *aliases, *successors, *keys, *tokens, *suspensions; } LtRegistryRows;
/** lt_registry_rows_new: empty arrays of g_new0() rows with owned strings; all are freed with the whole */
LtRegistryRows *lt_registry_rows_new(void);
void lt_registry_rows_free(LtRegistryRows *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtRegistryRows, lt_registry_rows_free)
/** lt_registry_rows_put: copies of all rows of @more; those with the same key (unit: id and valid_from; alias: alias; successor: unit, successor, procedure and area;
 * key: spki, unit and use; token: id; suspension: unit) are replaced */
void lt_registry_rows_put(LtRegistryRows *self, const LtRegistryRows *more);
LtRegistryRows *lt_store_load_registry(LtStore *self, GError **error);
/** lt_store_change_registry: puts all rows (those with the same key are replaced) with record cfg.changed / key.added; all or nothing */
gboolean lt_store_change_registry(LtStore *self, const LtRegistryRows *rows, const char *actor_kind, const char *actor, GError **error);
