/* SPDX-License-Identifier: Apache-2.0 */
/* csv.h: comma-separated lists (RFC 4180) as offices export them: UTF-8, with or without a byte order mark, LF or CRLF, a header
 * line first. Every field knows where it stands, so that a fault can say FILE:LINE:COLUMN. Pure. */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

typedef struct _LtCsv LtCsv;

typedef struct {
    char *text;   /* without quotes; white space around it removed */
    guint line;   /* from 1 */
    guint column; /* character of the line at which it begins, from 1 */
    LtCsv *table; /* nullable: a table within, which only JSON has (json-table.h) */
} LtCsvField;

struct _LtCsv {
    GPtrArray *header;  /* of LtCsvField * */
    GPtrArray *records; /* of GPtrArray of LtCsvField *; empty lines are left out */
};

/** lt_csv_parse: Errors: %LT_ERROR_INVALID `csv.utf8`, `csv.quote`, `csv.header` with NAME:LINE:COLUMN. A record with more
 * or fewer fields than the header is no error here: it is the caller's fault to name */
LtCsv *lt_csv_parse(const char *data, gsize size, const char *name, GError **error);
void lt_csv_field_free(LtCsvField *self);
/** lt_csv_append: appends @text as a field, quoted when needed, after a comma when the line has begun. @text: nullable: empty */
void lt_csv_append(GString *out, const char *text);
/** lt_csv_find: index of a column, or -1 */
int lt_csv_find(const LtCsv *self, const char *column);
/** lt_csv_get: (nullable): the field of a record that is as long as the header; an absent or empty one is NULL */
const LtCsvField *lt_csv_get(const LtCsv *self, const GPtrArray *record, const char *column);
void lt_csv_free(LtCsv *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtCsv, lt_csv_free)
