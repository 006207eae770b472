/* SPDX-License-Identifier: Apache-2.0 */
/* sequences.c: `seq` given and taken.
 *
 * A number above the highest so far opens a gap for those left out; one that comes late fills it; one that is neither new nor
 * missing was used before. So both findings are exact, and what is kept is one row per pair of units and one per open gap. Envelopes that overtake
 * each other fill their gap within seconds: only one that stays open for 15 minutes is recorded (envelope.md §8).
 */
#include "store/sequences.h"

#include "store/messages.h"

#define GAP_OPEN_US (G_GINT64_CONSTANT(15) * 60 * G_USEC_PER_SEC)

/* Two plain statements: a third of the cost of one with RETURNING, and this runs for every receipt. */
gint64
lt_store_next_seq(LtStoreTransaction *tx, const char *from, const char *to, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    gint64 next;

    if (!LT_ASK(&query, tx->database, error, "SELECT last FROM sequence_out WHERE sender = ?1 AND receiver = ?2", LT_TEXT(from), LT_TEXT(to)))
        return -1;
    next = lt_query_next(&query, error) ? lt_query_integer(&query, 0) + 1 : 1;
    if (query.failed || !LT_RUN(tx->database, error, "INSERT OR REPLACE INTO sequence_out (sender, receiver, last) VALUES (?1, ?2, ?3)",
                                LT_TEXT(from), LT_TEXT(to), LT_INT(next)))
        return -1;
    return next;
}

static gboolean
append(LtStoreTransaction *tx, const char *event, const char *from, const char *to, gint64 seq, gint64 n, GError **error)
{
    LtRecord *record = lt_record_new(event, "hub", lt_signer_get_unit(lt_store_get_signer(tx->store)));

    lt_record_set_string(record, "from", from);
    lt_record_set_string(record, "to", to);
    lt_record_set_integer(record, "seq", seq);
    if (n > 0)
        lt_record_set_integer(record, "count", n);
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

static gboolean
open_gap(LtStoreTransaction *tx, const char *sender, const char *receiver, gint64 first, gint64 last, gint64 since_us, gboolean recorded,
         GError **error)
{
    if (first > last)
        return TRUE;
    return LT_RUN(tx->database, error,
                  "INSERT INTO sequence_gap (sender, receiver, first, last, since, recorded) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                  LT_TEXT(sender), LT_TEXT(receiver), LT_INT(first), LT_INT(last), LT_INT(since_us), LT_INT(recorded));
}

/* A number below the highest: it fills a gap, or was used before. */
static gboolean
take_late(LtStoreTransaction *tx, const char *sender, const char *receiver, gint64 seq, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    gint64 first, last, since_us;
    gboolean recorded;

    if (!LT_ASK(&query, tx->database, error,
                "SELECT first, last, since, recorded FROM sequence_gap WHERE sender = ?1 AND receiver = ?2 AND first <= ?3 "
                "ORDER BY first DESC LIMIT 1",
                LT_TEXT(sender), LT_TEXT(receiver), LT_INT(seq)))
        return FALSE;
    if (!lt_query_next(&query, error))
        return !query.failed && append(tx, "seq.reuse", sender, receiver, seq, 0, error);
    first = lt_query_integer(&query, 0);
    last = lt_query_integer(&query, 1);
    since_us = lt_query_integer(&query, 2);
    recorded = lt_query_integer(&query, 3) != 0;
    lt_query_end(&query);
    if (seq > last)
        return append(tx, "seq.reuse", sender, receiver, seq, 0, error);
    return LT_RUN(tx->database, error, "DELETE FROM sequence_gap WHERE sender = ?1 AND receiver = ?2 AND first = ?3", LT_TEXT(sender),
                  LT_TEXT(receiver), LT_INT(first)) &&
           open_gap(tx, sender, receiver, first, seq - 1, since_us, recorded, error) &&
           open_gap(tx, sender, receiver, seq + 1, last, since_us, recorded, error);
}

/* At most one old gap for each envelope taken: bounded work, and all are recorded in time. */
static gboolean
record_old_gap(LtStoreTransaction *tx, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    g_autofree char *sender = NULL, *receiver = NULL;
    gint64 first, last;

    if (!LT_ASK(&query, tx->database, error,
                "SELECT sender, receiver, first, last FROM sequence_gap WHERE recorded = 0 AND since < ?1 ORDER BY since LIMIT 1",
                LT_INT(tx->time_us - GAP_OPEN_US)))
        return FALSE;
    if (!lt_query_next(&query, error))
        return !query.failed;
    sender = lt_query_dup(&query, 0);
    receiver = lt_query_dup(&query, 1);
    first = lt_query_integer(&query, 2);
    last = lt_query_integer(&query, 3);
    lt_query_end(&query);
    return LT_RUN(tx->database, error, "UPDATE sequence_gap SET recorded = 1 WHERE sender = ?1 AND receiver = ?2 AND first = ?3",
                  LT_TEXT(sender), LT_TEXT(receiver), LT_INT(first)) &&
           append(tx, "seq.gap", sender, receiver, first, last - first + 1, error);
}

gboolean
lt_sequences_take(LtStoreTransaction *tx, const char *sender, const char *receiver, gint64 seq, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    gint64 highest;

    if (!LT_ASK(&query, tx->database, error, "SELECT highest FROM sequence_in WHERE sender = ?1 AND receiver = ?2", LT_TEXT(sender),
                LT_TEXT(receiver)))
        return FALSE;
    highest = lt_query_next(&query, error) ? lt_query_integer(&query, 0) : 0;
    if (query.failed)
        return FALSE;
    lt_query_end(&query);
    if (seq <= highest)
        return take_late(tx, sender, receiver, seq, error);
    return LT_RUN(tx->database, error, "INSERT OR REPLACE INTO sequence_in (sender, receiver, highest) VALUES (?1, ?2, ?3)", LT_TEXT(sender),
                  LT_TEXT(receiver), LT_INT(seq)) &&
           open_gap(tx, sender, receiver, highest + 1, seq - 1, tx->time_us, FALSE, error) && record_old_gap(tx, error);
}
