/* SPDX-License-Identifier: Apache-2.0 */
/* settings-compose.c: sections copied, changed and written; the counterpart of reading them. */
#include "base/settings-compose.h"

#include "base/settings-private.h"

LtSection *
lt_settings_add_copy(LtSettings *self, LtSection *section)
{
    LtSection *copy = section_new(section->kind, section->name, section->file, section->line);

    for (guint i = 0; i < section->entries->len; i++) {
        const SectionEntry *entry = g_ptr_array_index(section->entries, i);

        lt_section_set(copy, entry->key, entry->value);
    }
    settings_add_section(self, copy);
    return copy;
}

void
lt_section_set(LtSection *self, const char *key, const char *value)
{
    SectionEntry *entry = section_find(self, key);

    if (entry == NULL) {
        section_add(self, key, self->line);
        entry = section_find(self, key);
    }
    g_free(entry->value);
    entry->value = g_strdup(value);
}

char **
lt_section_list_keys(LtSection *self)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    for (guint i = 0; i < self->entries->len; i++)
        g_strv_builder_add(builder, ((const SectionEntry *) g_ptr_array_index(self->entries, i))->key);
    return g_strv_builder_end(builder);
}

/* The escapes that a key file knows. */
char *
lt_section_escape(const char *value)
{
    GString *out = g_string_new(NULL);

    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '\\')
            g_string_append(out, "\\\\");
        else if (*c == '\n')
            g_string_append(out, "\\n");
        else if (*c == '\r')
            g_string_append(out, "\\r");
        else if (*c == '\t')
            g_string_append(out, "\\t");
        else if (*c == ' ' && (c == value || c[1] == '\0'))
            g_string_append(out, "\\s");
        else
            g_string_append_c(out, *c);
    }
    return g_string_free(out, FALSE);
}
