/* SPDX-License-Identifier: Apache-2.0 */
/* reorganisations.c: one re-organisation as one transaction; those that are not finished; and who is to be told. */
#include "store/reorganisations.h"

#include <string.h>

#include "base/uuid.h"
#include "base/value.h"
#include "store/registry-records.h"
#include "store/rehoming.h"

typedef struct {
    const LtReorganisation *in;
    LtRehomed *out;
} Job;

/* Finished when its day has come and everything is home. */
static gboolean
keep(LtStoreTransaction *tx, const LtReorganisation *in, const char *digest, const LtRehomed *moved, GError **error)
{
    gboolean done = in->homes != NULL && moved->homeless == 0;

    return LT_RUN(tx->database, error,
                  "INSERT INTO reorganisation (digest, effective, basis, asked, done, dossiers, deliveries, homeless) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
                  "ON CONFLICT DO UPDATE SET done = excluded.done, dossiers = dossiers + excluded.dossiers, "
                  "deliveries = deliveries + excluded.deliveries, homeless = excluded.homeless",
                  LT_TEXT(digest), LT_TEXT(in->effective), LT_TEXT(in->basis), LT_INT(tx->time_us), lt_value_row(done ? tx->time_us : 0),
                  LT_INT(moved->dossiers), LT_INT(moved->deliveries), LT_INT(moved->homeless));
}

static gboolean
reorganise_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Job *job = data;
    const LtReorganisation *in = job->in;
    char digest[65] = "";

    *job->out = (LtRehomed){ 0, 0, 0 };
    if (in->rows != NULL && !lt_registry_rows_write(tx, in->rows, in->actor_kind, in->actor, digest, error))
        return FALSE;
    if (in->homes != NULL && (!lt_rehome_deliveries(tx, in, job->out, error) || !lt_rehome_dossiers(tx, in, job->out, error)))
        return FALSE;
    return keep(tx, in, in->digest != NULL ? in->digest : digest, job->out, error);
}

gboolean
lt_store_reorganise(LtStore *self, const LtReorganisation *reorganisation, LtRehomed *moved, GError **error)
{
    Job job = { reorganisation, moved };

    return lt_store_write(self, reorganise_write, &job, error);
}

void
lt_pending_reorganisation_free(LtPendingReorganisation *self)
{
    g_free(self->digest);
    g_free(self->effective);
    g_free(self->basis);
    g_free(self);
}

GPtrArray *
lt_store_list_pending(LtStore *self, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify) lt_pending_reorganisation_free);

    if (reading.database == NULL ||
        !LT_ASK_PLAIN(&query, reading.database, error,
                      "SELECT digest, effective, basis, dossiers, deliveries, homeless FROM reorganisation WHERE done IS NULL ORDER BY effective, asked"))
        return NULL;
    while (lt_query_next(&query, error)) {
        LtPendingReorganisation *row = g_new0(LtPendingReorganisation, 1);

        *row = (LtPendingReorganisation){ lt_query_dup(&query, 0), lt_query_dup(&query, 1), lt_query_dup(&query, 2),
                                          { (guint64) lt_query_integer(&query, 3), (guint64) lt_query_integer(&query, 4),
                                            (guint64) lt_query_integer(&query, 5) } };
        g_ptr_array_add(found, row);
    }
    return query.failed ? NULL : g_steal_pointer(&found);
}

void
lt_under_way_free(LtUnderWay *self)
{
    g_free(self->unit);
    g_free(self->procedure);
    g_free(self->code);
    g_free(self);
}

static LtUnderWay *
find_row(GPtrArray *rows, const char *unit, const char *procedure)
{
    LtUnderWay *row;

    for (guint i = 0; i < rows->len; i++) {
        row = rows->pdata[i];
        if (strcmp(row->unit, unit) == 0 && g_strcmp0(row->procedure, procedure) == 0)
            return row;
    }
    row = g_new0(LtUnderWay, 1);
    row->unit = g_strdup(unit);
    row->procedure = g_strdup(procedure);
    g_ptr_array_add(rows, row);
    return row;
}

static gboolean
count_dossiers(LtDatabase *database, const char *unit, GPtrArray *rows, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK(&query, database, error,
                "SELECT x.procedure, count(*), min(x.code) FROM participant p JOIN dossier x ON x.row = p.dossier WHERE p.unit = ?1 AND " LT_IN_FLIGHT
                " GROUP BY x.procedure ORDER BY x.procedure",
                LT_TEXT(unit)))
        return FALSE;
    while (lt_query_next(&query, error)) {
        LtUnderWay *row = g_new0(LtUnderWay, 1);

        *row = (LtUnderWay){ g_strdup(unit), lt_query_dup(&query, 0), (guint64) lt_query_integer(&query, 1), 0, lt_query_dup(&query, 2) };
        g_ptr_array_add(rows, row);
    }
    return !query.failed;
}

