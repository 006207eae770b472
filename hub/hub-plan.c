/* SPDX-License-Identifier: Apache-2.0 */
/* hub-plan.c: one plan takes the place of another: by reload, by going back to a kept generation, or by itself when a changed endpoint fails more
 * often than the one before. Always whole or not at all, with a record; when anything is wrong, what was in force stays.
 */
#include "hub-private.h"

#include <string.h>

#include "routing/generation.h"

#define LOOK_BACK_MOST 64 /* generations that are searched for the one before a change */

gboolean
hub_is_halted(LtHub *self)
{
    return lt_store_get_state(self->store, NULL) == LT_STORE_HALTED;
}

void
hub_fail_with_faults(GError **error, const char *path, const LtFaults *faults)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < faults->len; i++)
        g_string_append_printf(text, "\n  %s", (const char *) faults->pdata[i]);
    lt_error_set(error, LT_ERROR_CONFIG, "config", "%s is not usable:%s", path, text->str);
}

/* The settings are chosen: load what they say, write it down, bring it into force. Under the lock. */
static gboolean
take(LtHub *self, World *world, const char *actor, LtFaults *faults)
{
    g_autoptr(LtPlan) previous = lt_intake_ref_plan(self->intake);
    g_autoptr(GPtrArray) plugins = NULL;
    g_autoptr(GError) error = NULL;
    LtHubSettings settings = { 0 };
    LtHubNews news;
    gboolean watch = strcmp(world->generation.origin, "reload") == 0;
    gboolean done = lt_hub_settings_read(world->settings, &settings, faults) && world_load(self, world, &settings, previous, faults);

    if (done) {
        plugins = lt_loader_take_news(self->loader);
        news = world_news(self, world, plugins, actor);
        done = lt_hub_record_change(self->store, &news, &error);
        if (done)
            world_put_in_force(self, world, watch);
        else
            lt_faults_add(faults, "%s", error->message);
    }
    lt_hub_settings_clear(&settings);
    return done;
}

gboolean
lt_hub_apply(LtHub *self, const char *actor, gboolean again, GPtrArray **faults)
{
    g_autoptr(LtFaults) found = lt_faults_new();
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&self->reload_lock);
    g_autoptr(GError) error = NULL;
    g_auto(World) world = { 0 };
    gboolean done;

    world.settings = lt_settings_load(self->config_path, &error);
    if (world.settings == NULL)
        lt_faults_add(found, "%s", error->message);
    done = world.settings != NULL && world_choose(self, &world, "reload", again, found) && take(self, &world, actor, found);
    *faults = g_steal_pointer(&found);
    return done;
}

gboolean
lt_hub_reload(LtHub *self, const char *actor, GPtrArray **faults)
{
    return lt_hub_apply(self, actor, FALSE, faults);
}

gboolean
lt_hub_refresh(LtHub *self, const char *actor, GPtrArray **faults)
{
    g_autoptr(LtFaults) found = lt_faults_new();
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&self->reload_lock);
    g_autoptr(LtPlan) plan = lt_intake_ref_plan(self->intake);
    g_autoptr(LtGeneration) newest = lt_store_get_generation(self->store, 0, NULL);
    g_auto(World) world = { 0 };
    gboolean done;

    world.settings = lt_settings_ref(lt_plan_get_settings(plan));
    world.generation.origin = g_strdup("reload");
    world.generation.files = newest != NULL ? g_strdup(newest->files) : lt_generation_fingerprint(world.settings);
    done = take(self, &world, actor, found);
    *faults = g_steal_pointer(&found);
    return done;
}

/* What the hub goes back from stands on disk: its digest is kept, so that a start does not bring it back. */
static char *
fingerprint_of_disk(LtHub *self)
{
    g_autoptr(LtSettings) disk = lt_settings_load(self->config_path, NULL);

    return disk != NULL ? lt_generation_fingerprint(disk) : g_strdup("");
}

