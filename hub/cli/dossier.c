/* SPDX-License-Identifier: Apache-2.0 */
/* dossier.c: `lthub dossier`: where a dossier is, and the way that it has come. */
#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "base/value.h"
#include "cli/admin.h"
#include "cli/audit-log.h"
#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/dossier.h"
#include "store/dossiers.h"

#define PAGE 500

typedef struct {
    char *state, *unit;
    gint64 limit;
} List;

static const LtKey list_keys[] = {
    LT_STRING(List, state, "", "dossiers in this state (1 … 10) only"),
    LT_STRING(List, unit, "", "dossiers in which this unit takes part only"),
    LT_NUMBER(List, limit, "200", "1..1000000", "at most so many"),
    LT_KEYS_END,
};

/* As people say it. */
static const char *
state_for_people(const char *state)
{
    guint64 number;

    if (!lt_decimal_read(state, strlen(state), &number) || number < 1 || number > LT_CASE_LAST)
        return *state != '\0' ? state : _("unknown");
    return _(lt_case_state_text((LtCaseState) number));
}

static void
append_time(GString *line, const char *name, gint64 at_us)
{
    char text[25];

    lt_time_write_millis(at_us, text);
    lt_json_append_member(line, name, text);
}

static void
append_dossier(GString *line, const LtDossier *dossier)
{
    lt_json_append_member(line, "dossier", dossier->reference);
    lt_json_append_member(line, "code", dossier->code);
    lt_json_append_member(line, "procedure", dossier->procedure);
    lt_json_append_member(line, "origin", dossier->origin_unit);
    lt_json_append_member(line, "holder", dossier->holder_unit);
    lt_json_append_member(line, "state", dossier->state);
    append_time(line, "created", dossier->created_us);
    append_time(line, "changed", dossier->changed_us);
    lt_json_append_integer(line, "messages", dossier->n_messages);
}

static void
print_dossier(const LtDossier *dossier, const LtTerminal *terminal)
{
    g_autofree char *code = lt_escape_for_log(dossier->code != NULL ? dossier->code : dossier->reference);
    g_autofree char *changed = lt_column_time(dossier->changed_us);
    g_autoptr(GString) line = g_string_new("{");

    if (!terminal->json) {
        g_print("%-36s %-12s → %-12s %s  %s\n", code, dossier->origin_unit, dossier->holder_unit, changed, state_for_people(dossier->state));
        return;
    }
    append_dossier(line, dossier);
    g_print("%s}\n", line->str);
}

static int
run_list(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const List *options = data;
    const char *const units[] = { options->unit, NULL };
    g_autoptr(GError) error = NULL;
    g_autoptr(LtStore) store = lt_admin_open_reader(terminal->config, &error);
    g_autofree char *after = NULL;
    gint64 left = options->limit;

    (void) arguments;
    while (store != NULL && left > 0) {
        guint limit = (guint) MIN(left, PAGE);
        g_autoptr(GPtrArray) page = lt_store_list_dossiers(store, options->unit != NULL ? units : NULL, options->state, after, limit, &error);

        if (page == NULL)
            break;
        for (guint i = 0; i < page->len; i++)
            print_dossier(page->pdata[i], terminal);
        left = page->len < limit ? 0 : left - page->len;
        g_free(after);
        after = page->len > 0 ? g_strdup(((LtDossier *) page->pdata[page->len - 1])->reference) : NULL;
    }
    return error != NULL ? lt_command_fail(terminal, error) : LT_EXIT_OK;
}

static void
print_event_json(const LtDossierEvent *event)
{
    g_autoptr(GString) line = g_string_new("{");

    append_time(line, "at", event->at_us);
    lt_json_append_member(line, "event", event->event);
    lt_json_append_member(line, "message", event->message_id);
    lt_json_append_member(line, "type", event->type);
    lt_json_append_member(line, "from", event->from);
    lt_json_append_member(line, "to", event->to);
    lt_json_append_member(line, "endpoint", event->endpoint);
    lt_json_append_member(line, "detail", event->detail);
    lt_json_append_integer(line, "index", (gint64) event->index);
    g_print("%s}\n", line->str);
}

