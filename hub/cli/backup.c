/* SPDX-License-Identifier: Apache-2.0 */
/* backup.c: `lthub backup DIR`: a whole copy of the store, made while the hub runs. */
#include "base/json.h"
#include "base/language.h"
#include "cli/admin.h"
#include "cli/commands.h"
#include "store/backup.h"

static void
show(guint64 done, guint64 total, gpointer data)
{
    lt_progress_show(data, done, total);
}

/* The record goes through whoever holds the log: this process when no hub runs, else the hub. */
static gboolean
record(const LtTerminal *terminal, const LtBackup *backup, GError **error)
{
    g_autoptr(LtAdmin) admin = lt_admin_open(terminal->config, error);
    g_autofree char *answer = NULL, *size = g_strdup_printf("%" G_GUINT64_FORMAT, backup->size);
    g_autoptr(GString) body = g_string_new("{");

    if (admin == NULL)
        return FALSE;
    if (lt_admin_get_store(admin) != NULL)
        return lt_store_record_backup(lt_admin_get_store(admin), backup, "hub", lt_admin_get_unit(admin), error);
    lt_json_append_member(body, "size", size);
    lt_json_append_member(body, "root", backup->root);
    lt_json_append_member(body, "sha", backup->sha);
    g_string_append_c(body, '}');
    answer = lt_admin_call(admin, "POST", "/v1/admin/backups", body->str, error);
    return answer != NULL;
}

static void
print_backup(const LtBackup *backup, const char *folder, const LtTerminal *terminal)
{
    g_autoptr(GString) line = g_string_new("{");
    g_autofree char *bytes = g_format_size(backup->bytes), *entries = g_strdup_printf("%" G_GUINT64_FORMAT, backup->size);

    if (!terminal->json) {
        g_print(_("%s: %s, log of %s entries\nroot: %s\nSHA-256 of lthub.db: %s\n"), folder, bytes, entries, backup->root, backup->sha);
        return;
    }
    lt_json_append_integer(line, "v", 1);
    lt_json_append_member(line, "folder", folder);
    lt_json_append_member(line, "origin", backup->origin);
    lt_json_append_integer(line, "size", (gint64) backup->size);
    lt_json_append_member(line, "root", backup->root);
    lt_json_append_member(line, "sha", backup->sha);
    lt_json_append_integer(line, "files", (gint64) backup->files);
    lt_json_append_integer(line, "bytes", (gint64) backup->bytes);
    g_print("%s}\n", line->str);
}

static int
run_backup(gpointer options, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtStore) store = lt_admin_open_reader(terminal->config, &error);
    LtProgress progress = { .terminal = terminal, .what = _("copied") };
    g_auto(LtBackup) backup = { 0 };
    gboolean made;

    (void) options;
    if (store == NULL)
        return lt_command_fail(terminal, error);
    made = lt_store_backup(store, arguments[0], show, &progress, &backup, &error);
    lt_progress_end(&progress);
    if (!made)
        return lt_command_fail(terminal, error);
    g_clear_pointer(&store, lt_store_close);
    print_backup(&backup, arguments[0], terminal);
    if (record(terminal, &backup, &error))
        return LT_EXIT_OK;
    g_prefix_error(&error, _("the backup is whole, but its record could not be written: "));
    return lt_command_fail(terminal, error);
}

static const LtVerb verbs[] = {
    { .name = "", .arguments = "DIR", .min_arguments = 1, .max_arguments = 1, .summary = "Copies the store into a new folder while the hub runs",
      .description = "Database and contents are copied as they were at one commit, every content is proved by its digest on the way, and backup.txt is\n"
                     "written last: a folder without it is no backup. The log gets the record backup.made with size and root of the copied log. The keys are not\n"
                     "in it: keep them apart.",
      .examples = "lthub backup /srv/backup/2026-11-23\nlthub restore /srv/backup/2026-11-23   # into the empty folder of another configuration",
      .run = run_backup },
    { 0 },
};

const LtCommand lt_command_backup = { "backup", "copies the store while the hub runs", verbs };
