/* SPDX-License-Identifier: Apache-2.0 */
/* calendar.c: `lthub calendar`: when a promise of so many working minutes is due, for one case or for a file of them. No hub, no store, no
 * configuration: whoever doubts a date can work it out again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "base/settings.h"
#include "base/value.h"
#include "cli/commands.h"
#include "registry/calendar.h"

typedef struct {
    char *calendar, *start, *minutes, *cutoff, *batch;
    char **pause;
} Due;

static const LtKey due_keys[] = {
    LT_PATH(Due, calendar, NULL, "calendar file: hours of the week, holidays, worked days"),
    LT_STRING(Due, start, "", "instant at which the clock starts, RFC 3339, any offset"),
    LT_STRING(Due, minutes, "", "length of the promise in working minutes, 0 to 52596000"),
    LT_LIST(Due, pause, "", "START/END: time that does not count; may be given more than once"),
    LT_STRING(Due, cutoff, "", "HH:MM: a start after it counts from the opening of the next working day"),
    LT_PATH(Due, batch, "", "file of cases, one a line: start, minutes, pauses separated by , or -, cut-off or -, with tabs between"),
    LT_KEYS_END,
};

/* One case as it was written. */
typedef struct {
    const char *start, *minutes, *cutoff; /* cutoff: NULL or "-": none */
    const char *const *pauses;
} Case;

typedef struct {
    gint64 counts_from_us, due_us;
} Answer;

static gboolean
read_instant(const char *text, const char *what, gint64 *at_us, GError **error)
{
    g_autofree char *safe = NULL;

    if (lt_time_read_rfc3339(text, strlen(text), at_us))
        return TRUE;
    safe = lt_escape_for_log(text);
    lt_error_set(error, LT_ERROR_INVALID, "calendar.time", _("%s: \"%s\" is no RFC 3339 time such as 2026-11-23T14:30:00+07:00"), what, safe);
    return FALSE;
}

static gboolean
read_pause(const char *text, LtPause *pause, GError **error)
{
    const char *slash = strchr(text, '/');
    g_autofree char *from = slash != NULL ? g_strndup(text, (gsize) (slash - text)) : NULL;
    g_autofree char *safe = lt_escape_for_log(text);

    if (slash == NULL) {
        lt_error_set(error, LT_ERROR_INVALID, "calendar.pause", _("pause: \"%s\" is not written START/END"), safe);
        return FALSE;
    }
    if (!read_instant(from, "pause", &pause->from_us, error) || !read_instant(slash + 1, "pause", &pause->until_us, error))
        return FALSE;
    if (pause->until_us < pause->from_us)
        lt_error_set(error, LT_ERROR_INVALID, "calendar.pause", _("pause: %s ends before it begins"), safe);
    return pause->until_us >= pause->from_us;
}

static gboolean
read_pauses(const char *const *texts, GArray *pauses, GError **error)
{
    for (; texts != NULL && *texts != NULL; texts++) {
        LtPause pause;

        if (!read_pause(*texts, &pause, error))
            return FALSE;
        g_array_append_val(pauses, pause);
    }
    return TRUE;
}

static gboolean
read_minutes(const char *text, gint64 *length_us, GError **error)
{
    guint64 minutes;
    g_autofree char *safe = NULL;

    if (lt_decimal_read(text, strlen(text), &minutes) && minutes <= 52596000) {
        *length_us = (gint64) minutes * LT_US_PER_MINUTE;
        return TRUE;
    }
    safe = lt_escape_for_log(text);
    lt_error_set(error, LT_ERROR_INVALID, "calendar.minutes", _("minutes: \"%s\" is no whole number from 0 to 52596000"), safe);
    return FALSE;
}

static gboolean
read_cutoff(const char *text, guint *cutoff, GError **error)
{
    g_autofree char *safe = NULL;

    *cutoff = LT_NO_CUTOFF;
    if (text == NULL || strcmp(text, "-") == 0 || (lt_clock_time_read(text, strlen(text), cutoff) && *cutoff < 1440))
        return TRUE;
    safe = lt_escape_for_log(text);
    lt_error_set(error, LT_ERROR_INVALID, "calendar.cutoff", _("cutoff: \"%s\" is no time of day such as 15:00"), safe);
    return FALSE;
}

