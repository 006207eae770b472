/* SPDX-License-Identifier: Apache-2.0 */
/* test-credential.c: who we are: tokens that are fetched, renewed and masked; signatures; keys in the query. */
#include "lib/peer.h"
#include "lib/plugin-harness.h"

#include <string.h>

/* A system with a token service. All under the lock. */
typedef struct {
    GMutex mutex;
    guint n_tokens, n_sent, n_denied;
    guint valid;         /* number of the token that is taken; 0: any; 99: none */
    const char *life;    /* nullable: expires_in */
    const char *refusal; /* nullable: raw answer of the token service */
    char *last_token_request, *last_request;
} Service;

typedef struct {
    Harness *harness;
    Service service;
    Peer *peer;
} Fixture;

static char *
text_of(const PeerRequest *request)
{
    return g_strdup_printf("%s\n%s\n%.*s", request->start, request->headers, (int) g_bytes_get_size(request->body),
                           (const char *) g_bytes_get_data(request->body, NULL));
}

static GBytes *
give_token(Service *service, const PeerRequest *request)
{
    g_autofree char *text = NULL;

    g_free(service->last_token_request);
    service->last_token_request = text_of(request);
    if (service->refusal != NULL)
        return g_bytes_new(service->refusal, strlen(service->refusal));
    service->n_tokens++;
    text = g_strdup_printf("{\"data\":{\"access_token\":\"tok-%04u\",\"expires_in\":%s}}", service->n_tokens, service->life != NULL ? service->life : "\"3600\"");
    return peer_text(200, "application/json", text);
}

static GBytes *
answer(const PeerRequest *request, gpointer data)
{
    Service *service = data;
    g_autoptr(GMutexLocker) G_GNUC_UNUSED lock = g_mutex_locker_new(&service->mutex);
    g_autofree char *expected = g_strdup_printf("Authorization: Bearer tok-%04u\n", service->valid);

    if (strstr(request->start, "/token") != NULL)
        return give_token(service, request);
    g_free(service->last_request);
    service->last_request = text_of(request);
    if (service->valid != 0 && strstr(request->headers, expected) == NULL) {
        service->n_denied++;
        return peer_text(401, "application/json", "{\"error\":\"invalid_token\"}");
    }
    service->n_sent++;
    return peer_text(200, "application/json", "{\"ok\":true}");
}

static void
set_up(Fixture *f, gconstpointer data)
{
    (void) data;
    f->harness = harness_new();
    g_mutex_init(&f->service.mutex);
    f->peer = peer_new(&(PeerOptions) { .answer = answer, .data = &f->service });
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    (void) data;
    harness_free(f->harness);
    peer_free(f->peer);
    g_free(f->service.last_request);
    g_free(f->service.last_token_request);
    g_mutex_clear(&f->service.mutex);
}

static LtEndpoint *
endpoint_with(Fixture *f, const char *lines)
{
    g_autofree G_GNUC_UNUSED char *map = harness_file(f->harness, "deliver.jq", "{method: \"POST\", path: \"/ho-so\", query: {ma: \"A B\", k: null}, body: {a: 1}}");
    g_autofree char *url = peer_url(f->peer);
    g_autofree char *all = g_strdup_printf("plugin=rest\nurl=%s\nallowed_addresses=127.0.0.1\ntimeout=5s\ndeliver_map=deliver.jq\n%s", url, lines);

    return harness_endpoint(f->harness, all);
}

static gboolean
deliver(LtEndpoint *endpoint, char **receipt_text, GError **error)
{
    g_autoptr(LtMessage) message = harness_message(&(HarnessMessage) { 0 });
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *type = NULL;
    gboolean done = lt_endpoint_deliver(endpoint, message, NULL, &receipt, &type, error);

    if (receipt_text != NULL)
        *receipt_text = receipt != NULL ? g_strndup(g_bytes_get_data(receipt, NULL), g_bytes_get_size(receipt)) : NULL;
    return done;
}

#define OAUTH "auth=oauth2\nclient_id=hub\nclient_secret=s3cret-client\n"

static void
test_one_token_serves_many(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = endpoint_with(f, OAUTH);

    (void) data;
    f->service.valid = 1;
    for (guint i = 0; i < 5; i++)
        g_assert_true(deliver(endpoint, NULL, NULL));
    g_assert_cmpuint(f->service.n_tokens, ==, 1);
    g_assert_cmpuint(f->service.n_sent, ==, 5);
    g_assert_true(g_str_has_prefix(f->service.last_token_request, "POST /token HTTP/1.1\n"));
    g_assert_nonnull(strstr(f->service.last_token_request, "Authorization: Basic aHViOnMzY3JldC1jbGllbnQ=\n"));
    g_assert_true(g_str_has_suffix(f->service.last_token_request, "\ngrant_type=client_credentials"));
    g_assert_nonnull(strstr(f->service.last_request, "POST /ho-so?ma=A%20B HTTP/1.1"));
}

