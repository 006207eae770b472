/* SPDX-License-Identifier: Apache-2.0 */
/* headers.h: a short ordered list of header fields; names are compared without regard to case. Shared by request and reply. */
#pragma once

#include <glib.h>

typedef struct {
    char *name;
    char *value;
} LtHeaderField;

typedef GArray LtHeaderList; /* of LtHeaderField */

LtHeaderList *lt_header_list_new(void);
/** lt_header_list_add: appends, also when the name is there already */
void lt_header_list_add(LtHeaderList *self, const char *name, const char *value);
/** lt_header_list_add_take: (transfer full) both */
void lt_header_list_add_take(LtHeaderList *self, char *name, char *value);
/** lt_header_list_set: replaces all fields of this name by one */
void lt_header_list_set(LtHeaderList *self, const char *name, const char *value);
/** lt_header_list_lookup: Returns: (nullable): value of the first field of this name */
const char *lt_header_list_lookup(const LtHeaderList *self, const char *name);
const LtHeaderField *lt_header_list_at(const LtHeaderList *self, guint index);
