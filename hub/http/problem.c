/* SPDX-License-Identifier: Apache-2.0 */
/* problem.c: writes problem documents. The texts are in problem-texts.c. */
#include "http/problem.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"

static int
compare_code(const void *key, const void *row)
{
    return strcmp(key, ((const LtProblemText *) row)->code);
}

static const LtProblemText *
lookup(const char *code)
{
    gsize n_texts;
    const LtProblemText *texts = lt_problem_texts(&n_texts);

    return bsearch(code, texts, n_texts, sizeof *texts, compare_code);
}

/* Text of the code itself, of its first parts ("env.zip"), or of the error's word. */
const LtProblemText *
lt_problem_text(const GError *error)
{
    g_autofree char *code = g_strdup(lt_error_get_reason(error));
    const LtProblemText *text = lookup(code);
    gsize n_rules;
    const LtErrorRule *rules = lt_error_rules(&n_rules);
    const char *word = rules[LT_ERROR_INTERNAL].word;

    for (char *dot = strrchr(code, '.'); text == NULL && dot != NULL; dot = strrchr(code, '.')) {
        *dot = '\0';
        text = lookup(code);
    }
    if (text != NULL)
        return text;
    if (error->domain == LT_ERROR && (gsize) error->code < n_rules)
        word = rules[error->code].word;
    text = lookup(word);
    return text != NULL ? text : lookup("internal");
}

gint64
lt_problem_retry_after(const GError *error, guint status)
{
    gint64 asked = error->domain == LT_ERROR ? lt_error_get_retry_after(error) : -1;

    if (status != 503)
        return -1;
    if (asked >= 0)
        return asked;
    return strcmp(lt_error_get_reason(error), "env.busy") == 0 ? 1 : 30;
}

/* Weight in thousandths of the best range that begins with @tag; `*` counts for both. */
static gint
weight_of(const char *languages, const char *tag)
{
    g_auto(GStrv) ranges = g_strsplit(languages, ",", 16);
    gint best = -1;

    for (guint i = 0; ranges[i] != NULL; i++) {
        const char *range = g_strstrip(ranges[i]);
        const char *q = strstr(range, ";q=");
        gint weight = q == NULL ? 1000 : (gint) (g_ascii_strtod(q + 3, NULL) * 1000);
        gboolean fits = g_ascii_strncasecmp(range, tag, 2) == 0 && !g_ascii_isalnum(range[2]);

        if (fits || range[0] == '*')
            best = MAX(best, CLAMP(weight, 0, 1000));
    }
    return best;
}

gboolean
lt_problem_wants_english(const char *languages)
{
    return languages != NULL && weight_of(languages, "en") > weight_of(languages, "vi");
}

static void
append_faults(GString *out, const GPtrArray *faults)
{
    g_string_append(out, ",\"faults\":[");
    for (guint i = 0; i < faults->len; i++) {
        if (i > 0)
            g_string_append_c(out, ',');
        lt_json_append_string(out, faults->pdata[i]);
    }
    g_string_append_c(out, ']');
}

char *
lt_problem_write(const GError *error, const LtProblem *problem)
{
    const LtProblemText *text = lt_problem_text(error);
    GString *out = g_string_new("{");

    lt_json_append_member(out, "code", lt_error_get_reason(error));
    lt_json_append_member(out, "title", lt_problem_wants_english(problem->languages) ? text->en : text->vi);
    lt_json_append_member(out, "title_vi", text->vi);
    lt_json_append_member(out, "title_en", text->en);
    lt_json_append_integer(out, "status", problem->status != 0 ? problem->status : lt_error_http_status(error));
    if (problem->index >= 0)
        lt_json_append_integer(out, "ref", problem->index);
    lt_json_append_member(out, "id", problem->id);
    lt_json_append_member(out, "detail", problem->detail);
    if (problem->faults != NULL && problem->faults->len > 0)
        append_faults(out, problem->faults);
    g_string_append_c(out, '}');
    return g_string_free(out, FALSE);
}

static const char *
phrase_of(guint status)
{
    switch (status) {
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 409:
        return "Conflict";
    case 413:
        return "Content Too Large";
    case 415:
        return "Unsupported Media Type";
    case 422:
        return "Unprocessable Content";
    case 503:
        return "Service Unavailable";
    default:
        return "Refused";
    }
}

char *
lt_problem_frame(GBytes *body, guint status, gint64 wait_s)
{
    gsize size;
    const char *text = g_bytes_get_data(body, &size);
    g_autofree char *retry = wait_s < 0 ? g_strdup("") : g_strdup_printf("Retry-After: %" G_GINT64_FORMAT "\r\n", wait_s);

    return g_strdup_printf("HTTP/1.1 %u %s\r\nContent-Type: " LT_PROBLEM_TYPE "\r\nContent-Length: %zu\r\n%s%s"
                           "Cache-Control: no-store\r\nConnection: close\r\n\r\n%.*s",
                           status, phrase_of(status), size, retry, status == 401 ? "WWW-Authenticate: Bearer\r\n" : "", (int) size, text);
}

char *
lt_problem_response(const GError *error, guint status)
{
    LtProblem problem = { .status = status != 0 ? status : lt_error_http_status(error), .index = -1 };
    char *text = lt_problem_write(error, &problem);
    g_autoptr(GBytes) body = g_bytes_new_take(text, strlen(text));

    return lt_problem_frame(body, problem.status, lt_problem_retry_after(error, problem.status));
}