static void
test_a_token_that_is_no_longer_taken_is_renewed_once(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = endpoint_with(f, OAUTH);
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_true(deliver(endpoint, NULL, NULL));
    f->service.valid = 2;
    g_assert_true(deliver(endpoint, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(f->service.n_tokens, ==, 2);
    g_assert_cmpuint(f->service.n_denied, ==, 1);
    f->service.valid = 99;
    g_assert_false(deliver(endpoint, NULL, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "http.401");
    g_assert_cmpuint(f->service.n_tokens, ==, 3);
    g_assert_cmpuint(f->service.n_denied, ==, 3);
}

static void
test_a_token_is_renewed_before_it_ends(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = endpoint_with(f, OAUTH);

    (void) data;
    f->service.life = "1";
    g_assert_true(deliver(endpoint, NULL, NULL));
    g_assert_true(deliver(endpoint, NULL, NULL));
    g_assert_cmpuint(f->service.n_tokens, ==, 1);
    g_usleep(1100 * 1000);
    g_assert_true(deliver(endpoint, NULL, NULL));
    g_assert_cmpuint(f->service.n_tokens, ==, 2);
    g_assert_cmpuint(f->service.n_denied, ==, 0);
}

static void
test_asks_for_a_token_as_the_service_wants_it(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *lines, *expected;
    } rows[] = {
        { "token_form=form\nscope=ho so\n", "client_id=hub&client_secret=s3cret-client&scope=ho%20so&grant_type=client_credentials" },
        { "token_form=json\n", "{\"client_id\":\"hub\",\"client_secret\":\"s3cret-client\"}" },
        { "token_map=token.jq\n", "{\"customerKey\":\"hub\",\"secretKey\":\"s3cret-client\"}" },
    };
    g_autofree G_GNUC_UNUSED char *map =
        harness_file(f->harness, "token.jq", "{method: \"POST\", path: \"/token/apiGetToken\", body: {customerKey: .client_id, secretKey: .client_secret}}");

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *lines = g_strconcat(OAUTH, rows[i].lines, NULL);
        g_autoptr(LtEndpoint) endpoint = endpoint_with(f, lines);

        g_assert_true(deliver(endpoint, NULL, NULL));
        g_test_message("%s", f->service.last_token_request);
        g_assert_true(g_str_has_suffix(f->service.last_token_request, rows[i].expected));
        g_assert_cmpint(strstr(f->service.last_token_request, "Authorization") == NULL, ==, TRUE);
    }
}

static void
test_a_token_service_that_fails_has_its_own_reason(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *refusal, *reason;
        int code;
    } rows[] = {
        { "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "auth.token", LT_ERROR_CONFIG },
        { "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "auth.token", LT_ERROR_CONFIG },
        { "HTTP/1.1 302 Login\r\nContent-Length: 0\r\n\r\n", "auth.token", LT_ERROR_CONFIG },
        { "HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n", "http.503", LT_ERROR_UNAVAILABLE },
        { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "auth.nonsense", LT_ERROR_UNAVAILABLE },
        { "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", "auth.nonsense", LT_ERROR_UNAVAILABLE },
    };
    g_autoptr(LtEndpoint) endpoint = endpoint_with(f, OAUTH);

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        f->service.refusal = rows[i].refusal;
        g_assert_false(deliver(endpoint, NULL, &error));
        g_assert_error(error, LT_ERROR, rows[i].code);
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
    }
    g_assert_cmpuint(f->service.n_sent, ==, 0);
}

static void
test_no_token_is_written_down(Fixture *f, gconstpointer data)
{
    g_autofree char *record = g_build_filename(f->harness->folder, "record", NULL);
    g_autofree char *lines = g_strdup_printf("%stoken_form=json\nrecord=%s\n", OAUTH, record);
    g_autoptr(LtEndpoint) endpoint = endpoint_with(f, lines);
    const char *name;
    guint n = 0;

    (void) data;
    g_assert_true(deliver(endpoint, NULL, NULL));
    g_autoptr(GDir) dir = g_dir_open(record, 0, NULL);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(record, name, NULL);
        g_autofree char *content = NULL;

        g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
        g_test_message("%s:\n%s", name, content);
        g_assert_null(strstr(content, "tok-0001"));
        g_assert_null(strstr(content, "s3cret"));
        n++;
    }
    g_assert_cmpuint(n, ==, 4);
}

static void
test_a_dry_run_asks_for_no_token(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = endpoint_with(f, OAUTH "mode=dry\n");
    g_autofree char *receipt = NULL;
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_false(deliver(endpoint, &receipt, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "endpoint.dry");
    g_assert_nonnull(strstr(receipt, "Authorization: ***"));
    g_assert_cmpuint(peer_get_n_requests(f->peer), ==, 0);
}

/* The value of a header of the last request. */
static char *
sent_header(Fixture *f, const char *name)
{
    g_autofree char *start = g_strconcat("\n", name, ": ", NULL);
    const char *found = strstr(f->service.last_request, start);

    g_assert_nonnull(found);
    found += strlen(start);
    return g_strndup(found, strcspn(found, "\n"));
}

static void
test_signs_what_the_template_says(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *lines, *format;
        GChecksumType type;
        gboolean base64;
    } rows[] = {
        { "", "POST\n/ho-so?ma=A%%20B\n%s\n%s", G_CHECKSUM_SHA256, FALSE },
        { "hmac_hash=sha512\nhmac_encoding=base64\nhmac_text={user}|{time}|{body_sha256}\nuser=son-la\nhmac_headers=X-Timestamp: {time};X-Signature: {signature};X-Key: id={user}\n",
          "son-la|%s|%s", G_CHECKSUM_SHA512, TRUE },
    };
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, "{\"a\":1}", -1);

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *lines = g_strconcat("auth=hmac\nhmac_secret=test-secret\n", rows[i].lines, NULL);
        g_autoptr(LtEndpoint) endpoint = endpoint_with(f, lines);
        g_autofree char *time = NULL, *signature = NULL, *text = NULL, *expected = NULL;

        g_assert_true(deliver(endpoint, NULL, NULL));
        time = sent_header(f, "X-Timestamp");
        signature = sent_header(f, "X-Signature");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        text = g_strdup_printf(rows[i].format, time, digest);
