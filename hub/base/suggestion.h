/* SPDX-License-Identifier: Apache-2.0 */
/* suggestion.h: "did you mean": the known word that a mistyped one is nearest to. Pure. */
#pragma once

#include <glib.h>

/**
 * lt_suggestion_find:
 * @typed: what somebody wrote
 * @known: (array zero-terminated=1): words that exist
 *
 * Nearest by edit distance (a letter added, left out, changed, or two exchanged), and near enough to be meant: at most a
 * third of the word, at least one letter.
 *
 * Returns: (transfer none) (nullable): one of @known; the first of equals
 */
const char *lt_suggestion_find(const char *typed, const char *const *known);
