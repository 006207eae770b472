/* SPDX-License-Identifier: Apache-2.0 */
/* unit.c: an office at a date: found by identifier, alias, or code and day; where it stands in the tree of that day. */
#include "registry/unit-private.h"

#include <string.h>

static const LtUnit *
facts_at(const GPtrArray *life, gint64 at_us)
{
    const LtUnit *found = life->pdata[0];

    for (guint i = 1; i < life->len && ((const LtUnit *) life->pdata[i])->from_us <= at_us; i++)
        found = life->pdata[i];
    return found;
}

const LtUnit *
lt_registry_lookup_at(LtRegistry *self, const char *id, gint64 at_us)
{
    const GPtrArray *life = g_hash_table_lookup(self->by_id, id);
    const char *named = life == NULL ? g_hash_table_lookup(self->by_alias, id) : NULL;

    if (named != NULL)
        life = g_hash_table_lookup(self->by_id, named);
    return life != NULL ? facts_at(life, at_us) : NULL;
}

const LtUnit *
lt_registry_lookup(LtRegistry *self, const char *id)
{
    return lt_registry_lookup_at(self, id, G_MAXINT64);
}

const char *
lt_unit_get_id(const LtUnit *self)
{
    return self->row->id;
}

const char *
lt_unit_get_name(const LtUnit *self)
{
    return self->row->name;
}

const char *
lt_unit_get_level(const LtUnit *self)
{
    return self->row->level;
}

const char *
lt_unit_get_parent(const LtUnit *self)
{
    return self->row->parent;
}

const char *
lt_unit_get_admin_code(const LtUnit *self)
{
    return self->row->admin_code;
}

const LtUnitRow *
lt_unit_get_row(const LtUnit *self)
{
    return self->row;
}

const GPtrArray *
lt_unit_get_life(const LtUnit *self)
{
    return self->life;
}

const GPtrArray *
lt_unit_get_successors(const LtUnit *self)
{
    return self->successors;
}

gboolean
lt_unit_is_valid(const LtUnit *self, gint64 at_us)
{
    return at_us >= self->from_us && (self->until_us == 0 || at_us < self->until_us);
}

guint
lt_registry_get_n_units(LtRegistry *self)
{
    return self->units->len;
}

const LtUnit *
lt_registry_get_unit(LtRegistry *self, guint index)
{
    return self->units->pdata[index];
}

const GPtrArray *
lt_registry_list_code(LtRegistry *self, const char *admin_code)
{
    return g_hash_table_lookup(self->by_code, admin_code);
}

const LtUnit *
lt_registry_find_code(LtRegistry *self, const char *admin_code, gint64 at_us, gboolean *ambiguous)
{
    const GPtrArray *units = lt_registry_list_code(self, admin_code);
    const LtUnit *found = NULL;

    *ambiguous = FALSE;
    for (guint i = 0; units != NULL && i < units->len; i++) {
        const LtUnit *unit = units->pdata[i];

        if (!lt_unit_is_valid(unit, at_us))
            continue;
        *ambiguous = found != NULL;
        if (*ambiguous)
            return NULL;
        found = unit;
    }
    return found;
}

const LtUnit *
lt_unit_parent_at(LtRegistry *self, const LtUnit *unit, gint64 at_us)
{
    const GPtrArray *life = unit->row->parent != NULL ? g_hash_table_lookup(self->by_id, unit->row->parent) : NULL;

    return life != NULL ? facts_at(life, at_us) : NULL;
}

gboolean
lt_registry_is_within(LtRegistry *self, const char *unit, const char *ancestor, gint64 at_us)
{
    const LtUnit *inner = lt_registry_lookup_at(self, unit, at_us), *outer = lt_registry_lookup_at(self, ancestor, at_us);

    if (inner == NULL || outer == NULL || !lt_unit_is_valid(inner, at_us))
        return FALSE;
    for (; inner != NULL; inner = lt_unit_parent_at(self, inner, at_us))
        if (inner->life == outer->life)
            return TRUE;
    return FALSE;
}
