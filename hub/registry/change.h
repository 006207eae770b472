/* SPDX-License-Identifier: Apache-2.0 */
/* change.h: rows that are to be put into a registry, fitted to what is there, and what would be after. Pure. */
#pragma once

#include "registry/unit.h"

/** lt_registry_complete: makes @rows fit: facts that were open end on the day on which newer ones of the same unit begin, and those that are
 * put before others end when these begin. Adds rows to @rows */
void lt_registry_complete(LtRegistry *known, LtRegistryRows *rows);
/** lt_registry_with: (transfer full): what would be after @rows were put; as lt_registry_new() */
LtRegistry *lt_registry_with(LtRegistry *known, const LtRegistryRows *rows, GError **error);
/** lt_unit_row_dup: (transfer full): a copy that ends on @valid_to (nullable: as it was) */
LtUnitRow *lt_unit_row_dup(const LtUnitRow *row, const char *valid_to);
