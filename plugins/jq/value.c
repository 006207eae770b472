/* SPDX-License-Identifier: Apache-2.0 */
/* value.c: between jq's values and GLib's. */
#include "value.h"

#include <lienthong/json.h>

#include <limits.h>
#include <string.h>

jv
value_member(jv object, const char *name)
{
    if (jv_get_kind(object) != JV_KIND_OBJECT)
        return jv_invalid();
    return jv_object_get(jv_copy(object), jv_string(name));
}

char *
value_text(jv object, const char *name)
{
    jv member = value_member(object, name);
    char *text = NULL;

    if (jv_get_kind(member) == JV_KIND_STRING) {
        int length = jv_string_length_bytes(jv_copy(member));

        if (strlen(jv_string_value(member)) == (gsize) length)
            text = g_strdup(jv_string_value(member));
    } else if (jv_get_kind(member) == JV_KIND_NUMBER && jv_is_integer(member)) {
        text = g_strdup_printf("%.0f", jv_number_value(member));
    }
    jv_free(member);
    return text;
}

GBytes *
value_json(jv value)
{
    jv text = jv_dump_string(jv_copy(value), 0);
    GBytes *bytes = g_bytes_new(jv_string_value(text), (gsize) jv_string_length_bytes(jv_copy(text)));

    jv_free(text);
    return bytes;
}

jv
value_parse(GBytes *json, GError **error)
{
    gsize size = 0;
    const char *data;
    jv value;

    if (!lt_json_check(json, error))
        return jv_invalid();
    data = g_bytes_get_data(json, &size);
    value = jv_parse_sized(data, (int) MIN(size, INT_MAX));
    if (!jv_is_valid(value))
        lt_error_set(error, LT_ERROR_INVALID, "json.syntax", "not JSON that jq can read");
    return value;
}

GBytes *
value_bytes_of_base64(const char *text)
{
    gsize size = 0;
    g_autofree guchar *bytes = g_base64_decode(text, &size);
    g_autofree char *again = g_base64_encode(bytes, size);

    return strcmp(text, again) == 0 ? g_bytes_new_take(g_steal_pointer(&bytes), size) : NULL;
}
