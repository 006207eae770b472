/* SPDX-License-Identifier: Apache-2.0 */
/* route-table.c: the first route that matches, with `@unit` resolved. */
#include "routing/route-table.h"

#include <string.h>

typedef struct {
    char *name;
    char **units;
} Server;

struct _LtRouteTable {
    GPtrArray *routes;  /* of LtRoute *, in file order */
    GPtrArray *servers; /* of Server *, in file order */
};

static void
server_free(Server *self)
{
    g_free(self->name);
    g_strfreev(self->units);
    g_free(self);
}

LtRouteTable *
lt_route_table_new(void)
{
    LtRouteTable *self = g_new0(LtRouteTable, 1);

    self->routes = g_ptr_array_new_with_free_func((GDestroyNotify) lt_route_free);
    self->servers = g_ptr_array_new_with_free_func((GDestroyNotify) server_free);
    return self;
}

void
lt_route_table_free(LtRouteTable *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->routes);
    g_ptr_array_unref(self->servers);
    g_free(self);
}

void
lt_route_table_add(LtRouteTable *self, LtRoute *route)
{
    g_ptr_array_add(self->routes, route);
}

void
lt_route_table_add_endpoint(LtRouteTable *self, const char *name, char *const *units)
{
    Server *server = g_new0(Server, 1);

    server->name = g_strdup(name);
    server->units = units != NULL ? g_strdupv((char **) units) : g_new0(char *, 1);
    g_ptr_array_add(self->servers, server);
}

LtRouteTable *
lt_route_table_read(LtSettings *settings)
{
    LtRouteTable *self = lt_route_table_new();
    g_autoptr(LtFaults) faults = lt_faults_new();

    for (guint i = 0; i < lt_settings_get_n_sections(settings); i++) {
        LtSection *section = lt_settings_get_section(settings, i);
        const char *kind = lt_section_get_kind(section);
        const char *units = strcmp(kind, "endpoint") == 0 ? lt_section_lookup(section, "units") : NULL;
        g_auto(GStrv) list = units != NULL ? g_strsplit(units, ";", -1) : NULL;
        LtRoute *route = strcmp(kind, "route") == 0 ? lt_route_new(section, faults) : NULL;

        for (guint j = 0; list != NULL && list[j] != NULL; j++)
            g_strstrip(list[j]);
        if (route != NULL)
            lt_route_table_add(self, route);
        else if (strcmp(kind, "endpoint") == 0 && lt_section_get_name(section) != NULL)
            lt_route_table_add_endpoint(self, lt_section_get_name(section), list);
    }
    return self;
}

guint
lt_route_table_get_n_routes(const LtRouteTable *self)
{
    return self->routes->len;
}

const LtRoute *
lt_route_table_get_route(const LtRouteTable *self, guint index)
{
    return self->routes->pdata[index];
}

GPtrArray *
lt_route_table_list_endpoints(const LtRouteTable *self, const char *unit)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; i < self->servers->len; i++) {
        const Server *server = self->servers->pdata[i];

        if (g_strv_contains((const char *const *) server->units, unit))
            g_ptr_array_add(names, server->name);
    }
    return names;
}

const char *
lt_route_table_endpoint_of(const LtRouteTable *self, const char *unit)
{
    g_autoptr(GPtrArray) names = lt_route_table_list_endpoints(self, unit);

    return names->len > 0 ? names->pdata[0] : NULL;
}

/* NULL when `@unit` stands for no endpoint: the route does not match then. A system that is named and also serves the unit gets it once. */
static char **
resolve_endpoints(const LtRouteTable *self, const LtRoute *route, const LtUnit *to)
{
    const char *const *names = lt_route_get_endpoints(route);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    for (guint i = 0; names[i] != NULL; i++) {
        const char *endpoint;

        if (strcmp(names[i], LT_ROUTE_OF_UNIT) != 0) {
            g_strv_builder_add(builder, names[i]);
            continue;
        }
        endpoint = lt_route_table_endpoint_of(self, lt_unit_get_id(to));
        if (endpoint == NULL)
            return NULL;
        if (!lt_route_uses(route, endpoint))
            g_strv_builder_add(builder, endpoint);
    }
    return g_strv_builder_end(builder);
}

char **
lt_route_table_resolve(const LtRouteTable *self, const char *type, const char *procedure, const LtUnit *from, const LtUnit *to,
                       const char **route, GError **error)
{
    for (guint i = 0; i < self->routes->len; i++) {
        const LtRoute *candidate = self->routes->pdata[i];
        char **endpoints;

        if (!lt_route_matches(candidate, type, procedure, from, to))
            continue;
        endpoints = resolve_endpoints(self, candidate, to);
        if (endpoints == NULL)
            continue;
        if (route != NULL)
            *route = lt_route_get_name(candidate);
        return endpoints;
    }
    lt_error_set(error, LT_ERROR_NOT_FOUND, "env.to.not-served", "no route takes %s of procedure %s from %s to %s", type,
                 procedure != NULL ? procedure : "(none)", lt_unit_get_id(from), lt_unit_get_id(to));
    return NULL;
}

gboolean
lt_route_table_serves(const LtRouteTable *self, const char *type, const LtUnit *to)
{
    for (guint i = 0; i < self->routes->len; i++) {
        const LtRoute *route = self->routes->pdata[i];

        if (lt_route_may_match(route, type, to) &&
            (!lt_route_uses(route, LT_ROUTE_OF_UNIT) || lt_route_table_endpoint_of(self, lt_unit_get_id(to)) != NULL))
            return TRUE;
    }
    return FALSE;
}
