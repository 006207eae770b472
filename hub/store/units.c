/* SPDX-License-Identifier: Apache-2.0 */
/* units.c: the registry's rows in the database. A change writes all its rows with the records that speak of them, or nothing. */
#include "store/units.h"

#include <string.h>

#include "store/store-private.h"
#include "trust/digest.h"

typedef struct {
    const LtRegistryRows *rows;
    const char *actor_kind, *actor;
} Change;

#define LT_PUT(table, columns, marks) "INSERT OR REPLACE INTO " table " (" columns ") VALUES (" marks ")"

static gboolean
put_unit(LtDatabase *database, gconstpointer data, GError **error)
{
    const LtUnitRow *row = data;

    return LT_RUN(database, error, LT_PUT("unit", "id, admin_code, name, level, parent, valid_from, valid_to, basis", "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8"),
                  LT_TEXT(row->id), LT_TEXT(row->admin_code), LT_TEXT(row->name), LT_TEXT(row->level), LT_TEXT(row->parent), LT_TEXT(row->valid_from),
                  LT_TEXT(row->valid_to), LT_TEXT(row->basis));
}

static gboolean
put_alias(LtDatabase *database, gconstpointer data, GError **error)
{
    const LtAliasRow *row = data;

    return LT_RUN(database, error, LT_PUT("unit_alias", "alias, unit", "?1, ?2"), LT_TEXT(row->alias), LT_TEXT(row->unit));
}

static const char *
or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static gboolean
put_successor(LtDatabase *database, gconstpointer data, GError **error)
{
    const LtSuccessorRow *row = data;

    return LT_RUN(database, error, LT_PUT("unit_successor", "unit, successor, procedure, area, effective, basis", "?1, ?2, ?3, ?4, ?5, ?6"),
                  LT_TEXT(row->unit), LT_TEXT(row->successor), LT_TEXT(or_empty(row->procedure)), LT_TEXT(or_empty(row->area)),
                  LT_TEXT(row->effective), LT_TEXT(row->basis));
}

static gboolean
put_key(LtDatabase *database, gconstpointer data, GError **error)
{
    const LtUnitKeyRow *row = data;

    return LT_RUN(database, error, LT_PUT("unit_key", "spki, unit, use, role, valid_from, valid_to", "?1, ?2, ?3, ?4, ?5, ?6"), LT_TEXT(row->spki),
                  LT_TEXT(row->unit), LT_TEXT(row->use), LT_TEXT(row->role), LT_INT(row->from_us), LT_INT(row->until_us));
}

static gboolean
put_token(LtDatabase *database, gconstpointer data, GError **error)
{
    const LtTokenRow *row = data;

    return LT_RUN(database, error, LT_PUT("token", "id, hash, unit, valid_from, valid_to", "?1, ?2, ?3, ?4, ?5"), LT_TEXT(row->id), LT_TEXT(row->hash),
                  LT_TEXT(row->unit), LT_INT(row->from_us), LT_INT(row->until_us));
}

typedef gboolean (*Put)(LtDatabase *database, gconstpointer row, GError **error);

static gboolean
put_all(LtDatabase *database, const GPtrArray *rows, Put put, GError **error)
{
    for (guint i = 0; i < rows->len; i++) {
        if (!put(database, rows->pdata[i], error))
            return FALSE;
    }
    return TRUE;
}

/* What the log says of a change: a digest over all that was put, and the names of the objects, which hold no personal data. */
typedef struct {
    LtHasher *hasher;
    GPtrArray *objects; /* of char * */
} Summary;

static void
hash_fields(Summary *summary, const char *const *fields, guint n)
{
    for (guint i = 0; i < n; i++) {
        const char *field = or_empty(fields[i]);

        lt_hasher_update(summary->hasher, field, strlen(field) + 1);
    }
}

static void
hash_times(Summary *summary, gint64 from_us, gint64 until_us)
{
    char text[64];

    g_snprintf(text, sizeof text, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT, from_us, until_us);
    hash_fields(summary, (const char *const[]){ text }, 1);
}

#define HASH(summary, ...)                                                                                                         \
    hash_fields(summary, (const char *const[]){ __VA_ARGS__ }, G_N_ELEMENTS(((const char *const[]){ __VA_ARGS__ })))

static void
add_object(Summary *summary, const char *kind, const char *name)
{
    g_ptr_array_add(summary->objects, g_strconcat(kind, ":", name, NULL));
}

