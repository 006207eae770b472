/* SPDX-License-Identifier: Apache-2.0 */
/* server.c: threads that serve requests.
 *
 * Each HTTP thread has its own main context and SoupServer; all of them wait on the same listening sockets and whoever wakes first takes the connection. A connection
 * belongs to its thread from then on: its guard, its exchange, its answer. What a request means is decided in exchange.c and the resources.
 */
#include "http/server-private.h"

#include <errno.h>
#include <glib-unix.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/value.h"
#include "http/problem.h"

#define MAX_OPEN 512
#define MAX_BODY 104857600
#define WORKERS 4
#define TICK_US G_USEC_PER_SEC

static void
wake_tick(LtHttpThread *self)
{
    if (g_source_get_ready_time(self->tick) < 0)
        g_source_set_ready_time(self->tick, g_get_monotonic_time() + TICK_US);
}

/* Ends connections whose other side has let its time pass. Sleeps while there is no connection: an idle hub does not wake. */
static gboolean
on_tick(gpointer data)
{
    LtHttpThread *self = data;
    gint64 now_us = g_get_monotonic_time();

    g_source_set_ready_time(self->tick, self->guards->len > 0 ? now_us + TICK_US : -1);
    for (guint i = 0; i < self->guards->len; i++) {
        LtGuard *guard = self->guards->pdata[i];

        if (!lt_guard_is_late(guard, now_us))
            continue;
        __atomic_fetch_add(&self->server->figures.cut, 1, __ATOMIC_RELAXED);
        lt_guard_cut(guard);
    }
    return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_tick(GSource *source, GSourceFunc callback, gpointer data)
{
    (void) source;
    return callback(data);
}

static GSourceFuncs tick_funcs = { .dispatch = dispatch_tick };

static void
on_closed(gpointer data, LtGuard *guard)
{
    LtHttpThread *self = data;

    g_ptr_array_remove_fast(self->guards, guard);
    g_atomic_int_add(&self->server->n_open, -1);
}

static GSocketAddress *
address_of(LtHttpThread *self, LtGuard *guard, guint site, gboolean is_operator)
{
    g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    GSocketAddress *address = g_inet_socket_address_new(loopback, 0);
    LtConnection *connection = g_new(LtConnection, 1);

    *connection = (LtConnection) { self, guard, site, is_operator };
    g_object_set_data_full(G_OBJECT(address), "lt-connection", connection, g_free);
    return address;
}

static LtConnection *
connection_of(SoupServerMessage *message)
{
    return g_object_get_data(G_OBJECT(soup_server_message_get_remote_address(message)), "lt-connection");
}

static void
refuse_busy(LtHttpThread *self, LtGuard *guard)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *answer = NULL;

    lt_error_set(&error, LT_ERROR_UNAVAILABLE, "http.busy", "too many connections are open");
    lt_error_set_retry_after(error, 1);
    answer = lt_problem_response(error, 503);
    lt_guard_refuse(guard, answer);
    __atomic_fetch_add(&self->server->figures.over_limit, 1, __ATOMIC_RELAXED);
}

static void
take_in(LtHttpThread *self, LtListener *listener, GSocket *socket)
{
    LtHttpServer *server = self->server;
    guint site = lt_listener_get_site(listener);
    gboolean is_operator = lt_listener_get_port(listener) != 0 || (site == LT_SITE_ADMIN && lt_socket_is_operator(socket));
    g_autoptr(LtGuard) guard = lt_guard_new(socket, &server->times, on_closed, self);
    g_autoptr(GSocketAddress) address = address_of(self, guard, site, is_operator);
    gint n_open = g_atomic_int_add(&server->n_open, 1) + 1;

    g_ptr_array_add(self->guards, guard);
    if (n_open > (gint) server->options.max_open)
        refuse_busy(self, guard);
    /* Twice the limit is what is told so in words; beyond that the connection just ends. */
    if (n_open <= 2 * (gint) server->options.max_open)
        soup_server_accept_iostream(self->soup, G_IO_STREAM(guard), address, address, NULL);
    wake_tick(self);
}

/* One listening socket, as one thread waits on it. */
typedef struct {
    LtHttpThread *thread;
    LtListener *listener;
} Door;

static gboolean
on_connection(int fd, GIOCondition condition, gpointer data)
{
    Door *door = data;
    g_autoptr(GSocket) socket = lt_listener_accept(door->listener);

    (void) fd;
    (void) condition;
    if (socket != NULL)
        take_in(door->thread, door->listener, socket);
    return G_SOURCE_CONTINUE;
}

static void
on_headers(SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query, gpointer data)
{
    (void) soup;
    (void) path;
    (void) data;
    lt_exchange_begin(message, connection_of(message), query);
}

static void
on_request(SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query, gpointer data)
{
    (void) soup;
    (void) path;
    (void) query;
    (void) data;
    lt_exchange_run(message);
}