#pragma GCC diagnostic pop
        expected = g_compute_hmac_for_string(rows[i].type, (const guchar *) "test-secret", 11, text, -1);
        if (rows[i].base64) {
            gsize size = 0;
            g_autofree guchar *raw = g_base64_decode(signature, &size);
            GString *hex = g_string_new(NULL);

            for (gsize k = 0; k < size; k++)
                g_string_append_printf(hex, "%02x", raw[k]);
            g_free(signature);
            signature = g_string_free(hex, FALSE);
            g_free(sent_header(f, "X-Key"));
        }
        g_assert_cmpstr(signature, ==, expected);
    }
}

static void
test_a_key_can_stand_in_the_query(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = endpoint_with(f, "auth=query\nauth_query=apikey\ntoken=k3y/with+signs\n");

    (void) data;
    g_assert_true(deliver(endpoint, NULL, NULL));
    g_assert_nonnull(strstr(f->service.last_request, "apikey=k3y%2Fwith%2Bsigns"));
    g_assert_nonnull(strstr(f->service.last_request, "ma=A%20B"));
}

static void
test_a_reply_map_can_say_that_the_session_is_over(Fixture *f, gconstpointer data)
{
    g_autofree G_GNUC_UNUSED char *map = harness_file(f->harness, "reply.jq", "\"expired\"");
    g_autoptr(LtEndpoint) endpoint = endpoint_with(f, OAUTH "reply_map=reply.jq\n");
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_false(deliver(endpoint, NULL, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_UNAVAILABLE);
    g_assert_cmpstr(lt_error_get_reason(error), ==, "rest.expired");
    g_assert_cmpuint(f->service.n_tokens, ==, 2);
    g_assert_cmpuint(f->service.n_sent, ==, 2);
}

static void
test_refuses_settings_that_cannot_work(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *lines, *expected;
    } rows[] = {
        { "auth=oauth2\nclient_id=a\n", "[endpoint t] client_secret: auth = oauth2 needs it" },
        { "auth=oauth2\nclient_secret=abcd\n", "[endpoint t] client_id: auth = oauth2 needs it" },
        { "auth=hmac\n", "[endpoint t] hmac_secret: auth = hmac needs it" },
        { "auth=hmac\nhmac_secret=abcd\nhmac_text={methd}\n", "[endpoint t] hmac_text: only {method}" },
        { "auth=hmac\nhmac_secret=abcd\nhmac_text={signature}\n", "[endpoint t] hmac_text: only {method}" },
        { "auth=hmac\nhmac_secret=abcd\nhmac_headers=X-Signature\n", "[endpoint t] hmac_headers: each must be 'Name: value'" },
        { "auth=query\ntoken=abcd\n", "[endpoint t] auth: form = envelope takes the key in a header" },
    };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *lines = g_strconcat("plugin=rest\nform=envelope\n", rows[i].lines, NULL);
        g_autofree char *fault = harness_fault(f->harness, lines);

        g_test_message("%s", fault);
        g_assert_nonnull(strstr(fault, rows[i].expected));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/rest/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("one-token-serves-many", test_one_token_serves_many);
    ADD("a-token-that-is-no-longer-taken-is-renewed-once", test_a_token_that_is_no_longer_taken_is_renewed_once);
    ADD("a-token-is-renewed-before-it-ends", test_a_token_is_renewed_before_it_ends);
    ADD("asks-for-a-token-as-the-service-wants-it", test_asks_for_a_token_as_the_service_wants_it);
    ADD("a-token-service-that-fails-has-its-own-reason", test_a_token_service_that_fails_has_its_own_reason);
    ADD("no-token-is-written-down", test_no_token_is_written_down);
    ADD("a-dry-run-asks-for-no-token", test_a_dry_run_asks_for_no_token);
    ADD("signs-what-the-template-says", test_signs_what_the_template_says);
    ADD("a-key-can-stand-in-the-query", test_a_key_can_stand_in_the_query);
    ADD("a-reply-map-can-say-that-the-session-is-over", test_a_reply_map_can_say_that_the_session_is_over);
    ADD("refuses-settings-that-cannot-work", test_refuses_settings_that_cannot_work);
#undef ADD
    return g_test_run();
}
