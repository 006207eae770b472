/* SPDX-License-Identifier: Apache-2.0 */
/* dossier-fold.c: `lthub dossier fold`: state, clocks and attribution of a dossier from its events alone. No hub, no store. */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/value.h"
#include "casework/fold-json.h"
#include "cli/columns.h"
#include "cli/dossier.h"

const LtKey lt_dossier_fold_keys[] = {
    LT_PATH(LtDossierFoldOptions, events, NULL, "events, one JSON object a line (docs/dossier-events.md)"),
    LT_PATH(LtDossierFoldOptions, calendar, "", "calendar file; absent: Monday to Friday 07:30-11:30 13:30-17:00"),
    LT_STRING(LtDossierFoldOptions, at, "", "instant at which what is not over is judged, RFC 3339; absent: the newest event"),
    LT_KEYS_END,
};

static GPtrArray *
load_events(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) cause = NULL;
    gsize size;

    if (g_file_get_contents(path, &text, &size, &cause))
        return lt_case_events_parse(text, size, path, error);
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "event.read", _("cannot read the events: %s"), cause->message);
    return NULL;
}

static void
print_time(const char *label, gint64 at_us)
{
    g_autofree char *text = at_us == LT_NEVER ? NULL : lt_column_time(at_us);

    if (text == NULL)
        return;
    g_print("  ");
    lt_column_print(label, 22);
    g_print("%s\n", text);
}

static const char *
cause_for_people(LtCause cause)
{
    static const char *const texts[LT_N_CAUSES] = {
        N_("the office"), N_("the sender's system"), N_("the receiver's system"), N_("the hub"), N_("waiting for the citizen"), N_("promised in less time than the law allows"),
    };

    return _(texts[cause]);
}

static void
print_lateness(const LtClock *clock)
{
    if (clock->due_us == LT_NEVER)
        return;
    if (clock->late_minutes == 0) {
        g_print("  %s\n", clock->until_us == LT_NEVER ? _("not late so far") : _("on time"));
        return;
    }
    g_print(_("  late by %" G_GINT64_FORMAT " working minutes, of which\n"), clock->late_minutes);
    for (guint i = 0; i < clock->charges->len; i++) {
        const LtCharge *charge = &g_array_index(clock->charges, LtCharge, i);

        g_print("    %8" G_GINT64_FORMAT "  %s %s\n", charge->minutes, cause_for_people(charge->cause), charge->unit != NULL ? charge->unit : "");
    }
}

void
lt_dossier_fold_print(const LtFold *fold, const LtClocks *clocks)
{
    g_autofree char *code = lt_escape_for_log(fold->code != NULL ? fold->code : "");
    g_autofree char *officer = lt_escape_for_log(fold->officer != NULL ? fold->officer : "");

    g_print("%s  %s\n", code, _(lt_case_state_text(fold->state)));
    if (fold->holder != NULL)
        g_print("  %s %s %s\n", _("is at"), fold->holder, officer);
    print_time(_("filed"), fold->filed_us);
    print_time(_("taken in"), fold->received_us);
    print_time(_("counts from"), clocks->dossier.from_us);
    print_time(_("due"), clocks->dossier.due_us);
    print_time(_("ended"), clocks->dossier.until_us);
    print_lateness(&clocks->dossier);
    if (clocks->reception.due_us != LT_NEVER && clocks->reception.late_minutes > 0) {
        print_time(_("reception was due"), clocks->reception.due_us);
        print_lateness(&clocks->reception);
    }
}

int
lt_dossier_fold_run(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const LtDossierFoldOptions *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtCalendar) calendar = options->calendar != NULL ? lt_calendar_load(options->calendar, &error) : lt_calendar_new_week();
    GPtrArray *events = calendar != NULL ? load_events(options->events, &error) : NULL;
    g_autoptr(LtFold) fold = events != NULL ? lt_fold_new(events) : NULL;
    g_autoptr(LtClocks) clocks = NULL;
    gint64 at_us = LT_NEVER;

    (void) arguments;
    if (options->at != NULL && !lt_time_read_rfc3339(options->at, strlen(options->at), &at_us)) {
        g_clear_error(&error);
        lt_error_set(&error, LT_ERROR_CONFIG, "usage", _("--at is no RFC 3339 time such as 2026-11-23T14:30:00+07:00"));
        return lt_command_fail(terminal, error);
    }
    if (fold == NULL) {
        lt_command_fail(terminal, error);
        return g_error_matches(error, LT_ERROR, LT_ERROR_UNAVAILABLE) ? LT_EXIT_IO : LT_EXIT_FAILED;
    }
    clocks = lt_clocks_new(fold, calendar, at_us);
    if (terminal->json) {
        g_autoptr(GString) line = g_string_new(NULL);

        lt_fold_append_json(line, fold, clocks);
        g_print("%s\n", line->str);
    } else {
        lt_dossier_fold_print(fold, clocks);
    }
    return LT_EXIT_OK;
}
