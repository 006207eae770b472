/* SPDX-License-Identifier: Apache-2.0 */
/* schema-private.h: a compiled schema as the JSON scanner walks it. Not for other rooms.
 *
 * Several subschemas can apply to one value ($ref with siblings, properties of several of them). Compiling merges each set
 * that can occur into one state, so that at run time a value has exactly one state and nothing is allocated. A state that is
 * NULL allows everything.
 */
#pragma once

#include "base/json-private.h"
#include "base/schema.h"

typedef struct _LtSchemaState LtSchemaState;
typedef struct _LtSchemaPattern LtSchemaPattern; /* schema-pattern.c */

typedef enum {
    LT_TYPE_NULL = 1 << 0,
    LT_TYPE_BOOLEAN = 1 << 1,
    LT_TYPE_OBJECT = 1 << 2,
    LT_TYPE_ARRAY = 1 << 3,
    LT_TYPE_STRING = 1 << 4,
    LT_TYPE_INTEGER = 1 << 5,
    LT_TYPE_FRACTION = 1 << 6, /* a number that is not whole */
    LT_TYPE_ANY = (1 << 7) - 1,
} LtSchemaTypes;

typedef enum {
    LT_FORMAT_DATE = 1 << 0,
    LT_FORMAT_DATE_TIME = 1 << 1,
    LT_FORMAT_UUID = 1 << 2,
} LtSchemaFormats;

typedef struct {
    const char *name; /* may hold NUL: see length */
    guint32 length;
    guint32 hash;
    gboolean required;
    guint index; /* position in the state: which bit says that it was seen */
    const LtSchemaState *state;
} LtSchemaProperty;

/* `minimum` or `maximum`. */
typedef struct {
    const char *text;
    gsize length;
    gint64 integer; /* when is_safe */
    gboolean is_safe;
    gboolean is_maximum;
} LtSchemaBound;

/* `enum`, or `const` as an enum of one. */
typedef struct {
    const LtJsonValue *const *values;
    guint n_values;
    gboolean is_const;
    gboolean has_containers; /* objects or arrays among the values */
} LtSchemaChoice;

struct _LtSchemaState {
    LtSchemaTypes types;
    gboolean is_false; /* made of a schema `false` */

    LtSchemaProperty *properties;
    guint n_properties;
    const LtSchemaProperty **table; /* n_slots places, a power of two; open addressing */
    guint n_slots;
    const LtSchemaState *other; /* of names that are no property */
    guint n_required;

    const LtSchemaState *items;
    guint64 min_items, max_items;

    guint64 min_length, max_length; /* code points */
    LtSchemaFormats formats;
    const LtSchemaPattern **patterns;
    guint n_patterns;

    LtSchemaBound *bounds;
    guint n_bounds;
    LtSchemaChoice *choices;
    guint n_choices;
};

/** lt_schema_get_root: Returns: (nullable): the state of the outermost value */
const LtSchemaState *lt_schema_get_root(const LtSchema *self);

static inline const LtSchemaProperty *
lt_schema_state_lookup(const LtSchemaState *self, const char *name, gsize length, guint32 hash)
{
    guint slot = hash & (self->n_slots - 1);

    if (self->n_slots == 0)
        return NULL;
    for (; self->table[slot] != NULL; slot = (slot + 1) & (self->n_slots - 1)) {
        const LtSchemaProperty *property = self->table[slot];

        if (property->hash == hash && property->length == length && memcmp(property->name, name, length) == 0)
            return property;
    }
    return NULL;
}

/* The checks answer with the keyword that failed, or NULL when all hold. */
const char *lt_schema_state_check_string(const LtSchemaState *self, const char *text, gsize length);
const char *lt_schema_state_check_number(const LtSchemaState *self, const LtJsonNumber *number);
const char *lt_schema_state_check_word(const LtSchemaState *self, LtJsonKind kind); /* true, false, null */
/** lt_schema_state_check_begin: @type: object or array; only what is known at its first byte */
const char *lt_schema_state_check_begin(const LtSchemaState *self, LtSchemaTypes type);
/** lt_schema_state_check_choices: @data: a whole object or array as written */
const char *lt_schema_state_check_choices(const LtSchemaState *self, const char *data, gsize size);

gboolean lt_format_is_date(const char *text, gsize length);
gboolean lt_format_is_date_time(const char *text, gsize length);
gboolean lt_format_is_uuid(const char *text, gsize length);

/** lt_schema_pattern_compile: ECMA-262 with flag `u`. Errors: %LT_ERROR_CONFIG `schema.value` */
LtSchemaPattern *lt_schema_pattern_compile(const char *source, gsize length, GError **error);
gboolean lt_schema_pattern_match(const LtSchemaPattern *self, const char *text, gsize length);
void lt_schema_pattern_free(LtSchemaPattern *self);

/* One schema of the document, as written: what its keywords say of a value. Owned by the schema. */
typedef struct _LtSchemaNode LtSchemaNode;
struct _LtSchemaNode {
    guint index;
    gboolean is_false;
    gboolean is_trivial; /* `true`, or nothing but annotations: allows everything */
    LtSchemaTypes types;
    GPtrArray *property_names; /* of LtJsonValue *, borrowed */
    GPtrArray *property_nodes; /* of LtSchemaNode *, borrowed */
    GPtrArray *required;       /* of LtJsonValue *, borrowed */
    LtSchemaNode *additional;  /* nullable */
    LtSchemaNode *items;       /* nullable */
    const LtJsonValue *ref;    /* nullable: the text of $ref */
    LtSchemaNode *target;      /* what it points to */
    guint64 min_items, max_items, min_length, max_length;
    LtSchemaFormats formats;
    LtSchemaPattern *pattern; /* nullable, owned */
    GArray *bounds;           /* of LtSchemaBound */
    GArray *choices;          /* of LtSchemaChoice */
};

/** lt_schema_nodes_read: Returns: nodes, the first is the outermost schema's; $ref resolved. @document outlives them */
GPtrArray *lt_schema_nodes_read(const LtJsonValue *document, GError **error);
