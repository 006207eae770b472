/* SPDX-License-Identifier: Apache-2.0 */
/* backup.c: the store copied and put back.
 *
 * The database goes through SQLite's backup API under one read transaction: the writer goes on meanwhile, and what it commits is not in
 * the copy. The files that the copy refers to are never removed while the hub runs, so they are copied afterwards, each proved by its
 * digest. The WAL cannot begin anew until the database is copied. Closing the last connection to a copy leaves it without a WAL, so the digest of
 * the file is that of the whole database.
 */
#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "store/audit-log.h"
#include "store/blobs.h"
#include "store/store-private.h"
#include "trust/digest.h"

#define PAGES_A_STEP 1024
#define PIECE 65536

typedef struct {
    LtBackupProgress report;
    gpointer data;
    guint64 done, total;
} Progress;

static void
advance(Progress *progress, guint64 bytes)
{
    progress->done += bytes;
    if (progress->report != NULL)
        progress->report(progress->done, MAX(progress->total, progress->done), progress->data);
}

void
lt_backup_clear(LtBackup *self)
{
    g_clear_pointer(&self->origin, g_free);
}

static gboolean
fail_file(const char *path, GError **error)
{
    int code = errno;

    lt_error_set(error, LT_ERROR_UNAVAILABLE, "env.store.full", "%s: %s", path, g_strerror(code));
    return FALSE;
}

static gboolean
make_empty_folder(const char *folder, const char *reason, GError **error)
{
    g_autoptr(GDir) dir = NULL;

    if (g_mkdir_with_parents(folder, 0700) != 0)
        return fail_file(folder, error);
    dir = g_dir_open(folder, 0, NULL);
    if (dir != NULL && g_dir_read_name(dir) == NULL)
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, reason, "%s is not an empty folder", folder);
    return FALSE;
}

static gboolean
sync_path(const char *path, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    gboolean ok = fd >= 0 && fsync(fd) == 0;

    if (!ok)
        fail_file(path, error);
    if (fd >= 0)
        close(fd);
    return ok;
}

static gboolean
copy_pages(LtDatabase *from, LtDatabase *to, Progress *progress, GError **error)
{
    sqlite3_backup *backup = sqlite3_backup_init(lt_database_get_handle(to), "main", lt_database_get_handle(from), "main");
    int code = SQLITE_OK, left = -1;

    if (backup == NULL)
        return lt_database_fail(to, "backup", error);
    while (code == SQLITE_OK) {
        code = sqlite3_backup_step(backup, PAGES_A_STEP);
        if (left < 0)
            progress->total += (guint64) sqlite3_backup_pagecount(backup) * 4096;
        else
            advance(progress, (guint64) (left - sqlite3_backup_remaining(backup)) * 4096);
        left = sqlite3_backup_remaining(backup);
    }
    sqlite3_backup_finish(backup);
    return code == SQLITE_DONE || lt_database_fail(to, "backup", error);
}

static gboolean
copy_database(LtStore *self, const char *path, Progress *progress, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_autoptr(LtDatabase) copy = NULL;
    g_auto(LtQuery) anchor = LT_QUERY_INIT;

    if (reading.database == NULL)
        return FALSE;
    copy = lt_database_open(path, LT_DATABASE_WRITE, 0, error);
    if (copy == NULL)
        return FALSE;
    /* The statement stays open: one read transaction over all steps. */
    if (!LT_ASK_PLAIN(&anchor, reading.database, error, "SELECT size FROM checkpoint") || !lt_query_next(&anchor, error))
        return FALSE;
    return copy_pages(reading.database, copy, progress, error);
}

static gboolean
write_all(int fd, const guint8 *data, gsize size)
{
    while (size > 0) {
        gssize n = write(fd, data, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FALSE;
        data += n;
        size -= (gsize) n;
    }
    return TRUE;
}

/* @in proves itself; the copy is durable when this returns. */
static gboolean
copy_stream(GInputStream *in, const char *path, Progress *progress, GError **error)
{
    g_autofree guint8 *piece = g_malloc(PIECE);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    gssize n = 0;
    gboolean ok = fd >= 0;

    while (ok && (n = g_input_stream_read(in, piece, PIECE, NULL, error)) > 0) {
        ok = write_all(fd, piece, (gsize) n);
        advance(progress, (guint64) n);
    }
    if (n < 0) {
        close(fd);
        return FALSE;
    }
    if (!ok || fsync(fd) != 0)
        ok = fail_file(path, error);
    if (fd >= 0)
        close(fd);
    return ok;
}

static gboolean
sum_files(LtDatabase *database, LtBackup *out, Progress *progress, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK_PLAIN(&query, database, error,
                      "SELECT count(*), ifnull(sum(size), 0) FROM (SELECT DISTINCT digest, size FROM attachment WHERE bytes IS NULL)") ||
        !lt_query_next(&query, error))
        return FALSE;
    out->files = (guint64) lt_query_integer(&query, 0);
    progress->total += (guint64) lt_query_integer(&query, 1);
    return TRUE;
}

