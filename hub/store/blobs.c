/* SPDX-License-Identifier: Apache-2.0 */
/* blobs.c: files named by their digest.
 *
 * Life of a file: quarantine/RANDOM.part while it arrives; then, adopted, a hard link quarantine/DIGEST-RANDOM.kept beside the final
 * name; after the commit the link goes. Whatever is left in quarantine/ at start belongs to no finished transaction. Adopting
 * replaces a file of the same digest: the new one has just been hashed, the old one may have rotted.
 */
#include "store/blobs.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/uuid.h"
#include "store/blob-stream.h"

#define WORKERS 4
/* Refused bytes are evidence, not treasure: nobody fills the disk with them. */
#define REFUSED_MAX_BYTES (G_GUINT64_CONSTANT(256) * 1024 * 1024)
#define REFUSED_MAX_AGE_S (G_GINT64_CONSTANT(90) * 86400)

struct _LtBlobs {
    LtSpool spool; /* first: the spool is the blobs */
    char *quarantine, *blobs, *refused;
    GThreadPool *workers;
    guint64 refused_bytes; /* atomic: in quarantine/refused */
};

typedef struct {
    LtSpoolFile base;  /* first */
    LtBlobs *blobs;
    int fd;
    char *name;        /* RANDOM */
    char *path;        /* quarantine/RANDOM.part; NULL once adopted */
    char *marker;      /* quarantine/DIGEST-RANDOM.kept, from adoption to commit */
    gboolean durable;
} SpoolFile;

static void
fail_with_errno(GError **error, const char *what)
{
    int code = errno;

    lt_error_set(error, LT_ERROR_UNAVAILABLE, "env.store.full", "%s: %s", what, g_strerror(code));
}

static gboolean
write_all(int fd, const guint8 *data, gsize size, const char *what, GError **error)
{
    while (size > 0) {
        gssize n = write(fd, data, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            fail_with_errno(error, what);
            return FALSE;
        }
        data += n;
        size -= (gsize) n;
    }
    return TRUE;
}

static gboolean
spool_file_write(LtSpoolFile *base, const guint8 *data, gsize size, GError **error)
{
    SpoolFile *self = (SpoolFile *) base;

    return write_all(self->fd, data, size, "quarantine", error);
}

/* A descriptor of its own for each reader: it reads on when the name has gone. */
static GInputStream *
spool_file_open(LtSpoolFile *base, GError **error)
{
    SpoolFile *self = (SpoolFile *) base;
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", self->fd);
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        fail_with_errno(error, "quarantine");
        return NULL;
    }
    return lt_blob_stream_new(fd, 0, NULL);
}

static void
spool_file_free(LtSpoolFile *base)
{
    SpoolFile *self = (SpoolFile *) base;

    if (self->path != NULL)
        unlink(self->path);
    close(self->fd);
    g_free(self->path);
    g_free(self->marker);
    g_free(self->name);
    g_free(self);
}

static LtSpoolFile *
spool_create(LtSpool *spool, GError **error)
{
    LtBlobs *self = (LtBlobs *) spool;
    SpoolFile *file;
    char name[37];
    g_autofree char *path = NULL;
    int fd;

    lt_uuid4_new(name);
    path = g_strdup_printf("%s/%s.part", self->quarantine, name);
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        fail_with_errno(error, "quarantine");
        return NULL;
    }
    file = g_new0(SpoolFile, 1);
    file->base = (LtSpoolFile){ spool_file_write, spool_file_open, spool_file_free };
    file->blobs = self;
    file->fd = fd;
    file->name = g_strdup(name);
    file->path = g_steal_pointer(&path);
    return &file->base;
}

typedef struct {
    void (*work)(gpointer data);
    gpointer data;
    gint handed_over; /* what was written before is seen after: said here, because a thread checker cannot look into the pool's lock */
} Work;

static void
run_work(gpointer data, gpointer user_data G_GNUC_UNUSED)
{
    g_autofree Work *work = data;

    if (g_atomic_int_get(&work->handed_over))
        work->work(work->data);
}

