/* SPDX-License-Identifier: Apache-2.0 */
/* unit-columns.h: the registry's rows as tables of columns. What a row has is said once; reading, writing, copying, telling apart and
 * digesting it follow from that. For the files of this room only. */
#pragma once

#include "store/units.h"

typedef struct {
    enum {
        LT_COLUMN_END,
        LT_COLUMN_TEXT,     /* NULL stays NULL */
        LT_COLUMN_OR_EMPTY, /* NULL in memory, '' in the database, where it is part of a key */
        LT_COLUMN_TIME,     /* microseconds */
    } kind;
    gboolean key; /* one of those by which a row is known */
    gsize offset; /* in the row */
} LtRowColumn;

enum { LT_ROW_COLUMNS = 8 };

typedef struct {
    const char *word;        /* in the log's list of objects: "unit:H52" */
    gsize rows;              /* offset of the array in LtRegistryRows */
    gsize size;              /* of a row */
    gsize object;            /* offset of the name that the log gives; no personal data */
    gsize basis;             /* offset of the legal basis; 0: it has none */
    const char *select, *put; /* SQL; columns in the order below */
    LtRowColumn columns[LT_ROW_COLUMNS + 1];
} LtRowKind;

enum { LT_ROW_KINDS = 6 };
extern const LtRowKind lt_row_kinds[LT_ROW_KINDS];

GPtrArray *lt_row_kind_of(const LtRowKind *kind, const LtRegistryRows *rows);
/** lt_row_text: (nullable): a column that is text; lt_row_time: one that is a time */
const char *lt_row_text(gconstpointer row, const LtRowColumn *column);
gint64 lt_row_time(gconstpointer row, const LtRowColumn *column);
/** lt_row_set: (transfer full) @text, or a time */
void lt_row_set(gpointer row, const LtRowColumn *column, char *text, gint64 time_us);
