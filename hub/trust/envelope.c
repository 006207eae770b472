/* SPDX-License-Identifier: Apache-2.0 */
/* envelope.c: receives an envelope: the steps V2–V10 of envelope.md §9, in their order, one function each.
 *
 * Until V7 is passed nothing of the content is interpreted; until V10 is passed there is no message. What must be known of
 * the world is asked of the receiver. The bytes of V1 are walked in container-reader.c, before this.
 */
#include "trust/envelope.h"

#include <string.h>

#include "trust/cms.h"
#include "trust/header.h"
#include "trust/manifest.h"
#include "trust/refusal.h"

#define LIFETIME_MAX_US (604800 * LT_US_PER_SECOND)
#define CLOCK_MAX_US (300 * LT_US_PER_SECOND)

typedef struct {
    LtEnvelope envelope; /* first: what callers see */
    gatomicrefcount refs;
    LtHeader *header;    /* until the message takes it */
    GArray *items;       /* of LtManifestItem */
    char manifest_hex[65];
} Reception;

static gboolean
is_listed(const LtEntry *entry)
{
    return strcmp(entry->name, "mimetype") != 0 && !g_str_has_prefix(entry->name, "META-INF/");
}

/* V2 and V3. */
static gboolean
check_seal(Reception *self, const LtReceiver *receiver, GError **error)
{
    LtEnvelope *envelope = &self->envelope;
    LtCmsFacts facts;

    envelope->signer = lt_cms_verify(receiver->trust, envelope->signature, envelope->manifest, receiver->now_us, &facts, error);
    envelope->signed_us = facts.signed_us;
    envelope->algorithm = facts.algorithm;
    envelope->exception = facts.exception;
    if (facts.form_passed)
        envelope->step = 2;
    return envelope->signer != NULL;
}

static gboolean
find_unequal(const Reception *self, GError **error)
{
    const GPtrArray *entries = self->envelope.container->entries;

    for (guint i = 0; i < self->items->len; i++) {
        const LtManifestItem *item = &g_array_index(self->items, LtManifestItem, i);

        if (lt_container_lookup(self->envelope.container, item->name) == NULL)
            return lt_refuse(error, "env.manifest.missing-entry", "manifest lists %s, which is absent", item->name);
    }
    for (guint i = 0; i < entries->len; i++) {
        const LtEntry *entry = g_ptr_array_index(entries, i);
        gboolean listed = !is_listed(entry);

        for (guint j = 0; !listed && j < self->items->len; j++)
            listed = strcmp(g_array_index(self->items, LtManifestItem, j).name, entry->name) == 0;
        if (!listed)
            return lt_refuse(error, "env.manifest.unlisted-entry", "manifest does not list %s", entry->name);
    }
    return lt_refuse(error, "env.manifest.order", "manifest lists entries in another order, or twice");
}

/* V4: the manifest's rows are the container's entries, one by one. */
static gboolean
check_manifest(Reception *self, GError **error)
{
    const GPtrArray *entries = self->envelope.container->entries;
    gsize size;
    const char *data = g_bytes_get_data(self->envelope.manifest, &size);
    guint row = 0;

    self->items = lt_manifest_read(data, size, error);
    if (self->items == NULL)
        return FALSE;
    for (guint i = 0; i < entries->len; i++) {
        const LtEntry *entry = g_ptr_array_index(entries, i);

        if (!is_listed(entry))
            continue;
        if (row == self->items->len || strcmp(g_array_index(self->items, LtManifestItem, row).name, entry->name) != 0)
            return find_unequal(self, error);
        row++;
    }
    return row == self->items->len || find_unequal(self, error);
}

/* V5. The rows are in the order of the entries, from the second on (V4). */
static gboolean
check_digests(const Reception *self, GError **error)
{
    for (guint i = 0; i < self->items->len; i++) {
        const LtManifestItem *item = &g_array_index(self->items, LtManifestItem, i);
        const LtEntry *entry = g_ptr_array_index(self->envelope.container->entries, i + 1);

        if (memcmp(item->sha256, entry->sha256, LT_SHA256_SIZE) != 0)
            return lt_refuse(error, "env.manifest.digest", "%s is not what was signed", item->name);
    }
    return TRUE;
}

