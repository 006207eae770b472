/* SPDX-License-Identifier: Apache-2.0 */
/* error.h: what becomes of an error: the table error → fate, and HTTP status. Only lt_error_fate() decides it. */
#pragma once

#include <lienthong/error.h>

typedef enum {
    LT_FATE_REFUSE,   /* final: the sender is told */
    LT_FATE_POSTPONE, /* tried again later */
    LT_FATE_HOLD,     /* a person must look */
} LtFate;

typedef struct {
    LtErrorCode code;
    const char *word; /* generic reason: "invalid", "signature", … */
    LtFate fate;
    guint http_status;
} LtErrorRule;

/** lt_error_rules: Returns: the table, one row per code in order of LtErrorCode; *n_rules rows */
const LtErrorRule *lt_error_rules(gsize *n_rules);
/** lt_error_fate: an error of a foreign domain is %LT_FATE_HOLD (it escaped its room) */
LtFate lt_error_fate(const GError *error);
guint lt_error_http_status(const GError *error);
/** lt_error_of_reason: code that belongs to a reason word by envelope.md §9 ("env.to.unknown" → NOT_FOUND) */
LtErrorCode lt_error_of_reason(const char *reason);
