/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c: endpoints and routes of one configuration generation.
 *
 * Loading reads every [endpoint …] and [route …] section and goes on after a fault, so that one run names them all. An
 * endpoint whose section and files did not change is taken over from the plan in force, with its open connections and its plugin's
 * state. Nothing of a plan changes after that, so it is read without a lock.
 */
#include "routing/plan.h"

#include <string.h>

#include "base/value.h"

struct _LtPlan {
    gint references;
    guint64 generation;
    LtSettings *settings;  /* kept: sections are compared with those of the next plan */
    GPtrArray *endpoints;  /* of LtEndpoint *, in file order */
    GHashTable *by_name;   /* name → LtEndpoint */
    LtRouteTable *routes;
};

static LtEndpoint *
take_over(LtPlan *previous, LtSection *section)
{
    const char *name = lt_section_get_name(section);
    LtEndpoint *endpoint = previous != NULL && name != NULL ? lt_plan_lookup_endpoint(previous, name) : NULL;
    LtSection *old = endpoint != NULL ? lt_settings_lookup(previous->settings, "endpoint", name) : NULL;

    return old != NULL && lt_section_equal(old, section) && lt_endpoint_is_current(endpoint) ? lt_endpoint_ref(endpoint) : NULL;
}

static gboolean
name_is_free(LtSection *section, LtFaults *faults)
{
    const char *name = lt_section_get_name(section);

    if (name == NULL)
        lt_faults_add(faults, "%s: [endpoint]: an endpoint needs a name: [endpoint NAME]", lt_section_get_file(section));
    else if (strcmp(name, LT_ROUTE_INBOX) == 0 || name[0] == '@')
        lt_faults_add(faults, "%s: [endpoint %s]: this name is built in", lt_section_get_file(section), name);
    else
        return TRUE;
    return FALSE;
}

static void
add_endpoint(LtPlan *self, LtSection *section, const LtEndpointShared *shared, LtPlan *previous, LtFaults *faults)
{
    LtEndpoint *endpoint;

    if (!name_is_free(section, faults))
        return;
    endpoint = take_over(previous, section);
    if (endpoint == NULL)
        endpoint = lt_endpoint_new(shared, section, faults);
    if (endpoint == NULL)
        return;
    g_ptr_array_add(self->endpoints, endpoint);
    g_hash_table_insert(self->by_name, (gpointer) lt_endpoint_get_name(endpoint), endpoint);
    lt_route_table_add_endpoint(self->routes, lt_endpoint_get_name(endpoint), lt_endpoint_get_settings(endpoint)->units);
}

/* Names are looked up in the settings, not among the opened ones: an endpoint that has its own faults is not also unknown. */
static void
check_route_endpoints(LtPlan *self, const LtRoute *route, LtSection *section, LtFaults *faults)
{
    const char *const *names = lt_route_get_endpoints(route);

    for (guint i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], LT_ROUTE_INBOX) == 0 || strcmp(names[i], LT_ROUTE_OF_UNIT) == 0)
            continue;
        if (lt_settings_lookup(self->settings, "endpoint", names[i]) == NULL)
            lt_faults_add(faults, "%s: [route %s] endpoints: there is no [endpoint %s]", lt_section_get_file(section), lt_route_get_name(route),
                          names[i]);
        else if (g_strv_contains((const char *const *) names + i + 1, names[i]))
            lt_faults_add(faults, "%s: [route %s] endpoints: \"%s\" stands there twice", lt_section_get_file(section), lt_route_get_name(route),
                          names[i]);
    }
}

static void
warn_if_covered(LtPlan *self, const LtRoute *route, LtSection *section, LtFaults *faults)
{
    for (guint i = 0; i < lt_route_table_get_n_routes(self->routes); i++) {
        const LtRoute *earlier = lt_route_table_get_route(self->routes, i);

        if (!lt_route_covers(earlier, route))
            continue;
        lt_faults_add(faults, "warning: %s: [route %s] is never reached: [route %s] stands before it and takes everything that it would",
                      lt_section_get_file(section), lt_route_get_name(route), lt_route_get_name(earlier));
        return;
    }
}

static void
add_route(LtPlan *self, LtSection *section, LtRegistry *registry, LtFaults *faults)
{
    LtRoute *route = lt_route_new(section, faults);

    if (route == NULL)
        return;
    check_route_endpoints(self, route, section, faults);
    warn_if_covered(self, route, section, faults);
    lt_route_check_units(route, section, registry, faults);
    lt_route_table_add(self->routes, route);
}

static gboolean
route_uses_unit_endpoints(LtPlan *self)
{
    for (guint i = 0; i < lt_route_table_get_n_routes(self->routes); i++)
        if (lt_route_uses(lt_route_table_get_route(self->routes, i), LT_ROUTE_OF_UNIT))
            return TRUE;
    return FALSE;
}

static gboolean
endpoint_is_used(LtPlan *self, LtEndpoint *endpoint, gboolean by_unit)
{
    const LtEndpointSettings *settings = lt_endpoint_get_settings(endpoint);

    if (settings->collect_every > 0 || (by_unit && settings->units != NULL && settings->units[0] != NULL))
        return TRUE;
    for (guint i = 0; i < lt_route_table_get_n_routes(self->routes); i++)
        if (lt_route_uses(lt_route_table_get_route(self->routes, i), lt_endpoint_get_name(endpoint)))
            return TRUE;
    return FALSE;
}

