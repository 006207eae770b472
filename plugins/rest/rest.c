/* SPDX-License-Identifier: Apache-2.0 */
/* rest.c: any system with an HTTP interface: keys, opening, and delivering.
 *
 * Two forms. `mapped`: jq programs say what is sent and what the answer means, so a new JSON system is wired without C. `envelope`: the
 * signed container goes out byte for byte, for hubs and units that verify it themselves; no jq runs.
 */
#include "rest.h"

#include <string.h>

#define CONTAINER_TYPE "application/vnd.etsi.asic-e+zip"
#define IN_MEMORY_MAX (1u << 20)

static const LtKey keys[] = {
    LT_CHOICE(Rest, form, "mapped", "mapped|envelope", "mapped: jq programs make the request; envelope: the signed container itself is posted"),
    LT_STRING(Rest, path, "", "form = envelope: path below url that takes containers, such as /v1/envelopes"),
    LT_PATH(Rest, deliver_map, "", "jq program: {header, payload, attachments} to {method, path, headers, body}; or null: nothing to send"),
    LT_PATH(Rest, reply_map, "", "jq program: {status, headers, body, header} to \"accepted\", \"refused\", \"postponed\" or \"expired\", or {outcome, reason, retry_after}"),
    LT_PATH(Rest, answer_map, "", "jq program: {status, headers, body, header, payload} to {messages}: what a system answers at once to a unit"),
    LT_PATH(Rest, collect_map, "", "jq program: {cursor, now, page} to the request that asks for what is new"),
    LT_PATH(Rest, items_map, "", "jq program: {status, headers, body, cursor, now, page} to {messages, cursor, more}"),
    LT_CHOICE(Rest, attachments, "none", "none|base64", "base64: the deliver map also gets each attachment's content"),
    LT_BYTES(Rest, attachments_max, "16M", "1K..64M", "attachments = base64: most bytes of attachments in one message"),
    LT_DURATION(Rest, map_time, "2s", "10ms..60s", "longest run of a jq program, in CPU time"),
    LT_BYTES(Rest, map_memory, "256M", "16M..4G", "growth of memory during a run at which it is stopped"),
    LT_CHOICE(Rest, auth, "none", "none|basic|bearer|header|query|oauth2|hmac", "how we say who we are; a client certificate goes with each"),
    LT_STRING(Rest, user, "", "auth = basic: user name; auth = hmac: what {user} stands for"),
    LT_SECRET(Rest, password, "", "auth = basic: password"),
    LT_SECRET(Rest, token, "", "auth = bearer, header or query: the token or key; auth = oauth2: a second key, in auth_header"),
    LT_STRING(Rest, auth_header, "X-Api-Key", "auth = header: name of the header"),
    LT_STRING(Rest, auth_query, "key", "auth = query: name of the parameter"),
    LT_STRING(Rest, token_path, "/token", "auth = oauth2: path below url that gives tokens"),
    LT_CHOICE(Rest, token_form, "basic", "basic|form|json", "auth = oauth2: client_id and client_secret go as HTTP Basic, as form fields or as JSON"),
    LT_PATH(Rest, token_map, "", "auth = oauth2: jq program: {client_id, client_secret, scope} to the request for a token, for services of their own kind"),
    LT_STRING(Rest, client_id, "", "auth = oauth2: who asks for a token"),
    LT_SECRET(Rest, client_secret, "", "auth = oauth2: its secret"),
    LT_STRING(Rest, scope, "", "auth = oauth2: scope that is asked for"),
    LT_SECRET(Rest, hmac_secret, "", "auth = hmac: the shared secret"),
    LT_STRING(Rest, hmac_text, "{method}\\n{path}\\n{time}\\n{body_sha256}",
              "auth = hmac: what is signed; {method}, {path}, {user}, {time}, {time_ms}, {date}, {nonce}, {body_sha256}, and \\n for a line end"),
    LT_LIST(Rest, hmac_headers, "X-Timestamp: {time};X-Signature: {signature}", "auth = hmac: headers that are added, with the same words and {signature}"),
    LT_CHOICE(Rest, hmac_hash, "sha256", "sha256|sha512", "auth = hmac: hash"),
    LT_CHOICE(Rest, hmac_encoding, "hex", "hex|base64", "auth = hmac: spelling of the signature"),
    LT_LIST(Rest, types, "", "message types that are delivered; others count as delivered without a request. Absent: all"),
    LT_KEYS_END,
};

static gboolean
needs(const char *value, const char *what, GError **error)
{
    if (value != NULL)
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "rest.settings", "%s", what);
    return FALSE;
}

static gboolean
open_credential(Rest *self, GError **error)
{
    self->credential = credential_new(
        &(CredentialOptions) { .kind = self->auth, .user = self->user, .password = self->password, .token = self->token, .header = self->auth_header,
                               .query = self->auth_query, .token_path = self->token_path, .token_form = self->token_form, .client_id = self->client_id,
                               .client_secret = self->client_secret, .scope = self->scope, .token_map = self->ask_token,
                               .hmac_secret = self->hmac_secret, .hmac_text = self->hmac_text, .hmac_hash = self->hmac_hash,
                               .hmac_encoding = self->hmac_encoding, .hmac_headers = self->hmac_headers },
        error);
    return self->credential != NULL;
}

static gboolean
open_map(const Rest *self, const char *path, Mapping **map, GError **error)
{
    MappingLimits limits = { .time_us = self->map_time, .memory_bytes = (gsize) self->map_memory };

    if (path == NULL)
        return TRUE;
    *map = mapping_open(path, &limits, error);
    return *map != NULL;
}

