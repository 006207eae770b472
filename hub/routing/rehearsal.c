/* SPDX-License-Identifier: Apache-2.0 */
/* rehearsal.c: what a re-organisation would do, without doing it: units, what is under way, and what hangs on units that end. */
#include "routing/rehearsal.h"

#include <string.h>

#include "registry/change.h"
#include "registry/day.h"

static void
move_free(LtMove *self)
{
    g_free(self->unit);
    g_free(self->procedure);
    g_free(self->successor);
    g_free(self->why);
    g_free(self->code);
    g_free(self);
}

static void
loose_free(LtLoose *self)
{
    g_free(self->kind);
    g_free(self->name);
    g_free(self->unit);
    g_free(self->text);
    g_free(self);
}

void
lt_rehearsal_free(LtRehearsal *self)
{
    if (self == NULL)
        return;
    g_free(self->effective);
    g_ptr_array_unref(self->closed);
    g_ptr_array_unref(self->begun);
    g_ptr_array_unref(self->changed);
    g_ptr_array_unref(self->moves);
    g_ptr_array_unref(self->loose);
    g_free(self);
}

gboolean
lt_rehearsal_is_sound(const LtRehearsal *self)
{
    return self->homeless == 0;
}

gboolean
lt_rehearsal_check(const LtRehearsal *self, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (lt_rehearsal_is_sound(self))
        return TRUE;
    for (guint i = 0; i < self->moves->len; i++) {
        const LtMove *move = self->moves->pdata[i];

        if (move->successor == NULL)
            g_string_append_printf(text, "\n%s, procedure %s: %" G_GUINT64_FORMAT " dossiers, %" G_GUINT64_FORMAT " deliveries: %s", move->unit,
                                   move->procedure != NULL ? move->procedure : "-", move->dossiers, move->deliveries, move->why);
    }
    lt_error_set(error, LT_ERROR_CONFLICT, "reorganisation.homeless", "nothing was changed, because not everything has a home:%s", text->str);
    return FALSE;
}

const char *
lt_area_of(LtCatalogue *catalogue, const char *procedure, gint64 at_us)
{
    const LtProcedureRow *row = catalogue != NULL && procedure != NULL ? lt_catalogue_find(catalogue, procedure, at_us) : NULL;
    const GPtrArray *versions = row == NULL && catalogue != NULL && procedure != NULL ? lt_catalogue_history(catalogue, procedure) : NULL;

    if (versions != NULL) /* published once: its field is what it was last */
        row = versions->pdata[versions->len - 1];
    return row != NULL ? row->field : NULL;
}

/* One rehearsal under way. */
typedef struct {
    const LtReorganisationWorld *world;
    LtRegistry *after;
    gint64 day_us;
    LtRehearsal *out;
} Play;

/* The day of the rows: on it the newest of their facts begin or end. */
static gboolean
find_day(const LtRegistryRows *rows, LtRegistry *known, char **day, GError **error)
{
    const char *end = NULL, *begin = NULL;

    for (guint i = 0; i < rows->units->len; i++) {
        const LtUnitRow *row = rows->units->pdata[i];
        const LtUnit *old = lt_registry_lookup(known, row->id);
        gint64 from_us = 0;

        lt_day_read(row->valid_from, &from_us);
        if (old != NULL)
            old = lt_registry_lookup_at(known, row->id, from_us);
        if (row->valid_to != NULL && (old == NULL || g_strcmp0(lt_unit_get_row(old)->valid_to, row->valid_to) != 0)) {
            if (end != NULL && strcmp(end, row->valid_to) != 0) {
                lt_error_set(error, LT_ERROR_INVALID, "reorganisation.days", "units end on %s and on %s: rehearse one day after the other", end,
                             row->valid_to);
                return FALSE;
            }
            end = row->valid_to;
        }
        if (old == NULL || strcmp(lt_unit_get_row(old)->valid_from, row->valid_from) != 0)
            begin = begin == NULL || strcmp(begin, row->valid_from) < 0 ? row->valid_from : begin;
    }
    *day = g_strdup(end != NULL ? end : begin);
    if (*day == NULL)
        lt_error_set(error, LT_ERROR_INVALID, "reorganisation.days", "nothing would change: it is so already");
    return *day != NULL;
}

static void
sort_units(Play *play)
{
    for (guint i = 0; i < lt_registry_get_n_units(play->after); i++) {
        const LtUnit *unit = lt_registry_get_unit(play->after, i);
        const LtUnitRow *row = lt_unit_get_row(unit);
        const LtUnit *next = lt_registry_lookup_at(play->after, row->id, play->day_us);
        gboolean begins = strcmp(row->valid_from, play->out->effective) == 0;
        gboolean was = lt_unit_is_valid(lt_registry_lookup_at(play->after, row->id, play->day_us - 1), play->day_us - 1);

        if (g_strcmp0(row->valid_to, play->out->effective) == 0 && !lt_unit_is_valid(next, play->day_us))
            g_ptr_array_add(play->out->closed, g_strdup(row->id));
        else if (begins)
            g_ptr_array_add(was ? play->out->changed : play->out->begun, g_strdup(row->id));
    }
}

