/* SPDX-License-Identifier: Apache-2.0 */
/* loader.h: finds, checks and opens plugins. Only plugins that the configuration names are touched; an opened one stays until the hub ends. */
#pragma once

#include <lienthong/plugin.h>

typedef struct _LtLoader LtLoader;

/* A plugin in memory. Owned by the loader. */
typedef struct {
    LtPlugin plugin; /* the descriptor, filled up with zeros when it was built for an older hub */
    char *path;
    char sha256[65]; /* of the file */
    gboolean is_hosted; /* runs in a process of its own; only what its host said of it is here */
    struct _LtLoader *loader;
} LtLoaded;

/**
 * lt_loader_new:
 * @folders: (nullable): folders to look in, separated by `:`. NULL: $LTHUB_PLUGINS, else `plugins` beside the running
 *   program, else the installed folder
 */
LtLoader *lt_loader_new(const char *folders);
void lt_loader_free(LtLoader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtLoader, lt_loader_free)

/**
 * lt_loader_get:
 * @name: of the plugin, as in `plugin = rest`: FOLDER/rest.so or FOLDER/rest/rest.so
 * @sha256: (nullable): digest that its file must have, 64 lower-case hex digits; another file is not opened
 *
 * Opens it the first time, finds it again later. Thread-safe.
 *
 * Errors: %LT_ERROR_CONFIG `plugin.missing`, `plugin.foreign`, `plugin.abi`, `plugin.newer`, `plugin.name`, `plugin.keys`, `plugin.changed`,
 * `plugin.broken`.
 *
 * Returns: (transfer none)
 */
const LtLoaded *lt_loader_get(LtLoader *self, const char *name, const char *sha256, GError **error);

/** lt_loader_get_hosted: the same, without loading it: a host process does. @folder: (nullable): where it lies, alone; NULL: as above.
 * Errors: those of the host, and `plugin.host` */
const LtLoaded *lt_loader_get_hosted(LtLoader *self, const char *folder, const char *name, const char *sha256, GError **error);
/** lt_loader_on_crash: who is told when a host process has ended while a verb ran; on that verb's thread */
void lt_loader_on_crash(LtLoader *self, void (*crashed)(gpointer data, const LtLoaded *loaded, const GError *error), gpointer data);
/** lt_loaded_tell_crash: by the host */
void lt_loaded_tell_crash(const LtLoaded *loaded, const GError *error);

/** lt_loader_take_news: Returns: (transfer container): the LtLoaded opened since the last call, for `plugin.loaded` */
GPtrArray *lt_loader_take_news(LtLoader *self);
