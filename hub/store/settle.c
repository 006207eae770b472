/* SPDX-License-Identifier: Apache-2.0 */
/* settle.c: the outcome of a delivery, written: new state, records, dossier event, the answer verbatim, and the receipts that follow.
 *
 * Which state follows from which event was decided before (routing/delivery.c); here it is only checked that the delivery still
 * is where the decision found it. Failed attempts are recorded as audit-log.md §2 says: the first, every tenth and the last of a series.
 */
#include "store/settle.h"

#include "base/uuid.h"
#include "base/value.h"
#include "store/dossier-rows.h"
#include "store/receipts.h"

/* The delivery before, with its message. */
typedef struct {
    LtDeliveryState state;
    guint attempts;
    char *endpoint, *reason;
    gint64 dossier;           /* row, 0: none */
    gint64 message;           /* row */
    gboolean failed;          /* the message is */
    gboolean is_receipt;      /* never receipted */
    char *sender, *reference; /* reference nullable */
    char id[37], manifest[2 * LT_SHA256_SIZE + 1];
} Before;

static void
before_clear(Before *self)
{
    g_free(self->endpoint);
    g_free(self->reason);
    g_free(self->sender);
    g_free(self->reference);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Before, before_clear)

static gboolean
load_before(LtDatabase *database, gint64 delivery, Before *out, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    guint8 id[16], manifest[LT_SHA256_SIZE], reference[16];

    if (!LT_ASK(&query, database, error,
                "SELECT d.state, d.attempts, d.endpoint, d.reason, d.dossier, m.row, m.state, m.type, m.sender, m.id, m.manifest, x.reference "
                "FROM delivery d JOIN message m ON m.row = d.id / 256 LEFT JOIN dossier x ON x.row = d.dossier WHERE d.id = ?1",
                LT_INT(delivery)))
        return FALSE;
    if (!lt_query_next(&query, error)) {
        if (!query.failed)
            lt_error_set(error, LT_ERROR_NOT_FOUND, "delivery.unknown", "there is no delivery %" G_GINT64_FORMAT, delivery);
        return FALSE;
    }
    if (!lt_query_copy(&query, 9, id, sizeof id) || !lt_query_copy(&query, 10, manifest, sizeof manifest)) {
        lt_error_set(error, LT_ERROR_INTERNAL, "log.db", "the message of delivery %" G_GINT64_FORMAT " is damaged", delivery);
        return FALSE;
    }
    out->state = (LtDeliveryState) lt_query_integer(&query, 0);
    out->attempts = (guint) lt_query_integer(&query, 1);
    out->endpoint = lt_query_dup(&query, 2);
    out->reason = lt_query_dup(&query, 3);
    out->dossier = lt_query_integer(&query, 4);
    out->message = lt_query_integer(&query, 5);
    out->failed = lt_query_integer(&query, 6) != 0;
    out->is_receipt = g_strcmp0(lt_query_text(&query, 7), "receipt") == 0;
    out->sender = lt_query_dup(&query, 8);
    lt_uuid_write(id, out->id);
    lt_hex_write(manifest, sizeof manifest, out->manifest);
    if (lt_query_copy(&query, 11, reference, sizeof reference)) {
        out->reference = g_malloc(37);
        lt_uuid_write(reference, out->reference);
    }
    return TRUE;
}

static const char *
code_or_unknown(const char *reason)
{
    return reason != NULL && *reason != '\0' ? reason : "unknown";
}

static LtRecord *
new_record(LtStoreTransaction *tx, const LtSettlement *s, const Before *before, const char *event)
{
    const char *unit = lt_signer_get_unit(lt_store_get_signer(tx->store));
    LtRecord *record = lt_record_new(event, s->actor_kind != NULL ? s->actor_kind : "hub", s->actor != NULL ? s->actor : unit);

    lt_record_set_string(record, "id", before->id);
    lt_record_set_string(record, "from", before->sender);
    lt_record_set_string(record, "ep", before->endpoint);
    return record;
}

