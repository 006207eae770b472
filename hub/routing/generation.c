/* SPDX-License-Identifier: Apache-2.0 */
/* generation.c: plan → text, and texts compared. Text → configuration is in generation-restore.c. */
#include "routing/generation.h"

#include <string.h>
#include <sys/stat.h>

#include "base/settings-compose.h"
#include "routing/generation-private.h"

#define FILE_MOST (1024 * 1024)

/* Maps and lists, not keys: text of a sensible size in which no private key stands. */
static GBytes *
read_plain_file(const char *path)
{
    struct stat info;
    char *content;
    gsize size;

    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > FILE_MOST || !g_file_get_contents(path, &content, &size, NULL))
        return NULL;
    if (g_utf8_validate_len(content, size, NULL) && strstr(content, "PRIVATE KEY") == NULL)
        return g_bytes_new_take(content, size);
    g_free(content);
    return NULL;
}

char *
generation_mask(const char *value)
{
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, value, -1);

    return g_strdup_printf(GENERATION_MASK "%.32s", digest);
}

char *
generation_path(LtSection *section, const char *value)
{
    g_autofree char *folder = g_path_get_dirname(lt_section_get_file(section));

    return g_path_is_absolute(value) ? g_strdup(value) : g_build_filename(folder, value, NULL);
}

static void
append_entry(GString *out, LtSection *section, const LtKey *row, const char *key, const char *value, GHashTable *files)
{
    g_autofree char *masked = NULL;
    g_autofree char *escaped = NULL;

    if (row != NULL && row->type == LT_KEY_PATH && *value != '\0') {
        g_autofree char *path = generation_path(section, value);
        g_autoptr(GBytes) bytes = read_plain_file(path);

        if (bytes != NULL) {
            char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);

            g_string_append_printf(out, GENERATION_FILE "%s %s\n", key, digest);
            g_hash_table_insert(files, digest, g_bytes_ref(bytes));
        }
    }
    if (row != NULL && row->type == LT_KEY_SECRET && !g_str_has_prefix(value, "file:") && !g_str_has_prefix(value, "credential:"))
        value = masked = generation_mask(value);
    escaped = lt_section_escape(value);
    g_string_append_printf(out, "%s=%s\n", key, escaped);
}

static void
append_section(GString *out, LtSection *section, LtEndpoint *endpoint, GHashTable *files)
{
    g_auto(GStrv) names = lt_section_list_keys(section);
    const LtKey *tables[2] = { lt_endpoint_keys(), NULL };

    if (endpoint != NULL && lt_endpoint_get_plugin(endpoint) != NULL)
        tables[1] = lt_endpoint_get_plugin(endpoint)->plugin.keys;
    g_string_append_printf(out, GENERATION_PLACE "%s\n[%s %s]\n", lt_section_get_file(section), lt_section_get_kind(section),
                           lt_section_get_name(section));
    for (char **name = names; *name != NULL; name++) {
        const LtKey *row = endpoint != NULL ? lt_keys_lookup(tables[0], *name) : NULL;

        if (row == NULL && endpoint != NULL && tables[1] != NULL)
            row = lt_keys_lookup(tables[1], *name);
        append_entry(out, section, row, *name, lt_section_lookup(section, *name), files);
    }
}

char *
lt_generation_write(LtPlan *plan, GHashTable *files)
{
    LtSettings *settings = lt_plan_get_settings(plan);
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < lt_settings_get_n_sections(settings); i++) {
        LtSection *section = lt_settings_get_section(settings, i);
        const char *kind = lt_section_get_kind(section), *name = lt_section_get_name(section);

        if (name != NULL && strcmp(kind, "endpoint") == 0)
            append_section(out, section, lt_plan_lookup_endpoint(plan, name), files);
        else if (name != NULL && strcmp(kind, "route") == 0)
            append_section(out, section, NULL, files);
    }
    return g_string_free(out, FALSE);
}

