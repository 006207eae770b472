/* SPDX-License-Identifier: Apache-2.0 */
/* hub.c: the wiring.
 *
 * Opens the parts in the order of the layers, so that a fault names the first part that is wrong, and closes them in
 * reverse. What may change while the hub runs (trust, registry, plan) is loaded whole beside the old and swapped at
 * once; when anything is wrong the old stays and every reason is told.
 */
#include "hub.h"

#include <errno.h>
#include <string.h>

#include "hub-records.h"
#include "store/self-check.h"
#include "trust/authority.h"
#include "trust/payload.h"

struct _LtHub {
    char *config_path;
    gboolean demo;
    guint port;
    LtHubSettings settings;
    char *digest; /* of the configuration in force */
    LtSigner *signer;
    LtStore *store;
    LtPayloads *payloads;
    LtLoader *loader;
    LtLinkThread *link;
    LtIntake *intake;
    LtDispatcher *dispatcher;
    LtHttpServer *server;
    LtEvidenceRequest evidence; /* what every evidence file has */
    LtSelfCheck *self_check;
    guint64 generation;
    GMutex reload_lock; /* one reload at a time */
};

/* What one configuration says of the world, loaded beside the one in force. */
typedef struct {
    LtSettings *settings;
    LtTrust *trust;
    LtRegistry *registry;
    LtPlan *plan;
    char *digest; /* of all files that say it */
} World;

