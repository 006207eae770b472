/* SPDX-License-Identifier: Apache-2.0 */
/* built.c: a plugin's message, sealed by the hub on behalf of the unit, with the original bytes beside it (`orig`,
 * envelope.md §10), and then through the same door as everything else. */
#include "routing/intake-private.h"

#include <string.h>

#include "base/value.h"
#include "store/dossiers.h"
#include "trust/header.h"

/* The next number from a unit to another is given by a transaction of its own: the header must be signed before the message's.
 * Should the message be refused after that, the receiver sees a gap and no harm is done. */
typedef struct {
    const char *from, *to;
    gint64 seq;
} Numbering;

static gboolean
take_number(LtStoreTransaction *tx, gpointer data, GError **error)
{
    Numbering *numbering = data;

    numbering->seq = lt_store_next_seq(tx, numbering->from, numbering->to, error);
    return numbering->seq > 0;
}

/* A new submission without a reference begins a dossier; an answer belongs to the dossier of what it answers. */
static gboolean
choose_dossier(LtIntake *self, const LtBuilt *built, LtHeader *header, GError **error)
{
    const LtTypeRule *rule = lt_type_rule_lookup(built->type);
    g_autoptr(LtMessage) answered = NULL;
    char text[37];

    if (built->dossier != NULL || rule == NULL || rule->dossier != LT_RULE_REQUIRED) {
        header->dossier = g_strdup(built->dossier);
        return TRUE;
    }
    if (built->re == NULL) {
        lt_uuid4_new(text);
        header->dossier = g_strdup(text);
        return TRUE;
    }
    answered = lt_store_find_message(self->options.store, built->re->from, built->re->id, error);
    if (answered == NULL)
        return FALSE;
    header->dossier = g_strdup(lt_message_get_dossier(answered));
    return TRUE;
}

static void
set_original(LtHeader *header, const LtBuilt *built)
{
    header->orig_kind = g_strdup(built->orig_kind);
    header->orig_part = g_strdup_printf("att/%04u", built->orig_index + 1);
    header->orig_verdict = g_strdup(built->orig_verdict);
}

static LtHeader *
make_header(LtIntake *self, const LtBuilt *built, GError **error)
{
    g_autoptr(LtHeader) header = lt_header_new();
    Numbering numbering = { built->from, built->to, 0 };
    char id[37];

    if (built->orig_kind == NULL) {
        lt_error_set(error, LT_ERROR_INVALID, "intake.no-original", "a plugin's message needs the original form (lt_message_builder_set_original)");
        return NULL;
    }
    if (!choose_dossier(self, built, header, error) || !lt_store_write(self->options.store, take_number, &numbering, error))
        return NULL;
    lt_uuid7_new(lt_time_now_us(), id);
    header->id = g_strdup(id);
    header->type = g_strdup(built->type);
    header->from = g_strdup(built->from);
    header->to = g_strdup(built->to);
    header->seq = numbering.seq;
    if (built->re != NULL) {
        header->re_from = g_strdup(built->re->from);
        header->re_id = g_strdup(built->re->id);
        header->re_manifest = g_strdup(built->re->manifest);
    }
    set_original(header, built);
    return g_steal_pointer(&header);
}

static void
seal_part_free(LtSealPart *part)
{
    g_free(part->role);
    g_free(part->media_type);
    g_bytes_unref(part->bytes);
    g_free(part);
}

static GPtrArray *
list_attachments(const LtBuilt *built)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func((GDestroyNotify) seal_part_free);

    for (guint i = 0; i < built->attachments->len; i++) {
        const LtBuiltPart *given = built->attachments->pdata[i];
        LtSealPart *part = g_new0(LtSealPart, 1);

        part->role = g_strdup(given->role);
        part->media_type = g_strdup(given->media_type);
        part->bytes = g_bytes_ref(given->content);
        part->size = g_bytes_get_size(given->content);
        g_ptr_array_add(parts, part);
    }
    return parts;
}

static GBytes *
seal(LtIntake *self, const LtBuilt *built, GError **error)
{
    g_autoptr(LtHeader) header = make_header(self, built, error);
    g_autoptr(GPtrArray) attachments = list_attachments(built);
    g_autoptr(LtSealed) sealed = NULL;

    if (header == NULL)
        return NULL;
    sealed = lt_envelope_seal(header, built->payload, attachments, self->options.signer, error);
    return sealed != NULL ? lt_sealed_build(sealed, error) : NULL;
}

static void
keep_answer(gpointer data, LtAnswer *answer)
{
    *(LtAnswer **) data = answer;
}

/* The worker waits on a context of its own for what the store completes. */
static gboolean
admit_and_wait(LtIntake *self, GBytes *container, const LtSource *source, GError **error)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(LtAnswer) answer = NULL;
    LtUpload *upload = lt_upload_new(self);
    LtCaller caller = { .peer = lt_signer_get_spki(self->options.signer), .unit = NULL, .is_hub = TRUE };

    lt_upload_feed(upload, g_bytes_get_data(container, NULL), g_bytes_get_size(container), NULL);
    lt_intake_admit(self, upload, &caller, source, keep_answer, &answer, context);
    while (answer == NULL)
        g_main_context_iteration(context, TRUE);
    if (answer->error == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&answer->error));
    return FALSE;
}

gboolean
lt_intake_submit_built(LtIntake *self, const char *endpoint, LtMessageBuilder *message, GError **error)
{
    const LtBuilt *built = lt_message_builder_get(message);
    LtSource source = { .endpoint = endpoint, .key = built->key };
    g_autoptr(GBytes) container = NULL;

    if (built->key != NULL && lt_store_has_source_key(self->options.store, endpoint, built->key))
        return TRUE;
    container = seal(self, built, error);
    return container != NULL && admit_and_wait(self, container, &source, error);
}

#define OWN "@hub" /* no endpoint has such a name */

static GBytes *
seal_own(LtIntake *self, const LtOwnMessage *message, GError **error)
{
    const char *unit = lt_intake_get_unit(self);
    g_autoptr(LtHeader) header = lt_header_new();
    g_autoptr(GPtrArray) nothing = g_ptr_array_new();
    g_autoptr(LtSealed) sealed = NULL;
    Numbering numbering = { unit, message->to, 0 };
    char id[37];

    if (!lt_store_write(self->options.store, take_number, &numbering, error))
        return NULL;
    lt_uuid7_new(lt_time_now_us(), id);
    header->id = g_strdup(id);
    header->type = g_strdup(message->type);
    header->from = g_strdup(unit);
    header->to = g_strdup(message->to);
    header->dossier = g_strdup(message->dossier);
    header->seq = numbering.seq;
    header->re_from = g_strdup(message->re_from);
    header->re_id = g_strdup(message->re_id);
    header->re_manifest = g_strdup(message->re_manifest);
    sealed = lt_envelope_seal(header, message->payload, nothing, self->options.signer, error);
    return sealed != NULL ? lt_sealed_build(sealed, error) : NULL;
}

gboolean
lt_intake_submit_own(LtIntake *self, const LtOwnMessage *message, GError **error)
{
    LtSource source = { .endpoint = OWN, .key = message->key };
    g_autoptr(GBytes) container = NULL;

    if (lt_store_has_source_key(self->options.store, OWN, message->key))
        return TRUE;
    container = seal_own(self, message, error);
    return container != NULL && admit_and_wait(self, container, &source, error);
}