/* Without a table of keys: whatever value is the name of a file counts. */
char *
lt_generation_fingerprint(LtSettings *settings)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);

    g_checksum_update(checksum, (const guchar *) lt_settings_get_digest(settings), -1);
    for (guint i = 0; i < lt_settings_get_n_sections(settings); i++) {
        LtSection *section = lt_settings_get_section(settings, i);
        g_auto(GStrv) names = lt_section_list_keys(section);

        for (char **name = names; *name != NULL; name++) {
            const char *value = lt_section_lookup(section, *name);
            g_autofree char *path = value != NULL && *value != '\0' && strlen(value) < 1024 ? generation_path(section, value) : NULL;
            g_autoptr(GBytes) bytes = path != NULL ? read_plain_file(path) : NULL;

            if (bytes != NULL)
                g_checksum_update(checksum, g_bytes_get_data(bytes, NULL), (gssize) g_bytes_get_size(bytes));
        }
    }
    return g_strdup(g_checksum_get_string(checksum));
}

/* Sections of a text: title → lines. The file it stands in is not part of what it says. */
static GHashTable *
split(const char *text, GPtrArray *order)
{
    GHashTable *sections = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GPtrArray *open = NULL;

    for (char **line = lines; *line != NULL; line++) {
        if (g_str_has_prefix(*line, GENERATION_PLACE) || **line == '\0')
            continue;
        if (**line == '[') {
            char *title = g_strndup(*line + 1, strcspn(*line + 1, "]"));

            open = g_ptr_array_new_with_free_func(g_free);
            g_ptr_array_add(order, g_strdup(title));
            g_hash_table_insert(sections, title, open);
        } else if (open != NULL) {
            g_ptr_array_add(open, g_strdup(*line));
        }
    }
    return sections;
}

static gboolean
has_line(const GPtrArray *lines, const char *line)
{
    for (guint i = 0; lines != NULL && i < lines->len; i++)
        if (strcmp(lines->pdata[i], line) == 0)
            return TRUE;
    return FALSE;
}

static gboolean
has_all(const GPtrArray *lines, const GPtrArray *others)
{
    for (guint i = 0; i < others->len; i++)
        if (!has_line(lines, others->pdata[i]))
            return FALSE;
    return TRUE;
}

/* Calls back for each section that differs: @a or @b is NULL when it is not there. */
typedef void (*Visit)(const char *title, const GPtrArray *a, const GPtrArray *b, gpointer data);

static void
compare(const char *before, const char *after, Visit visit, gpointer data)
{
    g_autoptr(GPtrArray) order_a = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) order_b = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) a = split(before, order_a);
    g_autoptr(GHashTable) b = split(after, order_b);

    for (guint i = 0; i < order_a->len; i++)
        if (!g_hash_table_contains(b, order_a->pdata[i]))
            visit(order_a->pdata[i], g_hash_table_lookup(a, order_a->pdata[i]), NULL, data);
    for (guint i = 0; i < order_b->len; i++) {
        const GPtrArray *old = g_hash_table_lookup(a, order_b->pdata[i]), *new = g_hash_table_lookup(b, order_b->pdata[i]);

        if (old == NULL || !has_all(old, new) || !has_all(new, old))
            visit(order_b->pdata[i], old, new, data);
    }
}

static void
visit_name(const char *title, const GPtrArray *a, const GPtrArray *b, gpointer data)
{
    g_autofree char *change = g_strconcat(a == NULL ? "+" : b == NULL ? "-" : "~", title, NULL);

    g_strv_builder_add(data, change);
}

char **
lt_generation_changes(const char *before, const char *after)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    compare(before, after, visit_name, builder);
    return g_strv_builder_end(builder);
}

static void
append_missing(GString *out, char mark, const GPtrArray *lines, const GPtrArray *others)
{
    for (guint i = 0; lines != NULL && i < lines->len; i++)
        if (!has_line(others, lines->pdata[i]))
            g_string_append_printf(out, "%c %s\n", mark, (const char *) lines->pdata[i]);
}

static void
visit_lines(const char *title, const GPtrArray *a, const GPtrArray *b, gpointer data)
{
    g_string_append_printf(data, "%s[%s]\n", a == NULL ? "+ " : b == NULL ? "- " : "  ", title);
    append_missing(data, '-', a, b);
    append_missing(data, '+', b, a);
}

char *
lt_generation_diff(const char *before, const char *after)
{
    GString *out = g_string_new(NULL);

    compare(before, after, visit_lines, out);
    return g_string_free(out, FALSE);
}
