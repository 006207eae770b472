/* SPDX-License-Identifier: Apache-2.0 */
/* store.c: the store opened and closed: folder, lock, database, readers, writer, and the state that lets them write.
 *
 * Opening goes from the inside out (lock, database, migrations, start check, log, WAL thread, writer), closing the other way round.
 * What is written and read is the matter of messages.c, deliveries.c and their neighbours.
 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store/audit-log.h"
#include "store/blobs.h"
#include "store/condition.h"
#include "store/migrations.h"
#include "store/receipts.h"
#include "store/sequences.h"
#include "store/writer.h"

#define SPACE_EVERY_US G_USEC_PER_SEC
/* There are as many readers as threads that read at once, and behind them is the system's cache. */
#define READER_CACHE_BYTES (2 * 1024 * 1024)

struct _LtStore {
    LtStoreOptions options;
    char *folder, *path;
    int lock;
    LtDatabase *database;   /* the writer's */
    LtLogTail *log;
    LtSequences *sequences;
    LtWal *wal;
    LtWriter *writer;
    LtBlobs *blobs;
    GMutex readers_lock;
    GPtrArray *readers;     /* idle ones; the newest is lent first: its pages are warm */
    LtCondition *condition;
    gint64 checked_us, checked_full_us; /* atomic */
    gint64 space_asked_us;  /* atomic; monotonic */
    gint space_short;       /* atomic */
};

gint64
lt_store_commit_bucket_us(guint bucket)
{
    return G_GINT64_CONSTANT(250) << bucket;
}

