/* SPDX-License-Identifier: Apache-2.0 */
/* database.h: one SQLite connection, for the files of this room only: opened with the pragmas that durability needs, statements
 * prepared once and kept, errors turned into LT_ERROR before they leave.
 *
 * A connection belongs to one thread at a time. SQL is given as string literals: the address of the literal is the key under which
 * its prepared statement is kept.
 */
#pragma once

#include <gio/gio.h>
#include <sqlite3.h>
#include <lienthong/error.h>

typedef struct _LtDatabase LtDatabase;

typedef enum {
    LT_DATABASE_WRITE,      /* the writer's: creates the file */
    LT_DATABASE_READ,       /* a reader's: query_only */
    LT_DATABASE_CHECKPOINT, /* the WAL thread's */
} LtDatabaseUse;

/** lt_database_open: Errors: %LT_ERROR_UNAVAILABLE, %LT_ERROR_INTERNAL `log.pragma` when a pragma does not read back as it was set */
LtDatabase *lt_database_open(const char *path, LtDatabaseUse use, gint64 cache_bytes, GError **error);
void lt_database_close(LtDatabase *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtDatabase, lt_database_close)
sqlite3 *lt_database_get_handle(LtDatabase *self);
/** lt_database_fail: sets @error from the connection's newest error: disk full or I/O → UNAVAILABLE `env.store.full`; busy → UNAVAILABLE
 * `env.busy`; damaged → INTERNAL `log.db`; else INTERNAL `store.sql`. Returns: FALSE */
gboolean lt_database_fail(LtDatabase *self, const char *what, GError **error);

/* A bound value. Text and blobs are borrowed during the call that binds them. */
typedef struct {
    enum { LT_VALUE_NULL, LT_VALUE_INTEGER, LT_VALUE_TEXT, LT_VALUE_BLOB } kind;
    gint64 integer; /* or length of the blob */
    const void *data;
} LtValue;
#define LT_INT(value) ((LtValue){ LT_VALUE_INTEGER, (gint64) (value), NULL })
#define LT_TEXT(text) lt_value_text(text)
#define LT_BLOB(bytes, size) ((LtValue){ LT_VALUE_BLOB, (gint64) (size), (bytes) })
#define LT_BYTES_VALUE(bytes) lt_value_bytes(bytes)
LtValue lt_value_text(const char *text /* nullable: NULL */);
LtValue lt_value_row(gint64 row /* 0: NULL */);
LtValue lt_value_bytes(GBytes *bytes /* nullable: NULL */);

/* One statement that gives no row: LT_RUN(db, error, "INSERT … VALUES (?1, ?2)", LT_INT(1), LT_TEXT("a")) */
#define LT_RUN(db, error, sql, ...)                                                                                    \
    lt_database_run(db, sql, (const LtValue[]){ __VA_ARGS__ }, G_N_ELEMENTS(((const LtValue[]){ __VA_ARGS__ })), error)
gboolean lt_database_run(LtDatabase *self, const char *sql, const LtValue *values, guint n_values, GError **error);
#define LT_RUN_PLAIN(db, error, sql) lt_database_run(db, sql, NULL, 0, error)
/** lt_database_script: several statements from a file or pragma: not kept, no values */
gboolean lt_database_script(LtDatabase *self, const char *sql, GError **error);

/* A statement that gives rows:
 *   g_auto(LtQuery) query = LT_QUERY_INIT;
 *   if (!LT_ASK(&query, db, error, "SELECT a FROM t WHERE b = ?1", LT_INT(7)))
 *       return FALSE;
 *   while (lt_query_next(&query, error))   (FALSE at the end and on an error)
 *       use(sqlite3_column_int64(query.statement, 0));
 *   if (query.failed)
 *       return FALSE;
 */
typedef struct {
    LtDatabase *database;
    sqlite3_stmt *statement;
    gboolean failed;
} LtQuery;
#define LT_QUERY_INIT { NULL, NULL, FALSE }
#define LT_ASK(query, db, error, sql, ...)                                                                             \
    lt_query_ask(query, db, sql, (const LtValue[]){ __VA_ARGS__ }, G_N_ELEMENTS(((const LtValue[]){ __VA_ARGS__ })), error)
#define LT_ASK_PLAIN(query, db, error, sql) lt_query_ask(query, db, sql, NULL, 0, error)
gboolean lt_query_ask(LtQuery *query, LtDatabase *db, const char *sql, const LtValue *values, guint n_values, GError **error);
gboolean lt_query_next(LtQuery *query, GError **error);
/** lt_query_end: gives the statement back; called by g_auto, and before the same SQL is asked again */
void lt_query_end(LtQuery *query);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LtQuery, lt_query_end)

/* Columns. */
gint64 lt_query_integer(const LtQuery *query, int column);
const char *lt_query_text(const LtQuery *query, int column); /* nullable; valid until the next row */
char *lt_query_dup(const LtQuery *query, int column);
GBytes *lt_query_bytes(const LtQuery *query, int column);    /* nullable, (transfer full) */
gboolean lt_query_copy(const LtQuery *query, int column, void *bytes, gsize size); /* FALSE when the blob has another size */
