/* SPDX-License-Identifier: Apache-2.0 */
/* route.c: where a message goes.
 *
 * A route is one [route NAME] section; the first whose kind, procedure, from and to all match is taken, in file
 * order. Routes never change while a plan is in force. Whether the endpoint answers is not decided here: see
 * dispatcher.c.
 */
#include "routing/route.h"

#include <string.h>

#include "trust/header.h"

typedef struct {
    char **kind, **procedure, **from, **to, **endpoints;
} RouteKeys;

struct _LtRoute {
    char *name;
    RouteKeys keys;
};

static const LtKey keys[] = {
    LT_LIST(RouteKeys, kind, "*", "message types: dossier.submit, dossier.*, *"),
    LT_LIST(RouteKeys, procedure, "*", "procedure codes (MaTTHC): exact, prefix*, *"),
    LT_LIST(RouteKeys, from, "*", "senders: unit id, prefix*, level:commune, *"),
    LT_LIST(RouteKeys, to, "*", "receivers, after successors were followed: as from"),
    LT_LIST(RouteKeys, endpoints, NULL, "endpoints by name; inbox: the unit pulls; @unit: the endpoint whose units hold the receiver"),
    LT_KEYS_END,
};

const LtKey *
lt_route_keys(void)
{
    return keys;
}

static gboolean
is_level(const char *pattern)
{
    return g_str_has_prefix(pattern, "level:");
}

/* One star, and only at the end. */
static gboolean
pattern_is_sound(const char *pattern)
{
    const char *star = strchr(pattern, '*');

    return *pattern != '\0' && (star == NULL || star[1] == '\0');
}

static gboolean
text_matches(const char *pattern, const char *text)
{
    gsize length = strlen(pattern);

    if (length > 0 && pattern[length - 1] == '*')
        return length == 1 || (text != NULL && strncmp(pattern, text, length - 1) == 0);
    return text != NULL && strcmp(pattern, text) == 0;
}

static gboolean
unit_matches(const char *pattern, const LtUnit *unit)
{
    if (is_level(pattern))
        return strcmp(pattern + strlen("level:"), lt_unit_get_level(unit)) == 0;
    return text_matches(pattern, lt_unit_get_id(unit));
}

static gboolean
any_text_matches(char *const *patterns, const char *text)
{
    for (; *patterns != NULL; patterns++)
        if (text_matches(*patterns, text))
            return TRUE;
    return FALSE;
}

static gboolean
any_unit_matches(char *const *patterns, const LtUnit *unit)
{
    for (; *patterns != NULL; patterns++)
        if (unit_matches(*patterns, unit))
            return TRUE;
    return FALSE;
}

gboolean
lt_type_is_routed(const char *type)
{
    static const char *const ends_here[] = { "receipt", "hub.ping", "audit.evidence", NULL };

    return lt_type_rule_lookup(type) != NULL && !g_strv_contains(ends_here, type);
}

static gboolean
kind_reaches_a_type(const char *pattern)
{
    gsize n_rules;
    const LtTypeRule *rules = lt_type_rules(&n_rules);

    for (gsize i = 0; i < n_rules; i++)
        if (text_matches(pattern, rules[i].type) && lt_type_is_routed(rules[i].type))
            return TRUE;
    return FALSE;
}

static void
check_patterns(LtSection *section, const char *key, char *const *patterns, gboolean levels, LtFaults *faults)
{
    for (guint i = 0; patterns[i] != NULL; i++) {
        if (!pattern_is_sound(patterns[i]))
            lt_faults_add(faults, "%s: [route %s] %s: \"%s\": a * may stand only at the end", lt_section_get_file(section),
                          lt_section_get_name(section), key, patterns[i]);
        else if (is_level(patterns[i]) && (!levels || strchr(patterns[i], '*') != NULL || patterns[i][6] == '\0'))
            lt_faults_add(faults, "%s: [route %s] %s: \"%s\": levels are whole words, for from and to only", lt_section_get_file(section),
                          lt_section_get_name(section), key, patterns[i]);
    }
}

static void
check_kinds(LtSection *section, char *const *kinds, LtFaults *faults)
{
    for (guint i = 0; kinds[i] != NULL; i++) {
        if (!pattern_is_sound(kinds[i]) || kind_reaches_a_type(kinds[i]))
            continue;
        lt_faults_add(faults, "%s: [route %s] kind: \"%s\" %s", lt_section_get_file(section), lt_section_get_name(section), kinds[i],
                      lt_type_rule_lookup(kinds[i]) != NULL ? "ends at the hub and is never routed" : "is no message type");
    }
}

