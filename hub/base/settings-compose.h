/* SPDX-License-Identifier: Apache-2.0 */
/* settings-compose.h: a configuration put together from sections of others: what a generation of the plan is restored from. */
#pragma once

#include "base/settings.h"

/** lt_settings_compose: an empty one. @path: stands for its file; @digest: what lt_settings_get_digest() says of it. Sections are added
 * before anybody else sees it */
LtSettings *lt_settings_compose(const char *path, const char *digest);
/** lt_settings_add_copy: (transfer none) @section. Returns: (transfer none): the copy */
LtSection *lt_settings_add_copy(LtSettings *self, LtSection *section);
/** lt_section_set: of a section that was added by lt_settings_add_copy() */
void lt_section_set(LtSection *self, const char *key, const char *value);
/** lt_section_list_keys: Returns: (transfer full): names in file order */
char **lt_section_list_keys(LtSection *self);
/** lt_section_escape: Returns: (transfer full): a value as it is written in a file */
char *lt_section_escape(const char *value);