static gboolean
make_folder(const char *folder, GError **error)
{
    static const char *const names[] = { "", "blobs", "quarantine", "state" };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(folder, names[i], NULL);

        if (g_mkdir_with_parents(path, 0700) != 0) {
            lt_error_set(error, LT_ERROR_CONFIG, "store.folder", "%s: %s", path, g_strerror(errno));
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
take_lock(LtStore *self, GError **error)
{
    g_autofree char *path = g_build_filename(self->folder, "lock", NULL);

    self->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (self->lock < 0) {
        lt_error_set(error, LT_ERROR_CONFIG, "store.folder", "%s: %s", path, g_strerror(errno));
        return FALSE;
    }
    if (flock(self->lock, LOCK_EX | LOCK_NB) == 0)
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "store.locked", "%s is in use by another process", self->folder);
    return FALSE;
}

LtDatabase *
lt_store_borrow_reader(LtStore *self, GError **error)
{
    LtDatabase *reader = NULL;

    g_mutex_lock(&self->readers_lock);
    if (self->readers->len > 0)
        reader = g_ptr_array_steal_index(self->readers, self->readers->len - 1);
    g_mutex_unlock(&self->readers_lock);
    if (reader != NULL)
        return reader;
    return lt_database_open(self->path, LT_DATABASE_READ, MIN(self->options.cache_bytes, READER_CACHE_BYTES), error);
}

void
lt_store_return_reader(LtStore *self, LtDatabase *reader)
{
    g_mutex_lock(&self->readers_lock);
    g_ptr_array_add(self->readers, reader);
    g_mutex_unlock(&self->readers_lock);
}

LtReading
lt_reading_begin(LtStore *store, GError **error)
{
    return (LtReading){ store, lt_store_borrow_reader(store, error) };
}

void
lt_reading_end(LtReading *reading)
{
    if (reading->database != NULL)
        lt_store_return_reader(reading->store, g_steal_pointer(&reading->database));
}

/* The start check of audit-log.md §10: a finding halts the store, it does not keep it from being read. */
static gboolean
check_log(LtStore *self, GError **error)
{
    g_autofree char *mark = lt_condition_read_mark(self->condition);
    g_autoptr(GPtrArray) findings = lt_store_log_check(self, mark != NULL, 0, NULL, NULL, error);

    if (findings == NULL)
        return FALSE;
    for (guint i = 0; i < findings->len; i++) {
        const LtLogFinding *finding = g_ptr_array_index(findings, i);

        if (strcmp(finding->code, "log.missing-blob") == 0) {
            lt_condition_degrade(self->condition, finding->code, TRUE);
            continue;
        }
        g_critical("the audit log: %s [%s]", finding->text, finding->code);
        lt_condition_halt(self->condition, finding->code, finding->text, FALSE);
    }
    if (mark != NULL && lt_condition_get(self->condition, NULL) != LT_STORE_HALTED) {
        g_message("the store had been halted [%s]; a whole check finds nothing that halts it", mark);
        lt_condition_remove_mark(self->condition);
    }
    return TRUE;
}

static gboolean
finish_group(LtStoreTransaction *tx, GError **error)
{
    return lt_sequences_finish_group(tx, error) && lt_receipts_finish_group(tx, error);
}

static gboolean
start_writing(LtStore *self, GError **error)
{
    LtWriterParts parts = {
        .store = self,
        .database = self->database,
        .group_max = (guint) CLAMP(self->options.group_max > 0 ? self->options.group_max : 256, 1, 256),
        .group_wait_us = CLAMP(self->options.group_wait_us, 0, 1000),
        .finish = finish_group,
    };

    self->log = lt_log_tail_open(self->database, self->options.signer, self->options.demo, error);
    if (self->log == NULL)
        return FALSE;
    self->wal = lt_wal_start(self->path, READER_CACHE_BYTES, error);
    if (self->wal == NULL)
        return FALSE;
    self->sequences = lt_sequences_new();
    parts.log = self->log;
    parts.sequences = self->sequences;
    parts.wal = self->wal;
    self->writer = lt_writer_start(&parts);
    return TRUE;
}

static gboolean
open_for_writing(LtStore *self, GError **error)
{
    if (!make_folder(self->folder, error) || !take_lock(self, error))
        return FALSE;
    self->database = lt_database_open(self->path, LT_DATABASE_WRITE, self->options.cache_bytes, error);
    if (self->database == NULL || !lt_migrations_run(self->database, error))
        return FALSE;
    if (!lt_blobs_sweep(self->blobs, self->database, error) || !check_log(self, error))
        return FALSE;
    return lt_condition_get(self->condition, NULL) == LT_STORE_HALTED || start_writing(self, error);
}

static gboolean
open_for_reading(LtStore *self, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_autofree char *mark = lt_condition_read_mark(self->condition);

    if (mark != NULL)
        lt_condition_halt(self->condition, mark, "it was halted while the hub ran", FALSE);
    return reading.database != NULL && lt_migrations_check(reading.database, error);
}

LtStore *
lt_store_open(const LtStoreOptions *options, GError **error)
{
    g_autoptr(LtStore) self = g_new0(LtStore, 1);

    self->options = *options;
    self->folder = g_strdup(options->folder);
    self->options.folder = self->folder;
    self->path = g_build_filename(self->folder, "lthub.db", NULL);
    self->lock = -1;
    self->readers = g_ptr_array_new_with_free_func((GDestroyNotify) lt_database_close);
    g_mutex_init(&self->readers_lock);
    self->blobs = lt_blobs_new(self->folder);
    self->condition = lt_condition_new(self->folder);
    if (!(options->read_only ? open_for_reading(self, error) : open_for_writing(self, error)))
        return NULL;
    return g_steal_pointer(&self);
}

void
lt_store_close(LtStore *self)
{
    if (self == NULL)
        return;
    lt_blobs_drain(self->blobs); /* its workers still hand writes in */
    lt_writer_stop(self->writer);
    lt_wal_stop(self->wal);
    lt_log_tail_free(self->log);
    lt_sequences_free(self->sequences);
    g_ptr_array_unref(self->readers);
    if (self->database != NULL) {
        sqlite3_wal_checkpoint_v2(lt_database_get_handle(self->database), NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        lt_database_close(self->database);
    }
    lt_blobs_free(self->blobs);
    if (self->lock >= 0)
        close(self->lock);
    g_mutex_clear(&self->readers_lock);
    lt_condition_free(self->condition);
    g_free(self->path);
    g_free(self->folder);
    g_free(self);
}

static gboolean
refuse_when_halted(LtStore *self, LtStoreDone done, gpointer data, GMainContext *context)
{
    g_autoptr(GError) error = NULL;
    const char *code = NULL;

    if (self->writer != NULL && lt_condition_get(self->condition, NULL) != LT_STORE_HALTED)
        return FALSE;
    lt_condition_get(self->condition, &code);
    lt_error_set(&error, LT_ERROR_UNAVAILABLE, "env.store.halted", "the store takes no writes: %s",
                 code != NULL ? code : "it is open for reading only");
    lt_writer_refuse(done, data, context, error);
    return TRUE;
}

void
lt_store_fail_write(LtStore *self G_GNUC_UNUSED, LtStoreDone done, gpointer data, GMainContext *context, const GError *error)
{
    lt_writer_refuse(done, data, context, error);
}

void
lt_store_submit(LtStore *self, LtStoreWrite write, LtStoreDone done, gpointer data, GMainContext *context)
{
    if (!refuse_when_halted(self, done, data, context))
        lt_writer_submit(self->writer, write, done, data, context, FALSE);
}

void
lt_store_submit_lazy(LtStore *self, LtStoreWrite write, LtStoreDone done, gpointer data)
{
    if (!refuse_when_halted(self, done, data, NULL))
        lt_writer_submit(self->writer, write, done, data, NULL, TRUE);
}

/* A write whose caller waits for it. */
typedef struct {
    LtStoreWrite write;
    gpointer data;
    GMutex lock;
    GCond done;
    gboolean finished;
    GError *error;
} Waiting;

static gboolean
waiting_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    Waiting *waiting = data;

    return waiting->write(tx, waiting->data, error);
}

static void
waiting_done(gpointer data, const GError *error)
{
    Waiting *waiting = data;

    g_mutex_lock(&waiting->lock);
    waiting->error = error != NULL ? g_error_copy(error) : NULL;
    waiting->finished = TRUE;
    g_cond_signal(&waiting->done);
    g_mutex_unlock(&waiting->lock);
}

gboolean
lt_store_write(LtStore *self, LtStoreWrite write, gpointer data, GError **error)
{
    Waiting waiting = { .write = write, .data = data };

    g_return_val_if_fail(self->writer == NULL || !lt_writer_is_here(self->writer), FALSE); /* it would wait for itself */
    g_mutex_init(&waiting.lock);
    g_cond_init(&waiting.done);
    lt_store_submit(self, waiting_write, waiting_done, &waiting, NULL);
    g_mutex_lock(&waiting.lock);
    while (!waiting.finished)
        g_cond_wait(&waiting.done, &waiting.lock);
    g_mutex_unlock(&waiting.lock);
    g_mutex_clear(&waiting.lock);
    g_cond_clear(&waiting.done);
    if (waiting.error == NULL)
        return TRUE;
    g_propagate_error(error, waiting.error);
    return FALSE;
}

gboolean
lt_store_append_record(LtStoreTransaction *tx, LtRecord *record, guint64 *index, gint64 *at_us, GError **error)
{
    return lt_log_tail_append(tx->log, record, index, at_us, error);
}

gint64
lt_store_transaction_time(LtStoreTransaction *tx)
{
    return tx->time_us;
}

LtStoreState
lt_store_get_state(LtStore *self, const char **code)
{
    return lt_condition_get(self->condition, code);
}

void
lt_store_halt(LtStore *self, const char *code, const char *text)
{
    lt_condition_halt(self->condition, code, text, TRUE);
}

void
lt_store_degrade(LtStore *self, const char *code, gboolean degraded)
{
    lt_condition_degrade(self->condition, code, degraded);
}

const char **
lt_store_list_codes(LtStore *self)
{
    return lt_condition_list(self->condition);
}

void
lt_store_note_check(LtStore *self, gboolean full)
{
    __atomic_store_n(full ? &self->checked_full_us : &self->checked_us, lt_time_now_us(), __ATOMIC_RELAXED);
}

void
lt_store_get_check(LtStore *self, gint64 *last_us, gint64 *full_us)
{
    *full_us = __atomic_load_n(&self->checked_full_us, __ATOMIC_RELAXED);
    *last_us = MAX(__atomic_load_n(&self->checked_us, __ATOMIC_RELAXED), *full_us);
}

LtSpool *
lt_store_get_spool(LtStore *self)
{
    return lt_blobs_get_spool(self->blobs);
}

LtBlobs *
lt_store_get_blobs(LtStore *self)
{
    return self->blobs;
}

LtSigner *
lt_store_get_signer(LtStore *self)
{
    return self->options.signer;
}

const char *
lt_store_get_folder(LtStore *self)
{
    return self->folder;
}

const LtStoreOptions *
lt_store_get_options(LtStore *self)
{
    return &self->options;
}

static guint64
free_bytes(LtStore *self)
{
    struct statvfs space;

    return statvfs(self->folder, &space) == 0 ? (guint64) space.f_bavail * space.f_frsize : 0;
}

gboolean
lt_store_is_short(LtStore *self)
{
    gint64 now_us = g_get_monotonic_time();
    gint64 asked_us = __atomic_load_n(&self->space_asked_us, __ATOMIC_RELAXED);

    if (self->options.reserve_bytes <= 0)
        return FALSE;
    if ((asked_us == 0 || now_us - asked_us >= SPACE_EVERY_US) &&
        __atomic_compare_exchange_n(&self->space_asked_us, &asked_us, now_us, FALSE, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        g_atomic_int_set(&self->space_short, free_bytes(self) < (guint64) self->options.reserve_bytes);
    return g_atomic_int_get(&self->space_short) != 0;
}

void
lt_store_get_figures(LtStore *self, LtStoreFigures *out)
{
    struct stat file;
    LtStoreFigures figures = { 0 };

    if (self->writer != NULL)
        lt_writer_get_figures(self->writer, &figures);
    figures.wal_bytes = self->wal != NULL ? (guint64) lt_wal_get_frames(self->wal) * (4096 + 24) : 0;
    figures.db_bytes = stat(self->path, &file) == 0 ? (guint64) file.st_size : 0;
    figures.free_bytes = free_bytes(self);
    *out = figures;
}
