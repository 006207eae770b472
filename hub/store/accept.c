/* SPDX-License-Identifier: Apache-2.0 */
/* accept.c: the only way in: a verified envelope becomes a message, its deliveries, its dossier's news, its records and its receipt, in one
 * transaction (audit-log.md §5).
 *
 * Large content is made durable before, on a thread that may wait for the disk. Whether the envelope is new is asked again
 * inside the transaction: of twins that come at once the first is accepted, the others get its receipt.
 */
#include "store/crls.h"
#include "store/messages.h"

#include <string.h>

#include "base/uuid.h"
#include "store/content.h"
#include "store/delivery-row.h"
#include "store/dossier-rows.h"
#include "store/receipts.h"
#include "store/registry-records.h"
#include "store/rehoming.h"
#include "store/sequences.h"
#include "store/settle.h"

#define MAX_DELIVERIES 256

typedef struct {
    LtStore *store;
    const LtAcceptance *in;
    const LtHeader *header;
    guint8 id[16], manifest[LT_SHA256_SIZE];
    LtAccepted *out;
    GError *error; /* of the preparation */
    LtAcceptDone done;
    gpointer data;
    GMainContext *context;
} Job;

void
lt_accepted_free(LtAccepted *self)
{
    LtPromise promise;

    if (self == NULL)
        return;
    promise = (LtPromise){ self->receipt, self->fields, self->body };
    lt_promise_clear(&promise);
    g_clear_pointer(&self->deliveries, g_ptr_array_unref);
    g_free(self);
}

/* A row of `seen`. */
typedef struct {
    gint64 message;
    guint64 index;
    gboolean same, failed;
    gboolean by_source; /* found by the key of a plugin's system */
} Twin;

static gboolean
find_twin(LtDatabase *database, const Job *job, Twin *out, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    guint8 manifest[LT_SHA256_SIZE] = { 0 };

    if (!LT_ASK(&query, database, error, "SELECT row, manifest, state, log_index FROM message WHERE id = ?1 AND sender = ?2",
                LT_BLOB(job->id, sizeof job->id), LT_TEXT(job->header->from)))
        return FALSE;
    if (!lt_query_next(&query, error))
        return !query.failed;
    out->message = lt_query_integer(&query, 0);
    lt_query_copy(&query, 1, manifest, sizeof manifest);
    out->same = memcmp(manifest, job->manifest, sizeof manifest) == 0;
    out->failed = lt_query_integer(&query, 2) != 0;
    out->index = (guint64) lt_query_integer(&query, 3);
    return TRUE;
}

/* The same document of a plugin's system, sealed a second time: the first message stands for it. */
static gboolean
find_source(LtDatabase *database, const Job *job, Twin *out, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (job->in->source_key == NULL || job->in->source_endpoint == NULL)
        return TRUE;
    if (!LT_ASK(&query, database, error,
                "SELECT m.row, m.log_index FROM source s JOIN message m ON m.row = s.message WHERE s.endpoint = ?1 AND s.key = ?2",
                LT_TEXT(job->in->source_endpoint), LT_TEXT(job->in->source_key)))
        return FALSE;
    if (!lt_query_next(&query, error))
        return !query.failed;
    *out = (Twin){ .message = lt_query_integer(&query, 0), .index = (guint64) lt_query_integer(&query, 1), .same = TRUE,
                    .by_source = TRUE };
    return TRUE;
}

static LtReceipted
receipted(const Job *job, gint64 message)
{
    return (LtReceipted){ message, job->header->from, job->header->id, lt_message_get_manifest(job->in->envelope->message),
                          job->header->dossier };
}

static void
take_promise(LtAccepted *out, LtPromise *promise)
{
    out->receipt = promise->row;
    out->fields = promise->fields;
    out->body = promise->body;
    memset(promise, 0, sizeof *promise);
}

static gboolean
refuse_twin(const Job *job, const Twin *twin, GError **error)
{
    if (!twin->same)
        lt_error_set(error, LT_ERROR_CONFLICT, "env.dup.conflict", "envelope %s was accepted before with other content", job->header->id);
    else
        lt_error_set(error, LT_ERROR_CONFLICT, "env.dup.failed", "envelope %s was accepted before and could not be delivered", job->header->id);
    return FALSE;
}

