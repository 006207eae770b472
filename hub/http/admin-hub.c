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
#include "store/generations.h"
#include "trust/certificates.h"

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

/* A plan was taken, with warnings, or not, with every reason. */
static void
reply_taken(LtExchange *exchange, gboolean done, GPtrArray *faults)
{
    g_autoptr(LtPlan) plan = lt_intake_ref_plan(lt_exchange_get_parts(exchange)->intake);
    g_autoptr(GError) error = NULL;
    GString *out;

    if (!done) {
        lt_error_set(&error, LT_ERROR_CONFIG, "config", "the configuration has faults; what was in force stays in force");
        lt_exchange_fail_full(exchange, error, -1, NULL, faults);
        return;
    }
    out = g_string_new("{");
    append_list(out, "warnings", faults);
    lt_json_append_integer(out, "generation", (gint64) lt_plan_get_generation(plan));
    g_string_append_c(out, '}');
    lt_exchange_reply_text(exchange, 200, LT_JSON, g_string_free(out, FALSE));
}

void
lt_admin_reload(LtExchange *exchange)
{
    const LtHttpParts *parts = lt_exchange_get_parts(exchange);
    g_autoptr(GPtrArray) faults = NULL;

    gboolean done = parts->reload(parts->hub, parts->unit, g_strcmp0(lt_exchange_get_query(exchange, "again"), "1") == 0, &faults);

    reply_taken(exchange, done, faults);
}

void
lt_admin_plans_rollback(LtExchange *exchange)
{
    const LtHttpParts *parts = lt_exchange_get_parts(exchange);
    const char *text = lt_exchange_get_param(exchange, 0);
    g_autoptr(GPtrArray) faults = NULL;
    guint64 number = 0;
    gboolean done;

    if (!lt_decimal_read(text, strlen(text), &number)) {
        g_autoptr(GError) error = NULL;

        lt_error_set(&error, LT_ERROR_NOT_FOUND, "plan.unknown", "a generation is named by its number");
        lt_exchange_fail(exchange, error);
        return;
    }
    done = parts->rollback(parts->hub, parts->unit, number, &faults);
    reply_taken(exchange, done, faults);
}

static void
append_generation(GString *out, const LtGeneration *row)
{
    g_auto(GStrv) changes = g_strsplit(row->changes, "\n", -1);
    char at[25];

    lt_time_write_millis(row->at_us, at);
    g_string_append(out, out->str[out->len - 1] == '[' ? "{" : ",{");
    lt_json_append_integer(out, "generation", (gint64) row->number);
    lt_json_append_member(out, "at", at);
    lt_json_append_member(out, "actor", row->actor);
    lt_json_append_member(out, "origin", row->origin);
    if (row->was > 0)
        lt_json_append_integer(out, "was", (gint64) row->was);
    lt_json_append_member(out, "digest", row->digest);
    g_string_append(out, ",\"changes\":[");
    for (guint i = 0; changes[i] != NULL && *changes[i] != '\0'; i++) {
        g_string_append(out, i > 0 ? "," : "");
        lt_json_append_string(out, changes[i]);
    }
    g_string_append(out, "]}");
}

void
lt_admin_plans_list(LtExchange *exchange)
{
    g_autoptr(GError) error = NULL;
    guint64 limit = 0;
    g_autoptr(GPtrArray) rows = NULL;
    GString *out;

    if (lt_exchange_get_number(exchange, "limit", 100, 1000, &limit, &error))
        rows = lt_store_list_generations(lt_exchange_get_parts(exchange)->store, (guint) limit, &error);
    if (rows == NULL) {
        lt_exchange_fail(exchange, error);
        return;
    }
    out = g_string_new("{\"items\":[");
    for (guint i = 0; i < rows->len; i++)
        append_generation(out, rows->pdata[i]);
    g_string_append(out, "]}");
    lt_exchange_reply_text(exchange, 200, LT_JSON, g_string_free(out, FALSE));
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

/* Of the certificate that ends first: ours, or that of the authority that vouches for the system. */
static void
append_certificate_days(GString *out, const LtEndpointSettings *settings)
{
    const char *const paths[] = { settings->client_certificate, settings->ca };
    gint64 least_us = G_MAXINT64;

    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autofree char *subject = NULL;
        gint64 begins_us, ends_us;

        if (paths[i] != NULL && lt_certificate_dates(paths[i], &subject, &begins_us, &ends_us, NULL))
            least_us = MIN(least_us, ends_us);
    }
    if (least_us != G_MAXINT64)
        lt_json_append_integer(out, "certificate_days", (least_us - lt_time_now_us()) / (86400 * LT_US_PER_SECOND));
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
    lt_json_append_integer(out, "delivered_5min", (gint64) health->recent_delivered);
    lt_json_append_integer(out, "failed_5min", (gint64) health->recent_failed);
    if (endpoint != NULL)
        append_certificate_days(out, lt_endpoint_get_settings(endpoint));
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