/* The header's parts against entries and manifest: row 0 of the manifest is the header itself. */
static gboolean
check_parts(const Reception *self, GError **error)
{
    const LtHeader *header = self->header;
    gboolean orig_found = header->orig_part == NULL;

    if (header->parts->len != self->items->len - 1)
        return lt_refuse(error, "env.header.parts", "header has %u parts, container %u", header->parts->len, self->items->len - 1);
    for (guint i = 0; i < header->parts->len; i++) {
        const LtPart *part = g_ptr_array_index(header->parts, i);
        const LtManifestItem *item = &g_array_index(self->items, LtManifestItem, i + 1);
        const LtEntry *entry = g_ptr_array_index(self->envelope.container->entries, i + 2);

        if (strcmp(part->name, item->name) != 0 || part->size != entry->size || strcmp(part->media_type, item->media_type) != 0)
            return lt_refuse(error, "env.header.parts", "header describes %s otherwise", item->name);
        if ((strcmp(part->name, "payload.json") == 0 && strcmp(part->media_type, "application/json") != 0) ||
            (strcmp(part->name, "payload.xml") == 0 && strcmp(part->media_type, "application/xml") != 0))
            return lt_refuse(error, "env.header.parts", "%s is of another media type", part->name);
        orig_found |= g_strcmp0(header->orig_part, part->name) == 0;
    }
    if (!orig_found)
        return lt_refuse(error, "env.header.parts", "orig names a part that is absent");
    return TRUE;
}

/* V6. */
static gboolean
check_header(Reception *self, GError **error)
{
    gsize size;
    const char *data = g_bytes_get_data(self->envelope.header, &size);

    self->header = lt_header_read(data, size, error);
    if (self->header == NULL || !check_parts(self, error) || !lt_header_check_rule(self->header, error))
        return FALSE;
    for (guint i = 0; i < self->header->parts->len; i++) {
        LtPart *part = g_ptr_array_index(self->header->parts, i);
        const LtEntry *entry = g_ptr_array_index(self->envelope.container->entries, i + 2);

        part->sha256 = lt_hex_dup(entry->sha256, LT_SHA256_SIZE);
    }
    return TRUE;
}

/* V7. */
static gboolean
check_identity(const Reception *self, const LtReceiver *receiver, GError **error)
{
    const LtHeader *header = self->header;
    LtTo to = LT_TO_SERVED;

    if (receiver->key_is_registered != NULL &&
        !receiver->key_is_registered(receiver->data, self->envelope.signer->spki_hex, header->from, header->issued_us,
                                     header->orig_kind != NULL))
        return lt_refuse(error, "env.from.signer", "the signing key of %s is not registered for %s",
                         self->envelope.signer->subject, header->from);
    if (receiver->peer_unit != NULL && strcmp(receiver->peer_unit, header->from) != 0 &&
        (receiver->peer_may_relay == NULL || !receiver->peer_may_relay(receiver->data, receiver->peer_unit, header->from)))
        return lt_refuse(error, "env.from.peer", "%s may not hand over envelopes of %s", receiver->peer_unit, header->from);
    if (receiver->find_receiver != NULL)
        to = receiver->find_receiver(receiver->data, header);
    if (to == LT_TO_UNKNOWN)
        return lt_refuse(error, "env.to.unknown", "no unit %s, and no successor of it", header->to);
    if (to == LT_TO_NOT_SERVED)
        return lt_refuse(error, "env.to.not-served", "unit %s is known but not served from here", header->to);
    return TRUE;
}

