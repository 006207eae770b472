/* SPDX-License-Identifier: Apache-2.0 */
/* sequences.c: `seq` given and taken.
 *
 * A number above the highest so far opens a gap for those left out; one that comes late fills it; one that is neither new nor
 * missing was used before. So both findings are exact, and what is kept is one row per pair of units and one per open gap. Envelopes that overtake
 * each other fill their gap within seconds: only one that stays open for 15 minutes is recorded (envelope.md §8).
 *
 * The writer's thread alone gives and takes numbers, so it holds them in memory and writes each that a group moved once, at the group's end.
 */
#include "store/sequences.h"

#include "store/messages.h"

#define GAP_OPEN_US (G_GINT64_CONSTANT(15) * 60 * G_USEC_PER_SEC)
#define MAX_HELD 8192

typedef enum { SEQUENCE_OUT, SEQUENCE_IN } Direction;

/* The last number of one pair of units in one direction. */
typedef struct {
    char *key; /* direction, sender, receiver, each but the first after a tab */
    Direction direction;
    char *sender, *receiver;
    gint64 value;
    gboolean moved; /* in this group */
} Number;

typedef struct {
    Number *number;
    gint64 before;
} Step;

struct _LtSequences {
    GHashTable *numbers; /* key → Number, owned */
    GPtrArray *moved;    /* Number, borrowed */
    GArray *steps;       /* Step, of the closure that runs */
    gboolean taken;      /* this group took an envelope */
};

static void
number_free(gpointer data)
{
    Number *number = data;

    g_free(number->key);
    g_free(number->sender);
    g_free(number->receiver);
    g_free(number);
}

LtSequences *
lt_sequences_new(void)
{
    LtSequences *self = g_new0(LtSequences, 1);

    self->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, number_free);
    self->moved = g_ptr_array_new();
    self->steps = g_array_new(FALSE, FALSE, sizeof(Step));
    return self;
}

void
lt_sequences_free(LtSequences *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->steps);
    g_ptr_array_unref(self->moved);
    g_hash_table_unref(self->numbers);
    g_free(self);
}

static gboolean
load_number(LtDatabase *database, Number *number, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!(number->direction == SEQUENCE_OUT
              ? LT_ASK(&query, database, error, "SELECT last FROM sequence_out WHERE sender = ?1 AND receiver = ?2", LT_TEXT(number->sender),
                       LT_TEXT(number->receiver))
              : LT_ASK(&query, database, error, "SELECT highest FROM sequence_in WHERE sender = ?1 AND receiver = ?2", LT_TEXT(number->sender),
                       LT_TEXT(number->receiver))))
        return FALSE;
    number->value = lt_query_next(&query, error) ? lt_query_integer(&query, 0) : 0;
    return !query.failed;
}

static Number *
find_number(LtStoreTransaction *tx, Direction direction, const char *sender, const char *receiver, GError **error)
{
    LtSequences *self = tx->sequences;
    g_autofree char *key = g_strconcat(direction == SEQUENCE_OUT ? ">" : "<", sender, "\t", receiver, NULL);
    Number *number = g_hash_table_lookup(self->numbers, key);

    if (number != NULL)
        return number;
    number = g_new0(Number, 1);
    number->key = g_steal_pointer(&key);
    number->direction = direction;
    number->sender = g_strdup(sender);
    number->receiver = g_strdup(receiver);
    if (!load_number(tx->database, number, error)) {
        number_free(number);
        return NULL;
    }
    g_hash_table_insert(self->numbers, number->key, number);
    return number;
}

static void
move(LtSequences *self, Number *number, gint64 value)
{
    Step step = { number, number->value };

    g_array_append_val(self->steps, step);
    number->value = value;
    if (!number->moved)
        g_ptr_array_add(self->moved, number);
    number->moved = TRUE;
}

void
lt_sequences_mark(LtSequences *self)
{
    g_array_set_size(self->steps, 0);
}

void
lt_sequences_revert(LtSequences *self)
{
    for (guint i = self->steps->len; i > 0; i--) {
        const Step *step = &g_array_index(self->steps, Step, i - 1);

        step->number->value = step->before;
    }
    g_array_set_size(self->steps, 0);
}

/* Rolled back: what was moved is asked again. */
void
lt_sequences_end(LtSequences *self, gboolean committed)
{
    for (guint i = 0; i < self->moved->len; i++) {
        Number *number = g_ptr_array_index(self->moved, i);

        number->moved = FALSE;
        if (!committed)
            g_hash_table_remove(self->numbers, number->key);
    }
    g_ptr_array_set_size(self->moved, 0);
    g_array_set_size(self->steps, 0);
    self->taken = FALSE;
    if (g_hash_table_size(self->numbers) > MAX_HELD)
        g_hash_table_remove_all(self->numbers);
}

gint64
lt_store_next_seq(LtStoreTransaction *tx, const char *from, const char *to, GError **error)
{
    Number *number = find_number(tx, SEQUENCE_OUT, from, to, error);

    if (number == NULL)
        return -1;
    move(tx->sequences, number, number->value + 1);
    return number->value;
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

/* At most one old gap for each group that took envelopes: bounded work, and all are recorded in time. */
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
    Number *number = find_number(tx, SEQUENCE_IN, sender, receiver, error);
    gint64 highest;

    if (number == NULL)
        return FALSE;
    tx->sequences->taken = TRUE;
    highest = number->value;
    if (seq <= highest)
        return take_late(tx, sender, receiver, seq, error);
    move(tx->sequences, number, seq);
    return open_gap(tx, sender, receiver, highest + 1, seq - 1, tx->time_us, FALSE, error);
}

static gboolean
write_number(LtDatabase *database, const Number *number, GError **error)
{
    if (number->direction == SEQUENCE_OUT)
        return LT_RUN(database, error, "INSERT OR REPLACE INTO sequence_out (sender, receiver, last) VALUES (?1, ?2, ?3)", LT_TEXT(number->sender),
                      LT_TEXT(number->receiver), LT_INT(number->value));
    return LT_RUN(database, error, "INSERT OR REPLACE INTO sequence_in (sender, receiver, highest) VALUES (?1, ?2, ?3)", LT_TEXT(number->sender),
                  LT_TEXT(number->receiver), LT_INT(number->value));
}

gboolean
lt_sequences_finish_group(LtStoreTransaction *tx, GError **error)
{
    LtSequences *self = tx->sequences;

    for (guint i = 0; i < self->moved->len; i++) {
        const Number *number = g_ptr_array_index(self->moved, i);

        if (number->value > 0 && !write_number(tx->database, number, error)) /* 0: its first move was taken back */
            return FALSE;
    }
    return !self->taken || record_old_gap(tx, error);
}
