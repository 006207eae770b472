/* SPDX-License-Identifier: Apache-2.0 */
/* collect.c: empties the mailbox: list, fetch, commit, and only then acknowledge.
 *
 * Until it is acknowledged the mailbox keeps a message and names it again, so whatever breaks in between costs a repetition, and the hub knows a
 * message by the mailbox's id. One that cannot be read is acknowledged as failed, with the reason in the log. One that can be read but that the hub
 * refuses stays in the mailbox: a person mends routes or units, and it is taken then. Neither holds up those behind it.
 */
#include "ioffice.h"

#define FAILURES_MAX 3u /* in a row: then it is the mailbox and not its messages */

static gboolean
is_refusal(const GError *error)
{
    return error->domain == LT_ERROR && error->code != LT_ERROR_UNAVAILABLE && error->code != LT_ERROR_CONFIG && error->code != LT_ERROR_INTERNAL;
}

static gboolean
put_aside(Ioffice *self, LtLink *link, const char *id, const GError *cause, GError **error)
{
    g_message("ioffice: message %s of the mailbox cannot be read: %s: %s", id, lt_error_get_reason(cause), cause->message);
    return ioffice_transport(self)->acknowledge(self, link, id, FALSE, cause, error);
}

/* Only what the reader says of a whole document may put it aside; that it could not be fetched says nothing about it. */
static gboolean
collect_one(Ioffice *self, const char *id, LtInbox *inbox, LtLink *link, GError **error)
{
    const EdxmlLimits limits = { (gsize) self->max_message, (gsize) self->max_message * 2, 999 };
    g_autoptr(GError) cause = NULL;
    g_autoptr(GBytes) bytes = ioffice_transport(self)->fetch(self, link, id, &cause);
    g_autoptr(Edxml) message = bytes != NULL ? edxml_read(bytes, &limits, self->trusted, &cause) : NULL;

    if (message == NULL && (bytes != NULL || g_error_matches(cause, LT_ERROR, LT_ERROR_INVALID)))
        return put_aside(self, link, id, cause, error);
    if (message == NULL) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    if (ioffice_hand_in(self, message, bytes, id, inbox, &cause))
        return ioffice_transport(self)->acknowledge(self, link, id, TRUE, NULL, error);
    if (is_refusal(cause))
        return TRUE; /* the hub has said so in its log */
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

/* One that fails is tried again in the next round and does not hold up those behind it; the round then counts as failed. */
static gboolean
collect_list(Ioffice *self, GPtrArray *ids, LtInbox *inbox, LtLink *link, GCancellable *cancellable, GError **error)
{
    g_autoptr(GError) first = NULL;
    guint n_failures = 0;

    for (guint i = 0; i < ids->len && n_failures < FAILURES_MAX && !g_cancellable_is_cancelled(cancellable); i++) {
        g_autoptr(GError) cause = NULL;

        if (collect_one(self, ids->pdata[i], inbox, link, &cause)) {
            n_failures = 0;
            continue;
        }
        n_failures++;
        if (first == NULL)
            first = g_steal_pointer(&cause);
    }
    if (first == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&first));
    return FALSE;
}

gboolean
ioffice_collect(gpointer data, LtInbox *inbox, LtLink *link, GCancellable *cancellable, GError **error)
{
    Ioffice *self = data;

    if (lt_link_is_dry(link))
        return TRUE;
    for (int is_status = 0; is_status <= 1; is_status++) {
        g_autoptr(GPtrArray) ids = ioffice_transport(self)->list(self, link, is_status != 0, error);

        if (ids == NULL || !collect_list(self, ids, inbox, link, cancellable, error))
            return FALSE;
    }
    return TRUE;
}
