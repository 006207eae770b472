/* SPDX-License-Identifier: Apache-2.0 */
/* witness.c: what this hub has seen of others' logs, and what others have cosigned of ours.
 *
 * A witness promises one thing: that it never cosigns two trees of one log of which neither contains the other. So comparing with what was seen and remembering the
 * new one are one transaction, and the cosignature is made only after it.
 */
#include "store/witness.h"

#include <string.h>

#include "store/log-nodes.h"
#include "store/store-private.h"

static gboolean
read_seen(LtDatabase *database, const char *origin, guint64 *size, LtHash *root, char **note, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    g_autoptr(GBytes) bytes = NULL;

    *size = 0;
    if (!LT_ASK(&query, database, error, "SELECT size, root, note FROM witnessed WHERE origin = ?1", LT_TEXT(origin)))
        return FALSE;
    if (!lt_query_next(&query, error))
        return !query.failed;
    *size = (guint64) lt_query_integer(&query, 0);
    bytes = lt_query_bytes(&query, 2);
    if (!lt_query_copy(&query, 1, root->b, sizeof root->b) || bytes == NULL) {
        lt_error_set(error, LT_ERROR_INTERNAL, "log.db", "witnessed: the row of %s is damaged", origin);
        return FALSE;
    }
    if (note != NULL)
        *note = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    return TRUE;
}

char *
lt_store_find_witnessed(LtStore *self, const char *origin, guint64 *size, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    char *note = NULL;
    LtHash root;

    if (reading.database == NULL || !read_seen(reading.database, origin, size, &root, &note, error))
        return NULL;
    if (note == NULL)
        lt_error_set(error, LT_ERROR_NOT_FOUND, "witness.unknown", "nothing of %s was cosigned here", origin);
    return note;
}

typedef struct {
    const LtWitnessing *in;
    guint64 *stored;
    gboolean forked;
    LtHash root; /* that was seen */
} Job;

static gboolean
refuse(Job *job, const char *code, GError **error)
{
    job->forked = TRUE;
    lt_error_set(error, LT_ERROR_INVALID, code, "%s does not continue what was seen of it", job->in->checkpoint->origin);
    return FALSE;
}

static gboolean
judge(Job *job, GError **error)
{
    const LtCheckpoint *new = job->in->checkpoint;
    LtHash empty;

    if (job->in->old_size != *job->stored) {
        lt_error_set(error, LT_ERROR_CONFLICT, "witness.size", "%" G_GUINT64_FORMAT " entries were seen", *job->stored);
        return FALSE;
    }
    lt_merkle_empty(&empty);
    if (new->size == 0 && !lt_hash_equal(&new->root, &empty))
        return refuse(job, "witness.size-zero", error);
    if (*job->stored == 0)
        return job->in->n_proof == 0 || refuse(job, "witness.proof", error);
    if (new->size == *job->stored && !lt_hash_equal(&new->root, &job->root))
        return refuse(job, "witness.fork", error);
    return lt_merkle_verify_consistency(*job->stored, &job->root, new->size, &new->root, job->in->proof, job->in->n_proof) ||
           refuse(job, "witness.proof", error);
}

static gboolean
witness_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    Job *job = data;
    const LtCheckpoint *new = job->in->checkpoint;

    if (!read_seen(tx->database, new->origin, job->stored, &job->root, NULL, error) || !judge(job, error))
        return FALSE;
    return LT_RUN(tx->database, error, "INSERT OR REPLACE INTO witnessed (origin, vkey, size, root, note, t) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                  LT_TEXT(new->origin), LT_TEXT(job->in->vkey), LT_INT(new->size), LT_BLOB(new->root.b, sizeof new->root.b),
                  LT_BLOB(job->in->note, strlen(job->in->note)), LT_INT(tx->time_us));
}

/* Evidence against the other log: what it showed before stays in `witnessed`. */
static gboolean
fork_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Job *job = data;
    const LtCheckpoint *new = job->in->checkpoint;
    LtRecord *record = lt_record_new("peer.fork", "hub", lt_signer_get_unit(lt_store_get_signer(tx->store)));
    char root[65], own[65];

    lt_hex_write(new->root.b, LT_SHA256_SIZE, root);
    lt_hex_write(job->root.b, LT_SHA256_SIZE, own);
    lt_record_set_string(record, "origin", new->origin);
    lt_record_set_integer(record, "size", (gint64) MIN(new->size, (guint64) LT_RECORD_MAX_INTEGER));
    lt_record_set_string(record, "root", root);
    lt_record_set_string(record, "root_own", own);
    return LT_RUN(tx->database, error, "INSERT INTO fork (origin, size, at, seen, shown) SELECT ?1, ?2, ?3, (SELECT note FROM witnessed WHERE origin = ?1), ?4",
                  LT_TEXT(new->origin), LT_INT(new->size), LT_INT(tx->time_us), LT_BLOB(job->in->note, strlen(job->in->note))) &&
           lt_store_append_record(tx, record, NULL, NULL, error);
}

