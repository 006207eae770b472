/* SPDX-License-Identifier: Apache-2.0 */
/* migrations.c: schemas/store/NNNN-NAME.sql, built into the program, run in order.
 *
 * PRAGMA user_version says how many have run; PRAGMA application_id that the database is ours. A migration runs whole in one
 * transaction or not at all, and a failed one stops the start: the hub never works on tables that it does not know.
 */
#include "store/migrations.h"

#include "store/store-schema.h"

#define FOLDER "/lienthong/schemas/store"
#define APPLICATION_ID 1280592967 /* "LTHG" */

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(*(const char *const *) a, *(const char *const *) b);
}

/* Names in order: 0001-initial.sql, … */
static GPtrArray *
list_migrations(void)
{
    g_auto(GStrv) names = g_resource_enumerate_children(store_schema_get_resource(), FOLDER, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);

    for (char **name = names; name != NULL && *name != NULL; name++)
        g_ptr_array_add(list, g_strdup(*name));
    g_ptr_array_sort(list, compare_names);
    return list;
}

guint
lt_migrations_version(void)
{
    g_autoptr(GPtrArray) list = list_migrations();

    return list->len;
}

static gboolean
ask_number(LtDatabase *database, const char *sql, gint64 *number, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!lt_query_ask(&query, database, sql, NULL, 0, error))
        return FALSE;
    *number = lt_query_next(&query, error) ? lt_query_integer(&query, 0) : 0;
    return !query.failed;
}

/* The version of the database: 0 when it is empty. */
static gboolean
read_version(LtDatabase *database, gint64 *version, GError **error)
{
    gint64 application = 0, tables = 0;

    if (!ask_number(database, "PRAGMA user_version", version, error) ||
        !ask_number(database, "PRAGMA application_id", &application, error) ||
        !ask_number(database, "SELECT count(*) FROM sqlite_schema", &tables, error))
        return FALSE;
    if (application == APPLICATION_ID || (tables == 0 && *version == 0))
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "store.foreign", "the database is not one of this program");
    return FALSE;
}

static gboolean
run_one(LtDatabase *database, const char *name, guint number, GError **error)
{
    g_autofree char *path = g_strconcat(FOLDER "/", name, NULL);
    g_autoptr(GBytes) sql = g_resource_lookup_data(store_schema_get_resource(), path, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
    g_autofree char *mark = NULL;

    if (sql == NULL)
        return FALSE;
    /* A pragma takes no bound value; both numbers are ours. */
    mark = g_strdup_printf("PRAGMA user_version = %u; PRAGMA application_id = %d; COMMIT", number, APPLICATION_ID);
    if (lt_database_script(database, "BEGIN IMMEDIATE", error) &&
        lt_database_script(database, g_bytes_get_data(sql, NULL), error) &&
        lt_database_script(database, mark, error))
        return TRUE;
    sqlite3_exec(lt_database_get_handle(database), "ROLLBACK", NULL, NULL, NULL);
    g_prefix_error(error, "migration %s: ", name);
    return FALSE;
}

static gboolean
refuse_newer(gint64 version, guint known, GError **error)
{
    lt_error_set(error, LT_ERROR_CONFIG, "store.newer", "the database is of version %" G_GINT64_FORMAT "; this program knows up to %u",
                 version, known);
    return FALSE;
}

gboolean
lt_migrations_run(LtDatabase *database, GError **error)
{
    g_autoptr(GPtrArray) list = list_migrations();
    gint64 version = 0;

    if (!read_version(database, &version, error))
        return FALSE;
    if (version > list->len)
        return refuse_newer(version, list->len, error);
    for (guint i = (guint) version; i < list->len; i++) {
        if (!run_one(database, g_ptr_array_index(list, i), i + 1, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
lt_migrations_check(LtDatabase *database, GError **error)
{
    guint known = lt_migrations_version();
    gint64 version = 0;

    if (!read_version(database, &version, error))
        return FALSE;
    if (version > known)
        return refuse_newer(version, known, error);
    if (version == known)
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "store.older", "the database is of version %" G_GINT64_FORMAT ", not %u: start the hub once, which migrates it",
                 version, known);
    return FALSE;
}
