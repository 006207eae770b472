/* SPDX-License-Identifier: Apache-2.0 */
/* reply.c: what an answer means.
 *
 * Without a reply map: the HTTP status, and a page of HTML where no browser asked is no answer (a sign-in page, a proxy's error). With
 * one: the map decides, and an answer that the map cannot read counts as "not now", because the other side may recover and a dossier must
 * not be refused by nonsense.
 */
#include "rest.h"

#include <lienthong/json.h>
#include <string.h>

jv
rest_reply_value(LtReply *reply)
{
    static const char *const names[] = { "Content-Type", "ETag", "Link", "Location", "Retry-After", "X-Request-Id" };
    GBytes *body = lt_reply_get_body(reply);
    jv headers = jv_object();
    jv value = value_parse(body, NULL);
    gsize size = 0;
    const char *text = g_bytes_get_data(body, &size);

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = g_ascii_strdown(names[i], -1);
        const char *field = lt_reply_get_header(reply, names[i]);

        if (field != NULL && g_utf8_validate(field, -1, NULL))
            headers = jv_object_set(headers, jv_string(name), jv_string(field));
    }
    if (!jv_is_valid(value)) {
        jv_free(value);
        value = text != NULL && g_utf8_validate_len(text, size, NULL) ? jv_string_sized(text, (int) MIN(size, G_MAXINT)) : jv_null();
    }
    return jv_object_set(jv_object_set(jv_object_set(jv_object(), jv_string("status"), jv_number(lt_reply_get_status(reply))),
                                       jv_string("headers"), headers),
                         jv_string("body"), value);
}

void
rest_set_nonsense(LtReply *reply, const GError *cause, GError **error)
{
    g_autoptr(GError) why = NULL;
    gboolean is_json = lt_json_check(lt_reply_get_body(reply), &why);

    lt_error_set(error, LT_ERROR_UNAVAILABLE, "rest.reply.nonsense", "the other side's answer cannot be read: %s%s%s", cause->message,
                 is_json ? "" : "; its body is not the JSON that the hub takes: ", is_json ? "" : why->message);
}

static gboolean
is_page(LtReply *reply)
{
    const char *type = lt_reply_get_header(reply, "Content-Type");

    return type != NULL && g_ascii_strncasecmp(type, "text/html", 9) == 0;
}

static gboolean
judge_by_status(LtReply *reply, GError **error)
{
    if (!lt_reply_check(reply, error))
        return FALSE;
    if (is_page(reply)) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "rest.reply.html", "the other side answered with a web page instead of data");
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
outcome_of(jv verdict, LtReply *reply, GError **error)
{
    g_autofree char *outcome = jv_get_kind(verdict) == JV_KIND_STRING ? g_strdup(jv_string_value(verdict)) : value_text(verdict, "outcome");
    g_autofree char *word = value_text(verdict, "reason");
    g_autofree char *reason = is_word(word) ? g_strconcat("rest.", word, NULL) : NULL;
    g_autofree char *wait = value_text(verdict, "retry_after");

    if (g_strcmp0(outcome, "accepted") == 0)
        return TRUE;
    if (g_strcmp0(outcome, "refused") == 0) {
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
        lt_error_set(error, LT_ERROR_CONFIG, "rest.map.output", "reply_map must give \"accepted\", \"refused\" or \"postponed\"");
    }
    return FALSE;
}

gboolean
rest_judge(const Rest *self, LtReply *reply, LtMessage *message, GError **error)
{
    g_autoptr(GError) cause = NULL;
    jv verdict;
    gboolean accepted;

    if (self->reply == NULL)
        return judge_by_status(reply, error);
    verdict = mapping_run(self->reply, jv_object_set(rest_reply_value(reply), jv_string("header"), rest_header_value(message)), &cause);
    if (g_error_matches(cause, LT_ERROR, LT_ERROR_CONFIG) && g_str_equal(lt_error_get_reason(cause), "rest.map.failed")) {
        jv_free(verdict);
        if (lt_reply_check(reply, error))
            rest_set_nonsense(reply, cause, error);
        return FALSE;
    }
    if (cause != NULL)
        g_propagate_error(error, g_steal_pointer(&cause));
    accepted = jv_is_valid(verdict) && outcome_of(verdict, reply, error);
    jv_free(verdict);
    return accepted;
}
