/* SPDX-License-Identifier: Apache-2.0 */
/* delivery.c: `lthub delivery`: what is under way, what is held, why, and what to do about it. */
#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "base/value.h"
#include "cli/admin.h"
#include "cli/columns.h"
#include "cli/commands.h"
#include "routing/delivery.h"

#define PAGE 500

typedef struct {
    char *state, *endpoint, *unit, *dossier, *code;
    gint64 limit;
} List;

static const LtKey list_keys[] = {
    LT_CHOICE(List, state, "", "waiting|delivered|confirmed|held|refused|withdrawn", "deliveries in this state only"),
    LT_STRING(List, endpoint, "", "to this endpoint only"),
    LT_STRING(List, unit, "", "from or to this unit only"),
    LT_STRING(List, dossier, "", "of this dossier (reference) only"),
    LT_STRING(List, code, "", "of the dossier with this code only"),
    LT_NUMBER(List, limit, "200", "1..1000000", "at most so many, oldest first"),
    LT_KEYS_END,
};

static LtDeliveryState
read_state(const char *word)
{
    for (int state = LT_DELIVERY_WAITING; word != NULL && state <= LT_DELIVERY_WITHDRAWN; state++)
        if (strcmp(lt_delivery_state_word((LtDeliveryState) state), word) == 0)
            return (LtDeliveryState) state;
    return 0;
}

static const char *
state_for_people(LtDeliveryState state)
{
    static const char *const words[] = { "", N_("waiting"), N_("delivered"), N_("confirmed"), N_("held"), N_("refused"), N_("withdrawn") };

    return _(words[state]);
}

static const char *
get_fix(const LtDelivery *delivery, const char *language)
{
    const LtDeliveryAdvice *advice = lt_delivery_advice(delivery->reason);

    if (delivery->reason == NULL)
        return NULL;
    return strcmp(language, "vi") == 0 ? advice->fix_vi : advice->fix_en;
}

static void
append_time(GString *line, const char *name, gint64 at_us)
{
    char text[25];

    if (at_us <= 0)
        return;
    lt_time_write_millis(at_us, text);
    lt_json_append_member(line, name, text);
}

static void
print_json(const LtDelivery *delivery)
{
    g_autoptr(GString) line = g_string_new("{");

    lt_json_append_integer(line, "delivery", delivery->id);
    lt_json_append_member(line, "message", delivery->message_id);
    lt_json_append_member(line, "from", delivery->from);
    lt_json_append_member(line, "to", delivery->to);
    lt_json_append_member(line, "receiver", delivery->receiver);
    lt_json_append_member(line, "type", delivery->type);
    lt_json_append_member(line, "dossier", delivery->dossier);
    lt_json_append_member(line, "code", delivery->code);
    lt_json_append_member(line, "endpoint", delivery->endpoint);
    lt_json_append_member(line, "state", lt_delivery_state_word(delivery->state));
    lt_json_append_integer(line, "attempts", delivery->attempts);
    append_time(line, "created", delivery->created_us);
    append_time(line, "changed", delivery->changed_us);
    append_time(line, "not_before", delivery->not_before_us);
    lt_json_append_member(line, "reason", delivery->reason);
    lt_json_append_member(line, "cause", delivery->cause);
    lt_json_append_member(line, "text", delivery->text);
    if (delivery->reason != NULL) {
        lt_json_append_member(line, "fix_vi", get_fix(delivery, "vi"));
        lt_json_append_member(line, "fix_en", get_fix(delivery, "en"));
    }
    g_print("%s}\n", line->str);
}

static void
print_why(const LtDelivery *delivery, const LtTerminal *terminal)
{
    if (delivery->reason == NULL)
        return;
    if (delivery->text != NULL)
        g_print("    %s: %s [%s]\n", _("why"), delivery->text, delivery->reason);
    else
        g_print("    %s: [%s]\n", _("why"), delivery->reason);
    if (delivery->state == LT_DELIVERY_WAITING || delivery->state == LT_DELIVERY_HELD || delivery->state == LT_DELIVERY_REFUSED)
        g_print("    %s: %s\n    %s: %s\n", _("cause"), lt_delivery_cause_text(delivery->cause, terminal->language), _("what to do"),
                get_fix(delivery, terminal->language));
}

static void
print_line(const LtDelivery *delivery, const LtTerminal *terminal)
{
    g_autofree char *code = lt_escape_for_log(delivery->code != NULL ? delivery->code : "");
    g_autofree char *changed = lt_column_time(delivery->changed_us);

    if (terminal->json) {
        print_json(delivery);
        return;
    }
    g_print("%-10" G_GINT64_FORMAT " ", delivery->id);
    lt_column_print(state_for_people(delivery->state), 12);
    g_print("%-20s %-18s %s → %s  %s\n", delivery->endpoint, delivery->type, delivery->from, delivery->receiver, code);
    g_print("    %s, %s: %u\n", changed, _("attempts"), delivery->attempts);
    print_why(delivery, terminal);
}

static int
run_list(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const List *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtStore) store = lt_admin_open_reader(terminal->config, &error);
    LtDeliveryQuery query = { .endpoint = options->endpoint, .unit = options->unit, .dossier = options->dossier, .code = options->code,
                              .state = read_state(options->state) };
    gint64 left = options->limit;

    (void) arguments;
    while (store != NULL && left > 0) {
        g_autoptr(GPtrArray) page = NULL;

        query.limit = (guint) MIN(left, PAGE);
        page = lt_store_list_deliveries(store, &query, &error);
        if (page == NULL)
            break;
        for (guint i = 0; i < page->len; i++)
            print_line(page->pdata[i], terminal);
        left = page->len < query.limit ? 0 : left - page->len;
        if (page->len > 0)
            query.after = ((LtDelivery *) page->pdata[page->len - 1])->id;
    }
    return error != NULL ? lt_command_fail(terminal, error) : LT_EXIT_OK;
}

