/* SPDX-License-Identifier: Apache-2.0 */
/* route-table.h: the routes of a configuration, in file order, and which endpoint serves which unit. A plan has one; it can also be read from the
 * sections alone, without any plugin, to see where messages would go. Immutable once filled. */
#pragma once

#include "base/settings.h"
#include "routing/route.h"

typedef struct _LtRouteTable LtRouteTable;
LtRouteTable *lt_route_table_new(void);
void lt_route_table_free(LtRouteTable *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtRouteTable, lt_route_table_free)
/** lt_route_table_read: from the [endpoint …] and [route …] sections; one that is faulty is left out, since `lthub check` tells of it */
LtRouteTable *lt_route_table_read(LtSettings *settings);

/** lt_route_table_add: (transfer full) @route: behind the others */
void lt_route_table_add(LtRouteTable *self, LtRoute *route);
/** lt_route_table_add_endpoint: @units: nullable, ended by NULL: those that it serves */
void lt_route_table_add_endpoint(LtRouteTable *self, const char *name, char *const *units);
guint lt_route_table_get_n_routes(const LtRouteTable *self);
const LtRoute *lt_route_table_get_route(const LtRouteTable *self, guint index);
/** lt_route_table_endpoint_of: (nullable): name of the first endpoint that serves a unit */
const char *lt_route_table_endpoint_of(const LtRouteTable *self, const char *unit);
/** lt_route_table_list_endpoints: (transfer container) (element-type utf8): names of all endpoints that serve a unit */
GPtrArray *lt_route_table_list_endpoints(const LtRouteTable *self, const char *unit);

/** lt_route_table_resolve: as lt_plan_route() */
char **lt_route_table_resolve(const LtRouteTable *self, const char *type, const char *procedure, const LtUnit *from, const LtUnit *to,
                              const char **route, GError **error);
/** lt_route_table_serves: as lt_plan_serves() */
gboolean lt_route_table_serves(const LtRouteTable *self, const char *type, const LtUnit *to);