LtBlobs *
lt_blobs_new(const char *folder)
{
    LtBlobs *self = g_new0(LtBlobs, 1);

    self->spool.create = spool_create;
    self->quarantine = g_build_filename(folder, "quarantine", NULL);
    self->blobs = g_build_filename(folder, "blobs", NULL);
    self->refused = g_build_filename(self->quarantine, "refused", NULL);
    self->workers = g_thread_pool_new(run_work, NULL, WORKERS, FALSE, NULL);
    return self;
}

void
lt_blobs_drain(LtBlobs *self)
{
    if (self->workers != NULL)
        g_thread_pool_free(g_steal_pointer(&self->workers), FALSE, TRUE);
}

void
lt_blobs_free(LtBlobs *self)
{
    lt_blobs_drain(self);
    g_free(self->quarantine);
    g_free(self->blobs);
    g_free(self->refused);
    g_free(self);
}

void
lt_blobs_run(LtBlobs *self, void (*work)(gpointer data), gpointer data)
{
    Work *item = g_new(Work, 1);

    *item = (Work){ work, data, FALSE };
    g_atomic_int_set(&item->handed_over, TRUE);
    g_thread_pool_push(self->workers, item, NULL);
}

LtSpool *
lt_blobs_get_spool(LtBlobs *self)
{
    return &self->spool;
}

char *
lt_blobs_path(LtBlobs *self, const guint8 sha256[LT_SHA256_SIZE])
{
    char hex[2 * LT_SHA256_SIZE + 1];

    lt_hex_write(sha256, LT_SHA256_SIZE, hex);
    return g_strdup_printf("%s/%.2s/%s", self->blobs, hex, hex + 2);
}

static gboolean
sync_folder(const char *folder, GError **error)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean ok = fd >= 0 && fsync(fd) == 0;

    if (!ok)
        fail_with_errno(error, folder);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* blobs/ab, durable itself when it is new. */
static gboolean
make_folder_of(LtBlobs *self, const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);

    if (mkdir(folder, 0700) == 0)
        return sync_folder(self->blobs, error);
    if (errno == EEXIST)
        return TRUE;
    fail_with_errno(error, folder);
    return FALSE;
}

static gboolean
move_to(LtBlobs *self, SpoolFile *file, const char *path, const guint8 sha256[LT_SHA256_SIZE], GError **error)
{
    char hex[2 * LT_SHA256_SIZE + 1];

    if (file->path == NULL) /* moved by an earlier try, which failed later */
        return TRUE;
    lt_hex_write(sha256, LT_SHA256_SIZE, hex);
    if (file->marker == NULL)
        file->marker = g_strdup_printf("%s/%s-%s.kept", self->quarantine, hex, file->name);
    if (fdatasync(file->fd) != 0 || (link(file->path, file->marker) != 0 && errno != EEXIST)) {
        fail_with_errno(error, "attachment");
        return FALSE;
    }
    if (!make_folder_of(self, path, error))
        return FALSE;
    if (rename(file->path, path) != 0) {
        fail_with_errno(error, path);
        return FALSE;
    }
    g_clear_pointer(&file->path, g_free);
    return TRUE;
}

gboolean
lt_blobs_adopt(LtBlobs *self, LtSpoolFile *base, const guint8 sha256[LT_SHA256_SIZE], GError **error)
{
    SpoolFile *file = (SpoolFile *) base;
    g_autofree char *path = lt_blobs_path(self, sha256);
    g_autofree char *folder = g_path_get_dirname(path);

    g_return_val_if_fail(base->write == spool_file_write, FALSE);
    if (!file->durable)
        file->durable = move_to(self, file, path, sha256, error) && sync_folder(folder, error);
    return file->durable;
}

void
lt_blobs_settle(LtBlobs *self G_GNUC_UNUSED, LtSpoolFile *base)
{
    SpoolFile *file = (SpoolFile *) base;

    if (file->marker != NULL)
        unlink(file->marker);
    g_clear_pointer(&file->marker, g_free);
}

GInputStream *
lt_blobs_open_file(LtBlobs *self, const guint8 sha256[LT_SHA256_SIZE], guint64 size, GError **error)
{
    g_autofree char *path = lt_blobs_path(self, sha256);
    struct stat found;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0) {
        int code = errno;

        lt_error_set(error, code == ENOENT ? LT_ERROR_NOT_FOUND : LT_ERROR_UNAVAILABLE,
                     code == ENOENT ? "log.missing-blob" : "env.store.full", "content %.12s…: %s", path + strlen(self->blobs) + 1,
                     g_strerror(code));
        return NULL;
    }
    if (fstat(fd, &found) == 0 && (guint64) found.st_size == size)
        return lt_blob_stream_new(fd, size, sha256);
    close(fd);
    lt_error_set(error, LT_ERROR_INTERNAL, "log.blob-hash", "%s: %" G_GUINT64_FORMAT " bytes expected, the file has %" G_GUINT64_FORMAT, path,
                 size, (guint64) found.st_size);
    return NULL;
}