static void
world_clear(World *world)
{
    g_clear_pointer(&world->plan, lt_plan_unref);
    g_clear_pointer(&world->registry, lt_registry_unref);
    g_clear_pointer(&world->trust, lt_trust_unref);
    g_clear_pointer(&world->settings, lt_settings_unref);
    g_clear_pointer(&world->digest, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

static LtRegistry *
load_registry(LtStore *store, GError **error)
{
    LtRegistryRows *rows = lt_store_load_registry(store, error);

    return rows == NULL ? NULL : lt_registry_new(rows, error);
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

static gboolean
world_load(LtHub *self, World *world, const LtHubSettings *settings, LtPlan *previous, LtFaults *faults)
{
    LtEndpointShared shared = { self->loader, self->link };
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
    world->plan = lt_plan_load(world->settings, world->registry, &shared, self->generation + 1, previous, faults);
    if (world->trust == NULL || world->plan == NULL)
        return FALSE;
    world->digest = world_digest(world);
    return TRUE;
}

static void
fail_with_faults(GError **error, const char *path, const LtFaults *faults)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < faults->len; i++)
        g_string_append_printf(text, "\n  %s", (const char *) faults->pdata[i]);
    lt_error_set(error, LT_ERROR_CONFIG, "config", "%s is not usable:%s", path, text->str);
}

/* Loopback TCP has no TLS: a hub that listens there must not be able to speak for a real office (security.md §1). */
static gboolean
check_demo(const LtHub *self, GError **error)
{
    gboolean from_demo = FALSE;

    if (!self->demo)
        return TRUE;
    if (!lt_authority_is_demo(self->settings.certificate, &from_demo, error))
        return FALSE;
    if (!from_demo)
        lt_error_set(error, LT_ERROR_CONFIG, "demo", "--demo takes only certificates of a demo CA (lthub pki init --demo), which %s is not",
                     self->settings.certificate);
    return from_demo;
}

static gboolean
open_parts(LtHub *self, GError **error)
{
    const LtHubSettings *s = &self->settings;
    LtSignerOptions keys = lt_hub_settings_signer(s);
    LtStoreOptions store = { .folder = s->folder, .demo = self->demo, .cache_bytes = s->cache, .reserve_bytes = s->reserve,
                             .group_max = s->group_max, .group_wait_us = s->group_wait };
    LtIntakeOptions intake = { .max_bytes = (guint64) s->max_bytes };

    if (g_mkdir_with_parents(s->folder, 0700) != 0) {
        lt_error_set(error, LT_ERROR_CONFIG, "store.folder", "[hub] folder: cannot make %s: %s", s->folder, g_strerror(errno));
        return FALSE;
    }
    if (g_mkdir_with_parents(keys.state, 0700) != 0) {
        lt_error_set(error, LT_ERROR_CONFIG, "signer.state", "[hub] signer_state: cannot make %s: %s", keys.state, g_strerror(errno));
        return FALSE;
    }
    self->signer = lt_signer_open(&keys, error);
    if (self->signer == NULL)
        return FALSE;
    store.signer = self->signer;
    self->store = lt_store_open(&store, error);
    if (self->store == NULL)
        return FALSE;
    self->payloads = lt_payloads_load(error);
    if (self->payloads == NULL)
        return FALSE;
    self->loader = lt_loader_new(g_getenv("LTHUB_PLUGINS"));
    self->link = lt_link_thread_new(error);
    if (self->link == NULL)
        return FALSE;
    intake.store = self->store;
    intake.signer = self->signer;
    intake.payloads = self->payloads;
    self->intake = lt_intake_new(&intake);
    self->dispatcher = lt_dispatcher_new(self->store, self->intake, (guint) s->workers);
    lt_intake_set_dispatcher(self->intake, self->dispatcher);
    return TRUE;
}

/* Halted: what is there can be read and exported; nothing is taken and nothing delivered, because no outcome could be recorded. */
static gboolean
is_halted(LtHub *self)
{
    return lt_store_get_state(self->store, NULL) == LT_STORE_HALTED;
}

static void
put_in_force(LtHub *self, const World *world)
{
    self->generation = lt_plan_get_generation(world->plan);
    g_free(self->digest);
    self->digest = g_strdup(world->digest);
    lt_intake_set_world(self->intake, world->trust, world->registry, world->plan);
    if (!is_halted(self))
        lt_dispatcher_set_plan(self->dispatcher, world->plan);
}

static LtHubNews
tell(const LtHub *self, const World *world, GPtrArray *plugins, const char *actor)
{
    return (LtHubNews) { .unit = self->settings.unit, .actor = actor, .digest = world->digest, .trust = world->trust, .plugins = plugins,
                         .generation = lt_plan_get_generation(world->plan) };
}

LtHub *
lt_hub_open(const LtHubOptions *options, GError **error)
{
    g_autoptr(LtHub) self = g_new0(LtHub, 1);
    g_autoptr(LtFaults) faults = lt_faults_new();
    g_autoptr(GPtrArray) plugins = NULL;
    g_auto(World) world = { 0 };
    LtHubNews news = { 0 };

    g_mutex_init(&self->reload_lock);
    self->config_path = g_strdup(options->config_path);
    self->demo = options->demo;
    self->port = options->port;
    world.settings = lt_settings_load(options->config_path, error);
    if (world.settings == NULL)
        return NULL;
    if (!lt_hub_settings_read(world.settings, &self->settings, faults)) {
        fail_with_faults(error, self->config_path, faults);
        return NULL;
    }
    if (!check_demo(self, error) || !open_parts(self, error))
        return NULL;
    if (!world_load(self, &world, &self->settings, NULL, faults)) {
        fail_with_faults(error, self->config_path, faults);
        return NULL;
    }
    put_in_force(self, &world);
    for (guint i = 0; i < faults->len; i++)
        g_message("%s", (const char *) faults->pdata[i]);
    plugins = lt_loader_take_news(self->loader);
    news = tell(self, &world, plugins, NULL);
    if (!is_halted(self) && !lt_hub_record_start(self->store, &news, error))
        return NULL;
    return g_steal_pointer(&self);
}

static gboolean
on_reload(gpointer hub, const char *actor, GPtrArray **faults)
{
    return lt_hub_reload(hub, actor, faults);
}

/* Units, keys or tokens changed in the store: a new snapshot, and the plan checked against it. */
static gboolean
on_refresh_registry(gpointer hub, GError **error)
{
    LtHub *self = hub;
    g_autoptr(GPtrArray) faults = NULL;

    if (lt_hub_reload(self, self->settings.unit, &faults))
        return TRUE;
    fail_with_faults(error, self->config_path, faults);
    return FALSE;
}

static void
start_self_check(LtHub *self)
{
    LtSelfCheckOptions options = { .unit = self->settings.unit, .every_us = self->settings.check_every };

    if (is_halted(self))
        return;
    lt_hub_settings_time_of_day(self->settings.full_check_at, &options.full_at_us);
    self->self_check = lt_self_check_new(self->store, &options);
    lt_self_check_start(self->self_check);
}

gboolean
lt_hub_start(LtHub *self, GError **error)
{
    const LtHubSettings *s = &self->settings;
    LtHttpParts parts = { .store = self->store, .intake = self->intake, .dispatcher = self->dispatcher, .signer = self->signer,
                          .unit = s->unit, .demo = self->demo, .evidence = &self->evidence, .hub = self, .reload = on_reload, .refresh_registry = on_refresh_registry };
    LtHttpOptions http = { .peer_socket = s->peer_socket, .api_socket = s->api_socket, .admin_socket = s->admin_socket,
                           .proxy_user = s->proxy_user, .demo_port = self->port, .n_threads = (guint) s->threads,
                           .max_open = (guint) s->max_open, .max_body = (guint64) s->max_bytes,
                           .head_us = s->head_timeout, .body_us = s->body_timeout, .idle_us = s->idle_timeout,
                           .quota = { (guint64) s->hour_messages, (guint64) s->hour_bytes, (guint64) s->day_messages, (guint64) s->day_bytes } };

    self->evidence = (LtEvidenceRequest){ .store = self->store, .signer = self->signer, .anchors = s->anchors, .crl = s->crl, .actor_kind = "hub",
                                          .actor = s->unit };
    self->server = lt_http_server_new(&parts, &http, error);
    if (self->server == NULL)
        return FALSE;
    self->port = lt_http_server_get_port(self->server);
    start_self_check(self);
    return TRUE;
}

gboolean
lt_hub_reload(LtHub *self, const char *actor, GPtrArray **faults)
{
    g_autoptr(LtFaults) found = lt_faults_new();
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->reload_lock);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtPlan) previous = lt_intake_ref_plan(self->intake);
    g_auto(World) world = { 0 };
    LtHubSettings settings = { 0 };
    g_autoptr(GPtrArray) plugins = NULL;
    LtHubNews news = { 0 };
    gboolean done = FALSE;

    world.settings = lt_settings_load(self->config_path, &error);
    if (world.settings == NULL)
        lt_faults_add(found, "%s", error->message);
    else if (lt_hub_settings_read(world.settings, &settings, found) && world_load(self, &world, &settings, previous, found)) {
        plugins = lt_loader_take_news(self->loader);
        news = tell(self, &world, plugins, actor);
        done = lt_hub_record_change(self->store, &news, &error);
        if (done)
            put_in_force(self, &world);
        else
            lt_faults_add(found, "%s", error->message);
    }
    lt_hub_settings_clear(&settings);
    *faults = g_steal_pointer(&found);
    return done;
}

