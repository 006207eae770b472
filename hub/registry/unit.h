/* SPDX-License-Identifier: Apache-2.0 */
/* unit.h: an office at a date. A registry is an immutable, reference-counted snapshot of units, aliases, successors, keys and
 * tokens; a change makes a new one. No tier, name or code is built in: they are rows. All functions are pure and may be
 * called from any thread.
 *
 * An LtUnit is what was true of an office from one day to another. When its name, its parent or its code changes, the same id has
 * a further LtUnit from that day on; together they are its life. */
#pragma once

#include "store/units.h"

typedef struct _LtUnit LtUnit;
typedef struct _LtRegistry LtRegistry;

/** lt_registry_new: (transfer full) @rows. Errors: %LT_ERROR_CONFIG with all faults, one a line: bad id or level, unknown
 * parent, circle of parents, dates crossed or overlapping, alias or successor of an unknown unit, circle of successors, key or
 * token of an unknown unit */
LtRegistry *lt_registry_new(LtRegistryRows *rows, GError **error);
LtRegistry *lt_registry_ref(LtRegistry *self);
void lt_registry_unref(LtRegistry *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtRegistry, lt_registry_unref)
/** lt_registry_get_rows: (transfer none): what it was made from */
const LtRegistryRows *lt_registry_get_rows(LtRegistry *self);

/** lt_registry_lookup: by id, or else by alias; exact strings; the newest facts, whatever their dates */
const LtUnit *lt_registry_lookup(LtRegistry *self, const char *id);
/** lt_registry_lookup_at: likewise, the facts in force at @at_us; of a unit that is closed then the last before, of one that is to
 * come the first */
const LtUnit *lt_registry_lookup_at(LtRegistry *self, const char *id, gint64 at_us);
const char *lt_unit_get_id(const LtUnit *self);
const char *lt_unit_get_name(const LtUnit *self);
const char *lt_unit_get_level(const LtUnit *self);
/** lt_unit_get_parent: id of the parent, or NULL */
const char *lt_unit_get_parent(const LtUnit *self);
const char *lt_unit_get_admin_code(const LtUnit *self);
/** lt_unit_get_row: the row with its dates as written */
const LtUnitRow *lt_unit_get_row(const LtUnit *self);
/** lt_unit_get_life: (transfer none) (element-type LtUnit): all facts of the same unit in order of time */
const GPtrArray *lt_unit_get_life(const LtUnit *self);
/** lt_unit_get_successors: (transfer none) (nullable) (element-type LtSuccessorRow): rules of succession, of whatever date */
const GPtrArray *lt_unit_get_successors(const LtUnit *self);
gboolean lt_unit_is_valid(const LtUnit *self, gint64 at_us);
/** lt_registry_get_n_units: how many facts there are; of those valid at one date there is one for each unit */
guint lt_registry_get_n_units(LtRegistry *self);
/** lt_registry_get_unit: in order of id and day */
const LtUnit *lt_registry_get_unit(LtRegistry *self, guint index);
/** lt_registry_find_code: unit that has this administrative code at a date; codes are reused, so a code without a date says
 * nothing. NULL: none, or more than one (*ambiguous) */
const LtUnit *lt_registry_find_code(LtRegistry *self, const char *admin_code, gint64 at_us, gboolean *ambiguous);
/** lt_registry_list_code: (transfer none) (nullable) (element-type LtUnit): all that ever had this code, in order of time */
const GPtrArray *lt_registry_list_code(LtRegistry *self, const char *admin_code);
/** lt_registry_is_within: is @unit @ancestor itself or below it? Any ancestor counts, closed or not: a commune that outlives
 * its district stays within the province */
gboolean lt_registry_is_within(LtRegistry *self, const char *unit, const char *ancestor, gint64 at_us);

/* What tells several successors of one unit apart (succession.c). */
typedef struct {
    const char *procedure; /* nullable: code */
    const char *area;      /* nullable: field of the procedure, or part of the territory */
} LtMatter;

/** lt_registry_receiver: the unit itself when valid at @at_us, else its successor for @matter (nullable), followed to a
 * valid one. *basis: legal basis of the first move, or NULL. A rule that names the procedure goes before one that names the area, and
 * that before one for any.
 * Errors: NOT_FOUND `env.to.unknown`: unknown, or closed without (one) successor for this matter; the text says which */
const LtUnit *lt_registry_receiver(LtRegistry *self, const char *to, const LtMatter *matter, gint64 at_us, const char **basis,
                                   GError **error);
/** lt_unit_may_receive: in office, or followed by another for some matter */
gboolean lt_unit_may_receive(const LtUnit *self, gint64 at_us);
/** lt_registry_predecessors: (transfer full) (element-type utf8): ids of closed units whose work @unit has at @at_us, in whole or in
 * part, and their predecessors, @unit itself first; ended by NULL, so that it is a list of units for the store */
char **lt_registry_predecessors(LtRegistry *self, const char *unit, gint64 at_us);

/** lt_registry_key_is_registered: @use: "sign" or "tls". @by_hub: a key with role "hub" counts as well when that hub
 * stands for the unit (lt_registry_hub_stands_for()) */
gboolean lt_registry_key_is_registered(LtRegistry *self, const char *spki, const char *unit, const char *use, gint64 at_us,
                                       gboolean by_hub);
/** lt_registry_hub_stands_for: the nearest unit with a hub key, going up from @unit, is @hub; where no unit on that way has
 * one (a ministry outside our tree), any hub may */
gboolean lt_registry_hub_stands_for(LtRegistry *self, const char *hub, const char *unit, gint64 at_us);
/** lt_registry_suspension: (nullable): under which the unit may not call at @at_us */
const LtSuspensionRow *lt_registry_suspension(LtRegistry *self, const char *unit, gint64 at_us);
/** lt_registry_unit_of_key: unit for which a TLS key is registered at @at_us; NULL: unknown. *is_hub: may relay for others */
const char *lt_registry_unit_of_key(LtRegistry *self, const char *spki, gint64 at_us, gboolean *is_hub);
/** lt_registry_unit_of_token: @token: "ID.SECRET" as given by `lthub unit token new`; the hash of the secret is compared in
 * constant time. *id: SHA-256 of ID, 64 hex digits, which is the `peer` of log entries */
const char *lt_registry_unit_of_token(LtRegistry *self, const char *token, gint64 at_us, const char **id);
/** lt_token_new: makes "ID.SECRET" (shown once) and the row that is kept. (transfer full) both */
char *lt_token_new(const char *unit, gint64 from_us, gint64 until_us, LtTokenRow **row);
