/* SPDX-License-Identifier: Apache-2.0 */
/* link-thread.c: the one thread that does all outbound I/O: curl's sockets in epoll, its timer, and a queue that the workers fill.
 *
 * A transfer belongs to the I/O thread from the first push until it is finished; transfer_finish() is the last touch, after which its
 * worker may free it. The wake-up is written only when the thread sleeps, so under load a request costs no system call for it.
 */
#include "routing/link-private.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MAX_IDLE_CONNECTIONS 256L

struct _LtLinkThread {
    GThread *thread;
    int epoll_fd, wake_fd;
    CURLM *multi;
    gint64 timer_at_us; /* monotonic; -1: none */
    GPtrArray *running; /* of LtTransfer * */
    GMutex mutex;       /* guards what follows */
    GPtrArray *queue;   /* of LtTransfer *: new, to resume, or to cancel */
    GPtrArray *waiters; /* of LtWaiter *, idle */
    gboolean sleeping;  /* or about to: whoever queues must wake it */
    gboolean stop;
};

static void
thread_wake(LtLinkThread *self)
{
    guint64 one = 1;

    if (write(self->wake_fd, &one, sizeof one) < 0)
        g_assert(errno == EAGAIN || errno == EINTR); /* EAGAIN: it is awake */
}

static void
waiter_free(gpointer data)
{
    LtWaiter *self = data;

    g_mutex_clear(&self->mutex);
    g_cond_clear(&self->over);
    g_free(self);
}

static LtWaiter *
waiter_new(void)
{
    LtWaiter *self = g_new0(LtWaiter, 1);

    g_mutex_init(&self->mutex);
    g_cond_init(&self->over);
    return self;
}

/* With the thread's mutex held. */
static LtWaiter *
take_waiter(LtLinkThread *self)
{
    LtWaiter *waiter = self->waiters->len > 0 ? g_ptr_array_steal_index_fast(self->waiters, self->waiters->len - 1) : waiter_new();

    waiter->done = FALSE;
    return waiter;
}

/* Asks for the I/O thread's attention; nothing once the transfer is over. */
void
lt_transfer_push(LtTransfer *self, gboolean cancel)
{
    LtLinkThread *thread = self->target->thread;
    gboolean wake = FALSE;

    g_mutex_lock(&thread->mutex);
    if (self->waiter == NULL)
        self->waiter = take_waiter(thread);
    if (cancel)
        g_atomic_int_set(&self->cancelled, TRUE);
    if (!self->queued && !self->finished) {
        self->queued = TRUE;
        g_ptr_array_add(thread->queue, self);
        wake = thread->sleeping;
        thread->sleeping = FALSE;
    }
    g_mutex_unlock(&thread->mutex);
    if (wake)
        thread_wake(thread);
}

void
lt_transfer_wait(LtTransfer *self)
{
    LtLinkThread *thread = self->target->thread;
    LtWaiter *waiter = self->waiter;

    g_mutex_lock(&waiter->mutex);
    while (!waiter->done)
        g_cond_wait(&waiter->over, &waiter->mutex);
    g_mutex_unlock(&waiter->mutex);
    g_mutex_lock(&thread->mutex);
    g_ptr_array_add(thread->waiters, waiter);
    g_mutex_unlock(&thread->mutex);
}

/* The last touch of a transfer by the I/O thread: afterwards its worker may free it. */
static void
transfer_finish(LtLinkThread *thread, LtTransfer *transfer, CURLcode result)
{
    LtWaiter *waiter = transfer->waiter;
    long status = 0;

    if (transfer->running) {
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_multi_remove_handle(thread->multi, transfer->easy);
        g_ptr_array_remove_fast(thread->running, transfer);
    }
    g_mutex_lock(&thread->mutex);
    transfer->finished = TRUE;
    if (transfer->queued)
        g_ptr_array_remove_fast(thread->queue, transfer);
    g_mutex_unlock(&thread->mutex);
    if (transfer->feed != NULL)
        lt_feed_close(transfer->feed);

    transfer->status = (guint) status;
    transfer->result = result;
    g_mutex_lock(&waiter->mutex);
    waiter->done = TRUE;
    g_mutex_unlock(&waiter->mutex);
    g_cond_signal(&waiter->over); /* the transfer may be gone by now */
}

