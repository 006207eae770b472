/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint-new.c: `lthub endpoint new`: a section with every key, each with its meaning, written beside the configuration and printed.
 *
 * Keys that are set stand as they take effect, required ones wait for a value, all others are comments with their preset. What is set is checked
 * as it will be when the section is read.
 */
#include "base/json.h"
#include "base/language.h"
#include "base/suggestion.h"
#include "cli/endpoint.h"
#include "hub.h"
#include "routing/route.h"

#include <string.h>

const LtKey lt_endpoint_new_keys[] = {
    LT_STRING(LtEndpointNew, plugin, NULL, "plugin that speaks the system's protocol, such as rest"),
    LT_LIST(LtEndpointNew, set, "", "KEY=VALUE of a key; may be given again and again"),
    LT_STRING(LtEndpointNew, wsdl, "", "description of the system from which a plugin that can read it writes the first maps, such as a WSDL for soap"),
    LT_STRING(LtEndpointNew, operation, "", "with --wsdl: the operation of it that is called"),
    LT_STRING(LtEndpointNew, output, "", "file that is written, - for none (default: NAME.conf in the folder beside the configuration)"),
    LT_STRING(LtEndpointNew, plugins, "", "folders to look for plugins in, separated by : (default: those of the hub)"),
    LT_KEYS_END,
};

/* `units=H52.1;H52.2` comes in two pieces: what has no key belongs to the one before. */
static GHashTable *
read_values(char **set, GError **error)
{
    g_autoptr(GHashTable) values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *last = NULL;

    for (; set != NULL && *set != NULL; set++) {
        char *equals = strchr(*set, '=');
        gsize length = equals != NULL ? (gsize) (equals - *set) : 0;

        if (length > 0 && strspn(*set, "abcdefghijklmnopqrstuvwxyz0123456789_") == length) {
            g_free(last);
            last = g_strndup(*set, length);
            g_hash_table_insert(values, g_strdup(last), g_strdup(equals + 1));
        } else if (last != NULL) {
            g_hash_table_insert(values, g_strdup(last), g_strjoin(";", g_hash_table_lookup(values, last), *set, NULL));
        } else {
            lt_error_set(error, LT_ERROR_CONFIG, "usage", "--set takes KEY=VALUE, not \"%s\"", *set);
            return NULL;
        }
    }
    return g_steal_pointer(&values);
}

/* Secrets are not read: their files may come later. */
static gboolean
check_value(const LtKey *key, const char *value, GError **error)
{
    g_autofree gpointer object = g_malloc0(key->offset + sizeof(gint64));
    gboolean good = key->type == LT_KEY_SECRET || lt_key_set(key, object, value, NULL, error);
    const LtKey alone[] = { *key, LT_KEYS_END };

    lt_keys_clear(alone, object);
    return good;
}

static gboolean
check_values(GHashTable *values, const LtKey *const *tables, const char *plugin, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    GHashTableIter iter;
    gpointer name, value;

    for (guint i = 0; i < 2; i++)
        for (const LtKey *key = tables[i]; key != NULL && key->name != NULL; key++)
            g_ptr_array_add(names, (gpointer) key->name);
    g_ptr_array_add(names, NULL);
    g_hash_table_iter_init(&iter, values);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        const LtKey *key = lt_keys_lookup(tables[0], name);
        const char *meant = lt_suggestion_find(name, (const char *const *) names->pdata);

        if (key == NULL && tables[1] != NULL)
            key = lt_keys_lookup(tables[1], name);
        if (key != NULL && check_value(key, value, error))
            continue;
        if (key == NULL)
            lt_error_set(error, LT_ERROR_CONFIG, "usage", "--set: neither the hub nor plugin %s has a key '%s'%s%s%s", plugin, (char *) name,
                         meant != NULL ? "; did you mean '" : "", meant != NULL ? meant : "", meant != NULL ? "'?" : "");
        else
            g_prefix_error(error, "--set ");
        return FALSE;
    }
    return TRUE;
}

static void
append_key(GString *out, const LtKey *key, const char *value)
{
    g_string_append_printf(out, "\n# %s", _(key->help));
    if (key->range != NULL)
        g_string_append_printf(out, " (%s)", key->range);
    if (key->preset == NULL)
        g_string_append(out, _("; required"));
    if (value != NULL || key->preset == NULL)
        g_string_append_printf(out, "\n%s=%s\n", key->name, value != NULL ? value : "");
    else
        g_string_append_printf(out, "\n#%s=%s\n", key->name, key->preset);
}

static char *
write_section(const char *name, const LtLoaded *loaded, GHashTable *values)
{
    GString *out = g_string_new(NULL);

    g_string_append_printf(out, "# %s: %s %s: %s\n", name, loaded->plugin.name, loaded->plugin.version, loaded->plugin.summary);
    g_string_append(out, _("# Lines with # in front show the preset. Secrets: file:PATH or credential:NAME. Then: lthub check\n"));
    g_string_append_printf(out, "[endpoint %s]\nplugin=%s\n", name, loaded->plugin.name);
    g_string_append_printf(out, _("\n# --- keys of the plugin %s\n"), loaded->plugin.name);
    for (const LtKey *key = loaded->plugin.keys; key != NULL && key->name != NULL; key++)
        append_key(out, key, g_hash_table_lookup(values, key->name));
    g_string_append(out, _("\n# --- keys of every endpoint\n"));
    for (const LtKey *key = lt_endpoint_keys(); key->name != NULL; key++)
        if (strcmp(key->name, "plugin") != 0)
            append_key(out, key, g_hash_table_lookup(values, key->name));
    return g_string_free(out, FALSE);
}

