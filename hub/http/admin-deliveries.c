/* SPDX-License-Identifier: Apache-2.0 */
/* admin-deliveries.c: what is under way, what is held and why, and the three things that an operator can do about it. Runs in a worker. */
#include "http/resources.h"

#include <string.h>

#include "base/json.h"
#include "base/value.h"
#include "http/routes.h"
#include "routing/delivery.h"

#define PAGE 50
#define MOST 500

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
append_advice(GString *out, const LtDelivery *delivery)
{
    const LtDeliveryAdvice *advice = delivery->state == LT_DELIVERY_HELD && delivery->reason != NULL ? lt_delivery_advice(delivery->reason) : NULL;

    if (advice == NULL)
        return;
    lt_json_append_member(out, "fix_vi", advice->fix_vi);
    lt_json_append_member(out, "fix_en", advice->fix_en);
}

static void
append_delivery(GString *out, const LtDelivery *delivery)
{
    g_string_append_c(out, '{');
    lt_json_append_integer(out, "delivery", delivery->id);
    lt_json_append_member(out, "message", delivery->message_id);
    lt_json_append_member(out, "from", delivery->from);
    lt_json_append_member(out, "to", delivery->to);
    lt_json_append_member(out, "receiver", delivery->receiver);
    lt_json_append_member(out, "type", delivery->type);
    lt_json_append_member(out, "dossier", delivery->dossier);
    lt_json_append_member(out, "code", delivery->code);
    lt_json_append_member(out, "manifest", delivery->manifest);
    lt_json_append_member(out, "endpoint", delivery->endpoint);
    lt_json_append_member(out, "state", lt_delivery_state_word(delivery->state));
    lt_json_append_integer(out, "plan", (gint64) delivery->plan);
    lt_json_append_integer(out, "attempts", delivery->attempts);
    append_time(out, "created", delivery->created_us);
    append_time(out, "changed", delivery->changed_us);
    append_time(out, "not_before", delivery->not_before_us);
    lt_json_append_member(out, "reason", delivery->reason);
    lt_json_append_member(out, "cause", delivery->cause);
    lt_json_append_member(out, "text", delivery->text);
    append_advice(out, delivery);
    g_string_append_c(out, '}');
}

/* 0: any; FALSE: no such word. */
static gboolean
read_state(const char *word, LtDeliveryState *state, GError **error)
{
    *state = 0;
    if (word == NULL)
        return TRUE;
    for (LtDeliveryState each = LT_DELIVERY_WAITING; each <= LT_DELIVERY_WITHDRAWN; each++)
        if (strcmp(lt_delivery_state_word(each), word) == 0)
            *state = each;
    if (*state != 0)
        return TRUE;
    lt_error_set(error, LT_ERROR_INVALID, "http.parameter", "state is not one of a delivery");
    return FALSE;
}

static char *
write_page(const GPtrArray *deliveries, guint64 after)
{
    GString *out = g_string_new("{\"items\":[");
    g_autofree char *next = NULL;

    for (guint i = 0; i < deliveries->len; i++) {
        const LtDelivery *delivery = deliveries->pdata[i];

        if (i > 0)
            g_string_append_c(out, ',');
        append_delivery(out, delivery);
        after = (guint64) delivery->id;
    }
    g_string_append_c(out, ']');
    next = g_strdup_printf("%" G_GUINT64_FORMAT, after);
    lt_json_append_member(out, "next", next);
    g_string_append_c(out, '}');
    return g_string_free(out, FALSE);
}

void
lt_admin_deliveries_list(LtExchange *exchange)
{
    LtDeliveryQuery query = { .endpoint = lt_exchange_get_query(exchange, "endpoint"), .unit = lt_exchange_get_query(exchange, "unit"),
                              .dossier = lt_exchange_get_query(exchange, "dossier"), .code = lt_exchange_get_query(exchange, "code"),
                              .message_id = lt_exchange_get_query(exchange, "message") };
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) deliveries = NULL;
    guint64 after = 0, limit = 0;

    if (read_state(lt_exchange_get_query(exchange, "state"), &query.state, &error) &&
        lt_exchange_get_number(exchange, "after", 0, G_MAXINT64, &after, &error) && lt_exchange_get_number(exchange, "limit", PAGE, MOST, &limit, &error)) {
        query.after = (gint64) after;
        query.limit = (guint) limit;
        deliveries = lt_store_list_deliveries(lt_exchange_get_parts(exchange)->store, &query, &error);
    }
    if (deliveries == NULL)
        lt_exchange_fail(exchange, error);
    else
        lt_exchange_reply_text(exchange, 200, LT_JSON, write_page(deliveries, after));
}

/* The number in the path; 0, which is no delivery's, when it is none. */
static gint64
delivery_of(LtExchange *exchange)
{
    const char *text = lt_exchange_get_param(exchange, 0);
    guint64 id = 0;

    return lt_decimal_read(text, strlen(text), &id) && id <= G_MAXINT64 ? (gint64) id : 0;
}

void
lt_admin_deliveries_get(LtExchange *exchange)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtDelivery) delivery = lt_store_get_delivery(lt_exchange_get_parts(exchange)->store, delivery_of(exchange), &error);
    GString *out;

    if (delivery == NULL) {
        lt_exchange_fail(exchange, error);
        return;
    }
    out = g_string_new(NULL);
    append_delivery(out, delivery);
    lt_exchange_reply_text(exchange, 200, LT_JSON, g_string_free(out, FALSE));
}

static void
act(LtExchange *exchange, gboolean (*verb)(LtDispatcher *, gint64, const char *, GError **))
{
    const LtHttpParts *parts = lt_exchange_get_parts(exchange);
    g_autoptr(GError) error = NULL;

    if (verb(parts->dispatcher, delivery_of(exchange), parts->unit, &error))
        lt_exchange_reply(exchange, 204, NULL, NULL);
    else
        lt_exchange_fail(exchange, error);
}

void
lt_admin_deliveries_release(LtExchange *exchange)
{
    act(exchange, lt_dispatcher_release);
}

void
lt_admin_deliveries_refuse(LtExchange *exchange)
{
    act(exchange, lt_dispatcher_refuse);
}

void
lt_admin_deliveries_resend(LtExchange *exchange)
{
    act(exchange, lt_dispatcher_resend);
}
