/* SPDX-License-Identifier: Apache-2.0 */
/* writer.c: group commit.
 *
 * The thread takes all closures that are queued, runs them in one transaction, has the log sealed with one signed checkpoint,
 * commits once, and completes them all. When several were in flight it waits up to a millisecond for more: under load fsync and
 * checkpoint are shared, idle a single write pays for one.
 *
 * A closure that fails takes back only what it wrote itself. Most fail before they wrote anything, so savepoints, which copy every
 * touched page, are not opened at first: when a closure fails after it wrote, the group is rolled back and run once more with
 * savepoints. A failure of disk or signer rolls the whole group back and fails each of its writes alike.
 */
#include "store/writer.h"

#include "base/value.h"
#include "store/sequences.h"

#define LAZY_US 200000

typedef struct _Request Request;
struct _Request {
    Request *next;
    LtStoreWrite write;
    LtStoreDone done;
    gpointer data;
    GMainContext *context;
    GError *error;
};

typedef struct {
    Request *first, **end;
    guint length;
} Queue;

struct _LtWriter {
    LtWriterParts parts;
    GThread *thread;
    GMutex lock;
    GCond arrived;
    Queue queue, lazy;
    gint64 lazy_since_us;   /* monotonic time of the oldest lazy one */
    guint last_group;
    guint wanted;           /* the thread sleeps until so many are queued; 0: it is at work */
    gboolean stop;
    LtStoreFigures figures; /* under the lock */
};

static void
queue_push(Queue *queue, Request *request)
{
    if (queue->first == NULL)
        queue->end = &queue->first;
    *queue->end = request;
    queue->end = &request->next;
    queue->length++;
}

/* Takes up to @max requests off the front. */
static Request *
queue_take(Queue *queue, guint max, guint *taken)
{
    Request *first = queue->first, **end = &queue->first;
    guint n = 0;

    while (n < max && *end != NULL) {
        end = &(*end)->next;
        n++;
    }
    queue->first = *end;
    *end = NULL;
    if (queue->first == NULL)
        queue->end = &queue->first;
    queue->length -= n;
    *taken = n;
    return n > 0 ? first : NULL;
}

/* All completions of one context in one source: each waiting thread is woken once for a group. */
typedef struct {
    Request *requests;
} Completion;

static void
complete_all(Request *request)
{
    while (request != NULL) {
        Request *next = request->next;

        if (request->done != NULL)
            request->done(request->data, request->error);
        g_clear_pointer(&request->context, g_main_context_unref);
        g_clear_error(&request->error);
        g_free(request);
        request = next;
    }
}

static gboolean
run_completion(gpointer data)
{
    Completion *completion = data;

    complete_all(g_steal_pointer(&completion->requests));
    return G_SOURCE_REMOVE;
}

static void
attach_completion(GMainContext *context, Request *requests)
{
    GSource *source = g_idle_source_new();
    Completion *completion = g_new(Completion, 1);

    completion->requests = requests;
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, run_completion, completion, g_free);
    g_source_attach(source, context);
    g_source_unref(source);
}

/* Hands the requests of a group back, sorted by context, each context's in their order. */
static void
complete_group(Request *group)
{
    while (group != NULL) {
        GMainContext *context = group->context != NULL ? g_main_context_ref(group->context) : NULL;
        Queue same = { NULL, NULL, 0 }, others = { NULL, NULL, 0 };

        for (Request *request = group, *next; request != NULL; request = next) {
            next = request->next;
            request->next = NULL;
            queue_push(request->context == context ? &same : &others, request);
        }
        if (context == NULL)
            complete_all(same.first);
        else
            attach_completion(context, same.first);
        g_clear_pointer(&context, g_main_context_unref);
        group = others.first;
    }
}

/* For a write that never reaches the writer: answered on its context like any other. */
void
lt_writer_refuse(LtStoreDone done, gpointer data, GMainContext *context, const GError *error)
{
    Request *request = g_new0(Request, 1);

    request->done = done;
    request->data = data;
    request->context = context != NULL ? g_main_context_ref(context) : NULL;
    request->error = g_error_copy(error);
    complete_group(request);
}

typedef enum { CLOSURE_OK, CLOSURE_FAILED, CLOSURE_WROTE_AND_FAILED, CLOSURE_GROUP_LOST } Outcome;

