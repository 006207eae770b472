/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c: `lthub explain`: where a dossier is, why, what the hub does next and when, and whom to call. */
#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "base/value.h"
#include "cli/admin.h"
#include "cli/audit-log.h"
#include "cli/columns.h"
#include "cli/commands.h"
#include "registry/unit.h"
#include "routing/explanation.h"
#include "store/units.h"

#define MAX_DELIVERIES 1000

static char *
contact_of(gpointer settings, const char *endpoint)
{
    LtSection *section = settings != NULL ? lt_settings_lookup(settings, "endpoint", endpoint) : NULL;

    return section != NULL ? g_strdup(lt_section_lookup(section, "contact")) : NULL;
}

static const char *
turn_for_people(LtTurn turn)
{
    static const char *const texts[] = {
        N_("Nobody has anything left to do."),
        N_("The office that has it must act; the hub waits for its message."),
        N_("The citizen must act: a supplement or a fee is asked for. The clock stands."),
        N_("A message is under way."),
        N_("A message waits in the inbox until the receiving unit fetches it."),
        N_("A message does not go on: a person must look."),
    };

    return _(texts[turn]);
}

static void
print_step(const LtExplanationStep *step, const char *language)
{
    const LtDelivery *delivery = step->delivery;
    g_autofree char *next = step->next_us > 0 ? lt_column_time(step->next_us) : NULL;
    g_autofree char *text = lt_escape_for_log(delivery->text != NULL ? delivery->text : "");

    g_print("  %" G_GINT64_FORMAT "  %s  %s → %s  [%s]\n", delivery->id, delivery->type, delivery->from, delivery->receiver, delivery->endpoint);
    if (step->turn == LT_TURN_INBOX)
        g_print("      %s\n", _("waits to be fetched"));
    else if (step->turn == LT_TURN_PERSON)
        g_print("      %s\n", delivery->state == LT_DELIVERY_HELD ? _("is held") : _("was refused"));
    else if (step->stands_behind)
        g_print("      %s\n", _("goes when the message before it has gone"));
    else if (next != NULL)
        g_print("      %s %s (%u)\n", _("next try:"), next, delivery->attempts + 1);
    else
        g_print("      %s\n", _("goes now"));
    if (step->advice != NULL) {
        g_print("      %s %s [%s]\n", _("because:"), *text != '\0' ? text : delivery->reason, delivery->reason);
        g_print("      %s %s\n", _("whose it is:"), lt_delivery_cause_text(step->advice->cause, language));
        g_print("      %s %s\n", _("to do:"), strcmp(language, "vi") == 0 ? step->advice->fix_vi : step->advice->fix_en);
    }
    if (step->contact != NULL)
        g_print("      %s %s\n", _("call:"), step->contact);
}

static void
print_for_people(const LtExplanation *explanation, const LtDossier *dossier, LtRegistry *registry, const char *language)
{
    g_autofree char *code = lt_escape_for_log(dossier->code != NULL ? dossier->code : dossier->reference);
    g_autofree char *since = explanation->since_us > 0 ? lt_column_time(explanation->since_us) : NULL;
    const LtUnit *unit = explanation->unit != NULL && registry != NULL ? lt_registry_lookup(registry, explanation->unit) : NULL;

    g_print("%s  %s\n", code, _(lt_case_state_text(explanation->state)));
    g_print("%s\n", turn_for_people(explanation->turn));
    if (explanation->unit != NULL)
        g_print("  %s %s %s\n", _("unit:"), explanation->unit, unit != NULL ? lt_unit_get_name(unit) : "");
    if (since != NULL)
        g_print("  %s %s\n", _("since:"), since);
    for (guint i = 0; i < explanation->steps->len; i++)
        print_step(&g_array_index(explanation->steps, LtExplanationStep, i), language);
}

static void
print_json(const LtExplanation *explanation, const LtDossier *dossier, const char *language)
{
    g_autoptr(GString) line = g_string_new("{");

    lt_json_append_member(line, "dossier", dossier->reference);
    lt_json_append_member(line, "code", dossier->code);
    lt_explanation_append_members(line, explanation, language);
    g_print("%s}\n", line->str);
}

static LtRegistry *
load_registry(LtStore *store)
{
    LtRegistryRows *rows = lt_store_load_registry(store, NULL);

    return rows != NULL ? lt_registry_new(rows, NULL) : NULL;
}

static int
explain(LtStore *store, const LtDossier *dossier, const LtTerminal *terminal, GError **error)
{
    LtDeliveryQuery query = { .dossier = dossier->reference, .limit = MAX_DELIVERIES };
    g_autoptr(GPtrArray) deliveries = lt_store_list_deliveries(store, &query, error);
    g_autofree char *recorded = deliveries != NULL ? lt_audit_log_record_reading(terminal, dossier->reference, error) : NULL;
    g_autoptr(LtSettings) settings = NULL;
    g_autoptr(LtRegistry) registry = NULL;
    g_autoptr(LtExplanation) explanation = NULL;

    if (recorded == NULL)
        return LT_EXIT_FAILED;
    settings = lt_settings_load(terminal->config, NULL); /* only for whom to call */
    registry = load_registry(store);
    explanation = lt_explanation_new(dossier, deliveries, contact_of, settings);
    if (terminal->json)
        print_json(explanation, dossier, terminal->language);
    else
        print_for_people(explanation, dossier, registry, terminal->language);
    return LT_EXIT_OK;
}

static int
run_explain(gpointer data, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtStore) store = lt_admin_open_reader(terminal->config, &error);
    g_autoptr(LtDossier) dossier = store != NULL ? lt_store_find_dossier(store, arguments[0], NULL, &error) : NULL;
    int code = LT_EXIT_FAILED;

    (void) data;
    if (dossier != NULL)
        code = explain(store, dossier, terminal, &error);
    else if (error == NULL)
        lt_error_set(&error, LT_ERROR_NOT_FOUND, "dossier.unknown", _("there is no dossier %s"), arguments[0]);
    return error != NULL ? lt_command_fail(terminal, error) : code;
}

static const LtVerb verbs[] = {
    { .name = "", .arguments = "CODE", .min_arguments = 1, .max_arguments = 1, .summary = "Says where a dossier is, why, what happens next and whom to call",
      .description = "By the code that citizens see (MaHoSo), or by its reference: whose turn it is, which messages are under way and when the hub tries\n"
                     "next, what is held, whose fault that is and how to mend it, and the 'contact' of the endpoint. Whoever looks is recorded in the\n"
                     "audit log (read.dossier).",
      .examples = "lthub explain 000.00.14.H52-251123-0001", .run = run_explain },
    { 0 },
};

const LtCommand lt_command_explain = { "explain", "where a dossier is, why, what happens next and whom to call", verbs };