static void
summarize_units(Summary *summary, const LtRegistryRows *rows)
{
    for (guint i = 0; i < rows->units->len; i++) {
        const LtUnitRow *row = rows->units->pdata[i];

        HASH(summary, "unit", row->id, row->admin_code, row->name, row->level, row->parent, row->valid_from, row->valid_to, row->basis);
        add_object(summary, "unit", row->id);
    }
    for (guint i = 0; i < rows->aliases->len; i++) {
        const LtAliasRow *row = rows->aliases->pdata[i];

        HASH(summary, "alias", row->alias, row->unit);
        add_object(summary, "alias", row->unit);
    }
    for (guint i = 0; i < rows->successors->len; i++) {
        const LtSuccessorRow *row = rows->successors->pdata[i];

        HASH(summary, "successor", row->unit, row->successor, row->procedure, row->area, row->effective, row->basis);
        add_object(summary, "successor", row->unit);
    }
}

static void
summarize_access(Summary *summary, const LtRegistryRows *rows)
{
    for (guint i = 0; i < rows->keys->len; i++) {
        const LtUnitKeyRow *row = rows->keys->pdata[i];

        HASH(summary, "key", row->spki, row->unit, row->use, row->role);
        hash_times(summary, row->from_us, row->until_us);
        add_object(summary, "key", row->unit);
    }
    for (guint i = 0; i < rows->tokens->len; i++) {
        const LtTokenRow *row = rows->tokens->pdata[i];

        HASH(summary, "token", row->id, row->hash, row->unit);
        hash_times(summary, row->from_us, row->until_us);
        add_object(summary, "token", row->unit);
    }
}

static gboolean
next_generation(LtDatabase *database, gint64 *generation, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK_PLAIN(&query, database, error,
                      "INSERT INTO counter (name, value) VALUES ('registry', 1) ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value") ||
        !lt_query_next(&query, error))
        return FALSE;
    *generation = lt_query_integer(&query, 0);
    return TRUE;
}

#define MAX_LIST 64 /* of a log entry */

static gboolean
record_changes(LtStoreTransaction *tx, const Change *change, GError **error)
{
    Summary summary = { lt_hasher_new(), g_ptr_array_new_with_free_func(g_free) };
    guint8 digest[LT_SHA256_SIZE];
    g_autofree char *sha = NULL;
    gint64 generation = 0;
    gboolean ok = next_generation(tx->database, &generation, error);

    summarize_units(&summary, change->rows);
    summarize_access(&summary, change->rows);
    lt_hasher_finish(summary.hasher, digest);
    sha = lt_hex_dup(digest, sizeof digest);
    for (guint i = 0; ok && i < summary.objects->len; i += MAX_LIST) {
        const char *names[MAX_LIST + 1] = { NULL };
        LtRecord *record = lt_record_new("cfg.changed", change->actor_kind, change->actor);

        for (guint j = 0; j < MAX_LIST && i + j < summary.objects->len; j++)
            names[j] = summary.objects->pdata[i + j];
        lt_record_set_integer(record, "gen", generation);
        lt_record_set_string(record, "sha", sha);
        lt_record_set_strings(record, "obj", names);
        ok = lt_store_append_record(tx, record, NULL, NULL, error);
    }
    lt_hasher_free(summary.hasher);
    g_ptr_array_unref(summary.objects);
    return ok;
}

/* A key is added when it was not there, and retired when its end is set and was open. */
static gboolean
record_key(LtStoreTransaction *tx, const Change *change, const LtUnitKeyRow *row, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    const char *event = "key.added";
    LtRecord *record;

    if (!LT_ASK(&query, tx->database, error, "SELECT valid_to FROM unit_key WHERE spki = ?1 AND unit = ?2 AND use = ?3", LT_TEXT(row->spki),
                LT_TEXT(row->unit), LT_TEXT(row->use)))
        return FALSE;
    if (lt_query_next(&query, error)) {
        if (row->until_us == 0 || lt_query_integer(&query, 0) != 0)
            return TRUE;
        event = "key.retired";
    }
    if (query.failed)
        return FALSE;
    record = lt_record_new(event, change->actor_kind, change->actor);
    lt_record_set_string(record, "spki", row->spki);
    lt_record_set_string(record, "unit", row->unit);
    lt_record_set_string(record, "use", row->use);
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

static gboolean
change_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Change *change = data;
    const LtRegistryRows *rows = change->rows;

    for (guint i = 0; i < rows->keys->len; i++) {
        if (!record_key(tx, change, rows->keys->pdata[i], error))
            return FALSE;
    }
    return put_all(tx->database, rows->units, put_unit, error) && put_all(tx->database, rows->aliases, put_alias, error) &&
           put_all(tx->database, rows->successors, put_successor, error) && put_all(tx->database, rows->keys, put_key, error) &&
           put_all(tx->database, rows->tokens, put_token, error) && record_changes(tx, change, error);
}

