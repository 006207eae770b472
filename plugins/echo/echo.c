/* SPDX-License-Identifier: Apache-2.0 */
/* echo.c: the plugin that does as it is told, for tests of everything around plugins.
 *
 * What happens to a message is said by the setting `then` or, when the payload has a string member "echo", by that. Never installed.
 */
#include <lienthong/json.h>
#include <lienthong/plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    char *then;
    gint64 pause;
    gint64 retry_after;
    char *log;
    char *from;
    char *to;
    gint64 items;
} Echo;

#define OUTCOMES "pass|postpone|refuse|config|internal|silent|hang|stubborn|crash|send"

static const LtKey keys[] = {
    LT_CHOICE(Echo, then, "pass", OUTCOMES, "what happens to a message; a payload with a member \"echo\" wins"),
    LT_DURATION(Echo, pause, "0s", "0s..1h", "how long every verb takes first; cancelling ends it"),
    LT_NUMBER(Echo, retry_after, "0", "0..86400", "seconds that a postponed message asks to wait; 0: says nothing"),
    LT_PATH(Echo, log, "", "file to which a line `ID FROM OUTCOME` is added for every delivery"),
    LT_STRING(Echo, from, "", "collect: sender of the messages made up"),
    LT_STRING(Echo, to, "", "collect: receiver of the messages made up"),
    LT_NUMBER(Echo, items, "0", "0..100000", "collect: messages made up in one round; the cursor counts them"),
    LT_KEYS_END,
};

static gboolean
echo_open(gpointer data, GError **error)
{
    const Echo *self = data;

    if (self->items > 0 && (self->from == NULL || self->to == NULL)) {
        lt_error_set(error, LT_ERROR_CONFIG, "echo.settings", "items: needs from and to");
        return FALSE;
    }
    return TRUE;
}

/* One line, appended whole: several deliveries may write at once. */
static void
note(const Echo *self, LtMessage *message, const char *outcome)
{
    g_autofree char *line = NULL;
    FILE *file = self->log != NULL ? fopen(self->log, "ae") : NULL;

    if (file == NULL)
        return;
    line = g_strdup_printf("%s %s %s\n", lt_message_get_id(message), lt_message_get_from(message), outcome);
    fputs(line, file);
    fclose(file);
}

/* Waits until it is cancelled, at most @limit_us. */
static void
wait_cancelled(GCancellable *cancellable, gint64 limit_us)
{
    gint64 end_us = g_get_monotonic_time() + limit_us;

    while (!g_cancellable_is_cancelled(cancellable) && g_get_monotonic_time() < end_us)
        g_usleep((gulong) MIN(5000, MAX(end_us - g_get_monotonic_time(), 1)));
}

static gboolean
send_on(LtMessage *message, LtLink *link, GError **error)
{
    g_autoptr(LtRequest) request = lt_request_new("POST", "");
    g_autoptr(LtReply) reply = NULL;

    lt_request_set_header(request, "X-Message", lt_message_get_id(message));
    if (lt_message_get_payload(message) != NULL)
        lt_request_set_body(request, lt_message_get_payload(message), "application/json");
    reply = lt_link_send(link, request, error);
    return reply != NULL && lt_reply_check(reply, error);
}

static gboolean
postpone(const Echo *self, GError **error)
{
    GError *cause = NULL;

    lt_error_set(&cause, LT_ERROR_UNAVAILABLE, "echo.postponed", "told to postpone");
    if (self->retry_after > 0)
        lt_error_set_retry_after(cause, self->retry_after);
    g_propagate_error(error, cause);
    return FALSE;
}

static gboolean
act(const Echo *self, const char *outcome, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error)
{
    if (g_str_equal(outcome, "pass"))
        return TRUE;
    if (g_str_equal(outcome, "send"))
        return send_on(message, link, error);
    if (g_str_equal(outcome, "postpone"))
        return postpone(self, error);
    if (g_str_equal(outcome, "crash"))
        abort();
    if (g_str_equal(outcome, "silent"))
        return FALSE; /* breaks the contract on purpose: no reason given */
    if (g_str_equal(outcome, "hang"))
        wait_cancelled(cancellable, G_MAXINT64 / 2);
    if (g_str_equal(outcome, "stubborn"))
        g_usleep(G_USEC_PER_SEC); /* hears no cancelling */
    if (g_str_equal(outcome, "hang") || g_str_equal(outcome, "stubborn"))
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "echo.cancelled", "told to hang, and was cancelled");
    else if (g_str_equal(outcome, "refuse"))
        lt_error_set(error, LT_ERROR_REFUSED, "echo.refused", "told to refuse");
    else if (g_str_equal(outcome, "config"))
        lt_error_set(error, LT_ERROR_CONFIG, "echo.config", "told to want another configuration");
    else
        lt_error_set(error, LT_ERROR_INTERNAL, "echo.internal", "told to fail");
    return FALSE;
}

static gboolean
echo_deliver(gpointer data, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error)
{
    const Echo *self = data;
    GBytes *payload = lt_message_get_payload(message);
    g_autofree char *told = payload != NULL ? lt_json_pick(payload, "echo") : NULL;
    const char *outcome = told != NULL ? told : self->then;

    wait_cancelled(cancellable, self->pause);
    note(self, message, outcome);
    return act(self, outcome, message, link, cancellable, error);
}

/* A guest that brings made-up messages; the cursor says how many it has brought. */
static gboolean
echo_collect(gpointer data, LtInbox *inbox, LtLink *link, GCancellable *cancellable, GError **error)
{
    const Echo *self = data;
    const char *cursor = lt_inbox_get_cursor(inbox);
    guint64 number = cursor != NULL ? g_ascii_strtoull(cursor, NULL, 10) : 0;
    g_autofree char *next = NULL;

    (void) link; /* needs nobody */
    wait_cancelled(cancellable, self->pause);
    for (gint64 i = 0; i < self->items; i++) {
        g_autofree char *key = g_strdup_printf("echo-%" G_GUINT64_FORMAT, ++number);
        g_autofree char *text = g_strdup_printf("{\"echo\":\"pass\",\"key\":\"%s\"}", key);
        g_autoptr(GBytes) payload = g_bytes_new(text, strlen(text));
        LtMessageBuilder *message = lt_message_builder_new("dossier.status", self->from, self->to);

        lt_message_builder_set_key(message, key);
        lt_message_builder_set_payload(message, payload, "application/json");
        lt_message_builder_set_original(message, "rest-json", "absent", payload, "application/json");
        if (!lt_inbox_submit(inbox, message, error))
            return FALSE;
    }
    next = g_strdup_printf("%" G_GUINT64_FORMAT, number);
    return lt_inbox_set_cursor(inbox, next, error);
}

/* Answers with what it got. */
static gboolean
echo_receive(gpointer data, LtRequest *request, LtReply **reply, LtInbox *inbox, GCancellable *cancellable, GError **error)
{
    GBytes *body = lt_request_get_body(request);
    const char *type = lt_request_get_header(request, "Content-Type");

    (void) data;
    (void) inbox;
    (void) cancellable;
    (void) error;
    *reply = lt_reply_new(200, body, type != NULL ? type : "text/plain");
    return TRUE;
}

LT_PLUGIN_EXPORT(.name = "echo", .version = "1.0", .summary = "For tests: passes, postpones, refuses, hangs or crashes as told", .keys = keys,
                 .self_size = sizeof(Echo), .open = echo_open, .collect = echo_collect, .receive = echo_receive, .deliver = echo_deliver)