static gboolean
record_duplicate(LtStoreTransaction *tx, const LtReceipted *re, GError **error)
{
    LtRecord *record = lt_record_new("env.duplicate", "unit", re->from);

    lt_record_set_string(record, "id", re->id);
    lt_record_set_string(record, "from", re->from);
    lt_record_set_string(record, "m", re->manifest);
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

/* The first one's receipt. A plugin that hands a document in again gets none: it asked only whether the document is safe. */
static gboolean
answer_twin(LtStoreTransaction *tx, Job *job, const Twin *twin, GError **error)
{
    LtReceipted re = receipted(job, twin->message);
    gint64 row = LT_RECEIPT_ROW(twin->message, LT_STAGE_RECEIVED);
    g_auto(LtPromise) promise = { 0 };
    g_autoptr(GError) failure = NULL;

    if (!twin->same || twin->failed)
        return refuse_twin(job, twin, error);
    job->out->duplicate = TRUE;
    job->out->message = twin->message;
    job->out->index = twin->index;
    if (twin->by_source)
        return TRUE;
    if (!record_duplicate(tx, &re, error))
        return FALSE;
    if (lt_receipts_load(tx->database, tx, &re, row, row, &promise, &failure)) {
        take_promise(job->out, &promise);
        return TRUE;
    }
    if (failure == NULL)
        lt_error_set(&failure, LT_ERROR_INTERNAL, "log.db", "message %" G_GINT64_FORMAT " has no receipt", twin->message);
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean
record_accepted(LtStoreTransaction *tx, Job *job, GError **error)
{
    const LtHeader *header = job->header;
    LtRecord *record = lt_record_new("env.accepted", "unit", header->from);

    lt_record_set_string(record, "id", header->id);
    lt_record_set_string(record, "from", header->from);
    lt_record_set_string(record, "to", header->to);
    lt_record_set_string(record, "type", header->type);
    lt_record_set_string(record, "m", lt_message_get_manifest(job->in->envelope->message));
    lt_record_set_string(record, "d", header->dossier);
    lt_record_set_string(record, "peer", job->in->peer);
    lt_record_set_string(record, "signer", job->in->envelope->signer->spki_hex);
    lt_record_set_integer(record, "seq", header->seq);
    lt_record_set_integer(record, "size", (gint64) job->in->envelope->container->size);
    lt_record_set_string(record, "ex", job->in->exception);
    lt_record_set_string(record, "orig", header->orig_kind);
    return lt_store_append_record(tx, record, &job->out->index, NULL, error);
}

static gboolean
write_message(LtStoreTransaction *tx, Job *job, gint64 dossier, GError **error)
{
    const LtHeader *header = job->header;
    gint64 crl;

    if (!lt_crls_keep(tx, job->in->envelope->signer, &crl, error) ||
        !LT_RUN(tx->database, error,
                "INSERT INTO message (id, sender, receiver, addressee, type, manifest, dossier, expires, at, log_index, crl) "
                "VALUES (?1, ?2, ?3, ?10, ?4, ?5, ?6, ?7, ?8, ?9, ?11)",
                LT_BLOB(job->id, sizeof job->id), LT_TEXT(header->from), LT_TEXT(job->in->receiver), LT_TEXT(header->type),
                LT_BLOB(job->manifest, sizeof job->manifest), lt_value_row(dossier), LT_INT(header->expires_us), LT_INT(tx->time_us),
                LT_INT(job->out->index), LT_TEXT(strcmp(header->to, job->in->receiver) != 0 ? header->to : NULL), lt_value_row(crl)))
        return FALSE;
    job->out->message = sqlite3_last_insert_rowid(lt_database_get_handle(tx->database));
    return lt_content_write(tx, job->out->message, job->in->envelope->container, error);
}

static LtDelivery *
new_delivery(const LtStoreTransaction *tx, const Job *job, gint64 id, const char *endpoint)
{
    const LtHeader *header = job->header;
    LtDelivery *self = lt_delivery_new();

    self->id = id;
    self->message = job->out->message;
    self->message_id = g_strdup(header->id);
    self->from = g_strdup(header->from);
    self->to = g_strdup(header->to);
    self->type = g_strdup(header->type);
    self->dossier = g_strdup(header->dossier);
    self->code = g_strdup(job->in->code);
    self->manifest = g_strdup(lt_message_get_manifest(job->in->envelope->message));
    self->endpoint = g_strdup(endpoint);
    self->receiver = g_strdup(job->in->receiver);
    self->plan = job->in->plan;
    self->state = LT_DELIVERY_WAITING;
    self->created_us = self->changed_us = tx->time_us;
    return self;
}

static gboolean
write_deliveries(LtStoreTransaction *tx, Job *job, gint64 dossier, GError **error)
{
    for (guint i = 0; job->in->endpoints[i] != NULL; i++) {
        gint64 id = job->out->message * MAX_DELIVERIES + i;

        if (i == MAX_DELIVERIES) {
            lt_error_set(error, LT_ERROR_CONFIG, "route.endpoints", "a message may go to at most %d endpoints", MAX_DELIVERIES);
            return FALSE;
        }
        if (!LT_RUN(tx->database, error,
                    "INSERT INTO delivery (id, endpoint, receiver, dossier, plan, state, changed) VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6)", LT_INT(id),
                    LT_TEXT(job->in->endpoints[i]), LT_TEXT(job->in->receiver), lt_value_row(dossier), LT_INT(job->in->plan),
                    LT_INT(tx->time_us)))
            return FALSE;
        g_ptr_array_add(job->out->deliveries, new_delivery(tx, job, id, job->in->endpoints[i]));
    }
    return TRUE;
}

static gboolean
record_state(LtStoreTransaction *tx, Job *job, const LtDossierTouched *touched, GError **error)
{
    LtRecord *record;
    guint64 index;

    if (!touched->state_changed)
        return TRUE;
    record = lt_record_new("dossier.state", "unit", job->header->from);
    lt_record_set_string(record, "d", job->header->dossier);
    lt_record_set_string(record, "old", touched->old_state);
    lt_record_set_string(record, "new", job->in->state);
    lt_record_set_string(record, "id", job->header->id);
    return lt_store_append_record(tx, record, &index, NULL, error) &&
           lt_dossier_add_event(tx, touched->row, index, "state", job->out->message, NULL, job->in->state, error);
}

/* The sender is told, unless it is the hub itself. */
static gboolean
record_readdress(LtStoreTransaction *tx, Job *job, const LtDossierTouched *touched, GError **error)
{
    const char *hub = lt_signer_get_unit(lt_store_get_signer(tx->store));
    g_autofree char *basis = NULL, *detail = NULL;
    LtRecord *record;
    guint64 index;

    if (job->in->readdressed == NULL || job->header->dossier == NULL)
        return TRUE;
    if (strcmp(job->header->from, hub) != 0 &&
        !lt_notice_put(tx, job->out->message, job->header->to, job->in->receiver, job->in->readdressed, error))
        return FALSE;
    detail = g_strconcat(job->header->to, " ", job->in->receiver, NULL);
    record = lt_record_new("dossier.readdress", "hub", hub);
    lt_record_set_string(record, "d", job->header->dossier);
    lt_record_set_string(record, "old", job->header->to);
    lt_record_set_string(record, "new", job->in->receiver);
    basis = lt_basis_word(job->in->readdressed);
    lt_record_set_string(record, "basis", basis != NULL ? basis : "");
    return lt_store_append_record(tx, record, &index, NULL, error) &&
           lt_dossier_add_event(tx, touched->row, index, "readdress", job->out->message, NULL, detail, error);
}

static gboolean
touch_dossier(LtStoreTransaction *tx, Job *job, LtDossierTouched *touched, GError **error)
{
    LtDossierNews news = {
        .reference = job->header->dossier,
        .code = job->in->code,
        .procedure = job->in->procedure,
        .procedure_from = job->in->procedure_from,
        .state = job->in->state,
        .type = job->header->type,
        .sender = job->header->from,
        .receiver = job->in->receiver,
    };

    return job->header->dossier == NULL || lt_dossier_touch(tx, &news, touched, error);
}

static gboolean
keep_source(LtStoreTransaction *tx, const Job *job, GError **error)
{
    if (job->in->source_key == NULL || job->in->source_endpoint == NULL)
        return TRUE;
    return LT_RUN(tx->database, error, "INSERT INTO source (endpoint, key, message) VALUES (?1, ?2, ?3)", LT_TEXT(job->in->source_endpoint),
                  LT_TEXT(job->in->source_key), LT_INT(job->out->message));
}

static gboolean
promise_receipt(LtStoreTransaction *tx, Job *job, GError **error)
{
    LtReceipted re = receipted(job, job->out->message);
    g_auto(LtPromise) promise = { 0 };

    if (!lt_receipts_promise(tx, &re, LT_STAGE_RECEIVED, "ok", job->out->index, &promise, error))
        return FALSE;
    take_promise(job->out, &promise);
    return TRUE;
}

static gboolean
write_new(LtStoreTransaction *tx, Job *job, GError **error)
{
    LtDossierTouched touched = { 0 };

    if (job->in->endpoints == NULL) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "env.busy", "the first copy of envelope %s is gone", job->header->id);
        return FALSE;
    }
    return record_accepted(tx, job, error) && touch_dossier(tx, job, &touched, error) && write_message(tx, job, touched.row, error) &&
           (touched.row == 0 ||
            lt_dossier_add_event(tx, touched.row, job->out->index, "message", job->out->message, NULL, job->in->kind, error)) &&
           write_deliveries(tx, job, touched.row, error) && keep_source(tx, job, error) &&
           lt_sequences_take(tx, job->header->from, job->header->to, job->header->seq, error) &&
           promise_receipt(tx, job, error) && record_state(tx, job, &touched, error) && record_readdress(tx, job, &touched, error) &&
           (job->in->settles == NULL || lt_settle_apply(tx, job->in->settles, TRUE, error));
}

