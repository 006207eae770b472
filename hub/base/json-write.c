/* SPDX-License-Identifier: Apache-2.0 */
/* json-write.c: JSON written by appending to a string. The only escapes are those that RFC 8259 requires. */
#include "base/json.h"

#include <string.h>

static gsize
plain_length(const char *text)
{
    gsize length = 0;

    while ((guint8) text[length] >= 0x20 && text[length] != '"' && text[length] != '\\')
        length++;
    return length;
}

static void
append_escape(GString *out, char character)
{
    static const char meanings[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *meaning = strchr(meanings, character);

    if (meaning != NULL) {
        g_string_append_c(out, '\\');
        g_string_append_c(out, letters[meaning - meanings]);
    } else {
        g_string_append_printf(out, "\\u%04x", (guint) (guint8) character);
    }
}

void
lt_json_append_string(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (;;) {
        gsize length = plain_length(text);

        g_string_append_len(out, text, (gssize) length);
        text += length;
        if (*text == '\0')
            break;
        append_escape(out, *text++);
    }
    g_string_append_c(out, '"');
}

static void
append_name(GString *out, const char *name)
{
    char last = out->len == 0 ? '{' : out->str[out->len - 1];

    if (last != '{' && last != '[' && last != ',' && last != ':')
        g_string_append_c(out, ',');
    lt_json_append_string(out, name);
    g_string_append_c(out, ':');
}

void
lt_json_append_member(GString *out, const char *name, const char *text)
{
    if (text == NULL)
        return;
    append_name(out, name);
    lt_json_append_string(out, text);
}

void
lt_json_append_integer(GString *out, const char *name, gint64 value)
{
    append_name(out, name);
    g_string_append_printf(out, "%" G_GINT64_FORMAT, value);
}
