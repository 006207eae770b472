/* SPDX-License-Identifier: Apache-2.0 */
/* schema-node.c: a schema document read into nodes, one per schema in it, each keyword by its own row of a table.
 *
 * Every place where a schema may stand is read, also $defs that nothing refers to, so that an unknown keyword is found
 * wherever it hides. Merging nodes into what the scanner walks is left to schema.c.
 */
#include "base/schema-private.h"

#include "base/decimal.h"

typedef struct {
    GPtrArray *nodes;     /* of LtSchemaNode *, owned */
    GHashTable *by_value; /* LtJsonValue * → LtSchemaNode *: where a $ref may point */
    GString *path;        /* JSON Pointer of the schema being read */
} Reader;

typedef gboolean (*ReadKeyword)(Reader *reader, LtSchemaNode *node, const LtJsonValue *value, GError **error);

static LtSchemaNode *read_node(Reader *reader, const LtJsonValue *value, GError **error);

static gboolean
refuse(const Reader *reader, const char *reason, const char *text, GError **error)
{
    lt_error_set(error, LT_ERROR_CONFIG, reason, "schema: at \"#%s\": %s", reader->path->str, text);
    return FALSE;
}

static LtSchemaNode *
read_node_at(Reader *reader, const LtJsonValue *value, const char *step, GError **error)
{
    gsize length = reader->path->len;
    LtSchemaNode *node;

    g_string_append_printf(reader->path, "/%s", step);
    node = read_node(reader, value, error);
    if (node != NULL)
        g_string_truncate(reader->path, length);
    return node;
}

static gboolean
read_type_name(const Reader *reader, LtSchemaNode *node, const LtJsonValue *value, GError **error)
{
    static const struct {
        const char *name;
        LtSchemaTypes types;
    } rows[] = {
        { "null", LT_TYPE_NULL }, { "boolean", LT_TYPE_BOOLEAN }, { "object", LT_TYPE_OBJECT }, { "array", LT_TYPE_ARRAY },
        { "string", LT_TYPE_STRING }, { "integer", LT_TYPE_INTEGER }, { "number", LT_TYPE_INTEGER | LT_TYPE_FRACTION },
    };

    for (guint i = 0; value->kind == LT_JSON_STRING && i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].name, value->text) == 0) {
            node->types |= rows[i].types;
            return TRUE;
        }
    }
    return refuse(reader, "schema.value", "type is not one of the seven types", error);
}

static gboolean
read_type(Reader *reader, LtSchemaNode *node, const LtJsonValue *value, GError **error)
{
    node->types = 0;
    if (value->kind != LT_JSON_ARRAY_BEGIN)
        return read_type_name(reader, node, value, error);
    for (guint i = 0; i < value->values->len; i++)
        if (!read_type_name(reader, node, g_ptr_array_index(value->values, i), error))
            return FALSE;
    return TRUE;
}

static gboolean
read_required(Reader *reader, LtSchemaNode *node, const LtJsonValue *value, GError **error)
{
    if (value->kind != LT_JSON_ARRAY_BEGIN)
        return refuse(reader, "schema.value", "required is not a list of names", error);
    for (guint i = 0; i < value->values->len; i++) {
        LtJsonValue *name = g_ptr_array_index(value->values, i);

        if (name->kind != LT_JSON_STRING)
            return refuse(reader, "schema.value", "required is not a list of names", error);
        g_ptr_array_add(node->required, name);
    }
    return TRUE;
}

static gboolean
read_properties(Reader *reader, LtSchemaNode *node, const LtJsonValue *value, GError **error)
{
    if (value->kind != LT_JSON_OBJECT_BEGIN)
        return refuse(reader, "schema.value", "properties is not an object", error);
    for (guint i = 0; i < value->names->len; i++) {
        LtJsonValue *name = g_ptr_array_index(value->names, i);
        g_autofree char *step = g_strconcat("properties/", name->text, NULL);
        LtSchemaNode *child = read_node_at(reader, g_ptr_array_index(value->values, i), step, error);

        if (child == NULL)
            return FALSE;
        g_ptr_array_add(node->property_names, name);
        g_ptr_array_add(node->property_nodes, child);
    }
    return TRUE;
}

