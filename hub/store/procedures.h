/* SPDX-License-Identifier: Apache-2.0 */
/* procedures.h: rows of the catalogue of procedures: one for each version, with its parts, fees and steps. Read whole into the immutable
 * snapshot of registry/procedure.h. */
#pragma once

#include "store/store.h"

typedef struct {
    char *kind;     /* "part", "fee" or "step" */
    char *word;     /* nullable: code of the part or fee */
    char *name;
    char *level;    /* nullable: of a step: level of the unit that does it */
    char *role;     /* nullable: of a step: who is responsible; of a part: code of its form */
    gint64 value;   /* of a part: copies; of a fee: đồng; of a step: share of the promise in per mille */
} LtProcedureItem;

typedef struct {
    char *code;       /* MaTTHC */
    char *valid_from, *valid_to; /* days; valid_to nullable: first day on which it is no more so */
    char *publisher;  /* unit whose catalogue it is */
    char *name;
    char *field;      /* code of the field */
    char *level;      /* of the units that settle it */
    gint64 minutes;   /* the promise, in working minutes */
    char *cutoff;     /* nullable: "15:00": what comes later counts from the next working day */
    char *merged;     /* nullable: code of the procedure into which it was merged on valid_to */
    char *basis;      /* nullable: legal basis */
    GPtrArray *items; /* of LtProcedureItem *: parts, fees and steps, each kind in order */
} LtProcedureRow;

/** lt_procedure_row_new: all empty, with an empty list of items that owns what is added (g_new0() items with owned strings) */
LtProcedureRow *lt_procedure_row_new(void);
LtProcedureRow *lt_procedure_row_dup(const LtProcedureRow *self);
void lt_procedure_row_free(LtProcedureRow *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtProcedureRow, lt_procedure_row_free)
/** lt_procedure_rows_new: an array that owns its rows */
GPtrArray *lt_procedure_rows_new(void);

/** lt_store_load_procedures: (transfer full) (element-type LtProcedureRow): in order of code and day */
GPtrArray *lt_store_load_procedures(LtStore *self, GError **error);
/** lt_store_change_procedures: puts all rows (those of the same code and valid_from are replaced, with their items) with record
 * cfg.changed; all or nothing */
gboolean lt_store_change_procedures(LtStore *self, const GPtrArray *rows, const char *actor_kind, const char *actor, GError **error);
