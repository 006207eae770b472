/* SPDX-License-Identifier: Apache-2.0 */
/* tsan-glib.c: tells ThreadSanitizer about GLib's locks, which are built on futexes inside an uninstrumented library.
 *
 * Only in builds with -Db_sanitize=thread. Each function is GLib's own, found behind this one, with the order that it promises said aloud.
 */
#include <dlfcn.h>
#include <gio/gio.h>

/* Found by the plugins too. */
#pragma GCC visibility push(default)

void __tsan_acquire(void *address);
void __tsan_release(void *address);

/* The next definition of a function, looked up once; two threads that look at the same time find the same. */
#define REAL(function, type)                                                                                           \
    static type real;                                                                                                  \
    type next = __atomic_load_n(&real, __ATOMIC_ACQUIRE);                                                              \
    if (next == NULL) {                                                                                                \
        next = (type) dlsym(RTLD_NEXT, #function);                                                                     \
        __atomic_store_n(&real, next, __ATOMIC_RELEASE);                                                               \
    }

typedef void (*MutexFunction)(GMutex *);
typedef gboolean (*TryFunction)(GMutex *);
typedef void (*LockFunction)(GRWLock *);
typedef void (*RecursiveFunction)(GRecMutex *);
typedef void (*WaitFunction)(GCond *, GMutex *);
typedef gboolean (*WaitUntilFunction)(GCond *, GMutex *, gint64);
typedef gboolean (*OnceEnterFunction)(void *);
typedef void (*OnceLeaveFunction)(void *, gsize);
typedef void (*PushFunction)(GAsyncQueue *, gpointer);
typedef gpointer (*PopFunction)(GAsyncQueue *);
typedef gpointer (*PopTimeFunction)(GAsyncQueue *, guint64);
typedef void (*CallbackFunction)(GSource *, GSourceFunc, gpointer, GDestroyNotify);
typedef gulong (*ConnectFunction)(GCancellable *, GCallback, gpointer, GDestroyNotify);
typedef void (*DisconnectFunction)(GCancellable *, gulong);
typedef void (*CancelFunction)(GCancellable *);
typedef gboolean (*DecrementFunction)(gatomicrefcount *);

#undef g_mutex_lock
void
g_mutex_lock(GMutex *mutex)
{
    REAL(g_mutex_lock, MutexFunction)
    next(mutex);
    __tsan_acquire(mutex);
}

#undef g_mutex_unlock
void
g_mutex_unlock(GMutex *mutex)
{
    REAL(g_mutex_unlock, MutexFunction)
    __tsan_release(mutex);
    next(mutex);
}

#undef g_mutex_trylock
gboolean
g_mutex_trylock(GMutex *mutex)
{
    REAL(g_mutex_trylock, TryFunction)
    gboolean locked = next(mutex);

    if (locked)
        __tsan_acquire(mutex);
    return locked;
}

void
g_cond_wait(GCond *cond, GMutex *mutex)
{
    REAL(g_cond_wait, WaitFunction)
    __tsan_release(mutex);
    next(cond, mutex);
    __tsan_acquire(mutex);
}

gboolean
g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time)
{
    REAL(g_cond_wait_until, WaitUntilFunction)
    gboolean signalled;

    __tsan_release(mutex);
    signalled = next(cond, mutex, end_time);
    __tsan_acquire(mutex);
    return signalled;
}

void
g_rw_lock_reader_lock(GRWLock *lock)
{
    REAL(g_rw_lock_reader_lock, LockFunction)
    next(lock);
    __tsan_acquire(lock);
}

void
g_rw_lock_reader_unlock(GRWLock *lock)
{
    REAL(g_rw_lock_reader_unlock, LockFunction)
    __tsan_release(lock);
    next(lock);
}

void
g_rw_lock_writer_lock(GRWLock *lock)
{
    REAL(g_rw_lock_writer_lock, LockFunction)
    next(lock);
    __tsan_acquire(lock);
}

void
g_rw_lock_writer_unlock(GRWLock *lock)
{
    REAL(g_rw_lock_writer_unlock, LockFunction)
    __tsan_release(lock);
    next(lock);
}

void
g_rec_mutex_lock(GRecMutex *mutex)
{
    REAL(g_rec_mutex_lock, RecursiveFunction)
    next(mutex);
    __tsan_acquire(mutex);
}

void
g_rec_mutex_unlock(GRecMutex *mutex)
{
    REAL(g_rec_mutex_unlock, RecursiveFunction)
    __tsan_release(mutex);
    next(mutex);
}

#undef g_once_init_enter
gboolean(g_once_init_enter)(volatile void *location)
{
    REAL(g_once_init_enter, OnceEnterFunction)
    gboolean first = next((void *) location);

    __tsan_acquire((void *) location);
    return first;
}

