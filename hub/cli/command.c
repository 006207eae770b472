/* SPDX-License-Identifier: Apache-2.0 */
/* command.c: finds the command and the verb, fills the options, runs.
 *
 * Everything a person or a shell needs to know of a command stands in its rows: help, man pages and the shell
 * completion are printed from them (see help.c), so they cannot disagree with what is parsed here.
 */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/language.h"
#include "base/settings.h"
#include "base/value.h"
#include "cli/help.h"

/* Options that every command takes. */
typedef struct {
    gboolean json;
    gboolean help;
    char *lang;
    char *config;
} Common;

static const LtKey common_keys[] = {
    LT_BOOLEAN(Common, json, "false", "print one JSON object per line"),
    LT_BOOLEAN(Common, help, "false", "show this help"),
    LT_CHOICE(Common, lang, "", "vi|en", "language of texts for people"),
    LT_STRING(Common, config, "", "configuration file (default: $LTHUB_CONFIG, else /etc/lthub/lthub.conf)"),
    LT_KEYS_END,
};

const LtKey *
lt_command_common_options(void)
{
    return common_keys;
}

static gboolean
option_matches(const LtKey *key, const char *text, gsize length)
{
    if (strlen(key->name) != length)
        return FALSE;
    for (gsize i = 0; i < length; i++) {
        if (text[i] != (key->name[i] == '_' ? '-' : key->name[i]))
            return FALSE;
    }
    return TRUE;
}

static const LtKey *
find_option(const LtKey *keys, const char *text, gsize length)
{
    for (const LtKey *key = keys; key != NULL && key->name != NULL; key++) {
        if (option_matches(key, text, length))
            return key;
    }
    return NULL;
}

/* An option may be given more than once when it is a list: the values are joined. */
static gboolean
set_option(const LtKey *key, gpointer object, const char *text, GError **error)
{
    g_autofree char *joined = NULL;

    if (key->type == LT_KEY_LIST) {
        char **before = G_STRUCT_MEMBER(char **, object, key->offset);
        g_autofree char *head = before == NULL ? NULL : g_strjoinv(";", before);

        joined = head == NULL ? g_strdup(text) : g_strjoin(";", head, text, NULL);
        text = joined;
    }
    return lt_key_set(key, object, text, NULL, error);
}

static gboolean
set_presets(const LtKey *keys, gpointer object, GError **error)
{
    for (const LtKey *key = keys; key != NULL && key->name != NULL; key++) {
        if (key->preset != NULL && key->preset[0] != '\0' && !lt_key_set(key, object, key->preset, NULL, error))
            return FALSE;
    }
    return TRUE;
}

/* Takes `--name value`, `--name=value`, `--flag`, `--no-flag`; everything else is an argument. */
typedef struct {
    const LtVerb *verb;
    gpointer options;
    Common *common;
    GPtrArray *arguments;
    GHashTable *given; /* of LtKey * */
} Parse;

static gboolean
parse_option(Parse *parse, char **argv, int *at, GError **error)
{
    const char *text = argv[*at] + 2;
    gsize length = strcspn(text, "=");
    const char *value = text[length] == '=' ? text + length + 1 : NULL;
    gpointer object = parse->options;
    const LtKey *key = find_option(parse->verb->options, text, length);

    if (key == NULL) {
        object = parse->common;
        key = find_option(common_keys, text, length);
    }
    if (key == NULL && length > 3 && g_str_has_prefix(text, "no-")) {
        object = parse->options;
        key = find_option(parse->verb->options, text + 3, length - 3);
        if (key != NULL && key->type == LT_KEY_BOOLEAN && value == NULL) {
            g_hash_table_add(parse->given, (gpointer) key);
            return lt_key_set(key, object, "false", NULL, error);
        }
        key = NULL;
    }
    if (key == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "usage", _("no option '--%.*s'"), (int) length, text);
        return FALSE;
    }
    if (value == NULL && key->type == LT_KEY_BOOLEAN)
        value = "true";
    if (value == NULL)
        value = argv[++*at];
    if (value == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "usage", _("option '--%.*s' needs a value"), (int) length, text);
        return FALSE;
    }
    g_hash_table_add(parse->given, (gpointer) key);
    if (set_option(key, object, value, error))
        return TRUE;
    g_prefix_error(error, "--");
    return FALSE;
}

