/* SPDX-License-Identifier: Apache-2.0 */
/* collect.c: takes folders out of the drop folder.
 *
 * A folder is complete when it holds message.json: {"type", "from", "to", "payload"} and, as wanted, "key", "code", "dossier", "re". Every
 * other file is an attachment; its role is the word before the first hyphen of its name (`result-quyet-dinh.pdf`). Programs that do not write
 * message.json last are waited for: nothing in the folder may have changed for a while (`settle`). The folder goes away
 * after the hub has it on disk. What the hub can never take is moved to `.unreadable`, with a file reason.txt.
 */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <lienthong/json.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DESCRIPTION "message.json"
#define ASIDE ".unreadable"
#define FILES_MAX 1000u

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
list_names(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        if (name[0] != '.')
            g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

/* A plain file, never a link; *left is what the message may still hold. */
static GBytes *
read_file(const char *folder, const char *name, guint64 *left, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    g_autofree guint8 *data = NULL;
    struct stat info;
    gsize used = 0;
    gssize n = 1;

    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        if (fd >= 0)
            close(fd);
        lt_error_set(error, LT_ERROR_INVALID, "folder.file", "%s is not a plain file that can be read", name);
        return NULL;
    }
    if ((guint64) info.st_size > *left) {
        close(fd);
        lt_error_set(error, LT_ERROR_TOO_LARGE, "folder.size", "the files together are over 'max_bytes'");
        return NULL;
    }
    data = g_malloc((gsize) info.st_size + 1);
    while (used < (gsize) info.st_size && (n = read(fd, data + used, (gsize) info.st_size - used)) > 0)
        used += (gsize) n;
    close(fd);
    if (used < (gsize) info.st_size) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "folder.file", "%s cannot be read: %s", name, n < 0 ? g_strerror(errno) : "it became shorter");
        return NULL;
    }
    *left -= used;
    return g_bytes_new_take(g_steal_pointer(&data), used);
}

static const char *
media_type_of(const char *name)
{
    static const struct {
        const char *suffix, *type;
    } types[] = {
        { ".pdf", "application/pdf" }, { ".jpg", "image/jpeg" },       { ".jpeg", "image/jpeg" },
        { ".png", "image/png" },       { ".json", "application/json" }, { ".xml", "application/xml" },
        { ".txt", "text/plain" },      { ".zip", "application/zip" },
        { ".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
        { ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
    };
    g_autofree char *lower = g_ascii_strdown(name, -1);

    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        if (g_str_has_suffix(lower, types[i].suffix))
            return types[i].type;
    }
    return "application/octet-stream";
}

static char *
role_of(const char *name)
{
    static const char *const roles[] = { "form", "identity", "evidence", "result", NULL };
    g_autofree char *word = g_strndup(name, strcspn(name, "-"));

    return g_strdup(g_strv_contains(roles, word) ? word : "other");
}

static gboolean
add_files(LtMessageBuilder *builder, const char *folder, const char *payload, guint64 *left, GError **error)
{
    g_autoptr(GPtrArray) names = list_names(folder);

    if (names->len > FILES_MAX) {
        lt_error_set(error, LT_ERROR_TOO_LARGE, "folder.files", "the folder holds more than %u files", FILES_MAX);
        return FALSE;
    }
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *role = role_of(name);
        g_autoptr(GBytes) content = NULL;

        if (g_str_equal(name, DESCRIPTION) || g_strcmp0(name, payload) == 0)
            continue;
        content = read_file(folder, name, left, error);
        if (content == NULL)
            return FALSE;
        lt_message_builder_add_attachment(builder, role, media_type_of(name), content);
    }
    return TRUE;
}

/* Binds an answer to its dossier: by "re" and "dossier", or by the dossier's "code". */
static void
add_reference(LtMessageBuilder *builder, GBytes *description, LtInbox *inbox)
{
    g_autofree char *dossier = lt_json_pick(description, "dossier");
    g_autofree char *code = lt_json_pick(description, "code");
    g_autofree char *from = lt_json_pick(description, "re.from");
    g_autofree char *id = lt_json_pick(description, "re.id");
    g_autofree char *manifest = lt_json_pick(description, "re.manifest");
    g_autoptr(LtMessage) submission = code != NULL && id == NULL ? lt_inbox_find_submission(inbox, code) : NULL;

    if (from != NULL && id != NULL && manifest != NULL)
        lt_message_builder_set_re(builder, &(LtReference) { from, id, manifest });
    if (submission != NULL) {
        lt_message_builder_set_re(builder, &(LtReference) { lt_message_get_from(submission), lt_message_get_id(submission),
                                                            lt_message_get_manifest(submission) });
        if (dossier == NULL)
            dossier = g_strdup(lt_message_get_dossier(submission));
    }
    if (dossier != NULL)
        lt_message_builder_set_dossier(builder, dossier);
}

