/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.c: a plugin, one zeroed struct of its own filled from the section, and a link.
 *
 * An endpoint never changes: a reload makes a new one, the old one lives until its last verb has returned. A verb runs on its caller's
 * thread with a deadline; past it the verb is cancelled, and while it still runs it counts as stuck.
 */
#include "routing/endpoint.h"

#include <sys/stat.h>

#include "routing/call.h"
#include "routing/host.h"

struct _LtEndpoint {
    gatomicrefcount references;
    char *name;
    const LtLoaded *loaded;
    LtEndpointSettings settings;
    gpointer self; /* the plugin's struct */
    gboolean is_open;
    LtLinkTarget *target; /* nullable */
    LtTranscript *transcript;
    LtCallMode mode;
    const LtScript *script; /* nullable: in place of the link */
    char *files;      /* what lt_endpoint_is_current() compares */
    GMutex mutex;     /* guards running */
    GPtrArray *running; /* of Verb * */
};

/* A verb that is running; lives on its caller's stack. */
typedef struct {
    LtEndpoint *endpoint;
    LtLink *link;
    GCancellable *cancellable;  /* of this verb: by its caller, or past the deadline */
    GCancellable *outer;        /* nullable */
    gulong handler;
    gint64 deadline_us;
} Verb;

static const LtKey keys[] = {
    LT_STRING(LtEndpointSettings, plugin, NULL, "name of the plugin that speaks this system's protocol"),
    LT_STRING(LtEndpointSettings, plugin_sha256, "", "SHA-256 of the plugin's file, 64 hex digits: another file is not opened"),
    LT_PATH(LtEndpointSettings, plugin_folder, "", "folder of a plugin from outside the installed one; it needs plugin_sha256 and runs in a process of its own"),
    LT_CHOICE(LtEndpointSettings, isolate, "", "process|none", "process: the plugin runs apart from the hub, without network or other files; a crash costs one retry (default: none for installed plugins)"),
    LT_URL(LtEndpointSettings, url, "", "where the system is reached; https, or http for loopback addresses"),
    LT_LIST(LtEndpointSettings, units, "", "ids of the units that this system serves"),
    LT_STRING(LtEndpointSettings, contact, "", "whom to call when this system is in trouble: office, telephone, e-mail"),
    LT_NUMBER(LtEndpointSettings, max_in_flight, "4", "1..256", "deliveries under way at the same time"),
    LT_DURATION(LtEndpointSettings, timeout, "60s", "100ms..1h", "longest time for one request, answer included"),
    LT_DURATION(LtEndpointSettings, deadline, "5min", "100ms..1d", "longest time for one delivery or one round of collecting; past it, it is cancelled and reported stuck"),
    LT_DURATION(LtEndpointSettings, connect_timeout, "10s", "100ms..5min", "longest time until a connection stands"),
    LT_DURATION(LtEndpointSettings, stall, "30s", "1s..1h", "longest time in which not one byte moves"),
    LT_DURATION(LtEndpointSettings, collect_every, "0s", "0s..7d", "how often the system is asked for what is new; 0s: never"),
    LT_BYTES(LtEndpointSettings, max_reply, "16M", "1K..1G", "largest answer that is taken"),
    LT_LIST(LtEndpointSettings, allowed_addresses, "", "private or loopback addresses that may be connected to, alone or as ranges such as 10.1.0.0/16"),
    LT_PATH(LtEndpointSettings, ca, "", "PEM file of the certificates that may vouch for the system; an https url needs it"),
    LT_PATH(LtEndpointSettings, crl, "", "PEM file of revocation lists, checked for the system's certificate"),
    LT_PATH(LtEndpointSettings, client_certificate, "", "PEM file of the certificate that we show"),
    LT_PATH(LtEndpointSettings, client_key, "", "PEM file of its private key"),
    LT_STRING(LtEndpointSettings, pin, "", "sha256// and the base64 digest of the system's public key: no other key is accepted"),
    LT_NUMBER(LtEndpointSettings, breaker_failures, "5", "1..1000", "failures of the connection in a row after which the system is left alone for a while"),
    LT_DURATION(LtEndpointSettings, breaker_rest, "30s", "100ms..1d", "how long it is left alone before one delivery tries again"),
    LT_DURATION(LtEndpointSettings, retry_first, "5s", "10ms..1d", "wait after the first failed attempt of a delivery; doubles each time"),
    LT_DURATION(LtEndpointSettings, retry_cap, "30min", "10ms..7d", "longest wait between two attempts"),
    LT_NUMBER(LtEndpointSettings, canary, "0", "0..10000", "after a change of this section: so many deliveries are watched, and when more of them fail than before, it goes back by itself; 0: none"),
    LT_BOOLEAN(LtEndpointSettings, next_hub, "false", "the system is a hub: what it has not taken before it expires is refused, and the sender told"),
    LT_CHOICE(LtEndpointSettings, mode, "live", "live|dry|replay", "live: requests are sent; dry: only shown, deliveries are held; replay: answered from the folder 'record'"),
    LT_PATH(LtEndpointSettings, cases, "", "folder of the endpoint's own test cases (default: NAME.cases beside the file of this section)"),
    LT_PATH(LtEndpointSettings, record, "", "folder where exchanges are kept as files, secrets masked; they hold personal data"),
    LT_KEYS_END,
};