static gboolean
accept_write(LtStoreTransaction *tx, gpointer data, GError **error)
{
    Job *job = data;
    Twin twin = { 0 };

    g_clear_pointer(&job->out, lt_accepted_free);
    job->out = g_new0(LtAccepted, 1);
    job->out->deliveries = g_ptr_array_new_with_free_func((GDestroyNotify) lt_delivery_unref);
    if (!find_twin(tx->database, job, &twin, error))
        return FALSE;
    if (twin.message == 0 && !find_source(tx->database, job, &twin, error))
        return FALSE;
    return twin.message != 0 ? answer_twin(tx, job, &twin, error) : write_new(tx, job, error);
}

static void
accept_done(gpointer data, const GError *error)
{
    Job *job = data;
    LtAccepted *out = g_steal_pointer(&job->out);

    if (error != NULL)
        g_clear_pointer(&out, lt_accepted_free);
    else if (!out->duplicate || out->receipt != 0) /* a document sealed twice leaves files that nobody names: for the sweep */
        lt_content_settle(job->store, job->in->envelope->container);
    job->done(job->data, out, error);
    g_clear_pointer(&job->context, g_main_context_unref);
    g_clear_error(&job->error);
    g_free(job);
}

/* S29: what is new waits while the disk is short; receipts and states go on. */
static gboolean
may_wait(const LtHeader *header)
{
    return strcmp(header->type, "dossier.status") != 0 && strcmp(header->type, "receipt") != 0 && strcmp(header->type, "hub.ping") != 0;
}

