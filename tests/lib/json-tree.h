/* SPDX-License-Identifier: Apache-2.0 */
/* json-tree.h: the values of a JSON text as our scanner tells them and as json-glib reads them, in a form that can be
 * compared. json-glib is the independent reader: whatever the scanner accepts must mean the same to it. */
#pragma once

#include "base/json.h"

/**
 * lt_json_trees_agree:
 * @data: a text that the scanner accepts under @profile
 *
 * Returns: %TRUE when json-glib reads it too and both give the same tree; else @ours and @theirs (out, owned) tell
 */
gboolean lt_json_trees_agree(const char *data, gsize size, LtJsonProfile profile, char **ours, char **theirs);
