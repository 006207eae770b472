/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c: a plain main() for a fuzz target: runs every file of the folders given, and cut and bent forms of each.
 *
 * So the corpus is an ordinary test wherever there is no libFuzzer. The bent forms are few and always the same.
 */
#include "fuzz.h"

/* An input that takes longer is a fault: the limit of security.md §6, generous for sanitizers and valgrind. */
#define MAX_INPUT_US (5 * G_USEC_PER_SEC)

static void
run(const guint8 *data, gsize size)
{
    gint64 begin = g_get_monotonic_time();
    guint8 *exact = g_malloc(MAX(size, 1)); /* its own block: reading beyond the end is found */

    if (size > 0)
        memcpy(exact, data, size);
    LLVMFuzzerTestOneInput(exact, size);
    g_free(exact);
    FUZZ_CHECK(g_get_monotonic_time() - begin < MAX_INPUT_US);
}

static void
run_bent(const guint8 *data, gsize size)
{
    static const guint8 strange[] = { 0x00, 0x0a, 0x22, 0x7f, 0x80, 0xff };
    gsize step = size / 64 + 1;
    g_autofree guint8 *copy = g_malloc(size + 1);

    for (gsize at = 0; at < size; at += step) {
        run(data, at);
        memcpy(copy, data, size);
        copy[at] ^= 1 << (at % 8);
        run(copy, size);
        copy[at] = strange[at % sizeof strange];
        run(copy, size);
    }
    memcpy(copy, data, size);
    copy[size] = 0x20;
    run(copy, size + 1);
}

static guint
run_folder(const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name;
    guint n = 0;

    FUZZ_CHECK(folder != NULL);
    while ((name = g_dir_read_name(folder)) != NULL) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_autofree char *data = NULL;
        gsize size;

        FUZZ_CHECK(g_file_get_contents(file, &data, &size, NULL));
        g_print("# %s\n", name);
        run((const guint8 *) data, size);
        run_bent((const guint8 *) data, size);
        n++;
    }
    return n;
}

int
main(int argc, char **argv)
{
    guint n = 0;

    for (int i = 1; i < argc; i++)
        n += run_folder(argv[i]);
    run(NULL, 0);
    FUZZ_CHECK(n > 0);
    g_print("1..1\nok 1 - %u inputs and their bent forms\n", n);
    return 0;
}
