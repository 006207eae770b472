/* SPDX-License-Identifier: Apache-2.0 */
/* restore.c: `lthub restore DIR`: a backup put into the folder of the configuration, and checked there before any hub starts on it. */
#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "cli/audit-log.h"
#include "cli/commands.h"
#include "store/backup.h"

static void
show(guint64 done, guint64 total, gpointer data)
{
    lt_progress_show(data, done, total);
}

static gboolean
read_folder(const char *config, char **folder, GError **error)
{
    g_autoptr(LtSettings) settings = lt_settings_load(config, error);
    g_autoptr(LtFaults) faults = lt_faults_new();
    LtHubSettings hub = { 0 };
    gboolean ok;

    if (settings == NULL)
        return FALSE;
    ok = lt_hub_settings_read(settings, &hub, faults);
    if (ok)
        *folder = g_strdup(hub.folder);
    else
        lt_error_set(error, LT_ERROR_CONFIG, "config", "%s", faults->len > 0 ? (const char *) faults->pdata[0] : config);
    lt_hub_settings_clear(&hub);
    return ok;
}

/* An old copy is honest but older than what was promised since: said in so many words, because starting on it would be a fork of the log. */
static void
explain(const char *code)
{
    if (strcmp(code, "log.signer-ahead") == 0)
        g_print(_("This backup is older than what the signer has confirmed since: entries were lost. A hub started on it stays halted (it can be read and\n"
                  "exported), because signing again over fewer entries would break every proof that was given out. Find a newer backup, or reconcile.\n"));
    else if (strcmp(code, "log.witness-ahead") == 0)
        g_print(_("A witness holds a larger log than this backup: entries were lost. A hub started on it stays halted. Find a newer backup, or reconcile.\n"));
}

static int
print_findings(const GPtrArray *findings, const LtBackup *backup, const char *folder, const LtTerminal *terminal)
{
    g_autofree char *entries = g_strdup_printf("%" G_GUINT64_FORMAT, backup->size);

    for (guint i = 0; i < findings->len; i++) {
        const LtLogFinding *finding = findings->pdata[i];

        if (terminal->json) {
            g_autoptr(GString) line = g_string_new("{");

            lt_json_append_member(line, "code", finding->code);
            lt_json_append_member(line, "text", finding->text);
            g_print("%s}\n", line->str);
        } else {
            g_print("%s [%s]\n", finding->text, finding->code);
            explain(finding->code);
        }
    }
    if (terminal->json) {
        g_autoptr(GString) line = g_string_new("{");

        lt_json_append_integer(line, "v", 1);
        lt_json_append_member(line, "folder", folder);
        lt_json_append_integer(line, "size", (gint64) backup->size);
        lt_json_append_member(line, "root", backup->root);
        lt_json_append_member(line, "result", findings->len == 0 ? "valid" : "invalid");
        g_print("%s}\n", line->str);
    } else {
        g_print(findings->len == 0 ? _("%s: restored, log of %s entries is whole\n") : _("%s: restored, but the log of %s entries is not in order\n"),
                folder, entries);
    }
    return findings->len == 0 ? LT_EXIT_OK : LT_EXIT_FAILED;
}

static int
run_restore(gpointer options, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = NULL;
    LtProgress progress = { .terminal = terminal, .what = _("restored") };
    LtProgress checking = { .terminal = terminal, .what = _("checked") };
    g_auto(LtBackup) backup = { 0 };
    g_auto(LtAuditLog) log = { 0 };
    g_autoptr(GPtrArray) findings = NULL;
    gboolean done;

    (void) options;
    if (!read_folder(terminal->config, &folder, &error))
        return lt_command_fail(terminal, error);
    done = lt_backup_restore(arguments[0], folder, show, &progress, &backup, &error);
    lt_progress_end(&progress);
    if (!done || !lt_audit_log_open(&log, terminal, &error))
        return lt_command_fail(terminal, error);
    findings = lt_store_log_check(log.store, TRUE, 0, show, &checking, &error);
    lt_progress_end(&checking);
    if (findings == NULL)
        return lt_command_fail(terminal, error);
    return print_findings(findings, &backup, folder, terminal);
}

static const LtVerb verbs[] = {
    { .name = "", .arguments = "DIR", .min_arguments = 1, .max_arguments = 1, .summary = "Puts a backup into the folder of the configuration, and checks it",
      .description = "The folder must not hold a database: nothing is ever overwritten. Every byte is proved by its digest on the way, then the whole log is checked,\n"
                     "also against what the signer has confirmed. The command says clearly when the backup is older than that.",
      .examples = "lthub restore /srv/backup/2026-11-23\nlthub restore /srv/backup/2026-11-23 --config drill.conf   # a drill, beside the running hub",
      .run = run_restore },
    { 0 },
};

const LtCommand lt_command_restore = { "restore", "puts a backup back and checks it", verbs };
