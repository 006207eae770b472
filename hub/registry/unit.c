/* SPDX-License-Identifier: Apache-2.0 */
/* unit.c: the snapshot of units, and the questions that addressing asks of it.
 *
 * Building it checks every row and names all faults at once. Whose key or token it is stands in identity.c; lists of
 * units from files stand in unit-list.c.
 */
#include "registry/unit-private.h"

#include <string.h>

#include "base/value.h"
#include "registry/day.h"

static void
unit_free(LtUnit *self)
{
    if (self->successors != NULL)
        g_ptr_array_unref(self->successors);
    g_free(self);
}

static gint
compare_units(gconstpointer a, gconstpointer b)
{
    const LtUnit *first = *(const LtUnit *const *) a, *second = *(const LtUnit *const *) b;

    return strcmp(first->row->id, second->row->id);
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
        if (!g_hash_table_insert(self->by_id, row->id, unit))
            add_fault(faults, "unit %s: stands in the list twice", row->id);
    }
    g_ptr_array_sort(self->units, compare_units);
}

static void
link_parents(LtRegistry *self, GPtrArray *faults)
{
    for (guint i = 0; i < self->units->len; i++) {
        LtUnit *unit = self->units->pdata[i];

        if (unit->row->parent == NULL)
            continue;
        unit->parent = g_hash_table_lookup(self->by_id, unit->row->parent);
        if (unit->parent == NULL)
            add_fault(faults, "unit %s: parent %s is not in the list", unit->row->id, unit->row->parent);
    }
}

/* A circle is named once, at the unit in it whose id is smallest; walking it must end even when others are broken. */
static void
check_parent_circles(LtRegistry *self, GPtrArray *faults)
{
    for (guint i = 0; i < self->units->len; i++) {
        const LtUnit *start = self->units->pdata[i], *unit = start->parent;
        gboolean smallest = TRUE;

        for (guint steps = 0; unit != NULL && unit != start && steps < self->units->len; steps++, unit = unit->parent)
            smallest = smallest && strcmp(start->row->id, unit->row->id) < 0;
        if (unit == start && smallest)
            add_fault(faults, "unit %s: is its own ancestor", start->row->id);
    }
}

static void
add_aliases(LtRegistry *self, GPtrArray *faults)
{
    for (guint i = 0; i < self->rows->aliases->len; i++) {
        const LtAliasRow *row = self->rows->aliases->pdata[i];
        LtUnit *unit = g_hash_table_lookup(self->by_id, row->unit);
        LtUnit *other = g_hash_table_lookup(self->by_alias, row->alias);

        if (unit == NULL)
            add_fault(faults, "alias %s: unit %s is not in the list", row->alias, row->unit);
        else if (g_hash_table_contains(self->by_id, row->alias))
            add_fault(faults, "alias %s of unit %s: is the id of a unit", row->alias, row->unit);
        else if (other != NULL && other != unit)
            add_fault(faults, "alias %s: of unit %s and of unit %s", row->alias, other->row->id, row->unit);
        else
            g_hash_table_insert(self->by_alias, row->alias, unit);
    }
}

static void
add_successors(LtRegistry *self, GPtrArray *faults)
{
    for (guint i = 0; i < self->rows->successors->len; i++) {
        const LtSuccessorRow *row = self->rows->successors->pdata[i];
        LtUnit *unit = g_hash_table_lookup(self->by_id, row->unit);
        gint64 day;

        if (unit == NULL)
            add_fault(faults, "successor of %s: that unit is not in the list", row->unit);
        if (!g_hash_table_contains(self->by_id, row->successor))
            add_fault(faults, "unit %s: successor %s is not in the list", row->unit, row->successor);
        if (strcmp(row->unit, row->successor) == 0)
            add_fault(faults, "unit %s: cannot succeed itself", row->unit);
        if (!lt_day_read(row->effective, &day))
            add_fault(faults, "unit %s: successor %s from \"%s\", which is not a day YYYY-MM-DD", row->unit, row->successor,
                      row->effective ? row->effective : "");
        if (unit == NULL)
            continue;
        if (unit->successors == NULL)
            unit->successors = g_ptr_array_new();
        g_ptr_array_add(unit->successors, (gpointer) row);
    }
}

typedef enum { WALK_NEW, WALK_OPEN, WALK_DONE } Walk;

/* Depth-first with an explicit colour per unit: successors form a graph without circles. The depth is that of the chain of
 * reforms, a handful; a longer one than there are units cannot be without a circle. */
static gboolean
successors_return(LtRegistry *self, const LtUnit *unit, GHashTable *walks)
{
    Walk walk = (Walk) GPOINTER_TO_INT(g_hash_table_lookup(walks, unit));

    if (walk != WALK_NEW)
        return walk == WALK_OPEN;
    g_hash_table_insert(walks, (gpointer) unit, GINT_TO_POINTER(WALK_OPEN));
    for (guint i = 0; unit->successors != NULL && i < unit->successors->len; i++) {
        const LtSuccessorRow *row = unit->successors->pdata[i];
        const LtUnit *next = g_hash_table_lookup(self->by_id, row->successor);

        if (next != NULL && successors_return(self, next, walks))
            return TRUE;
    }
    g_hash_table_insert(walks, (gpointer) unit, GINT_TO_POINTER(WALK_DONE));
    return FALSE;
}