const LtKey *
lt_endpoint_keys(void)
{
    return keys;
}

static void
fault(LtFaults *faults, LtSection *section, const GError *error)
{
    lt_faults_add(faults, "%s %s", lt_section_get_label(section), error->message);
}

/* Values of the plugin's secrets, for masking. Borrowed from its struct. */
static GPtrArray *
collect_secrets(const LtKey *plugin_keys, gconstpointer self)
{
    GPtrArray *secrets = g_ptr_array_new();

    for (const LtKey *key = plugin_keys; key != NULL && key->name != NULL; key++) {
        char *const *member = G_STRUCT_MEMBER_P(self, key->offset);

        if (key->type == LT_KEY_SECRET && *member != NULL)
            g_ptr_array_add(secrets, *member);
    }
    g_ptr_array_add(secrets, NULL);
    return secrets;
}

static gboolean
open_link(LtEndpoint *self, const LtEndpointShared *shared, GError **error)
{
    const LtEndpointSettings *s = &self->settings;
    g_autoptr(GPtrArray) secrets = collect_secrets(self->loaded->plugin.keys, self->self);
    LtLinkOptions options = {
        .url = s->url, .allowed_addresses = (const char *const *) s->allowed_addresses, .ca = s->ca, .crl = s->crl,
        .client_certificate = s->client_certificate, .client_key = s->client_key, .pin = s->pin, .connect_us = s->connect_timeout,
        .total_us = s->timeout, .stall_us = s->stall, .max_reply_bytes = (guint64) s->max_reply,
    };

    self->mode = g_str_equal(s->mode, "dry") ? LT_CALL_DRY : g_str_equal(s->mode, "replay") ? LT_CALL_REPLAY : LT_CALL_LIVE;
    self->script = shared->script;
    if (self->script != NULL && self->mode != LT_CALL_DRY)
        self->mode = LT_CALL_SCRIPT;
    self->transcript = lt_transcript_new(s->record, (const char *const *) secrets->pdata);
    if (self->mode == LT_CALL_REPLAY && s->record == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "endpoint.replay", "record: mode = replay needs the folder with recorded exchanges");
        return FALSE;
    }
    if (s->url == NULL || self->mode == LT_CALL_SCRIPT)
        return TRUE;
    self->target = lt_link_target_new(shared->thread, &options, error);
    return self->target != NULL;
}

static gboolean
open_plugin(LtEndpoint *self, GError **error)
{
    const LtPlugin *plugin = &self->loaded->plugin;

    if (plugin->open != NULL && !plugin->open(self->self, error)) {
        if (error != NULL && *error == NULL)
            lt_error_set(error, LT_ERROR_INTERNAL, "plugin.broken", "plugin %s failed to open and does not say why", plugin->name);
        return FALSE;
    }
    self->is_open = TRUE;
    return TRUE;
}

