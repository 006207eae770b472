/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.c: `lthub plugin test`: the cases of a folder against a plugin as it was built, installed or not; for whoever writes one. */
#include <string.h>
#include <unistd.h>

#include "base/language.h"
#include "cli/cases.h"
#include "cli/commands.h"

#define CONF "endpoint.conf"

/* The section under test: endpoint.conf of the folder, or nothing but the plugin. */
static LtSettings *
load_section(const char *folder, const char *plugin, char **name, GError **error)
{
    g_autofree char *conf = g_build_filename(folder, CONF, NULL);
    gboolean there = g_file_test(conf, G_FILE_TEST_EXISTS);
    g_autoptr(LtSettings) settings = there ? lt_settings_load(conf, error) : lt_settings_parse("[endpoint test]\n", conf, error);

    for (guint i = 0; settings != NULL && i < lt_settings_get_n_sections(settings); i++) {
        LtSection *section = lt_settings_get_section(settings, i);

        if (strcmp(lt_section_get_kind(section), "endpoint") != 0 || lt_section_get_name(section) == NULL)
            continue;
        *name = g_strdup(lt_section_get_name(section));
        return lt_settings_with(settings, "endpoint", *name, "plugin", plugin);
    }
    if (settings != NULL)
        lt_error_set(error, LT_ERROR_CONFIG, "config", "%s: needs a section [endpoint NAME]", conf);
    return NULL;
}

static char *
plugin_name(const char *path, GError **error)
{
    g_autofree char *base = g_path_get_basename(path);

    if (g_str_has_suffix(base, ".so") && strlen(base) > strlen(".so"))
        return g_strndup(base, strlen(base) - strlen(".so"));
    lt_error_set(error, LT_ERROR_CONFIG, "usage", "%s is not the file of a plugin: NAME.so", path);
    return NULL;
}

static int
run_test(gpointer options, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_path_get_dirname(arguments[1]);
    g_autofree char *plugin = plugin_name(arguments[1], &error);
    g_autofree char *name = NULL;
    g_autoptr(LtSettings) settings = plugin != NULL ? load_section(arguments[0], plugin, &name, &error) : NULL;
    g_autoptr(GPtrArray) cases = settings != NULL ? lt_cases_list(arguments[0], &error) : NULL;
    g_autoptr(LtLoader) loader = lt_loader_new(folder);
    g_autoptr(LtLinkThread) thread = cases != NULL ? lt_link_thread_new(&error) : NULL;
    LtCaseRun run = { .terminal = terminal, .shared = { loader, thread, NULL }, .settings = settings, .endpoint = name, .twisted = TRUE };

    (void) options;
    if (thread == NULL || lt_loader_get(loader, plugin, NULL, &error) == NULL)
        return lt_command_fail(terminal, error);
    if (!lt_case_run_all(&run, cases, arguments + 2))
        _exit(lt_case_run_end(&run));
    return lt_case_run_end(&run);
}

static const LtVerb verbs[] = {
    { .name = "test", .arguments = "FOLDER PLUGIN.so [CASE…]", .min_arguments = 2, .max_arguments = 64,
      .summary = "Runs the cases of a folder against a plugin and prints TAP",
      .description = "Each case is files: a message in, the requests that are expected, the replies that are given, the outcome that is expected. Every case that\n"
                     "exchanges something is also run with the link failing: delivered twice, cancelled, no answer in time, cut off, half of the\n"
                     "answer, an answer too large. FOLDER/endpoint.conf holds the section [endpoint NAME] that the plugin is opened with.",
      .examples = "lthub plugin test cases build/journal.so\nlthub plugin test cases build/journal.so one-message", .run = run_test },
    { 0 },
};

const LtCommand lt_command_plugin = { "plugin", "tests a plugin", verbs };
