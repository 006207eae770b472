/* SPDX-License-Identifier: Apache-2.0 */
/* test-language.c: the variables decide, --lang wins, and the catalogue is found whether or not the locale exists. */
#include "base/language.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <unistd.h>

typedef struct {
    const char *name;
    const char *lc_all, *lc_messages, *lang; /* NULL: not set */
    const char *wanted;
    const char *language;
} Case;

static const Case cases[] = {
    { "nothing-set-is-english", NULL, NULL, NULL, NULL, "en" },
    { "lang", NULL, NULL, "vi_VN.UTF-8", NULL, "vi" },
    { "lang-of-a-locale-that-is-not-generated", NULL, NULL, "vi_VN.TCVN", NULL, "vi" },
    { "the-bare-word", NULL, NULL, "vi", NULL, "vi" },
    { "lc-messages-before-lang", NULL, "vi_VN.UTF-8", "en_US.UTF-8", NULL, "vi" },
    { "lc-all-before-lc-messages", "C.UTF-8", "vi_VN.UTF-8", "vi_VN.UTF-8", NULL, "en" },
    { "empty-ones-are-passed-over", "", "", "vi_VN.UTF-8", NULL, "vi" },
    { "another-language-is-english", NULL, NULL, "fr_FR.UTF-8", NULL, "en" },
    { "the-option-wins-over-english", NULL, NULL, "en_US.UTF-8", "vi", "vi" },
    { "the-option-wins-over-vietnamese", "vi_VN.UTF-8", NULL, NULL, "en", "en" },
};

static void
set(const char *variable, const char *value)
{
    if (value != NULL)
        g_setenv(variable, value, TRUE);
    else
        g_unsetenv(variable);
}

static void
test_choice(gconstpointer data)
{
    const Case *row = data;
    gboolean is_vietnamese = g_str_equal(row->language, "vi");

    set("LC_ALL", row->lc_all);
    set("LC_MESSAGES", row->lc_messages);
    set("LANG", row->lang);
    g_assert_cmpstr(lt_language_choose(row->wanted), ==, row->language);
    g_assert_cmpstr(_("VERDICT: VALID"), ==, is_vietnamese ? "KẾT LUẬN: HỢP LỆ" : "VERDICT: VALID");
}

/* Catalogues of the build folder, as they lie in an installed tree. */
static char *
link_catalogues(void)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = g_path_get_dirname(program);
    g_autofree char *built = g_canonicalize_filename("../../hub/po", folder);
    char *data = g_dir_make_tmp("lthub-language-XXXXXX", NULL);
    g_autofree char *locale = g_build_filename(data, "locale", NULL);

    g_assert_true(g_file_test(built, G_FILE_TEST_IS_DIR));
    g_assert_cmpint(symlink(built, locale), ==, 0);
    return data;
}

int
main(int argc, char **argv)
{
    g_autofree char *data = link_catalogues();
    g_autofree char *locale = g_build_filename(data, "locale", NULL);
    int status;

    g_test_init(&argc, &argv, NULL);
    g_setenv("LTHUB_DATADIR", data, TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/language/", cases[i].name, NULL);

        g_test_add_data_func(path, &cases[i], test_choice);
    }
    status = g_test_run();
    g_unlink(locale);
    g_rmdir(data);
    return status;
}
