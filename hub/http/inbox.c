/* SPDX-License-Identifier: Apache-2.0 */
/* inbox.c: the built-in inbox of a unit without a system: it lists, fetches (envelopes.c) and acknowledges. The cursor is the number of the last delivery seen. */
#include "http/resources.h"

#include "base/json.h"
#include "base/value.h"
#include "http/reading.h"
#include "http/routes.h"
#include "store/deliveries.h"

#define PAGE 50
#define MOST 500

static void
append_item(GString *out, const LtDelivery *delivery)
{
    char at[25];

    lt_time_write_millis(delivery->created_us, at);
    g_string_append(out, out->str[out->len - 1] == '[' ? "{" : ",{");
    lt_json_append_member(out, "from", delivery->from);
    lt_json_append_member(out, "id", delivery->message_id);
    lt_json_append_member(out, "to", delivery->to);
    lt_json_append_member(out, "type", delivery->type);
    lt_json_append_member(out, "dossier", delivery->dossier);
    lt_json_append_member(out, "code", delivery->code);
    lt_json_append_member(out, "manifest", delivery->manifest);
    lt_json_append_member(out, "received", at);
    g_string_append_c(out, '}');
}

static char *
write_page(const GPtrArray *deliveries, const char *after)
{
    GString *out = g_string_new("{\"items\":[");
    g_autofree char *next = g_strdup(after);

    for (guint i = 0; i < deliveries->len; i++) {
        const LtDelivery *delivery = deliveries->pdata[i];

        append_item(out, delivery);
        g_free(next);
        next = g_strdup_printf("%" G_GINT64_FORMAT, delivery->id);
    }
    g_string_append_c(out, ']');
    lt_json_append_member(out, "next", next);
    g_string_append_c(out, '}');
    return g_string_free(out, FALSE);
}

void
lt_inbox_list(LtExchange *exchange)
{
    const char *after_text = lt_exchange_get_query(exchange, "after");
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) deliveries = NULL;
    guint64 after, limit;

    if (lt_exchange_get_number(exchange, "after", 0, G_MAXINT64, &after, &error) && lt_exchange_get_number(exchange, "limit", PAGE, MOST, &limit, &error))
        deliveries = lt_store_inbox(lt_exchange_get_parts(exchange)->store, lt_exchange_get_caller(exchange)->unit, (gint64) after, (guint) limit, &error);
    if (deliveries == NULL)
        lt_exchange_fail(exchange, error);
    else
        lt_exchange_reply_text(exchange, 200, LT_JSON, write_page(deliveries, after_text));
}

static void
on_acknowledged(gpointer data, LtAnswer *answer)
{
    LtExchange *exchange = data;

    if (answer->error != NULL)
        lt_exchange_fail_full(exchange, answer->error, answer->index, lt_reading_id(lt_exchange_get_param(exchange, 1)), NULL);
    else
        lt_exchange_reply(exchange, answer->status, NULL, NULL);
    lt_answer_free(answer);
    lt_exchange_answer(exchange);
}

void
lt_inbox_ack(LtExchange *exchange)
{
    const char *from = lt_exchange_get_param(exchange, 0), *id = lt_exchange_get_param(exchange, 1);

    lt_intake_acknowledge(lt_exchange_get_parts(exchange)->intake, lt_exchange_get_caller(exchange), from, id, on_acknowledged, lt_exchange_later(exchange),
                          lt_exchange_get_context(exchange));
}