static gboolean
read_id(const char *text, gint64 *id, GError **error)
{
    guint64 value;

    if (lt_decimal_read(text, strlen(text), &value) && value > 0 && value <= G_MAXINT64) {
        *id = (gint64) value;
        return TRUE;
    }
    lt_error_set(error, LT_ERROR_CONFIG, "usage", _("\"%s\" is not the number of a delivery"), text);
    return FALSE;
}

static int
run_show(gpointer data, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtStore) store = lt_admin_open_reader(terminal->config, &error);
    gint64 id = 0;
    g_autoptr(LtDelivery) delivery = store != NULL && read_id(arguments[0], &id, &error) ? lt_store_get_delivery(store, id, &error) : NULL;
    g_autofree char *created = NULL, *next = NULL;

    (void) data;
    if (delivery == NULL)
        return lt_command_fail(terminal, error);
    print_line(delivery, terminal);
    if (terminal->json)
        return LT_EXIT_OK;
    created = lt_column_time(delivery->created_us);
    g_print("    %s: %s\n    %s: %s\n", _("message"), delivery->message_id, _("came in"), created);
    if (delivery->dossier != NULL)
        g_print("    %s: %s\n", _("dossier"), delivery->dossier);
    if (delivery->state != LT_DELIVERY_WAITING || delivery->not_before_us == 0)
        return LT_EXIT_OK;
    next = lt_column_time(delivery->not_before_us);
    g_print("    %s: %s\n", _("next try"), next);
    return LT_EXIT_OK;
}

static gboolean
intervene_one(LtAdmin *admin, gint64 delivery, LtDeliveryEvent event, GError **error)
{
    const char *word = event == LT_EVENT_RELEASED ? "release" : event == LT_EVENT_GIVEN_UP ? "refuse" : "resend";
    g_autofree char *path = g_strdup_printf("/v1/admin/deliveries/%" G_GINT64_FORMAT "/%s", delivery, word);
    g_autofree char *endpoint = NULL;
    g_autofree char *answer = NULL;

    if (lt_admin_get_store(admin) != NULL)
        return lt_delivery_intervene(lt_admin_get_store(admin), delivery, event, lt_admin_get_unit(admin), &endpoint, error);
    answer = lt_admin_call(admin, "POST", path, NULL, error);
    return answer != NULL;
}

static int
intervene(char **arguments, LtDeliveryEvent event, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtAdmin) admin = lt_admin_open(terminal->config, &error);
    gint64 id;

    for (guint i = 0; admin != NULL && arguments[i] != NULL; i++) {
        if (!read_id(arguments[i], &id, &error) || !intervene_one(admin, id, event, &error))
            return lt_command_fail(terminal, error);
        if (terminal->json)
            g_print("{\"delivery\":%" G_GINT64_FORMAT ",\"event\":\"%s\"}\n", id, lt_delivery_event_word(event));
        else
            g_print("%" G_GINT64_FORMAT ": %s\n", id, event == LT_EVENT_GIVEN_UP ? _("refused") : _("goes on"));
    }
    return error != NULL ? lt_command_fail(terminal, error) : LT_EXIT_OK;
}

static int
run_release(gpointer data, char **arguments, const LtTerminal *terminal)
{
    (void) data;
    return intervene(arguments, LT_EVENT_RELEASED, terminal);
}

static int
run_refuse(gpointer data, char **arguments, const LtTerminal *terminal)
{
    (void) data;
    return intervene(arguments, LT_EVENT_GIVEN_UP, terminal);
}

static int
run_resend(gpointer data, char **arguments, const LtTerminal *terminal)
{
    (void) data;
    return intervene(arguments, LT_EVENT_RESENT, terminal);
}

static const LtVerb verbs[] = {
    { .name = "list", .arguments = "", .summary = "Lists deliveries, with why they wait and what to do",
      .description = "Oldest first. A held one says whose fault it is (their data, our configuration or mapping, their outage, our bug) and the fix.",
      .examples = "lthub delivery list --state held\nlthub delivery list --endpoint so-tu-phap --json", .options = list_keys,
      .options_size = sizeof(List), .run = run_list },
    { .name = "show", .arguments = "NUMBER", .min_arguments = 1, .max_arguments = 1, .summary = "Shows one delivery",
      .description = "State, attempts, last error, cause and suggested fix, next try.", .examples = "lthub delivery show 4608", .run = run_show },
    { .name = "release", .arguments = "NUMBER…", .min_arguments = 1, .max_arguments = 1000, .summary = "Lets held or refused deliveries go on",
      .description = "After the cause was mended. They go at once; their attempts count from the beginning.", .examples = "lthub delivery release 4608",
      .run = run_release },
    { .name = "refuse", .arguments = "NUMBER…", .min_arguments = 1, .max_arguments = 1000, .summary = "Refuses held or waiting deliveries",
      .description = "The sender gets the receipt `failed` when no other delivery of the message is left, and sends anew.",
      .examples = "lthub delivery refuse 4608", .run = run_refuse },
    { .name = "resend", .arguments = "NUMBER…", .min_arguments = 1, .max_arguments = 1000, .summary = "Hands deliveries over once more",
      .description = "For a system that has lost what it had taken. It is told the same message id, so one that still has it takes it for the first.",
      .examples = "lthub delivery resend 4608", .run = run_resend },
    { 0 },
};

const LtCommand lt_command_delivery = { "delivery", "what is under way, what is held and why", verbs };
