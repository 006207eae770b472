/* SPDX-License-Identifier: Apache-2.0 */
/* unit.h: an office at a date. A registry is an immutable, reference-counted snapshot; a change makes a new one. No tier, name or code is built in. */
#pragma once

#include "store/units.h"

typedef struct _LtUnit LtUnit;
typedef struct _LtRegistry LtRegistry;

/** lt_registry_new: (transfer full) @rows. Errors: %LT_ERROR_CONFIG with all faults: unknown parent, cycle, dates crossed, successor unknown */
LtRegistry *lt_registry_new(LtRegistryRows *rows, GError **error);
LtRegistry *lt_registry_ref(LtRegistry *self);
void lt_registry_unref(LtRegistry *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtRegistry, lt_registry_unref)

/** lt_registry_lookup: by id, or else by alias; exact strings; whatever its dates */
const LtUnit *lt_registry_lookup(LtRegistry *self, const char *id);
const char *lt_unit_get_id(const LtUnit *self);
const char *lt_unit_get_name(const LtUnit *self);
const char *lt_unit_get_level(const LtUnit *self);
const char *lt_unit_get_parent(const LtUnit *self);
const char *lt_unit_get_admin_code(const LtUnit *self);
gboolean lt_unit_is_valid(const LtUnit *self, gint64 at_us);
guint lt_registry_get_n_units(LtRegistry *self);
const LtUnit *lt_registry_get_unit(LtRegistry *self, guint index);

/** lt_registry_receiver: the unit itself when valid at @at_us, else its successor for @procedure, followed to a valid one. *basis: legal basis of the move, or NULL.
 * Errors: NOT_FOUND `env.to.unknown`: unknown, or closed without (one) successor for this procedure */
const LtUnit *lt_registry_receiver(LtRegistry *self, const char *to, const char *procedure, gint64 at_us, const char **basis, GError **error);

gboolean lt_registry_key_is_registered(LtRegistry *self, const char *spki, const char *unit, const char *use, gint64 at_us, gboolean by_hub);
/** lt_registry_unit_of_key: unit for which a TLS key is registered at @at_us; NULL: unknown. *is_hub: may relay for others */
const char *lt_registry_unit_of_key(LtRegistry *self, const char *spki, gint64 at_us, gboolean *is_hub);
/** lt_registry_unit_of_token: constant-time compare of the hash. @token: "ID.SECRET" as given by `lthub unit token`. *id: public id, h64 */
const char *lt_registry_unit_of_token(LtRegistry *self, const char *token, gint64 at_us, const char **id);
/** lt_registry_is_within: is @unit @ancestor itself or below it at @at_us */
gboolean lt_registry_is_within(LtRegistry *self, const char *unit, const char *ancestor, gint64 at_us);

/* Import: units.csv with a header line (columns: id,admin_code,name,level,parent,valid_from,valid_to,basis,aliases,successors). All or nothing; every fault named. */
LtRegistryRows *lt_units_read_csv(const char *path, GPtrArray *faults, GError **error);
