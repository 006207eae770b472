/* SPDX-License-Identifier: Apache-2.0 */
/* manual.c: man pages (roff) and the bash completion, printed from the rows of the commands at build time. */
#include "cli/help.h"

#include <string.h>

static void
print_roff(const char *text)
{
    gboolean line_start = TRUE;

    for (const char *c = text; *c != '\0'; c++) {
        if (line_start && (*c == '.' || *c == '\''))
            g_print("\\&");
        if (*c == '\\')
            g_print("\\e");
        else if (*c == '-')
            g_print("\\-");
        else
            g_print("%c", *c);
        line_start = *c == '\n';
    }
}

static void
print_manual_options(const LtKey *keys)
{
    for (const LtKey *key = keys; key != NULL && key->name != NULL; key++) {
        g_autofree char *name = g_strdelimit(g_strdup(key->name), "_", '-');

        g_print(".TP\n\\fB");
        print_roff("--");
        print_roff(name);
        g_print("\\fR%s", key->type == LT_KEY_BOOLEAN ? "" : " ");
        if (key->type == LT_KEY_CHOICE)
            print_roff(key->range);
        else if (key->type != LT_KEY_BOOLEAN)
            g_print("\\fIVALUE\\fR");
        g_print("\n");
        print_roff(key->help);
        if (key->preset == NULL)
            g_print(". Required");
        else if (key->preset[0] != '\0' && key->type != LT_KEY_BOOLEAN) {
            g_print(". Default: ");
            print_roff(key->preset);
        }
        g_print(".\n");
    }
}

static void
print_manual_verb(const LtCommand *command, const LtVerb *verb)
{
    g_print(".SS lthub %s %s %s\n", command->name, verb->name, verb->arguments);
    print_roff(verb->summary);
    g_print(".\n");
    if (verb->description != NULL) {
        g_print(".PP\n");
        print_roff(verb->description);
        g_print("\n");
    }
    print_manual_options(verb->options);
    if (verb->examples != NULL) {
        g_print(".PP\nExamples:\n.PP\n.nf\n.RS\n");
        print_roff(verb->examples);
        g_print("%s.RE\n.fi\n", g_str_has_suffix(verb->examples, "\n") ? "" : "\n");
    }
}

static void
print_manual_end(void)
{
    g_print(".SH COMMON OPTIONS\n");
    print_manual_options(lt_command_common_options());
    g_print(".SH EXIT STATUS\n.TP\n0\ndone or valid\n.TP\n1\na check failed; a code says which\n.TP\n2\nwrong usage\n"
            ".TP\n3\nincomplete: nothing failed, but a trust anchor, CRL, quorum or content is absent\n.TP\n4\ncannot read or write\n"
            ".SH ENVIRONMENT\n.TP\nLTHUB_CONFIG\nthe configuration file when \\fB\\-\\-config\\fR is not given\n"
            ".TP\nLC_ALL, LC_MESSAGES, LANG\nVietnamese when the first one set starts with vi, else English\n");
}

static void
print_manual_program(const LtCommand *const *commands)
{
    g_print(".TH LTHUB 8 \"\" \"lthub %s\" \"Lienthong Hub\"\n.SH NAME\nlthub \\- carries signed dossiers between the systems of offices\n"
            ".SH SYNOPSIS\n.B lthub\n.I COMMAND\n[\\fIVERB\\fR] [\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]\n.SH COMMANDS\n",
            LT_VERSION);
    for (const LtCommand *const *command = commands; *command != NULL; command++) {
        g_print(".TP\n\\fB%s\\fR\n", (*command)->name);
        print_roff((*command)->summary);
        g_print("; see \\fBlthub\\-%s\\fR(8)\n", (*command)->name);
    }
    print_manual_end();
}

gboolean
lt_help_print_manual(const LtCommand *const *commands, const char *name)
{
    if (strcmp(name, "lthub") == 0) {
        print_manual_program(commands);
        return TRUE;
    }
    for (const LtCommand *const *command = commands; *command != NULL; command++) {
        g_autofree char *page = g_strconcat("lthub-", (*command)->name, NULL);

        if (strcmp(page, name) != 0)
            continue;
        g_print(".TH \"%s\" 8 \"\" \"lthub %s\" \"Lienthong Hub\"\n.SH NAME\nlthub\\-%s \\- ", page, LT_VERSION, (*command)->name);
        print_roff((*command)->summary);
        g_print("\n.SH SYNOPSIS\n");
        for (const LtVerb *verb = (*command)->verbs; verb->name != NULL; verb++)
            g_print(".B lthub %s %s\n[\\fIOPTIONS\\fR] %s\n.br\n", (*command)->name, verb->name, verb->arguments);
        g_print(".SH DESCRIPTION\n");
        for (const LtVerb *verb = (*command)->verbs; verb->name != NULL; verb++)
            print_manual_verb(*command, verb);
        print_manual_end();
        g_print(".SH SEE ALSO\n\\fBlthub\\fR(8)\n");
        return TRUE;
    }
    return FALSE;
}

static void
print_completion_verb(const LtCommand *command, const LtVerb *verb)
{
    g_print("    '%s %s') words='--help --json --lang --config", command->name, verb->name);
    for (const LtKey *key = verb->options; key != NULL && key->name != NULL; key++) {
        g_autofree char *option = g_strdelimit(g_strdup(key->name), "_", '-');

        g_print(" --%s", option);
    }
    g_print("' ;;\n");
}

void
lt_help_print_completion(const LtCommand *const *commands)
{
    g_print("# bash completion for lthub; printed from the table of commands\n_lthub() {\n"
            "  local word=${COMP_WORDS[COMP_CWORD]} words=\n  if [ \"$COMP_CWORD\" = 1 ]; then\n    words='");
    for (const LtCommand *const *command = commands; *command != NULL; command++)
        g_print("%s ", (*command)->name);
    g_print("'\n  elif [ \"$COMP_CWORD\" = 2 ]; then\n    case \"${COMP_WORDS[1]}\" in\n");
    for (const LtCommand *const *command = commands; *command != NULL; command++) {
        g_print("    %s) words='", (*command)->name);
        for (const LtVerb *verb = (*command)->verbs; verb->name != NULL; verb++)
            g_print("%s ", verb->name);
        g_print("--help' ;;\n");
    }
    g_print("    esac\n  else\n    case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n");
    for (const LtCommand *const *command = commands; *command != NULL; command++) {
        for (const LtVerb *verb = (*command)->verbs; verb->name != NULL; verb++)
            print_completion_verb(*command, verb);
    }
    g_print("    esac\n  fi\n  # shellcheck disable=SC2207\n  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
            "  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$word\"))\n}\ncomplete -F _lthub lthub\n");
}