static LtMessageBuilder *
read_message(const Folder *self, const char *folder, const char *name, LtInbox *inbox, GError **error)
{
    guint64 left = (guint64) self->max_bytes;
    g_autoptr(GBytes) description = read_file(folder, DESCRIPTION, &left, error);
    g_autoptr(LtMessageBuilder) builder = NULL;
    g_autoptr(GBytes) content = NULL;
    g_autofree char *type = NULL, *from = NULL, *to = NULL, *payload = NULL, *key = NULL;

    if (description == NULL || !lt_json_check(description, error))
        return NULL;
    type = lt_json_pick(description, "type");
    from = lt_json_pick(description, "from");
    to = lt_json_pick(description, "to");
    payload = lt_json_pick(description, "payload");
    key = lt_json_pick(description, "key");
    if (type == NULL || from == NULL || to == NULL || payload == NULL || strchr(payload, '/') != NULL) {
        lt_error_set(error, LT_ERROR_INVALID, "folder.description", DESCRIPTION " needs type, from, to and payload (the name of a file beside it)");
        return NULL;
    }
    content = read_file(folder, payload, &left, error);
    if (content == NULL)
        return NULL;
    builder = lt_message_builder_new(type, from, to);
    lt_message_builder_set_key(builder, key != NULL ? key : name);
    lt_message_builder_set_payload(builder, content, g_str_has_suffix(payload, ".xml") ? "application/xml" : "application/json");
    add_reference(builder, description, inbox);
    if (!add_files(builder, folder, payload, &left, error))
        return NULL;
    lt_message_builder_set_original(builder, "file", "absent", description, "application/json");
    return g_steal_pointer(&builder);
}

static void
put_aside(const Folder *self, const char *folder, const char *name, const GError *cause)
{
    g_autofree char *aside = g_build_filename(self->in, ASIDE, NULL);
    g_autofree char *target = g_build_filename(aside, name, NULL);
    g_autofree char *note = g_build_filename(target, "reason.txt", NULL);
    g_autofree char *text = g_strdup_printf("%s: %s\n", lt_error_get_reason(cause), cause->message);

    g_mkdir(aside, 0750);
    for (guint i = 2; g_file_test(target, G_FILE_TEST_EXISTS) && i < 1000; i++) {
        g_free(target);
        g_free(note);
        target = g_strdup_printf("%s/%s.%u", aside, name, i);
        note = g_build_filename(target, "reason.txt", NULL);
    }
    if (g_rename(folder, target) != 0 || !g_file_set_contents(note, text, -1, NULL))
        g_warning("folder: %s cannot be put aside: %s", folder, g_strerror(errno));
}

static gboolean
can_never_pass(const GError *error)
{
    return error->domain == LT_ERROR && error->code != LT_ERROR_UNAVAILABLE && error->code != LT_ERROR_CONFIG && error->code != LT_ERROR_INTERNAL;
}

/* Nothing in it has changed for a while. A time that lies ahead is another machine's clock: it tells nothing, so it does not hold the folder up. */
static gboolean
is_settled(const Folder *self, const char *folder)
{
    g_autoptr(GPtrArray) names = list_names(folder);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    gint64 now_us = g_date_time_to_unix(now) * G_USEC_PER_SEC + g_date_time_get_microsecond(now);

    for (guint i = 0; self->settle > 0 && i < names->len; i++) {
        g_autofree char *path = g_build_filename(folder, g_ptr_array_index(names, i), NULL);
        struct stat info;
        gint64 age_us;

        if (lstat(path, &info) != 0)
            return FALSE; /* it was there a moment ago: somebody is at work */
        age_us = now_us - (gint64) info.st_mtim.tv_sec * G_USEC_PER_SEC - info.st_mtim.tv_nsec / 1000;
        if (age_us < self->settle && age_us > -self->settle)
            return FALSE;
    }
    return TRUE;
}

static gboolean
collect_folder(const Folder *self, const char *name, LtInbox *inbox, GError **error)
{
    g_autofree char *folder = g_build_filename(self->in, name, NULL);
    g_autofree char *description = g_build_filename(folder, DESCRIPTION, NULL);
    g_autoptr(GError) cause = NULL;
    LtMessageBuilder *builder;

    if (g_file_test(folder, G_FILE_TEST_IS_SYMLINK) || !g_file_test(description, G_FILE_TEST_EXISTS) || !is_settled(self, folder))
        return TRUE; /* not ours, or still being written */
    builder = read_message(self, folder, name, inbox, &cause);
    if (builder != NULL && lt_inbox_submit(inbox, builder, &cause)) {
        folder_remove(folder);
        return TRUE;
    }
    if (can_never_pass(cause)) {
        put_aside(self, folder, name, cause);
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

gboolean
folder_collect(gpointer data, LtInbox *inbox, LtLink *link, GCancellable *cancellable, GError **error)
{
    const Folder *self = data;
    g_autoptr(GPtrArray) names = NULL;

    if (self->in == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "folder.settings", "in is not set, and collect_every is");
        return FALSE;
    }
    if (lt_link_is_dry(link))
        return TRUE;
    names = list_names(self->in);
    for (guint i = 0; i < names->len && !g_cancellable_is_cancelled(cancellable); i++) {
        if (!collect_folder(self, g_ptr_array_index(names, i), inbox, error))
            return FALSE;
    }
    return TRUE;
}