static gboolean
is_name(const char *name, GError **error)
{
    gboolean good = g_ascii_isalnum(*name);

    for (const char *c = name; *c != '\0'; c++)
        good = good && (g_ascii_isalnum(*c) || strchr("-_.", *c) != NULL);
    if (!good)
        lt_error_set(error, LT_ERROR_CONFIG, "usage", "\"%s\" is no name of an endpoint: letters, digits, -, _ and ., a letter or digit first", name);
    else if (strcmp(name, LT_ROUTE_INBOX) == 0)
        lt_error_set(error, LT_ERROR_CONFIG, "usage", "the endpoint \"%s\" is built in; take another name", name);
    return good && strcmp(name, LT_ROUTE_INBOX) != 0;
}

/* An empty file may be overwritten: it is what `> FILE` leaves when this program prints into it. */
static gboolean
write_file(const char *path, const char *text, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autoptr(GError) cause = NULL;
    g_autofree char *old = NULL;
    gsize size = 0;

    if (g_file_get_contents(path, &old, &size, NULL) && size > 0) {
        lt_error_set(error, LT_ERROR_CONFIG, "usage", "%s is there already; take it away, or print with --output -", path);
        return FALSE;
    }
    g_mkdir_with_parents(folder, 0755);
    if (g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0640, &cause))
        return TRUE;
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "unavailable", "%s; print with --output -", cause->message);
    return FALSE;
}

static void
tell(const LtTerminal *terminal, const char *name, const char *path, const char *text)
{
    g_autoptr(GString) line = g_string_new("{");

    if (!terminal->json) {
        g_print("%s", text);
        if (path != NULL)
            g_printerr(_("%s was written. Next: fill in what is required, then lthub check.\n"), path);
        return;
    }
    lt_json_append_member(line, "endpoint", name);
    lt_json_append_member(line, "file", path);
    lt_json_append_member(line, "text", text);
    g_print("%s}\n", line->str);
}

/* What the plugin makes of the other side's own description: further keys, and files such as maps. */
static gboolean
scaffold(const LtEndpointNew *options, const LtLoaded *loaded, const char *name, GHashTable *values, GHashTable *files, GError **error)
{
    if (options->wsdl != NULL)
        g_hash_table_insert(values, g_strdup("wsdl"), g_strdup(options->wsdl));
    if (options->operation != NULL)
        g_hash_table_insert(values, g_strdup("operation"), g_strdup(options->operation));
    if (loaded->plugin.scaffold != NULL)
        return loaded->plugin.scaffold(name, values, files, error);
    if (options->wsdl == NULL)
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "usage", "--wsdl: plugin %s reads no descriptions; soap does", loaded->plugin.name);
    return FALSE;
}

/* Beside the section; nowhere when the section is only printed. */
static gboolean
write_scaffold(GHashTable *files, const char *path, const LtTerminal *terminal, GError **error)
{
    g_autofree char *folder = path != NULL ? g_path_get_dirname(path) : NULL;
    GHashTableIter iter;
    gpointer name, text;

    g_hash_table_iter_init(&iter, files);
    while (g_hash_table_iter_next(&iter, &name, &text)) {
        g_autofree char *file = folder != NULL ? g_build_filename(folder, name, NULL) : NULL;

        if (file != NULL && !write_file(file, text, error))
            return FALSE;
        if (file != NULL && !terminal->json)
            g_printerr(_("%s was written.\n"), file);
    }
    return TRUE;
}

int
lt_endpoint_new_run(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const LtEndpointNew *options = data;
    const char *name = arguments[0];
    g_autoptr(GError) error = NULL;
    g_autoptr(LtLoader) loader = lt_loader_new(options->plugins);
    const LtLoaded *loaded = is_name(name, &error) ? lt_loader_get(loader, options->plugin, NULL, &error) : NULL;
    g_autoptr(GHashTable) values = loaded != NULL ? read_values(options->set, &error) : NULL;
    const LtKey *tables[] = { lt_endpoint_keys(), loaded != NULL ? loaded->plugin.keys : NULL };
    g_autofree char *file = g_strdup_printf("%s.d/%s.conf", terminal->config, name);
    const char *path = options->output == NULL ? file : strcmp(options->output, "-") == 0 ? NULL : options->output;
    g_autoptr(GHashTable) files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *text = NULL;

    if (values == NULL || !scaffold(options, loaded, name, values, files, &error) || !check_values(values, tables, options->plugin, &error))
        return lt_command_fail(terminal, error);
    text = write_section(name, loaded, values);
    if ((path != NULL && !write_file(path, text, &error)) || !write_scaffold(files, path, terminal, &error))
        return lt_command_fail(terminal, error);
    tell(terminal, name, path, text);
    return LT_EXIT_OK;
}
