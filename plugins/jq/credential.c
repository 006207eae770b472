/* SPDX-License-Identifier: Apache-2.0 */
/* credential.c: headers that prove who we are.
 *
 * A token (OAuth 2.0 client credentials, RFC 6749 §4.4, or whatever token_map asks for) is shared by all workers of an endpoint: who finds it missing
 * fetches it while the others wait. What HMAC signs is a text with {placeholders}, because every gateway has its own.
 */
#include "credential.h"

#include <string.h>

#include "exchange.h"

#define LIFE_PRESET_S 300
#define LIFE_MAX_S 86400
#define RESERVE_S 30 /* a token is not used in its last seconds: the request is under way for a while */

struct _Credential {
    CredentialOptions options;
    char *fixed;       /* nullable: value of a header that never changes */
    GMutex mutex;      /* guards what follows */
    char *token;       /* nullable */
    gint64 renew_us;   /* monotonic */
};

static gboolean
needs(const char *value, const char *key, const char *kind, GError **error)
{
    if (value != NULL)
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "auth.settings", "%s: auth = %s needs it", key, kind);
    return FALSE;
}

/* What the placeholders of one signature stand for. */
typedef struct {
    const char *method, *path, *user, *signature;
    char *time, *time_ms, *date, *nonce, *digest;
} Signing;

static const char *
placeholder(const Signing *signing, const char *name, gsize length)
{
    const struct {
        const char *name, *value;
    } known[] = { { "method", signing->method }, { "path", signing->path }, { "user", signing->user }, { "time", signing->time },
                  { "time_ms", signing->time_ms }, { "date", signing->date }, { "nonce", signing->nonce }, { "body_sha256", signing->digest },
                  { "signature", signing->signature } };

    for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
        if (strlen(known[i].name) == length && strncmp(known[i].name, name, length) == 0)
            return known[i].value;
    return NULL;
}

