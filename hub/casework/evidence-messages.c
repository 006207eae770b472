/* SPDX-License-Identifier: Apache-2.0 */
/* evidence-messages.c: the envelopes and receipts of a dossier, found by the entries that tell their digests.
 *
 * What is given back is the very container that was accepted, or the receipt with the manifest that was promised; anything else is not put into
 * evidence. Content that is gone is said to be gone: erased when the log says so, else withheld.
 */
#include <string.h>

#include "casework/evidence-private.h"
#include "store/messages.h"
#include "trust/header.h"

#define RELEASED 3

static void
message_free(gpointer data)
{
    LtEvidenceMessage *self = data;

    g_free(self->from);
    g_free(self->id);
    g_free(self->to);
    g_free(self->type);
    g_clear_pointer(&self->message, lt_message_unref);
    g_clear_pointer(&self->receipt, g_bytes_unref);
    g_free(self);
}

const char *
lt_evidence_state_word(LtEvidenceState state)
{
    static const char *const words[] = { [LT_EVIDENCE_PRESENT] = "present", [LT_EVIDENCE_WITHHELD] = "withheld", [LT_EVIDENCE_ERASED] = "erased" };

    return words[state];
}

static const char *
field(const LtEvidenceEntry *entry, const char *name)
{
    return g_hash_table_lookup(entry->view->fields, name);
}

static gboolean
is_erased(const GPtrArray *entries)
{
    for (guint i = 0; i < entries->len; i++)
        if (strcmp(((const LtEvidenceEntry *) entries->pdata[i])->view->event, "erase.done") == 0)
            return TRUE;
    return FALSE;
}

/* What the header says, where there is one; else what the entry says. */
static void
describe(LtEvidenceMessage *self, const LtHeader *header)
{
    const char *event = self->entry->view->event;
    gboolean ours = strcmp(event, "receipt.out") == 0;

    self->id = g_strdup(field(self->entry, "id"));
    self->from = g_strdup(header != NULL ? header->from : ours ? self->entry->view->actor : field(self->entry, "from"));
    self->to = g_strdup(header != NULL ? header->to : ours || field(self->entry, "to") != NULL ? field(self->entry, "to") : field(self->entry, "re_from"));
    self->type = g_strdup(header != NULL ? header->type : field(self->entry, "type") != NULL ? field(self->entry, "type") : "receipt");
    self->issued_us = header != NULL ? header->issued_us : self->entry->view->at_us;
}

