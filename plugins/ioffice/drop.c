/* SPDX-License-Identifier: Apache-2.0 */
/* drop.c: a mailbox that is two folders, for document software that exports and imports files. A file counts when its name ends in .edxml: whoever
 * writes it renames it last, and so do we. What was taken goes to .done, what can never be read to .unreadable with its reason beside it. */
#include "ioffice.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".edxml"
#define LIST_MAX 1000u

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* Documents and statuses lie in one folder; the first list has both. */
static GPtrArray *
drop_list(Ioffice *self, LtLink *link, gboolean is_status, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) cause = NULL;
    g_autoptr(GDir) dir = NULL;
    const char *name;

    (void) link;
    if (is_status)
        return g_steal_pointer(&names);
    dir = g_dir_open(self->in, 0, &cause);
    if (dir == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "ioffice.folder", "in: %s", cause->message);
        return NULL;
    }
    while (names->len < LIST_MAX && (name = g_dir_read_name(dir)) != NULL) {
        if (name[0] != '.' && g_str_has_suffix(name, SUFFIX))
            g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, compare_names);
    return g_steal_pointer(&names);
}

/* A plain file, never a link, and never more than the limit. */
static GBytes *
drop_fetch(Ioffice *self, LtLink *link, const char *id, GError **error)
{
    g_autofree char *path = g_build_filename(self->in, id, NULL);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    g_autofree guint8 *data = NULL;
    struct stat info;
    gsize used = 0;
    gssize n = 1;

    (void) link;
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > self->max_message) {
        if (fd >= 0)
            close(fd);
        lt_error_set(error, LT_ERROR_INVALID, "ioffice.file", "%s is not a plain file within max_message", id);
        return NULL;
    }
    data = g_malloc((gsize) info.st_size + 1);
    while (used < (gsize) info.st_size && (n = read(fd, data + used, (gsize) info.st_size - used)) > 0)
        used += (gsize) n;
    close(fd);
    if (used == (gsize) info.st_size)
        return g_bytes_new_take(g_steal_pointer(&data), used);
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "ioffice.file", "%s cannot be read: %s", id, n < 0 ? g_strerror(errno) : "it became shorter");
    return NULL;
}

/* Never over a file that is there: the same name may come twice. */
static gboolean
move_to(const Ioffice *self, const char *folder, const char *id, char **moved, GError **error)
{
    g_autofree char *from = g_build_filename(self->in, id, NULL);
    g_autofree char *into = g_build_filename(self->in, folder, NULL);
    char *target = g_build_filename(into, id, NULL);

    g_mkdir(into, 0750);
    for (guint i = 2; g_file_test(target, G_FILE_TEST_EXISTS) && i < 10000; i++) {
        g_free(target);
        target = g_strdup_printf("%s/%u.%s", into, i, id);
    }
    *moved = target;
    if (g_rename(from, target) == 0)
        return TRUE;
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "ioffice.file", "%s cannot be moved: %s", id, g_strerror(errno));
    return FALSE;
}

static gboolean
drop_acknowledge(Ioffice *self, LtLink *link, const char *id, gboolean is_good, const GError *cause, GError **error)
{
    g_autofree char *moved = NULL;
    g_autofree char *note = NULL, *text = NULL;

    (void) link;
    if (!move_to(self, is_good ? ".done" : ".unreadable", id, &moved, error))
        return FALSE;
    if (is_good || cause == NULL)
        return TRUE;
    note = g_strconcat(moved, ".reason.txt", NULL);
    text = g_strdup_printf("%s: %s\n", lt_error_get_reason(cause), cause->message);
    if (!g_file_set_contents(note, text, -1, NULL))
        g_warning("ioffice: %s cannot be written", note);
    return TRUE;
}

static gboolean
drop_send(Ioffice *self, LtLink *link, GBytes *edxml, const char *name, gboolean is_status, const char *from, const char *to, GError **error)
{
    g_autofree char *file = g_strconcat(name, SUFFIX, NULL);
    g_autofree char *path = g_build_filename(self->out, file, NULL);
    g_autoptr(GError) cause = NULL;

    (void) is_status, (void) from, (void) to;
    if (lt_link_is_dry(link))
        return TRUE;
    if (g_file_set_contents_full(path, g_bytes_get_data(edxml, NULL), (gssize) g_bytes_get_size(edxml),
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0640, &cause))
        return TRUE;
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "ioffice.file", "cannot write %s: %s", path, cause->message);
    return FALSE;
}

const IofficeTransport ioffice_folder = { drop_list, drop_fetch, drop_acknowledge, drop_send };
