/* SPDX-License-Identifier: Apache-2.0 */
/* host.c: host processes: started when a verb needs one, kept for the next, ended with the endpoint, and killed when they are late or break their word. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "routing/host-message.h"
#include "routing/host-private.h"
#include "routing/reply.h"
#include "routing/request.h"

#define IDLE_MOST 8u
#define HELLO_US (20 * G_USEC_PER_SEC)

void
host_process_free(HostProcess *self)
{
    if (self == NULL)
        return;
    close(self->pipe.fd); /* an honest one ends by itself */
    g_subprocess_force_exit(self->process);
    g_subprocess_wait(self->process, NULL, NULL);
    g_object_unref(self->process);
    g_free(self);
}

/* This program again; tests, which are another, name it. */
static char *
program_path(void)
{
    const char *named = g_getenv("LTHUB_PLUGIN_HOST");

    return named != NULL ? g_strdup(named) : g_file_read_link("/proc/self/exe", NULL);
}

static GPtrArray *
make_arguments(const char *folder, const char *name, const char *sha256, char **writable)
{
    GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(arguments, program_path());
    g_ptr_array_add(arguments, g_strdup("plugin-host"));
    g_ptr_array_add(arguments, g_strdup(folder));
    g_ptr_array_add(arguments, g_strdup(name));
    g_ptr_array_add(arguments, g_strdup(sha256 != NULL ? sha256 : "-"));
    for (; writable != NULL && *writable != NULL; writable++)
        g_ptr_array_add(arguments, g_strdup(*writable));
    g_ptr_array_add(arguments, NULL);
    return arguments;
}

HostProcess *
host_process_start(const char *folder, const char *name, const char *sha256, char **writable, GError **error)
{
    static const char *const environment[] = { "LANG=C.UTF-8", "PATH=/usr/bin:/bin", NULL };
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
    g_autoptr(GPtrArray) arguments = make_arguments(folder, name, sha256, writable);
    g_autoptr(GError) cause = NULL;
    HostProcess *self;
    GSubprocess *process;
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "plugin.host", "plugin %s: no socket for its host: %s", name, g_strerror(errno));
        return NULL;
    }
    g_subprocess_launcher_set_environ(launcher, (char **) environment);
    g_subprocess_launcher_take_fd(launcher, pair[1], LT_HOST_FD);
    process = g_subprocess_launcher_spawnv(launcher, (const char *const *) arguments->pdata, &cause);
    g_subprocess_launcher_close(launcher);
    if (process == NULL) {
        close(pair[0]);
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "plugin.host", "plugin %s: its host cannot be started: %s", name, cause->message);
        return NULL;
    }
    self = g_new0(HostProcess, 1);
    self->process = process;
    self->pipe = (LtPipe) { pair[0], g_get_monotonic_time() + HELLO_US, LT_HOST_DATA_MOST };
    return self;
}

static gboolean
takes_text(LtKeyType type)
{
    return type == LT_KEY_STRING || type == LT_KEY_URL || type == LT_KEY_PATH || type == LT_KEY_SECRET || type == LT_KEY_CHOICE;
}

/* Values as they were read by the hub, secrets and paths resolved: the host sets them as they are. */
static GVariant *
pack_values(HostSelf *self)
{
    GVariantBuilder out;

    g_variant_builder_init(&out, G_VARIANT_TYPE("a(sas)"));
    for (const LtKey *key = self->loaded->plugin.keys; key->name != NULL; key++) {
        const void *member = (const char *) self + key->offset;
        g_autoptr(GStrvBuilder) words = g_strv_builder_new();
        g_auto(GStrv) list = NULL;

        if (takes_text(key->type) && *(char *const *) member != NULL) {
            g_strv_builder_add(words, *(char *const *) member);
        } else if (key->type == LT_KEY_LIST) {
            for (char **word = *(char **const *) member; word != NULL && *word != NULL; word++)
                g_strv_builder_add(words, *word);
        } else if (!takes_text(key->type)) {
            g_autofree char *number = key->type == LT_KEY_BOOLEAN ? g_strdup_printf("%d", *(const gboolean *) member)
                                                                  : g_strdup_printf("%" G_GINT64_FORMAT, *(const gint64 *) member);

            g_strv_builder_add(words, number);
        }
        list = g_strv_builder_end(words);
        g_variant_builder_add(&out, "(s^as)", key->name, list);
    }
    return g_variant_builder_end(&out);
}

static char **
list_paths(HostSelf *self)
{
    g_autoptr(GStrvBuilder) paths = g_strv_builder_new();

    for (const LtKey *key = self->loaded->plugin.keys; key->name != NULL; key++) {
        const char *path = key->type == LT_KEY_PATH ? *(char *const *) ((const char *) self + key->offset) : NULL;

        if (path != NULL)
            g_strv_builder_add(paths, path);
    }
    return g_strv_builder_end(paths);
}

