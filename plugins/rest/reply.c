/* SPDX-License-Identifier: Apache-2.0 */
/* reply.c: what an answer means.
 *
 * Without a reply map: the HTTP status, and a page of HTML where no browser asked is no answer (a sign-in page, a proxy's error). With
 * one: the map decides, and an answer that the map cannot read counts as "not now", because the other side may recover and a dossier must
 * not be refused by nonsense.
 */
#include "rest.h"

#include <string.h>

#include "incoming.h"

static gboolean
judge_by_status(LtReply *reply, GError **error)
{
    if (!lt_reply_check(reply, error))
        return FALSE;
    if (exchange_is_page(reply)) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "reply.html", "the other side answered with a web page instead of data");
        return FALSE;
    }
    return TRUE;
}

/* A reason word of the map's author; it goes into lists and the log, so only a plain word passes. */
static gboolean
is_word(const char *text)
{
    return text != NULL && *text != '\0' && strlen(text) <= 40 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-") == strlen(text);
}

static gboolean
outcome_of(jv verdict, LtReply *reply, gboolean *expired, GError **error)
{
    g_autofree char *outcome = jv_get_kind(verdict) == JV_KIND_STRING ? g_strdup(jv_string_value(verdict)) : value_text(verdict, "outcome");
    g_autofree char *word = value_text(verdict, "reason");
    g_autofree char *reason = is_word(word) ? g_strconcat("rest.", word, NULL) : NULL;
    g_autofree char *wait = value_text(verdict, "retry_after");

    if (g_strcmp0(outcome, "accepted") == 0)
        return TRUE;
    if (g_strcmp0(outcome, "expired") == 0) {
        *expired = TRUE;
    } else if (g_strcmp0(outcome, "refused") == 0) {
        lt_error_set(error, LT_ERROR_REFUSED, reason != NULL ? reason : "rest.refused", "the other side refused it (HTTP status %u)",
                     lt_reply_get_status(reply));
    } else if (g_strcmp0(outcome, "postponed") == 0) {
        GError *cause = NULL;

        lt_error_set(&cause, LT_ERROR_UNAVAILABLE, reason != NULL ? reason : "rest.postponed", "the other side cannot take it now (HTTP status %u)",
                     lt_reply_get_status(reply));
        if (wait != NULL)
            lt_error_set_retry_after(cause, CLAMP(g_ascii_strtoll(wait, NULL, 10), 0, 86400));
        g_propagate_error(error, cause);
    } else {
        lt_error_set(error, LT_ERROR_CONFIG, "map.output", "reply_map must give \"accepted\", \"refused\", \"postponed\" or \"expired\"");
    }
    return FALSE;
}

gboolean
rest_judge(const Rest *self, LtReply *reply, LtMessage *message, gboolean *expired, GError **error)
{
    g_autoptr(GError) cause = NULL;
    jv verdict;
    gboolean accepted;

    *expired = FALSE;
    if (self->reply == NULL)
        return judge_by_status(reply, error);
    verdict = mapping_run(self->reply, jv_object_set(exchange_reply_value(reply), jv_string("header"), exchange_header_value(message)), &cause);
    if (g_error_matches(cause, LT_ERROR, LT_ERROR_CONFIG) && g_str_equal(lt_error_get_reason(cause), "map.failed")) {
        jv_free(verdict);
        if (lt_reply_check(reply, error))
            exchange_set_nonsense(reply, cause, error);
        return FALSE;
    }
    if (cause != NULL)
        g_propagate_error(error, g_steal_pointer(&cause));
    accepted = jv_is_valid(verdict) && outcome_of(verdict, reply, expired, error);
    jv_free(verdict);
    return accepted;
}

gboolean
rest_hand_in_answer(const Rest *self, LtReply *reply, LtMessage *message, LtLink *link, GError **error)
{
    LtInbox *inbox = lt_link_get_inbox(link);
    jv input, output, messages;
    gboolean done;

    if (self->answer == NULL || inbox == NULL)
        return TRUE;
    input = exchange_message_value(message, 0, error);
    if (!jv_is_valid(input)) {
        jv_free(input);
        return FALSE;
    }
    output = mapping_run(self->answer, jv_object_merge(input, exchange_reply_value(reply)), error);
    messages = value_member(output, "messages");
    done = jv_is_valid(output) && incoming_submit(messages, lt_reply_get_body(reply), inbox, NULL, error);
    jv_free(messages);
    jv_free(output);
    return done;
}
