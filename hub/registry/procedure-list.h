/* SPDX-License-Identifier: Apache-2.0 */
/* procedure-list.h: lists of procedures, CSV or JSON, read into rows of the catalogue: all or nothing, every fault named.
 *
 * Columns (CSV) or members (JSON): code, name, field, level, time; as wanted valid_from, valid_to, publisher, cutoff, merged, basis, parts,
 * fees, steps. `time` and the shares are written as people do: 3d, 24h, 90m; 12.5%. In CSV, elements of parts, fees and steps
 * are separated by `;` and their values by `|`:
 *   parts  CODE|NAME|COPIES|FORM      fees  CODE|NAME|AMOUNT      steps  NAME|LEVEL|ROLE|SHARE
 * and in JSON they are lists of objects with these names in lower case. Names of the national portal (MaTTHC, TenTTHC, MaLinhVuc) are understood
 * as well; what else the portal says is left aside.
 */
#pragma once

#include "store/procedures.h"

typedef struct {
    const char *publisher;  /* nullable: for rows that name none */
    const char *valid_from; /* nullable: likewise */
    const char *level;      /* nullable: likewise */
    const char *time;       /* nullable: likewise */
    const char *basis;      /* nullable: likewise */
    gint64 day_minutes;     /* what one working day (`d`) counts; 0: 480 */
} LtProcedureListOptions;

/**
 * lt_procedure_list_parse:
 * @name: of the file, for the faults
 * @options: (nullable)
 * @faults: (element-type utf8): each `NAME:LINE:COLUMN: text`
 *
 * Whether the versions fit together is lt_catalogue_new()'s to say: here only what a single line shows. What a portal's lookup answers can be
 * fed here as it came.
 *
 * Returns: (transfer full) (nullable) (element-type LtProcedureRow): %NULL when a fault was added or the text cannot be read at all (@error)
 */
GPtrArray *lt_procedure_list_parse(const char *data, gsize size, const char *name, const LtProcedureListOptions *options, GPtrArray *faults,
                                   GError **error);
/** lt_procedure_list_read: the same for a file of at most 8 MiB. Errors: UNAVAILABLE when it cannot be read */
GPtrArray *lt_procedure_list_read(const char *path, const LtProcedureListOptions *options, GPtrArray *faults, GError **error);
/** lt_procedure_list_write: (transfer full): the rows as CSV that reads back the same */
char *lt_procedure_list_write(const GPtrArray *rows);