static gboolean
parse_arguments(Parse *parse, char **argv, GError **error)
{
    gboolean only_arguments = FALSE;

    for (int at = 0; argv[at] != NULL; at++) {
        if (!only_arguments && strcmp(argv[at], "--") == 0) {
            only_arguments = TRUE;
        } else if (!only_arguments && strcmp(argv[at], "-h") == 0) {
            parse->common->help = TRUE;
        } else if (!only_arguments && strcmp(argv[at], "-o") == 0 && find_option(parse->verb->options, "output", 6) != NULL) {
            char name[] = "--output", *pair[] = { name, argv[at + 1], NULL };
            int first = 0;

            if (!parse_option(parse, pair, &first, error))
                return FALSE;
            at++;
        } else if (!only_arguments && g_str_has_prefix(argv[at], "--")) {
            if (!parse_option(parse, argv, &at, error))
                return FALSE;
        } else {
            g_ptr_array_add(parse->arguments, argv[at]);
        }
    }
    return TRUE;
}

static gboolean
check_given(const Parse *parse, GError **error)
{
    guint n = parse->arguments->len;

    if (n < parse->verb->min_arguments) {
        lt_error_set(error, LT_ERROR_CONFIG, "usage", _("needs %s"), parse->verb->arguments);
        return FALSE;
    }
    if (n > parse->verb->max_arguments) {
        lt_error_set(error, LT_ERROR_CONFIG, "usage", _("does not know what to do with '%s'"),
                     (const char *) parse->arguments->pdata[parse->verb->max_arguments]);
        return FALSE;
    }
    for (const LtKey *key = parse->verb->options; key != NULL && key->name != NULL; key++) {
        if (key->preset == NULL && !g_hash_table_contains(parse->given, key)) {
            g_autofree char *name = g_strdelimit(g_strdup(key->name), "_", '-');

            lt_error_set(error, LT_ERROR_CONFIG, "usage", _("needs --%s: %s"), name, key->help);
            return FALSE;
        }
    }
    return TRUE;
}

static int
usage_error(const LtCommand *command, const LtVerb *verb, const GError *error)
{
    g_printerr("lthub %s%s%s: %s\n", command->name, verb->name[0] == '\0' ? "" : " ", verb->name, error->message);
    g_printerr(_("Try 'lthub %s%s%s --help'.\n"), command->name, verb->name[0] == '\0' ? "" : " ", verb->name);
    return LT_EXIT_USAGE;
}

static const char *
config_path(const Common *common)
{
    const char *path = common->config != NULL ? common->config : g_getenv("LTHUB_CONFIG");

    return path != NULL ? path : "/etc/lthub/lthub.conf";
}

static int
run_parsed(const LtCommand *command, const LtVerb *verb, Parse *parse, char **argv)
{
    g_autoptr(GError) error = NULL;
    LtTerminal terminal = { 0 };

    if (!set_presets(common_keys, parse->common, &error) || !set_presets(verb->options, parse->options, &error) ||
        !parse_arguments(parse, argv, &error)) {
        lt_language_choose(parse->common->lang);
        return usage_error(command, verb, error);
    }
    terminal.json = parse->common->json;
    terminal.terminal = isatty(STDOUT_FILENO) && !terminal.json;
    terminal.language = lt_language_choose(parse->common->lang);
    terminal.config = config_path(parse->common);
    if (parse->common->help) {
        lt_help_verb(command, verb);
        return LT_EXIT_OK;
    }
    if (!check_given(parse, &error))
        return usage_error(command, verb, error);
    g_ptr_array_add(parse->arguments, NULL);
    return verb->run(parse->options, (char **) parse->arguments->pdata, &terminal);
}

static int
run_verb(const LtCommand *command, const LtVerb *verb, char **argv)
{
    g_autofree gpointer options = g_malloc0(MAX(verb->options_size, 1));
    g_autoptr(GPtrArray) arguments = g_ptr_array_new();
    g_autoptr(GHashTable) given = g_hash_table_new(NULL, NULL);
    Common common = { 0 };
    Parse parse = { verb, options, &common, arguments, given };
    int code = run_parsed(command, verb, &parse, argv);

    if (verb->options != NULL)
        lt_keys_clear(verb->options, options);
    lt_keys_clear(common_keys, &common);
    return code;
}

