/* SPDX-License-Identifier: Apache-2.0 */
/* journal.c: hands messages over by adding one line per message to a file. A whole plugin. */
#include <lienthong/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    char *file;
    char *separator;
} Journal;

/* From these rows the hub fills the struct, refuses what does not fit, and prints `lthub endpoint describe journal`. */
static const LtKey keys[] = {
    LT_PATH(Journal, file, NULL, "file that receives one line per message"),
    LT_CHOICE(Journal, separator, "tab", "tab|comma", "what stands between the fields"),
    LT_KEYS_END,
};

/* At least once: a message may come again after a crash, and a second line does no harm here. */
static gboolean
journal_deliver(gpointer data, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error)
{
    const Journal *self = data;
    char between = strcmp(self->separator, "comma") == 0 ? ',' : '\t';
    g_autofree char *line = g_strdup_printf("%s%c%s%c%s%c%s\n", lt_message_get_id(message), between, lt_message_get_type(message), between,
                                            lt_message_get_from(message), between, lt_message_get_to(message));
    gsize size = strlen(line);
    int fd;

    (void) cancellable; /* nothing here takes long */
    if (lt_link_is_dry(link))
        return TRUE;
    fd = open(self->file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0 || write(fd, line, size) != (gssize) size || fsync(fd) != 0) {
        /* The code says what kind of failure it is; what becomes of the message is decided by the hub. */
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "journal.write", "cannot write %s: %s", self->file, g_strerror(errno));
        if (fd >= 0)
            close(fd);
        return FALSE;
    }
    close(fd);
    return TRUE;
}

LT_PLUGIN_EXPORT(.name = "journal", .version = "1.0", .summary = "Adds one line per message to a file", .keys = keys, .self_size = sizeof(Journal),
                 .deliver = journal_deliver)
