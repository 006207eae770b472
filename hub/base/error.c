/* SPDX-License-Identifier: Apache-2.0 */
/* error.c: errors of the domain LT_ERROR, what becomes of them, and which code a reason word belongs to.
 *
 * The reason and the Retry-After travel inside the GError itself (an extended error), so that g_prefix_error(),
 * g_propagate_error() and g_error_copy() keep them and nobody parses a text.
 */
#include "base/error.h"

#include <string.h>

#define RETRY_AFTER_MAX 86400

typedef struct {
    char reason[64];
    gint64 retry_after; /* seconds, -1 when unknown */
} LtErrorPrivate;

static void
lt_error_private_init(LtErrorPrivate *private)
{
    private->retry_after = -1;
}

static void
lt_error_private_copy(const LtErrorPrivate *from, LtErrorPrivate *to)
{
    *to = *from;
}

static void
lt_error_private_clear(LtErrorPrivate *private)
{
    (void) private; /* nothing in it is allocated */
}

G_DEFINE_EXTENDED_ERROR(LtError, lt_error)

static const LtErrorRule rules[] = {
    { LT_ERROR_INVALID,     "invalid",     LT_FATE_REFUSE,   422 },
    { LT_ERROR_SIGNATURE,   "signature",   LT_FATE_REFUSE,   403 },
    { LT_ERROR_FORBIDDEN,   "forbidden",   LT_FATE_REFUSE,   403 },
    { LT_ERROR_REFUSED,     "refused",     LT_FATE_REFUSE,   422 },
    { LT_ERROR_TOO_LARGE,   "too-large",   LT_FATE_REFUSE,   413 },
    { LT_ERROR_CONFLICT,    "conflict",    LT_FATE_REFUSE,   409 },
    { LT_ERROR_NOT_FOUND,   "not-found",   LT_FATE_REFUSE,   404 },
    { LT_ERROR_UNAVAILABLE, "unavailable", LT_FATE_POSTPONE, 503 },
    { LT_ERROR_CONFIG,      "config",      LT_FATE_HOLD,     500 },
    { LT_ERROR_INTERNAL,    "internal",    LT_FATE_HOLD,     500 },
};

const LtErrorRule *
lt_error_rules(gsize *n_rules)
{
    *n_rules = G_N_ELEMENTS(rules);
    return rules;
}

/* A plugin may set any number as code; one that is not in the table is a fault of the plugin. */
static const LtErrorRule *
rule_of(const GError *error)
{
    if (error->domain != LT_ERROR || error->code < 0 || error->code >= (int) G_N_ELEMENTS(rules))
        return &rules[LT_ERROR_INTERNAL];
    return &rules[error->code];
}

LtFate
lt_error_fate(const GError *error)
{
    return rule_of(error)->fate;
}

guint
lt_error_http_status(const GError *error)
{
    return rule_of(error)->http_status;
}

void
lt_error_set(GError **error, LtErrorCode code, const char *reason, const char *format, ...)
{
    GError *made = NULL;
    va_list arguments;

    if (error == NULL)
        return;
    va_start(arguments, format);
    made = g_error_new_valist(LT_ERROR, code, format, arguments);
    va_end(arguments);
    g_strlcpy(lt_error_get_private(made)->reason, reason, sizeof(((LtErrorPrivate *) NULL)->reason));
    g_propagate_error(error, made);
}

const char *
lt_error_get_reason(const GError *error)
{
    if (error->domain == LT_ERROR) {
        const LtErrorPrivate *private = lt_error_get_private(error);

        if (private->reason[0] != '\0')
            return private->reason;
    }
    return rule_of(error)->word;
}

void
lt_error_set_retry_after(GError *error, gint64 seconds)
{
    g_return_if_fail(error != NULL && error->domain == LT_ERROR);

    lt_error_get_private(error)->retry_after = CLAMP(seconds, 0, RETRY_AFTER_MAX);
}

gint64
lt_error_get_retry_after(const GError *error)
{
    return error->domain == LT_ERROR ? lt_error_get_private(error)->retry_after : -1;
}

/* The first parts of reason words and the code that they decide (envelope.md §9); the exceptions stand before the
 * rule that they are taken from. */
static const struct {
    const char *prefix;
    LtErrorCode code;
} families[] = {
    { "env.cert.revocation-unknown", LT_ERROR_UNAVAILABLE },
    { "env.zip.entry-size",          LT_ERROR_TOO_LARGE },
    { "env.sig",                     LT_ERROR_SIGNATURE },
    { "env.cert",                    LT_ERROR_SIGNATURE },
    { "env.manifest",                LT_ERROR_SIGNATURE },
    { "env.from",                    LT_ERROR_SIGNATURE },
    { "soap",                        LT_ERROR_SIGNATURE },
    { "env.peer",                    LT_ERROR_FORBIDDEN },
    { "env.policy",                  LT_ERROR_FORBIDDEN },
    { "env.to",                      LT_ERROR_NOT_FOUND },
    { "env.dup",                     LT_ERROR_CONFLICT },
    { "env.size",                    LT_ERROR_TOO_LARGE },
    { "env.quota",                   LT_ERROR_UNAVAILABLE },
    { "env.busy",                    LT_ERROR_UNAVAILABLE },
    { "env.store",                   LT_ERROR_UNAVAILABLE },
    { "env.internal",                LT_ERROR_INTERNAL },
};

/* "env.to" begins "env.to.unknown" and is "env.to", but does not begin "env.total". */
static gboolean
begins_with_words(const char *reason, const char *words)
{
    gsize length = strlen(words);

    return strncmp(reason, words, length) == 0 && (reason[length] == '\0' || reason[length] == '.');
}

LtErrorCode
lt_error_of_reason(const char *reason)
{
    for (gsize i = 0; i < G_N_ELEMENTS(families); i++) {
        if (begins_with_words(reason, families[i].prefix))
            return families[i].code;
    }
    return LT_ERROR_INVALID;
}
