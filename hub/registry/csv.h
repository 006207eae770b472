/* SPDX-License-Identifier: Apache-2.0 */
/* csv.h: comma-separated lists (RFC 4180) as offices export them: UTF-8, with or without a byte order mark, LF or CRLF, a header
 * line first. Every field knows where it stands, so that a fault can say FILE:LINE:COLUMN. Pure. */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

typedef struct {
    char *text;   /* without quotes; white space around it removed */
    guint line;   /* from 1 */
    guint column; /* character of the line at which it begins, from 1 */
} LtCsvField;

typedef struct {
    GPtrArray *header;  /* of LtCsvField * */
    GPtrArray *records; /* of GPtrArray of LtCsvField *; empty lines are left out */
} LtCsv;

/** lt_csv_parse: Errors: %LT_ERROR_INVALID `csv.utf8`, `csv.quote`, `csv.header` with NAME:LINE:COLUMN. A record with more
 * or fewer fields than the header is no error here: it is the caller's fault to name */
LtCsv *lt_csv_parse(const char *data, gsize size, const char *name, GError **error);
void lt_csv_free(LtCsv *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtCsv, lt_csv_free)
