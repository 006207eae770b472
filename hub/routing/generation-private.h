/* SPDX-License-Identifier: Apache-2.0 */
/* generation-private.h: the marks in a generation's text, which are comments of a configuration file. */
#pragma once

#include "base/settings.h"

#define GENERATION_PLACE "# in "      /* the file that the next section stands in */
#define GENERATION_FILE "# sha256 "   /* KEY DIGEST: of the file that the next line names */
#define GENERATION_MASK "masked:"     /* in place of a secret: half of its SHA-256 */

char *generation_mask(const char *value);
/** generation_path: a relative one counts from the folder of the section's file */
char *generation_path(LtSection *section, const char *value);
