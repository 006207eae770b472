/* SPDX-License-Identifier: Apache-2.0 */
/* look-up.c: a citizen sends a dossier's code and gets its state back, in the answer to the gateway's call. Nothing is kept: neither number nor text. */
#include "sms.h"

#include <string.h>

#define TEXT_MOST 1000

/* {text} by any of its usual names, JSON or a form. */
static char *
text_of(LtRequest *request)
{
    static const char *const names[] = { "text", "message", "content", "body", NULL };
    const char *type = lt_request_get_header(request, "Content-Type");
    GBytes *body = lt_request_get_body(request);
    gsize size = 0;
    const char *data = body != NULL ? g_bytes_get_data(body, &size) : NULL;
    char *text = NULL;

    if (data == NULL || size > 16u << 10)
        return NULL;
    if (type != NULL && g_ascii_strncasecmp(type, "application/x-www-form-urlencoded", 33) == 0) {
        g_autofree char *form = g_strndup(data, size);
        g_autoptr(GHashTable) fields = g_uri_parse_params(form, -1, "&", G_URI_PARAMS_WWW_FORM, NULL);

        for (guint i = 0; fields != NULL && names[i] != NULL && text == NULL; i++)
            text = g_strdup(g_hash_table_lookup(fields, names[i]));
    } else {
        jv value = exchange_body_value(body);

        for (guint i = 0; names[i] != NULL && text == NULL; i++)
            text = value_text(value, names[i]);
        jv_free(value);
    }
    return text;
}

/* The first word that has the form of a code; telephones write in any case. */
static char *
code_in(const char *text)
{
    g_autoptr(GRegex) regex = g_regex_new("(?<![0-9A-Z.])[0-9A-Z]+(?:\\.[0-9A-Z]+)*-[0-9]{6}(?:[0-9]{2})?-[0-9]{4,7}(?![0-9])", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_autofree char *upper = NULL;

    if (text == NULL || strlen(text) > TEXT_MOST || !g_utf8_validate(text, -1, NULL))
        return NULL;
    upper = g_ascii_strup(text, -1);
    return g_regex_match(regex, upper, 0, &match) ? g_match_info_fetch(match, 0) : NULL;
}

static LtReply *
answer(const Sms *self, const char *text)
{
    gboolean is_json = g_str_equal(self->answer_form, "json");
    jv value = jv_object_set(jv_object(), jv_string("text"), jv_string(text));
    g_autoptr(GBytes) bytes = is_json ? value_json(value) : g_bytes_new(text, strlen(text));

    jv_free(value);
    return lt_reply_new(200, bytes, is_json ? "application/json; charset=utf-8" : "text/plain; charset=utf-8");
}

gboolean
sms_receive(gpointer data, LtRequest *request, LtReply **reply, LtInbox *inbox, GCancellable *cancellable, GError **error)
{
    const Sms *self = data;
    g_autofree char *asked = text_of(request);
    g_autofree char *code = code_in(asked);
    LtStanding standing = { 0, 0 };
    gboolean is_known = code != NULL && lt_inbox_find_standing(inbox, code, &standing);
    TextSize size = { 0 };
    g_autofree char *text = sms_text(self, self->language, is_known ? "answer" : "unknown", is_known ? code : "", standing.state, &size, error);

    (void) cancellable;
    if (text == NULL)
        return FALSE;
    *reply = answer(self, text);
    return TRUE;
}
