/* SPDX-License-Identifier: Apache-2.0 */
/* incoming.h: what a map found in a foreign system, as messages that are handed in. */
#pragma once

#include <lienthong/plugin.h>

#include "value.h"

/**
 * incoming_submit:
 * @messages: list of {key, type, from, to, payload, payload_type, code, dossier, re, attachments, original}
 * @whole: the answer or call that they were found in: the original of an item that names none
 * @n_refused: (inout) (optional): counts those that the hub refused
 *
 * Hands each in. One that the hub refuses is recorded by the hub and passed over; when the hub cannot keep one now, the rest waits for the next round.
 *
 * Errors: CONFIG `map.output` (not of that form); UNAVAILABLE, CONFIG or INTERNAL of lt_inbox_submit()
 */
gboolean incoming_submit(jv messages, GBytes *whole, LtInbox *inbox, guint *n_refused, GError **error);
