/* SPDX-License-Identifier: Apache-2.0 */
/* cosigning.c: what is asked of a witness: its cosignature under our newest checkpoint, and what it has seen of our log (C2SP tlog-witness). */
#include "routing/attestor-private.h"

#include <string.h>

#include "trust/digest.h"

#define ADD_PATH "/v1/witness/add-checkpoint"
#define RECORD_EVERY_US (60 * G_USEC_PER_SEC)

static char *
text_of(LtReply *reply)
{
    gsize size = 0;
    const char *data = g_bytes_get_data(lt_reply_get_body(reply), &size);

    return g_strndup(data == NULL ? "" : data, data == NULL ? 0 : size);
}

static char *
size_text(guint64 size)
{
    return g_strdup_printf("%" G_GUINT64_FORMAT, size);
}

static gboolean
fail_ahead(const LtWitness *witness, guint64 seen, guint64 size, GError **error)
{
    lt_error_set(error, LT_ERROR_INTERNAL, "log.witness-ahead",
                 "witness %s has seen %" G_GUINT64_FORMAT " entries of this log and the store has %" G_GUINT64_FORMAT ": entries were lost, as after an old backup; "
                 "put back a newer copy of the store, or reconcile", witness->settings->name, seen, size);
    return FALSE;
}

static GBytes *
write_request(LtAttestor *self, const LtLogHead *head, guint64 old_size, GError **error)
{
    g_autoptr(GArray) proof = old_size == 0 ? g_array_new(FALSE, FALSE, sizeof(LtHash)) : lt_store_log_consistency(self->options.store, old_size, head->size, error);
    GString *body;

    if (proof == NULL)
        return NULL;
    body = g_string_new(NULL);
    g_string_append_printf(body, "old %" G_GUINT64_FORMAT "\n", old_size);
    for (guint i = 0; i < proof->len; i++) {
        g_autofree char *line = lt_base64_dup(g_array_index(proof, LtHash, i).b, LT_SHA256_SIZE);

        g_string_append_printf(body, "%s\n", line);
    }
    g_string_append_printf(body, "\n%s", head->note);
    return g_string_free_to_bytes(body);
}

/* The answer's line of this witness, verified over what we sent. */
static gboolean
take_cosignature(LtAttestor *self, LtWitness *witness, const LtLogHead *head, LtReply *reply, GError **error)
{
    g_autofree char *answer = text_of(reply);
    g_auto(GStrv) lines = g_strsplit(answer, "\n", -1);
    const char *body = strstr(head->note, "\n\n");
    g_autofree char *prefix = g_strdup_printf("\xe2\x80\x94 %s ", witness->settings->key->name);

    for (guint i = 0; lines[i] != NULL; i++) {
        g_autofree char *line = g_strconcat(lines[i], "\n", NULL), *note = g_strdup_printf("%.*s%s", (int) (body + 2 - head->note), head->note, line);
        g_autoptr(LtNote) opened = NULL;
        gboolean recorded = g_get_monotonic_time() - witness->recorded_us >= RECORD_EVERY_US || witness->recorded_us == 0;

        if (!g_str_has_prefix(lines[i], prefix))
            continue;
        opened = lt_note_open(note, strlen(note), (LtVerifierKey *const *) &witness->settings->key, 1, NULL);
        if (opened == NULL || opened->signatures->len != 1)
            continue;
        if (recorded)
            witness->recorded_us = g_get_monotonic_time();
        return lt_store_keep_cosignature(self->options.store, head, witness->settings->key, line,
                                         g_array_index(opened->signatures, LtNoteSignature, 0).time_s * G_USEC_PER_SEC, recorded, error);
    }
    lt_error_set(error, LT_ERROR_SIGNATURE, "witness.answer", "its answer has no cosignature that verifies with the key of [witness %s]", witness->settings->name);
    return FALSE;
}

static LtReply *
send(LtAttestor *self, LtWitness *witness, const LtLogHead *head, GError **error)
{
    g_autoptr(GBytes) body = write_request(self, head, witness->seen, error);

    return body == NULL ? NULL : lt_peer_ask(witness->target, &witness->settings->address, "POST", ADD_PATH, body, "text/plain; charset=utf-8", error);
}

static gboolean
read_seen(LtWitness *witness, LtReply *reply, GError **error)
{
    g_autofree char *text = text_of(reply);

    g_strchomp(text);
    if (lt_decimal_read(text, strlen(text), &witness->seen))
        return TRUE;
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "witness.answer", "409 without a size");
    return FALSE;
}