gboolean
lt_store_change_registry(LtStore *self, const LtRegistryRows *rows, const char *actor_kind, const char *actor, GError **error)
{
    Change change = { rows, actor_kind, actor };

    return lt_store_write(self, change_write, &change, error);
}

static char *
dup_or_null(const LtQuery *query, int column)
{
    const char *text = lt_query_text(query, column);

    return text == NULL || *text == '\0' ? NULL : g_strdup(text);
}

static gpointer
read_unit(const LtQuery *query)
{
    LtUnitRow *row = g_new0(LtUnitRow, 1);

    row->id = lt_query_dup(query, 0);
    row->admin_code = lt_query_dup(query, 1);
    row->name = lt_query_dup(query, 2);
    row->level = lt_query_dup(query, 3);
    row->parent = lt_query_dup(query, 4);
    row->valid_from = lt_query_dup(query, 5);
    row->valid_to = lt_query_dup(query, 6);
    row->basis = lt_query_dup(query, 7);
    return row;
}

static gpointer
read_alias(const LtQuery *query)
{
    LtAliasRow *row = g_new0(LtAliasRow, 1);

    row->alias = lt_query_dup(query, 0);
    row->unit = lt_query_dup(query, 1);
    return row;
}

static gpointer
read_successor(const LtQuery *query)
{
    LtSuccessorRow *row = g_new0(LtSuccessorRow, 1);

    row->unit = lt_query_dup(query, 0);
    row->successor = lt_query_dup(query, 1);
    row->procedure = dup_or_null(query, 2);
    row->area = dup_or_null(query, 3);
    row->effective = lt_query_dup(query, 4);
    row->basis = lt_query_dup(query, 5);
    return row;
}

static gpointer
read_key(const LtQuery *query)
{
    LtUnitKeyRow *row = g_new0(LtUnitKeyRow, 1);

    row->spki = lt_query_dup(query, 0);
    row->unit = lt_query_dup(query, 1);
    row->use = lt_query_dup(query, 2);
    row->role = lt_query_dup(query, 3);
    row->from_us = lt_query_integer(query, 4);
    row->until_us = lt_query_integer(query, 5);
    return row;
}

static gpointer
read_token(const LtQuery *query)
{
    LtTokenRow *row = g_new0(LtTokenRow, 1);

    row->id = lt_query_dup(query, 0);
    row->hash = lt_query_dup(query, 1);
    row->unit = lt_query_dup(query, 2);
    row->from_us = lt_query_integer(query, 3);
    row->until_us = lt_query_integer(query, 4);
    return row;
}

static gboolean
read_all(LtDatabase *database, const char *sql, gpointer (*read)(const LtQuery *query), GPtrArray *rows, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK_PLAIN(&query, database, error, sql))
        return FALSE;
    while (lt_query_next(&query, error))
        g_ptr_array_add(rows, read(&query));
    return !query.failed;
}

LtRegistryRows *
lt_store_load_registry(LtStore *self, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_autoptr(LtRegistryRows) rows = lt_registry_rows_new();

    if (reading.database == NULL ||
        !read_all(reading.database, "SELECT id, admin_code, name, level, parent, valid_from, valid_to, basis FROM unit ORDER BY id", read_unit,
                  rows->units, error) ||
        !read_all(reading.database, "SELECT alias, unit FROM unit_alias ORDER BY alias", read_alias, rows->aliases, error) ||
        !read_all(reading.database,
                  "SELECT unit, successor, procedure, area, effective, basis FROM unit_successor ORDER BY unit, successor, procedure, area",
                  read_successor, rows->successors, error) ||
        !read_all(reading.database, "SELECT spki, unit, use, role, valid_from, valid_to FROM unit_key ORDER BY spki, unit, use", read_key,
                  rows->keys, error) ||
        !read_all(reading.database, "SELECT id, hash, unit, valid_from, valid_to FROM token ORDER BY id", read_token, rows->tokens, error))
        return NULL;
    return g_steal_pointer(&rows);
}
