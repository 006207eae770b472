/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite-rows.c: the yardstick of P1: how many messages a second bare SQLite makes durable on this disk, in groups.
 *
 * Per message what any hub must write: the message itself, a unique time-ordered id, a queue row, an audit row. WAL,
 * synchronous=FULL, page size 4096, no thread, no HTTP, no cryptography.
 *
 *   sqlite-rows FOLDER [GROUP] [SECONDS] [BODY-BYTES]      prints rows a second
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static const char *const schema =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "CREATE TABLE message(id INTEGER PRIMARY KEY, body BLOB NOT NULL);"
    "CREATE TABLE seen(key BLOB PRIMARY KEY, message INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE queue(id INTEGER PRIMARY KEY, message INTEGER NOT NULL, not_before INTEGER NOT NULL);"
    "CREATE TABLE audit(id INTEGER PRIMARY KEY, entry BLOB NOT NULL);";

static const char *const inserts[] = {
    "INSERT INTO message(id, body) VALUES(?1, ?2)",
    "INSERT INTO seen(key, message) VALUES(?2, ?1)",
    "INSERT INTO queue(id, message, not_before) VALUES(?1, ?1, ?1)",
    "INSERT INTO audit(id, entry) VALUES(?1, ?2)",
};

static void
check(sqlite3 *db, int result)
{
    if (result != SQLITE_OK && result != SQLITE_DONE)
        g_error("%s", sqlite3_errmsg(db));
}

static void
insert_message(sqlite3 *db, sqlite3_stmt *const statements[], gint64 id, const char *body, int body_size, const char *entry)
{
    guint64 key[2] = { GUINT64_TO_BE((guint64) id), (guint64) g_random_int() << 32 | g_random_int() };
    const void *blobs[] = { body, key, NULL, entry };
    int sizes[] = { body_size, sizeof key, 0, (int) strlen(entry) };

    for (gsize i = 0; i < G_N_ELEMENTS(inserts); i++) {
        sqlite3_bind_int64(statements[i], 1, id);
        if (blobs[i] != NULL)
            sqlite3_bind_blob(statements[i], 2, blobs[i], sizes[i], SQLITE_STATIC);
        check(db, sqlite3_step(statements[i]));
        sqlite3_reset(statements[i]);
    }
}

int
main(int argc, char **argv)
{
    g_autofree char *path = g_build_filename(argc > 1 ? argv[1] : ".", "yardstick.db", NULL);
    g_autofree char *wal = g_strconcat(path, "-wal", NULL);
    g_autofree char *shm = g_strconcat(path, "-shm", NULL);
    int group = argc > 2 ? atoi(argv[2]) : 64;
    double seconds = argc > 3 ? atof(argv[3]) : 2;
    int body_size = argc > 4 ? atoi(argv[4]) : 5120;
    g_autofree char *body = g_malloc0((gsize) body_size);
    g_autofree char *entry = g_strnfill(360, 'e');
    sqlite3_stmt *statements[G_N_ELEMENTS(inserts)];
    gint64 id = 0, begin;
    sqlite3 *db;

    g_unlink(path);
    check(NULL, sqlite3_open(path, &db));
    check(db, sqlite3_exec(db, schema, NULL, NULL, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(inserts); i++)
        check(db, sqlite3_prepare_v2(db, inserts[i], -1, &statements[i], NULL));
    begin = g_get_monotonic_time();
    while ((double) (g_get_monotonic_time() - begin) < seconds * 1e6) {
        check(db, sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
        for (int i = 0; i < group; i++)
            insert_message(db, statements, ++id, body, body_size, entry);
        check(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
    }
    g_print("%.0f\n", (double) id * 1e6 / (double) (g_get_monotonic_time() - begin));
    for (gsize i = 0; i < G_N_ELEMENTS(inserts); i++)
        sqlite3_finalize(statements[i]);
    sqlite3_close(db);
    g_unlink(path);
    g_unlink(wal);
    g_unlink(shm);
    return 0;
}
