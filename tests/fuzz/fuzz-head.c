/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-head.c: the head of a request. Properties: a head that passes fits a slow grammar of its own; what is handed on passes again unchanged; and libsoup reads
 * the same host, the same length and no other framing from it. */
#include "fuzz.h"

#include <libsoup/soup.h>

#include "http/head.h"

#define GRAMMAR "^(GET|POST|PUT|DELETE) /[!-~]* HTTP/1\\.1\\r\\n([!#$%&'*+.^_`|~0-9A-Za-z-]+:[\\t -~]*\\r\\n)*\\r\\n$"

static guint
count_fields(const char *head, const char *name)
{
    g_autofree char *pattern = g_strdup_printf("(?im)^%s:", name);
    g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_RAW | G_REGEX_NEWLINE_CRLF, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    guint n = 0;

    for (g_regex_match(regex, head, 0, &match); g_match_info_matches(match); g_match_info_next(match, NULL))
        n++;
    return n;
}

static void
check_grammar(const char *head)
{
    static GRegex *grammar = NULL;

    if (grammar == NULL)
        grammar = g_regex_new(GRAMMAR, G_REGEX_RAW | G_REGEX_DOLLAR_ENDONLY, 0, NULL);
    FUZZ_CHECK(g_regex_match(grammar, head, 0, NULL));
    FUZZ_CHECK(count_fields(head, "Host") == 1);
    FUZZ_CHECK(count_fields(head, "Content-Length") <= 1);
    FUZZ_CHECK(count_fields(head, "(Transfer-Encoding|Upgrade|Range|If-Range|Expect)") == 0);
}

static void
check_libsoup(const GString *head, gint64 body_bytes)
{
    SoupMessageHeaders *headers = soup_message_headers_new(SOUP_MESSAGE_HEADERS_REQUEST);
    g_autofree char *method = NULL, *path = NULL;
    SoupHTTPVersion version;

    /* libsoup is given the head without its empty line */
    FUZZ_CHECK(soup_headers_parse_request(head->str, (int) head->len - 2, headers, &method, &path, &version) == SOUP_STATUS_OK);
    FUZZ_CHECK(soup_message_headers_get_one(headers, "Host") != NULL);
    FUZZ_CHECK(soup_message_headers_get_encoding(headers) == (body_bytes >= 0 ? SOUP_ENCODING_CONTENT_LENGTH : SOUP_ENCODING_NONE));
    FUZZ_CHECK(body_bytes < 0 || soup_message_headers_get_content_length(headers) == body_bytes);
    soup_message_headers_unref(headers);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GString) clean = g_string_new(NULL), again = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    LtHead head, second;

    if (!lt_head_check((const char *) data, size, &head, clean, &error)) {
        FUZZ_CHECK_REFUSED(error, "http");
        return 0;
    }
    FUZZ_CHECK(lt_head_find_end((const char *) data, size) == size);
    FUZZ_CHECK(strlen(clean->str) == clean->len);
    FUZZ_CHECK(lt_head_check(clean->str, clean->len, &second, again, NULL));
    FUZZ_CHECK(g_string_equal(clean, again) && head.body_bytes == second.body_bytes);
    check_grammar(clean->str);
    check_libsoup(clean, head.body_bytes);
    return 0;
}
