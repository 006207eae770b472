/* SPDX-License-Identifier: Apache-2.0 */
/* command.h: subcommands as rows. One file per command exports its row; options are declared by the same rows as settings, so that parsing, --help, the man
 * pages and the shell completion come from one place. */
#pragma once

#include <lienthong/settings.h>

/* Exit codes, the same for all commands (audit-log.md §16). */
enum { LT_EXIT_OK = 0, LT_EXIT_FAILED = 1, LT_EXIT_USAGE = 2, LT_EXIT_INCOMPLETE = 3, LT_EXIT_IO = 4 };

/* Where a command writes. */
typedef struct {
    gboolean json;        /* --json: one JSON object per line */
    gboolean terminal;    /* stdout is one: colours and progress are allowed */
    const char *language; /* "vi" or "en" */
    const char *config;   /* --config FILE, or $LTHUB_CONFIG, or /etc/lthub/lthub.conf */
} LtTerminal;

typedef struct {
    const char *name;        /* "check", or two words as "key add"; "" for a command without verbs */
    const char *arguments;   /* "FILE…", or "" */
    guint min_arguments, max_arguments;
    const char *summary;     /* one line */
    const char *description; /* paragraphs */
    const char *examples;    /* lines: command, then `# what it does` */
    const LtKey *options;    /* --name VALUE (`_` written `-`); a LT_BOOLEAN is a flag; nullable */
    gsize options_size;
    int (*run)(gpointer options, char **arguments, const LtTerminal *terminal);
} LtVerb;

typedef struct {
    const char *name;
    const char *summary;
    const LtVerb *verbs;     /* ended by name NULL */
} LtCommand;

/** lt_command_main: finds command and verb, fills the options, runs; --help on every level, --version, global --json --lang --config */
int lt_command_main(const LtCommand *const *commands, int argc, char **argv);
/** lt_command_fail: prints `lthub: MESSAGE [reason]` (or JSON) on stderr. Returns the exit code that fits the error */
int lt_command_fail(const LtTerminal *terminal, const GError *error);

/* A progress line on a terminal, nothing elsewhere. */
typedef struct { const LtTerminal *terminal; const char *what; gint64 shown_us; } LtProgress;
void lt_progress_show(LtProgress *self, guint64 done, guint64 total);
void lt_progress_end(LtProgress *self);
