/* SPDX-License-Identifier: Apache-2.0 */
/* log-append.c: appends to the audit log: entries, tree and signed checkpoint in the transaction of what they speak of.
 *
 * The right edge of the tree and the time of the last entry are kept in memory; they move only when the database has committed. A group
 * is encoded while its closures run, and hashed, written and signed once, when it is sealed.
 */
#include "store/log-append.h"

#include <string.h>
#include "base/value.h"
#include "store/log-index.h"
#include "store/log-nodes.h"
#include "trust/note.h"

typedef struct {
    GBytes *entry;
    gboolean indexed; /* its event is one that is searched for in log_ref */
} Pending;

#define US_PER_HOUR (3600 * LT_US_PER_SECOND)
#define HO_CHI_MINH_OFFSET_US (7 * US_PER_HOUR) /* no daylight saving since 1975 */

struct _LtLogTail {
    LtDatabase *database;
    LtSigner *signer;
    char *origin;

    /* As committed. */
    LtMerkleEdge edge;
    LtHash root;
    gint64 last_us;
    char *checkpoint;
    gint64 checkpoint_us;    /* of the newest row of `checkpoint` */
    gboolean checkpoint_kept; /* it is the first of its hour */

    /* Of the group under way. */
    GArray *pending;         /* of Pending */
    guint mark;
    gint64 group_us;
    LtMerkleEdge sealed_edge;
    LtHash sealed_root;
    char *sealed_checkpoint; /* nullable: nothing was sealed */
};

static void
pending_clear(gpointer data)
{
    g_bytes_unref(((Pending *) data)->entry);
}

void
lt_log_tail_free(LtLogTail *self)
{
    if (self == NULL)
        return;
    g_free(self->origin);
    g_free(self->checkpoint);
    g_free(self->sealed_checkpoint);
    g_array_unref(self->pending);
    g_free(self);
}

gint64
lt_log_tail_begin(LtLogTail *self, gint64 now_us)
{
    g_array_set_size(self->pending, 0);
    g_clear_pointer(&self->sealed_checkpoint, g_free);
    self->mark = 0;
    self->group_us = MAX(now_us - now_us % 1000, self->last_us);
    return self->group_us;
}

void
lt_log_tail_mark(LtLogTail *self)
{
    self->mark = self->pending->len;
}

void
lt_log_tail_revert(LtLogTail *self)
{
    g_array_set_size(self->pending, self->mark);
}

gboolean
lt_log_tail_append(LtLogTail *self, LtRecord *record, guint64 *index, gint64 *at_us, GError **error)
{
    g_autoptr(LtRecord) owned = record;
    guint64 place = self->edge.size + self->pending->len;
    Pending pending = { lt_record_encode(owned, place, self->group_us, error),
                        lt_log_index_wants(lt_record_get_event(owned), lt_record_get_actor_kind(owned)) };

    if (pending.entry == NULL)
        return FALSE;
    g_array_append_val(self->pending, pending);
    if (index != NULL)
        *index = place;
    if (at_us != NULL)
        *at_us = self->group_us;
    return TRUE;
}

/* Gathers the subtrees that a group completes; written after its entries. */
typedef struct {
    guint level;
    guint64 i;
    LtHash hash;
} Node;

static void
gather_node(gpointer data, guint level, guint64 i, const LtHash *hash)
{
    Node node = { level, i, *hash };

    g_array_append_val((GArray *) data, node);
}

static gboolean
write_nodes(LtDatabase *database, const GArray *nodes, GError **error)
{
    for (guint i = 0; i < nodes->len; i++) {
        const Node *node = &g_array_index(nodes, Node, i);

        if (!LT_RUN(database, error, "INSERT INTO node (level, i, hash) VALUES (?1, ?2, ?3)", LT_INT(node->level),
                    LT_INT(node->i), LT_BLOB(node->hash.b, sizeof node->hash.b)))
            return FALSE;
    }
    return TRUE;
}

static gboolean
index_entry(LtDatabase *database, guint64 index, GBytes *entry, GError **error)
{
    gsize size;
    const char *data = g_bytes_get_data(entry, &size);
    g_autoptr(LtRecordView) view = lt_record_read(data, size, error);

    return view != NULL && lt_log_index_add(database, index, view, error);
}

static gboolean
write_entries(LtLogTail *self, GArray *nodes, GError **error)
{
    self->sealed_edge = self->edge;
    for (guint i = 0; i < self->pending->len; i++) {
        const Pending *pending = &g_array_index(self->pending, Pending, i);
        guint64 index = self->sealed_edge.size;
        LtHash leaf;
        gsize size;
        const void *data = g_bytes_get_data(pending->entry, &size);

        lt_merkle_leaf(data, size, &leaf);
        lt_merkle_append(&self->sealed_edge, &leaf, gather_node, nodes);
        if (!LT_RUN(self->database, error, "INSERT INTO log (idx, entry, leaf) VALUES (?1, ?2, ?3)", LT_INT(index),
                    LT_BLOB(data, size), LT_BLOB(leaf.b, sizeof leaf.b)) ||
            (pending->indexed && !index_entry(self->database, index, pending->entry, error)))
            return FALSE;
    }
    lt_merkle_edge_root(&self->sealed_edge, &self->sealed_root);
    return TRUE;
}