static gboolean
answer_case(const LtCalendar *calendar, const Case *asked, GArray *pauses, Answer *out, GError **error)
{
    LtTerm term = { 0 };

    g_array_set_size(pauses, 0);
    if (!read_instant(asked->start, "start", &term.start_us, error) || !read_minutes(asked->minutes, &term.length_us, error) ||
        !read_pauses(asked->pauses, pauses, error) || !read_cutoff(asked->cutoff, &term.cutoff, error))
        return FALSE;
    term.pauses = (const LtPause *) (const void *) pauses->data;
    term.n_pauses = pauses->len;
    return lt_calendar_due(calendar, &term, &out->counts_from_us, &out->due_us, error);
}

static void
append_local(GString *out, const char *name, gint64 at_us)
{
    char text[LT_LOCAL_TIME_SIZE];

    lt_time_write_local(at_us, text);
    lt_json_append_member(out, name, text);
}

/* A calendar with faults is a check that failed; one that is not there cannot be read. */
static LtCalendar *
load(const char *path, const LtTerminal *terminal, int *code)
{
    g_autoptr(GError) error = NULL;
    LtCalendar *calendar = lt_calendar_load(path, &error);

    if (calendar == NULL) {
        *code = lt_command_fail(terminal, error);
        if (g_error_matches(error, LT_ERROR, LT_ERROR_CONFIG))
            *code = LT_EXIT_FAILED;
    }
    return calendar;
}

/* What is wrong with what was typed is wrong usage; only a calendar that runs out is a failure. */
static int
fail_case(const LtTerminal *terminal, const GError *error)
{
    lt_command_fail(terminal, error);
    return g_error_matches(error, LT_ERROR, LT_ERROR_INVALID) ? LT_EXIT_USAGE : LT_EXIT_FAILED;
}

static int
run_one(const Due *options, const LtCalendar *calendar, const LtTerminal *terminal)
{
    Case asked = { options->start, options->minutes, options->cutoff, (const char *const *) options->pause };
    g_autoptr(GArray) pauses = g_array_new(FALSE, FALSE, sizeof(LtPause));
    g_autoptr(GString) line = g_string_new("{");
    g_autoptr(GError) error = NULL;
    char text[LT_LOCAL_TIME_SIZE];
    Answer answer;

    if (!answer_case(calendar, &asked, pauses, &answer, &error))
        return fail_case(terminal, error);
    if (terminal->json) {
        append_local(line, "due", answer.due_us);
        append_local(line, "counts_from", answer.counts_from_us);
        g_print("%s}\n", line->str);
    } else {
        lt_time_write_local(answer.due_us, text);
        g_print("%s\n", text);
    }
    return LT_EXIT_OK;
}

/* A batch under way. */
typedef struct {
    const LtCalendar *calendar;
    const LtTerminal *terminal;
    const char *file;
    GArray *pauses;
    GString *out;
    guint line, n_faults;
} Batch;

static gboolean
answer_line(Batch *self, const char *text, Answer *answer, GError **error)
{
    g_auto(GStrv) fields = g_strsplit(text, "\t", 5);
    guint n_fields = g_strv_length(fields);
    g_auto(GStrv) pauses = NULL;
    Case asked = { fields[0], n_fields > 1 ? fields[1] : "", n_fields > 3 ? fields[3] : NULL, NULL };

    if (n_fields < 2 || n_fields > 4) {
        lt_error_set(error, LT_ERROR_INVALID, "calendar.fields", _("a case has start, minutes, pauses or -, cut-off or -, with tabs between; here are %u fields"), n_fields);
        return FALSE;
    }
    if (n_fields > 2 && strcmp(fields[2], "-") != 0 && *fields[2] != '\0')
        pauses = g_strsplit(fields[2], ",", -1);
    asked.pauses = (const char *const *) pauses;
    if (asked.cutoff != NULL && *asked.cutoff == '\0')
        asked.cutoff = NULL;
    return answer_case(self->calendar, &asked, self->pauses, answer, error);
}

static void
report_line(Batch *self, const GError *error)
{
    self->n_faults++;
    if (self->terminal->json) {
        lt_json_append_member(self->out, "error", lt_error_get_reason(error));
        lt_json_append_member(self->out, "text", error->message);
    } else {
        g_autofree char *file = lt_escape_for_log(self->file);

        g_string_append_c(self->out, '-'); /* so that line n of the output stays the answer to case n */
        g_printerr("%s:%u: %s [%s]\n", file, self->line, error->message, lt_error_get_reason(error));
    }
}