static void
warn_about_endpoints(LtPlan *self, LtRegistry *registry, LtFaults *faults)
{
    gboolean by_unit = route_uses_unit_endpoints(self);

    for (guint i = 0; i < self->endpoints->len; i++) {
        LtEndpoint *endpoint = self->endpoints->pdata[i];
        LtSection *section = lt_settings_lookup(self->settings, "endpoint", lt_endpoint_get_name(endpoint));
        char **units = lt_endpoint_get_settings(endpoint)->units;

        if (!endpoint_is_used(self, endpoint, by_unit))
            lt_faults_add(faults, "warning: %s: [endpoint %s] is used by no route and collects nothing", lt_section_get_file(section),
                          lt_endpoint_get_name(endpoint));
        for (guint j = 0; units != NULL && units[j] != NULL; j++) {
            const LtUnit *unit = lt_registry_lookup(registry, units[j]);

            if (unit == NULL)
                lt_faults_add(faults, "warning: %s: [endpoint %s] units: no unit known is \"%s\"", lt_section_get_file(section),
                              lt_endpoint_get_name(endpoint), units[j]);
            else if (!lt_unit_is_valid(unit, lt_time_now_us()))
                lt_faults_add(faults, "warning: %s: [endpoint %s] units: \"%s\" is not in office today (%s to %s)", lt_section_get_file(section),
                              lt_endpoint_get_name(endpoint), units[j], lt_unit_get_row(unit)->valid_from,
                              lt_unit_get_row(unit)->valid_to != NULL ? lt_unit_get_row(unit)->valid_to : "");
        }
    }
}

static guint
count_faults(const LtFaults *faults)
{
    guint n = 0;

    for (guint i = 0; i < faults->len; i++)
        n += !g_str_has_prefix(faults->pdata[i], "warning: ");
    return n;
}

LtPlan *
lt_plan_load(LtSettings *settings, LtRegistry *registry, const LtEndpointShared *shared, guint64 generation, LtPlan *previous,
             LtFaults *faults)
{
    g_autoptr(LtPlan) self = g_new0(LtPlan, 1);
    guint before = count_faults(faults);

    self->references = 1;
    self->generation = generation;
    self->settings = lt_settings_ref(settings);
    self->endpoints = g_ptr_array_new_with_free_func((GDestroyNotify) lt_endpoint_unref);
    self->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    self->routes = lt_route_table_new();
    for (guint i = 0; i < lt_settings_get_n_sections(settings); i++) {
        LtSection *section = lt_settings_get_section(settings, i);

        if (strcmp(lt_section_get_kind(section), "endpoint") == 0)
            add_endpoint(self, section, shared, previous, faults);
        else if (strcmp(lt_section_get_kind(section), "route") == 0)
            add_route(self, section, registry, faults);
    }
    warn_about_endpoints(self, registry, faults);
    return count_faults(faults) == before ? g_steal_pointer(&self) : NULL;
}

LtPlan *
lt_plan_ref(LtPlan *self)
{
    g_atomic_int_inc(&self->references);
    return self;
}

void
lt_plan_unref(LtPlan *self)
{
    if (self == NULL || !g_atomic_int_dec_and_test(&self->references))
        return;
    lt_route_table_free(self->routes);
    g_hash_table_unref(self->by_name);
    g_ptr_array_unref(self->endpoints);
    lt_settings_unref(self->settings);
    g_free(self);
}

guint64
lt_plan_get_generation(LtPlan *self)
{
    return self->generation;
}

void
lt_plan_set_generation(LtPlan *self, guint64 generation)
{
    self->generation = generation;
}

LtSettings *
lt_plan_get_settings(LtPlan *self)
{
    return self->settings;
}

LtEndpoint *
lt_plan_lookup_endpoint(LtPlan *self, const char *name)
{
    return g_hash_table_lookup(self->by_name, name);
}

guint
lt_plan_get_n_endpoints(LtPlan *self)
{
    return self->endpoints->len;
}

LtEndpoint *
lt_plan_get_endpoint(LtPlan *self, guint index)
{
    return self->endpoints->pdata[index];
}

guint
lt_plan_get_n_routes(LtPlan *self)
{
    return lt_route_table_get_n_routes(self->routes);
}

const LtRoute *
lt_plan_get_route(LtPlan *self, guint index)
{
    return lt_route_table_get_route(self->routes, index);
}

const LtRouteTable *
lt_plan_get_routes(LtPlan *self)
{
    return self->routes;
}

char **
lt_plan_route(LtPlan *self, const char *type, const char *procedure, const LtUnit *from, const LtUnit *to, const char **route,
              GError **error)
{
    return lt_route_table_resolve(self->routes, type, procedure, from, to, route, error);
}

gboolean
lt_plan_serves(LtPlan *self, const char *type, const LtUnit *to)
{
    return lt_route_table_serves(self->routes, type, to);
}
