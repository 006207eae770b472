/* SPDX-License-Identifier: Apache-2.0 */
/* hub.c: the wiring.
 *
 * Opens the parts in the order of the layers, so that a fault names the first part that is wrong, and closes them in
 * reverse. What may change while the hub runs (trust, registry, plan) is in hub-world.c and hub-plan.c.
 */
#include "hub-private.h"

#include <errno.h>
#include <string.h>

#include "hub-records.h"
#include "trust/authority.h"
#include "trust/payload.h"

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

/* On the thread of the verb that it cost. */
static void
on_crash(gpointer hub, const LtLoaded *loaded, const GError *cause)
{
    LtHub *self = hub;
    g_autoptr(GError) error = NULL;
    gboolean is_first;

    g_mutex_lock(&self->crash_lock);
    is_first = g_hash_table_add(self->crashed, g_strdup(loaded->sha256));
    g_mutex_unlock(&self->crash_lock);
    g_warning("%s", cause->message);
    if (!lt_hub_record_crash(self->store, self->settings.unit, loaded, is_first, &error))
        g_warning("the crash of plugin %s could not be recorded: %s", loaded->plugin.name, error->message);
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
    lt_loader_on_crash(self->loader, on_crash, self);
    self->link = lt_link_thread_new(error);
    if (self->link == NULL)
        return FALSE;
    intake.store = self->store;
    intake.signer = self->signer;
    intake.payloads = self->payloads;
    self->intake = lt_intake_new(&intake);
    self->dispatcher = lt_dispatcher_new(self->store, self->intake, (guint) s->workers);
    self->alerts = g_thread_pool_new_full(hub_send_alert, self, g_free, 1, FALSE, NULL);
    lt_dispatcher_on_alert(self->dispatcher, hub_on_alert, self);
    lt_dispatcher_on_canary(self->dispatcher, hub_on_canary, self);
    lt_intake_set_dispatcher(self->intake, self->dispatcher);
    return TRUE;
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
    g_mutex_init(&self->crash_lock);
    self->crashed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->config_path = g_strdup(options->config_path);
    self->demo = options->demo;
    self->port = options->port;
    world.settings = lt_settings_load(options->config_path, error);
    if (world.settings == NULL)
        return NULL;
    if (!lt_hub_settings_read(world.settings, &self->settings, faults)) {
        hub_fail_with_faults(error, self->config_path, faults);
        return NULL;
    }
    if (!check_demo(self, error) || !open_parts(self, error) || !hub_open_attestor(self, world.settings, error))
        return NULL;
    if (!world_choose(self, &world, "start", FALSE, faults) || !world_load(self, &world, &self->settings, NULL, faults)) {
        hub_fail_with_faults(error, self->config_path, faults);
        return NULL;
    }
    world_put_in_force(self, &world, FALSE);
    for (guint i = 0; i < faults->len; i++)
        g_message("%s", (const char *) faults->pdata[i]);
    plugins = lt_loader_take_news(self->loader);
    news = world_news(self, &world, plugins, NULL);
    if (!hub_is_halted(self) && !lt_hub_record_start(self->store, &news, error))
        return NULL;
    return g_steal_pointer(&self);
}

static gboolean
on_reload(gpointer hub, const char *actor, gboolean again, GPtrArray **faults)
{
    return lt_hub_apply(hub, actor, again, faults);
}

static gboolean
on_rollback(gpointer hub, const char *actor, guint64 number, GPtrArray **faults)
{
    return lt_hub_rollback(hub, number, actor, faults);
}

/* Units, keys or tokens changed in the store: a new snapshot, and the plan checked against it. */
static gboolean
on_refresh_registry(gpointer hub, GError **error)
{
    LtHub *self = hub;
    g_autoptr(GPtrArray) faults = NULL;

    if (lt_hub_refresh(self, self->settings.unit, &faults))
        return TRUE;
    hub_fail_with_faults(error, self->config_path, faults);
    return FALSE;
}

