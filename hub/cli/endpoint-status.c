/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint-status.c: `lthub endpoint list` and `status`: how the endpoints of the running hub are; without a hub, what waits for them on disk. */
#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "cli/admin.h"
#include "cli/columns.h"
#include "cli/endpoint.h"
#include "store/deliveries.h"

/* The items of the answer, each as name → text. */
typedef struct {
    GPtrArray *items; /* of GHashTable * */
    char *name;
} Reading;

static gboolean
on_value(const LtJsonEvent *event, gpointer data, GError **error)
{
    Reading *self = data;

    (void) error;
    if (event->kind == LT_JSON_OBJECT_BEGIN && event->depth == 2)
        g_ptr_array_add(self->items, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free));
    if (event->depth != 3 || self->items->len == 0)
        return TRUE;
    if (event->kind == LT_JSON_NAME) {
        g_free(self->name);
        self->name = g_strdup(event->text);
    } else if ((event->kind == LT_JSON_STRING || event->kind == LT_JSON_INTEGER) && self->name != NULL) {
        g_hash_table_insert(self->items->pdata[self->items->len - 1], g_strdup(self->name), g_strdup(event->text));
    }
    return TRUE;
}

static GPtrArray *
read_items(const char *answer)
{
    Reading reading = { g_ptr_array_new_with_free_func((GDestroyNotify) g_hash_table_unref), NULL };

    lt_json_scan(answer, strlen(answer), LT_JSON_PAYLOAD, NULL, on_value, &reading, NULL, NULL);
    g_free(reading.name);
    return reading.items;
}

static GPtrArray *
read_store(LtStore *store, GError **error)
{
    g_autoptr(GPtrArray) backlogs = lt_store_backlogs(store, error);
    GPtrArray *items = backlogs != NULL ? g_ptr_array_new_with_free_func((GDestroyNotify) g_hash_table_unref) : NULL;

    for (guint i = 0; backlogs != NULL && i < backlogs->len; i++) {
        const LtEndpointBacklog *backlog = backlogs->pdata[i];
        GHashTable *item = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

        g_hash_table_insert(item, g_strdup("endpoint"), g_strdup(backlog->endpoint));
        g_hash_table_insert(item, g_strdup("waiting_on_disk"), g_strdup_printf("%" G_GUINT64_FORMAT, backlog->waiting));
        g_hash_table_insert(item, g_strdup("held_on_disk"), g_strdup_printf("%" G_GUINT64_FORMAT, backlog->held));
        g_ptr_array_add(items, item);
    }
    return items;
}

static GPtrArray *
load_items(const char *config, gboolean *runs, GError **error)
{
    g_autoptr(LtAdmin) admin = lt_admin_open(config, error);
    g_autofree char *answer = NULL;

    if (admin == NULL)
        return NULL;
    *runs = lt_admin_get_store(admin) == NULL;
    if (!*runs)
        return read_store(lt_admin_get_store(admin), error);
    answer = lt_admin_call(admin, "GET", "/v1/admin/endpoints", NULL, error);
    return answer != NULL ? read_items(answer) : NULL;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static void
print_json(GHashTable *item)
{
    g_autoptr(GString) line = g_string_new("{");
    g_autofree gpointer *names = g_hash_table_get_keys_as_array(item, NULL);

    qsort(names, g_hash_table_size(item), sizeof *names, compare_names);
    for (guint i = 0; i < g_hash_table_size(item); i++)
        lt_json_append_member(line, names[i], g_hash_table_lookup(item, names[i]));
    g_print("%s}\n", line->str);
}

static const char *
field(GHashTable *item, const char *name)
{
    const char *value = g_hash_table_lookup(item, name);

    return value != NULL ? value : "-";
}

static void
print_row(GHashTable *item)
{
    static const struct {
        const char *name;
        glong width;
    } columns[] = { { "endpoint", 24 }, { "breaker", 8 }, { "waiting_on_disk", 8 }, { "held_on_disk", 6 }, { "delivered", 10 }, { "failed", 7 }, { "last_success", 25 } };

    for (gsize i = 0; i < G_N_ELEMENTS(columns); i++)
        lt_column_print(field(item, columns[i].name), columns[i].width);
    g_print("%s\n", field(item, "last_reason"));
}

int
lt_endpoint_list_run(gpointer options, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    gboolean runs = FALSE;
    g_autoptr(GPtrArray) items = load_items(terminal->config, &runs, &error);

    (void) options;
    (void) arguments;
    if (items == NULL)
        return lt_command_fail(terminal, error);
    if (!terminal->json)
        g_print(_("ENDPOINT                 BREAKER  WAITING  HELD   DELIVERED  FAILED  LAST SUCCESS              LAST REASON\n"));
    for (guint i = 0; i < items->len; i++)
        (terminal->json ? print_json : print_row)(items->pdata[i]);
    if (!runs && !terminal->json)
        g_printerr("%s\n", _("No hub runs: this is what waits on disk."));
    return LT_EXIT_OK;
}

int
lt_endpoint_status_run(gpointer options, char **arguments, const LtTerminal *terminal)
{
    static const char *const rows[] = { "endpoint",    "plugin",       "breaker",          "retry_at",        "in_flight",      "queued",       "stuck",
                                        "waiting_on_disk", "held_on_disk", "oldest",       "delivered",       "failed",         "refused",      "held",
                                        "collected",   "delivered_5min", "failed_5min",    "last_success",    "last_failure",   "last_reason",  "certificate_days" };
    g_autoptr(GError) error = NULL;
    gboolean runs = FALSE;
    g_autoptr(GPtrArray) items = load_items(terminal->config, &runs, &error);

    (void) options;
    for (guint i = 0; items != NULL && i < items->len; i++) {
        GHashTable *item = items->pdata[i];

        if (strcmp(field(item, "endpoint"), arguments[0]) != 0)
            continue;
        if (terminal->json)
            print_json(item);
        for (gsize j = 0; !terminal->json && j < G_N_ELEMENTS(rows); j++)
            if (g_hash_table_contains(item, rows[j]))
                g_print("%-18s %s\n", rows[j], field(item, rows[j]));
        return strcmp(field(item, "breaker"), "open") == 0 || strcmp(field(item, "stuck"), "0") > 0 ? LT_EXIT_FAILED : LT_EXIT_OK;
    }
    if (items != NULL)
        lt_error_set(&error, LT_ERROR_NOT_FOUND, "endpoint.unknown", runs ? "the running hub has no endpoint %s" : "no hub runs, and nothing waits for endpoint %s",
                     arguments[0]);
    return lt_command_fail(terminal, error);
}
