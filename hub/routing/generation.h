/* SPDX-License-Identifier: Apache-2.0 */
/* generation.h: a plan as text that can be kept, compared, shown and made into a configuration again.
 *
 * The text holds the sections [endpoint …] and [route …] in their order, each file named, and beside a key that names a map the digest of that
 * file. Secrets that stand in the configuration itself are replaced by a digest; `file:` and `credential:` stay.
 */
#pragma once

#include "routing/plan.h"

/** lt_generation_write: @files: (element-type utf8 GBytes) (out caller-allocates): digest → bytes of the text files that it names */
char *lt_generation_write(LtPlan *plan, GHashTable *files);
/** lt_generation_fingerprint: digest of the configuration as it is on disk, files that its values name included */
char *lt_generation_fingerprint(LtSettings *settings);
/** lt_generation_changes: Returns: (transfer full): sections that differ, "+endpoint a", "-route b", "~endpoint c", ended by NULL */
char **lt_generation_changes(const char *before, const char *after);
/** lt_generation_diff: the changed lines of the changed sections, for people */
char *lt_generation_diff(const char *before, const char *after);

/**
 * lt_generation_restore:
 * @text: of the generation
 * @only: (nullable): name of an endpoint: only its section is taken from the text, all others from @current
 * @current: the other sections ([hub], …) come from here, and secrets whose digest fits
 * @get_file: bytes of a kept file, by digest
 * @folder: where files are laid down that are not any more what they were
 *
 * Returns: (transfer full) (nullable): %NULL when a fault was added: a secret or a file that cannot be brought back
 */
LtSettings *lt_generation_restore(const char *text, const char *only, LtSettings *current, GBytes *(*get_file)(gpointer data, const char *digest),
                                  gpointer data, const char *folder, LtFaults *faults);
