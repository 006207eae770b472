/* SPDX-License-Identifier: Apache-2.0 */
/* case-run.c: runs one case: the endpoint opened anew, its requests compared and answered from the files, its outcome compared.
 *
 * The verb runs on a thread of its own, so that one that hangs is a failed case and not a program that hangs.
 */
#include "routing/case-private.h"

#include <string.h>

#include "base/error.h"
#include "base/value.h"
#include "routing/inbox.h"
#include "routing/reply.h"
#include "routing/sample.h"

#define PATIENCE_US (10 * G_USEC_PER_SEC)

/* One run. Shared by the verb's thread and the one that waits for it: whoever is last frees it. */
typedef struct {
    gatomicrefcount references;
    const LtCase *test; /* a stuck verb ends with the program, so this stays */
    LtCaseTwist twist;
    LtScript script;    /* in place of the link */
    LtEndpoint *endpoint;
    LtMessage *message; /* nullable */
    LtRequest *request; /* nullable: of receive */
    GCancellable *cancellable;
    guint next;         /* exchange */
    guint n_asked;
    char *cursor;
    GString *handed_in; /* messages as text */
    GString *faults;
    LtReply *reply;     /* of receive */
    GBytes *receipt;    /* of a dry run: the requests */
    GError *error;
    gboolean done, over;
    GMutex mutex;
    GCond cond;
} Run;

static void
run_unref(Run *self)
{
    if (!g_atomic_ref_count_dec(&self->references))
        return;
    g_clear_pointer(&self->endpoint, lt_endpoint_unref);
    g_clear_pointer(&self->message, lt_message_unref);
    g_clear_pointer(&self->request, lt_request_free);
    g_clear_pointer(&self->reply, lt_reply_free);
    g_clear_pointer(&self->receipt, g_bytes_unref);
    g_clear_object(&self->cancellable);
    g_clear_error(&self->error);
    g_string_free(self->handed_in, TRUE);
    g_string_free(self->faults, TRUE);
    g_free(self->cursor);
    g_mutex_clear(&self->mutex);
    g_cond_clear(&self->cond);
    g_free(self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Run, run_unref)

static void add_fault(Run *self, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
add_fault(Run *self, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_string_append_vprintf(self->faults, format, arguments);
    va_end(arguments);
    g_string_append_c(self->faults, '\n');
}

static char *
text_of(GBytes *bytes)
{
    gsize size = 0;
    const char *data = bytes != NULL ? g_bytes_get_data(bytes, &size) : NULL;

    return g_strndup(data != NULL ? data : "", size);
}

static void
compare_with_file(Run *self, const char *what, const char *path, const char *found)
{
    g_autofree char *expected = NULL;
    g_autofree char *difference = NULL;

    if (!g_file_get_contents(path, &expected, NULL, NULL)) {
        add_fault(self, "%s: %s cannot be read", what, path);
        return;
    }
    difference = lt_case_compare(expected, found);
    if (difference != NULL)
        add_fault(self, "%s is not %s: %s", what, path, difference);
}

/* The failures that a twist puts in place of the first answer. */
static gboolean
twist_fails(Run *self, GError **error)
{
    switch (self->twist) {
    case LT_CASE_CANCELLED:
        g_cancellable_cancel(self->cancellable);
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "link.cancelled", "cancelled while the answer was waited for");
        return TRUE;
    case LT_CASE_TIMEOUT:
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "link.timeout", "no answer in time");
        return TRUE;
    case LT_CASE_CUT:
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "link.cut", "the connection ended in the middle of the answer");
        return TRUE;
    case LT_CASE_TOO_LARGE:
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "link.reply-size", "its answer is over the limit 'max_reply'");
        return TRUE;
    default:
        return FALSE;
    }
}

static LtReply *
halve(LtReply *reply)
{
    GBytes *body = lt_reply_get_body(reply);
    g_autoptr(GBytes) half = g_bytes_new_from_bytes(body, 0, g_bytes_get_size(body) / 2);
    LtReply *cut = lt_reply_new(lt_reply_get_status(reply), half, lt_reply_get_header(reply, "Content-Type"));

    lt_reply_free(reply);
    return cut;
}