static const LtVerb *
find_verb(const LtCommand *command, const char *name)
{
    for (const LtVerb *verb = command->verbs; verb->name != NULL; verb++) {
        if (strcmp(verb->name, name) == 0)
            return verb;
    }
    return NULL;
}

static int
run_command(const LtCommand *command, char **argv)
{
    const LtVerb *only = find_verb(command, "");
    const LtVerb *verb = argv[0] == NULL ? NULL : find_verb(command, argv[0]);
    g_autofree char *pair = argv[0] == NULL || argv[1] == NULL ? NULL : g_strjoin(" ", argv[0], argv[1], NULL);
    const LtVerb *verb_of_two = pair == NULL ? NULL : find_verb(command, pair);

    if (verb_of_two != NULL)
        return run_verb(command, verb_of_two, argv + 2);
    if (verb != NULL && verb != only)
        return run_verb(command, verb, argv + 1);
    if (only != NULL)
        return run_verb(command, only, argv);
    lt_language_choose(NULL);
    if (argv[0] == NULL || strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) {
        lt_help_command(command);
        return argv[0] == NULL ? LT_EXIT_USAGE : LT_EXIT_OK;
    }
    g_printerr(_("lthub %s: no verb '%s'. Try 'lthub %s --help'.\n"), command->name, argv[0], command->name);
    return LT_EXIT_USAGE;
}

int
lt_command_main(const LtCommand *const *commands, int argc, char **argv)
{
    (void) argc;
    for (const LtCommand *const *command = commands; *command != NULL && argv[1] != NULL; command++) {
        if (strcmp((*command)->name, argv[1]) == 0)
            return run_command(*command, argv + 2);
    }
    lt_language_choose(NULL);
    if (argv[1] != NULL && strcmp(argv[1], "help") == 0 && argv[2] != NULL) {
        char option[] = "--help", *asked[] = { argv[0], argv[2], option, NULL };

        return lt_command_main(commands, 3, asked);
    }
    if (argv[1] != NULL && strcmp(argv[1], "--version") == 0) {
        g_print("lthub %s\n", LT_VERSION);
        return LT_EXIT_OK;
    }
    if (argv[1] != NULL && strcmp(argv[1], "--print-manual") == 0 && argv[2] != NULL)
        return lt_help_print_manual(commands, argv[2]) ? LT_EXIT_OK : LT_EXIT_USAGE;
    if (argv[1] != NULL && strcmp(argv[1], "--print-completion") == 0) {
        lt_help_print_completion(commands);
        return LT_EXIT_OK;
    }
    if (argv[1] == NULL || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        lt_help_program(commands);
        return argv[1] == NULL ? LT_EXIT_USAGE : LT_EXIT_OK;
    }
    g_printerr(_("lthub: no command '%s'. Try 'lthub --help'.\n"), argv[1]);
    return LT_EXIT_USAGE;
}

int
lt_command_fail(const LtTerminal *terminal, const GError *error)
{
    const char *reason = lt_error_get_reason(error);

    if (terminal->json) {
        g_autoptr(GString) line = g_string_new("{");

        lt_json_append_member(line, "error", reason);
        lt_json_append_member(line, "text", error->message);
        g_printerr("%s}\n", line->str);
    } else {
        g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);

        for (guint i = 0; lines[i] != NULL; i++) {
            g_autofree char *text = lt_escape_for_log(lines[i]);

            g_printerr(i == 0 ? "lthub: %s [%s]\n" : "%s\n", text, reason);
        }
    }
    if (strcmp(reason, "usage") == 0)
        return LT_EXIT_USAGE;
    if (error->domain == LT_ERROR && (error->code == LT_ERROR_UNAVAILABLE || error->code == LT_ERROR_INTERNAL || error->code == LT_ERROR_CONFIG))
        return LT_EXIT_IO;
    return LT_EXIT_FAILED;
}
