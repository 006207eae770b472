/* SPDX-License-Identifier: Apache-2.0 */
/* section.c: one section of a configuration, and how its keys reach the structs that were declared for them.
 *
 * Filling finds every fault, not the first: unknown keys with a suggestion in file order, then values that do not fit, then
 * keys that are missing. A key that was suggested for a mistyped one is not reported as missing too: one slip, one fault.
 */
#include "base/settings-private.h"

#include "base/suggestion.h"
#include "base/value.h"

#include <string.h>

static void
entry_free(SectionEntry *entry)
{
    if (entry->value != NULL)
        explicit_bzero(entry->value, strlen(entry->value)); /* it may be a secret */
    g_free(entry->value);
    g_free(entry->key);
    g_free(entry);
}

LtSection *
section_new(const char *kind, const char *name, const char *file, guint line)
{
    LtSection *self = g_new0(LtSection, 1);

    self->kind = g_strdup(kind);
    self->name = g_strdup(name);
    self->file = g_strdup(file);
    self->folder = g_path_get_dirname(file);
    self->label = name != NULL ? g_strdup_printf("%s: [%s %s]", file, kind, name) : g_strdup_printf("%s: [%s]", file, kind);
    self->line = line;
    self->entries = g_ptr_array_new_with_free_func((GDestroyNotify) entry_free);
    return self;
}

void
section_free(LtSection *self)
{
    g_free(self->kind);
    g_free(self->name);
    g_free(self->file);
    g_free(self->folder);
    g_free(self->label);
    g_ptr_array_unref(self->entries);
    g_free(self);
}

SectionEntry *
section_find(LtSection *self, const char *key)
{
    for (guint i = 0; i < self->entries->len; i++) {
        SectionEntry *entry = g_ptr_array_index(self->entries, i);

        if (strcmp(entry->key, key) == 0)
            return entry;
    }
    return NULL;
}

void
section_add(LtSection *self, const char *key, guint line)
{
    SectionEntry *entry = g_new0(SectionEntry, 1);

    entry->key = g_strdup(key);
    entry->line = line;
    g_ptr_array_add(self->entries, entry);
}

gboolean
lt_section_equal(LtSection *self, LtSection *other)
{
    if (g_strcmp0(self->kind, other->kind) != 0 || g_strcmp0(self->name, other->name) != 0 || strcmp(self->folder, other->folder) != 0 ||
        self->entries->len != other->entries->len)
        return FALSE;
    for (guint i = 0; i < self->entries->len; i++) {
        const SectionEntry *entry = g_ptr_array_index(self->entries, i);
        const SectionEntry *twin = section_find(other, entry->key);

        if (twin == NULL || g_strcmp0(entry->value, twin->value) != 0)
            return FALSE;
    }
    return TRUE;
}

const char *
lt_section_get_kind(LtSection *self)
{
    return self->kind;
}

const char *
lt_section_get_name(LtSection *self)
{
    return self->name;
}

const char *
lt_section_get_file(LtSection *self)
{
    return self->file;
}

const char *
lt_section_get_label(LtSection *self)
{
    return self->label;
}

const char *
lt_section_lookup(LtSection *self, const char *key)
{
    SectionEntry *entry = section_find(self, key);

    return entry != NULL ? entry->value : NULL;
}

static gboolean
is_declared(const LtKey *const *tables, const char *name)
{
    for (; *tables != NULL; tables++) {
        if (lt_keys_lookup(*tables, name) != NULL)
            return TRUE;
    }
    return FALSE;
}

/* Names that are declared and not used, to suggest from: a key that is already there was not what was meant. */
static GPtrArray *
free_names(LtSection *self, const LtKey *const *tables)
{
    GPtrArray *names = g_ptr_array_new();

    for (; *tables != NULL; tables++) {
        for (const LtKey *key = *tables; key->name != NULL; key++) {
            if (section_find(self, key->name) == NULL)
                g_ptr_array_add(names, (char *) key->name);
        }
    }
    g_ptr_array_add(names, NULL);
    return names;
}

static void
report_unknown(LtSection *self, const LtKey *const *tables, GHashTable *suggested, LtFaults *faults)
{
    g_autoptr(GPtrArray) names = free_names(self, tables);

    for (guint i = 0; i < self->entries->len; i++) {
        SectionEntry *entry = g_ptr_array_index(self->entries, i);
        g_autofree char *key = lt_escape_for_log(entry->key);
        const char *meant;

        if (is_declared(tables, entry->key))
            continue;
        meant = lt_suggestion_find(entry->key, (const char *const *) names->pdata);
        if (meant != NULL) {
            lt_faults_add(faults, "%s has no key '%s'; did you mean '%s'?", self->label, key, meant);
            g_hash_table_add(suggested, (char *) meant);
        } else {
            lt_faults_add(faults, "%s has no key '%s'", self->label, key);
        }
    }
}

static void
fill_key(LtSection *self, const LtKey *key, gpointer object, GHashTable *suggested, LtFaults *faults)
{
    SectionEntry *entry = section_find(self, key->name);
    g_autoptr(GError) error = NULL;

    if (entry == NULL && key->preset == NULL) {
        if (!g_hash_table_contains(suggested, key->name))
            lt_faults_add(faults, "%s needs '%s': %s", self->label, key->name, key->help);
        return;
    }
    if (!lt_key_set(key, object, entry != NULL ? entry->value : key->preset, self->folder, &error))
        lt_faults_add(faults, "%s %s", self->label, error->message);
}

gboolean
lt_section_fill(LtSection *self, const LtKey *const *tables, gpointer const *structs, LtFaults *faults)
{
    g_autoptr(GHashTable) suggested = g_hash_table_new(g_str_hash, g_str_equal);
    guint n_faults = faults->len;

    report_unknown(self, tables, suggested, faults);
    for (gsize i = 0; tables[i] != NULL; i++) {
        for (const LtKey *key = tables[i]; key->name != NULL; key++)
            fill_key(self, key, structs[i], suggested, faults);
    }
    return faults->len == n_faults;
}