static gboolean
read_definitions(Reader *reader, LtSchemaNode *node, const LtJsonValue *value, GError **error)
{
    (void) node;
    if (value->kind != LT_JSON_OBJECT_BEGIN)
        return refuse(reader, "schema.value", "$defs is not an object", error);
    for (guint i = 0; i < value->names->len; i++) {
        const LtJsonValue *name = g_ptr_array_index(value->names, i);
        g_autofree char *step = g_strconcat("$defs/", name->text, NULL);

        if (read_node_at(reader, g_ptr_array_index(value->values, i), step, error) == NULL)
            return FALSE;
    }
    return TRUE;
}

static gboolean
read_additional(Reader *reader, LtSchemaNode *node, const LtJsonValue *value, GError **error)
{
    node->additional = read_node_at(reader, value, "additionalProperties", error);
    return node->additional != NULL;
}

static gboolean
read_items(Reader *reader, LtSchemaNode *node, const LtJsonValue *value, GError **error)
{
    node->items = read_node_at(reader, value, "items", error);
    return node->items != NULL;
}

static gboolean
read_count(const Reader *reader, const LtJsonValue *value, guint64 *count, GError **error)
{
    double number;

    if ((value->kind != LT_JSON_INTEGER && value->kind != LT_JSON_NUMBER) ||
        !lt_decimal_is_integer(value->text, value->length) || lt_decimal_compare(value->text, value->length, "0", 1) < 0)
        return refuse(reader, "schema.value", "a count is not a whole number from 0 on", error);
    number = lt_json_number_to_double(value->text, value->length);
    *count = number < 1e18 ? (guint64) number : G_MAXUINT64;
    return TRUE;
}

static gboolean
read_min_items(Reader *reader, LtSchemaNode *node, const LtJsonValue *value, GError **error)
{
    return read_count(reader, value, &node->min_items, error);
}

static gboolean
read_max_items(Reader *reader, LtSchemaNode *node, const LtJsonValue *value, GError **error)
{
    return read_count(reader, value, &node->max_items, error);
}

static gboolean
read_min_length(Reader *reader, LtSchemaNode *node, const LtJsonValue *value, GError **error)
{
    return read_count(reader, value, &node->min_length, error);
}

static gboolean
read_max_length(Reader *reader, LtSchemaNode *node, const LtJsonValue *value, GError **error)
{
    return read_count(reader, value, &node->max_length, error);
}

static gboolean
read_bound(const Reader *reader, LtSchemaNode *node, const LtJsonValue *value, gboolean is_maximum, GError **error)
{
    LtSchemaBound bound = { .text = value->text, .length = value->length, .is_maximum = is_maximum };

    if (value->kind != LT_JSON_INTEGER && value->kind != LT_JSON_NUMBER)
        return refuse(reader, "schema.value", "minimum or maximum is not a number", error);
    if (value->kind == LT_JSON_INTEGER) {
        bound.is_safe = TRUE;
        bound.integer = g_ascii_strtoll(value->text, NULL, 10);
    }
    g_array_append_val(node->bounds, bound);
    return TRUE;
}

static gboolean
read_minimum(Reader *reader, LtSchemaNode *node, const LtJsonValue *value, GError **error)
{
    return read_bound(reader, node, value, FALSE, error);
}

static gboolean
read_maximum(Reader *reader, LtSchemaNode *node, const LtJsonValue *value, GError **error)
{
    return read_bound(reader, node, value, TRUE, error);
}

static gboolean
read_enum(Reader *reader, LtSchemaNode *node, const LtJsonValue *value, GError **error)
{
    LtSchemaChoice choice = { .is_const = FALSE };

    if (value->kind != LT_JSON_ARRAY_BEGIN)
        return refuse(reader, "schema.value", "enum is not an array", error);
    choice.values = (const LtJsonValue *const *) value->values->pdata;
    choice.n_values = value->values->len;
    for (guint i = 0; i < choice.n_values; i++)
        choice.has_containers = choice.has_containers || choice.values[i]->values != NULL;
    g_array_append_val(node->choices, choice);
    return TRUE;
}

