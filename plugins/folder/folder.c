/* SPDX-License-Identifier: Apache-2.0 */
/* folder.c: hands messages over as folders on disk, and collects what was laid down in one.
 *
 * For systems that exchange files. A message is written beside its place and renamed, so a reader never meets half of one. What is
 * collected is renamed away only after the hub has it on disk; what cannot be read is put aside with a note that says why.
 */
#include <lienthong/plugin.h>

#include <unistd.h>

#include "folder.h"

static const LtKey keys[] = {
    LT_PATH(Folder, out, "", "folder that receives one folder per message"),
    LT_CHOICE(Folder, form, "parts", "parts|envelope", "parts: message.json, payload and attachments as files; envelope: the signed container envelope.asice"),
    LT_NUMBER(Folder, file_mode, "416", "0..511", "permission bits of each file, decimal: 416 is rw-r-----"),
    LT_PATH(Folder, in, "", "folder in which the system lays down one folder per message, its file message.json last"),
    LT_BYTES(Folder, max_bytes, "64M", "1K..512M", "largest message that is collected, all its files together"),
    LT_DURATION(Folder, settle, "2s", "0s..1h", "a folder is taken once nothing in it has changed for so long: copies over a network come in pieces"),
    LT_KEYS_END,
};

static gboolean
folder_open(gpointer data, GError **error)
{
    Folder *self = data;

    if (self->out == NULL && self->in == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "folder.settings", "out or in: the plugin needs at least one of them");
        return FALSE;
    }
    for (guint i = 0; i < 2; i++) {
        const char *path = i == 0 ? self->out : self->in;

        if (path != NULL && (!g_file_test(path, G_FILE_TEST_IS_DIR) || access(path, W_OK) != 0)) {
            lt_error_set(error, LT_ERROR_CONFIG, "folder.settings", "%s: %s is not a folder that the hub may write to", i == 0 ? "out" : "in", path);
            return FALSE;
        }
    }
    return TRUE;
}

LT_PLUGIN_EXPORT(.name = "folder", .version = "1.0", .summary = "Systems that exchange files: one folder per message",
                 .keys = keys, .self_size = sizeof(Folder), .open = folder_open, .collect = folder_collect, .deliver = folder_deliver)