static void
transfer_start(LtLinkThread *thread, LtTransfer *transfer)
{
    if (curl_multi_add_handle(thread->multi, transfer->easy) != CURLM_OK) {
        transfer_finish(thread, transfer, CURLE_OUT_OF_MEMORY);
        return;
    }
    transfer->running = TRUE;
    g_ptr_array_add(thread->running, transfer);
}

static void
serve_one(LtLinkThread *self, LtTransfer *transfer, gboolean cancelled, gboolean stop)
{
    if (stop || cancelled) {
        lt_transfer_refuse(transfer, LT_ERROR_UNAVAILABLE, stop ? "link.stopped" : "link.cancelled",
                           stop ? "the hub is stopping" : "the request was cancelled");
        transfer_finish(self, transfer, CURLE_ABORTED_BY_CALLBACK);
    } else if (!transfer->running) {
        transfer_start(self, transfer);
    } else {
        curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
    }
}

/* All that the workers ask for, taken under one lock; NULL: nothing, and whoever asks next must wake the thread. */
static GPtrArray *
take_queue(LtLinkThread *self, gboolean *stop)
{
    GPtrArray *batch = NULL;

    g_mutex_lock(&self->mutex);
    *stop = self->stop;
    if (self->queue->len > 0) {
        batch = g_steal_pointer(&self->queue);
        self->queue = g_ptr_array_new();
        for (guint i = 0; i < batch->len; i++)
            ((LtTransfer *) g_ptr_array_index(batch, i))->queued = FALSE;
    }
    self->sleeping = batch == NULL;
    g_mutex_unlock(&self->mutex);
    return batch;
}

/* FALSE: the thread shall end. */
static gboolean
serve_queue(LtLinkThread *self)
{
    gboolean stop = FALSE;
    GPtrArray *batch;

    while ((batch = take_queue(self, &stop)) != NULL) {
        for (guint i = 0; i < batch->len; i++) {
            LtTransfer *transfer = g_ptr_array_index(batch, i);

            serve_one(self, transfer, g_atomic_int_get(&transfer->cancelled), stop);
        }
        g_ptr_array_unref(batch);
    }
    return !stop;
}