/* Size, time and inode of every plain file that a key names; folders change by being used. */
static void
describe_files(GString *out, const LtKey *table, gconstpointer object)
{
    for (const LtKey *key = table; key != NULL && key->name != NULL; key++) {
        const char *path = key->type == LT_KEY_PATH ? *(char *const *) G_STRUCT_MEMBER_P(object, key->offset) : NULL;
        struct stat info;

        if (path != NULL && stat(path, &info) == 0 && S_ISREG(info.st_mode))
            g_string_append_printf(out, "%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%ld %" G_GUINT64_FORMAT "\n", path, (gint64) info.st_size,
                                   (gint64) info.st_mtim.tv_sec, info.st_mtim.tv_nsec, (guint64) info.st_ino);
    }
}

static char *
files_of(LtEndpoint *self)
{
    GString *out = g_string_new(NULL);

    describe_files(out, keys, &self->settings);
    describe_files(out, self->loaded->plugin.keys, self->self);
    return g_string_free(out, FALSE);
}

static gboolean
fill(LtEndpoint *self, LtSection *section, LtFaults *faults)
{
    const LtPlugin *plugin = &self->loaded->plugin;
    const LtKey *tables[] = { keys, plugin->keys, NULL };
    gpointer structs[] = { &self->settings, self->self, NULL };

    return lt_section_fill(section, tables, structs, faults);
}

/* In the hub, or apart from it: always apart when it comes from elsewhere (security.md S19). */
static const LtLoaded *
load(LtLoader *loader, LtSection *section, const char *plugin, GError **error)
{
    const char *folder = lt_section_lookup(section, "plugin_folder"), *isolate = lt_section_lookup(section, "isolate");
    const char *sha256 = lt_section_lookup(section, "plugin_sha256");
    g_autofree char *beside = g_path_get_dirname(lt_section_get_file(section));
    g_autofree char *path = folder != NULL && *folder != '\0' && !g_path_is_absolute(folder) ? g_build_filename(beside, folder, NULL) : g_strdup(folder);
    const LtLoaded *loaded;

    if (path == NULL || *path == '\0')
        return g_strcmp0(isolate, "process") == 0 ? lt_loader_get_hosted(loader, NULL, plugin, sha256, error)
                                                   : lt_loader_get(loader, plugin, sha256, error);
    if (g_strcmp0(isolate, "none") == 0) {
        lt_error_set(error, LT_ERROR_CONFIG, "plugin.isolate", "isolate: a plugin from outside the installed folder always runs in a process of its own; take this line out");
        return NULL;
    }
    loaded = lt_loader_get_hosted(loader, path, plugin, sha256, error);
    if (loaded != NULL && sha256 == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "plugin.changed", "plugin_sha256: a plugin from outside the installed folder is named with its digest; when %s is the file that "
                     "you mean: plugin_sha256=%s", loaded->path, loaded->sha256);
        return NULL;
    }
    return loaded;
}

LtEndpoint *
lt_endpoint_new(const LtEndpointShared *shared, LtSection *section, LtFaults *faults)
{
    g_autoptr(LtEndpoint) self = g_new0(LtEndpoint, 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) other = NULL;
    const char *plugin = lt_section_lookup(section, "plugin");

    g_atomic_ref_count_init(&self->references);
    self->name = g_strdup(lt_section_get_name(section));
    self->running = g_ptr_array_new();
    g_mutex_init(&self->mutex);
    if (plugin == NULL || *plugin == '\0') {
        lt_faults_add(faults, "%s needs 'plugin': %s", lt_section_get_label(section), keys[0].help);
        return NULL;
    }
    self->loaded = load(shared->loader, section, plugin, &error);
    if (self->loaded == NULL) {
        fault(faults, section, error);
        return NULL;
    }
    self->self = g_malloc0(MAX(self->loaded->plugin.self_size, 1));
    if (!fill(self, section, faults))
        return NULL;
    if (self->loaded->is_hosted)
        lt_host_prepare(self->self, self->loaded, self->settings.deadline);
    self->files = files_of(self);
    /* Both, so that one run names the faults of both. */
    if (!open_link(self, shared, &error))
        fault(faults, section, error);
    if (!open_plugin(self, &other))
        fault(faults, section, other);
    return error == NULL && other == NULL ? g_steal_pointer(&self) : NULL;
}

