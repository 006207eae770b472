/* SPDX-License-Identifier: Apache-2.0 */
/* json-table.h: a JSON array of objects read as a table, so that lists in JSON and in CSV go the same way. The array is the document, or the
 * first member of it that is one: {"status":"OK","ErrorCode":"0","data":[{…}]} as the document axis answers. Values are strings, numbers
 * and booleans, or again arrays of objects, which become tables within. Pure. */
#pragma once

#include "registry/csv.h"

/** lt_json_table_looks_like: does the text begin like JSON rather than CSV? */
gboolean lt_json_table_looks_like(const char *data, gsize size);
/** lt_json_table_parse: the header has every name that occurs; a record that lacks one has an empty field there. Errors: %LT_ERROR_INVALID
 * `json.*`, and `json.table` with NAME:LINE:COLUMN for another shape */
LtCsv *lt_json_table_parse(const char *data, gsize size, const char *name, GError **error);
/** lt_table_parse: JSON or CSV, by how it begins */
LtCsv *lt_table_parse(const char *data, gsize size, const char *name, GError **error);