static gboolean
go_back(LtHub *self, const LtGeneration *kept, const char *only, const char *origin, const char *actor, LtFaults *faults)
{
    g_autoptr(LtPlan) plan = lt_intake_ref_plan(self->intake);
    g_auto(World) world = { 0 };

    world.settings = world_restore(self, kept, only, lt_plan_get_settings(plan), faults);
    if (world.settings == NULL)
        return FALSE;
    world.generation.origin = g_strdup(origin);
    world.generation.was = kept->number;
    world.generation.files = fingerprint_of_disk(self);
    return take(self, &world, actor, faults);
}

gboolean
lt_hub_rollback(LtHub *self, guint64 number, const char *actor, GPtrArray **faults)
{
    g_autoptr(LtFaults) found = lt_faults_new();
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&self->reload_lock);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtGeneration) newest = lt_store_get_generation(self->store, 0, &error);
    g_autoptr(LtGeneration) kept = NULL;
    gboolean done = FALSE;

    if (newest != NULL && number == 0)
        number = newest->number > 1 ? newest->number - 1 : newest->number;
    kept = newest != NULL ? lt_store_get_generation(self->store, number, &error) : NULL;
    if (kept == NULL)
        lt_faults_add(found, "%s", error->message);
    else if (strcmp(kept->digest, newest->digest) == 0)
        lt_faults_add(found, "generation %" G_GUINT64_FORMAT " says what is in force already", number);
    else
        done = go_back(self, kept, NULL, "rollback", actor, found);
    *faults = g_steal_pointer(&found);
    return done;
}

/* The newest generation in which this endpoint was other than now. */
static LtGeneration *
find_before(LtHub *self, const LtGeneration *newest, const char *endpoint)
{
    g_autofree char *wanted = g_strconcat("~endpoint ", endpoint, NULL);

    for (guint64 number = newest->number; number > 1 && newest->number - number < LOOK_BACK_MOST; number--) {
        g_autoptr(LtGeneration) older = lt_store_get_generation(self->store, number - 1, NULL);
        g_auto(GStrv) changes = older != NULL ? lt_generation_changes(older->text, newest->text) : NULL;

        if (changes != NULL && g_strv_contains((const char *const *) changes, wanted))
            return g_steal_pointer(&older);
    }
    return NULL;
}

static void
release_held(LtHub *self, const LtCanaryVerdict *verdict)
{
    for (guint i = 0; i < verdict->n_held; i++) {
        g_autoptr(GError) error = NULL;

        if (!lt_dispatcher_release(self->dispatcher, verdict->held[i], self->settings.unit, &error))
            g_message("delivery %" G_GINT64_FORMAT " stays held: %s", verdict->held[i], error->message);
    }
}

void
hub_on_canary(gpointer hub, const LtCanaryVerdict *verdict)
{
    LtHub *self = hub;
    g_autoptr(LtFaults) faults = lt_faults_new();
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->reload_lock);
    g_autoptr(LtGeneration) newest = lt_store_get_generation(self->store, 0, NULL);
    g_autoptr(LtGeneration) before = newest != NULL ? find_before(self, newest, verdict->endpoint) : NULL;
    gboolean done = before != NULL && go_back(self, before, verdict->endpoint, "canary", self->settings.unit, faults);

    g_clear_pointer(&locker, g_mutex_locker_free);
    g_warning("endpoint %s: %u of its first %u deliveries failed, %u of %u under the version before: %s", verdict->endpoint, verdict->n_failed,
              verdict->n_seen, verdict->old_failed, verdict->old_seen,
              done             ? "it has gone back to that version"
              : before == NULL ? "no version before it is kept; it stays as it is"
                               : "it could not go back:");
    for (guint i = 0; i < faults->len; i++)
        g_warning("%s", (const char *) faults->pdata[i]);
    if (done)
        release_held(self, verdict);
}
