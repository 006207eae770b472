/* SPDX-License-Identifier: Apache-2.0 */
/* reading.h: what a unit may read, decided in one place (S15), and the record that it did. */
#pragma once

#include "http/exchange.h"

/**
 * lt_reading_find_message:
 *
 * The message when the caller is its sender, its receiver, the unit that it was delivered to in the receiver's place, or the hub that stands for one of them.
 *
 * Errors: %LT_ERROR_NOT_FOUND, whether it does not exist or is not the caller's
 */
LtMessage *lt_reading_find_message(LtExchange *exchange, const char *from, const char *id, GError **error);
/** lt_reading_may_act_for: is the caller this unit, or the hub that stands for it */
gboolean lt_reading_may_act_for(LtExchange *exchange, const char *unit);
/** lt_reading_id: Returns: (nullable): @id when it looks like one: only then it may be repeated in an answer */
const char *lt_reading_id(const char *id);
/**
 * lt_reading_record:
 * @what: "view", "download"
 * @id: (nullable): envelope
 *
 * What was replied leaves only after `read.dossier` is committed; without the record there is no reading.
 */
void lt_reading_record(LtExchange *exchange, const char *dossier, const char *what, const char *id);
