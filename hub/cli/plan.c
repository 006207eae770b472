/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c: `lthub plan`: generations of the plan: what changed, what was in force, taking the files, going back.
 *
 * Looking reads the store beside the running hub; apply and rollback ask the hub, which does them whole or not at all.
 */
#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "base/value.h"
#include "cli/admin.h"
#include "cli/columns.h"
#include "cli/commands.h"
#include "routing/generation.h"
#include "store/generations.h"

typedef struct {
    gboolean again;
} Apply;

static const LtKey apply_keys[] = {
    LT_BOOLEAN(Apply, again, "false", "also files from which the hub has gone back"),
    LT_KEYS_END,
};

typedef struct {
    gint64 limit;
} History;

static const LtKey history_keys[] = {
    LT_NUMBER(History, limit, "50", "1..1000", "generations at most"),
    LT_KEYS_END,
};

static gboolean
read_number(const char *text, guint64 *number, GError **error)
{
    if (text == NULL) {
        *number = 0;
        return TRUE;
    }
    if (lt_decimal_read(text, strlen(text), number) && *number > 0)
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "usage", "a generation is named by its number, not \"%s\"; see lthub plan history", text);
    return FALSE;
}

static LtGeneration *
get_kept(const char *config, const char *text, GError **error)
{
    g_autoptr(LtStore) store = NULL;
    guint64 number;

    if (!read_number(text, &number, error))
        return NULL;
    store = lt_admin_open_reader(config, error);
    return store != NULL ? lt_store_get_generation(store, number, error) : NULL;
}

/* What the files on disk would make, opened as `lthub check` opens them. */
static char *
write_disk(const char *config, GError **error)
{
    g_autoptr(LtSettings) settings = lt_settings_load(config, error);
    g_autoptr(LtStore) store = settings != NULL ? lt_admin_open_reader(config, error) : NULL;
    LtRegistryRows *rows = store != NULL ? lt_store_load_registry(store, error) : NULL;
    g_autoptr(LtRegistry) registry = rows != NULL ? lt_registry_new(rows, error) : NULL;
    g_autoptr(LtLoader) loader = lt_loader_new(g_getenv("LTHUB_PLUGINS"));
    g_autoptr(LtLinkThread) thread = registry != NULL ? lt_link_thread_new(error) : NULL;
    g_autoptr(LtFaults) faults = lt_faults_new();
    g_autoptr(GHashTable) files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
    LtEndpointShared shared = { loader, thread, NULL };
    g_autoptr(LtPlan) plan = NULL;
    g_autofree char *all = NULL;

    if (thread == NULL)
        return NULL;
    plan = lt_plan_load(settings, registry, &shared, 0, NULL, faults);
    if (plan != NULL)
        return lt_generation_write(plan, files);
    g_ptr_array_add(faults, NULL);
    all = g_strjoinv("\n", (char **) faults->pdata);
    lt_error_set(error, LT_ERROR_CONFIG, "config", "the files would not be taken:\n%s", all);
    return NULL;
}

static void
print_diff(const LtTerminal *terminal, const char *before, const char *after)
{
    g_autofree char *diff = lt_generation_diff(before, after);
    g_auto(GStrv) changes = lt_generation_changes(before, after);

    if (!terminal->json) {
        g_print("%s", *diff != '\0' ? diff : _("Nothing differs.\n"));
        return;
    }
    for (char **change = changes; *change != NULL; change++) {
        g_autoptr(GString) line = g_string_new("{");

        lt_json_append_member(line, "change", **change == '+' ? "added" : **change == '-' ? "removed" : "changed");
        lt_json_append_member(line, "section", *change + 1);
        g_print("%s}\n", line->str);
    }
}

static int
run_diff(gpointer options, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtGeneration) before = get_kept(terminal->config, arguments[0], &error);
    g_autoptr(LtGeneration) other = before != NULL && arguments[0] != NULL && arguments[1] != NULL ? get_kept(terminal->config, arguments[1], &error) : NULL;
    g_autofree char *after = other != NULL  ? g_strdup(other->text)
                             : error == NULL ? write_disk(terminal->config, &error)
                                             : NULL;

    (void) options;
    if (after == NULL)
        return lt_command_fail(terminal, error);
    print_diff(terminal, before->text, after);
    return LT_EXIT_OK;
}

static void
print_row(const LtTerminal *terminal, const LtGeneration *row)
{
    g_autofree char *at = lt_column_time(row->at_us);
    g_autofree char *changes = g_strdelimit(g_strdup(row->changes), "\n", ',');
    g_autofree char *origin = row->was > 0 ? g_strdup_printf("%s %" G_GUINT64_FORMAT, row->origin, row->was) : g_strdup(row->origin);
    g_autoptr(GString) line = g_string_new("{");

    if (!terminal->json) {
        g_print("%6" G_GUINT64_FORMAT "  %s  ", row->number, at);
        lt_column_print(origin, 12);
        lt_column_print(row->actor, 10);
        g_print("%s\n", changes);
        return;
    }
    lt_json_append_integer(line, "generation", (gint64) row->number);
    lt_json_append_member(line, "at", at);
    lt_json_append_member(line, "origin", row->origin);
    if (row->was > 0)
        lt_json_append_integer(line, "was", (gint64) row->was);
    lt_json_append_member(line, "actor", row->actor);
    lt_json_append_member(line, "digest", row->digest);
    lt_json_append_member(line, "changes", changes);
    g_print("%s}\n", line->str);
}