static void
refuse(Job *job)
{
    lt_store_fail_write(job->store, accept_done, job, job->context, job->error);
}

static void
prepare_and_submit(gpointer data)
{
    Job *job = data;

    if (lt_content_prepare(job->store, job->in->envelope->container, &job->error))
        lt_store_submit(job->store, accept_write, accept_done, job, job->context);
    else
        refuse(job);
}

void
lt_store_accept(LtStore *self, const LtAcceptance *acceptance, LtAcceptDone done, gpointer data, GMainContext *context)
{
    Job *job = g_new0(Job, 1);
    const char *manifest = lt_message_get_manifest(acceptance->envelope->message);

    job->store = self;
    job->in = acceptance;
    job->header = lt_message_get_header(acceptance->envelope->message);
    job->done = done;
    job->data = data;
    job->context = context != NULL ? g_main_context_ref(context) : NULL;
    if (!lt_uuid_read(job->header->id, strlen(job->header->id), job->id) || !lt_hex_read(manifest, strlen(manifest), job->manifest, LT_SHA256_SIZE)) {
        lt_error_set(&job->error, LT_ERROR_INVALID, "env.header.value", "the envelope's id is no UUID");
        refuse(job);
    } else if (acceptance->endpoints != NULL && may_wait(job->header) && lt_store_is_short(self)) {
        lt_error_set(&job->error, LT_ERROR_UNAVAILABLE, "env.store.full", "less free disk than the reserve: no new dossiers");
        refuse(job);
    } else if (acceptance->endpoints != NULL && lt_content_needs_disk(acceptance->envelope->container)) {
        lt_blobs_run(lt_store_get_blobs(self), prepare_and_submit, job);
    } else {
        lt_store_submit(self, accept_write, accept_done, job, job->context);
    }
}
