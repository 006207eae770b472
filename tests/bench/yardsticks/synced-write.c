/* SPDX-License-Identifier: Apache-2.0 */
/* synced-write.c: the yardstick of P13: MB a second of one sequential file, written in pieces and synced once at its end.
 *
 *   synced-write FOLDER [BYTES]      prints MB/s (10^6)
 */
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE 65536

int
main(int argc, char **argv)
{
    g_autofree char *path = g_build_filename(argc > 1 ? argv[1] : ".", "yardstick.bin", NULL);
    gint64 size = argc > 2 ? g_ascii_strtoll(argv[2], NULL, 10) : 50 * 1000 * 1000;
    g_autofree char *piece = g_malloc(PIECE);
    int fd = g_open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    gint64 begin = g_get_monotonic_time();

    memset(piece, 'x', PIECE);
    for (gint64 left = size; left > 0; left -= PIECE)
        if (fd < 0 || write(fd, piece, (gsize) MIN(left, PIECE)) < 0)
            g_error("write: %s", g_strerror(errno));
    if (fdatasync(fd) < 0)
        g_error("fdatasync: %s", g_strerror(errno));
    g_print("%.1f\n", (double) size / (double) (g_get_monotonic_time() - begin));
    close(fd);
    g_unlink(path);
    return 0;
}
