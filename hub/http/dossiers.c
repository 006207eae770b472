/* SPDX-License-Identifier: Apache-2.0 */
/* dossiers.c: where a dossier is and how it got there, for the units that take part in it, and for the operator. Content is not told, only its way. */
#include "http/resources.h"

#include <string.h>

#include "base/json.h"
#include "base/value.h"
#include "http/reading.h"
#include "http/routes.h"
#include "store/dossiers.h"

#define PAGE 50
#define MOST 500

static void
append_time(GString *out, const char *name, gint64 at_us)
{
    char text[25];

    lt_time_write_millis(at_us, text);
    lt_json_append_member(out, name, text);
}

static void
append_facts(GString *out, const LtDossier *dossier)
{
    lt_json_append_member(out, "reference", dossier->reference);
    lt_json_append_member(out, "code", dossier->code);
    lt_json_append_member(out, "procedure", dossier->procedure);
    lt_json_append_member(out, "origin", dossier->origin_unit);
    lt_json_append_member(out, "holder", dossier->holder_unit);
    lt_json_append_member(out, "state", dossier->state);
    append_time(out, "created", dossier->created_us);
    append_time(out, "changed", dossier->changed_us);
    lt_json_append_integer(out, "messages", dossier->n_messages);
}

static void
append_event(GString *out, const LtDossierEvent *event)
{
    g_string_append(out, out->str[out->len - 1] == '[' ? "{" : ",{");
    append_time(out, "at", event->at_us);
    lt_json_append_member(out, "event", event->event);
    lt_json_append_member(out, "id", event->message_id);
    lt_json_append_member(out, "type", event->type);
    lt_json_append_member(out, "from", event->from);
    lt_json_append_member(out, "to", event->to);
    lt_json_append_member(out, "endpoint", event->endpoint);
    lt_json_append_member(out, "detail", event->detail);
    lt_json_append_integer(out, "index", (gint64) event->index);
    g_string_append_c(out, '}');
}

static char *
write_dossier(const LtDossier *dossier, const GPtrArray *events)
{
    GString *out = g_string_new("{");

    append_facts(out, dossier);
    g_string_append(out, ",\"events\":[");
    for (guint i = 0; i < events->len; i++)
        append_event(out, events->pdata[i]);
    g_string_append(out, "]}");
    return g_string_free(out, FALSE);
}

/* @units: (nullable): as lt_store_find_dossier() */
static void
answer_dossier(LtExchange *exchange, const char *const *units)
{
    LtStore *store = lt_exchange_get_parts(exchange)->store;
    const char *name = lt_exchange_get_param(exchange, 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtDossier) dossier = lt_store_find_dossier(store, name, units, &error);
    g_autoptr(GPtrArray) events = dossier == NULL ? NULL : lt_store_dossier_events(store, dossier->reference, &error);

    if (events == NULL) {
        if (error == NULL)
            lt_error_set(&error, LT_ERROR_NOT_FOUND, "http.not-found", "no such dossier");
        lt_exchange_fail(exchange, error);
        return;
    }
    lt_exchange_reply_text(exchange, 200, LT_JSON, write_dossier(dossier, events));
    lt_reading_record(exchange, dossier->reference, "view", NULL);
}

void
lt_dossiers_get(LtExchange *exchange)
{
    const char *units[] = { lt_exchange_get_caller(exchange)->unit, NULL };

    answer_dossier(exchange, units);
}

void
lt_dossiers_get_any(LtExchange *exchange)
{
    answer_dossier(exchange, NULL);
}

static char *
write_page(const GPtrArray *dossiers, const char *after)
{
    GString *out = g_string_new("{\"items\":[");

    for (guint i = 0; i < dossiers->len; i++) {
        const LtDossier *dossier = dossiers->pdata[i];

        g_string_append(out, i == 0 ? "{" : ",{");
        append_facts(out, dossier);
        g_string_append_c(out, '}');
        after = dossier->reference;
    }
    g_string_append_c(out, ']');
    lt_json_append_member(out, "next", after);
    g_string_append_c(out, '}');
    return g_string_free(out, FALSE);
}

void
lt_dossiers_list(LtExchange *exchange)
{
    const char *after = lt_exchange_get_query(exchange, "after"), *state = lt_exchange_get_query(exchange, "state");
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) dossiers = NULL;
    guint64 limit;

    if (lt_exchange_get_number(exchange, "limit", PAGE, MOST, &limit, &error))
        dossiers = lt_store_list_dossiers(lt_exchange_get_parts(exchange)->store, NULL, state, after, (guint) limit, &error);
    if (dossiers == NULL)
        lt_exchange_fail(exchange, error);
    else
        lt_exchange_reply_text(exchange, 200, LT_JSON, write_page(dossiers, after));
}