LtRoute *
lt_route_new(LtSection *section, LtFaults *faults)
{
    g_autoptr(LtRoute) self = g_new0(LtRoute, 1);
    const LtKey *const tables[] = { keys, NULL };
    gpointer const structs[] = { &self->keys, NULL };
    guint before = faults->len;

    self->name = g_strdup(lt_section_get_name(section));
    if (self->name == NULL)
        lt_faults_add(faults, "%s: [route]: a route needs a name: [route NAME]", lt_section_get_file(section));
    if (!lt_section_fill(section, tables, structs, faults) || faults->len > before)
        return NULL;
    check_patterns(section, "kind", self->keys.kind, FALSE, faults);
    check_patterns(section, "procedure", self->keys.procedure, FALSE, faults);
    check_patterns(section, "from", self->keys.from, TRUE, faults);
    check_patterns(section, "to", self->keys.to, TRUE, faults);
    check_kinds(section, self->keys.kind, faults);
    return faults->len == before ? g_steal_pointer(&self) : NULL;
}

void
lt_route_free(LtRoute *self)
{
    if (self == NULL)
        return;
    lt_keys_clear(keys, &self->keys);
    g_free(self->name);
    g_free(self);
}

const char *
lt_route_get_name(const LtRoute *self)
{
    return self->name;
}

gboolean
lt_route_matches(const LtRoute *self, const char *type, const char *procedure, const LtUnit *from, const LtUnit *to)
{
    return any_text_matches(self->keys.kind, type) && any_text_matches(self->keys.procedure, procedure) &&
           any_unit_matches(self->keys.from, from) && any_unit_matches(self->keys.to, to);
}

gboolean
lt_route_may_match(const LtRoute *self, const char *type, const LtUnit *to)
{
    return any_text_matches(self->keys.kind, type) && any_unit_matches(self->keys.to, to);
}

const char *const *
lt_route_get_endpoints(const LtRoute *self)
{
    return (const char *const *) self->keys.endpoints;
}

gboolean
lt_route_uses(const LtRoute *self, const char *endpoint)
{
    return g_strv_contains((const char *const *) self->keys.endpoints, endpoint);
}

/* A prefix covers the longer prefixes and the exact texts below it; a level only itself. */
static gboolean
pattern_covers(const char *pattern, const char *other)
{
    gsize length = strlen(pattern);

    if (strcmp(pattern, other) == 0 || strcmp(pattern, "*") == 0)
        return TRUE;
    if (is_level(pattern) || is_level(other) || pattern[length - 1] != '*')
        return FALSE;
    return strncmp(pattern, other, length - 1) == 0;
}

static gboolean
list_covers(char *const *patterns, char *const *others)
{
    for (; *others != NULL; others++) {
        gboolean covered = FALSE;

        for (guint i = 0; !covered && patterns[i] != NULL; i++)
            covered = pattern_covers(patterns[i], *others);
        if (!covered)
            return FALSE;
    }
    return TRUE;
}

gboolean
lt_route_covers(const LtRoute *self, const LtRoute *other)
{
    if (lt_route_uses(self, LT_ROUTE_OF_UNIT))
        return FALSE; /* steps aside for receivers that no endpoint serves */
    return list_covers(self->keys.kind, other->keys.kind) && list_covers(self->keys.procedure, other->keys.procedure) &&
           list_covers(self->keys.from, other->keys.from) && list_covers(self->keys.to, other->keys.to);
}

gboolean
lt_route_names(const LtRoute *self, const char *unit)
{
    return g_strv_contains((const char *const *) self->keys.from, unit) || g_strv_contains((const char *const *) self->keys.to, unit);
}

static gboolean
pattern_meets_a_unit(const char *pattern, LtRegistry *registry)
{
    for (guint i = 0; i < lt_registry_get_n_units(registry); i++)
        if (unit_matches(pattern, lt_registry_get_unit(registry, i)))
            return TRUE;
    return FALSE;
}

static void
check_units(const LtRoute *self, LtSection *section, const char *key, char *const *patterns, LtRegistry *registry, LtFaults *faults)
{
    for (; *patterns != NULL; patterns++)
        if (strcmp(*patterns, "*") != 0 && !pattern_meets_a_unit(*patterns, registry))
            lt_faults_add(faults, "warning: %s: [route %s] %s: no unit known is \"%s\"", lt_section_get_file(section), self->name, key, *patterns);
}

void
lt_route_check_units(const LtRoute *self, LtSection *section, LtRegistry *registry, LtFaults *faults)
{
    check_units(self, section, "from", self->keys.from, registry, faults);
    check_units(self, section, "to", self->keys.to, registry, faults);
}