static gboolean
record_attempt(LtStoreTransaction *tx, const LtSettlement *s, const Before *before, guint attempt, const char *reason, GError **error)
{
    LtRecord *record = new_record(tx, s, before, "delivery.attempt");

    lt_record_set_integer(record, "attempt", attempt);
    lt_record_set_string(record, "code", code_or_unknown(reason));
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

static gboolean
is_recorded_attempt(guint attempt)
{
    return attempt == 1 || attempt % 10 == 0;
}

/* A series of failures that ends well: its last one was perhaps not recorded yet. */
static gboolean
record_end_of_series(LtStoreTransaction *tx, const LtSettlement *s, const Before *before, GError **error)
{
    if (before->state != LT_DELIVERY_WAITING || before->attempts == 0 || before->reason == NULL || is_recorded_attempt(before->attempts))
        return TRUE;
    if (s->state == LT_DELIVERY_HELD || s->state == LT_DELIVERY_REFUSED)
        return TRUE; /* that entry names the last failure itself */
    return record_attempt(tx, s, before, before->attempts, before->reason, error);
}

static gboolean
record_event(LtStoreTransaction *tx, const LtSettlement *s, const Before *before, guint64 *index, GError **error)
{
    LtRecord *record = new_record(tx, s, before, s->record_event);

    if (g_strcmp0(s->record_event, "delivery.released") != 0) {
        lt_record_set_string(record, "m", before->manifest);
        lt_record_set_integer(record, "attempt", s->attempts);
    }
    if (s->state == LT_DELIVERY_HELD || s->state == LT_DELIVERY_REFUSED || s->state == LT_DELIVERY_WITHDRAWN)
        lt_record_set_string(record, "code", code_or_unknown(s->reason));
    return lt_store_append_record(tx, record, index, NULL, error);
}

/* How the deliveries of one message stand. */
typedef struct {
    guint unfinished, over, confirmed, all;
} Standing;

static gboolean
load_standing(LtDatabase *database, gint64 message, Standing *out, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK(&query, database, error, "SELECT state FROM delivery WHERE id BETWEEN ?1 AND ?2", LT_INT(message * 256),
                LT_INT(message * 256 + 255)))
        return FALSE;
    while (lt_query_next(&query, error)) {
        gint64 state = lt_query_integer(&query, 0);

        out->all++;
        out->unfinished += state == LT_DELIVERY_WAITING || state == LT_DELIVERY_HELD;
        out->over += state == LT_DELIVERY_REFUSED || state == LT_DELIVERY_WITHDRAWN;
        out->confirmed += state == LT_DELIVERY_CONFIRMED;
    }
    return !query.failed;
}

static gboolean
promise_stage(LtStoreTransaction *tx, const Before *before, LtStage stage, const char *code, guint64 index, GError **error)
{
    LtReceipted re = { before->message, before->sender, before->id, before->manifest, before->reference };
    g_auto(LtPromise) promise = { 0 };

    return lt_receipts_promise(tx, &re, stage, code, index, &promise, error);
}

static gboolean
mark_failed(LtStoreTransaction *tx, const Before *before, gboolean failed, GError **error)
{
    if (before->failed == failed)
        return TRUE;
    return LT_RUN(tx->database, error, "UPDATE message SET state = ?2 WHERE row = ?1", LT_INT(before->message), LT_INT(failed));
}

/* Receipts that follow once nothing is under way any more; and the state `failed` of envelope.md §8. */
static gboolean
follow_up(LtStoreTransaction *tx, const LtSettlement *s, const Before *before, guint64 index, GError **error)
{
    Standing standing = { 0 };

    if (!load_standing(tx->database, before->message, &standing, error))
        return FALSE;
    if (standing.over == standing.all)
        return mark_failed(tx, before, TRUE, error) &&
               (before->is_receipt || promise_stage(tx, before, LT_STAGE_FAILED, code_or_unknown(s->reason), index, error));
    if (!mark_failed(tx, before, FALSE, error))
        return FALSE;
    if (standing.unfinished > 0 || before->is_receipt)
        return TRUE;
    if (s->state == LT_DELIVERY_CONFIRMED && standing.confirmed + standing.over == standing.all)
        return promise_stage(tx, before, LT_STAGE_CONFIRMED, "ok", index, error);
    if (s->state == LT_DELIVERY_DELIVERED)
        return promise_stage(tx, before, LT_STAGE_DELIVERED, "ok", index, error);
    return TRUE;
}