static gboolean
play_moves(Play *play, GError **error)
{
    g_autoptr(GPtrArray) units = g_ptr_array_new();
    g_autoptr(GPtrArray) under_way = NULL;

    for (guint i = 0; i < play->out->closed->len; i++)
        g_ptr_array_add(units, play->out->closed->pdata[i]);
    g_ptr_array_add(units, NULL);
    under_way = lt_store_list_under_way(play->world->store, (const char *const *) units->pdata, error);
    for (guint i = 0; under_way != NULL && i < under_way->len; i++) {
        const LtUnderWay *row = under_way->pdata[i];
        const LtMatter matter = { row->procedure, lt_area_of(play->world->catalogue, row->procedure, play->day_us) };
        g_autoptr(GError) why = NULL;
        const char *basis;
        const LtUnit *home = lt_registry_receiver(play->after, row->unit, &matter, play->day_us, &basis, &why);
        LtMove *move = g_new0(LtMove, 1);

        *move = (LtMove){ g_strdup(row->unit), g_strdup(row->procedure), home != NULL ? g_strdup(lt_unit_get_id(home)) : NULL,
                          home == NULL ? g_strdup(why->message) : NULL, g_strdup(row->code), row->dossiers, row->deliveries };
        g_ptr_array_add(play->out->moves, move);
        play->out->dossiers += row->dossiers;
        play->out->deliveries += row->deliveries;
        play->out->homeless += home == NULL ? row->dossiers + row->deliveries : 0;
    }
    return under_way != NULL;
}

static void
add_loose(Play *play, const char *kind, const char *name, const char *unit, const char *format, ...) G_GNUC_PRINTF(5, 6);

static void
add_loose(Play *play, const char *kind, const char *name, const char *unit, const char *format, ...)
{
    LtLoose *loose = g_new0(LtLoose, 1);
    va_list arguments;

    va_start(arguments, format);
    *loose = (LtLoose){ g_strdup(kind), g_strdup(name), g_strdup(unit), g_strdup_vprintf(format, arguments) };
    va_end(arguments);
    g_ptr_array_add(play->out->loose, loose);
}

static void
play_wiring(Play *play, const char *unit)
{
    const LtRouteTable *routes = play->world->routes;
    g_autoptr(GPtrArray) endpoints = lt_route_table_list_endpoints(routes, unit);

    for (guint i = 0; i < endpoints->len; i++)
        add_loose(play, "endpoint", endpoints->pdata[i], unit, "serves %s, which ends: name the successors in its `units`", unit);
    for (guint i = 0; i < lt_route_table_get_n_routes(routes); i++) {
        const LtRoute *route = lt_route_table_get_route(routes, i);

        if (lt_route_names(route, unit))
            add_loose(play, "route", lt_route_get_name(route), unit, "names %s, which ends: it will match nothing", unit);
    }
}

static void
play_access(Play *play, const char *unit)
{
    const LtRegistryRows *rows = lt_registry_get_rows(play->after);

    for (guint i = 0; i < rows->keys->len; i++) {
        const LtUnitKeyRow *key = rows->keys->pdata[i];

        if (strcmp(key->unit, unit) == 0 && key->until_us == 0)
            add_loose(play, "key", key->spki, unit, "a key (%s) of %s, which counts no more: the successor registers its own", key->use, unit);
    }
    for (guint i = 0; i < rows->tokens->len; i++) {
        const LtTokenRow *token = rows->tokens->pdata[i];

        if (strcmp(token->unit, unit) == 0 && token->until_us == 0)
            add_loose(play, "token", token->id, unit, "a token of %s, which counts no more: the successor gets its own", unit);
    }
}

static gboolean
has_key(const LtRegistryRows *rows, const char *unit)
{
    for (guint i = 0; i < rows->keys->len; i++)
        if (strcmp(((const LtUnitKeyRow *) rows->keys->pdata[i])->unit, unit) == 0)
            return TRUE;
    return FALSE;
}

/* A unit that has other units' work must be reached and must be able to answer. */
static void
play_successor(Play *play, const char *id)
{
    const LtUnit *unit = lt_registry_lookup_at(play->after, id, play->day_us);

    if (play->world->routes != NULL && !lt_route_table_serves(play->world->routes, "dossier.submit", unit))
        add_loose(play, "successor", id, id, "no route takes a dossier to %s (%s)", id, lt_unit_get_name(unit));
    if (!has_key(lt_registry_get_rows(play->after), id))
        add_loose(play, "successor", id, id, "%s (%s) has no key yet", id, lt_unit_get_name(unit));
}

static void
play_loose(Play *play)
{
    g_autoptr(GHashTable) successors = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < play->out->closed->len; i++) {
        const char *unit = play->out->closed->pdata[i];
        const GPtrArray *rules = lt_unit_get_successors(lt_registry_lookup(play->after, unit));

        if (play->world->routes != NULL)
            play_wiring(play, unit);
        play_access(play, unit);
        if (rules == NULL)
            add_loose(play, "successor", unit, unit, "%s ends and has no successor: what is sent to it will be refused", unit);
        for (guint j = 0; rules != NULL && j < rules->len; j++) {
            const char *successor = ((const LtSuccessorRow *) rules->pdata[j])->successor;

            if (g_hash_table_add(successors, (gpointer) successor))
                play_successor(play, successor);
        }
    }
}

LtRehearsal *
lt_reorganisation_rehearse(const LtReorganisationWorld *world, const LtRegistryRows *rows, GError **error)
{
    g_autoptr(LtRegistry) after = lt_registry_with(world->known, rows, error);
    g_autoptr(LtRehearsal) out = g_new0(LtRehearsal, 1);
    Play play = { world, after, 0, out };

    out->closed = g_ptr_array_new_with_free_func(g_free);
    out->begun = g_ptr_array_new_with_free_func(g_free);
    out->changed = g_ptr_array_new_with_free_func(g_free);
    out->moves = g_ptr_array_new_with_free_func((GDestroyNotify) move_free);
    out->loose = g_ptr_array_new_with_free_func((GDestroyNotify) loose_free);
    if (after == NULL || !find_day(rows, world->known, &out->effective, error))
        return NULL;
    lt_day_read(out->effective, &play.day_us);
    sort_units(&play);
    if (!play_moves(&play, error))
        return NULL;
    play_loose(&play);
    return g_steal_pointer(&out);
}