gboolean
lt_store_witness(LtStore *self, const LtWitnessing *witnessing, guint64 *stored, GError **error)
{
    Job job = { .in = witnessing, .stored = stored };
    g_autoptr(GError) cause = NULL;

    if (lt_store_write(self, witness_write, &job, error))
        return TRUE;
    if (job.forked && !lt_store_write(self, fork_write, &job, &cause))
        g_warning("the fork of %s could not be recorded: %s", witnessing->checkpoint->origin, cause->message);
    return FALSE;
}

typedef struct {
    const LtLogHead *head;
    const LtVerifierKey *key;
    const char *line, *name, *code;
    guint64 size;
    gint64 at_us;
    gboolean recorded;
} Cosigning;

static gboolean
append_witness(LtStoreTransaction *tx, const char *event, const char *name, guint64 size, const char *code, GError **error)
{
    LtRecord *record = lt_record_new(event, "hub", lt_signer_get_unit(lt_store_get_signer(tx->store)));

    lt_record_set_string(record, "name", name);
    lt_record_set_integer(record, "size", (gint64) size);
    lt_record_set_string(record, "code", code);
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

/* The row of the checkpoint may have gone since it was sent; a note's own signature is the first of its lines. */
static gboolean
cosignature_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Cosigning *job = data;
    const char *body = strstr(job->head->note, "\n\n"), *end = body == NULL ? NULL : strchr(body + 2, '\n');
    gsize own = end == NULL ? strlen(job->head->note) : (gsize) (end + 1 - job->head->note);
    guint32 id = GUINT32_TO_BE(job->key->id);

    return LT_RUN(tx->database, error, "INSERT OR IGNORE INTO checkpoint (size, root, note, t) VALUES (?1, ?2, ?3, ?4)", LT_INT(job->head->size),
                  LT_BLOB(job->head->root.b, sizeof job->head->root.b), LT_BLOB(job->head->note, own), LT_INT(job->head->at_us)) &&
           LT_RUN(tx->database, error, "INSERT OR REPLACE INTO cosig (size, name, kid, line, t) VALUES (?1, ?2, ?3, ?4, ?5)", LT_INT(job->head->size),
                  LT_TEXT(job->key->name), LT_BLOB(&id, sizeof id), LT_BLOB(job->line, strlen(job->line)), LT_INT(job->at_us)) &&
           (!job->recorded || append_witness(tx, "wit.cosigned", job->key->name, job->head->size, NULL, error));
}

gboolean
lt_store_keep_cosignature(LtStore *self, const LtLogHead *head, const LtVerifierKey *key, const char *line, gint64 at_us, gboolean recorded,
                          GError **error)
{
    Cosigning job = { .head = head, .key = key, .line = line, .at_us = at_us, .recorded = recorded };

    return lt_store_write(self, cosignature_write, &job, error);
}

static gboolean
refusal_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Cosigning *job = data;

    return append_witness(tx, "wit.refused", job->name, job->size, job->code, error);
}

gboolean
lt_store_record_refusal(LtStore *self, const char *name, guint64 size, const char *code, GError **error)
{
    Cosigning job = { .name = name, .size = size, .code = code };

    return lt_store_write(self, refusal_write, &job, error);
}

gboolean
lt_store_log_root(LtStore *self, guint64 size, LtHash *root, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);

    return reading.database != NULL && lt_merkle_root(size, lt_log_node_get, reading.database, root, error);
}

gboolean
lt_store_cosigned(LtStore *self, guint quorum, guint64 *size, gint64 *at_us)
{
    g_auto(LtReading) reading = lt_reading_begin(self, NULL);
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (reading.database == NULL || quorum == 0 ||
        !LT_ASK(&query, reading.database, NULL, "SELECT size, max(t) FROM cosig GROUP BY size HAVING count(*) >= ?1 ORDER BY size DESC LIMIT 1", LT_INT(quorum)) ||
        !lt_query_next(&query, NULL))
        return FALSE;
    *size = (guint64) lt_query_integer(&query, 0);
    *at_us = lt_query_integer(&query, 1);
    return TRUE;
}
