/* SPDX-License-Identifier: Apache-2.0 */
/* condition.h: whether the store is ok, degraded or halted, and by which codes (audit-log.md §10). Safe from all threads.
 *
 * That a store was halted outlives the process: a mark in its folder says so until a whole check finds nothing. */
#pragma once

#include "store/store.h"

typedef struct _LtCondition LtCondition;

LtCondition *lt_condition_new(const char *folder);
void lt_condition_free(LtCondition *self);
/** lt_condition_get: *code: (out) (optional) (nullable): the one that halted it, or the first that degrades it; valid for ever */
LtStoreState lt_condition_get(LtCondition *self, const char **code);
/** lt_condition_halt: for good: until the store is opened again. @code: of audit-log.md §10. @mark: leave the mark, too */
void lt_condition_halt(LtCondition *self, const char *code, const char *text, gboolean mark);
void lt_condition_degrade(LtCondition *self, const char *code, gboolean degraded);
/** lt_condition_list: all codes. Returns: (transfer container): ended by NULL */
const char **lt_condition_list(LtCondition *self);

/** lt_condition_read_mark: (nullable) (transfer full): code that halted the store in an earlier life */
char *lt_condition_read_mark(LtCondition *self);
void lt_condition_remove_mark(LtCondition *self);
