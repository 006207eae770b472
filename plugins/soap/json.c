/* SPDX-License-Identifier: Apache-2.0 */
/* json.c: see json.h. The bytes passed lt_json_check() before they are walked here, so the walk meets only sound JSON, at most 32 deep. */
#include "json.h"

#include <lienthong/json.h>
#include <string.h>

typedef struct {
    const char *at;
    xmlNs *ns; /* NULL until the outermost element declares it */
} Walk;

static void write_value(Walk *walk, xmlNode *parent, const char *name);

static void
skip_space(Walk *walk)
{
    walk->at += strspn(walk->at, " \t\r\n");
}

static gunichar
read_hex(Walk *walk)
{
    char digits[5] = { 0 };

    memcpy(digits, walk->at, 4);
    walk->at += 4;
    return (gunichar) g_ascii_strtoull(digits, NULL, 16);
}

static gunichar
read_escape(Walk *walk)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    char letter = *walk->at++;
    const char *found = strchr(from, letter);
    gunichar unit;

    if (letter != 'u')
        return found != NULL ? (gunichar) to[found - from] : (gunichar) letter;
    unit = read_hex(walk);
    if (unit < 0xd800 || unit > 0xdbff)
        return unit;
    walk->at += 2; /* \u of the second half, which is there */
    return 0x10000 + ((unit - 0xd800) << 10) + (read_hex(walk) - 0xdc00);
}

/* XML 1.0 has no place for most control characters, nor for U+FFFE and U+FFFF. */
static gboolean
is_xml_char(gunichar c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c != 0xfffe && c != 0xffff);
}

static char *
read_string(Walk *walk)
{
    GString *text = g_string_new(NULL);

    walk->at++;
    while (*walk->at != '"') {
        gunichar c;

        if (*walk->at == '\\') {
            walk->at++;
            c = read_escape(walk);
        } else {
            c = g_utf8_get_char(walk->at);
            walk->at = g_utf8_next_char(walk->at);
        }
        g_string_append_unichar(text, is_xml_char(c) ? c : 0xfffd);
    }
    walk->at++;
    return g_string_free(text, FALSE);
}

static void
write_object(Walk *walk, xmlNode *node)
{
    walk->at++;
    for (skip_space(walk); *walk->at != '}'; skip_space(walk)) {
        g_autofree char *name = NULL;

        if (*walk->at == ',')
            walk->at++;
        skip_space(walk);
        name = read_string(walk);
        skip_space(walk);
        walk->at++; /* : */
        write_value(walk, node, name);
    }
    walk->at++;
}

static void
write_list(Walk *walk, xmlNode *node)
{
    walk->at++;
    for (skip_space(walk); *walk->at != ']'; skip_space(walk)) {
        if (*walk->at == ',')
            walk->at++;
        write_value(walk, node, "Muc");
    }
    walk->at++;
}

static void
write_text(xmlNode *node, const char *text)
{
    xmlAddChild(node, xmlNewDocText(node->doc, BAD_CAST text));
}

static void
write_value(Walk *walk, xmlNode *parent, const char *name)
{
    gboolean is_name = xmlValidateNCName(BAD_CAST name, 0) == 0;
    xmlNode *node = xmlNewChild(parent, walk->ns, BAD_CAST (is_name ? name : "Muc"), NULL);

    if (walk->ns == NULL) {
        walk->ns = xmlNewNs(node, BAD_CAST JSON_PAYLOAD_NS, NULL);
        xmlSetNs(node, walk->ns);
    }
    if (!is_name)
        document_set(node, "ten", name);
    skip_space(walk);
    if (*walk->at == '{') {
        write_object(walk, node);
    } else if (*walk->at == '[') {
        write_list(walk, node);
    } else if (*walk->at == '"') {
        g_autofree char *text = read_string(walk);

        write_text(node, text);
    } else {
        gsize length = strcspn(walk->at, ",]} \t\r\n");
        g_autofree char *text = g_strndup(walk->at, length);

        walk->at += length;
        if (strcmp(text, "null") != 0)
            write_text(node, text);
    }
}

gboolean
json_to_xml(GBytes *json, xmlNode *parent, const char *name, GError **error)
{
    g_autofree char *text = NULL;
    gsize size = 0;
    const char *data = g_bytes_get_data(json, &size);
    Walk walk = { 0 };

    if (!lt_json_check(json, error))
        return FALSE;
    text = g_strndup(data, size);
    walk.at = text;
    write_value(&walk, parent, name);
    return TRUE;
}
