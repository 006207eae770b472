/* SPDX-License-Identifier: Apache-2.0 */
/* json-rows.h: the bodies that operators send: an object of strings, or an object of lists of such objects. Read with the strict scanner, without a tree. */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

typedef struct {
    char *list;         /* nullable: name of the list that it stands in */
    GHashTable *values; /* name → text */
} LtJsonRow;
void lt_json_row_free(LtJsonRow *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtJsonRow, lt_json_row_free)

/** lt_json_row_read: an object of strings; no bytes at all count as {}. Errors: %LT_ERROR_INVALID `json.*`, `http.json` */
LtJsonRow *lt_json_row_read(GBytes *body, GError **error);
/** lt_json_rows_read: {"list":[{"name":"text",…},…],…}. Returns: (element-type LtJsonRow) (transfer full). Errors: likewise */
GPtrArray *lt_json_rows_read(GBytes *body, GError **error);