LtEndpoint *
lt_endpoint_ref(LtEndpoint *self)
{
    g_atomic_ref_count_inc(&self->references);
    return self;
}

void
lt_endpoint_unref(LtEndpoint *self)
{
    if (self == NULL || !g_atomic_ref_count_dec(&self->references))
        return;
    if (self->is_open && self->loaded->plugin.close != NULL)
        self->loaded->plugin.close(self->self);
    if (self->self != NULL && self->loaded->plugin.keys != NULL)
        lt_keys_clear(self->loaded->plugin.keys, self->self);
    lt_keys_clear(keys, &self->settings);
    lt_transcript_free(self->transcript);
    lt_link_target_free(self->target);
    g_ptr_array_unref(self->running);
    g_mutex_clear(&self->mutex);
    g_free(self->self);
    g_free(self->files);
    g_free(self->name);
    g_free(self);
}

const char *
lt_endpoint_get_name(LtEndpoint *self)
{
    return self->name;
}

const LtEndpointSettings *
lt_endpoint_get_settings(LtEndpoint *self)
{
    return &self->settings;
}

const LtLoaded *
lt_endpoint_get_plugin(LtEndpoint *self)
{
    return self->loaded;
}

LtLinkTarget *
lt_endpoint_get_target(LtEndpoint *self)
{
    return self->target;
}

gboolean
lt_endpoint_serves(LtEndpoint *self, const char *unit)
{
    return self->settings.units != NULL && g_strv_contains((const char *const *) self->settings.units, unit);
}

gboolean
lt_endpoint_is_current(LtEndpoint *self)
{
    g_autofree char *files = files_of(self);

    return g_str_equal(files, self->files);
}

char *
lt_endpoint_show(LtEndpoint *self)
{
    g_autofree char *own = lt_keys_show(keys, &self->settings);
    g_autofree char *plugin = self->loaded->plugin.keys != NULL ? lt_keys_show(self->loaded->plugin.keys, self->self) : g_strdup("");

    return g_strconcat(own, plugin, NULL);
}

static void
on_outer_cancelled(GCancellable *outer, gpointer data)
{
    (void) outer;
    g_cancellable_cancel(data);
}

static void
verb_begin(Verb *verb, LtEndpoint *endpoint, LtInbox *answers, GCancellable *outer)
{
    gint64 now_us = g_get_monotonic_time();

    verb->endpoint = endpoint;
    verb->cancellable = g_cancellable_new();
    verb->outer = outer;
    verb->handler = outer != NULL ? g_cancellable_connect(outer, G_CALLBACK(on_outer_cancelled), verb->cancellable, NULL) : 0;
    verb->deadline_us = now_us + endpoint->settings.deadline;
    verb->link = lt_link_new(&(LtCallOptions) { .target = endpoint->target, .transcript = endpoint->transcript, .mode = endpoint->mode,
                                                .script = endpoint->script, .deadline_us = verb->deadline_us, .cancellable = verb->cancellable,
                                                .inbox = endpoint->mode == LT_CALL_LIVE || endpoint->mode == LT_CALL_SCRIPT ? answers : NULL });
    g_mutex_lock(&endpoint->mutex);
    g_ptr_array_add(endpoint->running, verb);
    g_mutex_unlock(&endpoint->mutex);
}

static void
verb_end(Verb *verb)
{
    g_mutex_lock(&verb->endpoint->mutex);
    g_ptr_array_remove_fast(verb->endpoint->running, verb);
    g_mutex_unlock(&verb->endpoint->mutex);
    g_cancellable_disconnect(verb->outer, verb->handler);
    lt_link_free(verb->link);
    g_object_unref(verb->cancellable);
}

/* A verb that fails without saying why, or that says why and succeeds, is a fault of the plugin. */
static gboolean
verb_outcome(LtEndpoint *self, gboolean done, GError *cause, GError **error)
{
    if (done) {
        g_clear_error(&cause);
        return TRUE;
    }
    if (cause == NULL)
        lt_error_set(error, LT_ERROR_INTERNAL, "plugin.broken", "plugin %s failed and does not say why", self->loaded->plugin.name);
    else
        g_propagate_error(error, cause);
    return FALSE;
}

