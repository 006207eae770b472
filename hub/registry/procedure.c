/* SPDX-License-Identifier: Apache-2.0 */
/* procedure.c: the catalogue: found by code and date, and what may be taken in by it. How it is put together stands in catalogue.c. */
#include "registry/procedure-private.h"

#include <string.h>

#include "registry/day.h"

gboolean
lt_procedure_is_valid(const LtProcedureRow *row, gint64 at_us)
{
    gint64 from_us, until_us;

    return lt_day_read(row->valid_from, &from_us) && at_us >= from_us &&
           (row->valid_to == NULL || (lt_day_read(row->valid_to, &until_us) && at_us < until_us));
}

const GPtrArray *
lt_catalogue_get_rows(LtCatalogue *self)
{
    return self->rows;
}

const GPtrArray *
lt_catalogue_history(LtCatalogue *self, const char *code)
{
    return g_hash_table_lookup(self->by_code, code);
}

const LtProcedureRow *
lt_catalogue_find(LtCatalogue *self, const char *code, gint64 at_us)
{
    const GPtrArray *versions = lt_catalogue_history(self, code);

    for (guint i = 0; versions != NULL && i < versions->len; i++)
        if (lt_procedure_is_valid(versions->pdata[i], at_us))
            return versions->pdata[i];
    return NULL;
}

const LtProcedureRow *
lt_catalogue_find_version(LtCatalogue *self, const char *code, const char *valid_from)
{
    const GPtrArray *versions = lt_catalogue_history(self, code);

    for (guint i = 0; versions != NULL && i < versions->len; i++)
        if (strcmp(((const LtProcedureRow *) versions->pdata[i])->valid_from, valid_from) == 0)
            return versions->pdata[i];
    return NULL;
}

static gboolean
refuse(LtCatalogue *self, const char *code, const char *publisher, gint64 at_us, GError **error)
{
    const GPtrArray *versions = lt_catalogue_history(self, code);
    const LtProcedureRow *near = versions != NULL ? versions->pdata[0] : NULL;
    char day[11];

    lt_day_write(at_us, day);
    for (guint i = 1; versions != NULL && i < versions->len; i++)
        if (strcmp(((const LtProcedureRow *) versions->pdata[i])->valid_from, day) <= 0)
            near = versions->pdata[i];
    if (near == NULL)
        lt_error_set(error, LT_ERROR_FORBIDDEN, "env.policy.procedure", "procedure %s is not in the catalogue that %s has published", code, publisher);
    else if (strcmp(near->valid_from, day) > 0)
        lt_error_set(error, LT_ERROR_FORBIDDEN, "env.policy.procedure", "procedure %s is published by %s from %s on, not on %s", code, publisher,
                     near->valid_from, day);
    else if (near->merged != NULL)
        lt_error_set(error, LT_ERROR_FORBIDDEN, "env.policy.procedure", "procedure %s was merged into %s on %s", code, near->merged, near->valid_to);
    else
        lt_error_set(error, LT_ERROR_FORBIDDEN, "env.policy.procedure", "procedure %s is published by %s no more since %s", code, publisher,
                     near->valid_to);
    return FALSE;
}

gboolean
lt_catalogue_admit(LtCatalogue *self, LtRegistry *registry, const char *unit, const char *code, gint64 now_us, gint64 received_us,
                   const LtProcedureRow **version, GError **error)
{
    GHashTableIter iter;
    gpointer publisher;
    const char *binding = NULL;

    *version = lt_catalogue_find(self, code, received_us);
    g_hash_table_iter_init(&iter, self->publishers);
    while (g_hash_table_iter_next(&iter, &publisher, NULL)) {
        if (!lt_registry_is_within(registry, unit, publisher, now_us))
            continue;
        binding = publisher;
        if (*version != NULL && strcmp((*version)->publisher, publisher) == 0)
            return TRUE;
    }
    *version = NULL;
    return binding == NULL || refuse(self, code, binding, received_us, error);
}
