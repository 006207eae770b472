/* SPDX-License-Identifier: Apache-2.0 */
/* loader.c: plugins as shared objects.
 *
 * A file is judged before any of its functions runs: it must hold a descriptor with our magic, of our ABI, no larger than the one we know,
 * named like its file, with keys that lie inside its own struct. Each refusal says what to do about it. An opened plugin stays in memory
 * until the program ends, because its code may be on any thread's stack.
 */
#include "routing/loader.h"

#include <gmodule.h>
#include <string.h>
#include <unistd.h>

#include "base/settings.h"
#include "routing/endpoint.h"
#include "routing/host.h"

struct _LtLoader {
    char **folders;
    GMutex mutex;       /* guards what follows */
    GHashTable *loaded; /* name → LtLoaded * */
    GPtrArray *news;    /* of LtLoaded *, borrowed */
    void (*crashed)(gpointer data, const LtLoaded *loaded, const GError *error); /* nullable */
    gpointer crash_data;
};

/* `plugins` beside the program: how a build tree looks. */
static char *
folder_beside_program(void)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = program != NULL ? g_path_get_dirname(program) : NULL;
    g_autofree char *beside = folder != NULL ? g_build_filename(folder, "plugins", NULL) : NULL;
    g_autofree char *above = folder != NULL ? g_build_filename(folder, "..", "plugins", NULL) : NULL;

    if (beside != NULL && g_file_test(beside, G_FILE_TEST_IS_DIR))
        return g_steal_pointer(&beside);
    if (above != NULL && g_file_test(above, G_FILE_TEST_IS_DIR))
        return g_steal_pointer(&above);
    return g_strdup(LT_PLUGIN_FOLDER);
}

static void
loaded_free(gpointer data)
{
    LtLoaded *self = data;

    if (self->is_hosted)
        lt_host_forget(self);
    g_free(self->path);
    g_free(self);
}

LtLoader *
lt_loader_new(const char *folders)
{
    LtLoader *self = g_new0(LtLoader, 1);
    const char *list = folders != NULL ? folders : g_getenv("LTHUB_PLUGINS");
    g_autofree char *usual = list == NULL ? folder_beside_program() : NULL;

    self->folders = g_strsplit(list != NULL ? list : usual, ":", -1);
    g_mutex_init(&self->mutex);
    self->loaded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, loaded_free);
    self->news = g_ptr_array_new();
    return self;
}

void
lt_loader_free(LtLoader *self)
{
    if (self == NULL)
        return;
    g_strfreev(self->folders);
    g_hash_table_unref(self->loaded);
    g_ptr_array_unref(self->news);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

static gboolean
name_is_valid(const char *name)
{
    for (const char *c = name; *c != '\0'; c++) {
        if (!g_ascii_islower(*c) && !g_ascii_isdigit(*c) && *c != '-')
            return FALSE;
    }
    return *name != '\0' && strlen(name) <= 40;
}

static char *
find_file(LtLoader *self, const char *name, GError **error)
{
    g_autofree char *file = g_strconcat(name, "." G_MODULE_SUFFIX, NULL);
    g_autofree char *where = g_strjoinv(", ", self->folders);

    if (!name_is_valid(name)) {
        lt_error_set(error, LT_ERROR_CONFIG, "plugin.missing", "plugin: \"%s\" is no name of a plugin (a-z, 0-9 and -)", name);
        return NULL;
    }
    for (guint i = 0; self->folders[i] != NULL; i++) {
        g_autofree char *flat = g_build_filename(self->folders[i], file, NULL);
        g_autofree char *deep = g_build_filename(self->folders[i], name, file, NULL);

        if (g_file_test(flat, G_FILE_TEST_IS_REGULAR))
            return g_steal_pointer(&flat);
        if (g_file_test(deep, G_FILE_TEST_IS_REGULAR))
            return g_steal_pointer(&deep);
    }
    lt_error_set(error, LT_ERROR_CONFIG, "plugin.missing", "plugin %s: no file %s in %s", name, file, where);
    return NULL;
}

static gboolean
digest_file(const char *path, char sha256[65], GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, &cause);
    g_autofree char *digest = NULL;

    if (file == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "plugin.broken", "%s", cause->message);
        return FALSE;
    }
    digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *) g_mapped_file_get_contents(file),
                                         g_mapped_file_get_length(file));
    g_strlcpy(sha256, digest, 65);
    return TRUE;
}

