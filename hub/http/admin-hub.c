/* SPDX-License-Identifier: Apache-2.0 */
/* admin-hub.c: the operator's view of the endpoints, the reload, and the record of a backup. Runs in a worker. */
#include "http/resources.h"

#include <string.h>

#include "base/json.h"
#include "base/value.h"
#include "http/json-rows.h"
#include "http/routes.h"
#include "store/backup.h"
#include "store/deliveries.h"

static void
append_list(GString *out, const char *name, const GPtrArray *texts)
{
    g_string_append_printf(out, "%s\"%s\":[", out->str[out->len - 1] == '{' ? "" : ",", name);
    for (guint i = 0; texts != NULL && i < texts->len; i++) {
        if (i > 0)
            g_string_append_c(out, ',');
        lt_json_append_string(out, texts->pdata[i]);
    }
    g_string_append_c(out, ']');
}

void
lt_admin_reload(LtExchange *exchange)
{
    const LtHttpParts *parts = lt_exchange_get_parts(exchange);
    g_autoptr(GPtrArray) faults = NULL;
    g_autoptr(GError) error = NULL;

    if (parts->reload(parts->hub, parts->unit, &faults)) {
        GString *out = g_string_new("{");

        append_list(out, "warnings", faults);
        g_string_append_c(out, '}');
        lt_exchange_reply_text(exchange, 200, LT_JSON, g_string_free(out, FALSE));
        return;
    }
    lt_error_set(&error, LT_ERROR_CONFIG, "config", "the configuration has faults; what was in force stays in force");
    lt_exchange_fail_full(exchange, error, -1, NULL, faults);
}

static void
append_time(GString *out, const char *name, gint64 at_us)
{
    char text[25];

    if (at_us <= 0)
        return;
    lt_time_write_millis(at_us, text);
    lt_json_append_member(out, name, text);
}

static void
append_backlog(GString *out, const GPtrArray *backlogs, const char *endpoint)
{
    for (guint i = 0; backlogs != NULL && i < backlogs->len; i++) {
        const LtEndpointBacklog *backlog = backlogs->pdata[i];

        if (g_strcmp0(backlog->endpoint, endpoint) != 0)
            continue;
        lt_json_append_integer(out, "waiting_on_disk", (gint64) backlog->waiting);
        lt_json_append_integer(out, "held_on_disk", (gint64) backlog->held);
        append_time(out, "oldest", backlog->oldest_us);
    }
}

static void
append_endpoint(GString *out, const LtEndpointHealth *health, LtPlan *plan, const GPtrArray *backlogs)
{
    LtEndpoint *endpoint = plan == NULL ? NULL : lt_plan_lookup_endpoint(plan, health->endpoint);

    g_string_append(out, out->str[out->len - 1] == '[' ? "{" : ",{");
    lt_json_append_member(out, "endpoint", health->endpoint);
    lt_json_append_member(out, "plugin", endpoint == NULL ? NULL : lt_endpoint_get_settings(endpoint)->plugin);
    lt_json_append_member(out, "breaker", health->breaker);
    lt_json_append_integer(out, "in_flight", health->in_flight);
    lt_json_append_integer(out, "queued", health->queued);
    lt_json_append_integer(out, "stuck", health->stuck);
    lt_json_append_integer(out, "delivered", (gint64) health->delivered);
    lt_json_append_integer(out, "failed", (gint64) health->failed);
    lt_json_append_integer(out, "refused", (gint64) health->refused);
    lt_json_append_integer(out, "held", (gint64) health->held);
    lt_json_append_integer(out, "collected", (gint64) health->collected);
    append_backlog(out, backlogs, health->endpoint);
    append_time(out, "last_success", health->last_success_us);
    append_time(out, "last_failure", health->last_failure_us);
    append_time(out, "retry_at", health->retry_at_us);
    lt_json_append_member(out, "last_reason", health->last_reason);
    g_string_append_c(out, '}');
}

void
lt_admin_endpoints_list(LtExchange *exchange)
{
    const LtHttpParts *parts = lt_exchange_get_parts(exchange);
    g_autoptr(LtPlan) plan = lt_intake_ref_plan(parts->intake);
    g_autoptr(GPtrArray) all = lt_dispatcher_health(parts->dispatcher);
    g_autoptr(GPtrArray) backlogs = lt_store_backlogs(parts->store, NULL);
    GString *out = g_string_new("{\"items\":[");

    for (guint i = 0; i < all->len; i++)
        append_endpoint(out, all->pdata[i], plan, backlogs);
    g_string_append(out, "]}");
    lt_exchange_reply_text(exchange, 200, LT_JSON, g_string_free(out, FALSE));
}

static gboolean
read_backup(GBytes *body, LtBackup *backup, GError **error)
{
    g_autoptr(LtJsonRow) row = lt_json_row_read(body, error);
    const char *size, *root, *sha;
    guint8 digest[LT_SHA256_SIZE];

    if (row == NULL)
        return FALSE;
    size = g_hash_table_lookup(row->values, "size");
    root = g_hash_table_lookup(row->values, "root");
    sha = g_hash_table_lookup(row->values, "sha");
    if (size == NULL || root == NULL || sha == NULL || !lt_decimal_read(size, strlen(size), &backup->size) ||
        !lt_hex_read(root, strlen(root), digest, sizeof digest) || !lt_hex_read(sha, strlen(sha), digest, sizeof digest)) {
        lt_error_set(error, LT_ERROR_INVALID, "http.json", "a backup is told by `size` in digits, `root` and `sha` in 64 hex digits each");
        return FALSE;
    }
    g_strlcpy(backup->root, root, sizeof backup->root);
    g_strlcpy(backup->sha, sha, sizeof backup->sha);
    return TRUE;
}

void
lt_admin_backups_add(LtExchange *exchange)
{
    const LtHttpParts *parts = lt_exchange_get_parts(exchange);
    g_auto(LtBackup) backup = { 0 };
    g_autoptr(GError) error = NULL;

    if (read_backup(lt_exchange_get_body(exchange), &backup, &error) &&
        lt_store_record_backup(parts->store, &backup, "hub", parts->unit, &error))
        lt_exchange_reply_text(exchange, 200, LT_JSON, g_strdup("{\"rows\":1}"));
    else
        lt_exchange_fail(exchange, error);
}
