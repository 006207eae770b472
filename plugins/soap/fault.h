/* SPDX-License-Identifier: Apache-2.0 */
/* fault.h: SOAP faults: what theirs mean to us, and ours as they are written. */
#pragma once

#include "envelope.h"

/** fault_is: whether the Body holds a Fault */
gboolean fault_is(const Envelope *envelope);

/**
 * fault_judge:
 * @envelope: one for which fault_is()
 * @table: (nullable): the endpoint's own rows, "CODE=refused", each checked by fault_check_table(); asked first, for the innermost code first
 *
 * From fault code and sub-codes to an outcome.
 *
 * Errors: by the table; an unknown code is UNAVAILABLE `soap.fault.unknown`: a dossier is not refused by a word that nobody knows, and
 * what fails for ever is held by the hub in the end
 *
 * Returns: %TRUE when the endpoint's table says that this fault means "accepted"
 */
gboolean fault_judge(const Envelope *envelope, char **table, GError **error);
/** fault_check_table: Errors: CONFIG `soap.settings` */
gboolean fault_check_table(char **table, GError **error);

/** fault_write: our fault for @error: what went wrong by its reason word only. @status: (out): HTTP status that goes with it */
xmlDoc *fault_write(SoapVersion version, const GError *error, guint *status);
