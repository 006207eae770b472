/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c: one configuration: the main file and the files of its .d folder, as sections in order.
 *
 * GKeyFile reads the values. It merges sections of the same name, lets the last of two keys win and quotes whole lines
 * (with whatever secret stands in them) in its errors; therefore every line is looked at here first, and a second section
 * or key is a fault that names both places. What the values mean is decided by the key tables: see section.c.
 */
#include "base/settings-compose.h"
#include "base/settings-private.h"

#include "base/value.h"

#include <string.h>

#define FILE_MAX (1024 * 1024)

struct _LtSettings {
    gatomicrefcount references;
    char *path;
    char *digest;
    GPtrArray *sections;
};

/* What one load gathers. */
typedef struct {
    LtSettings *settings;
    LtFaults *faults;
    GChecksum *checksum;
} Load;

LtFaults *
lt_faults_new(void)
{
    return g_ptr_array_new_with_free_func(g_free);
}

void
lt_faults_add(LtFaults *faults, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_ptr_array_add(faults, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

/* [kind] or [kind name]: words that need no escapes anywhere. */
static gboolean
is_section_word(const char *word)
{
    if (!g_ascii_isalnum(*word))
        return FALSE;
    for (; *word != '\0'; word++) {
        if (!g_ascii_isalnum(*word) && strchr("-_.", *word) == NULL)
            return FALSE;
    }
    return TRUE;
}

static LtSection *
begin_section(Load *load, const char *file, guint line_number, const char *title)
{
    g_auto(GStrv) words = g_strsplit(title, " ", 2);
    LtSection *twin, *section;

    if (words[0] == NULL || !is_section_word(words[0]) || (words[1] != NULL && !is_section_word(words[1]))) {
        g_autofree char *escaped = lt_escape_for_log(title);

        lt_faults_add(load->faults, "%s: line %u: a section is written [kind] or [kind name], not [%s]", file, line_number, escaped);
        return NULL;
    }
    twin = lt_settings_lookup(load->settings, words[0], words[1]);
    if (twin != NULL) {
        lt_faults_add(load->faults, "%s: line %u: [%s] is already in %s, line %u", file, line_number, title, twin->file, twin->line);
        return NULL;
    }
    section = section_new(words[0], words[1], file, line_number);
    g_ptr_array_add(load->settings->sections, section);
    return section;
}

/* Looks at one line the way GKeyFile will; @section: (inout): the one that is open, NULL after a faulty title. */
static void
scan_line(Load *load, const char *file, guint line_number, char *line, LtSection **section, gboolean *in_any)
{
    char *equals;
    SectionEntry *twin;

    g_strstrip(line);
    if (*line == '\0' || *line == '#')
        return;
    if (*line == '[' && g_str_has_suffix(line, "]")) {
        line[strlen(line) - 1] = '\0';
        *section = begin_section(load, file, line_number, line + 1);
        *in_any = TRUE;
        return;
    }
    equals = strchr(line, '=');
    if (equals == NULL || equals == line) {
        lt_faults_add(load->faults, "%s: line %u is neither [section], key=value nor # comment", file, line_number);
        return;
    }
    *equals = '\0';
    g_strchomp(line);
    if (!*in_any) {
        lt_faults_add(load->faults, "%s: line %u: key '%s' stands before the first [section]", file, line_number, line);
        return;
    }
    twin = *section != NULL ? section_find(*section, line) : NULL;
    if (twin != NULL)
        lt_faults_add(load->faults, "%s '%s' is there twice, in lines %u and %u", (*section)->label, line, twin->line, line_number);
    else if (*section != NULL)
        section_add(*section, line, line_number);
}

static void
scan_lines(Load *load, const char *file, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    LtSection *section = NULL;
    gboolean in_any = FALSE;

    for (guint i = 0; lines[i] != NULL; i++)
        scan_line(load, file, i + 1, lines[i], &section, &in_any);
}

static void
take_values(Load *load, GKeyFile *key_file, guint first_section)
{
    for (guint i = first_section; i < load->settings->sections->len; i++) {
        LtSection *section = g_ptr_array_index(load->settings->sections, i);
        g_autofree char *title = section->name != NULL ? g_strdup_printf("%s %s", section->kind, section->name) : g_strdup(section->kind);

        for (guint j = 0; j < section->entries->len; j++) {
            SectionEntry *entry = g_ptr_array_index(section->entries, j);
            g_autoptr(GError) cause = NULL;

            entry->value = g_key_file_get_string(key_file, title, entry->key, &cause);
            if (cause != NULL) /* a value may come with it all the same */
                lt_faults_add(load->faults, "%s %s: only the escapes \\s \\n \\t \\r and \\\\ exist", section->label, entry->key);
        }
    }
}

static void
read_text(Load *load, const char *file, const char *text, gsize size)
{
    g_autoptr(GKeyFile) key_file = g_key_file_new();
    g_autoptr(GError) cause = NULL;
    guint n_faults = load->faults->len;
    guint first_section = load->settings->sections->len;

    g_checksum_update(load->checksum, (const guchar *) text, (gssize) size);
    if (size > FILE_MAX || !g_utf8_validate_len(text, size, NULL) || g_str_has_prefix(text, "\xef\xbb\xbf")) {
        lt_faults_add(load->faults, "%s: not UTF-8 text without BOM of at most %d bytes", file, FILE_MAX);
        return;
    }
    scan_lines(load, file, text);
    if (load->faults->len > n_faults)
        return;
    /* Without this flag keys such as key[vi] would vanish instead of being refused. */
    if (!g_key_file_load_from_data(key_file, text, size, G_KEY_FILE_KEEP_TRANSLATIONS, &cause)) {
        lt_faults_add(load->faults, "%s: %s", file, cause->message);
        return;
    }
    take_values(load, key_file, first_section);
}

static void
read_file(Load *load, const char *file)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) cause = NULL;
    gsize size = 0;

    if (!g_file_get_contents(file, &text, &size, &cause)) {
        lt_faults_add(load->faults, "%s: %s", file, cause->message);
        return;
    }
    read_text(load, file, text, size);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static void
read_folder(Load *load, const char *folder)
{
    g_autoptr(GDir) dir = NULL;
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) cause = NULL;
    const char *name;

    if (!g_file_test(folder, G_FILE_TEST_EXISTS))
        return;
    dir = g_dir_open(folder, 0, &cause);
    if (dir == NULL) {
        lt_faults_add(load->faults, "%s: %s", folder, cause->message);
        return;
    }
    while ((name = g_dir_read_name(dir)) != NULL) {
        if (name[0] != '.' && g_str_has_suffix(name, ".conf"))
            g_ptr_array_add(files, g_build_filename(folder, name, NULL));
    }
    g_ptr_array_sort(files, compare_names);
    for (guint i = 0; i < files->len; i++)
        read_file(load, g_ptr_array_index(files, i));
}