/* DONE, or the error that FAILED carries. */
static gboolean
expect_done(HostProcess *process, GError **error)
{
    g_autoptr(GVariant) body = NULL;
    g_autoptr(GBytes) data = NULL;
    LtFrameType type;

    if (!lt_pipe_receive(&process->pipe, &type, &body, &data, error))
        return FALSE;
    if (type == LT_FRAME_DONE)
        return TRUE;
    if (type == LT_FRAME_FAILED)
        lt_pipe_set_error(body, error);
    else
        lt_error_set(error, LT_ERROR_INTERNAL, "plugin.protocol", "plugin host: an answer out of turn");
    return FALSE;
}

static HostProcess *
start_open(HostSelf *self, GError **error)
{
    const LtLoaded *loaded = self->loaded;
    g_autofree char *folder = g_path_get_dirname(loaded->path);
    g_auto(GStrv) paths = list_paths(self);
    g_autoptr(HostProcess) process = host_process_start(folder, loaded->plugin.name, loaded->sha256, paths, error);
    g_autoptr(GVariant) hello = NULL;
    g_autoptr(GBytes) data = NULL;
    LtFrameType type;

    if (process == NULL || !lt_pipe_receive(&process->pipe, &type, &hello, &data, error))
        return NULL;
    if (type == LT_FRAME_FAILED) {
        lt_pipe_set_error(hello, error);
        return NULL;
    }
    if (!lt_pipe_send(&process->pipe, LT_FRAME_OPEN, pack_values(self), NULL, error) || !expect_done(process, error))
        return NULL;
    return g_steal_pointer(&process);
}

void
lt_host_prepare(gpointer self, const LtLoaded *loaded, gint64 deadline_us)
{
    HostSelf *host = self;

    host->loaded = loaded;
    host->deadline_us = deadline_us;
}

gboolean
host_open(gpointer data, GError **error)
{
    HostSelf *self = data;
    HostProcess *first = start_open(self, error);

    if (first == NULL)
        return FALSE;
    g_mutex_init(&self->lock);
    self->idle = g_ptr_array_new_with_free_func((GDestroyNotify) host_process_free);
    g_ptr_array_add(self->idle, first);
    return TRUE;
}

void
host_close(gpointer data)
{
    HostSelf *self = data;

    g_ptr_array_unref(self->idle);
    g_mutex_clear(&self->lock);
}

static HostProcess *
take_process(HostSelf *self, GError **error)
{
    HostProcess *process = NULL;

    g_mutex_lock(&self->lock);
    if (self->idle->len > 0)
        process = g_ptr_array_steal_index_fast(self->idle, self->idle->len - 1);
    g_mutex_unlock(&self->lock);
    return process != NULL ? process : start_open(self, error);
}

static void
give_back(HostSelf *self, HostProcess *process)
{
    g_mutex_lock(&self->lock);
    if (self->idle->len < IDLE_MOST)
        g_ptr_array_add(self->idle, g_steal_pointer(&process));
    g_mutex_unlock(&self->lock);
    host_process_free(process);
}

/* The conversation broke off: says how the process ended, and remembers it. */
static void
tell_end(HostSelf *self, HostProcess *process, GCancellable *cancellable, GError **error)
{
    const LtLoaded *loaded = self->loaded;
    gboolean late = g_error_matches(*error, LT_ERROR, LT_ERROR_UNAVAILABLE) && strcmp(lt_error_get_reason(*error), "plugin.stuck") == 0;
    gboolean protocol = strcmp(lt_error_get_reason(*error), "plugin.protocol") == 0;

    g_clear_error(error);
    if (g_cancellable_is_cancelled(cancellable) && !late) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "plugin.killed", "plugin %s: its verb was cancelled, and its process ended", loaded->plugin.name);
        return;
    }
    g_subprocess_force_exit(process->process);
    g_subprocess_wait(process->process, NULL, NULL);
    if (late)
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "plugin.stuck", "plugin %s: its verb was past its deadline, and its process was killed", loaded->plugin.name);
    else if (protocol)
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "plugin.crashed", "plugin %s: its process broke the protocol and was killed", loaded->plugin.name);
    else if (g_subprocess_get_if_signaled(process->process))
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "plugin.crashed", "plugin %s: its process ended by signal %d", loaded->plugin.name,
                     g_subprocess_get_term_sig(process->process));
    else
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "plugin.crashed", "plugin %s: its process ended", loaded->plugin.name);
    lt_loaded_tell_crash(loaded, *error);
}

