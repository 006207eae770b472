/* SPDX-License-Identifier: Apache-2.0 */
/* admin.c: to the running hub through its admin socket, or to the store itself. */
#include "cli/admin.h"

#include <string.h>

#include "cli/client.h"

#include "routing/link.h"
#include "trust/authority.h"

#define ANSWER_MAX (G_GUINT64_CONSTANT(1) << 31) /* an evidence file */

struct _LtAdmin {
    LtHubSettings settings;
    LtSigner *signer;     /* when the store is ours */
    LtStore *store;
    LtLinkThread *thread; /* when a hub runs */
    LtLinkTarget *target;
};

static gboolean
read_settings(const char *config, LtHubSettings *out, GError **error)
{
    g_autoptr(LtSettings) settings = lt_settings_load(config, error);
    g_autoptr(LtFaults) faults = lt_faults_new();

    if (settings == NULL)
        return FALSE;
    if (lt_hub_settings_read(settings, out, faults))
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "config", "%s", faults->len > 0 ? (const char *) faults->pdata[0] : config);
    return FALSE;
}

LtStore *
lt_admin_open_reader(const char *config, GError **error)
{
    LtHubSettings settings = { 0 };
    LtStoreOptions options = { .read_only = TRUE };
    LtStore *store = NULL;

    if (read_settings(config, &settings, error)) {
        options.folder = settings.folder;
        store = lt_store_open(&options, error);
    }
    lt_hub_settings_clear(&settings);
    return store;
}

static gboolean
open_store(LtAdmin *self, GError **error)
{
    const LtHubSettings *s = &self->settings;
    LtSignerOptions keys = lt_hub_settings_signer(s);
    LtStoreOptions options = { .folder = s->folder, .cache_bytes = s->cache, .reserve_bytes = s->reserve, .group_max = s->group_max };

    if (g_mkdir_with_parents(s->folder, 0700) != 0 || g_mkdir_with_parents(keys.state, 0700) != 0) {
        lt_error_set(error, LT_ERROR_CONFIG, "store.folder", "cannot make %s or %s", s->folder, keys.state);
        return FALSE;
    }
    self->signer = lt_signer_open(&keys, error);
    if (self->signer == NULL)
        return FALSE;
    if (!lt_authority_is_demo(s->certificate, &options.demo, error))
        return FALSE;
    options.signer = self->signer;
    self->store = lt_store_open(&options, error);
    return self->store != NULL;
}

static gboolean
open_socket(LtAdmin *self, GError **error)
{
    LtLinkOptions options = { .socket_path = self->settings.admin_socket, .max_reply_bytes = ANSWER_MAX };

    if (options.socket_path == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "store.locked", "a hub runs and [http] admin_socket is not set, so it cannot be asked");
        return FALSE;
    }
    self->thread = lt_link_thread_new(error);
    self->target = self->thread == NULL ? NULL : lt_link_target_new(self->thread, &options, error);
    return self->target != NULL;
}

LtAdmin *
lt_admin_open(const char *config, GError **error)
{
    g_autoptr(LtAdmin) self = g_new0(LtAdmin, 1);
    g_autoptr(GError) cause = NULL;

    if (!read_settings(config, &self->settings, error))
        return NULL;
    if (open_store(self, &cause))
        return g_steal_pointer(&self);
    if (strcmp(lt_error_get_reason(cause), "store.locked") != 0) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return NULL;
    }
    return open_socket(self, error) ? g_steal_pointer(&self) : NULL;
}

void
lt_admin_free(LtAdmin *self)
{
    g_clear_pointer(&self->target, lt_link_target_free);
    g_clear_pointer(&self->thread, lt_link_thread_free);
    g_clear_pointer(&self->store, lt_store_close);
    g_clear_pointer(&self->signer, lt_signer_unref);
    lt_hub_settings_clear(&self->settings);
    g_free(self);
}

LtStore *
lt_admin_get_store(LtAdmin *self)
{
    return self->store;
}

const char *
lt_admin_get_unit(LtAdmin *self)
{
    return self->settings.unit;
}

const LtHubSettings *
lt_admin_get_settings(LtAdmin *self)
{
    return &self->settings;
}

LtSigner *
lt_admin_get_signer(LtAdmin *self)
{
    return self->signer;
}

GBytes *
lt_admin_fetch(LtAdmin *self, const char *method, const char *path, const char *body, GError **error)
{
    g_autoptr(LtRequest) request = lt_request_new(method, path);
    g_autoptr(GBytes) bytes = g_bytes_new(body == NULL ? "" : body, body == NULL ? 0 : strlen(body));
    g_autoptr(LtReply) reply = NULL;

    if (body != NULL || strcmp(method, "GET") != 0)
        lt_request_set_body(request, bytes, "application/json");
    reply = lt_link_target_send(self->target, request, 0, NULL, error);
    if (reply == NULL)
        return NULL;
    if (lt_reply_get_status(reply) / 100 == 2)
        return g_bytes_ref(lt_reply_get_body(reply));
    lt_client_fail(reply, error);
    return NULL;
}

char *
lt_admin_call(LtAdmin *self, const char *method, const char *path, const char *body, GError **error)
{
    g_autoptr(GBytes) answer = lt_admin_fetch(self, method, path, body, error);
    gsize size;
    const char *data = answer == NULL ? NULL : g_bytes_get_data(answer, &size);

    if (answer == NULL)
        return NULL;
    return g_strndup(data == NULL ? "" : data, data == NULL ? 0 : size);
}
