/* SPDX-License-Identifier: Apache-2.0 */
/* help.c: help for people on a terminal. Man pages and completion, which are printed from the same rows, are in manual.c. */
#include "cli/help.h"

#include <string.h>

#include "base/language.h"

static char *
option_label(const LtKey *key)
{
    g_autofree char *name = g_strdelimit(g_strdup(key->name), "_", '-');

    if (key->type == LT_KEY_BOOLEAN)
        return g_strdup_printf("--%s", name);
    if (key->type == LT_KEY_CHOICE)
        return g_strdup_printf("--%s %s", name, key->range);
    return g_strdup_printf("--%s %s", name,
                           key->type == LT_KEY_NUMBER     ? "N"
                           : key->type == LT_KEY_PATH     ? "FILE"
                           : key->type == LT_KEY_URL      ? "URL"
                           : key->type == LT_KEY_DURATION ? "TIME"
                           : key->type == LT_KEY_BYTES    ? "SIZE"
                                                          : "VALUE");
}

static void
print_options(const LtKey *keys)
{
    for (const LtKey *key = keys; key != NULL && key->name != NULL; key++) {
        g_autofree char *label = option_label(key);

        g_print("  %-26s %s", label, _(key->help));
        if (key->preset == NULL)
            g_print(_(" (required)"));
        else if (key->preset[0] != '\0' && key->type != LT_KEY_BOOLEAN)
            g_print(_(" (default: %s)"), key->preset);
        g_print("\n");
    }
}

void
lt_help_program(const LtCommand *const *commands)
{
    g_print(_("Usage: lthub COMMAND [VERB] [OPTIONS] [ARGUMENTS]\n\n"
              "The bridge that carries signed dossiers between commune, district and province systems.\n\nCommands:\n"));
    for (const LtCommand *const *command = commands; *command != NULL; command++)
        g_print("  %-10s %s\n", (*command)->name, _((*command)->summary));
    g_print(_("\nEvery command has --help with examples, and a man page: man lthub-COMMAND.\n"
              "Exit codes: 0 done or valid, 1 a check failed, 2 wrong usage, 3 incomplete, 4 cannot read or write.\n"));
}

void
lt_help_command(const LtCommand *command)
{
    g_print(_("Usage: lthub %s VERB [OPTIONS] [ARGUMENTS]\n\n%s.\n\nVerbs:\n"), command->name, _(command->summary));
    for (const LtVerb *verb = command->verbs; verb->name != NULL; verb++) {
        g_autofree char *label = g_strdup_printf("%s %s", verb->name, verb->arguments);

        g_print("  %-26s %s\n", g_strstrip(label), _(verb->summary));
    }
    g_print(_("\nTry 'lthub %s VERB --help'.\n"), command->name);
}

void
lt_help_verb(const LtCommand *command, const LtVerb *verb)
{
    g_autofree char *name = verb->name[0] == '\0' ? g_strdup(command->name) : g_strjoin(" ", command->name, verb->name, NULL);

    g_print(_("Usage: lthub %s%s%s%s\n\n%s.\n"), name, verb->options != NULL ? _(" [OPTIONS]") : "", verb->arguments[0] == '\0' ? "" : " ", verb->arguments,
            _(verb->summary));
    if (verb->description != NULL)
        g_print("\n%s\n", _(verb->description));
    if (verb->options != NULL) {
        g_print(_("\nOptions:\n"));
        print_options(verb->options);
    }
    g_print(_("\nCommon options:\n"));
    print_options(lt_command_common_options());
    if (verb->examples != NULL) {
        g_auto(GStrv) lines = g_strsplit(verb->examples, "\n", -1);

        g_print(_("\nExamples:\n"));
        for (char **line = lines; *line != NULL; line++) {
            if ((*line)[0] != '\0')
                g_print("  %s\n", *line);
        }
    }
}