static int
run_history(gpointer options, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtStore) store = lt_admin_open_reader(terminal->config, &error);
    g_autoptr(GPtrArray) rows = store != NULL ? lt_store_list_generations(store, (guint) ((const History *) options)->limit, &error) : NULL;

    (void) arguments;
    if (rows == NULL)
        return lt_command_fail(terminal, error);
    for (guint i = 0; i < rows->len; i++)
        print_row(terminal, rows->pdata[i]);
    return LT_EXIT_OK;
}

static int
run_show(gpointer options, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtGeneration) row = get_kept(terminal->config, arguments[0], &error);
    g_autoptr(GString) line = g_string_new("{");

    (void) options;
    if (row == NULL)
        return lt_command_fail(terminal, error);
    if (!terminal->json) {
        g_print("%s", row->text);
        return LT_EXIT_OK;
    }
    lt_json_append_integer(line, "generation", (gint64) row->number);
    lt_json_append_member(line, "text", row->text);
    g_print("%s}\n", line->str);
    return LT_EXIT_OK;
}

/* Asks the running hub; says which generation is in force then. */
static int
ask_hub(const LtTerminal *terminal, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtAdmin) admin = lt_admin_open(terminal->config, &error);
    g_autofree char *answer = NULL;
    LtJsonPick picks[] = { { "generation", NULL }, { NULL, NULL } };

    if (admin != NULL && lt_admin_get_store(admin) != NULL)
        lt_error_set(&error, LT_ERROR_UNAVAILABLE, "hub.absent", "no hub runs with this configuration");
    else if (admin != NULL)
        answer = lt_admin_call(admin, "POST", path, NULL, &error);
    if (answer == NULL)
        return lt_command_fail(terminal, error);
    if (terminal->json) {
        g_print("%s\n", answer);
        return LT_EXIT_OK;
    }
    if (lt_json_scan(answer, strlen(answer), LT_JSON_PAYLOAD, NULL, NULL, NULL, picks, NULL))
        g_print(_("Generation %s of the plan is in force.\n"), picks[0].value != NULL ? picks[0].value : "?");
    g_free(picks[0].value);
    return LT_EXIT_OK;
}

static int
run_apply(gpointer options, char **arguments, const LtTerminal *terminal)
{
    (void) arguments;
    return ask_hub(terminal, ((const Apply *) options)->again ? "/v1/admin/reload?again=1" : "/v1/admin/reload");
}

static int
run_rollback(gpointer options, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    guint64 number;

    (void) options;
    if (!read_number(arguments[0], &number, &error))
        return lt_command_fail(terminal, error);
    path = g_strdup_printf("/v1/admin/plans/%" G_GUINT64_FORMAT "/rollback", number);
    return ask_hub(terminal, path);
}

static const LtVerb verbs[] = {
    { .name = "apply", .arguments = "", .summary = "Makes the running hub take the configuration's files: whole, or not at all with every reason",
      .description = "The same as lthub reload and SIGHUP. The plan becomes a new generation when anything of it has changed. Deliveries under way finish under the\n"
                     "plan they began with.",
      .examples = "lthub plan diff && lthub plan apply", .options = apply_keys, .options_size = sizeof(Apply), .run = run_apply },
    { .name = "diff", .arguments = "[N [M]]", .max_arguments = 2, .summary = "Shows what differs between two generations, or what the files would change",
      .description = "Without M: between generation N, or the one in force, and the files on disk. A changed map shows by the SHA-256 of its file.",
      .examples = "lthub plan diff      # what apply would change\nlthub plan diff 3 5", .run = run_diff },
    { .name = "history", .arguments = "", .summary = "Lists the generations of the plan, newest first: when, who, what changed",
      .examples = "lthub plan history\nlthub plan history --json", .options = history_keys, .options_size = sizeof(History), .run = run_history },
    { .name = "rollback", .arguments = "[N]", .max_arguments = 1, .summary = "Goes back to generation N, or the one before, as a new generation",
      .description = "Sections and maps are those of that generation. The files on disk are not touched; as long as they stay as they are, a start and a reload\n"
                     "keep the plan that was gone back to.",
      .examples = "lthub plan rollback      # to the generation before\nlthub plan rollback 7", .run = run_rollback },
    { .name = "show", .arguments = "[N]", .max_arguments = 1, .summary = "Prints a generation, or the newest, as a configuration without secrets",
      .examples = "lthub plan show\nlthub plan show 7", .run = run_show },
    { 0 },
};

const LtCommand lt_command_plan = { "plan", "shows and changes the plan: endpoints and routes in force", verbs };
