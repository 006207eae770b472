/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.c: rows become a registry: every row is checked and all faults are named at once, or there is none.
 *
 * What is asked of it stands in unit.c, succession.c and identity.c; lists of units from files stand in unit-list.c.
 */
#include "registry/unit-private.h"

#include <string.h>

#include "base/value.h"
#include "registry/day.h"

static gint
compare_units(gconstpointer a, gconstpointer b)
{
    const LtUnit *first = *(const LtUnit *const *) a, *second = *(const LtUnit *const *) b;
    int order = strcmp(first->row->id, second->row->id);

    return order != 0 ? order : (first->from_us > second->from_us) - (first->from_us < second->from_us);
}

static gint
compare_days(gconstpointer a, gconstpointer b)
{
    const LtUnit *first = *(const LtUnit *const *) a, *second = *(const LtUnit *const *) b;

    return (first->from_us > second->from_us) - (first->from_us < second->from_us);
}

static gboolean
level_is_word(const char *level)
{
    if (level == NULL || !g_ascii_islower(level[0]) || strlen(level) > 32)
        return FALSE;
    return level[strspn(level, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static void
add_fault(GPtrArray *faults, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
add_fault(GPtrArray *faults, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_ptr_array_add(faults, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

static void
add_to_list(GHashTable *lists, const char *key, gconstpointer row)
{
    GPtrArray *list = g_hash_table_lookup(lists, key);

    if (list == NULL) {
        list = g_ptr_array_new();
        g_hash_table_insert(lists, (gpointer) key, list);
    }
    g_ptr_array_add(list, (gpointer) row);
}

static void
read_dates(LtUnit *unit, GPtrArray *faults)
{
    const LtUnitRow *row = unit->row;

    if (!lt_day_read(row->valid_from, &unit->from_us))
        add_fault(faults, "unit %s: valid_from \"%s\" is not a day YYYY-MM-DD", row->id, row->valid_from ? row->valid_from : "");
    if (row->valid_to != NULL && !lt_day_read(row->valid_to, &unit->until_us))
        add_fault(faults, "unit %s: valid_to \"%s\" is not a day YYYY-MM-DD", row->id, row->valid_to);
    else if (row->valid_to != NULL && unit->until_us <= unit->from_us)
        add_fault(faults, "unit %s: valid_to %s is not after valid_from %s", row->id, row->valid_to, row->valid_from);
}

static void
add_units(LtRegistry *self, GPtrArray *faults)
{
    for (guint i = 0; i < self->rows->units->len; i++) {
        const LtUnitRow *row = self->rows->units->pdata[i];
        LtUnit *unit = g_new0(LtUnit, 1);

        unit->row = row;
        g_ptr_array_add(self->units, unit);
        if (!lt_unit_id_is_valid(row->id, strlen(row->id)))
            add_fault(faults, "unit \"%s\": not an identifier (1–35 characters, groups of letters and digits joined by dots)", row->id);
        if (!level_is_word(row->level))
            add_fault(faults, "unit %s: level \"%s\" is not a word such as commune", row->id, row->level ? row->level : "");
        if (row->name == NULL || *row->name == '\0')
            add_fault(faults, "unit %s: has no name", row->id);
        read_dates(unit, faults);
        add_to_list(self->by_id, row->id, unit);
        if (row->admin_code != NULL)
            add_to_list(self->by_code, row->admin_code, unit);
    }
    g_ptr_array_sort(self->units, compare_units);
}

static void
link_lives(LtRegistry *self, GPtrArray *faults)
{
    GHashTableIter iter;
    gpointer list;

    g_hash_table_iter_init(&iter, self->by_code);
    while (g_hash_table_iter_next(&iter, NULL, &list))
        g_ptr_array_sort(list, compare_days);
    g_hash_table_iter_init(&iter, self->by_id);
    while (g_hash_table_iter_next(&iter, NULL, &list)) {
        GPtrArray *life = list;

        g_ptr_array_sort(life, compare_days);
        for (guint i = 0; i < life->len; i++) {
            LtUnit *unit = life->pdata[i];
            const LtUnit *next = i + 1 < life->len ? life->pdata[i + 1] : NULL;

            unit->life = life;
            if (next != NULL && (unit->until_us == 0 || unit->until_us > next->from_us))
                add_fault(faults, "unit %s: what holds from %s does not end before %s, when other facts begin", unit->row->id,
                          unit->row->valid_from, next->row->valid_from);
        }
    }
}

static void
check_parents(LtRegistry *self, GPtrArray *faults)
{
    for (guint i = 0; i < self->units->len; i++) {
        const LtUnit *unit = self->units->pdata[i];

        if (unit->row->parent != NULL && !g_hash_table_contains(self->by_id, unit->row->parent))
            add_fault(faults, "unit %s: parent %s is not in the list", unit->row->id, unit->row->parent);
    }
}

/* A circle is whole on the day on which the last of its links begins, so looking on the first day of every fact finds it. It is
 * named once, at the unit in it whose id is smallest; walking it must end even when others are broken. */
static void
check_parent_circles(LtRegistry *self, GPtrArray *faults)
{
    g_autoptr(GHashTable) named = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < self->units->len; i++) {
        const LtUnit *start = self->units->pdata[i], *unit = lt_unit_parent_at(self, start, start->from_us);
        const char *smallest = start->row->id;

        for (guint steps = 0; unit != NULL && unit->life != start->life && steps < self->units->len; steps++) {
            smallest = strcmp(smallest, unit->row->id) < 0 ? smallest : unit->row->id;
            unit = lt_unit_parent_at(self, unit, start->from_us);
        }
        if (unit != NULL && unit->life == start->life && g_hash_table_add(named, (gpointer) smallest))
            add_fault(faults, "unit %s: is its own ancestor", smallest);
    }
}

static void
add_aliases(LtRegistry *self, GPtrArray *faults)
{
    for (guint i = 0; i < self->rows->aliases->len; i++) {
        const LtAliasRow *row = self->rows->aliases->pdata[i];
        const char *other = g_hash_table_lookup(self->by_alias, row->alias);

        if (!g_hash_table_contains(self->by_id, row->unit))
            add_fault(faults, "alias %s: unit %s is not in the list", row->alias, row->unit);
        else if (g_hash_table_contains(self->by_id, row->alias))
            add_fault(faults, "alias %s of unit %s: is the id of a unit", row->alias, row->unit);
        else if (other != NULL && strcmp(other, row->unit) != 0)
            add_fault(faults, "alias %s: of unit %s and of unit %s", row->alias, other, row->unit);
        else
            g_hash_table_insert(self->by_alias, row->alias, row->unit);
    }
}

static void
add_successors(LtRegistry *self, GPtrArray *faults)
{
    for (guint i = 0; i < self->rows->successors->len; i++) {
        const LtSuccessorRow *row = self->rows->successors->pdata[i];
        gint64 day;

        if (!g_hash_table_contains(self->by_id, row->unit))
            add_fault(faults, "successor of %s: that unit is not in the list", row->unit);
        if (!g_hash_table_contains(self->by_id, row->successor))
            add_fault(faults, "unit %s: successor %s is not in the list", row->unit, row->successor);
        if (strcmp(row->unit, row->successor) == 0)
            add_fault(faults, "unit %s: cannot succeed itself", row->unit);
        if (!lt_day_read(row->effective, &day))
            add_fault(faults, "unit %s: successor %s from \"%s\", which is not a day YYYY-MM-DD", row->unit, row->successor,
                      row->effective ? row->effective : "");
        add_to_list(self->successors, row->unit, row);
    }
    for (guint i = 0; i < self->units->len; i++) {
        LtUnit *unit = self->units->pdata[i];

        unit->successors = g_hash_table_lookup(self->successors, unit->row->id);
    }
}

typedef enum { WALK_NEW, WALK_OPEN, WALK_DONE } Walk;

/* Depth-first with an explicit colour per unit: successors form a graph without circles. The depth is that of the chain of
 * reforms, a handful; a longer one than there are units cannot be without a circle. */
static gboolean
successors_return(LtRegistry *self, const char *id, GHashTable *walks)
{
    Walk walk = (Walk) GPOINTER_TO_INT(g_hash_table_lookup(walks, id));
    const GPtrArray *rules = g_hash_table_lookup(self->successors, id);

    if (walk != WALK_NEW)
        return walk == WALK_OPEN;
    g_hash_table_insert(walks, (gpointer) id, GINT_TO_POINTER(WALK_OPEN));
    for (guint i = 0; rules != NULL && i < rules->len; i++) {
        if (successors_return(self, ((const LtSuccessorRow *) rules->pdata[i])->successor, walks))
            return TRUE;
    }
    g_hash_table_insert(walks, (gpointer) id, GINT_TO_POINTER(WALK_DONE));
    return FALSE;
}

static void
check_successor_circles(LtRegistry *self, GPtrArray *faults)
{
    g_autoptr(GHashTable) walks = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < self->units->len; i++) {
        const LtUnit *unit = self->units->pdata[i];

        if (successors_return(self, unit->row->id, walks)) {
            add_fault(faults, "unit %s: its successors lead back to a unit before", unit->row->id);
            return; /* the colours are spoilt; one circle is enough to refuse the list */
        }
    }
}

static void
add_keys(LtRegistry *self, GPtrArray *faults)
{
    for (guint i = 0; i < self->rows->keys->len; i++) {
        const LtUnitKeyRow *row = self->rows->keys->pdata[i];
        guint8 digest[LT_SHA256_SIZE];

        if (!lt_hex_read(row->spki, strlen(row->spki), digest, sizeof digest))
            add_fault(faults, "key of %s: \"%s\" is not 64 hex digits", row->unit, row->spki);
        if (!g_hash_table_contains(self->by_id, row->unit))
            add_fault(faults, "key %.8s…: unit %s is not in the list", row->spki, row->unit);
        if (g_strcmp0(row->use, "sign") != 0 && g_strcmp0(row->use, "tls") != 0)
            add_fault(faults, "key %.8s… of %s: use is neither sign nor tls", row->spki, row->unit);
        if (row->until_us != 0 && row->until_us < row->from_us)
            add_fault(faults, "key %.8s… of %s: ends before it begins", row->spki, row->unit);
        add_to_list(self->keys, row->spki, row);
        if (g_strcmp0(row->role, "hub") == 0)
            add_to_list(self->hubs, row->unit, row);
    }
    for (guint i = 0; i < self->rows->tokens->len; i++) {
        const LtTokenRow *row = self->rows->tokens->pdata[i];

        if (!g_hash_table_contains(self->by_id, row->unit))
            add_fault(faults, "token %.8s…: unit %s is not in the list", row->id, row->unit);
        g_hash_table_insert(self->tokens, row->id, (gpointer) row);
    }
}

static void
add_suspensions(LtRegistry *self, GPtrArray *faults)
{
    for (guint i = 0; i < self->rows->suspensions->len; i++) {
        const LtSuspensionRow *row = self->rows->suspensions->pdata[i];

        if (!g_hash_table_contains(self->by_id, row->unit))
            add_fault(faults, "suspension: unit %s is not in the list", row->unit);
        g_hash_table_insert(self->suspensions, row->unit, (gpointer) row);
    }
}

static GHashTable *
lists_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_ptr_array_unref);
}

LtRegistry *
lt_registry_new(LtRegistryRows *rows, GError **error)
{
    g_autoptr(LtRegistry) self = g_new0(LtRegistry, 1);
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);

    self->references = 1;
    self->rows = rows;
    self->units = g_ptr_array_new_with_free_func(g_free);
    self->by_id = lists_new();
    self->by_alias = g_hash_table_new(g_str_hash, g_str_equal);
    self->by_code = lists_new();
    self->successors = lists_new();
    self->keys = lists_new();
    self->hubs = lists_new();
    self->tokens = g_hash_table_new(g_str_hash, g_str_equal);
    self->suspensions = g_hash_table_new(g_str_hash, g_str_equal);
    add_units(self, faults);
    link_lives(self, faults);
    check_parents(self, faults);
    check_parent_circles(self, faults);
    add_aliases(self, faults);
    add_successors(self, faults);
    check_successor_circles(self, faults);
    add_keys(self, faults);
    add_suspensions(self, faults);
    if (faults->len == 0)
        return g_steal_pointer(&self);
    g_ptr_array_add(faults, NULL);
    g_autofree char *text = g_strjoinv("\n", (char **) faults->pdata);
    lt_error_set(error, LT_ERROR_CONFIG, "registry.faults", "%s", text);
    return NULL;
}

LtRegistry *
lt_registry_ref(LtRegistry *self)
{
    g_atomic_int_inc(&self->references);
    return self;
}

void
lt_registry_unref(LtRegistry *self)
{
    if (self == NULL || !g_atomic_int_dec_and_test(&self->references))
        return;
    g_hash_table_unref(self->tokens);
    g_hash_table_unref(self->suspensions);
    g_hash_table_unref(self->hubs);
    g_hash_table_unref(self->keys);
    g_hash_table_unref(self->successors);
    g_hash_table_unref(self->by_code);
    g_hash_table_unref(self->by_alias);
    g_hash_table_unref(self->by_id);
    g_ptr_array_unref(self->units);
    lt_registry_rows_free(self->rows);
    g_free(self);
}

const LtRegistryRows *
lt_registry_get_rows(LtRegistry *self)
{
    return self->rows;
}
