/* SPDX-License-Identifier: Apache-2.0 */
/* deliveries.c: deliveries looked up: what is due, what is stuck, what a unit may fetch, lists for people.
 *
 * The questions that the dispatcher asks go over partial indexes of unfinished deliveries only; the index is named in the statement, so that
 * a plan over the whole history is an error, not a slow answer. What becomes of a delivery is written by settle.c.
 */
#include "store/deliveries.h"

#include <string.h>

#include "base/uuid.h"
#include "base/value.h"
#include "store/delivery-row.h"
#include "store/store-private.h"

static const char *const state_words[] = { "unknown", "waiting", "delivered", "confirmed", "held", "refused", "withdrawn" };

const char *
lt_delivery_state_word(LtDeliveryState state)
{
    return (guint) state < G_N_ELEMENTS(state_words) ? state_words[state] : state_words[0];
}

/* A delivery is handed to several threads and never changed once it is read. */
typedef struct {
    gatomicrefcount references;
    LtDelivery delivery;
} Counted;

LtDelivery *
lt_delivery_new(void)
{
    Counted *self = g_new0(Counted, 1);

    g_atomic_ref_count_init(&self->references);
    return &self->delivery;
}

static Counted *
counted(LtDelivery *self)
{
    return (Counted *) ((char *) self - G_STRUCT_OFFSET(Counted, delivery));
}

LtDelivery *
lt_delivery_ref(LtDelivery *self)
{
    g_atomic_ref_count_inc(&counted(self)->references);
    return self;
}

void
lt_delivery_unref(LtDelivery *self)
{
    if (self == NULL || !g_atomic_ref_count_dec(&counted(self)->references))
        return;
    g_free(self->message_id);
    g_free(self->from);
    g_free(self->to);
    g_free(self->type);
    g_free(self->dossier);
    g_free(self->code);
    g_free(self->manifest);
    g_free(self->endpoint);
    g_free(self->receiver);
    g_free(self->reason);
    g_free(self->cause);
    g_free(self->text);
    g_free(counted(self));
}

/* `addressee` is there only when a successor took over. */
#define COLUMNS                                                                                                                    \
    "SELECT d.id, d.endpoint, d.receiver, d.plan, d.state, d.attempts, d.not_before, d.changed, d.reason, d.cause, d.text, "       \
    "m.row, m.id, m.sender, m.type, m.manifest, m.at, x.reference, x.code, m.addressee "
#define JOINS "JOIN message m ON m.row = d.id / 256 LEFT JOIN dossier x ON x.row = d.dossier "

static LtDelivery *
read_row(const LtQuery *query, GError **error)
{
    g_autoptr(LtDelivery) self = lt_delivery_new();
    guint8 id[16], manifest[LT_SHA256_SIZE], reference[16];

    self->id = lt_query_integer(query, 0);
    if (!lt_query_copy(query, 12, id, sizeof id) || !lt_query_copy(query, 15, manifest, sizeof manifest)) {
        lt_error_set(error, LT_ERROR_INTERNAL, "log.db", "the message of delivery %" G_GINT64_FORMAT " is damaged", self->id);
        return NULL;
    }
    self->endpoint = lt_query_dup(query, 1);
    self->receiver = lt_query_dup(query, 2);
    self->plan = (guint64) lt_query_integer(query, 3);
    self->state = (LtDeliveryState) lt_query_integer(query, 4);
    self->attempts = (guint) lt_query_integer(query, 5);
    self->not_before_us = lt_query_integer(query, 6);
    self->changed_us = lt_query_integer(query, 7);
    self->reason = lt_query_dup(query, 8);
    self->cause = lt_query_dup(query, 9);
    self->text = lt_query_dup(query, 10);
    self->message = lt_query_integer(query, 11);
    self->message_id = g_malloc(37);
    lt_uuid_write(id, self->message_id);
    self->from = lt_query_dup(query, 13);
    self->type = lt_query_dup(query, 14);
    self->manifest = lt_hex_dup(manifest, sizeof manifest);
    self->created_us = lt_query_integer(query, 16);
    if (lt_query_copy(query, 17, reference, sizeof reference)) {
        self->dossier = g_malloc(37);
        lt_uuid_write(reference, self->dossier);
    }
    self->code = lt_query_dup(query, 18);
    self->to = g_strdup(lt_query_text(query, 19) != NULL ? lt_query_text(query, 19) : self->receiver);
    return g_steal_pointer(&self);
}