static Outcome
run_closure(LtStoreTransaction *tx, Request *request, gboolean savepoint, GError **error)
{
    sqlite3 *handle = lt_database_get_handle(tx->database);
    sqlite3_int64 before;

    g_clear_error(&request->error);
    if (savepoint && !LT_RUN_PLAIN(tx->database, error, "SAVEPOINT write"))
        return CLOSURE_GROUP_LOST;
    before = sqlite3_total_changes64(handle);
    lt_log_tail_mark(tx->log);
    lt_sequences_mark(tx->sequences);
    if (request->write(tx, request->data, &request->error)) {
        if (savepoint && !LT_RUN_PLAIN(tx->database, error, "RELEASE write"))
            return CLOSURE_GROUP_LOST;
        return CLOSURE_OK;
    }
    lt_log_tail_revert(tx->log);
    lt_sequences_revert(tx->sequences);
    if (request->error == NULL)
        lt_error_set(&request->error, LT_ERROR_INTERNAL, "env.internal", "a write failed without a reason");
    if (sqlite3_get_autocommit(handle)) { /* SQLite itself has rolled back: disk or memory */
        g_propagate_error(error, g_error_copy(request->error));
        return CLOSURE_GROUP_LOST;
    }
    if (savepoint) {
        if (!LT_RUN_PLAIN(tx->database, error, "ROLLBACK TO write") || !LT_RUN_PLAIN(tx->database, error, "RELEASE write"))
            return CLOSURE_GROUP_LOST;
        return CLOSURE_FAILED;
    }
    return sqlite3_total_changes64(handle) == before ? CLOSURE_FAILED : CLOSURE_WROTE_AND_FAILED;
}

/* One try at the whole group. *again: only for want of savepoints. */
static gboolean
try_group(LtWriter *self, LtStoreTransaction *tx, Request *group, gboolean savepoints, gboolean *again, GError **error)
{
    tx->receipt_checkpoint = 0;
    tx->crl_row = 0;
    tx->crl_written = FALSE;
    tx->time_us = lt_log_tail_begin(self->parts.log, lt_time_now_us());
    if (!LT_RUN_PLAIN(tx->database, error, "BEGIN IMMEDIATE"))
        return FALSE;
    for (Request *request = group; request != NULL; request = request->next) {
        switch (run_closure(tx, request, savepoints, error)) {
        case CLOSURE_OK:
        case CLOSURE_FAILED:
            break;
        case CLOSURE_WROTE_AND_FAILED:
            *again = TRUE;
            return FALSE;
        case CLOSURE_GROUP_LOST:
            return FALSE;
        }
    }
    return self->parts.finish(tx, error) && lt_log_tail_seal(self->parts.log, error) && LT_RUN_PLAIN(tx->database, error, "COMMIT");
}

static void
roll_back(LtWriter *self)
{
    if (!sqlite3_get_autocommit(lt_database_get_handle(self->parts.database)))
        sqlite3_exec(lt_database_get_handle(self->parts.database), "ROLLBACK", NULL, NULL, NULL);
    lt_log_tail_end(self->parts.log, FALSE);
    lt_sequences_end(self->parts.sequences, FALSE);
}

/* All fail with the group's error, also those that failed by themselves: what they saw may have been rolled back. */
static void
fail_group(Request *group, const GError *error)
{
    for (Request *request = group; request != NULL; request = request->next) {
        g_clear_error(&request->error);
        request->error = error != NULL ? g_error_copy(error) : NULL;
    }
}

static void
count(LtWriter *self, guint length, gint64 took_us, gboolean committed)
{
    guint bucket = 0;

    g_mutex_lock(&self->lock);
    if (committed) {
        self->figures.commits++;
        self->figures.writes += length;
        self->figures.commit_us_sum += (guint64) took_us;
        while (bucket < G_N_ELEMENTS(self->figures.commit_buckets) - 1 && took_us > lt_store_commit_bucket_us(bucket))
            bucket++;
        self->figures.commit_buckets[bucket]++;
    } else {
        self->figures.groups_failed++;
    }
    g_mutex_unlock(&self->lock);
}

static void
run_group(LtWriter *self, Request *group, guint length)
{
    LtStoreTransaction tx = { .store = self->parts.store, .database = self->parts.database, .log = self->parts.log,
                              .sequences = self->parts.sequences };
    g_autoptr(GError) error = NULL;
    gboolean again = FALSE, committed;
    gint64 start_us;

    lt_wal_wait(self->parts.wal);
    start_us = g_get_monotonic_time();
    committed = try_group(self, &tx, group, FALSE, &again, &error);
    if (again) {
        roll_back(self);
        again = FALSE;
        committed = try_group(self, &tx, group, TRUE, &again, &error);
    }
    if (committed) {
        lt_log_tail_end(self->parts.log, TRUE);
        lt_sequences_end(self->parts.sequences, TRUE);
    } else {
        roll_back(self);
        fail_group(group, error);
        if (error != NULL && g_strcmp0(lt_error_get_reason(error), "log.db") == 0)
            lt_store_halt(self->parts.store, "log.db", error->message);
    }
    count(self, length, g_get_monotonic_time() - start_us, committed);
    complete_group(group);
}

