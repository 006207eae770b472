/* SPDX-License-Identifier: Apache-2.0 */
/* log-list.c: entries found by dossier, event, actor and time.
 *
 * Index rows only propose entries; whether one is meant is read from the entry itself, so a wrong row can hide an entry and never add one.
 * Without a row that proposes, the log is walked, from the place that the times allow.
 */
#include <string.h>
#include "base/value.h"
#include "store/audit-log.h"
#include "store/log-index.h"
#include "store/store-private.h"

#define PIECE 4096u
#define RECEIPT_REACH 16 /* receipt.out follows the entry that it speaks of in the same closure */

typedef struct {
    LtDatabase *database;
    const LtLogQuery *query;
    GHashTable *envelopes;  /* nullable: ids of the dossier's envelopes */
    guint64 first, end;     /* range that the times and @from allow */
    LtLogVisit visit;
    gpointer data;
    guint n_found;
    gboolean over;          /* enough, or the visitor wants no more */
} Search;

static void
search_clear(Search *search)
{
    g_clear_pointer(&search->envelopes, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Search, search_clear)

static gboolean
contains(const char *entry, gsize size, const char *name, const char *value)
{
    g_autofree char *wanted = g_strdup_printf("\"%s\":\"%s\"", name, value);

    return memmem(entry, size, wanted, strlen(wanted)) != NULL;
}

static gboolean
of_dossier(const Search *search, const LtRecordView *entry)
{
    const char *dossier = g_hash_table_lookup(entry->fields, "d"), *id = g_hash_table_lookup(entry->fields, "id");
    const char *re_id = g_hash_table_lookup(entry->fields, "re_id");

    return g_strcmp0(dossier, search->query->dossier) == 0 || (id != NULL && g_hash_table_contains(search->envelopes, id)) ||
           (re_id != NULL && g_hash_table_contains(search->envelopes, re_id));
}

static gboolean
is_meant(const Search *search, const char *data, gsize size)
{
    const LtLogQuery *query = search->query;
    g_autoptr(LtRecordView) entry = NULL;

    /* Before the entry is taken apart: most entries of a walk end here. */
    if ((query->event != NULL && !contains(data, size, "ev", query->event)) ||
        (query->actor != NULL && !contains(data, size, "actor", query->actor)))
        return FALSE;
    entry = lt_record_read(data, size, NULL);
    if (entry == NULL) /* a damaged entry is shown where nothing is asked, so that nobody is told that it does not exist */
        return query->event == NULL && query->actor == NULL && query->dossier == NULL;
    return (query->event == NULL || g_str_equal(entry->event, query->event)) &&
           (query->actor == NULL || g_str_equal(entry->actor, query->actor)) &&
           (query->since_us == 0 || entry->at_us >= query->since_us) && (query->until_us == 0 || entry->at_us < query->until_us) &&
           (query->dossier == NULL || of_dossier(search, entry));
}

static void
consider(Search *search, guint64 index, sqlite3_stmt *row, int column)
{
    const char *data = sqlite3_column_blob(row, column);
    gsize size = (gsize) sqlite3_column_bytes(row, column);
    g_autoptr(GBytes) entry = NULL;

    if (data == NULL || !is_meant(search, data, size))
        return;
    entry = g_bytes_new(data, size);
    search->n_found++;
    search->over = !search->visit(index, entry, search->data) ||
                   (search->query->limit > 0 && search->n_found >= search->query->limit);
}

static gboolean
walk_piece(Search *search, guint64 first, guint64 end, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    gboolean asked = search->query->newest
                         ? LT_ASK(&query, search->database, error, "SELECT idx, entry FROM log WHERE idx >= ?1 AND idx < ?2 ORDER BY idx DESC",
                                  LT_INT(first), LT_INT(end))
                         : LT_ASK(&query, search->database, error, "SELECT idx, entry FROM log WHERE idx >= ?1 AND idx < ?2 ORDER BY idx",
                                  LT_INT(first), LT_INT(end));

    if (!asked)
        return FALSE;
    while (!search->over && lt_query_next(&query, error))
        consider(search, (guint64) lt_query_integer(&query, 0), query.statement, 1);
    return !query.failed;
}

static gboolean
walk(Search *search, GError **error)
{
    while (search->first < search->end && !search->over) {
        guint64 n = MIN(PIECE, search->end - search->first);
        guint64 first = search->query->newest ? search->end - n : search->first;

        if (!walk_piece(search, first, first + n, error))
            return FALSE;
        if (search->query->newest)
            search->end -= n;
        else
            search->first += n;
    }
    return TRUE;
}

/* First index at or after @low whose entry is not before @at_us. Times of entries never fall, so this is a bisection. */
static gboolean
find_time(LtDatabase *database, guint64 low, guint64 high, gint64 at_us, guint64 *index, GError **error)
{
    while (low < high) {
        guint64 middle = low + (high - low) / 2;
        g_auto(LtQuery) query = LT_QUERY_INIT;
        g_autoptr(LtRecordView) entry = NULL;

        if (!LT_ASK(&query, database, error, "SELECT entry FROM log WHERE idx = ?1", LT_INT(middle)))
            return FALSE;
        if (lt_query_next(&query, error))
            entry = lt_record_read(sqlite3_column_blob(query.statement, 0), (gsize) sqlite3_column_bytes(query.statement, 0), NULL);
        if (query.failed)
            return FALSE;
        if (entry == NULL || entry->at_us >= at_us)
            high = middle;
        else
            low = middle + 1;
    }
    *index = low;
    return TRUE;
}

static gboolean
set_range(Search *search, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!lt_query_ask(&query, search->database, "SELECT ifnull(max(idx), -1) + 1 FROM log", NULL, 0, error) || !lt_query_next(&query, error))
        return FALSE;
    search->end = (guint64) lt_query_integer(&query, 0);
    search->first = MIN(search->query->from, search->end);
    lt_query_end(&query);
    if (search->query->since_us != 0 &&
        !find_time(search->database, search->first, search->end, search->query->since_us, &search->first, error))
        return FALSE;
    return search->query->until_us == 0 ||
           find_time(search->database, search->first, search->end, search->query->until_us, &search->end, error);
}

