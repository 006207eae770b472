/* SPDX-License-Identifier: Apache-2.0 */
/* generation-restore.c: a configuration made of a generation's text.
 *
 * A map that has changed since is laid down beside the store as it was, and the key points there: so the plan is the one that was in force, not
 * one with its name. A secret that stood in the configuration itself is taken from today's, if it is still the same.
 */
#include "routing/generation.h"

#include <errno.h>
#include <string.h>

#include "base/settings-compose.h"
#include "routing/generation-private.h"

typedef struct {
    LtSettings *current;
    GBytes *(*get_file)(gpointer data, const char *digest);
    gpointer data;
    const char *folder;
    LtFaults *faults;
} Restore;

static void
restore_secret(Restore *self, LtSection *section, const char *key)
{
    LtSection *today = lt_settings_lookup(self->current, lt_section_get_kind(section), lt_section_get_name(section));
    const char *value = today != NULL ? lt_section_lookup(today, key) : NULL;
    g_autofree char *mask = value != NULL ? generation_mask(value) : NULL;

    if (g_strcmp0(mask, lt_section_lookup(section, key)) == 0)
        lt_section_set(section, key, value);
    else
        lt_faults_add(self->faults, "%s %s: this secret stood in the configuration itself and is not kept; write %s=file:PATH there and apply that",
                      lt_section_get_label(section), key, key);
}

static gboolean
is_still_there(const char *path, const char *digest)
{
    g_autofree char *content = NULL;
    g_autofree char *found = NULL;
    gsize size;

    if (!g_file_get_contents(path, &content, &size, NULL))
        return FALSE;
    found = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *) content, size);
    return strcmp(found, digest) == 0;
}

static void
restore_file(Restore *self, LtSection *section, const char *key, const char *digest)
{
    const char *value = lt_section_lookup(section, key);
    g_autofree char *path = value != NULL ? generation_path(section, value) : NULL;
    g_autofree char *base = path != NULL ? g_path_get_basename(path) : NULL;
    g_autofree char *place = base != NULL ? g_strdup_printf("%s/%.16s-%s", self->folder, digest, base) : NULL;
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) error = NULL;

    if (path == NULL || is_still_there(path, digest))
        return;
    bytes = self->get_file(self->data, digest);
    if (bytes == NULL) {
        lt_faults_add(self->faults, "%s %s: %s has changed, and what it was is not kept", lt_section_get_label(section), key, path);
        return;
    }
    if (g_mkdir_with_parents(self->folder, 0700) != 0 ||
        !g_file_set_contents_full(place, g_bytes_get_data(bytes, NULL), (gssize) g_bytes_get_size(bytes), G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error)) {
        lt_faults_add(self->faults, "%s %s: cannot lay down %s: %s", lt_section_get_label(section), key, place,
                      error != NULL ? error->message : g_strerror(errno));
        return;
    }
    lt_section_set(section, key, place);
}

/* @lines: one section of the text. */
static void
restore_section(Restore *self, LtSettings *out, const char *file, GString *text, GPtrArray *files)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSettings) parsed = lt_settings_parse(text->str, file, &error);
    g_auto(GStrv) keys = NULL;
    LtSection *section;

    if (parsed == NULL || lt_settings_get_n_sections(parsed) != 1) {
        lt_faults_add(self->faults, "%s: a kept section cannot be read: %s", file, error != NULL ? error->message : "");
        return;
    }
    section = lt_settings_add_copy(out, lt_settings_get_section(parsed, 0));
    keys = lt_section_list_keys(section);
    for (char **key = keys; *key != NULL; key++)
        if (g_str_has_prefix(lt_section_lookup(section, *key), GENERATION_MASK))
            restore_secret(self, section, *key);
    for (guint i = 0; i < files->len; i++) {
        g_auto(GStrv) words = g_strsplit(files->pdata[i], " ", 2);

        if (words[0] != NULL && words[1] != NULL)
            restore_file(self, section, words[0], words[1]);
    }
}

static void
restore_all(Restore *self, LtSettings *out, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *file = NULL;
    g_autoptr(GString) section = g_string_new(NULL);
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);

    for (char **line = lines;; line++) {
        gboolean ends = *line == NULL || g_str_has_prefix(*line, GENERATION_PLACE);

        if (ends && section->len > 0) {
            restore_section(self, out, file, section, files);
            g_string_truncate(section, 0);
            g_ptr_array_set_size(files, 0);
        }
        if (*line == NULL)
            return;
        if (ends) {
            g_free(file);
            file = g_strdup(*line + strlen(GENERATION_PLACE));
        } else if (g_str_has_prefix(*line, GENERATION_FILE)) {
            g_ptr_array_add(files, g_strdup(*line + strlen(GENERATION_FILE)));
        } else if (**line != '\0' && file != NULL) {
            g_string_append_printf(section, "%s\n", *line);
        }
    }
}

static gboolean
is_of_plan(LtSection *section)
{
    return strcmp(lt_section_get_kind(section), "endpoint") == 0 || strcmp(lt_section_get_kind(section), "route") == 0;
}

LtSettings *
lt_generation_restore(const char *text, const char *only, LtSettings *current, GBytes *(*get_file)(gpointer data, const char *digest),
                      gpointer data, const char *folder, LtFaults *faults)
{
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    g_autoptr(LtSettings) restored = lt_settings_compose(lt_settings_get_path(current), digest);
    g_autoptr(LtSettings) out = lt_settings_compose(lt_settings_get_path(current), digest);
    Restore self = { current, get_file, data, folder, faults };
    guint before = faults->len;
    LtSection *wanted;

    restore_all(&self, restored, text);
    wanted = only != NULL ? lt_settings_lookup(restored, "endpoint", only) : NULL;
    for (guint i = 0; i < lt_settings_get_n_sections(current); i++) {
        LtSection *section = lt_settings_get_section(current, i);
        gboolean replaced = wanted != NULL && strcmp(lt_section_get_kind(section), "endpoint") == 0 && g_strcmp0(lt_section_get_name(section), only) == 0;

        if (only != NULL || !is_of_plan(section))
            lt_settings_add_copy(out, replaced ? wanted : section);
    }
    for (guint i = 0; only == NULL && i < lt_settings_get_n_sections(restored); i++)
        lt_settings_add_copy(out, lt_settings_get_section(restored, i));
    return faults->len == before ? g_steal_pointer(&out) : NULL;
}
