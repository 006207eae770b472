/* SPDX-License-Identifier: Apache-2.0 */
/* test-head.c: a head that two programs could read differently never passes (security.md S3). */
#include "http/head.h"

#include <string.h>

#define LINE "GET /v1/inbox HTTP/1.1\r\n"
#define HOST "Host: lthub\r\n"
#define END "\r\n"
#define BYTES(text) text, sizeof(text) - 1

typedef struct {
    const char *name;
    const char *text;
    gsize size;
    const char *reason;
} BadCase;

static const BadCase bad[] = {
    { "chunked", BYTES("POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n" END), "http.transfer-encoding" },
    { "both-framings", BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n" END), "http.transfer-encoding" },
    { "chunked-in-other-letters", BYTES("POST /a HTTP/1.1\r\n" HOST "tRANSFER-eNCODING: chunked\r\n" END), "http.transfer-encoding" },
    { "identity-transfer-encoding", BYTES("POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n" END), "http.transfer-encoding" },
    { "a-space-before-the-colon", BYTES("POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n" END), "http.field" },
    { "a-tab-before-the-colon", BYTES(LINE HOST "X\t: a\r\n" END), "http.field" },
    { "two-hosts", BYTES(LINE HOST HOST END), "http.host" },
    { "no-host", BYTES(LINE "X: a\r\n" END), "http.host" },
    { "an-empty-host", BYTES(LINE "Host:\r\n" END), "http.host" },
    { "a-host-with-a-path", BYTES(LINE "Host: a/b\r\n" END), "http.host" },
    { "a-host-with-a-user", BYTES(LINE "Host: u@a\r\n" END), "http.host" },
    { "two-lengths", BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length: 4\r\nContent-Length: 4\r\n" END), "http.length" },
    { "two-other-lengths", BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length: 4\r\nContent-Length: 5\r\n" END), "http.length" },
    { "a-list-of-lengths", BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length: 4, 4\r\n" END), "http.length" },
    { "a-signed-length", BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length: +4\r\n" END), "http.length" },
    { "a-negative-length", BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length: -1\r\n" END), "http.length" },
    { "a-hexadecimal-length", BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length: 0x4\r\n" END), "http.length" },
    { "an-empty-length", BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length:\r\n" END), "http.length" },
    { "a-length-of-eleven-digits", BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length: 00000000004\r\n" END), "http.length" },
    { "a-get-with-a-body", BYTES(LINE HOST "Content-Length: 1\r\n" END), "http.body" },
    { "upgrade", BYTES(LINE HOST "Upgrade: h2c\r\n" END), "http.upgrade" },
    { "upgrade-to-websocket", BYTES(LINE HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n" END), "http.upgrade" },
    { "the-method-trace", BYTES("TRACE / HTTP/1.1\r\n" HOST END), "http.method" },
    { "the-method-connect", BYTES("CONNECT a:1 HTTP/1.1\r\n" HOST END), "http.method" },
    { "the-method-options", BYTES("OPTIONS * HTTP/1.1\r\n" HOST END), "http.method" },
    { "the-method-head", BYTES("HEAD / HTTP/1.1\r\n" HOST END), "http.method" },
    { "a-method-in-small-letters", BYTES("get / HTTP/1.1\r\n" HOST END), "http.method" },
    { "http-1.0", BYTES("GET / HTTP/1.0\r\n" HOST END), "http.version" },
    { "http-2", BYTES("PRI * HTTP/2.0\r\n\r\n"), "http.method" },
    { "http-0.9", BYTES("GET /\r\n\r\n"), "http.request-line" },
    { "a-request-line-with-two-spaces", BYTES("GET  / HTTP/1.1\r\n" HOST END), "http.target" },
    { "a-request-line-of-four-words", BYTES("GET / a HTTP/1.1\r\n" HOST END), "http.target" },
    { "an-empty-first-line", BYTES("\r\n" LINE HOST END), "http.request-line" },
    { "an-absolute-target", BYTES("GET http://a/ HTTP/1.1\r\n" HOST END), "http.target" },
    { "a-path-with-nul", BYTES("GET /a%00b HTTP/1.1\r\n" HOST END), "http.target" },
    { "a-query-with-nul", BYTES("GET /a?b=%00 HTTP/1.1\r\n" HOST END), "http.target" },
    { "a-path-upwards", BYTES("GET /a/../b HTTP/1.1\r\n" HOST END), "http.target" },
    { "a-path-upwards-escaped", BYTES("GET /a/%2e%2e/b HTTP/1.1\r\n" HOST END), "http.target" },
    { "a-slash-escaped", BYTES("GET /a%2Fb HTTP/1.1\r\n" HOST END), "http.target" },
    { "an-escape-escaped", BYTES("GET /a%252e HTTP/1.1\r\n" HOST END), "http.target" },
    { "a-backslash", BYTES("GET /a\\b HTTP/1.1\r\n" HOST END), "http.target" },
    { "a-line-end-escaped", BYTES("GET /a%0d%0aX:%20b HTTP/1.1\r\n" HOST END), "http.target" },
    { "two-slashes", BYTES("GET //a HTTP/1.1\r\n" HOST END), "http.target" },
    { "a-path-that-is-not-ascii", BYTES("GET /\xc3\xa9 HTTP/1.1\r\n" HOST END), "http.target" },
    { "a-fragment", BYTES("GET /a#b HTTP/1.1\r\n" HOST END), "http.target" },
    { "half-an-escape", BYTES("GET /a%2 HTTP/1.1\r\n" HOST END), "http.target" },
    { "bare-lf-after-the-request-line", BYTES("GET / HTTP/1.1\n" HOST END), "http.request-line" },
    { "bare-lf-between-fields", BYTES(LINE "A: b\n" HOST END), "http.field" },
    { "bare-cr-in-a-value", BYTES(LINE HOST "A: b\rX: c\r\n" END), "http.field" },
    { "nul-in-a-value", BYTES(LINE HOST "A: b\0c\r\n" END), "http.field" },
    { "a-control-character-in-a-value", BYTES(LINE HOST "A: b\x01\r\n" END), "http.field" },
    { "a-value-that-is-not-ascii", BYTES(LINE HOST "A: \xc3\xa9\r\n" END), "http.field" },
    { "a-folded-value", BYTES(LINE HOST "A: b\r\n c\r\n" END), "http.field" },
    { "a-field-without-a-colon", BYTES(LINE HOST "abc\r\n" END), "http.field" },
    { "a-field-without-a-name", BYTES(LINE HOST ": a\r\n" END), "http.field" },
    { "a-name-with-a-space", BYTES(LINE HOST "A B: c\r\n" END), "http.field" },
    { "a-name-in-quotes", BYTES(LINE HOST "\"A\": c\r\n" END), "http.field" },
};

static void
refuses(gconstpointer data)
{
    const BadCase *row = data;
    g_autoptr(GError) error = NULL;
    LtHead head;

    g_assert_false(lt_head_check(row->text, row->size, &head, NULL, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_INVALID);
    g_assert_cmpstr(lt_error_get_reason(error), ==, row->reason);
}

static void
hands_on_all_but_three_fields(void)
{
    static const char given[] = "POST /v1/envelopes?a=b%20c HTTP/1.1\r\nHost: lthub\r\nRange: bytes=0-1\r\nContent-Length: 0000000017\r\n"
                                "EXPECT: 100-continue\r\nIf-Range: \"x\"\r\nX-Empty:\r\nAccept-Language: vi, en;q=0.5\r\n\r\n";
    static const char wanted[] = "POST /v1/envelopes?a=b%20c HTTP/1.1\r\nHost: lthub\r\nContent-Length: 0000000017\r\nX-Empty:\r\n"
                                 "Accept-Language: vi, en;q=0.5\r\n\r\n";
    g_autoptr(GString) clean = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    LtHead head;

    g_assert_true(lt_head_check(given, strlen(given), &head, clean, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(clean->str, ==, wanted);
    g_assert_cmpint(head.body_bytes, ==, 17);
    g_assert_true(head.has_body);
}

static void
knows_a_request_without_a_body(void)
{
    LtHead head;

    g_assert_true(lt_head_check(LINE HOST END, strlen(LINE HOST END), &head, NULL, NULL));
    g_assert_cmpint(head.body_bytes, ==, -1);
    g_assert_false(head.has_body);
}

static void
counts_fields(void)
{
    for (guint n = 63; n <= 64; n++) {
        g_autoptr(GString) text = g_string_new(LINE HOST);
        LtHead head;

        for (guint i = 0; i < n; i++)
            g_string_append_printf(text, "X-%u: a\r\n", i);
        g_string_append(text, END);
        g_assert_cmpint(lt_head_check(text->str, text->len, &head, NULL, NULL), ==, n == 63);
    }
}

static void
refuses_a_long_head(void)
{
    g_autoptr(GString) text = g_string_new(LINE HOST "X: ");
    g_autoptr(GError) error = NULL;
    LtHead head;

    while (text->len < LT_HEAD_MAX_BYTES)
        g_string_append_c(text, 'a');
    g_string_append(text, END END);
    g_assert_false(lt_head_check(text->str, text->len, &head, NULL, &error));
}

/* Every cut of a good head is incomplete; only the whole is found. */
static void
finds_the_end_and_nothing_before(void)
{
    static const char text[] = LINE HOST END "GET";

    for (gsize size = 0; size < sizeof(text) - 1 - 3; size++)
        g_assert_cmpuint(lt_head_find_end(text, size), ==, 0);
    g_assert_cmpuint(lt_head_find_end(text, sizeof(text) - 1), ==, sizeof(text) - 1 - 3);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *path = g_strconcat("/head/refuses/", bad[i].name, NULL);

        g_test_add_data_func(path, &bad[i], refuses);
    }
    g_test_add_func("/head/hands-on-all-but-range-if-range-and-expect", hands_on_all_but_three_fields);
    g_test_add_func("/head/knows-a-request-without-a-body", knows_a_request_without_a_body);
    g_test_add_func("/head/takes-64-fields-and-no-more", counts_fields);
    g_test_add_func("/head/refuses-more-than-32-KiB", refuses_a_long_head);
    g_test_add_func("/head/finds-the-end-and-nothing-before", finds_the_end_and_nothing_before);
    return g_test_run();
}
