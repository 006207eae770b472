/* SPDX-License-Identifier: Apache-2.0 */
/* passage.c: one envelope on its way in: judged on the thread that brought it, written by the store, answered after the commit.
 *
 * Nothing here knows HTTP; nothing here decides what a step of the verification means (trust/envelope.h, world.c) or what is
 * written (store/messages.h).
 */
#include "routing/intake-private.h"

#include <string.h>

#include "base/error.h"
#include "base/value.h"
#include "routing/delivery.h"
#include "routing/dispatcher.h"
#include "trust/header.h"

#define MANIFEST_NAME "META-INF/ASiCManifest001.xml"

/* One envelope on its way in. */
typedef struct {
    LtIntake *intake;
    LtUpload *upload;
    char *peer, *peer_unit;   /* peer_unit: NULL for what the hub itself has sealed */
    const LtSource *source;   /* nullable: a plugin's message; alive until done */
    LtJudgement judgement;
    LtEnvelope *envelope;
    LtHeader *header;         /* when it was refused after V7 */
    char manifest[65];
    char **endpoints;
    char *receiver;
    const char *basis;        /* borrowed from the registry in judgement.world */
    const char *procedure_from; /* nullable: borrowed from the catalogue there */
    LtDelivery *answered;     /* delivery that this message answers */
    LtSettlement settlement;
    LtAcceptance acceptance;  /* one of these three goes to the store, which borrows it */
    LtReceiptTaken taken;
    LtRefusal refused;
    GError *refusal;
    LtIntakeDone done;
    gpointer data;
    GMainContext *context;
} Passage;

static void
passage_free(Passage *self)
{
    lt_upload_free(self->upload);
    g_free(self->peer);
    g_free(self->peer_unit);
    lt_payload_facts_clear(&self->judgement.facts);
    g_clear_pointer(&self->envelope, lt_envelope_unref);
    g_clear_pointer(&self->header, lt_header_free);
    g_strfreev(self->endpoints);
    g_free(self->receiver);
    g_clear_pointer(&self->answered, lt_delivery_unref);
    lt_world_clear(&self->judgement.world);
    g_clear_error(&self->refusal);
    g_main_context_unref(self->context);
    g_free(self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Passage, passage_free)

/* The end of every passage. @error: (transfer full) (nullable) */
static void
answer(Passage *self, guint status, GBytes *receipt, GError *error, gint64 index)
{
    LtAnswer *given = g_new0(LtAnswer, 1);

    given->status = error != NULL ? lt_error_http_status(error) : status;
    given->receipt = receipt;
    given->error = error;
    given->index = index;
    self->done(self->data, given);
    passage_free(self);
}

typedef struct {
    Passage *passage;
    guint status;
    GError *error;
} Late;

static gboolean
answer_late(gpointer data)
{
    Late *late = data;

    answer(late->passage, late->status, NULL, late->error, -1);
    g_free(late);
    return G_SOURCE_REMOVE;
}

/* An answer without a write; still not before submit has returned. @error: (transfer full) (nullable) */
static void
answer_without_write(Passage *self, guint status, GError *error)
{
    g_autoptr(GSource) source = g_idle_source_new();
    Late *late = g_new0(Late, 1);

    late->passage = self;
    late->status = status;
    late->error = error;
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, answer_late, late, NULL);
    g_source_attach(source, self->context);
}

/* Signs what the transaction has promised; @keep: the signature is kept for later copies. */
static GBytes *
sign_receipt(Passage *self, const LtAccepted *accepted, gboolean keep, GError **error)
{
    g_autoptr(GBytes) signature = NULL;
    GBytes *receipt;

    if (accepted->body.manifest == NULL) /* a plugin's document that is known: nobody waits for a receipt */
        return NULL;
    receipt = lt_receipt_sign(&accepted->body, accepted->fields.at_us, self->intake->options.signer, &signature, error);

    if (receipt != NULL && keep)
        lt_store_keep_receipt_signature(self->intake->options.store, accepted->receipt, signature);
    return receipt;
}

