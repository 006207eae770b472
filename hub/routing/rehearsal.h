/* SPDX-License-Identifier: Apache-2.0 */
/* rehearsal.h: what a rehearsal shares with what is applied. For the files of this room only. */
#pragma once

#include "routing/reorganisation.h"

/** lt_area_of: (nullable): the field of a procedure, by which successors may be told apart. @catalogue, @procedure: nullable */
const char *lt_area_of(LtCatalogue *catalogue, const char *procedure, gint64 at_us);
