/* SPDX-License-Identifier: Apache-2.0 */
/* database.c: one SQLite connection: its pragmas, its kept statements, its errors.
 *
 * Every pragma that durability rests on is read back after it was set. A statement is prepared the first time its literal is seen
 * on this connection and reset, not freed, after use. The only formatted statements are none: values are bound.
 */
#include "store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct _LtDatabase {
    sqlite3 *handle;
    GHashTable *statements; /* const char * (address of the literal) → sqlite3_stmt * */
};

typedef struct {
    const char *set;
    const char *ask;
    const char *expected;
    gboolean writer_only;
} Pragma;

static const Pragma pragmas[] = {
    { "PRAGMA journal_mode = WAL", "PRAGMA journal_mode", "wal", TRUE },
    { "PRAGMA synchronous = FULL", "PRAGMA synchronous", "2", FALSE },
    { "PRAGMA foreign_keys = ON", "PRAGMA foreign_keys", "1", FALSE },
    { "PRAGMA trusted_schema = OFF", "PRAGMA trusted_schema", "0", FALSE },
    { "PRAGMA temp_store = MEMORY", "PRAGMA temp_store", "2", FALSE },
    { "PRAGMA wal_autocheckpoint = 0", "PRAGMA wal_autocheckpoint", "0", FALSE },
};

LtValue
lt_value_text(const char *text)
{
    return (LtValue){ text == NULL ? LT_VALUE_NULL : LT_VALUE_TEXT, 0, text };
}

LtValue
lt_value_row(gint64 row)
{
    return (LtValue){ row == 0 ? LT_VALUE_NULL : LT_VALUE_INTEGER, row, NULL };
}

LtValue
lt_value_bytes(GBytes *bytes)
{
    LtValue value = { LT_VALUE_NULL, 0, NULL };
    gsize size;

    if (bytes == NULL)
        return value;
    value.kind = LT_VALUE_BLOB;
    value.data = g_bytes_get_data(bytes, &size);
    value.integer = (gint64) size;
    return value;
}

gboolean
lt_database_fail(LtDatabase *self, const char *what, GError **error)
{
    int code = sqlite3_errcode(self->handle);
    const char *text = sqlite3_errmsg(self->handle);

    switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "env.store.full", "%s: %s (%d: %s)", what, text,
                     sqlite3_extended_errcode(self->handle), g_strerror(sqlite3_system_errno(self->handle)));
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "env.busy", "%s: %s", what, text);
        break;
    case SQLITE_CANTOPEN:
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "env.store.full", "%s: %s: %s", what, text,
                     g_strerror(sqlite3_system_errno(self->handle)));
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        lt_error_set(error, LT_ERROR_INTERNAL, "log.db", "%s: the database is damaged: %s", what, text);
        break;
    default:
        lt_error_set(error, LT_ERROR_INTERNAL, "store.sql", "%s: %s (%d)", what, text, sqlite3_extended_errcode(self->handle));
    }
    return FALSE;
}

