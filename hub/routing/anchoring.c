/* SPDX-License-Identifier: Apache-2.0 */
/* anchoring.c: what stands beside a checkpoint for the time after this hub: a time stamp of an authority, and the unit's legal signature (audit-log.md §9).
 *
 * A token is kept only when it answers our request, verifies in the configured CA, and its time is within five minutes of ours. While the authority does not answer,
 * checkpoints go without; the gap is recorded, shown as a code that degrades the hub, and ends with the next token, which covers everything below it.
 */
#include "routing/attestor-private.h"

#include <string.h>

#include "trust/digest.h"
#include "trust/timestamp.h"

#define CLOCK_MAX_US (G_GINT64_CONSTANT(5) * 60 * G_USEC_PER_SEC)
#define TYPE "application/timestamp-query"

static GBytes *
ask_authority(LtAttestor *self, const char *body, GError **error)
{
    const LtTimestampSettings *settings = self->options.peers->timestamp;
    guint8 nonce[LT_TIMESTAMP_NONCE_SIZE];
    g_autoptr(GBytes) request = NULL;
    g_autoptr(LtReply) reply = NULL;
    g_auto(LtTimestamp) stamp = { 0 };

    lt_random_bytes(nonce, sizeof nonce);
    request = lt_timestamp_request(body, strlen(body), nonce);
    reply = lt_peer_ask(self->authority, &settings->address, "POST", "", request, TYPE, error);
    if (reply == NULL)
        return NULL;
    if (lt_reply_get_status(reply) != 200) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "anchor.tsr", "the time stamp authority answered %u", lt_reply_get_status(reply));
        return NULL;
    }
    if (!lt_timestamp_verify(lt_reply_get_body(reply), body, strlen(body), settings->tsa_ca, nonce, &stamp, error))
        return NULL;
    if (ABS(stamp.at_us - lt_time_now_us()) <= CLOCK_MAX_US)
        return g_bytes_ref(lt_reply_get_body(reply));
    lt_error_set(error, LT_ERROR_SIGNATURE, "anchor.tsr", "the time of the token is more than five minutes from ours");
    return NULL;
}

static gboolean
stamp(LtAttestor *self, const LtLogHead *head, const char *body, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(GBytes) token = NULL;

    if (self->authority == NULL)
        return TRUE;
    token = ask_authority(self, body, &cause);
    if (token != NULL && lt_store_keep_anchor(self->options.store, head, LT_ANCHOR_TIMESTAMP, token, &cause)) {
        lt_store_degrade(self->options.store, "anchor.tsr", FALSE);
        return TRUE;
    }
    if (self->anchored.rest_us == 0) /* at the beginning of a gap, not at every attempt */
        lt_store_record_anchor_failure(self->options.store, head->size, lt_error_get_reason(cause), NULL);
    lt_store_degrade(self->options.store, "anchor.tsr", TRUE);
    g_message("time stamp: %s", cause->message);
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

static gboolean
sign(LtAttestor *self, const LtLogHead *head, const char *body, GError **error)
{
    g_autoptr(GBytes) cms = lt_signer_sign_legally(self->options.signer, body, lt_time_now_us(), error);

    return cms != NULL && lt_store_keep_anchor(self->options.store, head, LT_ANCHOR_SIGNATURE, cms, error);
}

gboolean
lt_anchor_ask(LtAttestor *self, const LtLogHead *head, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->asking);
    const char *end = strstr(head->note, "\n\n");
    g_autofree char *body = g_strndup(head->note, (gsize) (end + 1 - head->note));
    g_autoptr(GError) cause = NULL;
    gboolean stamped = stamp(self, head, body, &cause);

    if (!sign(self, head, body, cause == NULL ? &cause : NULL) && cause != NULL)
        g_message("legal signature of the checkpoint: %s", cause->message);
    if (stamped)
        lt_asked_answered(&self->anchored, head->size + 2); /* the two records that this leaves are no reason to ask again */
    else
        lt_asked_failed(&self->anchored, self->options.anchor_every_us);
    if (cause == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}
