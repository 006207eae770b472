/* SPDX-License-Identifier: Apache-2.0 */
/* sms.c: texts to citizens through an operator's HTTP gateway: keys and opening. Sending is in notice.c, answering in look-up.c. */
#include "sms.h"

#include <string.h>

#define MAP_TIME_US (2 * G_USEC_PER_SEC)
#define MAP_MEMORY (256u << 20)

static const LtKey keys[] = {
    LT_STRING(Sms, send_path, "/send", "path below url that takes {to, text, from, encoding, segments, id} as JSON"),
    LT_STRING(Sms, sender, "", "brand name or short number that the text comes from"),
    LT_PATH(Sms, request_map, "", "jq program: {to, text, from, encoding, segments, id} to {method, path, headers, body}, for a gateway of another form"),
    LT_PATH(Sms, reply_map, "", "jq program: {status, headers, body} to \"accepted\", \"refused\" or \"postponed\""),
    LT_PATH(Sms, templates, "", "JSON file {language: {event: text}}; events are the states 1 to 10, answer and unknown; {code} and {state} are filled in"),
    LT_STRING(Sms, language, "vi", "language of answers, and of texts to those who have chosen none"),
    LT_CHOICE(Sms, diacritics, "remove", "remove|keep", "remove: texts fit the cheap alphabet; keep: Vietnamese as it is written"),
    LT_LIST(Sms, states, "2;3;5;6;8;9;10", "states of the national portal of which a text is sent"),
    LT_NUMBER(Sms, max_segments, "1", "1..10", "most segments of one text; a longer one is not sent"),
    LT_STRING(Sms, consent, "NhanTinNhan", "member of the submission's ThongTinKhac that is true when its owner wants texts"),
    LT_STRING(Sms, language_member, "NgonNgu", "member of the submission's ThongTinKhac that names the owner's language"),
    LT_STRING(Sms, quiet_from, "21:00", "from then on no text is sent (Vietnamese time)"),
    LT_STRING(Sms, quiet_to, "07:00", "until then; equal to quiet_from: there are no quiet hours"),
    LT_CHOICE(Sms, answer_form, "json", "json|text", "what a question is answered with: {\"text\": …}, or the text alone"),
    LT_CHOICE(Sms, auth, "none", "none|basic|bearer|header", "how we say who we are"),
    LT_STRING(Sms, user, "", "auth = basic: user name"),
    LT_SECRET(Sms, password, "", "auth = basic: password"),
    LT_SECRET(Sms, token, "", "auth = bearer or header: the token or key"),
    LT_STRING(Sms, auth_header, "X-Api-Key", "auth = header: name of the header"),
    LT_KEYS_END,
};

char *
sms_text(const Sms *self, const char *language, const char *event, const char *code, int state, TextSize *size, GError **error)
{
    g_autofree char *whole = templates_fill(self->texts, language != NULL ? language : self->language, event, code, state);
    g_autofree char *text = g_str_equal(self->diacritics, "remove") ? text_strip(whole) : g_utf8_normalize(whole, -1, G_NORMALIZE_NFC);

    *size = text_measure(text);
    if (size->n_segments <= (guint) self->max_segments)
        return g_steal_pointer(&text);
    lt_error_set(error, LT_ERROR_CONFIG, "sms.length", "the text of event %s has %u segments, over 'max_segments'", event, size->n_segments);
    return NULL;
}

/* "21:30" as minutes; -1: no time. */
static int
minutes_of(const char *text)
{
    if (strlen(text) != 5 || text[2] != ':' || !g_ascii_isdigit(text[0]) || !g_ascii_isdigit(text[1]) || !g_ascii_isdigit(text[3]) || !g_ascii_isdigit(text[4]) ||
        atoi(text) > 23 || atoi(text + 3) > 59)
        return -1;
    return atoi(text) * 60 + atoi(text + 3);
}

static gboolean
open_quiet(Sms *self, GError **error)
{
    self->quiet_from_min = minutes_of(self->quiet_from);
    self->quiet_to_min = minutes_of(self->quiet_to);
    if (self->quiet_from_min >= 0 && self->quiet_to_min >= 0)
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "sms.settings", "%s: must be a time of day such as 21:00", self->quiet_from_min < 0 ? "quiet_from" : "quiet_to");
    return FALSE;
}

static gboolean
open_map(const char *path, Mapping **map, GError **error)
{
    const MappingLimits limits = { .time_us = MAP_TIME_US, .memory_bytes = MAP_MEMORY };

    if (path == NULL)
        return TRUE;
    *map = mapping_open(path, &limits, error);
    return *map != NULL;
}

static void
sms_close(gpointer data)
{
    Sms *self = data;

    g_clear_pointer(&self->texts, templates_free);
    g_clear_pointer(&self->request, mapping_free);
    g_clear_pointer(&self->reply, mapping_free);
    g_clear_pointer(&self->credential, credential_free);
}

static gboolean
sms_open(gpointer data, GError **error)
{
    Sms *self = data;
    const CredentialOptions credential = { .kind = self->auth, .user = self->user, .password = self->password, .token = self->token, .header = self->auth_header };

    if (open_quiet(self, error) && open_map(self->request_map, &self->request, error) && open_map(self->reply_map, &self->reply, error)) {
        self->texts = templates_new(self->templates, error);
        self->credential = self->texts != NULL ? credential_new(&credential, error) : NULL;
    }
    if (self->credential != NULL)
        return TRUE;
    sms_close(self);
    return FALSE;
}

LT_PLUGIN_EXPORT(.name = "sms", .version = "1.0", .summary = "Texts to citizens through an operator's gateway, and answers to those who ask with a code",
                 .keys = keys, .self_size = sizeof(Sms), .open = sms_open, .close = sms_close, .receive = sms_receive, .deliver = sms_deliver)
