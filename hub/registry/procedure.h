/* SPDX-License-Identifier: Apache-2.0 */
/* procedure.h: the catalogue of administrative procedures, at a date. Immutable and reference-counted like a registry; a procedure
 * is what its rows say: no field, no level and no time is built in. All functions are pure and may be called from any thread. */
#pragma once

#include "registry/unit.h"
#include "store/procedures.h"

typedef struct _LtCatalogue LtCatalogue;

/** lt_catalogue_new: (transfer full) @rows (element-type LtProcedureRow). Errors: %LT_ERROR_CONFIG with all faults, one a line: bad code,
 * word, day or time; versions that overlap; shares of steps that are not the whole; merged into nothing, into itself or in a circle */
LtCatalogue *lt_catalogue_new(GPtrArray *rows, GError **error);
LtCatalogue *lt_catalogue_ref(LtCatalogue *self);
void lt_catalogue_unref(LtCatalogue *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtCatalogue, lt_catalogue_unref)
/** lt_catalogue_get_rows: (transfer none) (element-type LtProcedureRow): all versions */
const GPtrArray *lt_catalogue_get_rows(LtCatalogue *self);

/** lt_catalogue_history: (transfer none) (nullable) (element-type LtProcedureRow): all versions of a procedure in order of time */
const GPtrArray *lt_catalogue_history(LtCatalogue *self, const char *code);
/** lt_catalogue_find: (transfer none) (nullable): the version in force at a date */
const LtProcedureRow *lt_catalogue_find(LtCatalogue *self, const char *code, gint64 at_us);
/** lt_catalogue_find_version: the version that a dossier keeps: the one that began on this day */
const LtProcedureRow *lt_catalogue_find_version(LtCatalogue *self, const char *code, const char *valid_from);
gboolean lt_procedure_is_valid(const LtProcedureRow *row, gint64 at_us);

/**
 * lt_catalogue_admit:
 * @unit: that receives
 * @now_us: date of the tree of units
 * @received_us: date of the dossier's receipt, whose rules it keeps
 * @version: (out) (nullable): the version that holds for it; %NULL when nobody has published a catalogue for this unit
 *
 * Only published procedures are taken in (plan, R3). A catalogue binds the units within its publisher; where there is none, nothing is
 * refused: docs/decisions/0022-procedures-are-refused-only-by-a-catalogue.md.
 *
 * Errors: FORBIDDEN `env.policy.procedure`: not published at that date; the text says when, or into what it was merged
 */
gboolean lt_catalogue_admit(LtCatalogue *self, LtRegistry *registry, const char *unit, const char *code, gint64 now_us, gint64 received_us,
                            const LtProcedureRow **version, GError **error);

/** lt_catalogue_complete: makes @rows, which are to be put, fit to what is there: a version that was open ends on the day on which a newer one
 * begins, and one that is put before another ends when that begins. Adds rows to @rows. @known: (nullable) */
void lt_catalogue_complete(LtCatalogue *known, GPtrArray *rows);
/** lt_catalogue_with: (transfer full): what would be after @rows were put; as lt_catalogue_new() */
LtCatalogue *lt_catalogue_with(LtCatalogue *known, const GPtrArray *rows, GError **error);
