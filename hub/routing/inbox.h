/* SPDX-License-Identifier: Apache-2.0 */
/* inbox.h: what collect and receive hand messages in through: the one door of intake.h, and the cursor of the endpoint.
 *
 * The hub seals what comes in here on behalf of the sender, so an endpoint may speak for the units of its `units` only (`inbox.unit`). */
#pragma once

#include <lienthong/plugin.h>
#include "routing/intake.h"

/* Where its calls go: the hub's own door, a test case, or the hub on the other side of a plugin host. As the functions of plugin.h. */
typedef struct {
    gboolean (*submit)(gpointer data, LtMessageBuilder *message, GError **error); /* (transfer full) @message */
    const char *(*get_cursor)(gpointer data);
    gboolean (*set_cursor)(gpointer data, const char *cursor, GError **error);
    LtMessage *(*find_submission)(gpointer data, const char *code);
    LtMessage *(*find_message)(gpointer data, const char *from, const char *id);
    gboolean (*find_standing)(gpointer data, const char *code, LtStanding *standing);
    void (*free)(gpointer data); /* nullable */
    LtMessage *(*find_handed_in)(gpointer data, const char *code); /* nullable: nothing was */
} LtInboxDoor;

/** lt_inbox_new_at: @door: static; @data: (transfer full) when the door frees it */
LtInbox *lt_inbox_new_at(const LtInboxDoor *door, gpointer data);
/** lt_inbox_new: for one call of a verb of @endpoint; all borrowed until lt_inbox_free() */
LtInbox *lt_inbox_new(LtIntake *intake, LtStore *store, LtEndpoint *endpoint);
void lt_inbox_free(LtInbox *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtInbox, lt_inbox_free)
/** lt_inbox_get_n_submitted: messages handed in so far */
guint lt_inbox_get_n_submitted(LtInbox *self);