static void
check_successor_circles(LtRegistry *self, GPtrArray *faults)
{
    g_autoptr(GHashTable) walks = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < self->units->len; i++) {
        const LtUnit *unit = self->units->pdata[i];

        if (successors_return(self, unit, walks)) {
            add_fault(faults, "unit %s: its successors lead back to a unit before", unit->row->id);
            return; /* the colours are spoilt; one circle is enough to refuse the list */
        }
    }
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

LtRegistry *
lt_registry_new(LtRegistryRows *rows, GError **error)
{
    g_autoptr(LtRegistry) self = g_new0(LtRegistry, 1);
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);

    self->references = 1;
    self->rows = rows;
    self->units = g_ptr_array_new_with_free_func((GDestroyNotify) unit_free);
    self->by_id = g_hash_table_new(g_str_hash, g_str_equal);
    self->by_alias = g_hash_table_new(g_str_hash, g_str_equal);
    self->keys = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_ptr_array_unref);
    self->hubs = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_ptr_array_unref);
    self->tokens = g_hash_table_new(g_str_hash, g_str_equal);
    add_units(self, faults);
    link_parents(self, faults);
    check_parent_circles(self, faults);
    add_aliases(self, faults);
    add_successors(self, faults);
    check_successor_circles(self, faults);
    add_keys(self, faults);
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
    g_hash_table_unref(self->hubs);
    g_hash_table_unref(self->keys);
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

const LtUnit *
lt_registry_lookup(LtRegistry *self, const char *id)
{
    const LtUnit *unit = g_hash_table_lookup(self->by_id, id);

    return unit != NULL ? unit : g_hash_table_lookup(self->by_alias, id);
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

const LtUnit *
lt_registry_find_code(LtRegistry *self, const char *admin_code, gint64 at_us, gboolean *ambiguous)
{
    const LtUnit *found = NULL;

    *ambiguous = FALSE;
    for (guint i = 0; i < self->units->len; i++) {
        const LtUnit *unit = self->units->pdata[i];

        if (g_strcmp0(unit->row->admin_code, admin_code) != 0 || !lt_unit_is_valid(unit, at_us))
            continue;
        *ambiguous = found != NULL;
        if (*ambiguous)
            return NULL;
        found = unit;
    }
    return found;
}

/* The one rule that holds: those that name the procedure go before those for any; two that lead to different units, as
 * when a unit was split by area, are no answer. */
static const LtSuccessorRow *
choose_successor(const LtUnit *unit, const char *procedure, gint64 at_us, gboolean *ambiguous)
{
    const LtSuccessorRow *chosen = NULL;

    *ambiguous = FALSE;
    for (guint i = 0; unit->successors != NULL && i < unit->successors->len; i++) {
        const LtSuccessorRow *row = unit->successors->pdata[i];
        gint64 effective = 0;

        lt_day_read(row->effective, &effective);
        if (effective > at_us || (row->procedure != NULL && g_strcmp0(row->procedure, procedure) != 0))
            continue;
        if (chosen == NULL || (chosen->procedure == NULL && row->procedure != NULL)) {
            chosen = row;
            *ambiguous = FALSE;
        } else if ((chosen->procedure == NULL) == (row->procedure == NULL)) {
            *ambiguous = *ambiguous || strcmp(chosen->successor, row->successor) != 0;
        }
    }
    return *ambiguous ? NULL : chosen;
}

const LtUnit *
lt_registry_receiver(LtRegistry *self, const char *to, const char *procedure, gint64 at_us, const char **basis,
                     GError **error)
{
    const LtUnit *unit = lt_registry_lookup(self, to);

    *basis = NULL;
    if (unit == NULL) {
        lt_error_set(error, LT_ERROR_NOT_FOUND, "env.to.unknown", "no unit %s", to);
        return NULL;
    }
    /* There are no circles (lt_registry_new() refuses them), so this ends. */
    while (!lt_unit_is_valid(unit, at_us)) {
        gboolean ambiguous = FALSE;
        const LtSuccessorRow *row = at_us < unit->from_us ? NULL : choose_successor(unit, procedure, at_us, &ambiguous);

        if (row == NULL) {
            lt_error_set(error, LT_ERROR_NOT_FOUND, "env.to.unknown", "unit %s is not in office at this date and has %s for procedure %s",
                         unit->row->id, ambiguous ? "more than one successor" : "no successor", procedure ? procedure : "(none)");
            return NULL;
        }
        if (*basis == NULL)
            *basis = row->basis != NULL ? row->basis : "";
        unit = g_hash_table_lookup(self->by_id, row->successor);
    }
    return unit;
}

gboolean
lt_unit_may_receive(const LtUnit *self, gint64 at_us)
{
    if (lt_unit_is_valid(self, at_us))
        return TRUE;
    for (guint i = 0; at_us >= self->from_us && self->successors != NULL && i < self->successors->len; i++) {
        const LtSuccessorRow *row = self->successors->pdata[i];
        gint64 effective = 0;

        if (lt_day_read(row->effective, &effective) && effective <= at_us)
            return TRUE;
    }
    return FALSE;
}

gboolean
lt_registry_is_within(LtRegistry *self, const char *unit, const char *ancestor, gint64 at_us)
{
    const LtUnit *inner = lt_registry_lookup(self, unit), *outer = lt_registry_lookup(self, ancestor);

    if (inner == NULL || outer == NULL || !lt_unit_is_valid(inner, at_us))
        return FALSE;
    for (; inner != NULL; inner = inner->parent)
        if (inner == outer)
            return TRUE;
    return FALSE;
}