/* Of waiting and held ones, told apart by their partial indexes. */
static gboolean
count_deliveries(LtDatabase *database, const char *const *units, GPtrArray *rows, GError **error)
{
    g_auto(LtQuery) waiting = LT_QUERY_INIT;
    g_auto(LtQuery) held = LT_QUERY_INIT;
    LtQuery *queries[] = { &waiting, &held };

    if (!LT_ASK_PLAIN(&waiting, database, error,
                      "SELECT d.receiver, x.procedure, count(*) FROM delivery d INDEXED BY delivery_waiting LEFT JOIN dossier x ON x.row = d.dossier "
                      "WHERE d.state = 1 GROUP BY d.receiver, x.procedure") ||
        !LT_ASK_PLAIN(&held, database, error,
                      "SELECT d.receiver, x.procedure, count(*) FROM delivery d INDEXED BY delivery_held LEFT JOIN dossier x ON x.row = d.dossier "
                      "WHERE d.state = 4 GROUP BY d.receiver, x.procedure"))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(queries); i++) {
        while (lt_query_next(queries[i], error))
            if (g_strv_contains(units, lt_query_text(queries[i], 0)))
                find_row(rows, lt_query_text(queries[i], 0), lt_query_text(queries[i], 1))->deliveries += (guint64) lt_query_integer(queries[i], 2);
        if (queries[i]->failed)
            return FALSE;
    }
    return TRUE;
}

GPtrArray *
lt_store_list_under_way(LtStore *self, const char *const *units, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify) lt_under_way_free);

    if (reading.database == NULL)
        return NULL;
    for (guint i = 0; units[i] != NULL; i++)
        if (!count_dossiers(reading.database, units[i], rows, error))
            return NULL;
    return count_deliveries(reading.database, units, rows, error) ? g_steal_pointer(&rows) : NULL;
}

void
lt_notice_free(LtNotice *self)
{
    g_free(self->from);
    g_free(self->id);
    g_free(self->manifest);
    g_free(self->dossier);
    g_free(self->code);
    g_free(self->state);
    g_free(self->old);
    g_free(self->new);
    g_free(self->basis);
    g_free(self);
}

static char *
dup_uuid(const LtQuery *query, int column)
{
    guint8 bytes[16];
    char *text;

    if (!lt_query_copy(query, column, bytes, sizeof bytes))
        return NULL;
    text = g_malloc(37);
    lt_uuid_write(bytes, text);
    return text;
}

GPtrArray *
lt_store_list_notices(LtStore *self, guint limit, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify) lt_notice_free);

    if (reading.database == NULL ||
        !LT_ASK(&query, reading.database, error,
                "SELECT n.message, n.old, n.new, n.basis, m.sender, m.id, m.manifest, x.reference, x.code, x.state FROM notice n "
                "JOIN message m ON m.row = n.message LEFT JOIN dossier x ON x.row = m.dossier ORDER BY n.message LIMIT ?1",
                LT_INT(limit)))
        return NULL;
    while (lt_query_next(&query, error)) {
        LtNotice *notice = g_new0(LtNotice, 1);
        guint8 manifest[LT_SHA256_SIZE] = { 0 };

        lt_query_copy(&query, 6, manifest, sizeof manifest);
        *notice = (LtNotice){ lt_query_integer(&query, 0), lt_query_dup(&query, 4), dup_uuid(&query, 5), lt_hex_dup(manifest, sizeof manifest),
                              dup_uuid(&query, 7), lt_query_dup(&query, 8), lt_query_dup(&query, 9), lt_query_dup(&query, 1), lt_query_dup(&query, 2), lt_query_dup(&query, 3) };
        g_ptr_array_add(found, notice);
    }
    return query.failed ? NULL : g_steal_pointer(&found);
}

static gboolean
end_notice_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    return LT_RUN(tx->database, error, "DELETE FROM notice WHERE message = ?1", LT_INT(*(const gint64 *) data));
}

gboolean
lt_store_end_notice(LtStore *self, gint64 message, GError **error)
{
    return lt_store_write(self, end_notice_write, &message, error);
}