static gint64
hour_of(gint64 at_us)
{
    return at_us / US_PER_HOUR;
}

/* The row before goes, unless it is the first of its hour, or others have signed it (audit-log.md §4). */
static gboolean
write_checkpoint(LtLogTail *self, const char *note, GError **error)
{
    if (self->edge.size > 0 && !self->checkpoint_kept &&
        !LT_RUN(self->database, error,
                "DELETE FROM checkpoint WHERE size = ?1 AND NOT EXISTS (SELECT 1 FROM cosig WHERE size = ?1) "
                "AND NOT EXISTS (SELECT 1 FROM anchor WHERE size = ?1)",
                LT_INT(self->edge.size)))
        return FALSE;
    return LT_RUN(self->database, error, "INSERT INTO checkpoint (size, root, note, t) VALUES (?1, ?2, ?3, ?4)",
                  LT_INT(self->sealed_edge.size), LT_BLOB(self->sealed_root.b, sizeof self->sealed_root.b),
                  LT_BLOB(note, strlen(note)), LT_INT(self->group_us));
}

/* A signer that cannot sign now is a reason to come back; one that knows a later state of the log is damage. */
static char *
sign(LtLogTail *self, GError **error)
{
    g_autoptr(GError) cause = NULL;
    char *note = lt_signer_sign_checkpoint(self->signer, self->origin, self->sealed_edge.size, self->sealed_root.b, &cause);

    if (note == NULL && g_str_has_prefix(lt_error_get_reason(cause), "log."))
        g_propagate_error(error, g_steal_pointer(&cause));
    else if (note == NULL)
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "env.busy", "cannot sign the checkpoint: %s", cause->message);
    return note;
}

gboolean
lt_log_tail_seal(LtLogTail *self, GError **error)
{
    g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(Node));
    g_autofree char *note = NULL;

    if (self->pending->len == 0)
        return TRUE;
    if (!write_entries(self, nodes, error) || !write_nodes(self->database, nodes, error))
        return FALSE;
    note = sign(self, error);
    if (note == NULL || !write_checkpoint(self, note, error))
        return FALSE;
    self->sealed_checkpoint = g_steal_pointer(&note);
    return TRUE;
}

void
lt_log_tail_end(LtLogTail *self, gboolean committed)
{
    g_array_set_size(self->pending, 0);
    self->mark = 0;
    if (committed && self->sealed_checkpoint != NULL) {
        self->checkpoint_kept = self->edge.size == 0 || hour_of(self->checkpoint_us) != hour_of(self->group_us);
        self->checkpoint_us = self->group_us;
        self->last_us = self->group_us;
        self->edge = self->sealed_edge;
        self->root = self->sealed_root;
        g_free(self->checkpoint);
        self->checkpoint = g_steal_pointer(&self->sealed_checkpoint);
        lt_signer_confirm_checkpoint(self->signer, self->origin, self->edge.size, self->root.b);
    }
    g_clear_pointer(&self->sealed_checkpoint, g_free);
}

const char *
lt_log_tail_get_origin(LtLogTail *self)
{
    return self->origin;
}

guint64
lt_log_tail_get_size(LtLogTail *self)
{
    return self->edge.size;
}

const char *
lt_log_tail_get_checkpoint(LtLogTail *self)
{
    return self->checkpoint;
}

static char *
origin_at(LtSigner *signer, gboolean demo, gint64 at_us)
{
    char time[21];

    lt_time_write_seconds(at_us + HO_CHI_MINH_OFFSET_US, time);
    return g_strdup_printf("hub.%s/%s/%.4s", lt_signer_get_unit(signer), demo ? "demo" : "audit", time);
}

static LtRecord *
opening_record(LtLogTail *self, GError **error)
{
    g_autofree char *text = lt_signer_dup_log_vkey(self->signer, self->origin);
    g_autoptr(LtVerifierKey) vkey = lt_vkey_read(text, strlen(text), error);
    g_autofree char *key = NULL;
    LtRecord *record;

    if (vkey == NULL)
        return NULL;
    key = g_strdup_printf("%08x", vkey->id);
    record = lt_record_new("log.open", "hub", lt_signer_get_unit(self->signer));
    lt_record_set_string(record, "origin", self->origin);
    lt_record_set_string(record, "key", key);
    lt_record_set_string(record, "prev", "none");
    return record;
}