static gboolean
fail_without_verb(LtEndpoint *self, const char *verb, GError **error)
{
    lt_error_set(error, LT_ERROR_CONFIG, "endpoint.no-verb", "endpoint %s: plugin %s cannot %s", self->name, self->loaded->plugin.name, verb);
    return FALSE;
}

gboolean
lt_endpoint_deliver(LtEndpoint *self, LtMessage *message, GCancellable *cancellable, GBytes **receipt, char **receipt_type, GError **error)
{
    return lt_endpoint_deliver_answered(self, message, NULL, cancellable, receipt, receipt_type, error);
}

gboolean
lt_endpoint_deliver_answered(LtEndpoint *self, LtMessage *message, LtInbox *answers, GCancellable *cancellable, GBytes **receipt,
                             char **receipt_type, GError **error)
{
    const LtPlugin *plugin = &self->loaded->plugin;
    GError *cause = NULL;
    gboolean done;
    Verb verb;

    *receipt = NULL;
    *receipt_type = NULL;
    if (plugin->deliver == NULL)
        return fail_without_verb(self, "deliver", error);
    verb_begin(&verb, self, answers, cancellable);
    done = plugin->deliver(self->self, message, verb.link, verb.cancellable, &cause);
    *receipt = lt_link_take_receipt(verb.link, receipt_type);
    verb_end(&verb);
    if (done && self->mode == LT_CALL_DRY) {
        lt_error_set(error, LT_ERROR_CONFIG, "endpoint.dry", "endpoint %s: mode = dry: nothing was sent", self->name);
        return FALSE;
    }
    return verb_outcome(self, done, cause, error);
}

gboolean
lt_endpoint_collect(LtEndpoint *self, LtInbox *inbox, GCancellable *cancellable, GError **error)
{
    const LtPlugin *plugin = &self->loaded->plugin;
    GError *cause = NULL;
    gboolean done;
    Verb verb;

    if (plugin->collect == NULL)
        return fail_without_verb(self, "collect", error);
    verb_begin(&verb, self, NULL, cancellable);
    done = plugin->collect(self->self, inbox, verb.link, verb.cancellable, &cause);
    verb_end(&verb);
    return verb_outcome(self, done, cause, error);
}

gboolean
lt_endpoint_receive(LtEndpoint *self, LtRequest *request, LtReply **reply, LtInbox *inbox, GCancellable *cancellable, GError **error)
{
    const LtPlugin *plugin = &self->loaded->plugin;
    GError *cause = NULL;
    gboolean done;
    Verb verb;

    *reply = NULL;
    if (plugin->receive == NULL)
        return fail_without_verb(self, "receive", error);
    verb_begin(&verb, self, NULL, cancellable);
    done = plugin->receive(self->self, request, reply, inbox, verb.cancellable, &cause);
    verb_end(&verb);
    return verb_outcome(self, done, cause, error);
}

guint
lt_endpoint_watch(LtEndpoint *self, gint64 now_us)
{
    g_autoptr(GPtrArray) late = g_ptr_array_new_with_free_func(g_object_unref);

    g_mutex_lock(&self->mutex);
    for (guint i = 0; i < self->running->len; i++) {
        const Verb *verb = g_ptr_array_index(self->running, i);

        if (verb->deadline_us <= now_us)
            g_ptr_array_add(late, g_object_ref(verb->cancellable));
    }
    g_mutex_unlock(&self->mutex);
    /* outside the lock: cancelling runs the handlers of the link */
    for (guint i = 0; i < late->len; i++)
        g_cancellable_cancel(g_ptr_array_index(late, i));
    return late->len;
}

gboolean
lt_endpoint_is_idle(LtEndpoint *self)
{
    gboolean idle;

    g_mutex_lock(&self->mutex);
    idle = self->running->len == 0;
    g_mutex_unlock(&self->mutex);
    return idle;
}