/* What an event means, said to people; its word stays beside it. */
static const struct {
    const char *event, *text;
} event_texts[] = {
    { "message", N_("came in") },
    { "delivery.arrived", N_("was handed over") },
    { "delivery.confirmed", N_("was confirmed") },
    { "delivery.held", N_("is held: a person must look") },
    { "delivery.refused", N_("was refused") },
    { "delivery.withdrawn", N_("was withdrawn") },
    { "delivery.released", N_("was released by an operator") },
    { "state", N_("new state") },
    { "readdress", N_("goes to the successor") },
};

static const char *
event_for_people(const char *event)
{
    for (guint i = 0; i < G_N_ELEMENTS(event_texts); i++)
        if (strcmp(event_texts[i].event, event) == 0)
            return _(event_texts[i].text);
    return event;
}

static void
print_event(const LtDossierEvent *event)
{
    g_autofree char *at = lt_column_time(event->at_us);
    g_autofree char *detail = lt_escape_for_log(event->detail != NULL ? event->detail : "");
    const char *shown = strcmp(event->event, "state") == 0 ? state_for_people(detail) : detail;

    g_print("  %s  ", at);
    lt_column_print(event_for_people(event->event), 30);
    g_print("%-18s %s → %s  %s %s\n", event->type != NULL ? event->type : "", event->from != NULL ? event->from : "",
            event->to != NULL ? event->to : "", event->endpoint != NULL ? event->endpoint : "", shown);
}

static int
run_show(gpointer data, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtStore) store = lt_admin_open_reader(terminal->config, &error);
    g_autoptr(LtDossier) dossier = store != NULL ? lt_store_find_dossier(store, arguments[0], NULL, &error) : NULL;
    g_autoptr(GPtrArray) events = dossier != NULL ? lt_store_dossier_events(store, dossier->reference, &error) : NULL;
    g_autofree char *recorded = NULL;

    (void) data;
    if (events == NULL) {
        if (error == NULL)
            lt_error_set(&error, LT_ERROR_NOT_FOUND, "dossier.unknown", _("there is no dossier %s"), arguments[0]);
        return lt_command_fail(terminal, error);
    }
    recorded = lt_audit_log_record_reading(terminal, dossier->reference, &error);
    if (recorded == NULL)
        return lt_command_fail(terminal, error);
    print_dossier(dossier, terminal);
    for (guint i = 0; i < events->len; i++) {
        if (terminal->json)
            print_event_json(events->pdata[i]);
        else
            print_event(events->pdata[i]);
    }
    return LT_EXIT_OK;
}

static const LtVerb verbs[] = {
    { .name = "list", .arguments = "", .summary = "Lists dossiers: where they are and how they stand",
      .description = "Code, where it was handed in, where it is now, last change, state.", .examples = "lthub dossier list --state 4 --unit H52.101",
      .options = list_keys, .options_size = sizeof(List), .run = run_list },
    { .name = "show", .arguments = "CODE", .min_arguments = 1, .max_arguments = 1, .summary = "Shows the way that a dossier has come",
      .description = "By the code that citizens see (MaHoSo), or by its reference. Every line is an entry of the audit log.\n"
                     "Whoever looks is recorded there, too (read.dossier).",
      .examples = "lthub dossier show 000.00.14.H52-251123-0001", .run = run_show },
    { .name = "fold", .arguments = "", .summary = "Works out state, clocks and attribution of a dossier from its events",
      .description = "Needs no hub and no store: the same events give the same dossier, in whatever order they stand and however often. With --json one object "
                     "(schemas/casework/fold.schema.json).",
      .examples = "lthub dossier fold --events dossier.jsonl --calendar sonla.conf --json\n"
                  "lthub dossier fold --events dossier.jsonl --at 2026-11-23T17:00:00+07:00",
      .options = lt_dossier_fold_keys, .options_size = sizeof(LtDossierFoldOptions), .run = lt_dossier_fold_run },
    { 0 },
};

const LtCommand lt_command_dossier = { "dossier", "where a dossier is, and the way that it has come", verbs };