/* libsoup keeps a connection for a second request only while it listens itself; so it listens on a socket pair that stays silent. */
static gboolean
listen_to_silence(LtHttpThread *self, GError **error)
{
    g_autoptr(GSocket) socket = NULL;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, self->silence) != 0) {
        lt_error_set(error, LT_ERROR_CONFIG, "http.socket", "cannot make a socket pair: %s", g_strerror(errno));
        return FALSE;
    }
    socket = g_socket_new_from_fd(self->silence[0], error);
    if (socket == NULL)
        return FALSE;
    self->silence[0] = -1; /* the GSocket's now */
    return soup_server_listen_socket(self->soup, socket, 0, error);
}

static void
open_doors(LtHttpThread *self)
{
    LtHttpServer *server = self->server;

    for (guint i = 0; i < server->listeners->len; i++) {
        LtListener *listener = server->listeners->pdata[i];
        GSource *source = g_unix_fd_source_new(lt_listener_get_fd(listener), G_IO_IN);
        Door *door = g_new(Door, 1);

        *door = (Door) { self, listener };
        g_source_set_callback(source, G_SOURCE_FUNC(on_connection), door, g_free);
        g_source_attach(source, self->context);
        g_ptr_array_add(self->accepting, source);
    }
}

static void
close_door(gpointer data)
{
    g_source_destroy(data);
    g_source_unref(data);
}

/* Made on the main thread, which so is the first to touch the types of GIO and libsoup. */
static gboolean
thread_prepare(LtHttpThread *self, GError **error)
{
    gboolean done;

    self->context = g_main_context_new();
    self->loop = g_main_loop_new(self->context, FALSE);
    self->callers = lt_caller_cache_new();
    self->guards = g_ptr_array_new();
    self->accepting = g_ptr_array_new_with_free_func(close_door);
    self->silence[0] = self->silence[1] = -1;
    g_main_context_push_thread_default(self->context);
    self->soup = soup_server_new(NULL, NULL);
    soup_server_add_early_handler(self->soup, NULL, on_headers, NULL, NULL);
    soup_server_add_handler(self->soup, NULL, on_request, NULL, NULL);
    done = listen_to_silence(self, error);
    g_main_context_pop_thread_default(self->context);
    self->tick = g_source_new(&tick_funcs, sizeof(GSource));
    g_source_set_callback(self->tick, on_tick, self, NULL);
    g_source_attach(self->tick, self->context);
    open_doors(self);
    return done;
}

static gpointer
thread_run(gpointer data)
{
    LtHttpThread *self = data;

    g_main_context_push_thread_default(self->context);
    g_main_loop_run(self->loop);
    soup_server_disconnect(self->soup);
    while (g_main_context_iteration(self->context, FALSE))
        ; /* what libsoup still wanted to do with its connections */
    g_clear_object(&self->soup);
    g_main_context_pop_thread_default(self->context);
    return NULL;
}

static void
thread_free(LtHttpThread *self)
{
    if (self == NULL)
        return;
    g_clear_object(&self->soup);
    g_ptr_array_unref(self->accepting);
    g_source_destroy(self->tick);
    g_source_unref(self->tick);
    for (guint i = 0; i < 2; i++)
        if (self->silence[i] >= 0)
            close(self->silence[i]);
    lt_caller_cache_free(self->callers);
    g_ptr_array_unref(self->guards);
    g_main_loop_unref(self->loop);
    g_main_context_unref(self->context);
    g_free(self);
}

static gboolean
look_up_user(const char *name, uid_t *uid, GError **error)
{
    char buffer[4096];
    struct passwd entry, *found = NULL;

    if (getpwnam_r(name, &entry, buffer, sizeof buffer, &found) != 0 || found == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "http.user", "there is no user \"%s\", who is to connect to the peer and api sockets", name);
        return FALSE;
    }
    *uid = found->pw_uid;
    return TRUE;
}

static gboolean
open_site(LtHttpServer *self, LtSite site, const char *path, const char *name, const uid_t *uids, guint n_uids, GError **error)
{
    LtListener *listener;

    if ((path == NULL || path[0] == '\0') && !lt_listener_is_inherited(name))
        return TRUE;
    listener = lt_listener_open_unix(site, path, name, uids, n_uids, error);
    if (listener != NULL)
        g_ptr_array_add(self->listeners, listener);
    return listener != NULL;
}