void
lt_hub_stop(LtHub *self, const char *why, gint64 grace_us)
{
    g_autoptr(GError) error = NULL;
    gint64 until_us = g_get_monotonic_time() + grace_us;

    g_clear_pointer(&self->self_check, lt_self_check_free);
    if (self->server != NULL)
        lt_http_server_stop(self->server, grace_us / 2);
    if (self->dispatcher != NULL)
        lt_dispatcher_stop(self->dispatcher, MAX(until_us - g_get_monotonic_time(), 0));
    if (self->store != NULL && !is_halted(self) && !lt_hub_record_stop(self->store, self->settings.unit, why, &error))
        g_warning("the stop could not be recorded: %s", error->message);
}

void
lt_hub_free(LtHub *self)
{
    g_clear_pointer(&self->self_check, lt_self_check_free);
    g_clear_pointer(&self->server, lt_http_server_free);
    g_clear_pointer(&self->dispatcher, lt_dispatcher_free);
    g_clear_pointer(&self->intake, lt_intake_free);
    g_clear_pointer(&self->link, lt_link_thread_free);
    g_clear_pointer(&self->loader, lt_loader_free);
    g_clear_pointer(&self->payloads, lt_payloads_free);
    g_clear_pointer(&self->store, lt_store_close);
    g_clear_pointer(&self->signer, lt_signer_unref);
    lt_hub_settings_clear(&self->settings);
    g_mutex_clear(&self->reload_lock);
    g_free(self->digest);
    g_free(self->config_path);
    g_free(self);
}

guint
lt_hub_get_port(LtHub *self)
{
    return self->port;
}

LtStore *
lt_hub_get_store(LtHub *self)
{
    return self->store;
}
