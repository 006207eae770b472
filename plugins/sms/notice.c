/* SPDX-License-Identifier: Apache-2.0 */
/* notice.c: a dossier has come into a state of which its owner wants to hear.
 *
 * Number, consent and language come from the submission that a route led here; the state's own message says nothing of them. Without consent nothing is sent
 * and nothing is wrong. In the quiet hours the delivery waits; the gateway is not to blame.
 */
#include "sms.h"

#include <string.h>

#define LOCAL_OFFSET_S (7 * 3600)
#define DAY_MIN (24 * 60)

gint64
sms_quiet_left_s(const Sms *self, gint64 now_s)
{
    gint64 local_s = (now_s + LOCAL_OFFSET_S) % (DAY_MIN * 60);
    int length = (self->quiet_to_min - self->quiet_from_min + DAY_MIN) % DAY_MIN;
    gint64 since_s = (local_s - self->quiet_from_min * 60 + DAY_MIN * 60) % (DAY_MIN * 60);

    return since_s < length * 60 ? length * 60 - since_s : 0;
}

/* The national state that a message speaks of; 0: none that a citizen is told. */
static int
state_of(const char *type, jv payload)
{
    static const struct {
        const char *axis;
        int state;
    } axis_states[] = { { "02", 3 }, { "03", 2 }, { "04", 4 }, { "05", 4 }, { "06", 9 } };
    g_autofree char *state = value_text(payload, "TrangThaiHoSo");
    g_autofree char *axis = value_text(payload, "StatusCode");
    g_autofree char *kind = value_text(payload, "kind");

    if (g_str_equal(type, "dossier.result"))
        return state != NULL ? atoi(state) : 9;
    if (g_str_equal(type, "dossier.supplement"))
        return g_strcmp0(kind, "request") == 0 ? 5 : 0;
    if (g_str_equal(type, "dossier.submit"))
        return state != NULL ? atoi(state) : 2;
    if (!g_str_equal(type, "dossier.status"))
        return 0;
    for (gsize i = 0; state == NULL && i < G_N_ELEMENTS(axis_states); i++)
        if (g_strcmp0(axis, axis_states[i].axis) == 0)
            return axis_states[i].state;
    return state != NULL ? atoi(state) : 0;
}

/* Whom to tell, from the submission. */
typedef struct {
    char *number;   /* nullable: nobody */
    char *language; /* nullable */
} Reader;

static gboolean
find_reader(const Sms *self, jv submission, Reader *reader, GError **error)
{
    jv more = value_member(submission, "ThongTinKhac");
    jv consent = value_member(more, self->consent);
    g_autofree char *given = value_text(submission, "SoDienThoai");
    gboolean agreed = jv_get_kind(consent) == JV_KIND_TRUE;
    gboolean is_landline = FALSE;

    reader->language = value_text(more, self->language_member);
    jv_free(more);
    jv_free(consent);
    if (!agreed || given == NULL)
        return TRUE;
    reader->number = text_number(given, &is_landline);
    if (reader->number != NULL || is_landline)
        return TRUE;
    lt_error_set(error, LT_ERROR_REFUSED, "sms.number", "the telephone number of the dossier's owner is no Vietnamese number");
    return FALSE;
}

static jv
submission_of(LtMessage *message, jv payload, LtLink *link)
{
    LtInbox *inbox = lt_link_get_inbox(link);
    g_autofree char *code = value_text(payload, "MaHoSo");
    g_autoptr(LtMessage) submission = NULL;

    if (g_str_equal(lt_message_get_type(message), "dossier.submit"))
        return jv_copy(payload);
    submission = inbox != NULL && code != NULL ? lt_inbox_find_submission(inbox, code) : NULL;
    return submission != NULL && lt_message_get_payload(submission) != NULL ? exchange_body_value(lt_message_get_payload(submission)) : jv_null();
}