#undef g_once_init_leave
void(g_once_init_leave)(volatile void *location, gsize result)
{
    REAL(g_once_init_leave, OnceLeaveFunction)
    __tsan_release((void *) location);
    next((void *) location, result);
}

void
g_async_queue_push(GAsyncQueue *queue, gpointer data)
{
    REAL(g_async_queue_push, PushFunction)
    __tsan_release(queue);
    next(queue, data);
}

gpointer
g_async_queue_pop(GAsyncQueue *queue)
{
    REAL(g_async_queue_pop, PopFunction)
    gpointer data = next(queue);

    __tsan_acquire(queue);
    return data;
}

gpointer
g_async_queue_try_pop(GAsyncQueue *queue)
{
    REAL(g_async_queue_try_pop, PopFunction)
    gpointer data = next(queue);

    __tsan_acquire(queue);
    return data;
}

gpointer
g_async_queue_timeout_pop(GAsyncQueue *queue, guint64 timeout)
{
    REAL(g_async_queue_timeout_pop, PopTimeFunction)
    gpointer data = next(queue, timeout);

    __tsan_acquire(queue);
    return data;
}

#undef g_atomic_ref_count_dec
gboolean(g_atomic_ref_count_dec)(gatomicrefcount *count)
{
    REAL(g_atomic_ref_count_dec, DecrementFunction)
    gboolean last;

    __tsan_release(count);
    last = next(count);
    if (last)
        __tsan_acquire(count);
    return last;
}

gulong
g_cancellable_connect(GCancellable *cancellable, GCallback callback, gpointer data, GDestroyNotify destroy)
{
    REAL(g_cancellable_connect, ConnectFunction)
    __tsan_release(cancellable);
    return next(cancellable, callback, data, destroy);
}

void
g_cancellable_disconnect(GCancellable *cancellable, gulong handler)
{
    REAL(g_cancellable_disconnect, DisconnectFunction)
    next(cancellable, handler);
    if (cancellable != NULL)
        __tsan_acquire(cancellable);
}

void
g_cancellable_cancel(GCancellable *cancellable)
{
    REAL(g_cancellable_cancel, CancelFunction)
    if (cancellable != NULL)
        __tsan_acquire(cancellable);
    next(cancellable);
    if (cancellable != NULL)
        __tsan_release(cancellable);
}

/* A callback on its way to the thread of a main context. */
typedef struct {
    GSourceFunc function;
    gpointer data;
    GDestroyNotify destroy;
} Parcel;

static gboolean
parcel_open(gpointer data)
{
    Parcel *parcel = data;

    __tsan_acquire(parcel);
    return parcel->function(parcel->data);
}

static void
parcel_free(gpointer data)
{
    Parcel *parcel = data;

    __tsan_acquire(parcel);
    if (parcel->destroy != NULL)
        parcel->destroy(parcel->data);
    g_free(parcel);
}

void
g_source_set_callback(GSource *source, GSourceFunc function, gpointer data, GDestroyNotify destroy)
{
    REAL(g_source_set_callback, CallbackFunction)
    Parcel *parcel;

    if (source->source_funcs != &g_idle_funcs && source->source_funcs != &g_timeout_funcs) {
        next(source, function, data, destroy); /* other kinds call with other arguments */
        return;
    }
    parcel = g_new(Parcel, 1);
    *parcel = (Parcel) { function, data, destroy };
    __tsan_release(parcel);
    next(source, parcel_open, parcel, parcel_free);
}

/* A pool's function, behind one that says that what was pushed is seen by the thread that runs it. */
typedef struct {
    GFunc run;
    gpointer data;
} PoolWork;

static void
run_pool_work(gpointer item, gpointer data)
{
    PoolWork *work = data;

    __tsan_acquire(item);
    work->run(item, work->data);
}

typedef GThreadPool *(*PoolNewFunction)(GFunc, gpointer, gint, gboolean, GError **);
typedef gboolean (*PoolPushFunction)(GThreadPool *, gpointer, GError **);

GThreadPool *
g_thread_pool_new(GFunc run, gpointer data, gint max_threads, gboolean exclusive, GError **error)
{
    REAL(g_thread_pool_new, PoolNewFunction)
    PoolWork *work = g_new(PoolWork, 1); /* lives as long as the process: a test */

    *work = (PoolWork) { run, data };
    return next(run_pool_work, work, max_threads, exclusive, error);
}

gboolean
g_thread_pool_push(GThreadPool *pool, gpointer item, GError **error)
{
    REAL(g_thread_pool_push, PoolPushFunction)
    __tsan_release(item);
    return next(pool, item, error);
}
