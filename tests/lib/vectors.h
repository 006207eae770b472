/* SPDX-License-Identifier: Apache-2.0 */
/* vectors.h: where the test vectors of others lie, and what a test does without them.
 *
 * The folder is $LTHUB_VECTORS, else ../shared/vectors beside the checkout. A test that needs it begins with
 * `if (vectors_missing()) return;`: it is then skipped in one visible line and never passes silently.
 */
#pragma once

#include <glib.h>

G_GNUC_UNUSED static char *
vectors_path(const char *name)
{
    const char *folder = g_getenv("LTHUB_VECTORS"), *source = g_getenv("LTHUB_SOURCE");

    if (folder != NULL && *folder != '\0')
        return g_build_filename(folder, name, NULL);
    return g_build_filename(source != NULL ? source : ".", "..", "shared", "vectors", name, NULL);
}

G_GNUC_UNUSED static gboolean
vectors_missing(void)
{
    g_autofree char *folder = vectors_path("");

    if (g_file_test(folder, G_FILE_TEST_IS_DIR))
        return FALSE;
    g_test_skip("vectors: ../shared/vectors not found");
    return TRUE;
}

G_GNUC_UNUSED static GBytes *
vectors_load(const char *name)
{
    g_autofree char *path = vectors_path(name);
    g_autoptr(GError) error = NULL;
    char *text = NULL;
    gsize size = 0;

    g_file_get_contents(path, &text, &size, &error);
    g_assert_no_error(error);
    return g_bytes_new_take(text, size);
}

/* As text that may be used with string functions; the NUL after it is not part of the file. */
G_GNUC_UNUSED static char *
vectors_load_text(const char *name)
{
    g_autofree char *path = vectors_path(name);
    g_autoptr(GError) error = NULL;
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    return text;
}

/* Names, below the folder of the vectors, of the files of one folder and its folders that end in @suffix; sorted. */
G_GNUC_UNUSED static void
vectors_collect(GPtrArray *names, const char *folder, const char *suffix)
{
    g_autofree char *path = vectors_path(folder);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *below = g_build_filename(folder, name, NULL);
        g_autofree char *full = vectors_path(below);

        if (g_file_test(full, G_FILE_TEST_IS_DIR))
            vectors_collect(names, below, suffix);
        else if (g_str_has_suffix(name, suffix))
            g_ptr_array_add(names, g_steal_pointer(&below));
    }
}

G_GNUC_UNUSED static gint
vectors_compare(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(*(const char *const *) a, *(const char *const *) b);
}

G_GNUC_UNUSED static GPtrArray *
vectors_list(const char *folder, const char *suffix)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    vectors_collect(names, folder, suffix);
    g_ptr_array_sort(names, vectors_compare);
    g_assert_cmpuint(names->len, >, 0);
    return names;
}