/* {name} is replaced, \n is a line end. NULL: a name that is not known. */
static char *
expand(const char *text, const Signing *signing)
{
    g_autoptr(GString) out = g_string_new(NULL);

    while (*text != '\0') {
        const char *end = *text == '{' ? strchr(text, '}') : NULL;
        const char *value = end != NULL ? placeholder(signing, text + 1, (gsize) (end - text - 1)) : NULL;

        if (end != NULL && value == NULL)
            return NULL;
        if (end != NULL) {
            g_string_append(out, value);
            text = end + 1;
        } else if (text[0] == '\\' && text[1] == 'n') {
            g_string_append_c(out, '\n');
            text += 2;
        } else {
            g_string_append_c(out, *text++);
        }
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static gboolean
check_template(const char *key, const char *text, const char *signature, GError **error)
{
    const Signing blank = { .method = "", .path = "", .user = "", .signature = signature, .time = (char *) "", .time_ms = (char *) "", .date = (char *) "",
                            .nonce = (char *) "", .digest = (char *) "" };
    g_autofree char *expanded = expand(text, &blank);

    if (expanded != NULL)
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "auth.settings",
                 "%s: only {method}, {path}, {user}, {time}, {time_ms}, {date}, {nonce}, {body_sha256}%s can be filled in", key,
                 signature != NULL ? " and {signature}" : "");
    return FALSE;
}

static gboolean
check_hmac(const CredentialOptions *options, GError **error)
{
    if (!needs(options->hmac_secret, "hmac_secret", "hmac", error) || !check_template("hmac_text", options->hmac_text, NULL, error))
        return FALSE;
    for (guint i = 0; options->hmac_headers != NULL && options->hmac_headers[i] != NULL; i++) {
        if (strstr(options->hmac_headers[i], ": ") == NULL) {
            lt_error_set(error, LT_ERROR_CONFIG, "auth.settings", "hmac_headers: each must be 'Name: value', several separated by ;");
            return FALSE;
        }
        if (!check_template("hmac_headers", options->hmac_headers[i], "", error))
            return FALSE;
    }
    return TRUE;
}

static char *
basic(const char *user, const char *password)
{
    g_autofree char *pair = g_strconcat(user, ":", password, NULL);
    g_autofree char *encoded = g_base64_encode((const guchar *) pair, strlen(pair));

    return g_strconcat("Basic ", encoded, NULL);
}

static gboolean
prepare(Credential *self, GError **error)
{
    const CredentialOptions *o = &self->options;

    if (g_str_equal(o->kind, "basic")) {
        if (!needs(o->user, "user", "basic", error) || !needs(o->password, "password", "basic", error))
            return FALSE;
        self->fixed = basic(o->user, o->password);
    } else if (g_str_equal(o->kind, "oauth2")) {
        return needs(o->client_id, "client_id", "oauth2", error) && needs(o->client_secret, "client_secret", "oauth2", error);
    } else if (g_str_equal(o->kind, "hmac")) {
        return check_hmac(o, error);
    } else if (!g_str_equal(o->kind, "none")) {
        if (!needs(o->token, "token", o->kind, error))
            return FALSE;
        self->fixed = g_str_equal(o->kind, "bearer") ? g_strconcat("Bearer ", o->token, NULL) : g_strdup(o->token);
    }
    return TRUE;
}

Credential *
credential_new(const CredentialOptions *options, GError **error)
{
    Credential *self = g_new0(Credential, 1);

    self->options = *options;
    g_mutex_init(&self->mutex);
    if (prepare(self, error))
        return self;
    credential_free(self);
    return NULL;
}

void
credential_free(Credential *self)
{
    if (self == NULL)
        return;
    g_mutex_clear(&self->mutex);
    g_free(self->fixed);
    g_free(self->token);
    g_free(self);
}

static gboolean
is_kind(const Credential *self, const char *kind)
{
    return g_str_equal(self->options.kind, kind);
}

gboolean
credential_reads_body(const Credential *self)
{
    return is_kind(self, "oauth2") || is_kind(self, "hmac");
}

jv
credential_dress(const Credential *self, jv output)
{
    jv query;

    if (!is_kind(self, "query") || jv_get_kind(output) != JV_KIND_OBJECT)
        return output;
    query = value_member(output, "query");
    if (jv_get_kind(query) != JV_KIND_OBJECT) {
        jv_free(query);
        query = jv_object();
    }
    return jv_object_set(output, jv_string("query"), jv_object_set(query, jv_string(self->options.query), jv_string(self->fixed)));
}

void
credential_expire(Credential *self)
{
    g_mutex_lock(&self->mutex);
    g_clear_pointer(&self->token, g_free);
    g_mutex_unlock(&self->mutex);
}

static jv
token_input(const CredentialOptions *o)
{
    jv input = jv_object_set(jv_object_set(jv_object(), jv_string("client_id"), jv_string(o->client_id)), jv_string("client_secret"),
                             jv_string(o->client_secret));

    return o->scope != NULL ? jv_object_set(input, jv_string("scope"), jv_string(o->scope)) : input;
}

static LtRequest *
mapped_token_request(const CredentialOptions *o, GError **error)
{
    jv output = mapping_run(o->token_map, token_input(o), error);
    LtRequest *request = jv_is_valid(output) ? exchange_request_of(output, error) : NULL;

    jv_free(output);
    return request;
}

static LtRequest *
token_request(const Credential *self, GError **error)
{
    const CredentialOptions *o = &self->options;
    gboolean in_body = !g_str_equal(o->token_form, "basic");
    jv fields = in_body ? token_input(o) : o->scope != NULL ? jv_object_set(jv_object(), jv_string("scope"), jv_string(o->scope)) : jv_object();
    LtRequest *request;
    jv output;

    if (o->token_map != NULL) {
        jv_free(fields);
        return mapped_token_request(o, error);
    }
    if (!g_str_equal(o->token_form, "json"))
        fields = jv_object_set(fields, jv_string("grant_type"), jv_string("client_credentials"));
    output = jv_object_set(jv_object_set(jv_object(), jv_string("method"), jv_string("POST")), jv_string("path"), jv_string(o->token_path));
    output = jv_object_set(output, jv_string(g_str_equal(o->token_form, "json") ? "body" : "form"), fields);
    request = exchange_request_of(output, error);
    jv_free(output);
    if (request != NULL && !in_body) {
        g_autofree char *value = basic(o->client_id, o->client_secret);

        lt_request_set_header(request, "Authorization", value);
    }
    return request;
}

/* A member of the answer, or of its `data`. */
static char *
answer_text(jv body, const char *const *names)
{
    jv data = value_member(body, "data");
    char *text = NULL;

    for (guint i = 0; names[i] != NULL && text == NULL; i++) {
        text = value_text(body, names[i]);
        if (text == NULL)
            text = value_text(data, names[i]);
    }
    jv_free(data);
    return text;
}

static gboolean
keep_token(Credential *self, LtLink *link, LtReply *reply, GError **error)
{
    static const char *const token_names[] = { "access_token", "token", "accessToken", NULL };
    static const char *const life_names[] = { "expires_in", "expiresIn", NULL };
    jv body = exchange_body_value(lt_reply_get_body(reply));
    g_autofree char *token = answer_text(body, token_names);
    g_autofree char *life = answer_text(body, life_names);
    gint64 life_s = life != NULL ? CLAMP(g_ascii_strtoll(life, NULL, 10), 0, LIFE_MAX_S) : LIFE_PRESET_S;

    jv_free(body);
    if (token == NULL || *token == '\0') {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "auth.nonsense", "the token service's answer has no token");
        return FALSE;
    }
    lt_link_mask(link, token);
    g_free(self->token);
    self->token = g_steal_pointer(&token);
    self->renew_us = g_get_monotonic_time() + MAX(life_s - MIN(RESERVE_S, life_s / 10), 1) * G_USEC_PER_SEC;
    return TRUE;
}

