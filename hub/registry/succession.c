/* SPDX-License-Identifier: Apache-2.0 */
/* succession.c: who has the work of a unit that is no more.
 *
 * A unit has one successor, or several told apart by the procedure or the area of the matter: a district's work went partly to its
 * communes, partly to the province. A rule says from which day it holds; what is not decided by a rule is not guessed.
 */
#include "registry/unit-private.h"

#include <string.h>

#include "registry/day.h"

/* How closely a rule fits: -1 not at all; 0 for any matter; 1 by area; 2 by procedure; 3 by both. */
static int
fit(const LtSuccessorRow *row, const LtMatter *matter, gint64 at_us)
{
    gint64 effective = 0;

    if (!lt_day_read(row->effective, &effective) || effective > at_us)
        return -1;
    if (row->procedure != NULL && (matter == NULL || g_strcmp0(row->procedure, matter->procedure) != 0))
        return -1;
    if (row->area != NULL && (matter == NULL || g_strcmp0(row->area, matter->area) != 0))
        return -1;
    return (row->procedure != NULL ? 2 : 0) + (row->area != NULL ? 1 : 0);
}

/* The rule that fits most closely; two of the same closeness that lead to different units are no answer. */
static const LtSuccessorRow *
choose(const LtUnit *unit, const LtMatter *matter, gint64 at_us, gboolean *ambiguous)
{
    const LtSuccessorRow *chosen = NULL;
    int best = -1;

    *ambiguous = FALSE;
    for (guint i = 0; unit->successors != NULL && i < unit->successors->len; i++) {
        const LtSuccessorRow *row = unit->successors->pdata[i];
        int closeness = fit(row, matter, at_us);

        if (closeness < 0 || closeness < best)
            continue;
        if (closeness == best) {
            *ambiguous = *ambiguous || strcmp(chosen->successor, row->successor) != 0;
            continue;
        }
        chosen = row;
        best = closeness;
        *ambiguous = FALSE;
    }
    return *ambiguous ? NULL : chosen;
}

static void
refuse(const LtUnit *unit, const LtMatter *matter, gint64 at_us, gboolean ambiguous, GError **error)
{
    const char *procedure = matter != NULL ? matter->procedure : NULL, *area = matter != NULL ? matter->area : NULL;
    const char *why = ambiguous ? "more than one successor" : unit->successors != NULL ? "no successor" : "no successor at all";
    g_autofree char *of = procedure == NULL ? g_strdup("") : g_strdup_printf(" for procedure %s", procedure);
    g_autofree char *in = area == NULL ? g_strdup("") : g_strdup_printf(" in area %s", area);

    if (at_us < unit->from_us)
        lt_error_set(error, LT_ERROR_NOT_FOUND, "env.to.unknown", "unit %s is not in office before %s", unit->row->id, unit->row->valid_from);
    else
        lt_error_set(error, LT_ERROR_NOT_FOUND, "env.to.unknown", "unit %s is not in office since %s and has %s%s%s", unit->row->id,
                     unit->row->valid_to, why, of, in);
}

const LtUnit *
lt_registry_receiver(LtRegistry *self, const char *to, const LtMatter *matter, gint64 at_us, const char **basis, GError **error)
{
    const LtUnit *unit = lt_registry_lookup_at(self, to, at_us);

    *basis = NULL;
    if (unit == NULL) {
        lt_error_set(error, LT_ERROR_NOT_FOUND, "env.to.unknown", "no unit %s", to);
        return NULL;
    }
    /* There are no circles (lt_registry_new() refuses them), so this ends. */
    while (!lt_unit_is_valid(unit, at_us)) {
        gboolean ambiguous = FALSE;
        const LtSuccessorRow *row = at_us < unit->from_us ? NULL : choose(unit, matter, at_us, &ambiguous);

        if (row == NULL) {
            refuse(unit, matter, at_us, ambiguous, error);
            return NULL;
        }
        if (*basis == NULL)
            *basis = row->basis != NULL ? row->basis : "";
        unit = lt_registry_lookup_at(self, row->successor, at_us);
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

char **
lt_registry_predecessors(LtRegistry *self, const char *unit, gint64 at_us)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(found, g_strdup(unit));
    for (guint next = 0; next < found->len; next++) {
        for (guint i = 0; i < self->rows->successors->len; i++) {
            const LtSuccessorRow *row = self->rows->successors->pdata[i];
            gint64 effective = 0;

            if (strcmp(row->successor, found->pdata[next]) != 0 || !lt_day_read(row->effective, &effective) || effective > at_us ||
                g_ptr_array_find_with_equal_func(found, row->unit, g_str_equal, NULL))
                continue;
            g_ptr_array_add(found, g_strdup(row->unit));
        }
    }
    g_ptr_array_add(found, NULL);
    return (char **) g_ptr_array_free(g_steal_pointer(&found), FALSE);
}