gboolean
lt_database_script(LtDatabase *self, const char *sql, GError **error)
{
    if (sqlite3_exec(self->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        return lt_database_fail(self, "database", error);
    return TRUE;
}

static gboolean
pragma_is(LtDatabase *self, const Pragma *pragma, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    const char *found;

    if (!lt_query_ask(&query, self, pragma->ask, NULL, 0, error))
        return FALSE;
    found = lt_query_next(&query, error) ? lt_query_text(&query, 0) : NULL;
    if (query.failed)
        return FALSE;
    if (g_strcmp0(found, pragma->expected) == 0)
        return TRUE;
    lt_error_set(error, LT_ERROR_INTERNAL, "log.pragma", "%s answers %s, not %s", pragma->ask, found != NULL ? found : "nothing",
                 pragma->expected);
    return FALSE;
}

static gboolean
set_pragmas(LtDatabase *self, LtDatabaseUse use, gint64 cache_bytes, GError **error)
{
    g_autofree char *cache = g_strdup_printf("PRAGMA cache_size = -%" G_GINT64_FORMAT, MAX(cache_bytes / 1024, 256));

    for (gsize i = 0; i < G_N_ELEMENTS(pragmas); i++) {
        if (!pragmas[i].writer_only || use == LT_DATABASE_WRITE) {
            if (!lt_database_script(self, pragmas[i].set, error))
                return FALSE;
        }
        if (!pragma_is(self, &pragmas[i], error))
            return FALSE;
    }
    if (use == LT_DATABASE_READ && !lt_database_script(self, "PRAGMA query_only = ON", error))
        return FALSE;
    return lt_database_script(self, cache, error);
}

static gboolean
harden(LtDatabase *self, GError **error)
{
    static const struct { int option; int value; } options[] = {
        { SQLITE_DBCONFIG_DEFENSIVE, 1 },
        { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
        { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
        { SQLITE_DBCONFIG_DQS_DML, 0 },
        { SQLITE_DBCONFIG_DQS_DDL, 0 },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
        int now = -1;

        if (sqlite3_db_config(self->handle, options[i].option, options[i].value, &now) != SQLITE_OK || now != options[i].value) {
            lt_error_set(error, LT_ERROR_INTERNAL, "log.pragma", "this SQLite does not take database option %d", options[i].option);
            return FALSE;
        }
    }
    sqlite3_extended_result_codes(self->handle, 1);
    sqlite3_busy_timeout(self->handle, 5000);
    return TRUE;
}

/* SQLite gives its WAL and index the mode of the database, so one file made with 0600 is enough (S33). */
static gboolean
create_private(const char *path, GError **error)
{
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (file >= 0)
        close(file);
    else if (errno != EEXIST) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "env.store.full", "%s: %s", path, g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}

/* SQLite counts its memory under one lock for the whole process unless told not to. */
static gpointer
configure(gpointer data G_GNUC_UNUSED)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return NULL;
}

LtDatabase *
lt_database_open(const char *path, LtDatabaseUse use, gint64 cache_bytes, GError **error)
{
    static GOnce once = G_ONCE_INIT;
    g_autoptr(LtDatabase) self = g_new0(LtDatabase, 1);

    g_once(&once, configure, NULL);
    self->statements = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) (void (*)(void)) sqlite3_finalize);
    if (use == LT_DATABASE_WRITE && !create_private(path, error))
        return NULL;
    /* A reader opens for writing too: a read-only open cannot recover a WAL after a crash; query_only keeps it from writing. */
    if (sqlite3_open_v2(path, &self->handle, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        if (self->handle == NULL)
            lt_error_set(error, LT_ERROR_UNAVAILABLE, "env.busy", "%s: out of memory", path);
        else
            lt_database_fail(self, path, error);
        return NULL;
    }
    if (!harden(self, error) || !set_pragmas(self, use, cache_bytes, error)) {
        g_prefix_error(error, "%s: ", path);
        return NULL;
    }
    return g_steal_pointer(&self);
}

void
lt_database_close(LtDatabase *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->statements);
    if (self->handle != NULL && sqlite3_close(self->handle) != SQLITE_OK)
        g_critical("a database was closed with a statement still in use");
    g_free(self);
}

sqlite3 *
lt_database_get_handle(LtDatabase *self)
{
    return self->handle;
}

static sqlite3_stmt *
statement_for(LtDatabase *self, const char *sql, GError **error)
{
    sqlite3_stmt *statement = g_hash_table_lookup(self->statements, sql);

    if (statement != NULL) {
        if (!sqlite3_stmt_busy(statement))
            return statement;
        lt_error_set(error, LT_ERROR_INTERNAL, "store.sql", "a statement is asked while it is being read");
        return NULL;
    }
    if (sqlite3_prepare_v3(self->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) {
        lt_database_fail(self, sql, error);
        return NULL;
    }
    g_hash_table_insert(self->statements, (gpointer) sql, statement);
    return statement;
}

static int
bind(sqlite3_stmt *statement, int index, const LtValue *value, sqlite3_destructor_type keep)
{
    switch (value->kind) {
    case LT_VALUE_INTEGER:
        return sqlite3_bind_int64(statement, index, value->integer);
    case LT_VALUE_TEXT:
        return sqlite3_bind_text(statement, index, value->data, -1, keep);
    case LT_VALUE_BLOB:
        /* a NULL pointer would bind NULL: an empty blob is not nothing */
        return sqlite3_bind_blob64(statement, index, value->data != NULL ? value->data : "", (sqlite3_uint64) value->integer,
                                   keep);
    case LT_VALUE_NULL:
    default:
        return sqlite3_bind_null(statement, index);
    }
}

static gboolean
ask(LtQuery *query, LtDatabase *db, const char *sql, const LtValue *values, guint n_values, sqlite3_destructor_type keep, GError **error)
{
    lt_query_end(query);
    query->database = db;
    query->failed = TRUE;
    query->statement = statement_for(db, sql, error);
    if (query->statement == NULL)
        return FALSE;
    for (guint i = 0; i < n_values; i++) {
        if (bind(query->statement, (int) i + 1, &values[i], keep) != SQLITE_OK) {
            lt_database_fail(db, sql, error);
            lt_query_end(query);
            return FALSE;
        }
    }
    query->failed = FALSE;
    return TRUE;
}

/* Copies the values: they are often gone when the rows are read. */
gboolean
lt_query_ask(LtQuery *query, LtDatabase *db, const char *sql, const LtValue *values, guint n_values, GError **error)
{
    return ask(query, db, sql, values, n_values, SQLITE_TRANSIENT, error);
}

gboolean
lt_query_next(LtQuery *query, GError **error)
{
    int code = sqlite3_step(query->statement);

    if (code == SQLITE_ROW)
        return TRUE;
    if (code != SQLITE_DONE) {
        query->failed = TRUE;
        lt_database_fail(query->database, sqlite3_sql(query->statement), error);
    }
    sqlite3_reset(query->statement);
    return FALSE;
}

void
lt_query_end(LtQuery *query)
{
    if (query->statement == NULL)
        return;
    sqlite3_reset(query->statement);
    sqlite3_clear_bindings(query->statement);
    query->statement = NULL;
}

gboolean
lt_database_run(LtDatabase *self, const char *sql, const LtValue *values, guint n_values, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!ask(&query, self, sql, values, n_values, SQLITE_STATIC, error))
        return FALSE;
    while (lt_query_next(&query, error))
        ;
    return !query.failed;
}

gint64
lt_query_integer(const LtQuery *query, int column)
{
    return sqlite3_column_int64(query->statement, column);
}

const char *
lt_query_text(const LtQuery *query, int column)
{
    return (const char *) sqlite3_column_text(query->statement, column);
}

char *
lt_query_dup(const LtQuery *query, int column)
{
    return g_strdup(lt_query_text(query, column));
}

GBytes *
lt_query_bytes(const LtQuery *query, int column)
{
    if (sqlite3_column_type(query->statement, column) == SQLITE_NULL)
        return NULL;
    return g_bytes_new(sqlite3_column_blob(query->statement, column), (gsize) sqlite3_column_bytes(query->statement, column));
}

gboolean
lt_query_copy(const LtQuery *query, int column, void *bytes, gsize size)
{
    const void *found = sqlite3_column_blob(query->statement, column);

    if (found == NULL || (gsize) sqlite3_column_bytes(query->statement, column) != size)
        return FALSE;
    memcpy(bytes, found, size);
    return TRUE;
}
