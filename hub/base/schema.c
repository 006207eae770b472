/* SPDX-License-Identifier: Apache-2.0 */
/* schema.c: the nodes of a schema merged into the states that the scanner walks.
 *
 * The set of schemas that apply to a value follows from the set that applies to its parent and from its name, so each set that
 * can occur becomes one state, as when a nondeterministic automaton is made deterministic. $ref disappears here: a node and
 * everything that it refers to stand in the same set, and recursion is a state that leads back to an earlier one.
 */
#include "base/schema-private.h"

/* A schema that needs more is a mistake: states can grow exponentially only in schemas made to do that. */
#define MAX_STATES 10000

typedef struct {
    LtSchemaState state; /* first: a state is handed out as a pointer to this */
    GArray *set;         /* of guint: indexes of nodes, ascending */
} Merged;

struct _LtSchema {
    gatomicrefcount references;
    LtJsonValue *document; /* texts and enum values are borrowed from it */
    GPtrArray *nodes;
    GPtrArray *states; /* of Merged * */
    const LtSchemaState *root;
};

typedef struct {
    LtSchema *schema;
    GHashTable *by_set; /* GBytes of the set → Merged * */
} Merger;

static void
merged_free(gpointer data)
{
    Merged *self = data;

    g_free(self->state.properties);
    g_free(self->state.table);
    g_free(self->state.patterns);
    g_free(self->state.bounds);
    g_free(self->state.choices);
    g_array_unref(self->set);
    g_free(self);
}

static const LtSchemaNode *
node_at(const LtSchema *schema, const GArray *set, guint i)
{
    return g_ptr_array_index(schema->nodes, g_array_index(set, guint, i));
}

/* Adds a node and all that it refers to, keeping the order and each only once. */
static void
set_add(GArray *set, const LtSchemaNode *node)
{
    for (; node != NULL; node = node->target) {
        guint at = 0;

        while (at < set->len && g_array_index(set, guint, at) < node->index)
            at++;
        if (at < set->len && g_array_index(set, guint, at) == node->index)
            return;
        if (!node->is_trivial)
            g_array_insert_val(set, at, node->index);
    }
}

/* Takes over @set. Returns: (nullable): its state; %NULL when everything is allowed */
static const LtSchemaState *
state_of(Merger *merger, GArray *set)
{
    g_autoptr(GArray) owned = set;
    g_autoptr(GBytes) key = g_bytes_new(set->data, set->len * sizeof(guint));
    Merged *merged = g_hash_table_lookup(merger->by_set, key);

    if (set->len == 0)
        return NULL;
    if (merged == NULL) {
        merged = g_new0(Merged, 1);
        merged->set = g_steal_pointer(&owned);
        g_ptr_array_add(merger->schema->states, merged);
        g_hash_table_insert(merger->by_set, g_steal_pointer(&key), merged);
    }
    return &merged->state;
}

static void
merge_limits(LtSchemaState *state, const LtSchemaNode *node)
{
    state->is_false = state->is_false || node->is_false;
    state->types &= node->is_false ? 0 : node->types;
    state->formats |= node->formats;
    state->min_items = MAX(state->min_items, node->min_items);
    state->max_items = MIN(state->max_items, node->max_items);
    state->min_length = MAX(state->min_length, node->min_length);
    state->max_length = MIN(state->max_length, node->max_length);
}

static void
merge_values(const LtSchema *schema, Merged *merged)
{
    g_autoptr(GArray) bounds = g_array_new(FALSE, FALSE, sizeof(LtSchemaBound));
    g_autoptr(GArray) choices = g_array_new(FALSE, FALSE, sizeof(LtSchemaChoice));
    g_autoptr(GPtrArray) patterns = g_ptr_array_new();
    LtSchemaState *state = &merged->state;

    state->types = LT_TYPE_ANY;
    state->max_items = G_MAXUINT64;
    state->max_length = G_MAXUINT64;
    for (guint i = 0; i < merged->set->len; i++) {
        const LtSchemaNode *node = node_at(schema, merged->set, i);

        merge_limits(state, node);
        g_array_append_vals(bounds, node->bounds->data, node->bounds->len);
        g_array_append_vals(choices, node->choices->data, node->choices->len);
        if (node->pattern != NULL)
            g_ptr_array_add(patterns, node->pattern);
    }
    state->n_bounds = bounds->len;
    state->bounds = (LtSchemaBound *) (gpointer) g_array_free(g_steal_pointer(&bounds), FALSE);
    state->n_choices = choices->len;
    state->choices = (LtSchemaChoice *) (gpointer) g_array_free(g_steal_pointer(&choices), FALSE);
    state->n_patterns = patterns->len;
    state->patterns = (const LtSchemaPattern **) g_ptr_array_free(g_steal_pointer(&patterns), FALSE);
}

static LtSchemaProperty *
find_or_add(GArray *properties, const LtJsonValue *name)
{
    LtSchemaProperty property = { .name = name->text, .length = (guint32) name->length, .index = properties->len };

    property.hash = lt_json_name_hash(name->text, name->length);
    for (guint i = 0; i < properties->len; i++) {
        LtSchemaProperty *known = &g_array_index(properties, LtSchemaProperty, i);

        if (known->hash == property.hash && known->length == property.length && memcmp(known->name, name->text, name->length) == 0)
            return known;
    }
    g_array_append_val(properties, property);
    return &g_array_index(properties, LtSchemaProperty, properties->len - 1);
}

