/* SPDX-License-Identifier: Apache-2.0 */
/* schema-check.c: does one value hold what its state asks for? Pure; each check names the keyword that failed. */
#include "base/schema-private.h"

#include "base/decimal.h"

static guint64
count_code_points(const char *text, gsize length)
{
    guint64 n = 0;

    for (gsize i = 0; i < length; i++)
        n += ((guint8) text[i] & 0xc0) != 0x80;
    return n;
}

/* A text of n bytes has at most n and at least n/4 code points: mostly the bytes decide. */
static const char *
check_length(const LtSchemaState *self, const char *text, gsize length)
{
    guint64 n;

    if (length <= self->max_length && length / 4 >= self->min_length)
        return NULL;
    n = count_code_points(text, length);
    if (n < self->min_length)
        return "minLength";
    return n > self->max_length ? "maxLength" : NULL;
}

static const char *
check_choices(const LtSchemaState *self, const LtJsonValue *value)
{
    for (guint i = 0; i < self->n_choices; i++) {
        const LtSchemaChoice *choice = &self->choices[i];
        gboolean found = FALSE;

        for (guint k = 0; k < choice->n_values && !found; k++)
            found = lt_json_value_equal(choice->values[k], value);
        if (!found)
            return choice->is_const ? "const" : "enum";
    }
    return NULL;
}

const char *
lt_schema_state_check_string(const LtSchemaState *self, const char *text, gsize length)
{
    const char *failed;

    if ((self->types & LT_TYPE_STRING) == 0)
        return "type";
    failed = check_length(self, text, length);
    if (failed != NULL)
        return failed;
    if ((self->formats & LT_FORMAT_DATE) != 0 && !lt_format_is_date(text, length))
        return "format";
    if ((self->formats & LT_FORMAT_DATE_TIME) != 0 && !lt_format_is_date_time(text, length))
        return "format";
    if ((self->formats & LT_FORMAT_UUID) != 0 && !lt_format_is_uuid(text, length))
        return "format";
    for (guint i = 0; i < self->n_patterns; i++)
        if (!lt_schema_pattern_match(self->patterns[i], text, length))
            return "pattern";
    if (self->n_choices > 0) {
        LtJsonValue value = { .kind = LT_JSON_STRING, .text = (char *) text, .length = length };

        return check_choices(self, &value);
    }
    return NULL;
}

static int
compare_bound(const LtJsonNumber *number, const LtSchemaBound *bound)
{
    if (number->is_safe && bound->is_safe)
        return number->integer < bound->integer ? -1 : number->integer > bound->integer;
    return lt_decimal_compare(number->text, number->length, bound->text, bound->length);
}

const char *
lt_schema_state_check_number(const LtSchemaState *self, const LtJsonNumber *number)
{
    gboolean whole = number->is_plain || lt_decimal_is_integer(number->text, number->length);

    if ((self->types & (whole ? LT_TYPE_INTEGER : LT_TYPE_FRACTION)) == 0)
        return "type";
    for (guint i = 0; i < self->n_bounds; i++) {
        int order = compare_bound(number, &self->bounds[i]);

        if (self->bounds[i].is_maximum ? order > 0 : order < 0)
            return self->bounds[i].is_maximum ? "maximum" : "minimum";
    }
    if (self->n_choices > 0) {
        LtJsonValue value = { .kind = LT_JSON_NUMBER, .text = (char *) number->text, .length = number->length };

        return check_choices(self, &value);
    }
    return NULL;
}

const char *
lt_schema_state_check_word(const LtSchemaState *self, LtJsonKind kind)
{
    LtJsonValue value = { .kind = kind };

    if ((self->types & (kind == LT_JSON_NULL ? LT_TYPE_NULL : LT_TYPE_BOOLEAN)) == 0)
        return "type";
    return self->n_choices > 0 ? check_choices(self, &value) : NULL;
}

const char *
lt_schema_state_check_begin(const LtSchemaState *self, LtSchemaTypes type)
{
    if ((self->types & type) == 0)
        return "type";
    for (guint i = 0; i < self->n_choices; i++)
        if (!self->choices[i].has_containers)
            return self->choices[i].is_const ? "const" : "enum";
    return NULL;
}

const char *
lt_schema_state_check_choices(const LtSchemaState *self, const char *data, gsize size)
{
    g_autoptr(LtJsonValue) value = lt_json_value_parse(data, size, NULL);

    return value == NULL ? "enum" : check_choices(self, value);
}
