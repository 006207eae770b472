/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.c: gathers what the hub holds of a dossier, seals it, and leaves the record of the export before it gives anything out.
 *
 * All proofs of a part lead to one checkpoint, the newest that witnesses and the time stamp authority have seen, if it covers the dossier. A message stands in the
 * same part as the entry that tells its digest.
 */
#include "casework/evidence-private.h"

#include <string.h>

#include "base/json.h"
#include "store/crls.h"
#include "store/messages.h"
#include "trust/note.h"

#define ATTACHMENTS_FOR_ENTRIES 960u /* of 999; the rest is for what every part has */
#define ENTRY_COST 2u
#define MESSAGE_COST 4u
#define LITERAL_FILE "/vn/lienthong/evidence/"

struct _LtEvidence {
    LtDossier *dossier;
    LtEvidenceBag *bag;
    LtSealed *sealed;
    guint part, parts;
};

typedef struct {
    const LtEvidenceRequest *request;
    LtDossier *dossier;       /* (transfer none) */
    GPtrArray *entries;       /* of LtEvidenceEntry * */
    GPtrArray *messages;      /* of LtEvidenceMessage * */
    LtLogAnchored *anchored;
    LtRegistryRows *units;
    gint64 made_us;
    guint part, parts;
    guint first, end;         /* entries of this part */
} Gathered;