static gboolean
read_pattern(Reader *reader, LtSchemaNode *node, const LtJsonValue *value, GError **error)
{
    if (value->kind != LT_JSON_STRING)
        return refuse(reader, "schema.value", "pattern is not a string", error);
    node->pattern = lt_schema_pattern_compile(value->text, value->length, error);
    if (node->pattern == NULL)
        g_prefix_error(error, "at \"#%s\": ", reader->path->str);
    return node->pattern != NULL;
}

static gboolean
read_format(Reader *reader, LtSchemaNode *node, const LtJsonValue *value, GError **error)
{
    if (value->kind == LT_JSON_STRING && strcmp(value->text, "date") == 0)
        node->formats = LT_FORMAT_DATE;
    else if (value->kind == LT_JSON_STRING && strcmp(value->text, "date-time") == 0)
        node->formats = LT_FORMAT_DATE_TIME;
    else if (value->kind == LT_JSON_STRING && strcmp(value->text, "uuid") == 0)
        node->formats = LT_FORMAT_UUID;
    else
        return refuse(reader, "schema.value", "format is not date, date-time or uuid", error);
    return TRUE;
}

static gboolean
read_ref(Reader *reader, LtSchemaNode *node, const LtJsonValue *value, GError **error)
{
    if (value->kind != LT_JSON_STRING || value->text[0] != '#' || (value->text[1] != '\0' && value->text[1] != '/'))
        return refuse(reader, "schema.ref", "$ref is neither # nor #/...", error);
    node->ref = value;
    return TRUE;
}

static gboolean
read_dialect(Reader *reader, LtSchemaNode *node, const LtJsonValue *value, GError **error)
{
    (void) node;
    if (value->kind == LT_JSON_STRING && strcmp(value->text, "https://json-schema.org/draft/2020-12/schema") == 0)
        return TRUE;
    return refuse(reader, "schema.value", "$schema is not draft 2020-12", error);
}

static const struct {
    const char *name;
    ReadKeyword read; /* NULL: an annotation */
} keywords[] = {
    { "type", read_type }, { "properties", read_properties }, { "required", read_required },
    { "additionalProperties", read_additional }, { "items", read_items }, { "minItems", read_min_items },
    { "maxItems", read_max_items }, { "minLength", read_min_length }, { "maxLength", read_max_length },
    { "pattern", read_pattern }, { "format", read_format }, { "minimum", read_minimum }, { "maximum", read_maximum },
    { "enum", read_enum }, { "$ref", read_ref }, { "$defs", read_definitions }, { "$schema", read_dialect },
    { "$comment", NULL }, { "title", NULL }, { "description", NULL }, { "examples", NULL }, { "default", NULL },
};

/* A `const` is an `enum` of one; its array is the place in the document where the value stands. */
static void
read_const(LtSchemaNode *node, const LtJsonValue *object, guint index)
{
    LtSchemaChoice choice = { .n_values = 1, .is_const = TRUE };

    choice.values = (const LtJsonValue *const *) &object->values->pdata[index];
    choice.has_containers = choice.values[0]->values != NULL;
    g_array_append_val(node->choices, choice);
}

static gboolean
read_keyword(Reader *reader, LtSchemaNode *node, const LtJsonValue *object, guint index, GError **error)
{
    const LtJsonValue *name = g_ptr_array_index(object->names, index);
    g_autofree char *text = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(keywords); i++) {
        if (strcmp(keywords[i].name, name->text) != 0)
            continue;
        if (keywords[i].read == NULL)
            return TRUE;
        if (keywords[i].read != read_definitions && keywords[i].read != read_dialect)
            node->is_trivial = FALSE;
        return keywords[i].read(reader, node, g_ptr_array_index(object->values, index), error);
    }
    if (strcmp(name->text, "const") == 0) {
        node->is_trivial = FALSE;
        read_const(node, object, index);
        return TRUE;
    }
    text = g_strdup_printf("the keyword \"%s\" is outside the subset", name->text);
    return refuse(reader, "schema.keyword", text, error);
}

