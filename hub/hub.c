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

#include "store/audit-log.h"
#include "trust/authority.h"
#include "trust/payload.h"

#define OBJECTS_MAX 63 /* of a list in the log */

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

/* Writes that have no state of their own but the log. */
static gboolean
write_stop(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const char *const *words = data; /* unit, why */
    LtRecord *record = lt_record_new("hub.stop", "hub", words[0]);

    lt_record_set_string(record, "why", words[1]);
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

/* A new configuration, and what was loaded for it; @actor NULL: at the start, where hub.start says the rest. */
typedef struct {
    LtHub *hub;
    const World *world;
    const char *actor;
    GPtrArray *plugins; /* of LtLoaded *, borrowed */
    guint64 n_entries;  /* at the start: of the log, before this */
} Change;

static gboolean
append_plugins(LtStoreTransaction *tx, const Change *change, GError **error)
{
    for (guint i = 0; i < change->plugins->len; i++) {
        const LtLoaded *loaded = change->plugins->pdata[i];
        LtRecord *record = lt_record_new("plugin.loaded", "hub", change->hub->settings.unit);

        lt_record_set_string(record, "name", loaded->plugin.name);
        lt_record_set_string(record, "ver", loaded->plugin.version);
        lt_record_set_string(record, "sha", loaded->sha256);
        if (!lt_store_append_record(tx, record, NULL, NULL, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
write_change(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Change *change = data;
    LtRecord *record = lt_record_new("cfg.changed", "hub", change->actor);
    g_autofree const char **algorithms = lt_algorithms_list(lt_trust_get_algorithms(change->world->trust));
    const char *objects[OBJECTS_MAX + 1] = { "configuration" };

    for (guint i = 0; i + 1 < OBJECTS_MAX && algorithms[i] != NULL; i++)
        objects[i + 1] = algorithms[i];
    lt_record_set_integer(record, "gen", (gint64) lt_plan_get_generation(change->world->plan));
    lt_record_set_string(record, "sha", change->world->digest);
    lt_record_set_strings(record, "obj", objects);
    return append_plugins(tx, change, error) && lt_store_append_record(tx, record, NULL, NULL, error);
}

/* A hub that starts has checked its log, or it would be halted: the entries that were read in full. */
static gboolean
append_check(LtStoreTransaction *tx, const Change *change, GError **error)
{
    LtRecord *record = lt_record_new("check.ok", "hub", change->hub->settings.unit);

    lt_record_set_integer(record, "from", (gint64) (change->n_entries - MIN(change->n_entries, LT_LOG_CHECK_TAIL)));
    lt_record_set_integer(record, "to", (gint64) change->n_entries - 1);
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

static gboolean
write_start(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Change *change = data;
    LtRecord *record = lt_record_new("hub.start", "hub", change->hub->settings.unit);

    lt_record_set_string(record, "ver", LT_VERSION);
    lt_record_set_string(record, "cfg", change->hub->digest);
    return append_plugins(tx, change, error) && lt_store_append_record(tx, record, NULL, NULL, error) && append_check(tx, change, error);
}

/* The entries that were there when the start check ran. */
static gboolean
record_start(LtHub *self, Change *start, GError **error)
{
    g_autoptr(LtLogHead) head = lt_store_log_head(self->store, error);

    if (head == NULL)
        return FALSE;
    start->n_entries = head->size;
    return lt_store_write(self->store, write_start, start, error);
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

LtHub *
lt_hub_open(const LtHubOptions *options, GError **error)
{
    g_autoptr(LtHub) self = g_new0(LtHub, 1);
    g_autoptr(LtFaults) faults = lt_faults_new();
    g_autoptr(GPtrArray) plugins = NULL;
    g_auto(World) world = { 0 };
    Change start = { self, &world, NULL, NULL, 0 };

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
    start.plugins = plugins;
    if (!is_halted(self) && !record_start(self, &start, error))
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

gboolean
lt_hub_start(LtHub *self, GError **error)
{
    const LtHubSettings *s = &self->settings;
    LtHttpParts parts = { .store = self->store, .intake = self->intake, .dispatcher = self->dispatcher, .signer = self->signer,
                          .unit = s->unit, .demo = self->demo, .hub = self, .reload = on_reload, .refresh_registry = on_refresh_registry };
    LtHttpOptions http = { .peer_socket = s->peer_socket, .api_socket = s->api_socket, .admin_socket = s->admin_socket,
                           .proxy_user = s->proxy_user, .demo_port = self->port, .n_threads = (guint) s->threads,
                           .max_open = (guint) s->max_open, .max_body = (guint64) s->max_bytes,
                           .head_us = s->head_timeout, .body_us = s->body_timeout, .idle_us = s->idle_timeout,
                           .quota = { (guint64) s->hour_messages, (guint64) s->hour_bytes, (guint64) s->day_messages, (guint64) s->day_bytes } };

    self->server = lt_http_server_new(&parts, &http, error);
    if (self->server == NULL)
        return FALSE;
    self->port = lt_http_server_get_port(self->server);
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
    Change change = { self, &world, actor, NULL };
    gboolean done = FALSE;

    world.settings = lt_settings_load(self->config_path, &error);
    if (world.settings == NULL)
        lt_faults_add(found, "%s", error->message);
    else if (lt_hub_settings_read(world.settings, &settings, found) && world_load(self, &world, &settings, previous, found)) {
        change.plugins = plugins = lt_loader_take_news(self->loader);
        done = lt_store_write(self->store, write_change, &change, &error);
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
    const char *words[] = { self->settings.unit, why };
    g_autoptr(GError) error = NULL;
    gint64 until_us = g_get_monotonic_time() + grace_us;

    if (self->server != NULL)
        lt_http_server_stop(self->server, grace_us / 2);
    if (self->dispatcher != NULL)
        lt_dispatcher_stop(self->dispatcher, MAX(until_us - g_get_monotonic_time(), 0));
    if (self->store != NULL && !is_halted(self) && !lt_store_write(self->store, write_stop, words, &error))
        g_warning("the stop could not be recorded: %s", error->message);
}

void
lt_hub_free(LtHub *self)
{
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