static gboolean
judge(const Sms *self, LtReply *reply, GError **error)
{
    g_autofree char *word = NULL;
    jv verdict;

    if (self->reply == NULL) {
        if (!lt_reply_check(reply, error))
            return FALSE;
        if (!exchange_is_page(reply))
            return TRUE;
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "reply.html", "the gateway answered with a web page instead of data");
        return FALSE;
    }
    verdict = mapping_run(self->reply, exchange_reply_value(reply), error);
    word = jv_get_kind(verdict) == JV_KIND_STRING ? g_strdup(jv_string_value(verdict)) : NULL;
    if (g_strcmp0(word, "refused") == 0)
        lt_error_set(error, LT_ERROR_REFUSED, "sms.refused", "the gateway refused the text (HTTP status %u)", lt_reply_get_status(reply));
    else if (g_strcmp0(word, "postponed") == 0)
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "sms.postponed", "the gateway cannot take the text now (HTTP status %u)", lt_reply_get_status(reply));
    else if (jv_is_valid(verdict) && g_strcmp0(word, "accepted") != 0)
        lt_error_set(error, LT_ERROR_CONFIG, "map.output", "reply_map must give \"accepted\", \"refused\" or \"postponed\"");
    jv_free(verdict);
    return g_strcmp0(word, "accepted") == 0;
}

static LtRequest *
request_of(const Sms *self, LtMessage *message, const char *number, const char *text, const TextSize *size, GError **error)
{
    jv values = jv_object_set(jv_object_set(jv_object(), jv_string("to"), jv_string(number)), jv_string("text"), jv_string(text));
    LtRequest *request;
    jv output;

    values = jv_object_set(values, jv_string("from"), self->sender != NULL ? jv_string(self->sender) : jv_null());
    values = jv_object_set(values, jv_string("encoding"), jv_string(size->is_gsm ? "gsm7" : "ucs2"));
    values = jv_object_set(values, jv_string("segments"), jv_number(size->n_segments));
    values = jv_object_set(values, jv_string("id"), jv_string(lt_message_get_id(message)));
    if (self->request != NULL)
        output = mapping_run(self->request, values, error);
    else
        output = jv_object_set(jv_object_set(jv_object_set(jv_object(), jv_string("method"), jv_string("POST")), jv_string("path"), jv_string(self->send_path)),
                               jv_string("body"), values);
    request = jv_is_valid(output) ? exchange_request_of(output, error) : NULL;
    jv_free(output);
    return request;
}

static gboolean
send_text(const Sms *self, LtMessage *message, const Reader *reader, const char *code, int state, LtLink *link, GError **error)
{
    g_autofree char *event = g_strdup_printf("%d", state);
    TextSize size = { 0 };
    g_autofree char *text = sms_text(self, reader->language, event, code, state, &size, error);
    g_autoptr(LtRequest) request = text != NULL ? request_of(self, message, reader->number, text, &size, error) : NULL;
    g_autoptr(LtReply) reply = request != NULL ? credential_send(self->credential, link, request, error) : NULL;

    return reply != NULL && (lt_link_is_dry(link) || judge(self, reply, error));
}

static gboolean
wait_for_morning(const Sms *self, GError **error)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    gint64 left_s = sms_quiet_left_s(self, g_date_time_to_unix(now));
    GError *cause = NULL;

    if (left_s == 0)
        return FALSE;
    lt_error_set(&cause, LT_ERROR_UNAVAILABLE, "sms.not-yet", "quiet hours until %s: the text waits", self->quiet_to);
    lt_error_set_retry_after(cause, left_s);
    g_propagate_error(error, cause);
    return TRUE;
}

static gboolean
notify(const Sms *self, LtMessage *message, jv payload, int state, LtLink *link, GError **error)
{
    g_autofree char *code = value_text(payload, "MaHoSo");
    jv submission = submission_of(message, payload, link);
    Reader reader = { NULL, NULL };
    gboolean done = find_reader(self, submission, &reader, error);

    jv_free(submission);
    if (done && reader.number != NULL && code != NULL)
        done = !wait_for_morning(self, error) && send_text(self, message, &reader, code, state, link, error);
    g_free(reader.number);
    g_free(reader.language);
    return done;
}

gboolean
sms_deliver(gpointer data, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error)
{
    const Sms *self = data;
    GBytes *bytes = lt_message_get_payload(message);
    jv payload = bytes != NULL ? exchange_body_value(bytes) : jv_null();
    int state = jv_get_kind(payload) == JV_KIND_OBJECT ? state_of(lt_message_get_type(message), payload) : 0;
    g_autofree char *word = g_strdup_printf("%d", state);
    gboolean done = TRUE;

    (void) cancellable;
    if (state > 0 && g_strv_contains((const char *const *) self->states, word))
        done = notify(self, message, payload, state, link, error);
    jv_free(payload);
    return done;
}
