/* SPDX-License-Identifier: Apache-2.0 */
/* language.c: chooses the catalogue and finds it beside the program. */
#include "base/language.h"

#include <locale.h>

static const char *
language_of_variables(void)
{
    static const char *const variables[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
        const char *value = g_getenv(variables[i]);

        if (value != NULL && value[0] != '\0')
            return g_str_has_prefix(value, "vi") ? "vi" : "en";
    }
    return "en";
}

char *
lt_language_folder(void)
{
    const char *asked = g_getenv("LTHUB_DATADIR");
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = program == NULL ? g_strdup(".") : g_path_get_dirname(program);
    g_autofree char *unbuilt = g_build_filename(folder, "po", NULL);

    if (asked != NULL)
        return g_build_filename(asked, "locale", NULL);
    if (g_file_test(unbuilt, G_FILE_TEST_IS_DIR))
        return g_steal_pointer(&unbuilt);
    return g_build_filename(folder, "..", "share", "locale", NULL);
}

const char *
lt_language_choose(const char *wanted)
{
    const char *language = wanted != NULL ? wanted : language_of_variables();
    g_autofree char *folder = lt_language_folder();

    /* gettext looks at LANGUAGE only in a locale that is not "C"; C.UTF-8 exists on every Debian. */
    setlocale(LC_ALL, "C.UTF-8");
    g_setenv("LANGUAGE", language, TRUE);
    bindtextdomain("lthub", folder);
    bind_textdomain_codeset("lthub", "UTF-8");
    textdomain("lthub");
    return g_str_equal(language, "vi") ? "vi" : "en";
}
