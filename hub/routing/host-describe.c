/* SPDX-License-Identifier: Apache-2.0 */
/* host-describe.c: a descriptor made of what a host says of its plugin. The keys lie behind the HostSelf of the struct. */
#include <string.h>

#include "routing/host-private.h"

#define KEYS_MOST 256

static gboolean
fail(GError **error, const char *path, const char *text)
{
    lt_error_set(error, LT_ERROR_CONFIG, "plugin.keys", "%s: %s", path, text);
    return FALSE;
}

static gboolean
read_keys(LtLoaded *out, GVariant *rows, GError **error)
{
    gsize n = g_variant_n_children(rows);
    LtKey *keys = g_new0(LtKey, n + 1);
    gsize offset = sizeof(HostSelf);

    out->plugin.keys = keys;
    if (n > KEYS_MOST)
        return fail(error, out->path, "declares too many keys");
    for (gsize i = 0; i < n; i++) {
        guint32 type;

        g_variant_get_child(rows, i, "(sumsmsms)", &keys[i].name, &type, &keys[i].preset, &keys[i].range, &keys[i].help);
        if (type < LT_KEY_STRING || type > LT_KEY_LIST || (type == LT_KEY_CHOICE && keys[i].range == NULL) || keys[i].help == NULL)
            return fail(error, out->path, "declares a key that is none");
        keys[i].type = (LtKeyType) type;
        keys[i].offset = offset;
        offset += sizeof(gint64);
    }
    out->plugin.self_size = offset;
    return TRUE;
}

static gboolean
read_hello(LtLoaded *out, GVariant *hello, guint32 *verbs, GError **error)
{
    g_autoptr(GVariant) rows = NULL;

    g_variant_get(hello, "(sssu@a(sumsmsms))", &out->plugin.name, &out->plugin.version, &out->plugin.summary, verbs, &rows);
    out->plugin.magic = LT_PLUGIN_MAGIC;
    out->plugin.abi = LT_PLUGIN_ABI;
    out->plugin.size = sizeof(LtPlugin);
    return read_keys(out, rows, error);
}

void
lt_host_forget(LtLoaded *loaded)
{
    LtKey *keys = (LtKey *) loaded->plugin.keys;

    for (LtKey *key = keys; key != NULL && key->name != NULL; key++) {
        g_free((char *) key->name);
        g_free((char *) key->preset);
        g_free((char *) key->range);
        g_free((char *) key->help);
    }
    g_free(keys);
    g_free((char *) loaded->plugin.name);
    g_free((char *) loaded->plugin.version);
    g_free((char *) loaded->plugin.summary);
}

gboolean
lt_host_describe(LtLoaded *out, const char *folder, const char *name, const char *sha256, GError **error)
{
    g_autoptr(HostProcess) process = host_process_start(folder, name, sha256, NULL, error);
    g_autoptr(GVariant) body = NULL;
    g_autoptr(GBytes) data = NULL;
    LtFrameType type;
    guint32 verbs = 0;

    if (process == NULL || !lt_pipe_receive(&process->pipe, &type, &body, &data, error))
        return FALSE;
    if (type == LT_FRAME_FAILED) {
        lt_pipe_set_error(body, error);
        return FALSE;
    }
    if (type != LT_FRAME_HELLO) {
        lt_error_set(error, LT_ERROR_CONFIG, "plugin.protocol", "plugin %s: its host does not say what it is", name);
        return FALSE;
    }
    if (!read_hello(out, body, &verbs, error))
        return FALSE;
    out->plugin.open = host_open;
    out->plugin.close = host_close;
    out->plugin.collect = (verbs & LT_HOST_HAS_COLLECT) != 0 ? host_collect : NULL;
    out->plugin.receive = (verbs & LT_HOST_HAS_RECEIVE) != 0 ? host_receive : NULL;
    out->plugin.deliver = (verbs & LT_HOST_HAS_DELIVER) != 0 ? host_deliver : NULL;
    return TRUE;
}
