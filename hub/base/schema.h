/* SPDX-License-Identifier: Apache-2.0 */
/* schema.h: JSON Schema 2020-12, the subset that can be checked in one pass, compiled once.
 *
 * Keywords: type required properties additionalProperties enum const pattern minLength maxLength minimum maximum items
 * minItems maxItems $ref $defs format (date, date-time, uuid; asserted), and annotations ($schema, $comment, title,
 * description, examples, default). Any other keyword ($id and $anchor too), or a $ref that is not `#` or `#/…`, is refused when
 * the schema is compiled: a schema never promises more than is enforced. Immutable after compiling; shared by all threads.
 */
#pragma once

#include "base/json.h"

/**
 * lt_schema_compile:
 * @data: a schema file
 *
 * Errors: %LT_ERROR_CONFIG with reason `schema.keyword`, `schema.ref`, `schema.value` or a json.* reason
 *
 * Returns: (transfer full): the compiled schema, for lt_json_scan()
 */
LtSchema *lt_schema_compile(const char *data, gsize size, GError **error);
LtSchema *lt_schema_ref(LtSchema *self);
void lt_schema_unref(LtSchema *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtSchema, lt_schema_unref)
