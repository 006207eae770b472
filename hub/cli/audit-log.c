/* SPDX-License-Identifier: Apache-2.0 */
/* audit-log.c: opens the hub's log for a command, and leaves the trace that reading about a dossier must leave. */
#include "cli/audit-log.h"

#include <string.h>

#include "base/json.h"
#include "cli/client.h"
#include "store/dossiers.h"

/* For the log alone: the envelope key may be in a token whose PIN this command does not need. The state is read before the store is, so that a
 * log that grows meanwhile never looks older than what was confirmed. */
static void
open_signer(LtAuditLog *self)
{
    LtSignerOptions options = { .unit = self->settings.unit, .log_key = self->settings.log_key, .state = self->settings.folder };
    g_autoptr(GError) cause = NULL;

    self->signer = lt_signer_open(&options, &cause);
    if (self->signer == NULL)
        self->signer_cause = g_strdup(cause->message);
}

gboolean
lt_audit_log_open(LtAuditLog *self, const LtTerminal *terminal, GError **error)
{
    g_autoptr(LtSettings) settings = lt_settings_load(terminal->config, error);
    g_autoptr(LtFaults) faults = lt_faults_new();
    LtStoreOptions options = { .read_only = TRUE };

    if (settings == NULL)
        return FALSE;
    if (!lt_hub_settings_read(settings, &self->settings, faults)) {
        lt_error_set(error, LT_ERROR_CONFIG, "config", "%s", (const char *) faults->pdata[0]);
        return FALSE;
    }
    open_signer(self);
    options.folder = self->settings.folder;
    options.cache_bytes = self->settings.cache;
    options.signer = self->signer;
    self->store = lt_store_open(&options, error);
    return self->store != NULL;
}

void
lt_audit_log_clear(LtAuditLog *self)
{
    g_clear_pointer(&self->store, lt_store_close);
    g_clear_pointer(&self->signer, lt_signer_unref);
    g_clear_pointer(&self->signer_cause, g_free);
    lt_hub_settings_clear(&self->settings);
}

/* The running hub answers for the dossier and writes the record in the same breath. */
static char *
ask_hub(const LtAuditLog *self, const char *dossier, GError **error)
{
    LtLinkOptions options = { .socket_path = self->settings.admin_socket };
    g_autofree char *escaped = g_uri_escape_string(dossier, NULL, FALSE);
    g_autofree char *path = g_strconcat("/v1/admin/dossiers/", escaped, NULL);
    g_autoptr(LtRequest) request = lt_request_new("GET", path);
    g_autoptr(LtLinkThread) thread = NULL;
    LtLinkTarget *target;
    g_autoptr(LtReply) reply = NULL;
    LtJsonPick picks[] = { { "reference", NULL }, { NULL, NULL } };
    gsize size;
    const char *data;

    if (options.socket_path == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "store.locked", "a hub is running, but [http] admin_socket names no socket at which to record the reading");
        return NULL;
    }
    thread = lt_link_thread_new(error);
    target = thread == NULL ? NULL : lt_link_target_new(thread, &options, error);
    reply = target == NULL ? NULL : lt_link_target_send(target, request, 0, NULL, error);
    g_clear_pointer(&target, lt_link_target_free);
    if (reply == NULL)
        return NULL;
    if (lt_reply_get_status(reply) != 200) {
        lt_client_fail(reply, error);
        return NULL;
    }
    data = g_bytes_get_data(lt_reply_get_body(reply), &size);
    if (!lt_json_scan(data, size, LT_JSON_PAYLOAD, NULL, NULL, NULL, picks, error) || picks[0].value == NULL)
        lt_error_set(error != NULL && *error != NULL ? NULL : error, LT_ERROR_INVALID, "http.answer", "the hub's answer names no dossier");
    return picks[0].value;
}

static gboolean
write_reading(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const LtAuditLog *self = ((gpointer *) data)[0];
    const char *reference = ((gpointer *) data)[1];
    LtRecord *record = lt_record_new("read.dossier", "hub", self->settings.unit);

    lt_record_set_string(record, "d", reference);
    lt_record_set_string(record, "what", "search-hit");
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

/* No hub runs: this process is the writer for a moment. */
static gboolean
write_here(LtAuditLog *self, LtStore *store, const char *reference, GError **error)
{
    gpointer data[] = { self, (gpointer) reference };

    return lt_store_write(store, write_reading, data, error);
}

static LtStore *
open_for_writing(LtAuditLog *self, GError **error)
{
    g_autoptr(LtLogHead) head = lt_store_log_head(self->store, error);
    LtStoreOptions options = { .folder = self->settings.folder, .cache_bytes = self->settings.cache, .signer = self->signer };

    if (head == NULL)
        return NULL;
    if (self->signer == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "signer.key", "the reading cannot be recorded: %s", self->signer_cause);
        return NULL;
    }
    options.demo = strstr(head->origin, "/demo/") != NULL;
    return lt_store_open(&options, error);
}

char *
lt_audit_log_record_reading(LtAuditLog *self, const char *dossier, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(LtStore) writing = open_for_writing(self, &cause);
    g_autoptr(LtDossier) found = NULL;

    if (writing == NULL) {
        if (g_str_equal(lt_error_get_reason(cause), "store.locked"))
            return ask_hub(self, dossier, error);
        g_propagate_error(error, g_steal_pointer(&cause));
        return NULL;
    }
    found = lt_store_find_dossier(writing, dossier, NULL, error);
    if (found == NULL || !write_here(self, writing, found->reference, error))
        return NULL;
    return g_strdup(found->reference);
}