/* All files that the database names, from one store's blobs to another's. */
static gboolean
copy_files(LtDatabase *database, LtBlobs *from, LtBlobs *to, Progress *progress, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK_PLAIN(&query, database, error, "SELECT DISTINCT digest, size FROM attachment WHERE bytes IS NULL ORDER BY digest"))
        return FALSE;
    while (lt_query_next(&query, error)) {
        guint8 sha256[LT_SHA256_SIZE];
        g_autoptr(GInputStream) in = NULL;
        g_autofree char *path = NULL, *folder = NULL;

        if (!lt_query_copy(&query, 0, sha256, sizeof sha256)) {
            lt_error_set(error, LT_ERROR_INTERNAL, "log.db", "a row of attachment has no digest");
            return FALSE;
        }
        in = lt_blobs_open_file(from, sha256, (guint64) lt_query_integer(&query, 1), error);
        if (in == NULL)
            return FALSE;
        path = lt_blobs_path(to, sha256);
        folder = g_path_get_dirname(path);
        if (g_mkdir_with_parents(folder, 0700) != 0)
            return fail_file(folder, error);
        if (!copy_stream(in, path, progress, error) || !sync_path(folder, error))
            return FALSE;
    }
    return !query.failed;
}

static gboolean
hash_file(const char *path, char hex[65], GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);
    g_autoptr(GInputStream) in = G_INPUT_STREAM(g_file_read(file, NULL, error));
    g_autoptr(LtHasher) hasher = lt_hasher_new();
    g_autofree guint8 *piece = g_malloc(PIECE);
    guint8 sha256[LT_SHA256_SIZE];
    gssize n = -1;

    while (in != NULL && (n = g_input_stream_read(in, piece, PIECE, NULL, error)) > 0)
        lt_hasher_update(hasher, piece, (gsize) n);
    if (n < 0) {
        g_prefix_error(error, "%s: ", path);
        return FALSE;
    }
    lt_hasher_finish(hasher, sha256);
    lt_hex_write(sha256, sizeof sha256, hex);
    return TRUE;
}

/* What the log of a copy says of itself. */
static gboolean
read_head(const char *folder, LtBackup *out, GError **error)
{
    LtStoreOptions options = { .folder = folder, .read_only = TRUE };
    g_autoptr(LtStore) copy = lt_store_open(&options, error);
    g_autoptr(LtLogHead) head = copy == NULL ? NULL : lt_store_log_head(copy, error);

    if (head == NULL)
        return FALSE;
    out->size = head->size;
    out->origin = g_strdup(head->origin);
    lt_hex_write(head->root.b, sizeof head->root.b, out->root);
    return TRUE;
}

static gboolean
write_label(const char *folder, const LtBackup *backup, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "backup.txt", NULL);
    g_autofree char *text = g_strdup_printf("lthub-backup 1\norigin %s\nsize %" G_GUINT64_FORMAT "\nroot %s\nsha %s\n", backup->origin,
                                            backup->size, backup->root, backup->sha);

    return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error);
}

static gboolean
copy_contents(LtStore *self, const char *folder, const char *database, Progress *progress, LtBackup *out, GError **error)
{
    g_autoptr(LtDatabase) copy = lt_database_open(database, LT_DATABASE_WRITE, 0, error);
    LtBlobs *blobs = lt_blobs_new(folder);
    gboolean ok = copy != NULL && sum_files(copy, out, progress, error) &&
                  copy_files(copy, lt_store_get_blobs(self), blobs, progress, error);

    lt_blobs_free(blobs);
    return ok;
}

gboolean
lt_store_backup(LtStore *self, const char *folder, LtBackupProgress progress, gpointer data, LtBackup *out, GError **error)
{
    g_autofree char *database = g_build_filename(folder, "lthub.db", NULL);
    Progress state = { progress, data, 0, 0 };

    memset(out, 0, sizeof *out);
    if (!make_empty_folder(folder, "backup.folder", error) || !copy_database(self, database, &state, error) ||
        !read_head(folder, out, error) || !copy_contents(self, folder, database, &state, out, error) ||
        !hash_file(database, out->sha, error) || !sync_path(database, error) || !write_label(folder, out, error))
        return FALSE;
    out->bytes = state.done;
    return sync_path(folder, error);
}

typedef struct {
    const LtBackup *backup;
    const char *actor_kind, *actor;
} Made;