/* V8. */
static gboolean
check_seen(Reception *self, const LtReceiver *receiver, GError **error)
{
    const LtHeader *header = self->header;
    GError *cause = NULL;

    self->envelope.seen = LT_SEEN_NEW;
    if (receiver->seen == NULL)
        return TRUE;
    self->envelope.seen = receiver->seen(receiver->data, header->from, header->id, self->manifest_hex, &cause);
    if (cause != NULL) {
        g_propagate_error(error, cause);
        return FALSE;
    }
    if (self->envelope.seen == LT_SEEN_CONFLICT)
        return lt_refuse(error, "env.dup.conflict", "%s of %s came before with another manifest", header->id, header->from);
    if (self->envelope.seen == LT_SEEN_FAILED)
        return lt_refuse(error, "env.dup.failed", "delivery of %s of %s has failed", header->id, header->from);
    return TRUE;
}

/* V9; offline only what needs no clock. */
static gboolean
check_time(const Reception *self, const LtReceiver *receiver, GError **error)
{
    const LtHeader *header = self->header;
    const LtSignerCertificate *signer = self->envelope.signer;
    gboolean offline = receiver->scope == LT_RECEIVE_OFFLINE;

    if (header->expires_us <= header->issued_us || header->expires_us - header->issued_us > LIFETIME_MAX_US)
        return lt_refuse(error, "env.time.lifetime", "lifetime of the envelope is not between 1 s and 7 days");
    if (!offline && header->issued_us > receiver->now_us + CLOCK_MAX_US)
        return lt_refuse(error, "env.time.future", "envelope was issued in the future");
    if (!offline && receiver->now_us >= header->expires_us)
        return lt_refuse(error, "env.time.expired", "envelope has expired");
    if (ABS(self->envelope.signed_us - header->issued_us) > CLOCK_MAX_US)
        return lt_refuse(error, "env.time.signing", "signing time is more than 300 s from the time of issue");
    if (header->issued_us < signer->not_before_us || header->issued_us > signer->not_after_us)
        return lt_refuse(error, "env.time.signing", "envelope was issued outside the validity of its certificate");
    return TRUE;
}

static gboolean
check_reference(const LtHeader *header, const LtReceiver *receiver, GError **error)
{
    g_autofree char *known = NULL;

    if (header->re_id == NULL || receiver->manifest_of == NULL)
        return TRUE;
    known = receiver->manifest_of(receiver->data, header->re_from, header->re_id);
    if (known == NULL)
        return strcmp(header->type, "receipt") != 0 ||
               lt_refuse(error, "env.re.unknown", "receipt for an envelope that is not known here");
    return strcmp(known, header->re_manifest) == 0 ||
           lt_refuse(error, "env.re.manifest", "re names a known envelope by another manifest");
}

static GBytes *
get_payload(const Reception *self)
{
    const LtEntry *entry = g_ptr_array_index(self->envelope.container->entries, 2);

    return g_str_has_prefix(entry->name, "payload.") ? entry->bytes : NULL;
}

/* V10. */
static gboolean
check_content(const Reception *self, const LtReceiver *receiver, GError **error)
{
    const LtHeader *header = self->header;
    GBytes *payload = get_payload(self);

    if (receiver->scope != LT_RECEIVE_OFFLINE) {
        if (receiver->type_is_allowed != NULL &&
            !receiver->type_is_allowed(receiver->data, header->from, header->to, header->type))
            return lt_refuse(error, "env.policy.type", "%s may not send %s to %s", header->from, header->type, header->to);
        if (!check_reference(header, receiver, error))
            return FALSE;
    }
    return payload == NULL || receiver->check_payload == NULL ||
           receiver->check_payload(receiver->data, header, payload, error);
}

