/* SPDX-License-Identifier: Apache-2.0 */
/* json-tree.c: the values of a JSON text, told by our scanner and by json-glib in one common form. */
#include "json-tree.h"

#include <json-glib/json-glib.h>

static void
tell_text(GString *out, char mark, const char *text)
{
    g_string_append_printf(out, "%c%zu:%s;", mark, strlen(text), text);
}

static void
tell_double(GString *out, double number)
{
    g_string_append_printf(out, "d%.17g;", number);
}

static gboolean
tell_event(const LtJsonEvent *event, gpointer data, GError **error)
{
    static const char *const plain[] = {
        [LT_JSON_OBJECT_BEGIN] = "{", [LT_JSON_OBJECT_END] = "}", [LT_JSON_ARRAY_BEGIN] = "[", [LT_JSON_ARRAY_END] = "]",
        [LT_JSON_TRUE] = "t;", [LT_JSON_FALSE] = "f;", [LT_JSON_NULL] = "n;",
    };
    GString *out = data;

    (void) error;
    if (event->kind == LT_JSON_NAME || event->kind == LT_JSON_STRING)
        tell_text(out, event->kind == LT_JSON_NAME ? 'k' : 's', event->text);
    else if (event->kind == LT_JSON_INTEGER)
        g_string_append_printf(out, "i%" G_GINT64_FORMAT ";", event->integer);
    else if (event->kind == LT_JSON_NUMBER)
        tell_double(out, event->number);
    else
        g_string_append(out, plain[event->kind]);
    return TRUE;
}

static void tell_node(GString *out, JsonNode *node);

static void
tell_object(GString *out, JsonObject *object)
{
    g_autoptr(GList) names = json_object_get_members(object);

    g_string_append_c(out, '{');
    for (GList *at = names; at != NULL; at = at->next) {
        tell_text(out, 'k', at->data);
        tell_node(out, json_object_get_member(object, at->data));
    }
    g_string_append_c(out, '}');
}

static void
tell_value(GString *out, JsonNode *node)
{
    GType type = json_node_get_value_type(node);

    if (type == G_TYPE_STRING)
        tell_text(out, 's', json_node_get_string(node));
    else if (type == G_TYPE_INT64)
        g_string_append_printf(out, "i%" G_GINT64_FORMAT ";", json_node_get_int(node));
    else if (type == G_TYPE_DOUBLE)
        tell_double(out, json_node_get_double(node));
    else
        g_string_append(out, json_node_get_boolean(node) ? "t;" : "f;");
}

static void
tell_node(GString *out, JsonNode *node)
{
    JsonArray *array;

    switch (json_node_get_node_type(node)) {
    case JSON_NODE_OBJECT:
        tell_object(out, json_node_get_object(node));
        return;
    case JSON_NODE_ARRAY:
        array = json_node_get_array(node);
        g_string_append_c(out, '[');
        for (guint i = 0; i < json_array_get_length(array); i++)
            tell_node(out, json_array_get_element(array, i));
        g_string_append_c(out, ']');
        return;
    case JSON_NODE_VALUE:
        tell_value(out, node);
        return;
    default:
        g_string_append(out, "n;");
    }
}

gboolean
lt_json_trees_agree(const char *data, gsize size, LtJsonProfile profile, char **ours, char **theirs)
{
    g_autoptr(GString) scanned = g_string_new(NULL);
    g_autoptr(GString) read = g_string_new(NULL);
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;
    gboolean equal;

    if (!lt_json_scan(data, size, profile, NULL, tell_event, scanned, NULL, &error))
        g_string_append_printf(scanned, "refused: %s", error->message);
    g_clear_error(&error);
    if (json_parser_load_from_data(parser, data, (gssize) size, &error))
        tell_node(read, json_parser_get_root(parser));
    else
        g_string_append_printf(read, "refused: %s", error->message);
    equal = strcmp(scanned->str, read->str) == 0;
    *ours = g_string_free(g_steal_pointer(&scanned), FALSE);
    *theirs = g_string_free(g_steal_pointer(&read), FALSE);
    return equal;
}