/* A refusal: the record is committed, or could not be. The sender learns the reason either way. */
static void
refused(gpointer data, LtAccepted *accepted, const GError *write_error)
{
    Passage *self = data;
    gint64 index = accepted != NULL ? (gint64) accepted->index : -1;
    GBytes *receipt = NULL;

    (void) write_error;
    if (strcmp(lt_error_get_reason(self->refusal), "env.dup.failed") == 0 && self->header != NULL)
        receipt = lt_store_find_receipt(self->intake->options.store, self->header->from, self->header->id, "failed", NULL);
    else if (accepted != NULL && self->header != NULL)
        receipt = sign_receipt(self, accepted, TRUE, NULL);
    lt_accepted_free(accepted);
    answer(self, 0, receipt, g_steal_pointer(&self->refusal), index);
}

/* The refusal in self->refusal goes to the log, the bytes to quarantine, and after V7 the sender gets a receipt. One that was
 * refused because a delivery of it had failed gets the receipt `failed` that there is already. */
static void
refuse(Passage *self)
{
    const LtQuarantine *quarantine = lt_upload_commit(self->upload);
    const char *code = lt_error_get_reason(self->refusal);
    self->refused = (LtRefusal) {
        .code = code,
        .peer = self->peer,
        .size = lt_upload_get_size(self->upload),
        .commitment = quarantine->commitment,
        .salt = quarantine->salt,
        .bytes = quarantine->bytes,
        .file = quarantine->file,
        .header = self->header,
        .manifest = self->header != NULL && strcmp(code, "env.dup.failed") != 0 ? self->manifest : NULL,
    };

    lt_store_refuse(self->intake->options.store, &self->refused, refused, self, self->context);
}

/* Disk, database or signer: not the sender's fault and nothing to quarantine. It comes again. */
static gboolean
is_ours(const GError *error)
{
    return !g_error_matches(error, LT_ERROR, LT_ERROR_CONFLICT);
}

static LtHeader *
copy_header(LtMessage *message)
{
    const LtHeader *header = lt_message_get_header(message);
    LtHeader *copy = lt_header_new();

    copy->id = g_strdup(header->id);
    copy->type = g_strdup(header->type);
    copy->from = g_strdup(header->from);
    copy->to = g_strdup(header->to);
    copy->dossier = g_strdup(header->dossier);
    copy->issued_us = header->issued_us;
    copy->expires_us = header->expires_us;
    copy->seq = header->seq;
    return copy;
}

/* A delivery was settled behind the dispatcher's back: what stood behind it may go. */
static void
wake_if_out_of_turn(Passage *self)
{
    if (self->answered != NULL && self->answered->state != LT_DELIVERY_DELIVERED && self->intake->dispatcher != NULL)
        lt_dispatcher_wake(self->intake->dispatcher, self->answered->endpoint);
}

static void
accepted(gpointer data, LtAccepted *result, const GError *error)
{
    Passage *self = data;
    LtIntake *intake = self->intake;
    GError *failure = NULL;
    GBytes *receipt;

    if (error != NULL && is_ours(error)) {
        answer(self, 0, NULL, g_error_copy(error), -1);
        return;
    }
    if (error != NULL) { /* a copy with other bytes, or of a failed one, was quicker by one commit */
        self->refusal = g_error_copy(error);
        self->header = copy_header(self->envelope->message);
        refuse(self);
        return;
    }
    if (!result->duplicate && intake->dispatcher != NULL && result->deliveries->len > 0)
        lt_dispatcher_offer(intake->dispatcher, result->deliveries, self->envelope->message);
    wake_if_out_of_turn(self);
    if (self->basis != NULL && intake->caretaker != NULL)
        lt_caretaker_wake(intake->caretaker); /* the sender is told where it went */
    receipt = sign_receipt(self, result, !result->duplicate, &failure);
    answer(self, result->duplicate ? 200 : 202, receipt, failure, (gint64) result->index);
    lt_accepted_free(result);
}

static void
receipt_taken(gpointer data, LtAccepted *result, const GError *error)
{
    if (error == NULL)
        wake_if_out_of_turn(data);
    lt_accepted_free(result);
    answer(data, 204, NULL, error != NULL ? g_error_copy(error) : NULL, -1);
}