/* Under the lock. */
static gboolean
fetch_token(Credential *self, LtLink *link, GError **error)
{
    g_autoptr(LtRequest) request = token_request(self, error);
    g_autoptr(LtReply) reply = request != NULL ? lt_link_send(link, request, error) : NULL;
    guint status = reply != NULL ? lt_reply_get_status(reply) : 0;

    if (reply == NULL)
        return FALSE;
    if (status == 400 || status == 401 || status == 403) {
        lt_error_set(error, LT_ERROR_CONFIG, "auth.token", "the token service does not take client_id and client_secret (HTTP status %u)", status);
        return FALSE;
    }
    if (status >= 300 && status < 500 && status != 408 && status != 429) {
        lt_error_set(error, LT_ERROR_CONFIG, "auth.token", "token_path: there is no token service (HTTP status %u)", status);
        return FALSE;
    }
    return lt_reply_check(reply, error) && keep_token(self, link, reply, error);
}

static char *
take_token(Credential *self, LtLink *link, GError **error)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED lock = g_mutex_locker_new(&self->mutex);

    if (lt_link_is_dry(link))
        return g_strdup("token");
    if ((self->token == NULL || g_get_monotonic_time() >= self->renew_us) && !fetch_token(self, link, error))
        return NULL;
    lt_link_mask(link, self->token);
    return g_strdup(self->token);
}

/* Others may have fetched a new one meanwhile; that is kept. */
static void
drop_token(Credential *self, const char *used)
{
    g_mutex_lock(&self->mutex);
    if (g_strcmp0(self->token, used) == 0)
        g_clear_pointer(&self->token, g_free);
    g_mutex_unlock(&self->mutex);
}

static char *
signature_of(const CredentialOptions *o, const char *text)
{
    GChecksumType type = g_str_equal(o->hmac_hash, "sha512") ? G_CHECKSUM_SHA512 : G_CHECKSUM_SHA256;
    g_autoptr(GHmac) hmac = g_hmac_new(type, (const guchar *) o->hmac_secret, strlen(o->hmac_secret));
    guint8 digest[64];
    gsize size = sizeof digest;

    g_hmac_update(hmac, (const guchar *) text, -1);
    if (g_str_equal(o->hmac_encoding, "hex"))
        return g_strdup(g_hmac_get_string(hmac));
    g_hmac_get_digest(hmac, digest, &size);
    return g_base64_encode(digest, size);
}

static void
sign(const Credential *self, LtRequest *request)
{
    const CredentialOptions *o = &self->options;
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autoptr(GBytes) empty = g_bytes_new_static("", 0);
    GBytes *body = lt_request_get_body(request) != NULL ? lt_request_get_body(request) : empty;
    g_autofree char *seconds = g_strdup_printf("%" G_GINT64_FORMAT, g_date_time_to_unix(now));
    g_autofree char *millis = g_strdup_printf("%" G_GINT64_FORMAT, g_date_time_to_unix(now) * 1000 + g_date_time_get_microsecond(now) / 1000);
    g_autofree char *date = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    g_autofree char *nonce = g_uuid_string_random();
    g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, body);
    Signing signing = { .method = lt_request_get_method(request), .path = lt_request_get_path(request), .user = o->user != NULL ? o->user : "",
                        .time = seconds, .time_ms = millis, .date = date, .nonce = nonce, .digest = digest };
    g_autofree char *text = expand(o->hmac_text, &signing);
    g_autofree char *signature = signature_of(o, text);

    signing.signature = signature;
    for (guint i = 0; o->hmac_headers != NULL && o->hmac_headers[i] != NULL; i++) {
        const char *colon = strstr(o->hmac_headers[i], ": ");
        g_autofree char *name = g_strndup(o->hmac_headers[i], (gsize) (colon - o->hmac_headers[i]));
        g_autofree char *value = expand(colon + 2, &signing);

        lt_request_set_header(request, name, value);
    }
}

/* *token: (out) (nullable): what was used and may have expired */
static gboolean
apply(Credential *self, LtLink *link, LtRequest *request, char **token, GError **error)
{
    const CredentialOptions *o = &self->options;
    g_autofree char *value = NULL;

    if (is_kind(self, "hmac")) {
        sign(self, request);
    } else if (is_kind(self, "oauth2")) {
        *token = take_token(self, link, error);
        if (*token == NULL)
            return FALSE;
        value = g_strconcat("Bearer ", *token, NULL);
        lt_request_set_header(request, "Authorization", value);
        if (o->token != NULL)
            lt_request_set_header(request, o->header, o->token);
    } else if (self->fixed != NULL && !is_kind(self, "query")) {
        lt_request_set_header(request, is_kind(self, "header") ? o->header : "Authorization", self->fixed);
    }
    return TRUE;
}

LtReply *
credential_send(Credential *self, LtLink *link, LtRequest *request, GError **error)
{
    for (gboolean again = FALSE;; again = TRUE) {
        g_autofree char *token = NULL;
        g_autoptr(LtReply) reply = apply(self, link, request, &token, error) ? lt_link_send(link, request, error) : NULL;

        if (reply == NULL || token == NULL || again || lt_reply_get_status(reply) != 401)
            return g_steal_pointer(&reply);
        drop_token(self, token);
    }
}