static void
finish_completed(LtLinkThread *self)
{
    CURLMsg *message;
    int n_left;

    while ((message = curl_multi_info_read(self->multi, &n_left)) != NULL) {
        CURLcode result = message->data.result;
        char *transfer = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        transfer_finish(self, (LtTransfer *) (gpointer) transfer, result);
    }
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *known)
{
    LtLinkThread *self = data;
    struct epoll_event event = { .data.fd = fd };

    (void) easy;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(self->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    epoll_ctl(self->epoll_fd, known != NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    curl_multi_assign(self->multi, fd, self);
    return 0;
}

static int
on_timer(CURLM *multi, long timeout_ms, void *data)
{
    LtLinkThread *self = data;

    (void) multi;
    self->timer_at_us = timeout_ms < 0 ? -1 : g_get_monotonic_time() + timeout_ms * 1000;
    return 0;
}

static int
wait_ms(const LtLinkThread *self)
{
    gint64 left_us = self->timer_at_us - g_get_monotonic_time();

    if (self->timer_at_us < 0)
        return -1;
    return left_us <= 0 ? 0 : (int) MIN((left_us + 999) / 1000, 60000);
}

static void
act_on(LtLinkThread *self, const struct epoll_event *event)
{
    int what = (event->events & EPOLLIN ? CURL_CSELECT_IN : 0) | (event->events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
               (event->events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_IN | CURL_CSELECT_ERR : 0);
    int n_running;
    guint64 count;

    if (event->data.fd == self->wake_fd) {
        if (read(self->wake_fd, &count, sizeof count) < 0)
            g_assert(errno == EAGAIN || errno == EINTR);
        return;
    }
    curl_multi_socket_action(self->multi, event->data.fd, what, &n_running);
}

/* A peer that goes away while OpenSSL writes must not end the process. */
static void
block_sigpipe(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

static gpointer
run(gpointer data)
{
    LtLinkThread *self = data;
    struct epoll_event events[64];

    block_sigpipe();
    while (serve_queue(self)) {
        int n = epoll_wait(self->epoll_fd, events, G_N_ELEMENTS(events), wait_ms(self));
        int n_running;

        for (int i = 0; i < n; i++)
            act_on(self, &events[i]);
        if (self->timer_at_us >= 0 && self->timer_at_us <= g_get_monotonic_time()) {
            self->timer_at_us = -1;
            curl_multi_socket_action(self->multi, CURL_SOCKET_TIMEOUT, 0, &n_running);
        }
        finish_completed(self);
    }
    while (self->running->len > 0) {
        LtTransfer *transfer = g_ptr_array_index(self->running, 0);

        lt_transfer_refuse(transfer, LT_ERROR_UNAVAILABLE, "link.stopped", "the hub is stopping");
        transfer_finish(self, transfer, CURLE_ABORTED_BY_CALLBACK);
    }
    curl_multi_cleanup(self->multi); /* here, because closing TLS writes */
    self->multi = NULL;
    return NULL;
}

static gboolean
thread_open(LtLinkThread *self)
{
    struct epoll_event event = { .events = EPOLLIN };

    self->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    self->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->multi = curl_multi_init();
    if (self->epoll_fd < 0 || self->wake_fd < 0 || self->multi == NULL)
        return FALSE;
    event.data.fd = self->wake_fd;
    if (epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, self->wake_fd, &event) != 0)
        return FALSE;
    curl_multi_setopt(self->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(self->multi, CURLMOPT_SOCKETDATA, self);
    curl_multi_setopt(self->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(self->multi, CURLMOPT_TIMERDATA, self);
    curl_multi_setopt(self->multi, CURLMOPT_MAXCONNECTS, MAX_IDLE_CONNECTIONS);
    curl_multi_setopt(self->multi, CURLMOPT_PIPELINING, (long) CURLPIPE_NOTHING);
    return TRUE;
}

LtLinkThread *
lt_link_thread_new(GError **error)
{
    g_autoptr(LtLinkThread) self = g_new0(LtLinkThread, 1);

    self->epoll_fd = self->wake_fd = -1;
    self->timer_at_us = -1;
    self->running = g_ptr_array_new();
    self->queue = g_ptr_array_new();
    self->waiters = g_ptr_array_new_with_free_func(waiter_free);
    g_mutex_init(&self->mutex);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !thread_open(self)) {
        lt_error_set(error, LT_ERROR_INTERNAL, "link.start", "the link's I/O thread cannot start: %s", g_strerror(errno));
        return NULL;
    }
    self->thread = g_thread_new("link", run, self);
    return g_steal_pointer(&self);
}

void
lt_link_thread_free(LtLinkThread *self)
{
    if (self == NULL)
        return;
    if (self->thread != NULL) {
        g_mutex_lock(&self->mutex);
        self->stop = TRUE;
        g_mutex_unlock(&self->mutex);
        thread_wake(self);
        g_thread_join(self->thread);
    }
    curl_multi_cleanup(self->multi);
    curl_global_cleanup();
    if (self->epoll_fd >= 0)
        close(self->epoll_fd);
    if (self->wake_fd >= 0)
        close(self->wake_fd);
    g_ptr_array_unref(self->running);
    g_ptr_array_unref(self->queue);
    g_ptr_array_unref(self->waiters);
    g_mutex_clear(&self->mutex);
    g_free(self);
}