/* May @unit speak for the receiver of this delivery: is it that unit, its successor, or the hub that stands for it? */
static gboolean
speaks_for(Passage *self, const char *unit, const LtDelivery *delivery)
{
    const LtMatter matter = lt_judgement_matter(&self->judgement);
    LtRegistry *registry = self->judgement.world.registry;
    const char *basis;
    const LtUnit *successor = strcmp(unit, delivery->receiver) == 0 ? NULL
                              : lt_registry_receiver(registry, delivery->receiver, &matter, self->judgement.now_us, &basis, NULL);

    return strcmp(unit, delivery->receiver) == 0 || (successor != NULL && strcmp(unit, lt_unit_get_id(successor)) == 0) ||
           lt_registry_hub_stands_for(registry, unit, delivery->receiver, self->judgement.now_us);
}

/* Finds the delivery that this message answers, and what that does to it. None is no error: the answer is taken all the same. */
static gboolean
find_answered(Passage *self, LtDeliveryEvent event, GError **error)
{
    const LtHeader *header = lt_message_get_header(self->envelope->message);
    LtDeliveryQuery query = { .message_id = header->re_id, .limit = 256 };
    g_autoptr(GPtrArray) deliveries = NULL;

    if (header->re_id == NULL)
        return TRUE;
    deliveries = lt_store_list_deliveries(self->intake->options.store, &query, error);
    if (deliveries == NULL)
        return FALSE;
    for (guint i = 0; i < deliveries->len && self->answered == NULL; i++) {
        LtDelivery *delivery = deliveries->pdata[i];
        const LtDeliveryRule *rule = lt_delivery_rule(delivery->state, event);

        if (rule == NULL || strcmp(delivery->from, header->re_from) != 0 || !speaks_for(self, header->from, delivery))
            continue;
        self->answered = lt_delivery_ref(delivery);
        self->settlement = (LtSettlement) {
            .delivery = delivery->id, .expected = delivery->state, .state = rule->to, .record_event = rule->record,
            .attempts = delivery->attempts, .actor_kind = "unit", .actor = lt_message_get_header(self->envelope->message)->from,
        };
    }
    return TRUE;
}

static const LtSettlement *
get_settlement(Passage *self)
{
    return self->answered != NULL ? &self->settlement : NULL;
}

static void
take_receipt(Passage *self)
{
    const char *stage = self->judgement.facts.stage != NULL ? self->judgement.facts.stage : "";
    gboolean bad = strcmp(stage, "failed") == 0 || strcmp(stage, "refused") == 0;
    GError *error = NULL;

    if (!find_answered(self, bad ? LT_EVENT_REFUSED : LT_EVENT_RECEIPTED, &error)) {
        answer_without_write(self, 0, error);
        return;
    }
    self->settlement.reason = bad ? "refused" : NULL;
    self->taken = (LtReceiptTaken) { .envelope = self->envelope, .peer = self->peer, .stage = stage, .settles = get_settlement(self) };
    lt_store_take_receipt(self->intake->options.store, &self->taken, receipt_taken, self, self->context);
}

/* A status or a result says that the other side works on it: no receipt is needed any more. */
static gboolean
confirms(const char *type)
{
    return strcmp(type, "dossier.status") == 0 || strcmp(type, "dossier.result") == 0 || strcmp(type, "dossier.supplement") == 0;
}

/* From and to at this date, to endpoints. What the hub keeps for itself (a ping) has none. */
static gboolean
route(Passage *self, GError **error)
{
    const LtHeader *header = lt_message_get_header(self->envelope->message);
    LtRegistry *registry = self->judgement.world.registry;
    const LtMatter matter = lt_judgement_matter(&self->judgement);
    const LtUnit *to = lt_registry_receiver(registry, header->to, &matter, self->judgement.now_us, &self->basis, error);
    const LtUnit *from = lt_registry_lookup_at(registry, header->from, self->judgement.now_us);

    if (to == NULL || !lt_judgement_admit(&self->judgement, header, lt_unit_get_id(to), &self->procedure_from, error))
        return FALSE;
    self->receiver = g_strdup(lt_unit_get_id(to));
    if (strcmp(header->type, "hub.ping") == 0)
        self->endpoints = g_new0(char *, 1);
    else
        self->endpoints = lt_plan_route(self->judgement.world.plan, header->type, self->judgement.facts.procedure, from, to, NULL, error);
    return self->endpoints != NULL;
}