static gboolean
keep_answer(LtStoreTransaction *tx, const LtSettlement *s, GError **error)
{
    if (s->receipt == NULL)
        return TRUE;
    return LT_RUN(tx->database, error, "INSERT INTO answer (delivery, at, type, bytes) VALUES (?1, ?2, ?3, ?4)", LT_INT(s->delivery),
                  LT_INT(tx->time_us), LT_TEXT(s->receipt_type), LT_BYTES_VALUE(s->receipt));
}

static gboolean
write_state(LtStoreTransaction *tx, const LtSettlement *s, GError **error)
{
    return LT_RUN(tx->database, error,
                  "UPDATE delivery SET state = ?2, attempts = ?3, not_before = ?4, changed = ?5, reason = ?6, cause = ?7, text = ?8 WHERE id = ?1",
                  LT_INT(s->delivery), LT_INT(s->state), LT_INT(s->attempts), LT_INT(s->not_before_us), LT_INT(tx->time_us),
                  LT_TEXT(s->reason), LT_TEXT(s->cause), LT_TEXT(s->text));
}

gboolean
lt_settle_apply(LtStoreTransaction *tx, const LtSettlement *s, gboolean lenient, GError **error)
{
    g_auto(Before) before = { 0 };
    guint64 index = 0;

    if (!load_before(tx->database, s->delivery, &before, error))
        return FALSE;
    if (before.state != s->expected) {
        if (!lenient)
            lt_error_set(error, LT_ERROR_CONFLICT, "delivery.state", "delivery %" G_GINT64_FORMAT " is %s, not %s", s->delivery,
                         lt_delivery_state_word(before.state), lt_delivery_state_word(s->expected));
        return lenient;
    }
    if (!write_state(tx, s, error) || !keep_answer(tx, s, error))
        return FALSE;
    if (s->record_event == NULL)
        return s->attempts <= before.attempts || !is_recorded_attempt(s->attempts) ||
               record_attempt(tx, s, &before, s->attempts, s->reason, error);
    if (!record_end_of_series(tx, s, &before, error) || !record_event(tx, s, &before, &index, error))
        return FALSE;
    if (before.dossier != 0 && !lt_dossier_add_event(tx, before.dossier, index, s->record_event, before.message, before.endpoint, s->reason, error))
        return FALSE;
    return follow_up(tx, s, &before, index, error);
}

static gboolean
settle_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    return lt_settle_apply(tx, data, FALSE, error);
}

/* A copy: the caller's lives only during its call. */
typedef struct {
    LtSettlement settlement;
    LtStoreDone done;
    gpointer data;
} Job;

static void
job_free(Job *job)
{
    LtSettlement *s = &job->settlement;

    g_free((char *) s->record_event);
    g_free((char *) s->reason);
    g_free((char *) s->cause);
    g_free((char *) s->text);
    g_free((char *) s->receipt_type);
    g_free((char *) s->actor_kind);
    g_free((char *) s->actor);
    g_clear_pointer(&s->receipt, g_bytes_unref);
    g_free(job);
}

static gboolean
job_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    return settle_write(tx, &((Job *) data)->settlement, error);
}

static void
job_done(gpointer data, const GError *error)
{
    Job *job = data;

    if (job->done != NULL)
        job->done(job->data, error);
    job_free(job);
}

void
lt_store_settle(LtStore *self, const LtSettlement *settlement, LtStoreDone done, gpointer data, GMainContext *context)
{
    Job *job = g_new0(Job, 1);
    LtSettlement *s = &job->settlement;

    *s = *settlement;
    s->record_event = g_strdup(s->record_event);
    s->reason = g_strdup(s->reason);
    s->cause = g_strdup(s->cause);
    s->text = g_strdup(s->text);
    s->receipt_type = g_strdup(s->receipt_type);
    s->actor_kind = g_strdup(s->actor_kind);
    s->actor = g_strdup(s->actor);
    if (s->receipt != NULL)
        g_bytes_ref(s->receipt);
    job->done = done;
    job->data = data;
    lt_store_submit(self, job_write, job_done, job, context);
}

gboolean
lt_store_settle_wait(LtStore *self, const LtSettlement *settlement, GError **error)
{
    return lt_store_write(self, settle_write, (gpointer) settlement, error);
}