/* Entry 0, in a transaction of its own. */
static gboolean
open_origin(LtLogTail *self, gboolean demo, GError **error)
{
    gint64 now_us = lt_time_now_us();
    LtRecord *record;

    self->origin = origin_at(self->signer, demo, now_us);
    record = opening_record(self, error);
    if (record == NULL)
        return FALSE;
    lt_log_tail_begin(self, now_us);
    if (!lt_log_tail_append(self, record, NULL, NULL, error) || !lt_database_script(self->database, "BEGIN IMMEDIATE", error))
        return FALSE;
    if (!lt_log_tail_seal(self, error) || !lt_database_script(self->database, "COMMIT", error)) {
        lt_database_script(self->database, "ROLLBACK", NULL);
        lt_log_tail_end(self, FALSE);
        return FALSE;
    }
    lt_log_tail_end(self, TRUE);
    return TRUE;
}

/* The origin in force is that of the newest checkpoint; a hub never goes on with the log of another, nor a demo with a real one. */
static gboolean
take_origin(LtLogTail *self, const LtCheckpoint *checkpoint, gboolean demo, GError **error)
{
    g_autofree char *prefix = g_strdup_printf("hub.%s/%s/", lt_signer_get_unit(self->signer), demo ? "demo" : "audit");

    if (!g_str_has_prefix(checkpoint->origin, prefix)) {
        lt_error_set(error, LT_ERROR_CONFIG, "log.origin", "the log in the store is of %s, not of %s…", checkpoint->origin, prefix);
        return FALSE;
    }
    self->origin = g_strdup(checkpoint->origin);
    return TRUE;
}

static gboolean
read_last_time(LtLogTail *self, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    g_autoptr(GBytes) entry = NULL;
    gsize size = 0;

    if (!LT_ASK(&query, self->database, error, "SELECT entry FROM log WHERE idx = ?1", LT_INT(self->edge.size - 1)))
        return FALSE;
    if (!lt_query_next(&query, error)) {
        if (!query.failed)
            lt_error_set(error, LT_ERROR_INTERNAL, "log.size", "the log has fewer entries than its newest checkpoint");
        return FALSE;
    }
    entry = lt_query_bytes(&query, 0);
    return lt_record_check(g_bytes_get_data(entry, &size), g_bytes_get_size(entry), self->edge.size - 1, &self->last_us, error);
}

static gboolean
first_of_its_hour(LtDatabase *database, gint64 at_us, gboolean *first, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK(&query, database, error, "SELECT count(*) FROM (SELECT t FROM checkpoint ORDER BY size DESC LIMIT 2) WHERE t >= ?1",
                LT_INT(hour_of(at_us) * US_PER_HOUR)) ||
        !lt_query_next(&query, error))
        return FALSE;
    *first = lt_query_integer(&query, 0) <= 1;
    return TRUE;
}

static gboolean
take_up(LtLogTail *self, const LtLogHeadRow *head, gboolean demo, GError **error)
{
    g_auto(LtCheckpoint) checkpoint = { 0 };
    g_autoptr(LtNote) note = lt_note_open(head->note, strlen(head->note), NULL, 0, error);

    if (note == NULL || !lt_checkpoint_read(note->text, strlen(note->text), &checkpoint, error) ||
        !take_origin(self, &checkpoint, demo, error) ||
        !lt_merkle_edge_load(&self->edge, head->size, lt_log_node_get, self->database, error))
        return FALSE;
    lt_merkle_edge_root(&self->edge, &self->root);
    if (checkpoint.size != head->size || !lt_hash_equal(&self->root, &checkpoint.root)) {
        lt_error_set(error, LT_ERROR_INTERNAL, "log.root", "the tree in the store is not that of its newest checkpoint");
        return FALSE;
    }
    self->checkpoint = g_strdup(head->note);
    self->checkpoint_us = head->at_us;
    return read_last_time(self, error) && first_of_its_hour(self->database, head->at_us, &self->checkpoint_kept, error);
}

/* A search table that was lost is made again; a log always has an entry in it, `log.open`. */
static gboolean
mend_index(LtDatabase *database, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!lt_query_ask(&query, database, "SELECT 1 FROM log_ref LIMIT 1", NULL, 0, error))
        return FALSE;
    if (lt_query_next(&query, error))
        return TRUE;
    lt_query_end(&query);
    return !query.failed && lt_database_script(database, "BEGIN IMMEDIATE", error) && lt_log_index_rebuild(database, error) &&
           lt_database_script(database, "COMMIT", error);
}

LtLogTail *
lt_log_tail_open(LtDatabase *database, LtSigner *signer, gboolean demo, GError **error)
{
    g_autoptr(LtLogTail) self = g_new0(LtLogTail, 1);
    g_auto(LtLogHeadRow) head = { 0 };

    self->database = database;
    self->signer = signer;
    self->pending = g_array_new(FALSE, FALSE, sizeof(Pending));
    g_array_set_clear_func(self->pending, pending_clear);
    if (!lt_log_head_read(database, &head, error))
        return NULL;
    if (!(head.note == NULL ? open_origin(self, demo, error) : take_up(self, &head, demo, error)) || !mend_index(database, error))
        return NULL;
    return g_steal_pointer(&self);
}