static gboolean
write_refused(int fd, const guint8 *salt, GInputStream *content, guint64 *written, GError **error)
{
    g_autofree guint8 *piece = g_malloc(65536);
    gssize n = 0;
    gboolean ok = write_all(fd, salt, LT_SHA256_SIZE, "quarantine", error);

    *written = LT_SHA256_SIZE;
    while (ok && (n = g_input_stream_read(content, piece, 65536, NULL, error)) > 0) {
        ok = write_all(fd, piece, (gsize) n, "quarantine", error);
        *written += (guint64) n;
    }
    return ok && n == 0;
}

gboolean
lt_blobs_keep_refused(LtBlobs *self, const guint8 commitment[LT_SHA256_SIZE], const guint8 salt[LT_SHA256_SIZE],
                      GInputStream *content, GError **error)
{
    g_autofree char *hex = lt_hex_dup(commitment, LT_SHA256_SIZE);
    g_autofree char *path = g_build_filename(self->refused, hex, NULL);
    guint64 written = 0;
    gboolean ok;
    int fd;

    if (__atomic_load_n(&self->refused_bytes, __ATOMIC_RELAXED) >= REFUSED_MAX_BYTES)
        return TRUE;
    if (g_mkdir_with_parents(self->refused, 0700) != 0 || (fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) < 0) {
        fail_with_errno(error, "quarantine");
        return FALSE;
    }
    ok = write_refused(fd, salt, content, &written, error);
    close(fd);
    if (ok)
        __atomic_add_fetch(&self->refused_bytes, written, __ATOMIC_RELAXED);
    else
        unlink(path);
    return ok;
}

/* Old ones go; what stays counts against the limit. */
static void
sweep_refused(LtBlobs *self)
{
    g_autoptr(GDir) folder = g_dir_open(self->refused, 0, NULL);
    gint64 oldest_s = lt_time_now_us() / LT_US_PER_SECOND - REFUSED_MAX_AGE_S;
    const char *name;

    while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
        g_autofree char *path = g_build_filename(self->refused, name, NULL);
        struct stat found;

        if (stat(path, &found) != 0)
            continue;
        if (found.st_mtim.tv_sec < oldest_s)
            unlink(path);
        else
            self->refused_bytes += (guint64) found.st_size;
    }
}

/* Is a row of a committed message there for this digest? */
static gboolean
is_referred(LtDatabase *database, const guint8 *sha256, gboolean *referred, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK(&query, database, error, "SELECT 1 FROM attachment WHERE digest = ?1 AND bytes IS NULL LIMIT 1",
                LT_BLOB(sha256, LT_SHA256_SIZE)))
        return FALSE;
    *referred = lt_query_next(&query, error);
    return !query.failed;
}

static gboolean
sweep_one(LtBlobs *self, LtDatabase *database, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(self->quarantine, name, NULL);
    guint8 sha256[LT_SHA256_SIZE];
    gboolean referred = FALSE;

    if (g_str_has_suffix(name, ".kept") && strlen(name) > 64 && lt_hex_read(name, 64, sha256, sizeof sha256)) {
        if (!is_referred(database, sha256, &referred, error))
            return FALSE;
        if (!referred) {
            g_autofree char *blob = lt_blobs_path(self, sha256);

            unlink(blob);
        }
    } else if (!g_str_has_suffix(name, ".part")) {
        return TRUE;
    }
    unlink(path);
    return TRUE;
}

gboolean
lt_blobs_sweep(LtBlobs *self, LtDatabase *database, GError **error)
{
    g_autoptr(GDir) folder = g_dir_open(self->quarantine, 0, NULL);
    const char *name;

    sweep_refused(self);
    while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
        if (!sweep_one(self, database, name, error))
            return FALSE;
    }
    return TRUE;
}
