/* SPDX-License-Identifier: Apache-2.0 */
/* value.h: small readers of jq values. All borrow their argument. */
#pragma once

#include <gio/gio.h>
#include <jv.h>
#include <lienthong/error.h>

/** value_member: Returns: (transfer full): a member, or an invalid value when there is none or @object is no object */
jv value_member(jv object, const char *name);
/** value_text: Returns: (transfer full) (nullable): a string member without NUL, or a number as digits; %NULL otherwise */
char *value_text(jv object, const char *name);
/** value_json: Returns: (transfer full): the value as compact JSON */
GBytes *value_json(jv value);
/** value_parse: strict look, then jq's reader. Errors: those of lt_json_check(). Returns: an invalid value on error */
jv value_parse(GBytes *json, GError **error);
/** value_bytes_of_base64: Returns: (nullable): decoded; %NULL unless it is canonical base64 */
GBytes *value_bytes_of_base64(const char *text);
