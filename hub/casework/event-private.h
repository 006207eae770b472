/* SPDX-License-Identifier: Apache-2.0 */
/* event-private.h: what the files about events share inside this room. */
#pragma once

#include "casework/event.h"

/** lt_fact_find: %LT_N_FACTS when there is no such fact */
LtFact lt_fact_find(const char *name);
LtCaseRules *lt_case_rules_new(void);
/** lt_case_facts_read: facts as the store keeps them, a JSON object; damaged ones are left out */
void lt_case_facts_read(LtCaseEvent *self, const char *json);
/** lt_case_facts_append: as a JSON object */
void lt_case_facts_append(GString *out, char *const values[LT_N_FACTS]);
