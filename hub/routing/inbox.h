/* SPDX-License-Identifier: Apache-2.0 */
/* inbox.h: what collect and receive hand messages in through: the one door of intake.h, and the cursor of the endpoint.
 *
 * The hub seals what comes in here on behalf of the sender, so an endpoint may speak for the units of its `units` only (`inbox.unit`). */
#pragma once

#include <lienthong/plugin.h>
#include "routing/intake.h"

/** lt_inbox_new: for one call of a verb of @endpoint; all borrowed until lt_inbox_free() */
LtInbox *lt_inbox_new(LtIntake *intake, LtStore *store, LtEndpoint *endpoint);
void lt_inbox_free(LtInbox *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtInbox, lt_inbox_free)
/** lt_inbox_get_n_submitted: messages handed in so far */
guint lt_inbox_get_n_submitted(LtInbox *self);
