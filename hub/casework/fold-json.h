/* SPDX-License-Identifier: Apache-2.0 */
/* fold-json.h: a folded dossier and its clocks as one JSON object (schemas/casework/fold.schema.json): for the command line and for HTTP. */
#pragma once

#include "casework/clock.h"

/** lt_fold_append_json: the whole object, without a newline */
void lt_fold_append_json(GString *out, const LtFold *fold, const LtClocks *clocks);
/** lt_fold_append_members: its members, each after a comma when needed, for an object that has others besides */
void lt_fold_append_members(GString *out, const LtFold *fold, const LtClocks *clocks);
