/* SPDX-License-Identifier: Apache-2.0 */
/* json-value.c: a JSON document as a tree, built from the scanner's events.
 *
 * Only for schemas, and for comparing a value with the objects and arrays of an `enum`. Depth is limited by the scanner, so
 * that walking a tree may recurse.
 */
#include "base/json-private.h"

#include "base/decimal.h"

typedef struct {
    GPtrArray *open;    /* of LtJsonValue *, borrowed: objects and arrays that have not ended */
    LtJsonValue *root;
} Builder;

void
lt_json_value_free(LtJsonValue *self)
{
    g_clear_pointer(&self->names, g_ptr_array_unref);
    g_clear_pointer(&self->values, g_ptr_array_unref);
    g_free(self->text);
    g_free(self);
}

static LtJsonValue *
value_new(const LtJsonEvent *event)
{
    LtJsonValue *value = g_new0(LtJsonValue, 1);

    value->kind = event->kind;
    if (event->text != NULL) {
        value->text = g_malloc(event->length + 1);
        memcpy(value->text, event->text, event->length + 1);
        value->length = event->length;
    }
    if (event->kind == LT_JSON_OBJECT_BEGIN)
        value->names = g_ptr_array_new_with_free_func((GDestroyNotify) lt_json_value_free);
    if (event->kind == LT_JSON_OBJECT_BEGIN || event->kind == LT_JSON_ARRAY_BEGIN)
        value->values = g_ptr_array_new_with_free_func((GDestroyNotify) lt_json_value_free);
    return value;
}

static gboolean
on_event(const LtJsonEvent *event, gpointer data, GError **error)
{
    Builder *builder = data;
    LtJsonValue *parent = builder->open->len == 0 ? NULL : g_ptr_array_index(builder->open, builder->open->len - 1);
    LtJsonValue *value;

    (void) error;
    if (event->kind == LT_JSON_OBJECT_END || event->kind == LT_JSON_ARRAY_END) {
        g_ptr_array_set_size(builder->open, (gint) builder->open->len - 1);
        return TRUE;
    }
    value = value_new(event);
    if (parent == NULL)
        builder->root = value;
    else
        g_ptr_array_add(event->kind == LT_JSON_NAME ? parent->names : parent->values, value);
    if (value->values != NULL)
        g_ptr_array_add(builder->open, value);
    return TRUE;
}

LtJsonValue *
lt_json_value_parse(const char *data, gsize size, GError **error)
{
    g_autoptr(GPtrArray) open = g_ptr_array_new();
    Builder builder = { .open = open };

    if (lt_json_scan(data, size, LT_JSON_SCHEMA, NULL, on_event, &builder, NULL, error))
        return builder.root;
    g_clear_pointer(&builder.root, lt_json_value_free);
    return NULL;
}

const LtJsonValue *
lt_json_value_member(const LtJsonValue *self, const char *name, gsize length)
{
    for (guint i = 0; self->names != NULL && i < self->names->len; i++) {
        const LtJsonValue *candidate = g_ptr_array_index(self->names, i);

        if (candidate->length == length && memcmp(candidate->text, name, length) == 0)
            return g_ptr_array_index(self->values, i);
    }
    return NULL;
}

static gboolean
is_number(const LtJsonValue *value)
{
    return value->kind == LT_JSON_INTEGER || value->kind == LT_JSON_NUMBER;
}

static gboolean
members_equal(const LtJsonValue *a, const LtJsonValue *b)
{
    for (guint i = 0; i < a->values->len; i++) {
        const LtJsonValue *name = g_ptr_array_index(a->names, i);
        const LtJsonValue *other = lt_json_value_member(b, name->text, name->length);

        if (other == NULL || !lt_json_value_equal(g_ptr_array_index(a->values, i), other))
            return FALSE;
    }
    return TRUE;
}

gboolean
lt_json_value_equal(const LtJsonValue *a, const LtJsonValue *b)
{
    if (is_number(a) && is_number(b))
        return lt_decimal_compare(a->text, a->length, b->text, b->length) == 0;
    if (a->kind != b->kind)
        return FALSE;
    if (a->kind == LT_JSON_STRING)
        return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
    if (a->values == NULL)
        return TRUE;
    if (a->values->len != b->values->len)
        return FALSE;
    if (a->kind == LT_JSON_OBJECT_BEGIN)
        return members_equal(a, b);
    for (guint i = 0; i < a->values->len; i++)
        if (!lt_json_value_equal(g_ptr_array_index(a->values, i), g_ptr_array_index(b->values, i)))
            return FALSE;
    return TRUE;
}