static gboolean
made_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Made *made = data;
    LtRecord *record = lt_record_new("backup.made", made->actor_kind, made->actor);

    lt_record_set_integer(record, "size", (gint64) made->backup->size);
    lt_record_set_string(record, "root", made->backup->root);
    lt_record_set_string(record, "sha", made->backup->sha);
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

gboolean
lt_store_record_backup(LtStore *self, const LtBackup *backup, const char *actor_kind, const char *actor, GError **error)
{
    Made made = { backup, actor_kind, actor };

    return lt_store_write(self, made_write, &made, error);
}

static gboolean
read_label(const char *backup, LtBackup *out, GError **error)
{
    g_autofree char *path = g_build_filename(backup, "backup.txt", NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    if (g_file_get_contents(path, &text, NULL, NULL))
        lines = g_strsplit(text, "\n", -1);
    if (lines == NULL || g_strv_length(lines) != 6 || strcmp(lines[0], "lthub-backup 1") != 0 || !g_str_has_prefix(lines[1], "origin ") ||
        !g_str_has_prefix(lines[2], "size ") || !lt_decimal_read(lines[2] + 5, strlen(lines[2] + 5), &out->size) ||
        !g_str_has_prefix(lines[3], "root ") || strlen(lines[3]) != 5 + 64 || !g_str_has_prefix(lines[4], "sha ") || strlen(lines[4]) != 4 + 64) {
        lt_error_set(error, LT_ERROR_CONFIG, "restore.not-a-backup", "%s is not a whole backup: it has no backup.txt as `lthub backup` writes it",
                     backup);
        return FALSE;
    }
    out->origin = g_strdup(lines[1] + 7);
    g_strlcpy(out->root, lines[3] + 5, sizeof out->root);
    g_strlcpy(out->sha, lines[4] + 4, sizeof out->sha);
    return TRUE;
}

static gboolean
check_quickly(LtDatabase *database, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    const char *answer;

    if (!LT_ASK_PLAIN(&query, database, error, "PRAGMA quick_check(1)"))
        return FALSE;
    answer = lt_query_next(&query, error) ? lt_query_text(&query, 0) : NULL;
    if (query.failed)
        return FALSE;
    if (g_strcmp0(answer, "ok") == 0)
        return TRUE;
    lt_error_set(error, LT_ERROR_INTERNAL, "log.db", "the database of the backup is damaged: %s", answer != NULL ? answer : "no answer");
    return FALSE;
}

static gboolean
restore_database(const char *from, const char *to, const LtBackup *backup, Progress *progress, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(from);
    g_autoptr(GInputStream) in = G_INPUT_STREAM(g_file_read(file, NULL, error));
    char sha[65];

    if (in == NULL || !copy_stream(in, to, progress, error) || !hash_file(to, sha, error))
        return FALSE;
    if (strcmp(sha, backup->sha) == 0)
        return TRUE;
    lt_error_set(error, LT_ERROR_INTERNAL, "log.db", "%s is not the database that was backed up: its digest is %s, not %s", from, sha, backup->sha);
    return FALSE;
}

static gboolean
restore_contents(const char *backup, const char *folder, const char *database, Progress *progress, LtBackup *out, GError **error)
{
    g_autoptr(LtDatabase) restored = lt_database_open(database, LT_DATABASE_WRITE, 0, error);
    LtBlobs *from = lt_blobs_new(backup), *to = lt_blobs_new(folder);
    gboolean ok = restored != NULL && check_quickly(restored, error) && sum_files(restored, out, progress, error) &&
                  copy_files(restored, from, to, progress, error);

    lt_blobs_free(from);
    lt_blobs_free(to);
    return ok;
}

gboolean
lt_backup_restore(const char *backup, const char *folder, LtBackupProgress progress, gpointer data, LtBackup *out, GError **error)
{
    g_autofree char *from = g_build_filename(backup, "lthub.db", NULL);
    g_autofree char *to = g_build_filename(folder, "lthub.db", NULL);
    Progress state = { progress, data, 0, 0 };

    memset(out, 0, sizeof *out);
    if (!read_label(backup, out, error))
        return FALSE;
    if (g_file_test(to, G_FILE_TEST_EXISTS)) {
        lt_error_set(error, LT_ERROR_CONFIG, "restore.folder", "%s holds a database already: nothing is ever overwritten", folder);
        return FALSE;
    }
    if (g_mkdir_with_parents(folder, 0700) != 0)
        return fail_file(folder, error);
    if (!restore_database(from, to, out, &state, error) || !restore_contents(backup, folder, to, &state, out, error) ||
        !sync_path(folder, error)) {
        g_unlink(to); /* half a store must not look like one */
        return FALSE;
    }
    out->bytes = state.done;
    return TRUE;
}
