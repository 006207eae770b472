/* SPDX-License-Identifier: Apache-2.0 */
/* wal.c: the checkpoint thread.
 *
 * A PASSIVE checkpoint waits for nobody and nobody waits for it. But SQLite begins the log anew only when a writer finds it copied
 * to its end, and under steady load there is always one more frame. So at the limit the writer stands still for one last, short
 * checkpoint; that happens once per 64 MiB. A reader that stays long may keep the log from beginning anew; then it is tried again
 * after further growth, never waited for.
 */
#include "store/wal.h"

#define PASS_FRAMES 1000u   /* copy when this many are new: 4 MiB */
#define LIMIT_FRAMES 16384u /* 64 MiB */
#define WAIT_US 500000

struct _LtWal {
    LtDatabase *database;
    GThread *thread;
    GMutex lock;
    GCond work, done;
    guint frames;        /* in the log now */
    guint copied;        /* of them already in the database file */
    guint hold_at;       /* frames at which the writer waits */
    gboolean urgent;     /* the writer waits */
    gboolean stop;
};

static gboolean
has_work(const LtWal *self)
{
    return self->urgent || self->frames >= self->copied + PASS_FRAMES;
}

static gpointer
run(gpointer data)
{
    LtWal *self = data;

    g_mutex_lock(&self->lock);
    while (!self->stop) {
        int in_log = -1, copied = -1, code;
        gboolean urgent;

        if (!has_work(self)) {
            g_cond_wait(&self->work, &self->lock);
            continue;
        }
        urgent = self->urgent;
        g_mutex_unlock(&self->lock);
        code = sqlite3_wal_checkpoint_v2(lt_database_get_handle(self->database), NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
        if (code != SQLITE_OK && code != SQLITE_BUSY)
            g_warning("the write-ahead log cannot be copied into the database: %s", sqlite3_errmsg(lt_database_get_handle(self->database)));
        g_mutex_lock(&self->lock);
        /* After a failure wait for further growth rather than spin. */
        self->copied = code == SQLITE_OK && copied >= 0 ? (guint) copied : self->frames;
        if (urgent) {
            self->urgent = FALSE;
            g_cond_broadcast(&self->done);
        }
    }
    g_mutex_unlock(&self->lock);
    return NULL;
}

LtWal *
lt_wal_start(const char *path, gint64 cache_bytes, GError **error)
{
    LtDatabase *database = lt_database_open(path, LT_DATABASE_CHECKPOINT, cache_bytes, error);
    LtWal *self;

    if (database == NULL)
        return NULL;
    self = g_new0(LtWal, 1);
    self->database = database;
    self->hold_at = LIMIT_FRAMES;
    g_mutex_init(&self->lock);
    g_cond_init(&self->work);
    g_cond_init(&self->done);
    self->thread = g_thread_new("lthub-wal", run, self);
    return self;
}

void
lt_wal_stop(LtWal *self)
{
    if (self == NULL)
        return;
    g_mutex_lock(&self->lock);
    self->stop = TRUE;
    g_cond_signal(&self->work);
    g_mutex_unlock(&self->lock);
    g_thread_join(self->thread);
    lt_database_close(self->database);
    g_mutex_clear(&self->lock);
    g_cond_clear(&self->work);
    g_cond_clear(&self->done);
    g_free(self);
}

void
lt_wal_grown(LtWal *self, guint frames)
{
    g_mutex_lock(&self->lock);
    if (frames < self->frames) { /* the log began anew */
        self->copied = 0;
        self->hold_at = LIMIT_FRAMES;
    }
    self->frames = frames;
    if (has_work(self))
        g_cond_signal(&self->work);
    g_mutex_unlock(&self->lock);
}

void
lt_wal_wait(LtWal *self)
{
    g_mutex_lock(&self->lock);
    if (self->frames >= self->hold_at) {
        gint64 until = g_get_monotonic_time() + WAIT_US;

        self->urgent = TRUE;
        self->hold_at = self->frames + LIMIT_FRAMES;
        g_cond_signal(&self->work);
        while (self->urgent && g_cond_wait_until(&self->done, &self->lock, until))
            ;
    }
    g_mutex_unlock(&self->lock);
}

guint
lt_wal_get_frames(LtWal *self)
{
    guint frames;

    g_mutex_lock(&self->lock);
    frames = self->frames;
    g_mutex_unlock(&self->lock);
    return frames;
}