/* Waits until there is something to do, and a little more when there was company last time. FALSE: stop. */
static gboolean
wait_for_work(LtWriter *self)
{
    gint64 until;

    self->wanted = 1;
    while (self->queue.first == NULL) {
        if (self->lazy.first == NULL) {
            if (self->stop)
                return FALSE;
            g_cond_wait(&self->arrived, &self->lock);
        } else if (self->stop || !g_cond_wait_until(&self->arrived, &self->lock, self->lazy_since_us + LAZY_US)) {
            return TRUE;
        }
    }
    if (self->queue.length < 2 && self->last_group < 2)
        return TRUE;
    until = g_get_monotonic_time() + self->parts.group_wait_us;
    self->wanted = MIN(self->parts.group_max, self->last_group);
    while (self->queue.length < self->wanted && !self->stop) {
        if (!g_cond_wait_until(&self->arrived, &self->lock, until))
            break;
    }
    return TRUE;
}

static Request *
take_group(LtWriter *self, guint *length)
{
    guint taken = 0, lazy = 0;
    Request *group = queue_take(&self->queue, self->parts.group_max, &taken);
    Request *rest = taken < self->parts.group_max ? queue_take(&self->lazy, self->parts.group_max - taken, &lazy) : NULL;
    Request **end = &group;

    self->wanted = 0;
    self->last_group = taken;
    while (*end != NULL)
        end = &(*end)->next;
    *end = rest;
    *length = taken + lazy;
    return group;
}

static gpointer
run(gpointer data)
{
    LtWriter *self = data;

    g_mutex_lock(&self->lock);
    while (wait_for_work(self)) {
        guint length;
        Request *group = take_group(self, &length);

        g_mutex_unlock(&self->lock);
        run_group(self, group, length);
        g_mutex_lock(&self->lock);
    }
    g_mutex_unlock(&self->lock);
    return NULL;
}

/* Instead of SQLite's own checkpoint on the commit path: the WAL thread is told how long the log is. */
static int
committed(void *data, sqlite3 *handle G_GNUC_UNUSED, const char *name G_GNUC_UNUSED, int frames)
{
    lt_wal_grown(data, (guint) frames);
    return SQLITE_OK;
}

LtWriter *
lt_writer_start(const LtWriterParts *parts)
{
    LtWriter *self = g_new0(LtWriter, 1);

    self->parts = *parts;
    g_mutex_init(&self->lock);
    g_cond_init(&self->arrived);
    sqlite3_wal_hook(lt_database_get_handle(self->parts.database), committed, self->parts.wal);
    self->thread = g_thread_new("lthub-writer", run, self);
    return self;
}

gboolean
lt_writer_is_here(const LtWriter *self)
{
    return g_thread_self() == self->thread;
}

void
lt_writer_stop(LtWriter *self)
{
    if (self == NULL)
        return;
    g_mutex_lock(&self->lock);
    self->stop = TRUE;
    g_cond_signal(&self->arrived);
    g_mutex_unlock(&self->lock);
    g_thread_join(self->thread);
    g_mutex_clear(&self->lock);
    g_cond_clear(&self->arrived);
    g_free(self);
}

void
lt_writer_submit(LtWriter *self, LtStoreWrite write, LtStoreDone done, gpointer data, GMainContext *context, gboolean lazy)
{
    Request *request = g_new0(Request, 1);

    request->write = write;
    request->done = done;
    request->data = data;
    request->context = context != NULL ? g_main_context_ref(context) : NULL;
    g_mutex_lock(&self->lock);
    if (lazy && self->lazy.first == NULL)
        self->lazy_since_us = g_get_monotonic_time();
    queue_push(lazy ? &self->lazy : &self->queue, request);
    if (self->wanted > 0 && (lazy ? self->lazy.length == 1 : self->queue.length >= self->wanted))
        g_cond_signal(&self->arrived);
    g_mutex_unlock(&self->lock);
}

void
lt_writer_get_figures(LtWriter *self, LtStoreFigures *out)
{
    g_mutex_lock(&self->lock);
    *out = self->figures;
    out->queue_depth = self->queue.length + self->lazy.length;
    g_mutex_unlock(&self->lock);
}
