/* SPDX-License-Identifier: Apache-2.0 */
/* audit-witness.c: `lthub audit witness` and `lthub audit anchor`: who attests our log, and asking them now.
 *
 * Witnesses are sections of the configuration; asking is the running hub's matter, because it knows what it has asked before. Without one this command asks itself.
 */
#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "base/value.h"
#include "cli/admin.h"
#include "cli/audit.h"
#include "routing/attestor.h"
#include "store/anchors.h"
#include "store/witness.h"

static LtPeers *
load_peers(const LtTerminal *terminal, GError **error)
{
    g_autoptr(LtSettings) settings = lt_settings_load(terminal->config, error);
    g_autoptr(LtFaults) faults = lt_faults_new();
    g_autoptr(LtPeers) peers = settings == NULL ? NULL : lt_peers_read(settings, faults);

    if (peers == NULL || faults->len == 0)
        return g_steal_pointer(&peers);
    lt_error_set(error, LT_ERROR_CONFIG, "config", "%s", (const char *) faults->pdata[0]);
    return NULL;
}

static void
print_key(const char *kind, const char *name, const char *vkey, const char *url, const LtTerminal *terminal)
{
    g_autoptr(GString) line = g_string_new("{");

    if (!terminal->json) {
        g_print("%-8s %-20s %s  %s\n", kind, name, vkey, url != NULL ? url : "");
        return;
    }
    lt_json_append_member(line, "kind", kind);
    lt_json_append_member(line, "name", name);
    lt_json_append_member(line, "vkey", vkey);
    lt_json_append_member(line, "url", url);
    g_print("%s}\n", line->str);
}

int
lt_audit_witness_list_run(gpointer options G_GNUC_UNUSED, char **arguments G_GNUC_UNUSED, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtPeers) peers = load_peers(terminal, &error);

    if (peers == NULL)
        return lt_command_fail(terminal, error);
    for (guint i = 0; i < peers->witnesses->len; i++) {
        const LtWitnessSettings *witness = peers->witnesses->pdata[i];

        print_key("witness", witness->name, witness->vkey, witness->address.url, terminal);
    }
    for (guint i = 0; i < peers->logs->len; i++) {
        const LtVerifierKey *key = peers->logs->pdata[i];
        g_autofree char *line = lt_vkey_write(key->name, key->type, key->key);

        print_key("log", key->name, line, NULL, terminal);
    }
    return LT_EXIT_OK;
}

/* The store is ours: nobody else asks. */
static LtAttestor *
open_attestor(LtAdmin *admin, LtLinkThread *thread, const LtPeers *peers, GError **error)
{
    LtAttestorOptions options = { .store = lt_admin_get_store(admin), .signer = lt_admin_get_signer(admin), .thread = thread, .peers = peers };

    return lt_attestor_new(&options, error);
}

typedef gboolean (*Ask)(LtAttestor *attestor, guint *n, GError **error);

static gboolean
ask_push(LtAttestor *attestor, guint *n, GError **error)
{
    *n = lt_attestor_push(attestor, error);
    return *n > 0 || *error == NULL;
}

static gboolean
ask_anchor(LtAttestor *attestor, guint *n, GError **error)
{
    *n = 1;
    return lt_attestor_anchor(attestor, error);
}

static gboolean
ask_here(LtAdmin *admin, Ask ask, const LtTerminal *terminal, guint *n, GError **error)
{
    g_autoptr(LtPeers) peers = load_peers(terminal, error);
    g_autoptr(LtLinkThread) thread = peers == NULL ? NULL : lt_link_thread_new(error);
    g_autoptr(LtAttestor) attestor = thread == NULL ? NULL : open_attestor(admin, thread, peers, error);

    return attestor != NULL && ask(attestor, n, error);
}

static gboolean
ask_hub(LtAdmin *admin, const char *path, guint *n, GError **error)
{
    g_autofree char *answer = lt_admin_call(admin, "POST", path, NULL, error);
    LtJsonPick picks[] = { { "rows", NULL }, { NULL, NULL } };
    guint64 rows = 0;

    if (answer == NULL || !lt_json_scan(answer, strlen(answer), LT_JSON_PAYLOAD, NULL, NULL, NULL, picks, error))
        return FALSE;
    if (picks[0].value != NULL)
        lt_decimal_read(picks[0].value, strlen(picks[0].value), &rows);
    g_free(picks[0].value);
    *n = (guint) rows;
    return TRUE;
}

static int
run(Ask ask, const char *path, const char *what, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtAdmin) admin = lt_admin_open(terminal->config, &error);
    guint n = 0;

    if (admin == NULL || !(lt_admin_get_store(admin) != NULL ? ask_here(admin, ask, terminal, &n, &error) : ask_hub(admin, path, &n, &error)))
        return lt_command_fail(terminal, error);
    if (terminal->json)
        g_print("{\"v\":1,\"count\":%u}\n", n);
    else
        g_print("%s: %u\n", what, n);
    return LT_EXIT_OK;
}

int
lt_audit_witness_push_run(gpointer options G_GNUC_UNUSED, char **arguments G_GNUC_UNUSED, const LtTerminal *terminal)
{
    return run(ask_push, "/v1/admin/witness/push", _("witnesses that have cosigned the newest checkpoint"), terminal);
}

int
lt_audit_anchor_run(gpointer options G_GNUC_UNUSED, char **arguments G_GNUC_UNUSED, const LtTerminal *terminal)
{
    return run(ask_anchor, "/v1/admin/anchor", _("checkpoints that got a legal signature, and a time stamp where an authority is configured"), terminal);
}
