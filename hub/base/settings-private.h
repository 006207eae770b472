/* SPDX-License-Identifier: Apache-2.0 */
/* settings-private.h: what settings.c, which reads files, and section.c, which reads sections, share. */
#pragma once

#include "base/settings.h"

typedef struct {
    char *key;
    char *value;
    guint line;
} SectionEntry;

struct _LtSection {
    char *kind;
    char *name; /* nullable */
    char *file;
    char *folder; /* of the file */
    char *label;
    guint line;
    GPtrArray *entries; /* of SectionEntry *, in file order */
};

LtSection *section_new(const char *kind, const char *name, const char *file, guint line);
void section_free(LtSection *self);
/** settings_add_section: (transfer full) @section */
void settings_add_section(LtSettings *self, LtSection *section);
SectionEntry *section_find(LtSection *self, const char *key);
void section_add(LtSection *self, const char *key, guint line);