static gboolean
refused(LtAttestor *self, LtWitness *witness, const LtLogHead *head, guint status, GError **error)
{
    g_autofree char *code = g_strdup_printf("http-%u", status);
    g_autoptr(GError) cause = NULL;

    if ((status == 422 || status == 403 || status == 404) && !lt_store_record_refusal(self->options.store, witness->settings->key->name, head->size, code, &cause))
        g_warning("a refusal of witness %s could not be recorded: %s", witness->settings->name, cause->message);
    lt_error_set(error, status / 100 == 5 ? LT_ERROR_UNAVAILABLE : LT_ERROR_REFUSED, "witness.refused", "it answered %u to our checkpoint of %" G_GUINT64_FORMAT " entries", status, head->size);
    return FALSE;
}

/* 409 tells what it has seen; then once more from there. */
static gboolean
exchange(LtAttestor *self, LtWitness *witness, const LtLogHead *head, GError **error)
{
    for (guint attempt = 0; attempt < 2; attempt++) {
        g_autoptr(LtReply) reply = send(self, witness, head, error);
        guint status = reply == NULL ? 0 : lt_reply_get_status(reply);

        if (reply == NULL)
            return FALSE;
        if (status == 200) {
            witness->seen = head->size;
            return take_cosignature(self, witness, head, reply, error);
        }
        if (status != 409)
            return refused(self, witness, head, status, error);
        if (!read_seen(witness, reply, error))
            return FALSE;
        if (witness->seen > head->size)
            return fail_ahead(witness, witness->seen, head->size, error);
    }
    return refused(self, witness, head, 409, error);
}

gboolean
lt_witness_ask(LtAttestor *self, LtWitness *witness, const LtLogHead *head, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->asking);

    if (exchange(self, witness, head, error)) {
        lt_asked_answered(&witness->asked, head->size);
        return TRUE;
    }
    lt_asked_failed(&witness->asked, self->options.witness_every_us);
    return FALSE;
}

/* What a witness shows must be signed by our own log key: a witness alone cannot halt us. */
static gboolean
open_seen(LtAttestor *self, const char *origin, LtReply *reply, LtCheckpoint *seen, GError **error)
{
    g_autofree char *text = text_of(reply), *line = lt_signer_dup_log_vkey(self->options.signer, origin);
    g_autoptr(LtVerifierKey) key = lt_vkey_read(line, strlen(line), error);
    g_autoptr(LtNote) note = key == NULL ? NULL : lt_note_open(text, strlen(text), &key, 1, NULL);

    if (note != NULL && note->signatures->len == 1 && lt_checkpoint_read(note->text, strlen(note->text), seen, NULL) && strcmp(seen->origin, origin) == 0)
        return TRUE;
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "witness.answer", "what it shows of our log is not signed by our key");
    return FALSE;
}

static gboolean
compare(LtAttestor *self, LtWitness *witness, const LtLogHead *head, const LtCheckpoint *seen, GError **error)
{
    g_autofree char *size = size_text(seen->size);
    LtHash own;

    witness->seen = seen->size;
    if (seen->size > head->size)
        return fail_ahead(witness, seen->size, head->size, error);
    if (!lt_store_log_root(self->options.store, seen->size, &own, error))
        return FALSE;
    if (lt_hash_equal(&own, &seen->root))
        return TRUE;
    lt_error_set(error, LT_ERROR_INTERNAL, "log.witness-fork",
                 "witness %s has seen another tree of %s entries of this log, signed by its key: the store, or the key, was tampered with; keep both, and reconcile",
                 witness->settings->name, size);
    return FALSE;
}

gboolean
lt_witness_compare(LtAttestor *self, LtWitness *witness, GError **error)
{
    g_autoptr(LtLogHead) head = lt_store_log_head(self->options.store, error);
    g_autofree char *digest = head == NULL ? NULL : lt_sha256_dup_hex(head->origin, strlen(head->origin));
    g_autofree char *path = head == NULL ? NULL : g_strdup_printf("/v1/witness/%s/checkpoint", digest);
    g_autoptr(LtReply) reply = head == NULL ? NULL : lt_peer_ask(witness->target, &witness->settings->address, "GET", path, NULL, NULL, error);
    g_auto(LtCheckpoint) seen = { 0 };

    if (reply == NULL)
        return FALSE;
    if (lt_reply_get_status(reply) == 404)
        return TRUE; /* it has not seen this log yet */
    if (lt_reply_get_status(reply) != 200) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "witness.answer", "it answered %u", lt_reply_get_status(reply));
        return FALSE;
    }
    return open_seen(self, head->origin, reply, &seen, error) && compare(self, witness, head, &seen, error);
}
