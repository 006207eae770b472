/* SPDX-License-Identifier: Apache-2.0 */
/* error.h: the ten ways in which something can fail.
 *
 * A plugin chooses a code, never a policy: what becomes of a message (refused, tried again, held for a person)
 * follows from the code and is decided by the hub alone. A reason is a stable, dotted word such as
 * "env.zip.flags" for programs; the text is for people and names the thing and the cause, never content or
 * personal data. A reason of %LT_ERROR_UNAVAILABLE that ends with ".not-yet" says that the plugin itself waits (quiet hours): the breaker
 * does not count it.
 */
#pragma once

#include <glib.h>

#ifndef LT_API
#define LT_API __attribute__((visibility("default")))
#endif

G_BEGIN_DECLS

/**
 * LtErrorCode:
 * @LT_ERROR_INVALID: malformed, or breaks its schema; refused
 * @LT_ERROR_SIGNATURE: seal broken, or signer not who it claims to be; refused
 * @LT_ERROR_FORBIDDEN: this unit may not send this there; refused
 * @LT_ERROR_REFUSED: the destination said no, finally; refused
 * @LT_ERROR_TOO_LARGE: over a declared limit; refused
 * @LT_ERROR_CONFLICT: same id, other content; refused
 * @LT_ERROR_NOT_FOUND: no such dossier, unit or route; refused
 * @LT_ERROR_UNAVAILABLE: peer down, disk short, busy; tried again later
 * @LT_ERROR_CONFIG: a person must mend the configuration; held
 * @LT_ERROR_INTERNAL: a fault of the hub, or a foreign error that escaped its room; held
 */
typedef enum {
    LT_ERROR_INVALID,
    LT_ERROR_SIGNATURE,
    LT_ERROR_FORBIDDEN,
    LT_ERROR_REFUSED,
    LT_ERROR_TOO_LARGE,
    LT_ERROR_CONFLICT,
    LT_ERROR_NOT_FOUND,
    LT_ERROR_UNAVAILABLE,
    LT_ERROR_CONFIG,
    LT_ERROR_INTERNAL,
} LtErrorCode;

#define LT_ERROR (lt_error_quark())

LT_API GQuark lt_error_quark(void);

/**
 * lt_error_set:
 * @error: (nullable) (out): return location; nothing happens when %NULL
 * @code: what kind of failure
 * @reason: stable dotted word for programs, at most 63 bytes, such as "env.zip.flags"
 * @format: text for people: lower case, no full stop, names the thing and the cause
 *
 * Like g_set_error() in the domain %LT_ERROR, with a reason. g_set_error() itself may be used where no reason
 * word exists; lt_error_get_reason() then answers with the generic word of the code.
 */
LT_API void lt_error_set(GError **error, LtErrorCode code, const char *reason, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/**
 * lt_error_get_reason:
 * @error: (transfer none): any error
 *
 * Returns: (transfer none): the reason word; for an error without one the generic word of its code ("invalid",
 * "unavailable", …); "internal" for an error of another domain. Never %NULL.
 */
LT_API const char *lt_error_get_reason(const GError *error);

/**
 * lt_error_set_retry_after:
 * @error: an error of the domain %LT_ERROR
 * @seconds: how long the other side asked us to wait, 0 to 86400; larger values are cut
 *
 * Remembers a Retry-After. It wins over the hub's own back-off.
 */
LT_API void lt_error_set_retry_after(GError *error, gint64 seconds);

/**
 * lt_error_get_retry_after:
 *
 * Returns: seconds asked for by the other side, or -1 when it said nothing
 */
LT_API gint64 lt_error_get_retry_after(const GError *error);

G_END_DECLS
