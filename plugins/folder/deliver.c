/* SPDX-License-Identifier: Apache-2.0 */
/* deliver.c: one folder per message, complete when it has its name: written as .NAME.new, synced, then renamed.
 *
 * The name is SENDER_ID: ids are unique per sender only, and a message must never be taken for another one.
 */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_SIZE 131072

static gboolean
fail(GError **error, const char *path)
{
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "folder.write", "cannot write %s: %s", path, g_strerror(errno));
    return FALSE;
}

static gboolean
write_all(int fd, const guint8 *data, gsize size)
{
    while (size > 0) {
        gssize n = write(fd, data, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FALSE;
        data += n;
        size -= (gsize) n;
    }
    return TRUE;
}

static gboolean
copy_stream(GInputStream *stream, int fd, const char *path, GCancellable *cancellable, GError **error)
{
    g_autofree guint8 *piece = g_malloc(PIECE_SIZE);
    g_autoptr(GError) cause = NULL;
    gssize n;

    while ((n = g_input_stream_read(stream, piece, PIECE_SIZE, cancellable, &cause)) > 0) {
        if (!write_all(fd, piece, (gsize) n))
            return fail(error, path);
    }
    if (n == 0)
        return TRUE;
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "folder.read", "the content for %s cannot be read: %s", path, cause->message);
    return FALSE;
}

/* A stream, or bytes, as a new file that is on disk when this returns. */
static gboolean
write_file(const Folder *self, const char *folder, const char *name, GInputStream *stream, GCancellable *cancellable, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    gboolean done;

    if (fd < 0)
        return fail(error, path);
    done = copy_stream(stream, fd, path, cancellable, error);
    if (done && (fchmod(fd, (mode_t) self->file_mode) != 0 || fsync(fd) != 0))
        done = fail(error, path);
    if (close(fd) != 0 && done)
        done = fail(error, path);
    return done;
}

static void
append_member(GString *out, const char *name, const char *value)
{
    if (value == NULL)
        return;
    g_string_append_printf(out, "%s  \"%s\": \"%s\"", out->len > 2 ? ",\n" : "", name, value);
}

/* Ids, types, roles and names are words without quotes or controls by envelope.md §4; the hub has checked them. */
static char *
describe(LtMessage *message)
{
    const LtReference *re = lt_message_get_re(message);
    GString *out = g_string_new("{\n");

    append_member(out, "id", lt_message_get_id(message));
    append_member(out, "type", lt_message_get_type(message));
    append_member(out, "from", lt_message_get_from(message));
    append_member(out, "to", lt_message_get_to(message));
    append_member(out, "dossier", lt_message_get_dossier(message));
    append_member(out, "manifest", lt_message_get_manifest(message));
    if (re != NULL)
        g_string_append_printf(out, ",\n  \"re\": {\"from\": \"%s\", \"id\": \"%s\", \"manifest\": \"%s\"}", re->from, re->id, re->manifest);
    g_string_append(out, ",\n  \"attachments\": [");
    for (guint i = 0; i < lt_message_get_n_attachments(message); i++) {
        const LtPart *part = lt_message_get_attachment(message, i);
        g_autofree char *file = g_path_get_basename(part->name);

        g_string_append_printf(out, "%s\n    {\"file\": \"%s\", \"role\": \"%s\", \"media_type\": \"%s\", \"size\": %" G_GUINT64_FORMAT ", \"sha256\": \"%s\"}",
                               i > 0 ? "," : "", file, part->role, part->media_type, part->size, part->sha256);
    }
    g_string_append(out, "]\n}\n");
    return g_string_free(out, FALSE);
}

static gboolean
write_bytes(const Folder *self, const char *folder, const char *name, GBytes *bytes, GError **error)
{
    g_autoptr(GInputStream) stream = g_memory_input_stream_new_from_bytes(bytes);

    return write_file(self, folder, name, stream, NULL, error);
}

static gboolean
write_parts(const Folder *self, const char *folder, LtMessage *message, GCancellable *cancellable, GError **error)
{
    GBytes *payload = lt_message_get_payload(message);
    char *text = describe(message);
    g_autoptr(GBytes) description = g_bytes_new_take(text, strlen(text));

    if (payload != NULL && !write_bytes(self, folder, lt_message_get_payload_part(message)->name, payload, error))
        return FALSE;
    for (guint i = 0; i < lt_message_get_n_attachments(message); i++) {
        g_autofree char *name = g_path_get_basename(lt_message_get_attachment(message, i)->name);
        g_autoptr(GInputStream) stream = lt_message_open_attachment(message, i, error);

        if (stream == NULL || !write_file(self, folder, name, stream, cancellable, error))
            return FALSE;
    }
    return write_bytes(self, folder, "message.json", description, error);
}

static gboolean
write_message(const Folder *self, const char *folder, LtMessage *message, GCancellable *cancellable, GError **error)
{
    g_autoptr(GInputStream) stream = NULL;

    if (g_str_equal(self->form, "parts"))
        return write_parts(self, folder, message, cancellable, error);
    stream = lt_message_open_envelope(message, NULL, error);
    return stream != NULL && write_file(self, folder, "envelope.asice", stream, cancellable, error);
}

void
folder_remove(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        g_unlink(path);
    }
    g_rmdir(folder);
}

static gboolean
sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean done = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    return done;
}

gboolean
folder_deliver(gpointer data, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error)
{
    const Folder *self = data;
    g_autofree char *name = g_strconcat(lt_message_get_from(message), "_", lt_message_get_id(message), NULL);
    g_autofree char *hidden = g_strconcat(".", name, ".new", NULL);
    g_autofree char *final = NULL;
    g_autofree char *draft = NULL;

    if (self->out == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "folder.settings", "out is not set, and a message came to be delivered");
        return FALSE;
    }
    if (lt_link_is_dry(link))
        return TRUE;
    final = g_build_filename(self->out, name, NULL);
    draft = g_build_filename(self->out, hidden, NULL);
    if (g_file_test(final, G_FILE_TEST_EXISTS))
        return TRUE; /* handed over before */
    folder_remove(draft); /* of an attempt that was cut short */
    if (g_mkdir(draft, 0750) != 0)
        return fail(error, draft);
    if (!write_message(self, draft, message, cancellable, error)) {
        folder_remove(draft);
        return FALSE;
    }
    if (!sync_folder(draft) || g_rename(draft, final) != 0 || !sync_folder(self->out))
        return fail(error, final);
    return TRUE;
}