static void
propose(GArray *indexes, guint64 index)
{
    g_array_append_val(indexes, index);
}

static gboolean
propose_rows(LtDatabase *database, LtLogRefKind kind, const char *key, GArray *indexes, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK(&query, database, error, "SELECT idx FROM log_ref WHERE kind = ?1 AND key = ?2 ORDER BY idx", LT_INT(kind), LT_TEXT(key)))
        return FALSE;
    while (lt_query_next(&query, error))
        propose(indexes, (guint64) lt_query_integer(&query, 0));
    return !query.failed;
}

/* Acceptance, deliveries, states: the dossier's timeline has their indexes and leads to its envelopes. */
static gboolean
propose_timeline(Search *search, GBytes *reference, GArray *indexes, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK(&query, search->database, error,
                "SELECT e.log_index, m.id FROM dossier AS d JOIN event AS e ON e.dossier = d.row "
                "LEFT JOIN message AS m ON m.row = e.message WHERE d.reference = ?1",
                LT_BYTES_VALUE(reference)))
        return FALSE;
    while (lt_query_next(&query, error)) {
        guint8 id[16];
        char text[37];

        propose(indexes, (guint64) lt_query_integer(&query, 0));
        if (!lt_query_copy(&query, 1, id, sizeof id))
            continue;
        lt_uuid_write(id, text);
        g_hash_table_add(search->envelopes, g_strdup(text));
    }
    return !query.failed;
}

/* A receipt's row knows the entry that it speaks of; its own follows soon. */
static gboolean
propose_receipts(Search *search, GBytes *reference, GArray *indexes, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK(&query, search->database, error,
                "SELECT r.log_index FROM dossier AS d JOIN event AS e ON e.dossier = d.row "
                "JOIN receipt AS r ON r.row BETWEEN e.message * 8 AND e.message * 8 + 7 WHERE d.reference = ?1",
                LT_BYTES_VALUE(reference)))
        return FALSE;
    while (lt_query_next(&query, error))
        for (guint64 i = 0; i <= RECEIPT_REACH; i++)
            propose(indexes, (guint64) lt_query_integer(&query, 0) + i);
    return !query.failed;
}

static gboolean
propose_dossier(Search *search, GArray *indexes, GError **error)
{
    const char *text = search->query->dossier;
    g_autoptr(GBytes) reference = NULL;
    guint8 bytes[16];
    GHashTableIter iterator;
    gpointer id;

    search->envelopes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!lt_uuid_read(text, strlen(text), bytes))
        return TRUE;
    reference = g_bytes_new(bytes, sizeof bytes);
    if (!propose_rows(search->database, LT_LOG_REF_DOSSIER, text, indexes, error) ||
        !propose_timeline(search, reference, indexes, error) || !propose_receipts(search, reference, indexes, error))
        return FALSE;
    g_hash_table_iter_init(&iterator, search->envelopes);
    while (g_hash_table_iter_next(&iterator, &id, NULL))
        if (!propose_rows(search->database, LT_LOG_REF_ENVELOPE, id, indexes, error))
            return FALSE;
    return TRUE;
}

static gint
compare_index(gconstpointer a, gconstpointer b)
{
    guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;

    return x < y ? -1 : x > y;
}

static gboolean
visit_proposed(Search *search, GArray *indexes, GError **error)
{
    g_array_sort(indexes, compare_index);
    for (guint i = 0; i < indexes->len && !search->over; i++) {
        guint place = search->query->newest ? indexes->len - 1 - i : i;
        guint64 index = g_array_index(indexes, guint64, place);
        g_auto(LtQuery) query = LT_QUERY_INIT;

        if (index < search->first || index >= search->end || (place > 0 && g_array_index(indexes, guint64, place - 1) == index))
            continue;
        if (!LT_ASK(&query, search->database, error, "SELECT entry FROM log WHERE idx = ?1", LT_INT(index)))
            return FALSE;
        if (lt_query_next(&query, error))
            consider(search, index, query.statement, 0);
        if (query.failed)
            return FALSE;
    }
    return TRUE;
}

gboolean
lt_store_log_list(LtStore *self, const LtLogQuery *query, LtLogVisit visit, gpointer data, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(Search) search = { .database = reading.database, .query = query, .visit = visit, .data = data };
    g_autoptr(GArray) indexes = g_array_new(FALSE, FALSE, sizeof(guint64));

    if (reading.database == NULL || !set_range(&search, error))
        return FALSE;
    if (query->dossier != NULL)
        return propose_dossier(&search, indexes, error) && visit_proposed(&search, indexes, error);
    if (query->event != NULL && lt_log_index_covers(query->event))
        return propose_rows(search.database, LT_LOG_REF_EVENT, query->event, indexes, error) && visit_proposed(&search, indexes, error);
    if (query->actor != NULL) {
        if (!propose_rows(search.database, LT_LOG_REF_ACTOR, query->actor, indexes, error))
            return FALSE;
        if (indexes->len > 0)
            return visit_proposed(&search, indexes, error);
    }
    return walk(&search, error);
}
