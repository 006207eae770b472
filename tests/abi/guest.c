/* SPDX-License-Identifier: Apache-2.0 */
/* guest.c: a plugin that misbehaves in the way that the message's payload names; a host process must bear each. */
#include <lienthong/json.h>
#include <lienthong/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    char *secret; /* a file that it has no business with */
    char *out;
} Guest;

static const LtKey keys[] = {
    LT_STRING(Guest, secret, "", "file to be spied on"),
    LT_PATH(Guest, out, "", "file that may be written"),
    LT_KEYS_END,
};

static gboolean
say(GError **error, const char *what, gboolean could)
{
    if (could)
        lt_error_set(error, LT_ERROR_REFUSED, "guest.could", "it could %s", what);
    else
        lt_error_set(error, LT_ERROR_REFUSED, "guest.could-not", "it could not %s: %s", what, g_strerror(errno));
    return FALSE;
}

static gpointer
thread(gpointer data)
{
    return data;
}

static gboolean
guest_deliver(gpointer data, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error)
{
    const Guest *self = data;
    g_autofree char *act = lt_json_pick(lt_message_get_payload(message), "act");
    char garbage[4096];

    (void) link;
    (void) cancellable;
    memset(garbage, 0xff, sizeof garbage);
    if (strcmp(act, "crash") == 0)
        raise(SIGSEGV);
    if (strcmp(act, "exit") == 0)
        _exit(0);
    if (strcmp(act, "hang") == 0)
        for (;;)
            pause();
    if (strcmp(act, "garbage") == 0)
        return write(3, garbage, sizeof garbage) == sizeof garbage && pause() == 0;
    if (strcmp(act, "socket") == 0)
        return say(error, act, socket(AF_INET, SOCK_STREAM, 0) >= 0);
    if (strcmp(act, "fork") == 0)
        return say(error, act, fork() >= 0);
    if (strcmp(act, "exec") == 0)
        return say(error, act, execl("/bin/true", "true", NULL) >= 0);
    if (strcmp(act, "spy") == 0)
        return say(error, act, open(self->secret, O_RDONLY) >= 0);
    if (strcmp(act, "write") == 0)
        return say(error, act, open(self->out, O_WRONLY | O_CREAT, 0600) >= 0);
    if (strcmp(act, "thread") == 0)
        return g_thread_join(g_thread_new("x", thread, link)) == link;
    return TRUE;
}

LT_PLUGIN_EXPORT(.name = "guest", .version = "1", .summary = "Misbehaves", .keys = keys, .self_size = sizeof(Guest), .deliver = guest_deliver)