/* All rows of a query that was asked. */
static GPtrArray *
read_rows(LtQuery *query, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify) lt_delivery_unref);

    while (lt_query_next(query, error)) {
        LtDelivery *delivery = read_row(query, error);

        if (delivery == NULL)
            return NULL;
        g_ptr_array_add(list, delivery);
    }
    return query->failed ? NULL : g_steal_pointer(&list);
}

LtDelivery *
lt_store_get_delivery(LtStore *self, gint64 id, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (reading.database == NULL || !LT_ASK(&query, reading.database, error, COLUMNS "FROM delivery d " JOINS "WHERE d.id = ?1", LT_INT(id)))
        return NULL;
    if (lt_query_next(&query, error))
        return read_row(&query, error);
    if (!query.failed)
        lt_error_set(error, LT_ERROR_NOT_FOUND, "delivery.unknown", "there is no delivery %" G_GINT64_FORMAT, id);
    return NULL;
}

GBytes *
lt_store_get_answer(LtStore *self, gint64 delivery, char **type, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (reading.database == NULL ||
        !LT_ASK(&query, reading.database, error, "SELECT bytes, type FROM answer WHERE delivery = ?1 ORDER BY row DESC LIMIT 1", LT_INT(delivery)))
        return NULL;
    if (!lt_query_next(&query, error)) {
        if (!query.failed)
            lt_error_set(error, LT_ERROR_NOT_FOUND, "delivery.answer", "delivery %" G_GINT64_FORMAT " was not answered", delivery);
        return NULL;
    }
    *type = lt_query_dup(&query, 1);
    return lt_query_bytes(&query, 0);
}

static gboolean
find_next(LtDatabase *database, const char *endpoint, gint64 now_us, gint64 *next_us, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK(&query, database, error,
                "SELECT min(not_before) FROM delivery INDEXED BY delivery_delayed "
                "WHERE endpoint = ?1 AND state = 1 AND not_before > 0 AND not_before > ?2",
                LT_TEXT(endpoint), LT_INT(now_us)))
        return FALSE;
    *next_us = lt_query_next(&query, error) ? lt_query_integer(&query, 0) : 0;
    return !query.failed;
}

GPtrArray *
lt_store_due_deliveries(LtStore *self, const char *endpoint, gint64 now_us, gint64 after, guint limit, gint64 *next_us, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (reading.database == NULL || (next_us != NULL && !find_next(reading.database, endpoint, now_us, next_us, error)))
        return NULL;
    if (!LT_ASK(&query, reading.database, error,
                COLUMNS "FROM delivery d INDEXED BY delivery_waiting " JOINS
                "WHERE d.endpoint = ?1 AND d.state = 1 AND d.id > ?2 AND d.not_before <= ?3 AND (d.dossier IS NULL OR NOT EXISTS "
                "(SELECT 1 FROM delivery e INDEXED BY delivery_order WHERE e.dossier = d.dossier AND e.endpoint = d.endpoint "
                "AND e.state IN (1, 4) AND e.dossier IS NOT NULL AND e.id < d.id)) ORDER BY d.id LIMIT ?4",
                LT_TEXT(endpoint), LT_INT(after), LT_INT(now_us), LT_INT(limit)))
        return NULL;
    return read_rows(&query, error);
}

GPtrArray *
lt_store_inbox(LtStore *self, const char *unit, gint64 after, guint limit, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (reading.database == NULL ||
        !LT_ASK(&query, reading.database, error,
                COLUMNS "FROM delivery d INDEXED BY delivery_inbox " JOINS
                "WHERE d.endpoint = 'inbox' AND d.receiver = ?1 AND d.id > ?2 AND d.state = 1 ORDER BY d.id LIMIT ?3",
                LT_TEXT(unit), LT_INT(after), LT_INT(limit)))
        return NULL;
    return read_rows(&query, error);
}

static void
backlog_free(gpointer data)
{
    LtEndpointBacklog *backlog = data;

    g_free(backlog->endpoint);
    g_free(backlog);
}