static gboolean
check_all(Reception *self, const LtReceiver *receiver, GError **error)
{
    guint *step = &self->envelope.step;
    gboolean offline = receiver->scope == LT_RECEIVE_OFFLINE;

    if (!check_seal(self, receiver, error))
        return FALSE;
    *step = 3;
    if (!check_manifest(self, error))
        return FALSE;
    *step = 4;
    if (!check_digests(self, error))
        return FALSE;
    *step = 5;
    if (!check_header(self, error))
        return FALSE;
    *step = 6;
    if (!offline && !check_identity(self, receiver, error))
        return FALSE;
    *step = 7;
    if (!offline && !check_seen(self, receiver, error))
        return FALSE;
    *step = 8;
    if (self->envelope.seen == LT_SEEN_SAME)
        return TRUE; /* the old receipt is the answer, also after it has expired (envelope.md §8) */
    if (!check_time(self, receiver, error))
        return FALSE;
    *step = 9;
    if (!check_content(self, receiver, error))
        return FALSE;
    *step = 10;
    return TRUE;
}

static GInputStream *
open_attachment(gpointer source, guint index, GError **error)
{
    char name[16];
    LtEntry *entry;

    g_snprintf(name, sizeof name, "att/%04u", index + 1);
    entry = lt_container_lookup(source, name);
    if (entry == NULL) {
        lt_error_set(error, LT_ERROR_NOT_FOUND, "not-found", "message has no %s", name);
        return NULL;
    }
    return lt_entry_open(entry, error);
}

static GInputStream *
open_envelope(gpointer source, guint64 *size, GError **error)
{
    return lt_container_open_stream(source, size, error);
}

static void
free_source(gpointer source)
{
    lt_container_unref(source);
}

static const LtMessageSource container_source = { open_attachment, open_envelope, free_source };

static Reception *
reception_new(LtContainer *container)
{
    Reception *self = g_new0(Reception, 1);
    const LtEntry *manifest = lt_container_get(container, "META-INF/ASiCManifest001.xml");

    g_atomic_ref_count_init(&self->refs);
    self->envelope.container = container;
    self->envelope.header = lt_container_get(container, "envelope.json")->bytes;
    self->envelope.manifest = manifest->bytes;
    self->envelope.signature = lt_container_get(container, "META-INF/signature001.p7s")->bytes;
    self->envelope.step = 1;
    lt_hex_write(manifest->sha256, LT_SHA256_SIZE, self->manifest_hex);
    return self;
}

LtEnvelope *
lt_envelope_receive(LtContainer *container, const LtReceiver *receiver, guint *passed, LtHeader **header, GError **error)
{
    Reception *self = reception_new(container);
    gboolean good = check_all(self, receiver, error);

    if (passed != NULL)
        *passed = self->envelope.step;
    if (header != NULL)
        *header = !good && self->envelope.step >= 7 ? g_steal_pointer(&self->header) : NULL;
    if (!good) {
        lt_envelope_unref(&self->envelope);
        return NULL;
    }
    self->envelope.message = lt_message_new(g_steal_pointer(&self->header), self->manifest_hex, get_payload(self),
                                            &container_source, lt_container_ref(container));
    return &self->envelope;
}

LtEnvelope *
lt_envelope_ref(LtEnvelope *self)
{
    g_atomic_ref_count_inc(&((Reception *) self)->refs);
    return self;
}

void
lt_envelope_unref(LtEnvelope *envelope)
{
    Reception *self = (Reception *) envelope;

    if (self == NULL || !g_atomic_ref_count_dec(&self->refs))
        return;
    g_clear_pointer(&envelope->message, lt_message_unref);
    g_clear_pointer(&envelope->signer, lt_signer_certificate_unref);
    g_clear_pointer(&envelope->container, lt_container_unref);
    g_free(envelope->exception);
    g_clear_pointer(&self->header, lt_header_free);
    g_clear_pointer(&self->items, g_array_unref);
    g_free(self);
}

LtEnvelope *
lt_envelope_open(GBytes *bytes, const LtReceiver *receiver, GError **error)
{
    LtContainer *container = lt_container_read_bytes(bytes, G_MAXUINT64, NULL, error);

    return container == NULL ? NULL : lt_envelope_receive(container, receiver, NULL, NULL, error);
}
