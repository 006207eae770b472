/* SPDX-License-Identifier: Apache-2.0 */
/* reorganisation.c: applied: the store asks where things go, and is answered from the registry and the routes of that day. */
#include "routing/reorganisation.h"

#include <string.h>

#include "registry/change.h"
#include "registry/day.h"
#include "routing/rehearsal.h"

/* What the store asks while it moves things. Answers are kept: a hundred thousand dossiers have few units and procedures. */
typedef struct {
    LtRegistry *registry;
    const LtReorganisationWorld *world;
    gint64 at_us;
    GHashTable *answers; /* unit, procedure → Answer */
} Guide;

typedef struct {
    const char *home, *basis; /* of the registry */
} Answer;

static const char *
find_home(gpointer data, const char *unit, const char *procedure, const char **basis)
{
    Guide *guide = data;
    g_autofree char *key = g_strjoin("\n", unit, procedure, NULL);
    Answer *answer = g_hash_table_lookup(guide->answers, key);

    if (answer == NULL) {
        const LtMatter matter = { procedure, lt_area_of(guide->world->catalogue, procedure, guide->at_us) };
        const LtUnit *home;

        answer = g_new0(Answer, 1);
        home = lt_registry_receiver(guide->registry, unit, &matter, guide->at_us, &answer->basis, NULL);
        answer->home = home != NULL ? lt_unit_get_id(home) : NULL;
        g_hash_table_insert(guide->answers, g_steal_pointer(&key), answer);
    }
    *basis = answer->basis != NULL && *answer->basis != '\0' ? answer->basis : NULL;
    return answer->home;
}

static char **
find_route(gpointer data, const char *type, const char *procedure, const char *from, const char *to)
{
    Guide *guide = data;
    const LtUnit *sender = lt_registry_lookup_at(guide->registry, from, guide->at_us);
    const LtUnit *receiver = lt_registry_lookup_at(guide->registry, to, guide->at_us);

    if (guide->world->routes == NULL || sender == NULL || receiver == NULL)
        return NULL;
    return lt_route_table_resolve(guide->world->routes, type, procedure, sender, receiver, NULL, NULL);
}

static char **
strings_of(const GPtrArray *array)
{
    char **list = g_new0(char *, array->len + 1);

    for (guint i = 0; i < array->len; i++)
        list[i] = g_strdup(array->pdata[i]);
    return list;
}

gboolean
lt_reorganisation_apply(const LtReorganisationWorld *world, const LtRegistryRows *rows, const char *basis, gint64 now_us,
                        const char *actor_kind, const char *actor, LtRehomed *moved, GError **error)
{
    g_autoptr(LtRehearsal) rehearsal = lt_reorganisation_rehearse(world, rows, error);
    g_autoptr(LtRegistry) after = rehearsal == NULL ? NULL : lt_registry_with(world->known, rows, error);
    g_autoptr(GHashTable) answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(GStrv) closed = NULL;
    Guide guide = { after, world, 0, answers };
    LtHomes homes = { &guide, find_home, find_route };
    gint64 day_us = 0;

    if (after == NULL)
        return FALSE;
    if (!lt_rehearsal_check(rehearsal, error))
        return FALSE;
    lt_day_read(rehearsal->effective, &day_us);
    guide.at_us = MAX(now_us, day_us);
    closed = strings_of(rehearsal->closed);
    LtReorganisation change = { rows, NULL, rehearsal->effective, basis, (const char *const *) closed, now_us >= day_us ? &homes : NULL, actor_kind,
                                actor };
    return lt_store_reorganise(world->store, &change, moved, error);
}

/* Units whose last facts end on a day. */
static char **
list_closed(LtRegistry *registry, const char *day)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    for (guint i = 0; i < lt_registry_get_n_units(registry); i++) {
        const LtUnit *unit = lt_registry_get_unit(registry, i);
        const GPtrArray *life = lt_unit_get_life(unit);

        if (life->pdata[life->len - 1] == unit && g_strcmp0(lt_unit_get_row(unit)->valid_to, day) == 0)
            g_strv_builder_add(builder, lt_unit_get_id(unit));
    }
    return g_strv_builder_end(builder);
}

static gboolean
catch_up_with(const LtReorganisationWorld *world, const LtPendingReorganisation *pending, gint64 now_us, const char *actor_kind, const char *actor,
              LtRehomed *moved, GError **error)
{
    g_autoptr(GHashTable) answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(GStrv) closed = list_closed(world->known, pending->effective);
    Guide guide = { world->known, world, now_us, answers };
    LtHomes homes = { &guide, find_home, find_route };
    LtReorganisation change = { NULL, pending->digest, pending->effective, pending->basis, (const char *const *) closed, &homes, actor_kind, actor };
    LtRehomed some = { 0, 0, 0 };

    if (!lt_store_reorganise(world->store, &change, &some, error))
        return FALSE;
    moved->dossiers += some.dossiers;
    moved->deliveries += some.deliveries;
    moved->homeless += some.homeless;
    return TRUE;
}

gboolean
lt_reorganisation_catch_up(const LtReorganisationWorld *world, gint64 now_us, const char *actor_kind, const char *actor, LtRehomed *moved,
                           gint64 *next_us, GError **error)
{
    g_autoptr(GPtrArray) pending = lt_store_list_pending(world->store, error);

    *moved = (LtRehomed){ 0, 0, 0 };
    *next_us = 0;
    for (guint i = 0; pending != NULL && i < pending->len; i++) {
        const LtPendingReorganisation *one = pending->pdata[i];
        gint64 day_us = 0;

        lt_day_read(one->effective, &day_us);
        if (day_us > now_us)
            *next_us = *next_us == 0 ? day_us : MIN(*next_us, day_us);
        else if (!catch_up_with(world, one, now_us, actor_kind, actor, moved, error))
            return FALSE;
    }
    return pending != NULL;
}