static void
start_self_check(LtHub *self)
{
    LtSelfCheckOptions options = { .unit = self->settings.unit, .every_us = self->settings.check_every };

    if (hub_is_halted(self))
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
                          .unit = s->unit, .demo = self->demo, .evidence = &self->evidence, .peers = self->peers, .attestor = self->attestor, .hub = self, .reload = on_reload, .rollback = on_rollback, .refresh_registry = on_refresh_registry };
    LtHttpOptions http = { .peer_socket = s->peer_socket, .api_socket = s->api_socket, .admin_socket = s->admin_socket,
                           .proxy_user = s->proxy_user, .demo_port = self->port, .n_threads = (guint) s->threads,
                           .max_open = (guint) s->max_open, .max_body = (guint64) s->max_bytes,
                           .head_us = s->head_timeout, .body_us = s->body_timeout, .idle_us = s->idle_timeout,
                           .quota = { (guint64) s->hour_messages, (guint64) s->hour_bytes, (guint64) s->day_messages, (guint64) s->day_bytes } };

    self->evidence = (LtEvidenceRequest){ .store = self->store, .signer = self->signer, .anchors = s->anchors, .crl = s->crl, .actor_kind = "hub",
                                          .actor = s->unit, .quorum = self->peers->witnesses->len > 0 ? (guint) s->quorum : 0,
                                          .witness_keys = (const char *const *) self->witness_keys,
                                          .tsa_ca = self->peers->timestamp != NULL ? self->peers->timestamp->tsa_ca : NULL };
    self->server = lt_http_server_new(&parts, &http, error);
    if (self->server == NULL)
        return FALSE;
    self->port = lt_http_server_get_port(self->server);
    if (!hub_is_halted(self)) {
        self->caretaker = lt_caretaker_new(self->store, self->intake, self->dispatcher);
        lt_intake_set_caretaker(self->intake, self->caretaker);
    }
    start_self_check(self);
    if (self->attestor != NULL && !hub_is_halted(self))
        lt_attestor_start(self->attestor);
    return TRUE;
}

/* Behind the workers, which may still hand something in. */
static void
end_caretaker(LtHub *self)
{
    lt_intake_set_caretaker(self->intake, NULL);
    g_clear_pointer(&self->caretaker, lt_caretaker_free);
}

void
lt_hub_stop(LtHub *self, const char *why, gint64 grace_us)
{
    g_autoptr(GError) error = NULL;
    gint64 until_us = g_get_monotonic_time() + grace_us;

    g_clear_pointer(&self->self_check, lt_self_check_free);
    g_clear_pointer(&self->attestor, lt_attestor_free);
    if (self->server != NULL)
        lt_http_server_stop(self->server, grace_us / 2);
    if (self->dispatcher != NULL)
        lt_dispatcher_stop(self->dispatcher, MAX(until_us - g_get_monotonic_time(), 0));
    if (self->caretaker != NULL)
        end_caretaker(self);
    if (self->store != NULL && !hub_is_halted(self) && !lt_hub_record_stop(self->store, self->settings.unit, why, &error))
        g_warning("the stop could not be recorded: %s", error->message);
}

void
lt_hub_free(LtHub *self)
{
    g_clear_pointer(&self->self_check, lt_self_check_free);
    g_clear_pointer(&self->attestor, lt_attestor_free);
    g_clear_pointer(&self->server, lt_http_server_free);
    g_clear_pointer(&self->caretaker, lt_caretaker_free);
    g_clear_pointer(&self->dispatcher, lt_dispatcher_free);
    if (self->alerts != NULL)
        g_thread_pool_free(g_steal_pointer(&self->alerts), TRUE, TRUE);
    g_clear_pointer(&self->intake, lt_intake_free);
    g_clear_pointer(&self->link, lt_link_thread_free);
    g_clear_pointer(&self->peers, lt_peers_free);
    g_clear_pointer(&self->witness_keys, g_strfreev);
    g_clear_pointer(&self->loader, lt_loader_free);
    g_clear_pointer(&self->payloads, lt_payloads_free);
    g_clear_pointer(&self->store, lt_store_close);
    g_clear_pointer(&self->signer, lt_signer_unref);
    lt_hub_settings_clear(&self->settings);
    g_mutex_clear(&self->reload_lock);
    g_mutex_clear(&self->crash_lock);
    g_hash_table_unref(self->crashed);
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