static void
accept(Passage *self)
{
    LtPayloadFacts *facts = &self->judgement.facts;
    self->acceptance = (LtAcceptance) {
        .envelope = self->envelope,
        .peer = self->peer,
        .exception = self->envelope->exception,
        .receiver = self->receiver != NULL ? self->receiver : lt_message_get_to(self->envelope->message),
        .readdressed = self->basis,
        .source_endpoint = self->source != NULL ? self->source->endpoint : NULL,
        .source_key = self->source != NULL ? self->source->key : NULL,
        .code = facts->code,
        .procedure = facts->procedure,
        .procedure_from = self->procedure_from,
        .kind = facts->kind,
        .state = facts->state,
        .endpoints = (const char *const *) self->endpoints,
        .plan = lt_plan_get_generation(self->judgement.world.plan),
        .settles = get_settlement(self),
    };

    lt_store_accept(self->intake->options.store, &self->acceptance, accepted, self, self->context);
}

/* What the hub itself tells a sender is no answer of the receiver, for whom it would stand otherwise. */
static gboolean
is_own(const Passage *self)
{
    return self->peer_unit == NULL && strcmp(lt_message_get_from(self->envelope->message), self->judgement.hub) == 0;
}

/* After V10: known already, a receipt, or something new. */
static void
admit(Passage *self)
{
    const char *type = lt_message_get_type(self->envelope->message);
    gboolean known = self->envelope->seen == LT_SEEN_SAME;
    GError *error = NULL;

    if (strcmp(type, "receipt") == 0) {
        if (known)
            answer_without_write(self, 204, NULL);
        else
            take_receipt(self);
        return;
    }
    if (known) {
        accept(self);
        return;
    }
    if (!route(self, &self->refusal)) {
        self->header = copy_header(self->envelope->message);
        refuse(self);
        return;
    }
    if (confirms(type) && !is_own(self) && !find_answered(self, LT_EVENT_RECEIPTED, &error)) {
        answer_without_write(self, 0, error);
        return;
    }
    accept(self);
}

static void
judge(Passage *self)
{
    LtContainer *container = lt_upload_finish(self->upload, &self->refusal);
    LtEntry *manifest;
    LtReceiver receiver;
    guint passed = 0;

    if (container == NULL) {
        refuse(self);
        return;
    }
    manifest = lt_container_lookup(container, MANIFEST_NAME);
    lt_hex_write(manifest->sha256, sizeof manifest->sha256, self->manifest);
    lt_judgement_receiver(&self->judgement, self->peer_unit, &receiver);
    self->envelope = lt_envelope_receive(container, &receiver, &passed, &self->header, &self->refusal);
    if (self->envelope != NULL) {
        admit(self);
        return;
    }
    if (passed < 7)
        g_clear_pointer(&self->header, lt_header_free);
    refuse(self);
}

void
lt_intake_admit(LtIntake *self, LtUpload *upload, const LtCaller *caller, const LtSource *source, LtIntakeDone done, gpointer data,
                GMainContext *context)
{
    Passage *passage = g_new0(Passage, 1);

    passage->intake = self;
    passage->upload = upload;
    passage->peer = g_strdup(caller->peer);
    passage->peer_unit = g_strdup(caller->unit);
    passage->source = source;
    passage->done = done;
    passage->data = data;
    passage->context = g_main_context_ref(context);
    lt_intake_copy_world(self, &passage->judgement.world);
    passage->judgement.store = self->options.store;
    passage->judgement.payloads = self->options.payloads;
    passage->judgement.hub = lt_signer_get_unit(self->options.signer);
    passage->judgement.now_us = lt_time_now_us();
    judge(passage);
}

void
lt_intake_refuse(LtIntake *self, const LtCaller *caller, const GError *refusal, LtIntakeDone done, gpointer data, GMainContext *context)
{
    Passage *passage = g_new0(Passage, 1);

    passage->intake = self;
    passage->upload = lt_upload_new(self);
    passage->peer = g_strdup(caller->peer);
    passage->peer_unit = g_strdup(caller->unit);
    passage->refusal = g_error_copy(refusal);
    passage->done = done;
    passage->data = data;
    passage->context = g_main_context_ref(context);
    lt_intake_copy_world(self, &passage->judgement.world);
    refuse(passage);
}

void
lt_intake_submit(LtIntake *self, LtUpload *upload, const LtCaller *caller, LtIntakeDone done, gpointer data, GMainContext *context)
{
    lt_intake_admit(self, upload, caller, NULL, done, data, context);
}
