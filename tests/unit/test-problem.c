/* SPDX-License-Identifier: Apache-2.0 */
/* test-problem.c: what a caller is told: a stable code, two languages, and nothing of the input or the inside. */
#include "http/problem.h"

#include <string.h>

#include "base/json.h"

static GError *
make(LtErrorCode code, const char *reason)
{
    GError *error = NULL;

    lt_error_set(&error, code, reason, "secret /var/lib/lthub/lthub.db \"'<script>");
    return error;
}

static void
table_is_sorted_and_whole(void)
{
    gsize n;
    const LtProblemText *texts = lt_problem_texts(&n);

    for (gsize i = 0; i < n; i++) {
        g_assert_true(i == 0 || strcmp(texts[i - 1].code, texts[i].code) < 0);
        g_assert_cmpuint(strlen(texts[i].vi), >, 3);
        g_assert_cmpuint(strlen(texts[i].en), >, 3);
        g_assert_true(g_utf8_validate(texts[i].vi, -1, NULL));
    }
}

typedef struct {
    const char *name;
    LtErrorCode code;
    const char *reason, *found;
} TextCase;

static const TextCase text_cases[] = {
    { "its-own", LT_ERROR_INVALID, "env.zip.crc", "env.zip.crc" },
    { "that-of-its-first-parts", LT_ERROR_INVALID, "env.zip.flags", "env.zip" },
    { "that-of-its-error", LT_ERROR_TOO_LARGE, "plugin.own-word", "too-large" },
    { "that-of-an-error-without-a-code", LT_ERROR_NOT_FOUND, NULL, "not-found" },
};

static void
finds_a_text(gconstpointer data)
{
    const TextCase *row = data;
    g_autoptr(GError) error = row->reason == NULL ? g_error_new(LT_ERROR, row->code, "x") : make(row->code, row->reason);

    g_assert_cmpstr(lt_problem_text(error)->code, ==, row->found);
}

static void
foreign_error_is_internal(void)
{
    g_autoptr(GError) error = g_error_new(g_quark_from_static_string("foreign"), 1, "x");

    g_assert_cmpstr(lt_problem_text(error)->code, ==, "internal");
}

static void
document_tells_the_code_and_nothing_else(void)
{
    g_autoptr(GError) error = make(LT_ERROR_SIGNATURE, "env.sig.digest");
    LtProblem problem = { .index = 17, .languages = "en" };
    g_autofree char *text = lt_problem_write(error, &problem);

    g_assert_true(lt_json_scan(text, strlen(text), LT_JSON_CONFIG, NULL, NULL, NULL, NULL, NULL));
    g_assert_nonnull(strstr(text, "\"code\":\"env.sig.digest\""));
    g_assert_nonnull(strstr(text, "\"status\":403"));
    g_assert_nonnull(strstr(text, "\"ref\":17"));
    g_assert_nonnull(strstr(text, "\"title\":\"The signature"));
    g_assert_nonnull(strstr(text, "\"title_vi\":\"Chữ ký"));
    g_assert_null(strstr(text, "secret"));
    g_assert_null(strstr(text, "script"));
}

static void
operator_gets_details(void)
{
    g_autoptr(GError) error = make(LT_ERROR_CONFIG, "config");
    g_autoptr(GPtrArray) faults = g_ptr_array_new();
    LtProblem problem = { .index = -1, .detail = error->message, .faults = faults };
    g_autofree char *text = NULL;

    g_ptr_array_add(faults, (gpointer) "a.conf: [x] y: \"z\"");
    text = lt_problem_write(error, &problem);
    g_assert_true(lt_json_scan(text, strlen(text), LT_JSON_CONFIG, NULL, NULL, NULL, NULL, NULL));
    g_assert_nonnull(strstr(text, "\"faults\":[\"a.conf: [x] y: \\\"z\\\"\"]"));
    g_assert_nonnull(strstr(text, "/var/lib"));
    g_assert_null(strstr(text, "\"ref\""));
}

typedef struct {
    const char *languages;
    gboolean english;
} LanguageCase;

static const LanguageCase languages[] = {
    { NULL, FALSE },
    { "", FALSE },
    { "vi", FALSE },
    { "en", TRUE },
    { "en-GB,en;q=0.9", TRUE },
    { "vi,en;q=0.9", FALSE },
    { "en;q=0.4, vi;q=0.8", FALSE },
    { "fr, *;q=0.5", FALSE },
    { "fr, en;q=0.2", TRUE },
    { "english", FALSE },
    { "en;q=nonsense", TRUE },
    { ",,,;q=;", FALSE },
};

static void
vietnamese_comes_first(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(languages); i++) {
        g_test_message("%s", languages[i].languages);
        g_assert_cmpint(lt_problem_wants_english(languages[i].languages), ==, languages[i].english);
    }
}

static void
says_when_to_come_again(void)
{
    g_autoptr(GError) busy = make(LT_ERROR_UNAVAILABLE, "env.busy"), full = make(LT_ERROR_UNAVAILABLE, "env.store.full"),
                      quota = make(LT_ERROR_UNAVAILABLE, "env.quota"), bad = make(LT_ERROR_INVALID, "env.zip.crc");

    lt_error_set_retry_after(quota, 1234);
    g_assert_cmpint(lt_problem_retry_after(busy, 503), ==, 1);
    g_assert_cmpint(lt_problem_retry_after(full, 503), ==, 30);
    g_assert_cmpint(lt_problem_retry_after(quota, 503), ==, 1234);
    g_assert_cmpint(lt_problem_retry_after(bad, 422), ==, -1);
}

static void
whole_response_has_its_length(void)
{
    g_autoptr(GError) error = make(LT_ERROR_UNAVAILABLE, "http.busy");
    g_autofree char *text = lt_problem_response(error, 503);
    const char *body = strstr(text, "\r\n\r\n") + 4;
    g_autofree char *length = g_strdup_printf("Content-Length: %zu\r\n", strlen(body));

    g_assert_true(g_str_has_prefix(text, "HTTP/1.1 503 Service Unavailable\r\n"));
    g_assert_nonnull(strstr(text, length));
    g_assert_nonnull(strstr(text, "\r\nRetry-After: 30\r\n"));
    g_assert_nonnull(strstr(text, "\r\nConnection: close\r\n"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/problem/texts-are-sorted-and-in-two-languages", table_is_sorted_and_whole);
    for (gsize i = 0; i < G_N_ELEMENTS(text_cases); i++) {
        g_autofree char *path = g_strconcat("/problem/finds-a-text/", text_cases[i].name, NULL);

        g_test_add_data_func(path, &text_cases[i], finds_a_text);
    }
    g_test_add_func("/problem/foreign-error-is-internal", foreign_error_is_internal);
    g_test_add_func("/problem/document-tells-the-code-and-nothing-of-the-inside", document_tells_the_code_and_nothing_else);
    g_test_add_func("/problem/operator-gets-details", operator_gets_details);
    g_test_add_func("/problem/vietnamese-comes-first", vietnamese_comes_first);
    g_test_add_func("/problem/says-when-to-come-again", says_when_to_come_again);
    g_test_add_func("/problem/whole-response-has-its-length", whole_response_has_its_length);
    return g_test_run();
}