static void
rest_close(gpointer data)
{
    Rest *self = data;

    g_clear_pointer(&self->deliver, mapping_free);
    g_clear_pointer(&self->reply, mapping_free);
    g_clear_pointer(&self->collect, mapping_free);
    g_clear_pointer(&self->items, mapping_free);
    g_clear_pointer(&self->answer, mapping_free);
    g_clear_pointer(&self->ask_token, mapping_free);
    g_clear_pointer(&self->credential, credential_free);
}

static gboolean
rest_open(gpointer data, GError **error)
{
    Rest *self = data;

    if (g_str_equal(self->form, "mapped") && self->collect_map == NULL &&
        !needs(self->deliver_map, "deliver_map: form = mapped needs it (or collect_map)", error))
        return FALSE;
    if ((self->collect_map == NULL) != (self->items_map == NULL)) {
        lt_error_set(error, LT_ERROR_CONFIG, "rest.settings", "collect_map and items_map are needed together");
        return FALSE;
    }
    if (g_str_equal(self->form, "envelope") && g_str_equal(self->auth, "query")) {
        lt_error_set(error, LT_ERROR_CONFIG, "rest.settings", "auth: form = envelope takes the key in a header: auth = header");
        return FALSE;
    }
    if (open_map(self, self->token_map, &self->ask_token, error) && open_credential(self, error) && open_map(self, self->deliver_map, &self->deliver, error) &&
        open_map(self, self->reply_map, &self->reply, error) && open_map(self, self->collect_map, &self->collect, error) &&
        open_map(self, self->items_map, &self->items, error) && open_map(self, self->answer_map, &self->answer, error))
        return TRUE;
    rest_close(self);
    return FALSE;
}

/* Small containers go out from memory, which lets the link use a connection that was just closed by the other side again. */
static gboolean
set_container(const Rest *self, LtRequest *request, LtMessage *message, GCancellable *cancellable, GError **error)
{
    guint64 size = 0;
    g_autoptr(GInputStream) stream = lt_message_open_envelope(message, &size, error);
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) cause = NULL;
    g_autofree guint8 *data = NULL;
    gsize n_read = 0;

    if (stream == NULL)
        return FALSE;
    if (size > IN_MEMORY_MAX && !credential_reads_body(self->credential)) {
        lt_request_set_body_stream(request, stream, size, CONTAINER_TYPE);
        return TRUE;
    }
    data = g_malloc((gsize) size);
    if (!g_input_stream_read_all(stream, data, (gsize) size, &n_read, cancellable, &cause) || n_read < size) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "rest.envelope", "the container cannot be read: %s",
                     cause != NULL ? cause->message : "it is shorter than it says");
        return FALSE;
    }
    bytes = g_bytes_new_take(g_steal_pointer(&data), (gsize) size);
    lt_request_set_body(request, bytes, CONTAINER_TYPE);
    return TRUE;
}

static LtRequest *
envelope_request(const Rest *self, LtMessage *message, GCancellable *cancellable, GError **error)
{
    g_autoptr(LtRequest) request = lt_request_new("POST", self->path != NULL ? self->path : "");

    if (!set_container(self, request, message, cancellable, error))
        return NULL;
    return g_steal_pointer(&request);
}

/* *request stays NULL when the map says that there is nothing to send. */
static gboolean
mapped_request(const Rest *self, LtMessage *message, LtRequest **request, GError **error)
{
    jv input, output;

    if (self->deliver == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "rest.settings", "deliver_map is not set, and a message came to be delivered");
        return FALSE;
    }
    input = exchange_message_value(message, g_str_equal(self->attachments, "none") ? 0 : self->attachments_max, error);
    if (!jv_is_valid(input)) {
        jv_free(input);
        return FALSE;
    }
    output = credential_dress(self->credential, mapping_run(self->deliver, input, error));
    if (jv_get_kind(output) == JV_KIND_NULL) {
        jv_free(output);
        return TRUE;
    }
    if (jv_is_valid(output))
        *request = exchange_request_of(output, error);
    jv_free(output);
    return *request != NULL;
}

/* Sends, and once more when the system no longer knows our session. */
static gboolean
send_and_judge(const Rest *self, LtRequest *request, LtMessage *message, LtLink *link, GError **error)
{
    for (gboolean again = FALSE;; again = TRUE) {
        g_autoptr(LtReply) reply = credential_send(self->credential, link, request, error);
        gboolean expired = FALSE;

        if (reply == NULL)
            return FALSE;
        if (lt_link_is_dry(link))
            return TRUE;
        if (rest_judge(self, reply, message, &expired, error))
            return rest_hand_in_answer(self, reply, message, link, error);
        if (!expired)
            return FALSE;
        credential_expire(self->credential);
        if (again || !g_str_equal(self->auth, "oauth2")) {
            lt_error_set(error, LT_ERROR_UNAVAILABLE, "rest.expired", "the other side does not know our session");
            return FALSE;
        }
    }
}

static gboolean
rest_deliver(gpointer data, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error)
{
    const Rest *self = data;
    g_autoptr(LtRequest) request = NULL;

    if (self->types != NULL && !g_strv_contains((const char *const *) self->types, lt_message_get_type(message)))
        return TRUE;
    if (g_str_equal(self->form, "envelope")) {
        request = envelope_request(self, message, cancellable, error);
        if (request == NULL)
            return FALSE;
    } else if (!mapped_request(self, message, &request, error)) {
        return FALSE;
    }
    return request == NULL || send_and_judge(self, request, message, link, error);
}

LT_PLUGIN_EXPORT(.name = "rest", .version = "1.0", .summary = "Systems with an HTTP interface: JSON mapped by jq, or signed containers as they are",
                 .keys = keys, .self_size = sizeof(Rest), .open = rest_open, .close = rest_close, .collect = rest_collect,
                 .deliver = rest_deliver)