static void
run_line(Batch *self, const char *text)
{
    g_autoptr(GError) error = NULL;
    char local[LT_LOCAL_TIME_SIZE];
    Answer answer;

    if (self->terminal->json) {
        g_string_append_c(self->out, '{');
        lt_json_append_integer(self->out, "line", self->line);
    }
    if (!answer_line(self, text, &answer, &error)) {
        report_line(self, error);
    } else if (self->terminal->json) {
        append_local(self->out, "due", answer.due_us);
        append_local(self->out, "counts_from", answer.counts_from_us);
    } else {
        lt_time_write_local(answer.due_us, local);
        g_string_append(self->out, local);
    }
    g_string_append(self->out, self->terminal->json ? "}\n" : "\n");
    if (self->out->len > 60000) {
        fwrite(self->out->str, 1, self->out->len, stdout);
        g_string_truncate(self->out, 0);
    }
}

static int
run_batch(const char *path, const LtCalendar *calendar, const LtTerminal *terminal)
{
    gboolean is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    g_autoptr(GArray) pauses = g_array_new(FALSE, FALSE, sizeof(LtPause));
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    Batch batch = { calendar, terminal, path, pauses, out, 0, 0 };
    char *line = NULL;
    size_t size = 0;
    gboolean broken;

    if (file == NULL) {
        lt_error_set(&error, LT_ERROR_UNAVAILABLE, "calendar.read", _("cannot read the cases of %s: %s"), path, g_strerror(errno));
        return lt_command_fail(terminal, error);
    }
    while (getline(&line, &size, file) >= 0) {
        batch.line++;
        run_line(&batch, g_strchomp(line));
    }
    free(line);
    broken = ferror(file) != 0;
    if (!is_stdin)
        fclose(file);
    fwrite(out->str, 1, out->len, stdout);
    if (fflush(stdout) != 0 || broken)
        return LT_EXIT_IO;
    return batch.n_faults > 0 ? LT_EXIT_FAILED : LT_EXIT_OK;
}

static int
run_due(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Due *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtCalendar) calendar = NULL;
    int code = LT_EXIT_OK;
    gboolean one = options->start != NULL && options->minutes != NULL;

    (void) arguments;
    if (options->batch != NULL ? options->start != NULL || options->minutes != NULL || options->pause != NULL || options->cutoff != NULL : !one) {
        lt_error_set(&error, LT_ERROR_CONFIG, "usage", _("needs --start and --minutes for one case, or --batch alone for a file of them"));
        return lt_command_fail(terminal, error);
    }
    calendar = load(options->calendar, terminal, &code);
    if (calendar == NULL)
        return code;
    return options->batch != NULL ? run_batch(options->batch, calendar, terminal) : run_one(options, calendar, terminal);
}

static int
run_check(gpointer data, char **arguments, const LtTerminal *terminal)
{
    int code = LT_EXIT_OK;
    g_autoptr(LtCalendar) calendar = load(arguments[0], terminal, &code);

    (void) data;
    if (calendar == NULL)
        return code;
    if (terminal->json)
        g_print("{\"ok\":true}\n");
    else
        g_print(_("%s: this calendar is good\n"), arguments[0]);
    return LT_EXIT_OK;
}

static const LtVerb verbs[] = {
    { .name = "due", .arguments = "", .summary = "Says when a promise of working minutes is due",
      .description = "A start outside working hours counts from the next opening, one after the cut-off from the opening of the next working day; time inside a pause does not count. "
                     "A promise whose last minute ends at a closing is due at that closing.\n"
                     "Of a file (--batch, or - for the standard input) each line is answered by one line; a line that cannot be read is answered by - and told on the error output, and the exit code is 1.",
      .examples = "lthub calendar due --calendar sonla.conf --start 2026-11-23T15:30:00+07:00 --minutes 1350 --cutoff 15:00\n"
                  "lthub calendar due --calendar sonla.conf --start 2026-11-23T08:00:00Z --minutes 450 --pause 2026-11-24T08:00:00+07:00/2026-11-26T10:00:00+07:00\n"
                  "lthub calendar due --calendar sonla.conf --batch cases.tsv",
      .options = due_keys, .options_size = sizeof(Due), .run = run_due },
    { .name = "check", .arguments = "FILE", .min_arguments = 1, .max_arguments = 1, .summary = "Reads a calendar file and names every fault of it",
      .description = "Each fault stands with its file, line, section and key.", .examples = "lthub calendar check sonla.conf", .run = run_check },
    { 0 },
};

const LtCommand lt_command_calendar = { "calendar", "when a promise in working time is due", verbs };