static gboolean
open_listeners(LtHttpServer *self, GError **error)
{
    const LtHttpOptions *o = &self->options;
    uid_t operators[] = { geteuid(), 0 }, proxies[] = { geteuid(), geteuid() };

    if (o->proxy_user != NULL && o->proxy_user[0] != '\0' && !look_up_user(o->proxy_user, &proxies[1], error))
        return FALSE;
    if (!open_site(self, LT_SITE_PEER, o->peer_socket, "peer", proxies, 2, error) ||
        !open_site(self, LT_SITE_API, o->api_socket, "api", proxies, 2, error) ||
        !open_site(self, LT_SITE_ADMIN, o->admin_socket, "admin", operators, 2, error))
        return FALSE;
    if (self->parts.demo) {
        LtListener *listener = lt_listener_open_loopback(o->demo_port, error);

        if (listener == NULL)
            return FALSE;
        g_ptr_array_add(self->listeners, listener);
    }
    if (self->listeners->len > 0)
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "http.socket", "[http] names no socket: set peer_socket, api_socket or admin_socket");
    return FALSE;
}

static gint64
or_else(gint64 value, gint64 otherwise)
{
    return value > 0 ? value : otherwise;
}

static gboolean
start_threads(LtHttpServer *self, GError **error)
{
    self->threads = g_new0(LtHttpThread *, self->n_threads);
    for (guint i = 0; i < self->n_threads; i++) {
        self->threads[i] = g_new0(LtHttpThread, 1);
        self->threads[i]->server = self;
        if (!thread_prepare(self->threads[i], error))
            return FALSE;
    }
    for (guint i = 0; i < self->n_threads; i++)
        self->threads[i]->thread = g_thread_new("http", thread_run, self->threads[i]);
    return TRUE;
}

LtHttpServer *
lt_http_server_new(const LtHttpParts *parts, const LtHttpOptions *options, GError **error)
{
    LtHttpServer *self = g_new0(LtHttpServer, 1);

    self->parts = *parts;
    self->options = *options;
    self->options.max_open = (guint) or_else(options->max_open, MAX_OPEN);
    self->options.max_body = (guint64) or_else((gint64) options->max_body, MAX_BODY);
    self->times = (LtGuardTimes) { or_else(options->head_us, 10 * G_USEC_PER_SEC), or_else(options->body_us, 30 * G_USEC_PER_SEC),
                                   or_else(options->write_us, 30 * G_USEC_PER_SEC), or_else(options->idle_us, 30 * G_USEC_PER_SEC) };
    self->n_threads = options->n_threads > 0 ? options->n_threads : (guint) g_get_num_processors();
    self->started_us = lt_time_now_us();
    self->quota = lt_quota_new(&options->quota);
    self->listeners = g_ptr_array_new_with_free_func((GDestroyNotify) lt_listener_free);
    self->workers = g_thread_pool_new(lt_exchange_work, NULL, WORKERS, FALSE, NULL);
    if (open_listeners(self, error) && start_threads(self, error))
        return self;
    lt_http_server_free(self);
    return NULL;
}

static gboolean
on_close_doors(gpointer data)
{
    LtHttpThread *thread = data;

    g_ptr_array_set_size(thread->accepting, 0);
    return G_SOURCE_REMOVE;
}

static gboolean
on_quit(gpointer data)
{
    LtHttpThread *thread = data;

    g_main_loop_quit(thread->loop);
    return G_SOURCE_REMOVE;
}

/* Always on the thread itself, also when its loop has not begun to run yet. */
static void
tell_thread(LtHttpThread *self, GSourceFunc what)
{
    g_autoptr(GSource) source = g_idle_source_new();

    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, what, self, NULL);
    g_source_attach(source, self->context);
}

void
lt_http_server_stop(LtHttpServer *self, gint64 grace_us)
{
    gint64 until_us = g_get_monotonic_time() + grace_us;

    if (!g_atomic_int_compare_and_exchange(&self->stopping, 0, 1))
        return;
    for (guint i = 0; i < self->n_threads; i++)
        tell_thread(self->threads[i], on_close_doors);
    while (g_atomic_int_get(&self->n_busy) > 0 && g_get_monotonic_time() < until_us)
        g_usleep(5000);
    for (guint i = 0; i < self->n_threads; i++) {
        tell_thread(self->threads[i], on_quit);
        g_thread_join(g_steal_pointer(&self->threads[i]->thread));
    }
}

void
lt_http_server_free(LtHttpServer *self)
{
    if (self == NULL)
        return;
    if (self->threads != NULL && self->threads[0] != NULL && self->threads[0]->thread != NULL)
        lt_http_server_stop(self, 0);
    g_thread_pool_free(self->workers, FALSE, TRUE);
    for (guint i = 0; self->threads != NULL && i < self->n_threads; i++)
        thread_free(self->threads[i]);
    g_free(self->threads);
    g_ptr_array_unref(self->listeners);
    lt_quota_free(self->quota);
    g_free(self);
}

guint
lt_http_server_get_port(LtHttpServer *self)
{
    for (guint i = 0; i < self->listeners->len; i++)
        if (lt_listener_get_port(self->listeners->pdata[i]) != 0)
            return lt_listener_get_port(self->listeners->pdata[i]);
    return 0;
}
