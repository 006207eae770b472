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
    LT_PATH(Rest, reply_map, "", "jq program: {status, headers, body, header} to \"accepted\", \"refused\" or \"postponed\", or {outcome, reason, retry_after}"),
    LT_PATH(Rest, collect_map, "", "jq program: {cursor} to the request that asks for what is new"),
    LT_PATH(Rest, items_map, "", "jq program: {status, headers, body, cursor} to {messages, cursor, more}"),
    LT_CHOICE(Rest, attachments, "none", "none|base64", "base64: the deliver map also gets each attachment's content"),
    LT_BYTES(Rest, attachments_max, "16M", "1K..64M", "attachments = base64: most bytes of attachments in one message"),
    LT_DURATION(Rest, map_time, "2s", "10ms..60s", "longest run of a jq program, in CPU time"),
    LT_BYTES(Rest, map_memory, "256M", "16M..4G", "growth of memory during a run at which it is stopped"),
    LT_CHOICE(Rest, auth, "none", "none|basic|bearer|header", "how we say who we are"),
    LT_STRING(Rest, user, "", "auth = basic: user name"),
    LT_SECRET(Rest, password, "", "auth = basic: password"),
    LT_SECRET(Rest, token, "", "auth = bearer or header: the token or key"),
    LT_STRING(Rest, auth_header, "X-Api-Key", "auth = header: name of the header"),
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
open_auth(Rest *self, GError **error)
{
    if (g_str_equal(self->auth, "basic")) {
        g_autofree char *pair = NULL;
        g_autofree char *encoded = NULL;

        if (!needs(self->user, "user: auth = basic needs it", error) || !needs(self->password, "password: auth = basic needs it", error))
            return FALSE;
        pair = g_strconcat(self->user, ":", self->password, NULL);
        encoded = g_base64_encode((const guchar *) pair, strlen(pair));
        self->credential = g_strconcat("Basic ", encoded, NULL);
    } else if (!g_str_equal(self->auth, "none")) {
        if (!needs(self->token, "token: auth = bearer and auth = header need it", error))
            return FALSE;
        self->credential = g_str_equal(self->auth, "bearer") ? g_strconcat("Bearer ", self->token, NULL) : g_strdup(self->token);
    }
    return TRUE;
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
    g_clear_pointer(&self->credential, g_free);
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
    if (open_auth(self, error) && open_map(self, self->deliver_map, &self->deliver, error) &&
        open_map(self, self->reply_map, &self->reply, error) && open_map(self, self->collect_map, &self->collect, error) &&
        open_map(self, self->items_map, &self->items, error))
        return TRUE;
    rest_close(self);
    return FALSE;
}

/* Small containers go out from memory, which lets the link use a connection that was just closed by the other side again. */
static gboolean
set_container(LtRequest *request, LtMessage *message, GCancellable *cancellable, GError **error)
{
    guint64 size = 0;
    g_autoptr(GInputStream) stream = lt_message_open_envelope(message, &size, error);
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) cause = NULL;
    g_autofree guint8 *data = NULL;
    gsize n_read = 0;

    if (stream == NULL)
        return FALSE;
    if (size > IN_MEMORY_MAX) {
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

    if (!set_container(request, message, cancellable, error))
        return NULL;
    rest_add_credential(self, request);
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
    input = rest_map_input(self, message, error);
    if (!jv_is_valid(input)) {
        jv_free(input);
        return FALSE;
    }
    output = mapping_run(self->deliver, input, error);
    if (jv_get_kind(output) == JV_KIND_NULL) {
        jv_free(output);
        return TRUE;
    }
    if (jv_is_valid(output))
        *request = rest_request_of(self, output, error);
    jv_free(output);
    return *request != NULL;
}

static gboolean
rest_deliver(gpointer data, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error)
{
    const Rest *self = data;
    g_autoptr(LtRequest) request = NULL;
    g_autoptr(LtReply) reply = NULL;

    if (self->types != NULL && !g_strv_contains((const char *const *) self->types, lt_message_get_type(message)))
        return TRUE;
    if (g_str_equal(self->form, "envelope")) {
        request = envelope_request(self, message, cancellable, error);
        if (request == NULL)
            return FALSE;
    } else if (!mapped_request(self, message, &request, error)) {
        return FALSE;
    }
    if (request == NULL)
        return TRUE;
    reply = lt_link_send(link, request, error);
    if (reply == NULL)
        return FALSE;
    return lt_link_is_dry(link) || rest_judge(self, reply, message, error);
}

LT_PLUGIN_EXPORT(.name = "rest", .version = "1.0", .summary = "Systems with an HTTP interface: JSON mapped by jq, or signed containers as they are",
                 .keys = keys, .self_size = sizeof(Rest), .open = rest_open, .close = rest_close, .collect = rest_collect,
                 .deliver = rest_deliver)
