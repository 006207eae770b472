/* SPDX-License-Identifier: Apache-2.0 */
/* hub-world.c: what one configuration says: trust, registry and plan, loaded whole beside what is in force, and the plan's place among the
 * generations.
 *
 * The files on disk are what is meant. After a rollback they are still what was rolled back from: until somebody changes them, the
 * generation that was gone back to is what a start and a reload bring into force.
 */
#include "hub-private.h"

#include <string.h>

#include "routing/generation.h"

#define FOLDER "plans" /* below that of the store: files of earlier generations */

void
world_clear(World *world)
{
    g_clear_pointer(&world->plan, lt_plan_unref);
    g_clear_pointer(&world->catalogue, lt_catalogue_unref);
    g_clear_pointer(&world->registry, lt_registry_unref);
    g_clear_pointer(&world->trust, lt_trust_unref);
    g_clear_pointer(&world->settings, lt_settings_unref);
    g_clear_pointer(&world->digest, g_free);
    g_clear_pointer(&world->files, g_hash_table_unref);
    g_clear_pointer(&world->generation.actor, g_free);
    g_clear_pointer(&world->generation.origin, g_free);
    g_clear_pointer(&world->generation.files, g_free);
    g_clear_pointer(&world->generation.digest, g_free);
    g_clear_pointer(&world->generation.changes, g_free);
    g_clear_pointer(&world->generation.text, g_free);
}

static LtRegistry *
load_registry(LtStore *store, GError **error)
{
    LtRegistryRows *rows = lt_store_load_registry(store, error);

    return rows == NULL ? NULL : lt_registry_new(rows, error);
}

static LtCatalogue *
load_catalogue(LtStore *store, GError **error)
{
    GPtrArray *rows = lt_store_load_procedures(store, error);

    return rows == NULL ? NULL : lt_catalogue_new(rows, error);
}

/* The configuration's own digest, unless a file beside it has a say, too. */
static char *
world_digest(const World *world)
{
    const char *own = lt_settings_get_digest(world->settings);
    const char *algorithms = lt_algorithms_get_digest(lt_trust_get_algorithms(world->trust));
    g_autofree char *both = NULL;

    if (algorithms == NULL)
        return g_strdup(own);
    both = g_strconcat(own, "\n", algorithms, "\n", NULL);
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, both, -1);
}

static GBytes *
get_kept_file(gpointer store, const char *digest)
{
    return lt_store_get_generation_file(store, digest);
}

LtSettings *
world_restore(LtHub *self, const LtGeneration *kept, const char *only, LtSettings *current, LtFaults *faults)
{
    g_autofree char *folder = g_build_filename(self->settings.folder, FOLDER, NULL);

    return lt_generation_restore(kept->text, only, current, get_kept_file, self->store, folder, faults);
}

gboolean
world_choose(LtHub *self, World *world, const char *origin, gboolean again, LtFaults *faults)
{
    g_autoptr(LtGeneration) newest = lt_store_get_generation(self->store, 0, NULL);
    LtSettings *restored;

    world->generation.origin = g_strdup(origin);
    world->generation.files = lt_generation_fingerprint(world->settings);
    if (again || newest == NULL || newest->was == 0 || strcmp(newest->files, world->generation.files) != 0)
        return TRUE;
    restored = world_restore(self, newest, NULL, world->settings, faults);
    if (restored == NULL)
        return FALSE;
    lt_settings_unref(world->settings);
    world->settings = restored;
    lt_faults_add(faults, "warning: the files are those from which the hub has gone back to generation %" G_GUINT64_FORMAT " of the plan, so that stays in force; "
                  "change them, or take them all the same: lthub plan apply --again", newest->was);
    return TRUE;
}

/* Its number: that of the newest generation, as long as nothing of it has changed. */
static void
number_plan(LtHub *self, World *world)
{
    g_autoptr(LtGeneration) newest = lt_store_get_generation(self->store, 0, NULL);
    LtGeneration *own = &world->generation;
    g_auto(GStrv) changes = NULL;

    world->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
    own->text = lt_generation_write(world->plan, world->files);
    own->digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, own->text, -1);
    changes = lt_generation_changes(newest != NULL ? newest->text : "", own->text);
    own->changes = g_strjoinv("\n", changes);
    world->is_new = newest == NULL || strcmp(newest->digest, own->digest) != 0 || own->was != 0;
    own->number = (newest != NULL ? newest->number : 0) + (world->is_new ? 1 : 0);
    lt_plan_set_generation(world->plan, own->number);
}

gboolean
world_load(LtHub *self, World *world, const LtHubSettings *settings, LtPlan *previous, LtFaults *faults)
{
    LtEndpointShared shared = { self->loader, self->link, NULL };
    g_autoptr(GError) error = NULL;

    world->trust = lt_hub_settings_load_trust(settings, &error);
    if (world->trust == NULL) {
        lt_faults_add(faults, "%s: [trust]: %s", self->config_path, error->message);
        g_clear_error(&error);
    }
    world->registry = load_registry(self->store, &error);
    if (world->registry == NULL) {
        lt_faults_add(faults, "units: %s", error->message);
        return FALSE;
    }
    world->catalogue = load_catalogue(self->store, &error);
    if (world->catalogue == NULL) {
        lt_faults_add(faults, "procedures: %s", error->message);
        return FALSE;
    }
    world->plan = lt_plan_load(world->settings, world->registry, &shared, 0, previous, faults);
    if (world->trust == NULL || world->plan == NULL)
        return FALSE;
    world->digest = world_digest(world);
    number_plan(self, world);
    return TRUE;
}

void
world_put_in_force(LtHub *self, const World *world, gboolean watch)
{
    g_free(self->digest);
    self->digest = g_strdup(world->digest);
    lt_intake_set_world(self->intake, world->trust, world->registry, world->catalogue, world->plan);
    if (!hub_is_halted(self))
        lt_dispatcher_set_plan(self->dispatcher, world->plan, watch);
    if (self->caretaker != NULL)
        lt_caretaker_wake(self->caretaker); /* other units: what was on its way to them when they changed */
}

LtHubNews
world_news(LtHub *self, const World *world, GPtrArray *plugins, const char *actor)
{
    return (LtHubNews) { .unit = self->settings.unit, .actor = actor, .digest = world->digest, .trust = world->trust, .plugins = plugins,
                         .plan = &world->generation, .plan_is_new = world->is_new, .files = world->files };
}