static void
load_begin(Load *load, const char *path)
{
    load->settings = g_new0(LtSettings, 1);
    g_atomic_ref_count_init(&load->settings->references);
    load->settings->path = g_strdup(path);
    load->settings->sections = g_ptr_array_new_with_free_func((GDestroyNotify) section_free);
    load->faults = lt_faults_new();
    load->checksum = g_checksum_new(G_CHECKSUM_SHA256);
}

static LtSettings *
load_end(Load *load, GError **error)
{
    g_autoptr(LtSettings) settings = load->settings;
    g_autoptr(LtFaults) faults = load->faults;
    g_autofree char *all = NULL;

    settings->digest = g_strdup(g_checksum_get_string(load->checksum));
    g_checksum_free(load->checksum);
    if (faults->len == 0)
        return g_steal_pointer(&settings);
    g_ptr_array_add(faults, NULL);
    all = g_strjoinv("\n", (char **) faults->pdata);
    lt_error_set(error, LT_ERROR_CONFIG, "config.file", "%s", all);
    return NULL;
}

LtSettings *
lt_settings_load(const char *path, GError **error)
{
    g_autofree char *folder = g_strconcat(path, ".d", NULL);
    Load load;

    load_begin(&load, path);
    read_file(&load, path);
    read_folder(&load, folder);
    return load_end(&load, error);
}

LtSettings *
lt_settings_parse(const char *text, const char *name, GError **error)
{
    Load load;

    load_begin(&load, name);
    read_text(&load, name, text, strlen(text));
    return load_end(&load, error);
}

LtSettings *
lt_settings_compose(const char *path, const char *digest)
{
    LtSettings *self = g_new0(LtSettings, 1);

    g_atomic_ref_count_init(&self->references);
    self->path = g_strdup(path);
    self->digest = g_strdup(digest);
    self->sections = g_ptr_array_new_with_free_func((GDestroyNotify) section_free);
    return self;
}

void
settings_add_section(LtSettings *self, LtSection *section)
{
    g_ptr_array_add(self->sections, section);
}

LtSettings *
lt_settings_with(LtSettings *self, const char *kind, const char *name, const char *key, const char *value)
{
    LtSection *section = lt_settings_lookup(self, kind, name);
    LtSection *copy;
    SectionEntry *entry;
    Load load;

    g_return_val_if_fail(section != NULL, NULL);

    load_begin(&load, self->path);
    copy = section_new(kind, name, section->file, section->line);
    for (guint i = 0; i < section->entries->len; i++) {
        entry = g_ptr_array_index(section->entries, i);
        section_add(copy, entry->key, entry->line);
        section_find(copy, entry->key)->value = g_strdup(entry->value);
    }
    entry = section_find(copy, key);
    if (entry == NULL) {
        section_add(copy, key, section->line);
        entry = section_find(copy, key);
    }
    g_free(entry->value);
    entry->value = g_strdup(value);
    g_ptr_array_add(load.settings->sections, copy);
    return load_end(&load, NULL);
}

LtSettings *
lt_settings_ref(LtSettings *self)
{
    g_atomic_ref_count_inc(&self->references);
    return self;
}

void
lt_settings_unref(LtSettings *self)
{
    if (!g_atomic_ref_count_dec(&self->references))
        return;
    g_ptr_array_unref(self->sections);
    g_free(self->path);
    g_free(self->digest);
    g_free(self);
}

const char *
lt_settings_get_path(LtSettings *self)
{
    return self->path;
}

const char *
lt_settings_get_digest(LtSettings *self)
{
    return self->digest;
}

guint
lt_settings_get_n_sections(LtSettings *self)
{
    return self->sections->len;
}

LtSection *
lt_settings_get_section(LtSettings *self, guint index)
{
    g_return_val_if_fail(index < self->sections->len, NULL);

    return g_ptr_array_index(self->sections, index);
}

LtSection *
lt_settings_lookup(LtSettings *self, const char *kind, const char *name)
{
    for (guint i = 0; i < self->sections->len; i++) {
        LtSection *section = g_ptr_array_index(self->sections, i);

        if (strcmp(section->kind, kind) == 0 && g_strcmp0(section->name, name) == 0)
            return section;
    }
    return NULL;
}
