/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.c: `lthub endpoint`, and its verb describe: the keys of the configuration, from the rows that enforce them.
 *
 * docs/reference/settings.md is what it prints with --markdown; a test of the house compares the two.
 */
#include "base/json.h"
#include "base/language.h"
#include "cli/commands.h"
#include "cli/endpoint.h"
#include "hub.h"
#include "routing/endpoint.h"
#include "routing/peer.h"
#include "routing/loader.h"
#include "routing/route.h"

typedef struct {
    gboolean markdown;
    char *plugins;
} Describe;

static const LtKey describe_keys[] = {
    LT_BOOLEAN(Describe, markdown, "false", "print Markdown, as in docs/reference/settings.md"),
    LT_STRING(Describe, plugins, "", "folders to look for plugins in, separated by : (default: those of the hub)"),
    LT_KEYS_END,
};

static const char *const type_words[] = {
    [LT_KEY_STRING] = "text",   [LT_KEY_URL] = "url",     [LT_KEY_PATH] = "path",         [LT_KEY_SECRET] = "secret",
    [LT_KEY_NUMBER] = "number", [LT_KEY_BYTES] = "size",  [LT_KEY_DURATION] = "duration", [LT_KEY_BOOLEAN] = "boolean",
    [LT_KEY_CHOICE] = "choice", [LT_KEY_LIST] = "list",
};

static void
print_json(const char *section, const char *plugin, const LtKey *keys)
{
    for (const LtKey *key = keys; key != NULL && key->name != NULL; key++) {
        g_autoptr(GString) line = g_string_new("{");

        lt_json_append_member(line, "section", section);
        lt_json_append_member(line, "plugin", plugin);
        lt_json_append_member(line, "key", key->name);
        lt_json_append_member(line, "type", type_words[key->type]);
        lt_json_append_member(line, "range", key->range);
        lt_json_append_member(line, "default", key->preset);
        lt_json_append_member(line, "help", key->help);
        g_print("%s}\n", line->str);
    }
}

/* @plugin: (nullable): whose keys they are */
static void
print_section(const LtTerminal *terminal, const Describe *options, const char *section, const char *plugin, const char *summary,
              const LtKey *keys)
{
    g_autofree char *rows = lt_keys_describe(keys, options->markdown);

    if (terminal->json) {
        print_json(section, plugin, keys);
        return;
    }
    g_print(options->markdown ? "## `[%s]`%s%s\n\n%s\n\n" : "[%s]%s%s\n%s\n\n", section, plugin != NULL ? ", plugin = " : "",
            plugin != NULL ? plugin : "", summary);
    if (keys != NULL && keys->name != NULL)
        g_print("%s\n", rows);
}

static void
print_own(const LtTerminal *terminal, const Describe *options)
{
    static const struct {
        const char *kind, *summary;
    } sections[] = {
        { "hub", N_("The office that runs the hub, and its keys.") },
        { "trust", N_("Whom the hub believes. Loaded anew by lthub reload.") },
        { "store", N_("How the database works.") },
        { "audit", N_("Who attests the audit log, and how often.") },
        { "http", N_("Where callers come in.") },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(sections); i++)
        print_section(terminal, options, sections[i].kind, NULL, _(sections[i].summary), lt_hub_settings_keys(sections[i].kind));
    print_section(terminal, options, "witness NAME", NULL, _("A witness that cosigns our checkpoints: another hub, an inspectorate. Taken up at a start."), lt_peers_keys("witness"));
    print_section(terminal, options, "log NAME", NULL, _("A log of another hub that this one cosigns. Taken up at a start."), lt_peers_keys("log"));
    print_section(terminal, options, "timestamp", NULL, _("A time stamp authority (RFC 3161). Without one checkpoints get the legal signature alone. Taken up at a start."),
                  lt_peers_keys("timestamp"));
    print_section(terminal, options, "algorithm NAME", NULL,
                  _("In algorithms.conf: from when until when an algorithm may be used. One without a section has no limit."),
                  lt_algorithms_keys("algorithm"));
    print_section(terminal, options, "exception NAME", NULL,
                  _("In algorithms.conf: what one key may do that others may not. Its name stands in the log entry of each envelope that needed it."),
                  lt_algorithms_keys("exception"));
    print_section(terminal, options, "endpoint NAME", NULL, _("A wired system. These keys are common to all; the plugin has its own beside them."),
                  lt_endpoint_keys());
    print_section(terminal, options, "route NAME", NULL, _("Where messages go: the first route that matches, in the order of the file."),
                  lt_route_keys());
}

static int
run_describe(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Describe *options = data;
    g_autoptr(LtLoader) loader = lt_loader_new(options->plugins);

    if (options->markdown && !terminal->json)
        g_print("# Keys of the configuration\n\nPrinted by `lthub endpoint describe --markdown`. `lthub check` names every key that is wrong.\n\n");
    if (arguments[0] == NULL || options->markdown)
        print_own(terminal, options);
    for (char **name = arguments; *name != NULL; name++) {
        g_autoptr(GError) error = NULL;
        const LtLoaded *loaded = lt_loader_get(loader, *name, NULL, &error);

        if (loaded == NULL)
            return lt_command_fail(terminal, error);
        print_section(terminal, options, "endpoint NAME", *name, loaded->plugin.summary, loaded->plugin.keys);
    }
    return LT_EXIT_OK;
}