static LtReply *
answer(gpointer data, LtTranscript *transcript, LtRequest *request, GError **error)
{
    Run *self = data;
    g_autoptr(GBytes) rendered = lt_transcript_render(transcript, request);
    g_autofree char *text = text_of(rendered);
    g_autofree char *what = g_strdup_printf("request %u", ++self->n_asked);
    const LtCaseExchange *exchange;
    LtReply *reply;

    if (self->next >= self->test->exchanges->len) {
        add_fault(self, "%s was not expected:\n%s", what, text);
        lt_error_set(error, LT_ERROR_CONFIG, "case.request", "the case has no answer to this request");
        return NULL;
    }
    exchange = self->test->exchanges->pdata[self->next++];
    if (exchange->request_path != NULL)
        compare_with_file(self, what, exchange->request_path, text);
    if (twist_fails(self, error))
        return NULL;
    reply = lt_transcript_read_reply(exchange->reply_path, error);
    return reply != NULL && self->twist == LT_CASE_HALF ? halve(reply) : reply;
}

/* The inbox of a case keeps what is handed in as text. */
static gboolean
inbox_submit(gpointer data, LtMessageBuilder *message, GError **error)
{
    Run *self = data;
    g_autofree char *text = lt_case_render_built(message);

    (void) error;
    g_string_append_printf(self->handed_in, "%s%s", self->handed_in->len > 0 ? "\n" : "", text);
    lt_message_builder_free(message);
    return TRUE;
}

static const char *
inbox_get_cursor(gpointer data)
{
    return ((Run *) data)->cursor;
}

static gboolean
inbox_set_cursor(gpointer data, const char *cursor, GError **error)
{
    Run *self = data;

    (void) error;
    g_free(self->cursor);
    self->cursor = g_strdup(cursor);
    return TRUE;
}

/* The message of the case stands for every dossier that the endpoint ever got. */
static LtMessage *
inbox_find_submission(gpointer data, const char *code)
{
    Run *self = data;

    (void) code;
    return self->message != NULL ? lt_message_ref(self->message) : NULL;
}

static LtMessage *
inbox_find_message(gpointer data, const char *from, const char *id)
{
    Run *self = data;

    if (self->message == NULL || strcmp(lt_message_get_from(self->message), from) != 0 || strcmp(lt_message_get_id(self->message), id) != 0)
        return NULL;
    return lt_message_ref(self->message);
}

/* Every dossier is in state 4, "in work", since its message was issued. */
static gboolean
inbox_find_standing(gpointer data, const char *code, LtStanding *standing)
{
    Run *self = data;

    (void) code;
    if (self->message == NULL)
        return FALSE;
    standing->state = 4;
    standing->at_us = lt_message_get_issued_us(self->message);
    return TRUE;
}

static const LtInboxDoor inbox_door = { inbox_submit,       inbox_get_cursor,    inbox_set_cursor, inbox_find_submission,
                                        inbox_find_message, inbox_find_standing, NULL };

static gpointer
run_verb(gpointer data)
{
    Run *self = data;
    g_autoptr(LtInbox) inbox = lt_inbox_new_at(&inbox_door, self);
    g_autofree char *type = NULL;
    GError *error = NULL;
    gboolean done;

    if (self->test->is_mapping || strcmp(self->test->keys.verb, "deliver") == 0)
        done = lt_endpoint_deliver_answered(self->endpoint, self->message, inbox, self->cancellable, &self->receipt, &type, &error);
    else if (strcmp(self->test->keys.verb, "collect") == 0)
        done = lt_endpoint_collect(self->endpoint, inbox, self->cancellable, &error);
    else
        done = lt_endpoint_receive(self->endpoint, self->request, &self->reply, inbox, self->cancellable, &error);
    g_mutex_lock(&self->mutex);
    self->done = done;
    self->error = error;
    self->over = TRUE;
    g_cond_signal(&self->cond);
    g_mutex_unlock(&self->mutex);
    run_unref(self);
    return NULL;
}

static gboolean
run_in_time(Run *self)
{
    gint64 until_us = g_get_monotonic_time() + PATIENCE_US;
    GThread *thread;
    gboolean over;

    self->over = FALSE;
    g_clear_error(&self->error);
    g_clear_pointer(&self->receipt, g_bytes_unref);
    g_atomic_ref_count_inc(&self->references);
    thread = g_thread_new("case", run_verb, self);
    g_mutex_lock(&self->mutex);
    while (!self->over && g_cond_wait_until(&self->cond, &self->mutex, until_us))
        ;
    over = self->over;
    g_mutex_unlock(&self->mutex);
    if (over)
        g_thread_join(thread);
    else
        g_thread_unref(thread);
    return over;
}

