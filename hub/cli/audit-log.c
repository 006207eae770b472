/* SPDX-License-Identifier: Apache-2.0 */
/* audit-log.c: opens the hub's log for a command, and leaves the trace that reading about a dossier must leave. */
#include "cli/audit-log.h"

#include <string.h>

#include "base/json.h"
#include "cli/admin.h"
#include "store/dossiers.h"

/* For the log alone: the envelope key may be in a token whose PIN this command does not need. The state is read before the store is, so that a
 * log that grows meanwhile never looks older than what was confirmed. */
static void
open_signer(LtAuditLog *self)
{
    LtSignerOptions options = { .unit = self->settings.unit, .log_key = self->settings.log_key, .state = lt_hub_settings_signer(&self->settings).state };
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
ask_hub(LtAdmin *admin, const char *dossier, GError **error)
{
    g_autofree char *escaped = g_uri_escape_string(dossier, NULL, FALSE);
    g_autofree char *path = g_strconcat("/v1/admin/dossiers/", escaped, NULL);
    g_autofree char *answer = lt_admin_call(admin, "GET", path, NULL, error);
    LtJsonPick picks[] = { { "reference", NULL }, { NULL, NULL } };

    if (answer == NULL || !lt_json_scan(answer, strlen(answer), LT_JSON_PAYLOAD, NULL, NULL, NULL, picks, error))
        return NULL;
    if (picks[0].value == NULL)
        lt_error_set(error, LT_ERROR_INVALID, "http.answer", "the hub's answer names no dossier");
    return picks[0].value;
}

typedef struct {
    const char *unit, *reference;
} Reading;

static gboolean
write_reading(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Reading *reading = data;
    LtRecord *record = lt_record_new("read.dossier", "hub", reading->unit);

    lt_record_set_string(record, "d", reading->reference);
    lt_record_set_string(record, "what", "search-hit");
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

char *
lt_audit_log_record_reading(const LtTerminal *terminal, const char *dossier, GError **error)
{
    g_autoptr(LtAdmin) admin = lt_admin_open(terminal->config, error);
    LtStore *store = admin == NULL ? NULL : lt_admin_get_store(admin);
    g_autoptr(LtDossier) found = NULL;
    Reading reading = { 0 };

    if (admin == NULL)
        return NULL;
    if (store == NULL)
        return ask_hub(admin, dossier, error);
    found = lt_store_find_dossier(store, dossier, NULL, error);
    if (found == NULL)
        return NULL;
    reading.unit = lt_admin_get_unit(admin);
    reading.reference = found->reference;
    return lt_store_write(store, write_reading, &reading, error) ? g_strdup(found->reference) : NULL;
}
