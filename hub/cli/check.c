/* SPDX-License-Identifier: Apache-2.0 */
/* check.c: `lthub check`: what would stop a start or a reload, all at once, without touching anything. */
#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "cli/cases.h"
#include "cli/check-certificates.h"
#include "cli/commands.h"
#include "hub.h"

/* The place that a fault names: `FILE: [SECTION] KEY: …`, `… has no key 'KEY'`, `… needs 'KEY': …`. */
static void
append_place(GString *line, const char *text)
{
    static const char *const before_key[] = { " has no key '", " needs '", " '", NULL };
    const char *bracket = strstr(text, ": [");
    const char *end = bracket != NULL ? strchr(bracket, ']') : NULL;
    g_autofree char *file = bracket != NULL ? g_strndup(text, (gsize) (bracket - text)) : NULL;
    g_autofree char *section = end != NULL ? g_strndup(bracket + 3, (gsize) (end - bracket - 3)) : NULL;
    g_autofree char *key = NULL;
    gsize length;

    if (end == NULL)
        return;
    end++;
    for (guint i = 0; before_key[i] != NULL && key == NULL; i++)
        if (g_str_has_prefix(end, before_key[i]))
            key = g_strndup(end + strlen(before_key[i]), strcspn(end + strlen(before_key[i]), "'"));
    length = *end == ' ' ? strspn(end + 1, "abcdefghijklmnopqrstuvwxyz0123456789_") : 0;
    if (key == NULL && length > 0 && end[1 + length] == ':')
        key = g_strndup(end + 1, length);
    lt_json_append_member(line, "file", file);
    lt_json_append_member(line, "section", section);
    lt_json_append_member(line, "key", key);
}

static void
print_fault(const LtTerminal *terminal, const char *fault)
{
    gboolean warning = g_str_has_prefix(fault, "warning: ");
    const char *text = warning ? fault + strlen("warning: ") : fault;

    if (terminal->json) {
        g_autoptr(GString) line = g_string_new("{");

        lt_json_append_member(line, "level", warning ? "warning" : "error");
        append_place(line, text);
        lt_json_append_member(line, "text", text);
        g_print("%s}\n", line->str);
        return;
    }
    g_print("%s %s\n", warning ? _("warning:") : _("error:"), text);
}

static LtRegistry *
load_registry(const LtHubSettings *settings, LtFaults *faults)
{
    LtStoreOptions options = { .folder = settings->folder, .read_only = TRUE };
    g_autoptr(GError) error = NULL;
    g_autoptr(LtStore) store = lt_store_open(&options, &error);
    LtRegistryRows *rows = store == NULL ? NULL : lt_store_load_registry(store, &error);
    LtRegistry *registry = rows == NULL ? NULL : lt_registry_new(rows, &error);

    if (registry == NULL)
        lt_faults_add(faults, "units in %s: %s", settings->folder, error->message);
    return registry;
}

/* Cases of the endpoints that open: a map that compiles may still map wrongly. */
static void
run_cases(LtSettings *settings, LtPlan *plan, const LtEndpointShared *shared, LtFaults *faults)
{
    for (guint i = 0; i < lt_plan_get_n_endpoints(plan); i++) {
        const char *name = lt_endpoint_get_name(lt_plan_get_endpoint(plan, i));
        LtSection *section = lt_settings_lookup(settings, "endpoint", name);
        g_autofree char *folder = lt_cases_folder(section);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) cases = lt_cases_list(folder, &error);
        g_autoptr(LtFaults) failed = lt_faults_new();
        LtCaseRun run = { .shared = *shared, .settings = settings, .endpoint = name, .faults = failed };

        if (cases == NULL)
            lt_faults_add(faults, "%s cases: %s", lt_section_get_label(section), error->message);
        else
            lt_case_run_all(&run, cases, NULL);
        for (guint j = 0; j < failed->len; j++)
            lt_faults_add(faults, "%s cases: %s", lt_section_get_label(section), (const char *) failed->pdata[j]);
    }
}

static void
check_settings(LtSettings *settings, LtFaults *faults)
{
    LtHubSettings hub = { 0 };
    g_autoptr(GError) error = NULL;

    if (lt_hub_settings_read(settings, &hub, faults)) {
        g_autoptr(LtTrust) trust = lt_hub_settings_load_trust(&hub, &error);
        g_autoptr(LtRegistry) registry = load_registry(&hub, faults);
        g_autoptr(LtLoader) loader = lt_loader_new(g_getenv("LTHUB_PLUGINS"));
        g_autoptr(LtLinkThread) thread = lt_link_thread_new(&error);
        LtEndpointShared shared = { loader, thread };
        g_autoptr(LtPlan) plan = NULL;

        if (trust == NULL)
            lt_faults_add(faults, "%s: [trust]: %s", lt_settings_get_path(settings), error->message);
        if (registry != NULL && shared.thread != NULL)
            plan = lt_plan_load(settings, registry, &shared, 1, NULL, faults);
        if (plan != NULL)
            run_cases(settings, plan, &shared, faults);
    }
    lt_hub_settings_clear(&hub);
}

static int
run_check(gpointer options, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(LtFaults) faults = lt_faults_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSettings) settings = lt_settings_load(terminal->config, &error);
    guint n_errors = 0;

    (void) options;
    (void) arguments;
    if (settings == NULL) {
        lt_faults_add(faults, "%s", error->message);
    } else {
        lt_check_certificates(settings, faults);
        check_settings(settings, faults);
    }
    for (guint i = 0; i < faults->len; i++) {
        print_fault(terminal, faults->pdata[i]);
        n_errors += g_str_has_prefix(faults->pdata[i], "warning: ") ? 0 : 1;
    }
    if (!terminal->json)
        g_print(n_errors == 0 ? _("%s: no fault\n") : _("%s: would not be taken\n"), terminal->config);
    return n_errors == 0 ? LT_EXIT_OK : LT_EXIT_FAILED;
}

static const LtVerb verbs[] = {
    { .name = "", .arguments = "", .summary = "Checks the configuration, offline, and names every fault",
      .description = "Reads the configuration, the trust anchors and the units of the store, opens every plugin with its settings and checks that\n"
                     "each route can match, each endpoint is used, units are in office today, certificates have not ended, and the endpoints' own test\n"
                     "cases still hold. Nothing is changed and nothing is sent.",
      .examples = "lthub check --config /etc/lthub/lthub.conf\nlthub check --json", .run = run_check },
    { 0 },
};

const LtCommand lt_command_check = { "check", "checks the configuration and names every fault", verbs };
