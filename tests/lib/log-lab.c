/* SPDX-License-Identifier: Apache-2.0 */
/* log-lab.c: a store for the log alone: real keys, a real writer, and an intruder who has the database file. */
#include "lib/log-lab.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "trust/authority.h"

void
log_lab_open(LogLab *log)
{
    LtSignerOptions keys = { .unit = (char *) "H52", .log_key = log->key, .state = log->folder };
    LtStoreOptions options = { .folder = log->folder, .cache_bytes = 4 << 20 };
    g_autoptr(GError) error = NULL;

    log->signer = lt_signer_open(&keys, &error);
    g_assert_no_error(error);
    options.signer = log->signer;
    log->store = lt_store_open(&options, &error);
    g_assert_no_error(error);
}

void
log_lab_close(LogLab *log)
{
    g_clear_pointer(&log->store, lt_store_close);
    g_clear_pointer(&log->signer, lt_signer_unref);
}

void
log_lab_set_up(LogLab *log, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    log->folder = g_dir_make_tmp("lthub-log-XXXXXX", &error);
    g_assert_no_error(error);
    log->key = g_build_filename(log->folder, "log.key", NULL);
    log->database = g_build_filename(log->folder, "lthub.db", NULL);
    g_assert_true(lt_log_key_create(log->key, &error));
    log_lab_open(log);
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);

    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *below = g_build_filename(path, name, NULL);

        remove_tree(below);
    }
    g_remove(path);
}

void
log_lab_tear_down(LogLab *log, gconstpointer data G_GNUC_UNUSED)
{
    lt_time_set_for_tests(0);
    log_lab_close(log);
    remove_tree(log->folder);
    g_free(log->folder);
    g_free(log->key);
    g_free(log->database);
}

static LtRecord *
reading_of(const char *dossier, const char *what)
{
    LtRecord *record = lt_record_new("read.dossier", "user", USER);

    lt_record_set_string(record, "d", dossier);
    lt_record_set_string(record, "what", what);
    return record;
}

gboolean
log_lab_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const LogLabWrite *write = data;

    for (guint i = 0; i < write->n; i++)
        if (!lt_store_append_record(tx, reading_of(i % 10 == 0 ? DOSSIER : OTHER_DOSSIER, write->bad != NULL ? write->bad : "view"), NULL, NULL,
                                    error))
            return FALSE;
    if (write->fail)
        lt_error_set(error, LT_ERROR_REFUSED, "test", "the closure does not want to");
    return !write->fail;
}

gboolean
log_lab_append(LogLab *log, guint n, GError **error)
{
    LogLabWrite write = { .n = n };

    return lt_store_write(log->store, log_lab_write, &write, error);
}

void
log_lab_append_all(LogLab *log, guint n)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(log_lab_append(log, n, &error));
    g_assert_no_error(error);
}

guint64
log_lab_size(LogLab *log)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtLogHead) head = lt_store_log_head(log->store, &error);

    g_assert_no_error(error);
    return head->size;
}

guint
log_lab_count_findings(LogLab *log, gboolean full)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings = lt_store_log_check(log->store, full, 0, NULL, NULL, &error);

    g_assert_no_error(error);
    for (guint i = 0; i < findings->len; i++) {
        const LtLogFinding *finding = findings->pdata[i];

        g_test_message("%s %s %" G_GINT64_FORMAT ": %s", finding->code, finding->table, finding->index, finding->text);
    }
    return findings->len;
}

static int
on_row(void *data, int n_columns, char **values, char **names G_GNUC_UNUSED)
{
    for (int i = 0; i < n_columns; i++) {
        g_string_append(data, values[i] != NULL ? values[i] : "-");
        g_string_append(data, i + 1 < n_columns ? " " : "\n");
    }
    return 0;
}

/* SQL as an intruder would write it, with the file alone; answers are lines of words. */
char *
log_lab_intrude(LogLab *log, const char *sql)
{
    GString *answer = g_string_new(NULL);
    sqlite3 *database = NULL;
    char *text = NULL;

    g_assert_cmpint(sqlite3_open(log->database, &database), ==, SQLITE_OK);
    if (sqlite3_exec(database, sql, on_row, answer, &text) != SQLITE_OK)
        g_error("%s: %s", sql, text);
    sqlite3_exec(database, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
    sqlite3_close(database);
    return g_string_free(answer, FALSE);
}