static const char *
outcome_word(const Run *self)
{
    if (self->done)
        return "done";
    switch (lt_error_fate(self->error)) {
    case LT_FATE_REFUSE:
        return "refused";
    case LT_FATE_POSTPONE:
        return "postponed";
    default:
        return "held";
    }
}

static void
compare_outcome(Run *self)
{
    const LtCaseKeys *keys = &self->test->keys;
    const char *reason = self->done ? NULL : lt_error_get_reason(self->error);

    if (strcmp(outcome_word(self), keys->outcome) != 0)
        add_fault(self, "outcome: expected %s, found %s%s%s", keys->outcome, outcome_word(self), self->done ? "" : ": ",
                  self->done ? "" : self->error->message);
    if (keys->reason != NULL && g_strcmp0(reason, keys->reason) != 0)
        add_fault(self, "reason: expected %s, found %s", keys->reason, reason != NULL ? reason : "none");
}

/* The link has failed: a message must not be given up for it, nor be called delivered. */
static void
compare_twisted(Run *self)
{
    if (self->twist == LT_CASE_HALF) {
        if (!self->done && self->error->domain != LT_ERROR)
            add_fault(self, "the failure is of a foreign domain: %s", self->error->message);
        return;
    }
    if (self->done)
        add_fault(self, "it says that it was done although the answer never came");
    else if (self->twist != LT_CASE_TOO_LARGE && lt_error_fate(self->error) != LT_FATE_POSTPONE)
        add_fault(self, "expected to be tried again (UNAVAILABLE), found %s: %s", outcome_word(self), self->error->message);
}

static void
compare_collected(Run *self)
{
    if (self->test->expected != NULL)
        compare_with_file(self, "what was handed in", self->test->expected, self->handed_in->str);
    else if (self->handed_in->len > 0)
        add_fault(self, "there is no messages.txt, but this was handed in:\n%s", self->handed_in->str);
    if (self->test->keys.cursor_after != NULL && g_strcmp0(self->cursor, self->test->keys.cursor_after) != 0)
        add_fault(self, "cursor: expected %s, found %s", self->test->keys.cursor_after, self->cursor != NULL ? self->cursor : "none");
}

static void
compare_reply(Run *self)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const LtHeaderList *headers = self->reply != NULL ? lt_reply_get_headers(self->reply) : NULL;
    g_autofree char *body = self->reply != NULL ? text_of(lt_reply_get_body(self->reply)) : NULL;

    if (self->test->expected == NULL || self->reply == NULL)
        return;
    g_string_append_printf(text, "HTTP/1.1 %u\n", lt_reply_get_status(self->reply));
    for (guint i = 0; i < headers->len; i++)
        g_string_append_printf(text, "%s: %s\n", lt_header_list_at(headers, i)->name, lt_header_list_at(headers, i)->value);
    g_string_append_printf(text, "\n%s", body);
    compare_with_file(self, "the reply", self->test->expected, text->str);
}

static void
compare(Run *self)
{
    g_autofree char *requests = text_of(self->receipt);

    if (self->test->is_mapping) {
        if (!self->done && strcmp(lt_error_get_reason(self->error), "endpoint.dry") != 0)
            add_fault(self, "the mapping failed: %s [%s]", self->error->message, lt_error_get_reason(self->error));
        else
            compare_with_file(self, "what would be sent", self->test->expected, requests);
        return;
    }
    if (self->twist != LT_CASE_AS_IS && self->twist != LT_CASE_AGAIN) {
        compare_twisted(self);
        return;
    }
    compare_outcome(self);
    if (self->next < self->test->exchanges->len)
        add_fault(self, "expected %u requests, found %u", self->test->exchanges->len, self->next);
    compare_collected(self);
    compare_reply(self);
}