static gboolean
find_kept(const LtEvidenceRequest *request, LtEvidenceMessage *self, GError **error)
{
    g_autoptr(GError) cause = NULL;

    self->message = lt_store_find_message(request->store, field(self->entry, "from"), field(self->entry, "id"), &cause);
    if (self->message != NULL || g_error_matches(cause, LT_ERROR, LT_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_prefixed_error(error, g_steal_pointer(&cause), "entry %" G_GUINT64_FORMAT ": ", self->entry->index);
    return FALSE;
}

static gboolean
find_given(const LtEvidenceRequest *request, LtEvidenceMessage *self, LtHeader **header, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(LtContainer) container = NULL;
    LtEntry *entry;

    self->receipt = lt_store_find_receipt(request->store, field(self->entry, "re_from"), field(self->entry, "re_id"), field(self->entry, "stage"),
                                          &cause);
    if (self->receipt == NULL) {
        if (g_error_matches(cause, LT_ERROR, LT_ERROR_NOT_FOUND))
            return TRUE;
        g_propagate_prefixed_error(error, g_steal_pointer(&cause), "entry %" G_GUINT64_FORMAT ": ", self->entry->index);
        return FALSE;
    }
    container = lt_container_read_bytes(self->receipt, g_bytes_get_size(self->receipt), NULL, error);
    if (container == NULL)
        return FALSE;
    entry = lt_container_get(container, "envelope.json");
    *header = lt_header_read(g_bytes_get_data(entry->bytes, NULL), g_bytes_get_size(entry->bytes), error);
    if (*header != NULL && g_strcmp0((*header)->id, field(self->entry, "id")) != 0)
        g_clear_pointer(&self->receipt, g_bytes_unref); /* a later refusal of the same envelope has its own */
    return *header != NULL;
}

static LtEvidenceMessage *
find(const LtEvidenceRequest *request, const LtEvidenceEntry *entry, gboolean erased, GError **error)
{
    LtEvidenceMessage *self = g_new0(LtEvidenceMessage, 1);
    g_autoptr(LtHeader) header = NULL;
    gboolean given = strcmp(entry->view->event, "receipt.out") == 0;

    self->entry = entry;
    if (!(given ? find_given(request, self, &header, error) : find_kept(request, self, error))) {
        message_free(self);
        return NULL;
    }
    describe(self, self->message != NULL ? lt_message_get_header(self->message) : self->receipt != NULL ? header : NULL);
    if (self->message == NULL && self->receipt == NULL)
        self->state = erased ? LT_EVIDENCE_ERASED : LT_EVIDENCE_WITHHELD;
    else
        self->state = request->without_content && !given ? LT_EVIDENCE_WITHHELD : LT_EVIDENCE_PRESENT;
    return self;
}

GPtrArray *
lt_evidence_messages(const LtEvidenceRequest *request, const GPtrArray *entries, GError **error)
{
    static const char *const events[] = { "env.accepted", "receipt.out", "receipt.in", NULL };
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(message_free);
    gboolean erased = is_erased(entries);

    for (guint i = 0; i < entries->len; i++) {
        const LtEvidenceEntry *entry = entries->pdata[i];
        LtEvidenceMessage *message;

        if (!g_strv_contains(events, entry->view->event))
            continue;
        message = find(request, entry, erased, error);
        if (message == NULL)
            return NULL;
        message->k = found->len + 1;
        g_ptr_array_add(found, message);
    }
    return g_steal_pointer(&found);
}

static LtContainer *
walk(LtMessage *message, GError **error)
{
    guint64 size = 0;
    g_autoptr(GInputStream) stream = lt_message_open_envelope(message, &size, error);
    g_autoptr(LtContainerReader) reader = stream == NULL ? NULL : lt_container_reader_new(size, NULL);
    g_autofree guint8 *piece = g_malloc(LT_CONTAINER_SMALL);
    gssize n;

    if (reader == NULL)
        return NULL;
    while ((n = g_input_stream_read(stream, piece, LT_CONTAINER_SMALL, NULL, error)) > 0)
        if (!lt_container_reader_feed(reader, piece, (gsize) n, error))
            return NULL;
    return n < 0 ? NULL : lt_container_reader_finish(reader, error);
}

/* Header, manifest and signature still verify, and tell the digest of what is not here. */
static gboolean
add_released(LtEvidenceBag *bag, const LtEvidenceMessage *message, GError **error)
{
    static const struct {
        const char *name, *media_type;
    } released[RELEASED] = {
        { "META-INF/ASiCManifest001.xml", "application/xml" },
        { "META-INF/signature001.p7s", "application/pkcs7-signature" },
        { "envelope.json", "application/json" },
    };
    g_autoptr(LtContainer) container = walk(message->message, error);

    if (container == NULL)
        return FALSE;
    for (guint i = 0; i < RELEASED; i++) {
        g_autofree char *name = g_strdup_printf("msg/%03u/%s", message->k, released[i].name);

        lt_evidence_bag_add(bag, name, released[i].media_type, lt_container_get(container, released[i].name)->bytes);
    }
    return TRUE;
}

gboolean
lt_evidence_add_message(LtEvidenceBag *bag, const LtEvidenceMessage *message, GError **error)
{
    g_autofree char *name = g_strdup_printf("msg/%03u.asice", message->k);

    if (message->message == NULL && message->receipt == NULL)
        return TRUE;
    if (message->state == LT_EVIDENCE_WITHHELD)
        return add_released(bag, message, error);
    if (message->receipt == NULL)
        return lt_evidence_bag_add_message(bag, name, message->message, error);
    lt_evidence_bag_add(bag, name, LT_CONTAINER_MEDIA_TYPE, message->receipt);
    return TRUE;
}