static void
node_free(gpointer data)
{
    LtSchemaNode *self = data;

    g_ptr_array_unref(self->property_names);
    g_ptr_array_unref(self->property_nodes);
    g_ptr_array_unref(self->required);
    g_array_unref(self->bounds);
    g_array_unref(self->choices);
    g_clear_pointer(&self->pattern, lt_schema_pattern_free);
    g_free(self);
}

static LtSchemaNode *
node_new(Reader *reader, const LtJsonValue *value)
{
    LtSchemaNode *node = g_new0(LtSchemaNode, 1);

    node->index = reader->nodes->len;
    node->is_trivial = TRUE;
    node->types = LT_TYPE_ANY;
    node->max_items = G_MAXUINT64;
    node->max_length = G_MAXUINT64;
    node->property_names = g_ptr_array_new();
    node->property_nodes = g_ptr_array_new();
    node->required = g_ptr_array_new();
    node->bounds = g_array_new(FALSE, FALSE, sizeof(LtSchemaBound));
    node->choices = g_array_new(FALSE, FALSE, sizeof(LtSchemaChoice));
    g_ptr_array_add(reader->nodes, node);
    g_hash_table_insert(reader->by_value, (gpointer) value, node);
    return node;
}

static LtSchemaNode *
read_node(Reader *reader, const LtJsonValue *value, GError **error)
{
    LtSchemaNode *node;

    if (value->kind != LT_JSON_OBJECT_BEGIN && value->kind != LT_JSON_TRUE && value->kind != LT_JSON_FALSE) {
        refuse(reader, "schema.value", "a schema is an object, true or false", error);
        return NULL;
    }
    node = node_new(reader, value);
    node->is_false = value->kind == LT_JSON_FALSE;
    node->is_trivial = !node->is_false;
    for (guint i = 0; value->kind == LT_JSON_OBJECT_BEGIN && i < value->names->len; i++)
        if (!read_keyword(reader, node, value, i, error))
            return NULL;
    return node;
}

/* One step of a JSON Pointer (RFC 6901) in a URI fragment. */
static const LtJsonValue *
follow_step(const LtJsonValue *value, const char *step, gsize length)
{
    g_autofree char *decoded = g_uri_unescape_segment(step, step + length, NULL);
    g_autoptr(GString) name = decoded == NULL ? NULL : g_string_new(decoded);

    if (name == NULL)
        return NULL;
    g_string_replace(name, "~1", "/", 0);
    g_string_replace(name, "~0", "~", 0);
    return lt_json_value_member(value, name->str, name->len);
}

static gboolean
resolve(Reader *reader, LtSchemaNode *node, const LtJsonValue *document, GError **error)
{
    const LtJsonValue *value = document;
    const char *at = node->ref->text + 1;

    while (value != NULL && *at == '/') {
        gsize length = strcspn(at + 1, "/");

        value = follow_step(value, at + 1, length);
        at += 1 + length;
    }
    node->target = value == NULL ? NULL : g_hash_table_lookup(reader->by_value, value);
    if (node->target != NULL)
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "schema.ref", "schema: $ref \"%s\" points to no schema", node->ref->text);
    return FALSE;
}

GPtrArray *
lt_schema_nodes_read(const LtJsonValue *document, GError **error)
{
    g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func(node_free);
    g_autoptr(GHashTable) by_value = g_hash_table_new(NULL, NULL);
    g_autoptr(GString) path = g_string_new(NULL);
    Reader reader = { nodes, by_value, path };

    if (read_node(&reader, document, error) == NULL)
        return NULL;
    for (guint i = 0; i < nodes->len; i++) {
        LtSchemaNode *node = g_ptr_array_index(nodes, i);

        if (node->ref != NULL && !resolve(&reader, node, document, error))
            return NULL;
    }
    return g_steal_pointer(&nodes);
}
