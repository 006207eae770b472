/* SPDX-License-Identifier: Apache-2.0 */
/* reading.c: the right to read, and its trace.
 *
 * A unit sees what it sends or receives. What it may not see does not exist for it: the answer is the same 404. A reading is recorded before it
 * is answered; while the log is halted, when reading must go on (audit-log.md §10), the journal has the trace.
 */
#include "http/reading.h"

#include <string.h>

#include "base/value.h"
#include "store/deliveries.h"

const char *
lt_reading_id(const char *id)
{
    return lt_uuid_is_v7(id, strlen(id)) || lt_uuid_is_v4(id, strlen(id)) ? id : NULL;
}

gboolean
lt_reading_may_act_for(LtExchange *exchange, const char *unit)
{
    const LtCaller *caller = lt_exchange_get_caller(exchange);

    if (strcmp(caller->unit, unit) == 0)
        return TRUE;
    return caller->is_hub && lt_registry_hub_stands_for(lt_exchange_get_registry(exchange), caller->unit, unit, lt_time_now_us());
}

/* The receiver may have been dissolved: then its successor got the message. */
static gboolean
was_delivered_to_caller(LtExchange *exchange, LtMessage *message)
{
    LtDeliveryQuery query = { .message_id = lt_message_get_id(message), .limit = 100 };
    g_autoptr(GPtrArray) deliveries = lt_store_list_deliveries(lt_exchange_get_parts(exchange)->store, &query, NULL);

    for (guint i = 0; deliveries != NULL && i < deliveries->len; i++) {
        const LtDelivery *delivery = deliveries->pdata[i];

        if (strcmp(delivery->from, lt_message_get_from(message)) == 0 && delivery->receiver != NULL &&
            lt_reading_may_act_for(exchange, delivery->receiver))
            return TRUE;
    }
    return FALSE;
}

LtMessage *
lt_reading_find_message(LtExchange *exchange, const char *from, const char *id, GError **error)
{
    g_autoptr(LtMessage) message = NULL;
    g_autoptr(GError) cause = NULL;

    if (lt_unit_id_is_valid(from, strlen(from)) && lt_uuid_is_v7(id, strlen(id)))
        message = lt_store_find_message(lt_exchange_get_parts(exchange)->store, from, id, &cause);
    /* A store that is damaged must not look like a message that never was. */
    if (cause != NULL && !g_error_matches(cause, LT_ERROR, LT_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return NULL;
    }
    if (message != NULL && (lt_reading_may_act_for(exchange, from) || lt_reading_may_act_for(exchange, lt_message_get_to(message)) ||
                            was_delivered_to_caller(exchange, message)))
        return g_steal_pointer(&message);
    lt_error_set(error, LT_ERROR_NOT_FOUND, "http.not-found", "the unit has no such message");
    return NULL;
}

typedef struct {
    LtExchange *exchange;
    char *actor_kind, *actor, *dossier, *what, *id;
} Trace;

static void
trace_free(Trace *trace)
{
    g_free(trace->actor_kind);
    g_free(trace->actor);
    g_free(trace->dossier);
    g_free(trace->what);
    g_free(trace->id);
    g_free(trace);
}

static gboolean
write_trace(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Trace *trace = data;
    LtRecord *record = lt_record_new("read.dossier", trace->actor_kind, trace->actor);

    lt_record_set_string(record, "d", trace->dossier);
    lt_record_set_string(record, "what", trace->what);
    lt_record_set_string(record, "id", trace->id);
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

static void
on_traced(gpointer data, const GError *error)
{
    Trace *trace = data;
    LtExchange *exchange = trace->exchange;
    gboolean halted = error != NULL && g_strcmp0(lt_error_get_reason(error), "env.store.halted") == 0;

    if (halted)
        g_message("read.dossier %s %s by %s %s, while the log is halted", trace->dossier, trace->what, trace->actor_kind, trace->actor);
    trace_free(trace);
    if (error != NULL && !halted)
        lt_exchange_fail(exchange, error);
    lt_exchange_answer(exchange);
}

void
lt_reading_record(LtExchange *exchange, const char *dossier, const char *what, const char *id)
{
    const LtHttpParts *parts = lt_exchange_get_parts(exchange);
    const LtCaller *caller = lt_exchange_get_caller(exchange);
    Trace *trace = g_new0(Trace, 1);

    *trace = (Trace) { lt_exchange_later(exchange), g_strdup(caller != NULL ? "unit" : "hub"), g_strdup(caller != NULL ? caller->unit : parts->unit),
                       g_strdup(dossier), g_strdup(what), g_strdup(id) };
    lt_store_submit(parts->store, write_trace, on_traced, trace, lt_exchange_get_context(exchange));
}
