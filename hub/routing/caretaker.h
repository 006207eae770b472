/* SPDX-License-Identifier: Apache-2.0 */
/* caretaker.h: what has its day: re-organisations take effect without anyone's hand and without a restart, and senders are told where their messages went.
 * One thread, which sleeps until there is something to do. */
#pragma once

#include "routing/dispatcher.h"
#include "routing/intake.h"
#include "store/reorganisations.h"

/** lt_caretaker_new: @dispatcher: nullable: woken when deliveries got another endpoint. Borrows all three. Starts its thread */
LtCaretaker *lt_caretaker_new(LtStore *store, LtIntake *intake, LtDispatcher *dispatcher);
/** lt_caretaker_wake: there may be something to do; from any thread */
void lt_caretaker_wake(LtCaretaker *self);
/** lt_caretaker_free: ends the thread first */
void lt_caretaker_free(LtCaretaker *self);

/** lt_caretaker_work: one round, on the caller's thread: what its thread does. @moved: (out): by re-organisations.
 * Returns: first instant at which there is more to do, or 0 */
gint64 lt_caretaker_work(LtStore *store, LtIntake *intake, LtDispatcher *dispatcher, gint64 now_us, LtRehomed *moved);
