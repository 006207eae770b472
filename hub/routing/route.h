/* SPDX-License-Identifier: Apache-2.0 */
/* route.h: where a message goes. A [route NAME] section: kind, procedure, from, to are lists of patterns (exact, `*`, or a prefix ending in `*`; `level:commune` for
 * from and to); endpoints is a list of names, of which `inbox` (the unit pulls) and `@unit` (the endpoint whose `units` hold the receiver; no match when there is
 * none) are built in. The first section whose four all match, in file order, is taken. Pure. */
#pragma once

#include "base/settings.h"
#include "registry/unit.h"

typedef struct _LtRoute LtRoute;
LtRoute *lt_route_new(LtSection *section, LtFaults *faults);
void lt_route_free(LtRoute *self);
gboolean lt_route_matches(const LtRoute *self, const char *type, const char *procedure, const LtUnit *from, const LtUnit *to);
const char *const *lt_route_get_endpoints(const LtRoute *self);