GPtrArray *
lt_store_backlogs(LtStore *self, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(backlog_free);

    if (reading.database == NULL ||
        !LT_ASK_PLAIN(&query, reading.database, error,
                      "SELECT b.endpoint, sum(b.waiting), sum(b.held), min(m.at) FROM ("
                      "SELECT endpoint, count(*) AS waiting, 0 AS held, min(id) AS first FROM delivery INDEXED BY delivery_waiting "
                      "WHERE state = 1 GROUP BY endpoint UNION ALL "
                      "SELECT endpoint, 0, count(*), min(id) FROM delivery INDEXED BY delivery_held WHERE state = 4 GROUP BY endpoint) b "
                      "JOIN message m ON m.row = b.first / 256 GROUP BY b.endpoint ORDER BY b.endpoint"))
        return NULL;
    while (lt_query_next(&query, error)) {
        LtEndpointBacklog *backlog = g_new0(LtEndpointBacklog, 1);

        backlog->endpoint = lt_query_dup(&query, 0);
        backlog->waiting = (guint64) lt_query_integer(&query, 1);
        backlog->held = (guint64) lt_query_integer(&query, 2);
        backlog->oldest_us = lt_query_integer(&query, 3);
        g_ptr_array_add(list, backlog);
    }
    return query.failed ? NULL : g_steal_pointer(&list);
}

/* One list for people; what narrows it most decides where it starts from. ?1 endpoint, ?2 unit, ?3 state (0: any), ?4 after, ?5 limit. */
#define FILTERS                                                                                                                    \
    "AND (?1 IS NULL OR d.endpoint = ?1) AND (?2 IS NULL OR m.sender = ?2 OR d.receiver = ?2) AND (?3 = 0 OR d.state = ?3) "        \
    "AND d.id > ?4 ORDER BY d.id LIMIT ?5"

static gboolean
ask_list(LtQuery *query, LtDatabase *database, const LtDeliveryQuery *by, GError **error)
{
    guint8 id[16];
    LtValue values[6] = { LT_TEXT(by->endpoint), LT_TEXT(by->unit), LT_INT(by->state), LT_INT(by->after),
                          LT_INT(by->limit > 0 ? by->limit : 100), LT_TEXT(NULL) };

    if (by->message_id != NULL || by->dossier != NULL) {
        const char *text = by->message_id != NULL ? by->message_id : by->dossier;

        values[5] = LT_BLOB(id, lt_uuid_read(text, strlen(text), id) ? sizeof id : 0);
        if (by->message_id != NULL)
            return lt_query_ask(query, database, COLUMNS "FROM message m JOIN delivery d ON d.id BETWEEN m.row * 256 AND m.row * 256 + 255 "
                                "LEFT JOIN dossier x ON x.row = d.dossier WHERE m.id = ?6 " FILTERS, values, 6, error);
        return lt_query_ask(query, database, COLUMNS "FROM dossier x JOIN event v ON v.dossier = x.row AND v.event = 'message' "
                            "JOIN message m ON m.row = v.message JOIN delivery d ON d.id BETWEEN m.row * 256 AND m.row * 256 + 255 "
                            "WHERE x.reference = ?6 " FILTERS, values, 6, error);
    }
    if (by->code != NULL) {
        values[5] = LT_TEXT(by->code);
        return lt_query_ask(query, database, COLUMNS "FROM dossier x JOIN event v ON v.dossier = x.row AND v.event = 'message' "
                            "JOIN message m ON m.row = v.message JOIN delivery d ON d.id BETWEEN m.row * 256 AND m.row * 256 + 255 "
                            "WHERE x.code = ?6 " FILTERS, values, 6, error);
    }
    if (by->state == LT_DELIVERY_WAITING)
        return lt_query_ask(query, database, COLUMNS "FROM delivery d INDEXED BY delivery_waiting " JOINS "WHERE d.state = 1 " FILTERS, values, 5,
                            error);
    if (by->state == LT_DELIVERY_HELD)
        return lt_query_ask(query, database, COLUMNS "FROM delivery d INDEXED BY delivery_held " JOINS "WHERE d.state = 4 " FILTERS, values, 5,
                            error);
    return lt_query_ask(query, database, COLUMNS "FROM delivery d " JOINS "WHERE TRUE " FILTERS, values, 5, error);
}

GPtrArray *
lt_store_list_deliveries(LtStore *self, const LtDeliveryQuery *by, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (reading.database == NULL || !ask_list(&query, reading.database, by, error))
        return NULL;
    return read_rows(&query, error);
}