static gsize
member_size(LtKeyType type)
{
    switch (type) {
    case LT_KEY_NUMBER:
    case LT_KEY_BYTES:
    case LT_KEY_DURATION:
        return sizeof(gint64);
    case LT_KEY_BOOLEAN:
        return sizeof(gboolean);
    default:
        return sizeof(char *);
    }
}

static gboolean
is_hub_key(const char *name)
{
    for (const LtKey *key = lt_endpoint_keys(); key->name != NULL; key++) {
        if (g_str_equal(key->name, name))
            return TRUE;
    }
    return FALSE;
}

static gboolean
check_keys(const LtPlugin *plugin, const char *path, GError **error)
{
    for (const LtKey *key = plugin->keys; key != NULL && key->name != NULL; key++) {
        if (key->type < LT_KEY_STRING || key->type > LT_KEY_LIST || key->offset > plugin->self_size ||
            plugin->self_size - key->offset < member_size(key->type)) {
            lt_error_set(error, LT_ERROR_CONFIG, "plugin.keys", "%s: its key '%s' does not lie inside its own struct (self_size is %"
                         G_GSIZE_FORMAT " bytes)", path, key->name, plugin->self_size);
            return FALSE;
        }
        if (is_hub_key(key->name)) {
            lt_error_set(error, LT_ERROR_CONFIG, "plugin.keys", "%s: its key '%s' is one of the hub's own; give it another name",
                         path, key->name);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
check_descriptor(const LtPlugin *found, const char *path, const char *name, GError **error)
{
    if (found->magic != LT_PLUGIN_MAGIC) {
        lt_error_set(error, LT_ERROR_CONFIG, "plugin.foreign", "%s is not a hub plugin: its descriptor does not begin with the hub's mark",
                     path);
        return FALSE;
    }
    if (found->abi != LT_PLUGIN_ABI) {
        lt_error_set(error, LT_ERROR_CONFIG, "plugin.abi", "%s was built for ABI %u, this hub speaks %u; build it again against this hub's headers",
                     path, found->abi, LT_PLUGIN_ABI);
        return FALSE;
    }
    if (found->size > sizeof(LtPlugin)) {
        lt_error_set(error, LT_ERROR_CONFIG, "plugin.newer", "%s was built for a newer hub: its descriptor has %" G_GSIZE_FORMAT
                     " bytes, this hub knows %" G_GSIZE_FORMAT "; update the hub or build the plugin against its headers",
                     path, found->size, sizeof(LtPlugin));
        return FALSE;
    }
    if (found->size < LT_PLUGIN_SIZE_V1) {
        lt_error_set(error, LT_ERROR_CONFIG, "plugin.foreign", "%s is not a hub plugin: its descriptor is too short", path);
        return FALSE;
    }
    if (g_strcmp0(found->name, name) != 0) {
        lt_error_set(error, LT_ERROR_CONFIG, "plugin.name", "%s calls itself \"%s\"; file and plugin must have the same name", path,
                     found->name != NULL ? found->name : "");
        return FALSE;
    }
    if (found->version == NULL || found->summary == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "plugin.foreign", "%s has no version or no summary", path);
        return FALSE;
    }
    return TRUE;
}

static gboolean
digest_fits(const char *path, const char *found, const char *expected, GError **error)
{
    if (expected == NULL || g_str_equal(found, expected))
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "plugin.changed", "%s is not the file that was approved: its SHA-256 is %s", path, found);
    return FALSE;
}

static LtLoaded *
load(const char *path, const char *name, const char *sha256, GError **error)
{
    g_autofree LtLoaded *loaded = g_new0(LtLoaded, 1);
    gpointer symbol = NULL;
    GModule *module;

    if (!digest_file(path, loaded->sha256, error) || !digest_fits(path, loaded->sha256, sha256, error))
        return NULL;
    module = g_module_open(path, G_MODULE_BIND_LOCAL);
    if (module == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "plugin.broken", "%s cannot be loaded: %s", path, g_module_error());
        return NULL;
    }
    if (!g_module_symbol(module, LT_PLUGIN_SYMBOL, &symbol) || symbol == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "plugin.foreign", "%s is not a hub plugin: it exports no \"" LT_PLUGIN_SYMBOL "\"", path);
        g_module_close(module);
        return NULL;
    }
    if (!check_descriptor(symbol, path, name, error)) {
        g_module_close(module);
        return NULL;
    }
    memcpy(&loaded->plugin, symbol, ((const LtPlugin *) symbol)->size);
    if (!check_keys(&loaded->plugin, path, error)) {
        g_module_close(module);
        return NULL;
    }
    g_module_make_resident(module);
    loaded->path = g_strdup(path);
    return g_steal_pointer(&loaded);
}

