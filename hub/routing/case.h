/* SPDX-License-Identifier: Apache-2.0 */
/* case.h: a test of an endpoint or a plugin as files: message in → requests expected → replies given → outcome expected.
 *
 * Two forms in one folder. `X.in` and `X.out`: a payload, and the requests that it becomes; nothing is answered. A folder X with
 * `case.conf` and exchanges as `lthub endpoint record` keeps them: `000001-request.http`, `000001-reply.http`. In whatever is expected
 * `{any}` stands for any text within one line: times, nonces, signatures. docs/plugins.md §Cases has the whole form.
 */
#pragma once

#include "routing/endpoint.h"

/* What is done to a case beyond running it. */
typedef enum {
    LT_CASE_AS_IS,
    LT_CASE_AGAIN,     /* the same message twice: the same outcome twice */
    LT_CASE_CANCELLED, /* cancelled while the first answer is waited for */
    LT_CASE_TIMEOUT,   /* no answer in time */
    LT_CASE_CUT,       /* the connection ends in the middle of the answer */
    LT_CASE_HALF,      /* the answer's body ends in the middle, and nobody says so */
    LT_CASE_TOO_LARGE, /* the answer is over the limit */
} LtCaseTwist;

typedef struct _LtCase LtCase;

/** lt_cases_list: the cases of a folder in order of name; a folder that is not there has none. Returns: (transfer full) (element-type LtCase).
 * Errors: CONFIG: every case that cannot be read, one a line */
GPtrArray *lt_cases_list(const char *folder, GError **error);
void lt_case_free(LtCase *self);
const char *lt_case_get_name(const LtCase *self);
/** lt_case_takes: does the twist make sense: it delivers, and there is an answer to twist */
gboolean lt_case_takes(const LtCase *self, LtCaseTwist twist);
const char *lt_case_twist_word(LtCaseTwist twist);
/** lt_cases_folder: Returns: (transfer full): where the cases of an [endpoint] section lie */
char *lt_cases_folder(LtSection *section);

/**
 * lt_case_run:
 * @shared: loader and I/O thread
 * @settings: a configuration that holds [endpoint @name]
 * @stuck: (out): the verb did not return in ten seconds; its thread goes on, and the program should end
 *
 * Opens the endpoint anew with the case in place of its link, runs the verb and compares.
 *
 * Returns: (transfer full) (nullable): what was other than expected, lines; %NULL: nothing
 */
char *lt_case_run(const LtCase *self, LtCaseTwist twist, const LtEndpointShared *shared, LtSettings *settings, const char *name, gboolean *stuck);