static void
gathered_clear(Gathered *self)
{
    g_clear_pointer(&self->messages, g_ptr_array_unref);
    g_clear_pointer(&self->entries, g_ptr_array_unref);
    g_clear_pointer(&self->anchored, lt_log_anchored_free);
    g_clear_pointer(&self->units, lt_registry_rows_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Gathered, gathered_clear)

static void
entry_free(gpointer data)
{
    LtEvidenceEntry *entry = data;

    g_bytes_unref(entry->bytes);
    lt_record_view_free(entry->view);
    g_free(entry);
}

/* A damaged entry is no evidence of this dossier; the check of the log names it. */
static gboolean
take_entry(guint64 index, GBytes *bytes, gpointer data)
{
    gsize size;
    const char *text = g_bytes_get_data(bytes, &size);
    LtRecordView *view = lt_record_read(text, size, NULL);
    LtEvidenceEntry *entry;

    if (view == NULL)
        return TRUE;
    entry = g_new0(LtEvidenceEntry, 1);
    *entry = (LtEvidenceEntry){ index, g_bytes_ref(bytes), view };
    g_ptr_array_add(data, entry);
    return TRUE;
}

static const LtEvidenceMessage *
message_of(const Gathered *self, const LtEvidenceEntry *entry)
{
    for (guint i = 0; i < self->messages->len; i++) {
        const LtEvidenceMessage *message = self->messages->pdata[i];

        if (message->entry == entry)
            return message;
    }
    return NULL;
}

/* Which entries the part has: each takes what its attachments need. */
static gboolean
cut(Gathered *self, guint part, GError **error)
{
    guint room = 0, number = 0;

    for (guint i = 0; i < self->entries->len; i++) {
        guint cost = ENTRY_COST + (message_of(self, self->entries->pdata[i]) != NULL ? MESSAGE_COST : 0);

        if (number == 0 || cost > room) {
            number++;
            room = ATTACHMENTS_FOR_ENTRIES;
            if (number == part)
                self->first = i;
        }
        room -= cost;
        if (number == part)
            self->end = i + 1;
    }
    self->part = part;
    self->parts = number;
    if (part >= 1 && part <= number)
        return TRUE;
    lt_error_set(error, LT_ERROR_NOT_FOUND, "evidence.part", "the evidence of this dossier has %u parts", number);
    return FALSE;
}

static gboolean
gather(Gathered *self, GError **error)
{
    const LtEvidenceRequest *request = self->request;
    LtLogQuery query = { .dossier = self->dossier->reference };
    const LtEvidenceEntry *last;

    self->made_us = lt_time_now_us();
    self->entries = g_ptr_array_new_with_free_func(entry_free);
    if (!lt_store_log_list(request->store, &query, take_entry, self->entries, error))
        return FALSE;
    if (self->entries->len == 0) {
        lt_error_set(error, LT_ERROR_NOT_FOUND, "dossier.unknown", "the log has no entry of this dossier");
        return FALSE;
    }
    last = self->entries->pdata[self->entries->len - 1];
    self->anchored = lt_store_log_anchored(request->store, last->index + 1, request->quorum, error);
    self->units = self->anchored == NULL ? NULL : lt_store_load_registry(request->store, error);
    if (self->units != NULL)
        self->messages = lt_evidence_messages(request, self->entries, error);
    return self->messages != NULL;
}

static void
append_time(GString *out, const char *name, gint64 at_us)
{
    char text[25];

    lt_time_write_millis(at_us, text);
    lt_json_append_member(out, name, text);
}

static void
append_message(GString *out, const LtEvidenceMessage *message)
{
    g_string_append(out, out->str[out->len - 1] == '[' ? "{" : ",{");
    lt_json_append_integer(out, "k", message->k);
    lt_json_append_member(out, "from", message->from);
    lt_json_append_member(out, "id", message->id);
    lt_json_append_member(out, "to", message->to);
    lt_json_append_member(out, "type", message->type);
    append_time(out, "issued", message->issued_us);
    lt_json_append_member(out, "manifest", g_hash_table_lookup(message->entry->view->fields, "m"));
    lt_json_append_integer(out, "index", (gint64) message->entry->index);
    lt_json_append_member(out, "state", lt_evidence_state_word(message->state));
    g_string_append_c(out, '}');
}

static void
append_entry(GString *out, const LtEvidenceEntry *entry)
{
    g_string_append(out, out->str[out->len - 1] == '[' ? "{" : ",{");
    lt_json_append_integer(out, "index", (gint64) entry->index);
    lt_json_append_member(out, "ev", entry->view->event);
    append_time(out, "t", entry->view->at_us);
    g_string_append_c(out, '}');
}

static GBytes *
write_payload(const Gathered *self)
{
    GString *out = g_string_new("{");

    lt_json_append_integer(out, "v", 1);
    lt_json_append_member(out, "dossier", self->dossier->reference);
    lt_json_append_member(out, "code", self->dossier->code);
    append_time(out, "made", self->made_us);
    lt_json_append_member(out, "by", lt_signer_get_unit(self->request->signer));
    lt_json_append_integer(out, "part", self->part);
    lt_json_append_integer(out, "parts", self->parts);
    g_string_append(out, ",\"checkpoint\":{");
    lt_json_append_member(out, "origin", self->anchored->head->origin);
    lt_json_append_integer(out, "size", (gint64) self->anchored->head->size);
    g_string_append(out, "},\"messages\":[");
    for (guint i = self->first; i < self->end; i++) {
        const LtEvidenceMessage *message = message_of(self, self->entries->pdata[i]);

        if (message != NULL)
            append_message(out, message);
    }
    g_string_append(out, "],\"events\":[");
    for (guint i = self->first; i < self->end; i++)
        append_entry(out, self->entries->pdata[i]);
    g_string_append(out, "]}");
    return g_string_free_to_bytes(out);
}

static gboolean
add_file(LtEvidenceBag *bag, const char *name, const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    char *text;
    gsize size;

    if (path == NULL)
        return TRUE;
    if (!g_file_get_contents(path, &text, &size, error))
        return FALSE;
    bytes = g_bytes_new_take(text, size);
    lt_evidence_bag_add(bag, name, "application/x-pem-file", bytes);
    return TRUE;
}

/* SubjectPublicKeyInfo of an Ed25519 key is twelve fixed bytes and the key (RFC 8410). */
static char *
write_public_key(const LtVerifierKey *key)
{
    guint8 der[12 + LT_ED25519_KEY_SIZE] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
    g_autofree char *base64 = NULL;

    memcpy(der + 12, key->key, LT_ED25519_KEY_SIZE);
    base64 = lt_base64_dup(der, sizeof der);
    return g_strdup_printf("-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n", base64);
}

static void
add_keys(const Gathered *self, LtEvidenceBag *bag)
{
    g_autofree char *vkey = lt_signer_dup_log_vkey(self->request->signer, self->anchored->head->origin);
    g_autoptr(LtVerifierKey) key = vkey == NULL ? NULL : lt_vkey_read(vkey, strlen(vkey), NULL);
    g_autofree char *line = vkey == NULL ? NULL : g_strconcat(vkey, "\n", NULL), *public_key = key == NULL ? NULL : write_public_key(key);

    if (key != NULL) {
        lt_evidence_bag_add_text(bag, "trust/log.vkey", line, -1);
        lt_evidence_bag_add_text(bag, "trust/log.pub", public_key, -1);
    }
    for (guint i = 0; self->request->witness_keys != NULL && self->request->witness_keys[i] != NULL; i++) {
        g_auto(GStrv) parts = g_strsplit(self->request->witness_keys[i], "+", 2);
        g_autofree char *name = g_strdup_printf("trust/witness-%s.vkey", g_strdelimit(parts[0], "/", '_'));

        lt_evidence_bag_add_text(bag, name, self->request->witness_keys[i], -1);
    }
}

static gboolean
add_literal(LtEvidenceBag *bag, const char *name, GError **error)
{
    g_autofree char *path = g_strconcat(LITERAL_FILE, name, NULL);
    g_autoptr(GBytes) bytes = g_resources_lookup_data(path, G_RESOURCE_LOOKUP_FLAGS_NONE, error);

    if (bytes == NULL)
        return FALSE;
    lt_evidence_bag_add(bag, name, g_str_has_suffix(name, ".sh") ? "application/x-sh" : "text/plain", bytes);
    return TRUE;
}

static gboolean
add_entries(const Gathered *self, LtEvidenceBag *bag, GError **error)
{
    for (guint i = self->first; i < self->end; i++) {
        const LtEvidenceEntry *entry = self->entries->pdata[i];
        g_autofree char *proof = lt_store_log_prove_under(self->request->store, entry->index, self->anchored->head, error);
        g_autofree char *name = g_strdup_printf("log/%" G_GUINT64_FORMAT ".entry", entry->index);
        g_autofree char *proof_name = g_strdup_printf("log/%" G_GUINT64_FORMAT ".tlog-proof", entry->index);

        if (proof == NULL)
            return FALSE;
        lt_evidence_bag_add(bag, name, "application/json", entry->bytes);
        lt_evidence_bag_add_text(bag, proof_name, proof, -1);
    }
    return TRUE;
}

/* The lists on which the verdict rested when it was accepted; of our own receipts those in force now, and of what was taken before lists were kept. */
static gboolean
add_crl(const Gathered *self, LtEvidenceBag *bag, const LtEvidenceMessage *message, GError **error)
{
    g_autofree char *name = g_strdup_printf("trust/crl-%u.pem", message->k);
    g_autoptr(GError) cause = NULL;
    g_autoptr(GBytes) kept = message->message == NULL ? NULL : lt_store_find_crls(self->request->store, message->from, message->id, &cause);

    if (cause != NULL && !g_error_matches(cause, LT_ERROR, LT_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    if (kept == NULL)
        return add_file(bag, name, self->request->crl, error);
    lt_evidence_bag_add(bag, name, "application/x-pem-file", kept);
    return TRUE;
}

static gboolean
add_messages(const Gathered *self, LtEvidenceBag *bag, GError **error)
{
    for (guint i = self->first; i < self->end; i++) {
        const LtEvidenceMessage *message = message_of(self, self->entries->pdata[i]);

        if (message != NULL && (!lt_evidence_add_message(bag, message, error) || !add_crl(self, bag, message, error)))
            return FALSE;
    }
    return TRUE;
}

static gboolean
fill(const Gathered *self, LtEvidenceBag *bag, GError **error)
{
    const LtEvidenceFacts facts = { self->dossier, self->entries, self->messages, self->anchored, self->units,
                                    lt_signer_get_unit(self->request->signer), self->made_us, self->part, self->parts };
    g_autofree char *summary = lt_evidence_summary(&facts), *units = lt_evidence_units(&facts);

    if (!add_literal(bag, "VERIFY.txt", error) || !add_literal(bag, "verify.sh", error))
        return FALSE;
    lt_evidence_bag_add_text(bag, "summary.html", summary, -1);
    if (!add_messages(self, bag, error) || !add_entries(self, bag, error))
        return FALSE;
    lt_evidence_bag_add_text(bag, "log/checkpoint", self->anchored->head->note, -1);
    lt_evidence_bag_add(bag, "log/checkpoint.tsr", "application/timestamp-reply", self->anchored->tsr);
    lt_evidence_bag_add(bag, "log/checkpoint.p7s", "application/pkcs7-signature", self->anchored->cms);
    if (!add_file(bag, "trust/ca.pem", self->request->anchors, error) || !add_file(bag, "trust/tsa-ca.pem", self->request->tsa_ca, error))
        return FALSE;
    add_keys(self, bag);
    lt_evidence_bag_add_text(bag, "registry/units.csv", units, -1);
    return lt_evidence_bag_map(bag, error);
}

typedef struct {
    const LtEvidenceRequest *request;
    const char *to, *reference, *manifest;
    guint part;
    gint64 seq;
} Export;

static gboolean
take_number(LtStoreTransaction *tx, gpointer data, GError **error)
{
    Export *export = data;

    export->seq = lt_store_next_seq(tx, lt_signer_get_unit(export->request->signer), export->to, error);
    return export->seq > 0;
}

static gboolean
record_export(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Export *export = data;
    LtRecord *record = lt_record_new("export.evidence", export->request->actor_kind, export->request->actor);

    lt_record_set_string(record, "d", export->reference);
    lt_record_set_string(record, "m", export->manifest);
    lt_record_set_string(record, "to", export->to);
    lt_record_set_integer(record, "part", export->part);
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

static LtSealed *
seal(const Gathered *self, const Export *export, LtEvidenceBag *bag, GError **error)
{
    g_autoptr(LtHeader) header = lt_header_new();
    g_autoptr(GBytes) payload = write_payload(self);
    const char *note = self->anchored->head->note;

    header->id = g_malloc(37);
    lt_uuid7_new(self->made_us, header->id);
    header->type = g_strdup("audit.evidence");
    header->from = g_strdup(lt_signer_get_unit(self->request->signer));
    header->to = g_strdup(export->to);
    header->seq = export->seq;
    header->issued_us = self->made_us;
    header->dossier = g_strdup(self->dossier->reference);
    header->checkpoint = strlen(note) <= 8192 ? g_strdup(note) : NULL;
    return lt_envelope_seal(header, payload, bag->parts, self->request->signer, error);
}

LtEvidence *
lt_evidence_make(const LtEvidenceRequest *request, guint part, GError **error)
{
    g_autoptr(LtEvidence) self = g_new0(LtEvidence, 1);
    g_auto(Gathered) gathered = { .request = request };
    Export export = { .request = request, .to = request->to != NULL ? request->to : lt_signer_get_unit(request->signer), .part = part };

    self->dossier = gathered.dossier = lt_store_find_dossier(request->store, request->dossier, NULL, error);
    self->bag = lt_evidence_bag_new();
    if (self->dossier == NULL || !gather(&gathered, error) || !cut(&gathered, part, error) || !fill(&gathered, self->bag, error) ||
        !lt_store_write(request->store, take_number, &export, error))
        return NULL;
    self->sealed = seal(&gathered, &export, self->bag, error);
    if (self->sealed == NULL)
        return NULL;
    self->part = gathered.part;
    self->parts = gathered.parts;
    export.reference = self->dossier->reference;
    export.manifest = self->sealed->manifest_hex;
    return lt_store_write(request->store, record_export, &export, error) ? g_steal_pointer(&self) : NULL;
}

void
lt_evidence_free(LtEvidence *self)
{
    if (self == NULL)
        return;
    lt_sealed_free(self->sealed);
    lt_evidence_bag_free(self->bag);
    lt_dossier_free(self->dossier);
    g_free(self);
}

guint
lt_evidence_get_part(const LtEvidence *self)
{
    return self->part;
}

guint
lt_evidence_get_parts(const LtEvidence *self)
{
    return self->parts;
}

const char *
lt_evidence_get_reference(const LtEvidence *self)
{
    return self->dossier->reference;
}

const char *
lt_evidence_get_manifest(const LtEvidence *self)
{
    return self->sealed->manifest_hex;
}

GInputStream *
lt_evidence_open(LtEvidence *self, guint64 *size)
{
    return lt_sealed_open_stream(self->sealed, size);
}
