/* SPDX-License-Identifier: Apache-2.0 */
/* unit-rows.h: rows of the register as JSON for the running hub, and as lines for a person. */
#pragma once

#include "store/units.h"

char *lt_unit_rows_to_json(const LtRegistryRows *rows);
char *lt_unit_key_to_json(const LtUnitKeyRow *key);
/** lt_unit_rows_print: @facts, and aliases, successors, keys and tokens of the unit */
void lt_unit_rows_print(const LtRegistryRows *rows, const LtUnitRow *facts);
const LtUnitKeyRow *lt_unit_rows_find_key(const LtRegistryRows *rows, const char *unit, const char *spki, const char *use);
const LtTokenRow *lt_unit_rows_find_token(const LtRegistryRows *rows, const char *unit, const char *id);
