/* SPDX-License-Identifier: Apache-2.0 */
/* json.h: the strict look at JSON that everything from outside gets before a plugin's own reader sees it.
 *
 * JSON libraries differ on what they let pass (duplicate names, huge numbers, bad UTF-8, depth); two readers that differ are how one
 * message comes to mean two things.
 */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

G_BEGIN_DECLS

/**
 * lt_json_check:
 * @json: (transfer none): bytes that should be one JSON value
 *
 * RFC 8259 exactly, valid UTF-8, no name twice, no NUL, integers within ±(2^53−1), depth at most 32, at most 8 MiB.
 *
 * Errors: %LT_ERROR_INVALID with a reason such as `json.syntax` or `json.dup-name` and the byte offset; never content.
 *
 * Returns: %TRUE if it is
 */
LT_API gboolean lt_json_check(GBytes *json, GError **error);

/**
 * lt_json_pick:
 * @path: a member of the outermost object, or of a chain of objects: "type", "re.id"
 *
 * For small descriptions that need no JSON library.
 *
 * Returns: (transfer full) (nullable): the string there; %NULL when there is none, or when @json is not what lt_json_check() takes
 */
LT_API char *lt_json_pick(GBytes *json, const char *path);

G_END_DECLS
