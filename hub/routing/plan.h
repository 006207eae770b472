/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h: endpoints and routes of one configuration generation: loaded whole, checked with all faults at once, immutable, numbered, swapped whole. */
#pragma once

#include "base/settings.h"
#include "registry/unit.h"
#include "routing/endpoint.h"
#include "routing/route-table.h"

typedef struct _LtPlan LtPlan;

/**
 * lt_plan_load:
 * @shared: plugins and I/O thread of this hub, for the endpoints
 * @previous: (nullable): plan in force; endpoints whose section did not change are taken over, running
 * @faults: every fault of every section; warnings start with "warning: "
 *
 * Returns: (transfer full) (nullable): NULL when there was a fault; nothing of the old plan was touched
 */
LtPlan *lt_plan_load(LtSettings *settings, LtRegistry *registry, const LtEndpointShared *shared, guint64 generation, LtPlan *previous, LtFaults *faults);
LtPlan *lt_plan_ref(LtPlan *self);
void lt_plan_unref(LtPlan *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtPlan, lt_plan_unref)

guint64 lt_plan_get_generation(LtPlan *self);
/** lt_plan_set_generation: before anybody else sees it */
void lt_plan_set_generation(LtPlan *self, guint64 generation);
/** lt_plan_get_settings: Returns: (transfer none): what it was loaded from */
LtSettings *lt_plan_get_settings(LtPlan *self);
LtEndpoint *lt_plan_lookup_endpoint(LtPlan *self, const char *name);
guint lt_plan_get_n_endpoints(LtPlan *self);
LtEndpoint *lt_plan_get_endpoint(LtPlan *self, guint index);
/** lt_plan_get_routes: (transfer none): lives as long as the plan */
const LtRouteTable *lt_plan_get_routes(LtPlan *self);
guint lt_plan_get_n_routes(LtPlan *self);
const LtRoute *lt_plan_get_route(LtPlan *self, guint index);

/** lt_plan_route: the first route that matches, `@unit` resolved. @from, @to: units at this date. *route: (out) (optional): its name.
 * Returns: (transfer full): names of the endpoints, ended by NULL. Errors: NOT_FOUND `env.to.not-served` */
char **lt_plan_route(LtPlan *self, const char *type, const char *procedure, const LtUnit *from, const LtUnit *to, const char **route,
                     GError **error);
/** lt_plan_serves: is there a sender and a procedure for which this type would go to @to */
gboolean lt_plan_serves(LtPlan *self, const char *type, const LtUnit *to);