static void
on_cancelled(GCancellable *cancellable, gpointer process)
{
    (void) cancellable;
    g_subprocess_force_exit(process);
}

/* What a verb gives over, and what comes back of it. */
typedef struct {
    LtFrameType verb;
    GVariant *body; /* floating */
    GBytes *data;   /* nullable */
    HostCall call;
    GVariant *result;
    GBytes *result_data;
} Verb;

/* Returns: TRUE when the conversation held; *done: whether the verb said that it is done. */
static gboolean
converse(HostProcess *process, Verb *verb, gboolean *done, GError **failure, GError **broken)
{
    g_autoptr(GVariant) body = NULL;
    g_autoptr(GBytes) data = NULL;
    LtFrameType type;

    verb->call.pipe = &process->pipe;
    if (!lt_pipe_send(&process->pipe, verb->verb, verb->body, verb->data, broken) || !host_call_serve(&verb->call, &type, &body, &data, broken))
        return FALSE;
    *done = type == LT_FRAME_DONE;
    if (*done) {
        verb->result = g_variant_get_variant(body);
        verb->result_data = g_steal_pointer(&data);
    } else {
        lt_pipe_set_error(body, failure);
    }
    return TRUE;
}

static gboolean
run(HostSelf *self, Verb *verb, GCancellable *cancellable, GError **error)
{
    g_autoptr(GError) broken = NULL;
    HostProcess *process = take_process(self, error);
    gulong handler;
    gboolean done = FALSE, held;

    if (process == NULL) {
        g_variant_unref(g_variant_ref_sink(verb->body));
        return FALSE;
    }
    process->pipe.deadline_us = g_get_monotonic_time() + self->deadline_us;
    handler = cancellable != NULL ? g_cancellable_connect(cancellable, G_CALLBACK(on_cancelled), g_object_ref(process->process), g_object_unref) : 0;
    held = converse(process, verb, &done, error, &broken);
    g_cancellable_disconnect(cancellable, handler);
    g_clear_object(&verb->call.stream);
    if (held) {
        give_back(self, process);
        return done;
    }
    tell_end(self, process, cancellable, &broken);
    host_process_free(process);
    g_propagate_error(error, g_steal_pointer(&broken));
    return FALSE;
}

static void
verb_clear(Verb *verb)
{
    g_clear_pointer(&verb->result, g_variant_unref);
    g_clear_pointer(&verb->result_data, g_bytes_unref);
    g_clear_pointer(&verb->call.messages, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Verb, verb_clear)

gboolean
host_deliver(gpointer data, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error)
{
    LtInbox *inbox = lt_link_get_inbox(link);
    g_auto(Verb) verb = { .verb = LT_FRAME_DELIVER, .data = lt_message_get_payload(message), .call = { .link = link, .inbox = inbox } };

    verb.body = g_variant_new("(bb@(ssssmsm(sss)xxxsa(sssts)))", lt_link_is_dry(link), inbox != NULL, lt_host_write_message(message));
    verb.call.messages = g_ptr_array_new_with_free_func((GDestroyNotify) lt_message_unref);
    g_ptr_array_add(verb.call.messages, lt_message_ref(message));
    return run(data, &verb, cancellable, error);
}

gboolean
host_collect(gpointer data, LtInbox *inbox, LtLink *link, GCancellable *cancellable, GError **error)
{
    g_auto(Verb) verb = { .verb = LT_FRAME_COLLECT, .body = g_variant_new("()"), .call = { .link = link, .inbox = inbox } };

    verb.call.messages = g_ptr_array_new_with_free_func((GDestroyNotify) lt_message_unref);
    return run(data, &verb, cancellable, error);
}

gboolean
host_receive(gpointer data, LtRequest *request, LtReply **reply, LtInbox *inbox, GCancellable *cancellable, GError **error)
{
    g_auto(Verb) verb = { .verb = LT_FRAME_RECEIVE, .data = lt_request_get_body(request), .call = { .inbox = inbox } };
    g_autoptr(GVariant) headers = NULL;
    guint32 status;

    verb.body = g_variant_new("(ss@a(ss))", lt_request_get_method(request), lt_request_get_path(request),
                              lt_host_write_headers(lt_request_get_headers(request)));
    verb.call.messages = g_ptr_array_new_with_free_func((GDestroyNotify) lt_message_unref);
    if (!run(data, &verb, cancellable, error))
        return FALSE;
    if (!g_variant_is_of_type(verb.result, G_VARIANT_TYPE("(ua(ss))")))
        return TRUE; /* it answers nothing */
    g_variant_get(verb.result, "(u@a(ss))", &status, &headers);
    *reply = lt_reply_new(status, verb.result_data, NULL);
    lt_host_read_reply_headers(headers, *reply);
    return TRUE;
}