const LtLoaded *
lt_loader_get(LtLoader *self, const char *name, const char *sha256, GError **error)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED lock = g_mutex_locker_new(&self->mutex);
    LtLoaded *loaded = g_hash_table_lookup(self->loaded, name);
    g_autofree char *path = NULL;

    if (loaded != NULL)
        return digest_fits(loaded->path, loaded->sha256, sha256, error) ? loaded : NULL;
    path = find_file(self, name, error);
    loaded = path != NULL ? load(path, name, sha256, error) : NULL;
    if (loaded == NULL)
        return NULL;
    g_hash_table_insert(self->loaded, g_strdup(name), loaded);
    g_ptr_array_add(self->news, loaded);
    return loaded;
}

static char *
find_in(const char *folder, const char *name, GError **error)
{
    g_autofree char *file = g_strconcat(name, "." G_MODULE_SUFFIX, NULL);
    g_autofree char *path = g_build_filename(folder, file, NULL);

    if (name_is_valid(name) && g_file_test(path, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer(&path);
    lt_error_set(error, LT_ERROR_CONFIG, "plugin.missing", "plugin %s: no file %s in %s", name, file, folder);
    return NULL;
}

static LtLoaded *
describe(const char *path, const char *name, const char *sha256, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    LtLoaded *loaded = g_new0(LtLoaded, 1);

    loaded->is_hosted = TRUE;
    loaded->path = g_strdup(path);
    if (digest_file(path, loaded->sha256, error) && digest_fits(path, loaded->sha256, sha256, error) &&
        lt_host_describe(loaded, folder, name, loaded->sha256, error) && check_keys(&loaded->plugin, path, error))
        return loaded;
    loaded_free(loaded);
    return NULL;
}

/* A file that was exchanged is described anew. */
static gboolean
is_still(const LtLoaded *loaded, const char *path)
{
    char sha256[65];

    return digest_file(path, sha256, NULL) && g_str_equal(sha256, loaded->sha256);
}

const LtLoaded *
lt_loader_get_hosted(LtLoader *self, const char *folder, const char *name, const char *sha256, GError **error)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED lock = g_mutex_locker_new(&self->mutex);
    g_autofree char *path = folder != NULL ? find_in(folder, name, error) : find_file(self, name, error);
    LtLoaded *loaded = path != NULL ? g_hash_table_lookup(self->loaded, path) : NULL;
    gpointer key, old;

    if (loaded != NULL && is_still(loaded, path))
        return digest_fits(path, loaded->sha256, sha256, error) ? loaded : NULL;
    loaded = path != NULL ? describe(path, name, sha256, error) : NULL;
    if (loaded == NULL)
        return NULL;
    loaded->loader = self;
    if (g_hash_table_steal_extended(self->loaded, path, &key, &old)) { /* endpoints of the plan in force still use the old one */
        g_hash_table_insert(self->loaded, g_strconcat(path, "#", loaded->sha256, NULL), old);
        g_free(key);
    }
    g_hash_table_insert(self->loaded, g_strdup(path), loaded);
    g_ptr_array_add(self->news, loaded);
    return loaded;
}

void
lt_loader_on_crash(LtLoader *self, void (*crashed)(gpointer data, const LtLoaded *loaded, const GError *error), gpointer data)
{
    self->crashed = crashed;
    self->crash_data = data;
}

void
lt_loaded_tell_crash(const LtLoaded *loaded, const GError *error)
{
    if (loaded->loader->crashed != NULL)
        loaded->loader->crashed(loaded->loader->crash_data, loaded, error);
}

GPtrArray *
lt_loader_take_news(LtLoader *self)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED lock = g_mutex_locker_new(&self->mutex);
    GPtrArray *news = self->news;

    self->news = g_ptr_array_new();
    return news;
}
