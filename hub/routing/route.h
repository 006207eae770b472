/* SPDX-License-Identifier: Apache-2.0 */
/* route.h: where a message goes. A [route NAME] section: kind, procedure, from, to are lists of patterns (exact, `*`, or a prefix
 * ending in `*`; `level:commune` for from and to); endpoints is a list of names, of which `inbox` (the unit pulls) and `@unit` (the
 * endpoint whose `units` hold the receiver; no match when there is none) are built in. The first section whose four all
 * match, in file order, is taken. Pure. */
#pragma once

#include "base/settings.h"
#include "registry/unit.h"

#define LT_ROUTE_INBOX "inbox"
#define LT_ROUTE_OF_UNIT "@unit"

typedef struct _LtRoute LtRoute;
/** lt_route_new: (transfer full) (nullable): NULL when a fault was added: keys, patterns, message types that do not exist or are never routed */
LtRoute *lt_route_new(LtSection *section, LtFaults *faults);
void lt_route_free(LtRoute *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtRoute, lt_route_free)
const char *lt_route_get_name(const LtRoute *self);
/** lt_route_keys: for the reference */
const LtKey *lt_route_keys(void);

/** lt_route_matches: @procedure: (nullable): only `*` matches a message without one */
gboolean lt_route_matches(const LtRoute *self, const char *type, const char *procedure, const LtUnit *from, const LtUnit *to);
/** lt_route_may_match: is there a sender and a procedure with which it would? */
gboolean lt_route_may_match(const LtRoute *self, const char *type, const LtUnit *to);
const char *const *lt_route_get_endpoints(const LtRoute *self);
/** lt_route_uses: does it name this endpoint */
gboolean lt_route_uses(const LtRoute *self, const char *endpoint);

/** lt_route_names: does it name this unit, as sender or receiver */
gboolean lt_route_names(const LtRoute *self, const char *unit);

/** lt_route_covers: does everything that @other matches match @self too? Then @other, standing behind, is never reached */
gboolean lt_route_covers(const LtRoute *self, const LtRoute *other);
/** lt_route_check_units: warnings: units and levels that @registry does not know */
void lt_route_check_units(const LtRoute *self, LtSection *section, LtRegistry *registry, LtFaults *faults);

/** lt_type_is_routed: a message type that exists and travels on (a receipt, a ping and an evidence file do not) */
gboolean lt_type_is_routed(const char *type);