/* received.http: start line, headers, an empty line, the body. */
static LtRequest *
read_request(const char *path)
{
    g_autofree char *text = NULL;
    gsize size = 0;
    char *body, *line, *rest = NULL;
    LtRequest *request;
    g_autoptr(GBytes) bytes = NULL;
    g_auto(GStrv) start = NULL;

    if (!g_file_get_contents(path, &text, &size, NULL))
        return NULL;
    body = strstr(text, "\n\n");
    if (body != NULL) {
        *body = '\0';
        body += 2;
    }
    line = strtok_r(text, "\r\n", &rest);
    start = g_strsplit(line != NULL ? line : "", " ", 3);
    if (start[0] == NULL || start[1] == NULL)
        return NULL;
    request = lt_request_new(start[0], start[1]);
    bytes = g_bytes_new(body != NULL ? body : "", body != NULL ? size - (gsize) (body - text) : 0);
    lt_request_set_body(request, bytes, "application/octet-stream");
    while ((line = strtok_r(NULL, "\r\n", &rest)) != NULL) {
        char *colon = strchr(line, ':');

        if (colon != NULL) {
            *colon = '\0';
            lt_request_set_header(request, line, g_strstrip(colon + 1));
        }
    }
    return request;
}

static gboolean
make_message(Run *self, GError **error)
{
    const LtCaseKeys *keys = &self->test->keys;
    g_autoptr(GBytes) payload = NULL;
    g_autoptr(GError) cause = NULL;
    LtSample sample = { .type = keys->type, .from = keys->from, .to = keys->to, .id = keys->id, .dossier = keys->dossier, .role = keys->role,
                        .media_type = keys->media_type, .attachments = (const char *const *) self->test->attachments };
    char *content;
    gsize size;

    if (!lt_time_read_seconds(keys->issued, strlen(keys->issued), &sample.issued_us)) {
        lt_error_set(error, LT_ERROR_CONFIG, "case", "issued: \"%s\" is not a time such as 2026-11-23T01:02:03Z", keys->issued);
        return FALSE;
    }
    if (keys->payload != NULL) {
        if (!g_file_get_contents(keys->payload, &content, &size, &cause)) {
            lt_error_set(error, LT_ERROR_CONFIG, "case", "payload: %s", cause->message);
            return FALSE;
        }
        payload = sample.payload = g_bytes_new_take(content, size);
    }
    self->message = lt_sample_message(&sample, error);
    return self->message != NULL;
}

static LtEndpoint *
open_endpoint(const LtEndpointShared *shared, LtSettings *settings, const char *name, gboolean dry, const LtScript *script, LtFaults *faults)
{
    g_autoptr(LtSettings) first = lt_settings_with(settings, "endpoint", name, "mode", dry ? "dry" : "live");
    g_autoptr(LtSettings) second = lt_settings_with(first, "endpoint", name, "record", "");
    LtEndpointShared own = { shared->loader, shared->thread, script };

    return lt_endpoint_new(&own, lt_settings_lookup(second, "endpoint", name), faults);
}

char *
lt_case_run(const LtCase *self, LtCaseTwist twist, const LtEndpointShared *shared, LtSettings *settings, const char *name, gboolean *stuck)
{
    g_autoptr(Run) run = g_new0(Run, 1);
    g_autoptr(LtFaults) faults = lt_faults_new();
    g_autoptr(GError) error = NULL;

    *stuck = FALSE;
    g_atomic_ref_count_init(&run->references);
    g_mutex_init(&run->mutex);
    g_cond_init(&run->cond);
    run->script = (LtScript) { .answer = answer, .data = run };
    run->test = self;
    run->twist = twist;
    run->cursor = g_strdup(self->keys.cursor);
    run->handed_in = g_string_new(NULL);
    run->faults = g_string_new(NULL);
    run->cancellable = g_cancellable_new();
    run->request = self->received != NULL ? read_request(self->received) : NULL;
    if (self->received != NULL && run->request == NULL)
        return g_strdup_printf("%s is no request", self->received);
    if (!make_message(run, &error))
        return g_strdup(error->message);
    run->endpoint = open_endpoint(shared, settings, name, self->is_mapping, &run->script, faults);
    if (run->endpoint == NULL) {
        g_ptr_array_add(faults, NULL);
        return g_strjoinv("\n", (char **) faults->pdata);
    }
    for (guint round = 0; round < (twist == LT_CASE_AGAIN ? 2u : 1u); round++) {
        run->next = run->n_asked = 0;
        g_string_truncate(run->handed_in, 0);
        *stuck = !run_in_time(run);
        if (*stuck)
            return g_strdup("the verb did not return within 10 seconds");
        compare(run);
    }
    return run->faults->len > 0 ? g_strchomp(g_strdup(run->faults->str)) : NULL;
}