static const LtSchemaNode *
property_node(const LtSchemaNode *node, const char *name, gsize length)
{
    for (guint i = 0; i < node->property_names->len; i++) {
        const LtJsonValue *own = g_ptr_array_index(node->property_names, i);

        if (own->length == length && memcmp(own->text, name, length) == 0)
            return g_ptr_array_index(node->property_nodes, i);
    }
    return node->additional;
}

static void
make_table(LtSchemaState *state)
{
    guint n_slots = 4;

    while (n_slots < 3 * state->n_properties)
        n_slots *= 2;
    if (state->n_properties == 0)
        return;
    state->n_slots = n_slots;
    state->table = g_new0(const LtSchemaProperty *, n_slots);
    for (guint i = 0; i < state->n_properties; i++) {
        guint slot = state->properties[i].hash & (n_slots - 1);

        while (state->table[slot] != NULL)
            slot = (slot + 1) & (n_slots - 1);
        state->table[slot] = &state->properties[i];
    }
}

static void
collect_names(const LtSchema *schema, Merged *merged, GArray *properties)
{
    for (guint i = 0; i < merged->set->len; i++) {
        const LtSchemaNode *node = node_at(schema, merged->set, i);

        for (guint k = 0; k < node->property_names->len; k++)
            find_or_add(properties, g_ptr_array_index(node->property_names, k));
        for (guint k = 0; k < node->required->len; k++) {
            LtSchemaProperty *property = find_or_add(properties, g_ptr_array_index(node->required, k));

            merged->state.n_required += !property->required;
            property->required = TRUE;
        }
    }
}

static void
merge_members(Merger *merger, Merged *merged)
{
    g_autoptr(GArray) properties = g_array_new(FALSE, FALSE, sizeof(LtSchemaProperty));
    const LtSchema *schema = merger->schema;
    LtSchemaState *state = &merged->state;
    GArray *other = g_array_new(FALSE, FALSE, sizeof(guint));
    GArray *items = g_array_new(FALSE, FALSE, sizeof(guint));

    collect_names(schema, merged, properties);
    for (guint p = 0; p < properties->len; p++) {
        LtSchemaProperty *property = &g_array_index(properties, LtSchemaProperty, p);
        GArray *set = g_array_new(FALSE, FALSE, sizeof(guint));

        for (guint i = 0; i < merged->set->len; i++)
            set_add(set, property_node(node_at(schema, merged->set, i), property->name, property->length));
        property->state = state_of(merger, set);
    }
    for (guint i = 0; i < merged->set->len; i++) {
        set_add(other, node_at(schema, merged->set, i)->additional);
        set_add(items, node_at(schema, merged->set, i)->items);
    }
    state->other = state_of(merger, other);
    state->items = state_of(merger, items);
    state->n_properties = properties->len;
    state->properties = (LtSchemaProperty *) (gpointer) g_array_free(g_steal_pointer(&properties), FALSE);
    make_table(state);
}

static gboolean
merge_all(LtSchema *self, GError **error)
{
    g_autoptr(GHashTable) by_set = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);
    Merger merger = { self, by_set };
    GArray *root = g_array_new(FALSE, FALSE, sizeof(guint));

    set_add(root, g_ptr_array_index(self->nodes, 0));
    self->root = state_of(&merger, root);
    for (guint i = 0; i < self->states->len; i++) {
        Merged *merged = g_ptr_array_index(self->states, i);

        if (self->states->len > MAX_STATES) {
            lt_error_set(error, LT_ERROR_CONFIG, "schema.value", "schema: more than %d combinations of its parts can occur",
                         MAX_STATES);
            return FALSE;
        }
        merge_values(self, merged);
        merge_members(&merger, merged);
    }
    return TRUE;
}

static gboolean
read_document(LtSchema *self, const char *data, gsize size, GError **error)
{
    g_autoptr(GError) cause = NULL;

    self->document = lt_json_value_parse(data, size, &cause);
    if (self->document == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, lt_error_get_reason(cause), "schema: %s", cause->message);
        return FALSE;
    }
    self->nodes = lt_schema_nodes_read(self->document, error);
    return self->nodes != NULL;
}

LtSchema *
lt_schema_compile(const char *data, gsize size, GError **error)
{
    g_autoptr(LtSchema) self = g_new0(LtSchema, 1);

    g_atomic_ref_count_init(&self->references);
    self->states = g_ptr_array_new_with_free_func(merged_free);
    if (!read_document(self, data, size, error) || !merge_all(self, error))
        return NULL;
    return g_steal_pointer(&self);
}

LtSchema *
lt_schema_ref(LtSchema *self)
{
    g_atomic_ref_count_inc(&self->references);
    return self;
}

void
lt_schema_unref(LtSchema *self)
{
    if (!g_atomic_ref_count_dec(&self->references))
        return;
    g_ptr_array_unref(self->states);
    g_clear_pointer(&self->nodes, g_ptr_array_unref);
    g_clear_pointer(&self->document, lt_json_value_free);
    g_free(self);
}

const LtSchemaState *
lt_schema_get_root(const LtSchema *self)
{
    return self->root;
}