static const LtVerb verbs[] = {
    { .name = "check", .arguments = "NAME [PAYLOAD]", .min_arguments = 1, .max_arguments = 2,
      .summary = "Shows what an endpoint would send for a message, and sends nothing",
      .description = "Opens the endpoint as it is configured, dry: plugin, maps, certificates and secrets are read, no connection is made. With PAYLOAD the\n"
                     "message is mapped and the request printed. The message is made up: it is not sealed, and neither store nor log hear of it.",
      .examples = "lthub endpoint check so-tu-phap\n"
                  "lthub endpoint check so-tu-phap ho-so.json --attachments don.pdf\n"
                  "lthub endpoint check cong --type dossier.status trang-thai.json",
      .options = lt_endpoint_check_keys, .options_size = sizeof(LtEndpointCheck), .run = lt_endpoint_check_run },
    { .name = "describe", .arguments = "[PLUGIN…]", .max_arguments = 64, .summary = "Shows the keys of the configuration, or those of plugins",
      .description = "Without PLUGIN: the keys of the hub's own sections, of every endpoint and of routes. With --json: one object per key.",
      .examples = "lthub endpoint describe\nlthub endpoint describe rest folder",
      .options = describe_keys, .options_size = sizeof(Describe), .run = run_describe },
    { .name = "list", .arguments = "", .summary = "Lists the endpoints of the running hub: breaker, backlog, counts, last success",
      .description = "Without a running hub: what waits for each endpoint on disk.", .examples = "lthub endpoint list\nlthub endpoint list --json",
      .run = lt_endpoint_list_run },
    { .name = "new", .arguments = "NAME", .min_arguments = 1, .max_arguments = 1, .summary = "Writes a commented section with every key of a plugin",
      .description = "The section is written to NAME.conf in the folder beside the configuration file, and printed; what a plugin makes of a WSDL lies beside it. Nothing is in force before lthub reload.",
      .examples = "lthub endpoint new so-tu-phap --plugin rest --set url=https://motcua.sotuphap.example/api --set units=H52.13\n"
                  "lthub endpoint new dan-cu --plugin soap --wsdl dan-cu.wsdl --operation TraCuuThongTinCongDan --set units=G01\n"
                  "lthub endpoint new thu --plugin folder --output -   # only prints it",
      .options = lt_endpoint_new_keys, .options_size = sizeof(LtEndpointNew), .run = lt_endpoint_new_run },
    { .name = "ping", .arguments = "NAME", .min_arguments = 1, .max_arguments = 1, .summary = "Looks whether the system is there: name, connection, TLS, clock, credentials",
      .description = "Each step is named and timed. No message is sent: one GET of the base URL, with the credentials that the plugin would show.",
      .examples = "lthub endpoint ping so-tu-phap\nlthub endpoint ping so-tu-phap --json", .run = lt_endpoint_ping_run },
    { .name = "record", .arguments = "NAME", .min_arguments = 1, .max_arguments = 1, .summary = "Sends a message to the real system and keeps the exchange as a test case",
      .description = "What was sent and answered is kept with secrets masked, beside the endpoint's section in NAME.cases (or where its key 'cases' says).\n"
                     "It holds what the message holds: record samples, not citizens' dossiers.",
      .examples = "lthub endpoint record so-tu-phap --sample dossier.submit --name tiep-nhan\nlthub endpoint test so-tu-phap",
      .options = lt_endpoint_record_keys, .options_size = sizeof(LtEndpointRecord), .run = lt_endpoint_record_run },
    { .name = "status", .arguments = "NAME", .min_arguments = 1, .max_arguments = 1, .summary = "Shows how one endpoint is; exit code 1 while it rests or is stuck",
      .description = "State of the breaker, what is queued and since when, last success and failure, counts since the start and of the last five minutes,\n"
                     "and the days that are left of its certificates.",
      .examples = "lthub endpoint status so-tu-phap\nlthub endpoint status so-tu-phap --json", .run = lt_endpoint_status_run },
    { .name = "test", .arguments = "NAME [CASE…]", .min_arguments = 1, .max_arguments = 64, .summary = "Runs an endpoint's own test cases and prints TAP",
      .description = "Cases lie beside the section in NAME.cases: X.in and X.out (a payload and the request that it becomes), and recorded exchanges.\n"
                     "Nothing is sent. lthub check runs them, too.",
      .examples = "lthub endpoint test so-tu-phap\nlthub endpoint test so-tu-phap tiep-nhan --faults",
      .options = lt_endpoint_test_keys, .options_size = sizeof(LtEndpointTest), .run = lt_endpoint_test_run },
    { .name = "try", .arguments = "NAME", .min_arguments = 1, .max_arguments = 1,
      .summary = "Shows the mapped request byte for byte; with --send sends it and shows the exchange and the verdict",
      .description = "The message is made up from the payload: it is not sealed, and neither store nor log hear of it. Without --send no connection is made.\n"
                     "With --send the real system gets it; the exchange is shown with secrets masked, then what the hub would make of the answer.",
      .examples = "lthub endpoint try so-tu-phap --sample dossier.submit\n"
                  "lthub endpoint try so-tu-phap --message ho-so.json --attachments don.pdf\n"
                  "lthub endpoint try so-tu-phap --sample dossier.submit --send",
      .options = lt_endpoint_try_keys, .options_size = sizeof(LtEndpointTry), .run = lt_endpoint_try_run },
    { 0 },
};

const LtCommand lt_command_endpoint = { "endpoint", "tries endpoints out, and describes the keys of the configuration", verbs };
