/* SPDX-License-Identifier: Apache-2.0 */
/* problem.h: what a caller is told when something went wrong: a problem document (RFC 9457) with a stable code and two languages.
 *
 * Nothing of the input is echoed and no detail leaves (S31); the journal has the detail, `ref` names the entry of the audit log.
 */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

#define LT_PROBLEM_TYPE "application/problem+json"

typedef struct {
    const char *code;
    const char *vi, *en;
} LtProblemText;

/** lt_problem_texts: every code that has texts of its own, in order of strcmp() */
const LtProblemText *lt_problem_texts(gsize *n_texts);
/** lt_problem_text: never NULL: a code without texts gets those of its error */
const LtProblemText *lt_problem_text(const GError *error);

typedef struct {
    guint status;            /* 0: by the error */
    gint64 index;            /* of the entry in the audit log, or -1 */
    const char *id;          /* nullable: message or dossier that it is about, as named in the path */
    const char *languages;   /* nullable: Accept-Language */
    const char *detail;      /* nullable: only for the operator's own site */
    GPtrArray *faults;       /* nullable: of char *, likewise */
} LtProblem;

/** lt_problem_write: the document. Returns: (transfer full): ASCII or UTF-8 JSON, without line break */
char *lt_problem_write(const GError *error, const LtProblem *problem);
/** lt_problem_response: a whole HTTP response that ends the connection, for what is refused before libsoup takes part */
char *lt_problem_response(const GError *error, guint status);
/** lt_problem_frame: likewise, around a document that is written already */
char *lt_problem_frame(GBytes *body, guint status, gint64 wait_s);
/** lt_problem_retry_after: Returns: seconds to name in Retry-After, or -1 for none */
gint64 lt_problem_retry_after(const GError *error, guint status);
/** lt_problem_wants_english: does Accept-Language prefer English to Vietnamese */
gboolean lt_problem_wants_english(const char *languages);
