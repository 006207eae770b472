/* SPDX-License-Identifier: Apache-2.0 */
/* log-check-database.c: the part of the self-check that asks SQLite about itself. */
#include "base/clock.h"
#include "store/log-check.h"

#define START_BUDGET_US (LT_US_PER_SECOND / 2)
#define OPCODES_BETWEEN_LOOKS 10000

static gboolean
check_journal(LtLogCheck *check, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!lt_query_ask(&query, check->database, "PRAGMA journal_mode", NULL, 0, error))
        return FALSE;
    if (lt_query_next(&query, error) && g_strcmp0(lt_query_text(&query, 0), "wal") != 0)
        lt_log_check_add(check, "log.pragma", NULL, -1, NULL, "journal_mode is %s, not wal", lt_query_text(&query, 0));
    return !query.failed;
}

static gboolean
check_trigger(LtLogCheck *check, const char *name, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK(&query, check->database, error, "SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'log' AND name = ?1",
                LT_TEXT(name)))
        return FALSE;
    if (!lt_query_next(&query, error) && !query.failed)
        lt_log_check_add(check, "log.pragma", "log", -1, NULL, "trigger %s is absent", name);
    return !query.failed;
}

typedef struct {
    gint64 deadline_us;
    GCancellable *cancellable; /* nullable */
} Limit;

static int
is_over(void *data)
{
    const Limit *limit = data;

    return g_get_monotonic_time() > limit->deadline_us || (limit->cancellable != NULL && g_cancellable_is_cancelled(limit->cancellable));
}

/* A large database is not read through before a hub serves: what half a second does not reach is the nightly check's. */
static gboolean
quick_check(LtLogCheck *check, GError **error)
{
    sqlite3 *handle = lt_database_get_handle(check->database);
    gboolean whole = check->full && !check->brief;
    Limit limit = { whole ? G_MAXINT64 : g_get_monotonic_time() + START_BUDGET_US, check->cancellable };
    g_auto(LtQuery) query = LT_QUERY_INIT;
    g_autoptr(GError) cause = NULL;
    gboolean interrupted;

    if (!whole || check->cancellable != NULL)
        sqlite3_progress_handler(handle, OPCODES_BETWEEN_LOOKS, is_over, &limit);
    if (lt_query_ask(&query, check->database, "PRAGMA quick_check(100)", NULL, 0, &cause))
        while (lt_query_next(&query, &cause))
            if (g_strcmp0(lt_query_text(&query, 0), "ok") != 0)
                lt_log_check_add(check, "log.db", NULL, -1, NULL, "%s", lt_query_text(&query, 0));
    interrupted = sqlite3_errcode(handle) == SQLITE_INTERRUPT;
    sqlite3_progress_handler(handle, 0, NULL, NULL);
    if (cause == NULL || interrupted)
        return TRUE;
    if (!g_str_equal(lt_error_get_reason(cause), "log.db")) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    lt_log_check_add(check, "log.db", NULL, -1, NULL, "%s", cause->message);
    return TRUE;
}

gboolean
lt_log_check_database(LtLogCheck *check, GError **error)
{
    return check_journal(check, error) && check_trigger(check, "log_no_update", error) &&
           check_trigger(check, "log_no_delete", error) && quick_check(check, error);
}
