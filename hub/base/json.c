/* SPDX-License-Identifier: Apache-2.0 */
/* json.c: the strict JSON scanner: one pass, no tree, no recursion, and for ordinary input no allocation.
 *
 * The scan is a loop over what may come next (a value, a name, a comma or an end); open objects and arrays stand in a fixed
 * array of frames. A frame carries the schema state of its members and which wanted paths are still alive below it, so
 * that limits, duplicate names, schema and picks are settled on the way.
 */
#include "base/json.h"

#include <math.h>
#include <string.h>

#include "base/schema-private.h"

#define MAX_DEPTH 32
#define MAX_NAMES 4096
#define MAX_VALUES 200000
#define MAX_NAME_BYTES 256

typedef struct {
    gsize max_bytes;
    guint max_depth;
    gboolean fractions; /* numbers other than integers */
    gboolean any_value; /* numbers of any size and NUL characters */
} Profile;

static const Profile profiles[] = {
    [LT_JSON_HEADER] = { 262144, 8, FALSE, FALSE },
    [LT_JSON_PAYLOAD] = { 8388608, 32, TRUE, FALSE },
    [LT_JSON_CONFIG] = { 1048576, 32, FALSE, FALSE },
    [LT_JSON_SCHEMA] = { 8388608, 32, TRUE, TRUE },
};

typedef struct {
    gboolean is_object;
    guint count;                /* names or items so far */
    const guint8 *begin;        /* its opening bracket */
    const LtSchemaState *state; /* its own; NULL allows everything */
    const LtSchemaState *next;  /* of the value that comes next */
    const LtSchemaProperty *property; /* of the newest name; NULL when the schema does not know it */
    guint64 seen;               /* the first 64 properties of the state that have come */
    guint n_required;           /* required names that have come */
    guint32 picks;              /* wanted paths that lead through this object */
    guint32 next_picks;         /* those that lead to or through the value that comes next */
    LtJsonNameSet names;
} Frame;

typedef struct {
    LtJsonReader reader;
    const Profile *profile;
    LtJsonVisit visit;
    gpointer visit_data;
    LtJsonPicks picks;
    const LtSchemaState *root;
    GPtrArray *owned_names; /* nullable: names that had escapes */
    GString *event_text;    /* nullable: the text of the event under way, with its NUL */
    LtJsonNames names;
    guint n_values;
    guint depth; /* open frames */
    Frame frames[MAX_DEPTH];
} Scan;

typedef enum { EXPECT_VALUE, EXPECT_FIRST_ITEM, EXPECT_FIRST_NAME, EXPECT_NAME, EXPECT_MORE, EXPECT_NOTHING } Expect;

static inline void
skip_space(LtJsonReader *reader)
{
    const guint8 *at = reader->at;

    while (at < reader->end && *at <= ' ' && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    reader->at = at;
}

static gboolean
fail(Scan *self, const guint8 *at, const char *reason, const char *text, GError **error)
{
    return lt_json_reader_fail(&self->reader, at, reason, text, error);
}

static void
append_pointer(GString *out, const Frame *frame)
{
    g_string_append_c(out, '/');
    if (!frame->is_object) {
        g_string_append_printf(out, "%u", frame->count - 1);
    } else if (frame->property == NULL) {
        g_string_append_c(out, '?');
    } else {
        for (const char *at = frame->property->name; *at != '\0'; at++) {
            if (*at == '~' || *at == '/')
                g_string_append(out, *at == '~' ? "~0" : "~1");
            else
                g_string_append_c(out, *at);
        }
    }
}

/* The value that failed is the one that the frames lead to. */
static gboolean
fail_schema(Scan *self, const guint8 *at, const char *keyword, GError **error)
{
    g_autoptr(GString) pointer = g_string_new(NULL);

    for (guint i = 0; i < self->depth; i++)
        append_pointer(pointer, &self->frames[i]);
    lt_error_set(error, LT_ERROR_INVALID, "json.schema",
                 "JSON: the value \"%s\" at byte %" G_GSIZE_FORMAT " breaks the keyword \"%s\" of its schema", pointer->str,
                 (gsize) (at - self->reader.start), keyword);
    return FALSE;
}

static gboolean
tell(Scan *self, LtJsonKind kind, const guint8 *at, const LtJsonText *text, const LtJsonNumber *number, GError **error)
{
    LtJsonEvent event = { .kind = kind, .depth = self->depth, .offset = (gsize) (at - self->reader.start) };
    const char *bytes = text != NULL ? text->text : number != NULL ? number->text : NULL;

    if (bytes != NULL) {
        event.length = text != NULL ? text->length : number->length;
        if (self->event_text == NULL)
            self->event_text = g_string_sized_new(256);
        g_string_truncate(self->event_text, 0);
        g_string_append_len(self->event_text, bytes, (gssize) event.length);
        event.text = self->event_text->str;
    }
    if (number != NULL && number->is_safe) {
        event.integer = number->integer;
        event.number = (double) number->integer;
    } else if (number != NULL) {
        event.number = lt_json_number_to_double(number->text, number->length);
    }
    return self->visit(&event, self->visit_data, error);
}

static inline gboolean
emit(Scan *self, LtJsonKind kind, const guint8 *at, const LtJsonText *text, const LtJsonNumber *number, GError **error)
{
    return self->visit == NULL || tell(self, kind, at, text, number, error);
}

static inline const LtSchemaState *
expected_state(const Scan *self)
{
    return self->depth == 0 ? self->root : self->frames[self->depth - 1].next;
}

static inline guint32
expected_picks(const Scan *self)
{
    return self->depth == 0 ? self->picks.root : self->frames[self->depth - 1].next_picks;
}

static const char *
keyword_of(const Scan *self, const LtSchemaState *state, const char *failed)
{
    const Frame *parent = self->depth == 0 ? NULL : &self->frames[self->depth - 1];

    if (!state->is_false || parent == NULL)
        return state->is_false ? "false" : failed;
    if (!parent->is_object)
        return "items";
    return parent->property == NULL ? "additionalProperties" : "properties";
}

static gboolean
open_frame(Scan *self, gboolean is_object, Expect *expect, GError **error)
{
    const LtSchemaState *state = expected_state(self);
    guint32 picks = expected_picks(self);
    const guint8 *begin = self->reader.at;
    const char *keyword;
    Frame *frame;

    if (self->depth >= self->profile->max_depth)
        return fail(self, begin, "json.depth", "nested too deeply", error);
    keyword = state == NULL ? NULL : lt_schema_state_check_begin(state, is_object ? LT_TYPE_OBJECT : LT_TYPE_ARRAY);
    if (keyword != NULL)
        return fail_schema(self, begin, keyword_of(self, state, keyword), error);
    if (!emit(self, is_object ? LT_JSON_OBJECT_BEGIN : LT_JSON_ARRAY_BEGIN, begin, NULL, NULL, error))
        return FALSE;
    self->reader.at++;
    frame = &self->frames[self->depth++];
    *frame = (Frame){ .is_object = is_object, .begin = begin, .state = state };
    frame->names.first = self->names.n_names;
    if (is_object)
        frame->picks = picks;
    else if (state != NULL)
        frame->next = state->items;
    *expect = is_object ? EXPECT_FIRST_NAME : EXPECT_FIRST_ITEM;
    return TRUE;
}

static const char *
check_end(const Frame *frame, const guint8 *end)
{
    const LtSchemaState *state = frame->state;

    if (frame->is_object && frame->n_required < state->n_required)
        return "required";
    if (!frame->is_object && frame->count < state->min_items)
        return "minItems";
    if (state->n_choices > 0)
        return lt_schema_state_check_choices(state, (const char *) frame->begin, (gsize) (end - frame->begin));
    return NULL;
}

static gboolean
close_frame(Scan *self, Expect *expect, GError **error)
{
    Frame *frame = &self->frames[self->depth - 1];
    const guint8 *bracket = self->reader.at++;
    const char *keyword = frame->state == NULL ? NULL : check_end(frame, self->reader.at);

    if (frame->is_object)
        lt_json_names_end(&self->names, &frame->names);
    self->depth--;
    if (keyword != NULL)
        return fail_schema(self, frame->begin, keyword, error);
    *expect = self->depth == 0 ? EXPECT_NOTHING : EXPECT_MORE;
    return emit(self, frame->is_object ? LT_JSON_OBJECT_END : LT_JSON_ARRAY_END, bracket, NULL, NULL, error);
}

static gboolean
scan_string(Scan *self, GError **error)
{
    const LtSchemaState *state = expected_state(self);
    guint32 picks = expected_picks(self);
    const guint8 *begin = self->reader.at++;
    const char *keyword;
    LtJsonText text;

    if (!lt_json_reader_string(&self->reader, self->profile->any_value, &text, error))
        return FALSE;
    keyword = state == NULL ? NULL : lt_schema_state_check_string(state, text.text, text.length);
    if (keyword != NULL)
        return fail_schema(self, begin, keyword_of(self, state, keyword), error);
    if (picks != 0)
        lt_json_picks_take(&self->picks, picks, self->depth, &text);
    return emit(self, LT_JSON_STRING, begin, &text, NULL, error);
}

static gboolean
scan_number(Scan *self, GError **error)
{
    const LtSchemaState *state = expected_state(self);
    guint32 picks = expected_picks(self);
    const guint8 *begin = self->reader.at;
    const char *keyword;
    LtJsonNumber number;

    if (!lt_json_reader_number(&self->reader, &number, error))
        return FALSE;
    if (!number.is_plain && !self->profile->fractions)
        return fail(self, begin, "json.number", "a number with fraction or exponent", error);
    if (!self->profile->any_value && !number.is_safe) {
        if (number.is_plain)
            return fail(self, begin, "json.number", "an integer beyond 2^53-1", error);
        if (number.may_overflow && !isfinite(lt_json_number_to_double(number.text, number.length)))
            return fail(self, begin, "json.number", "a number too large", error);
    }
    keyword = state == NULL ? NULL : lt_schema_state_check_number(state, &number);
    if (keyword != NULL)
        return fail_schema(self, begin, keyword_of(self, state, keyword), error);
    if (picks != 0 && number.is_safe) {
        LtJsonText text = { number.text, number.length, FALSE };

        lt_json_picks_take(&self->picks, picks, self->depth, &text);
    }
    return emit(self, number.is_safe ? LT_JSON_INTEGER : LT_JSON_NUMBER, begin, NULL, &number, error);
}

static gboolean
scan_word(Scan *self, const char *word, LtJsonKind kind, GError **error)
{
    const LtSchemaState *state = expected_state(self);
    const guint8 *begin = self->reader.at;
    const char *keyword;

    for (; *word != '\0'; word++, self->reader.at++)
        if (self->reader.at == self->reader.end || *self->reader.at != (guint8) *word)
            return lt_json_reader_fail_here(&self->reader, "a value is expected", error);
    keyword = state == NULL ? NULL : lt_schema_state_check_word(state, kind);
    if (keyword != NULL)
        return fail_schema(self, begin, keyword_of(self, state, keyword), error);
    return emit(self, kind, begin, NULL, NULL, error);
}

static gboolean
count_item(Scan *self, Frame *array, GError **error)
{
    array->count++;
    if (array->state == NULL || array->count <= array->state->max_items)
        return TRUE;
    self->depth--;
    return fail_schema(self, array->begin, "maxItems", error);
}

static gboolean
scan_value(Scan *self, Expect *expect, GError **error)
{
    Frame *frame = self->depth == 0 ? NULL : &self->frames[self->depth - 1];
    guint8 first = self->reader.at < self->reader.end ? *self->reader.at : '\0';

    if (++self->n_values > MAX_VALUES)
        return fail(self, self->reader.at, "json.count", "too many values", error);
    if (frame != NULL && !frame->is_object && !count_item(self, frame, error))
        return FALSE;
    *expect = self->depth == 0 ? EXPECT_NOTHING : EXPECT_MORE;
    switch (first) {
    case '"':
        return scan_string(self, error);
    case '{':
        return open_frame(self, TRUE, expect, error);
    case '[':
        return open_frame(self, FALSE, expect, error);
    case 't':
        return scan_word(self, "true", LT_JSON_TRUE, error);
    case 'f':
        return scan_word(self, "false", LT_JSON_FALSE, error);
    case 'n':
        return scan_word(self, "null", LT_JSON_NULL, error);
    default:
        if (first == '-' || g_ascii_isdigit(first))
            return scan_number(self, error);
        return lt_json_reader_fail_here(&self->reader, "a value is expected", error);
    }
}

/* A name that had escapes must outlive the scratch buffer. */
static void
keep_name(Scan *self, LtJsonText *name)
{
    char *copy = g_malloc(name->length + 1);

    memcpy(copy, name->text, name->length);
    copy[name->length] = '\0';
    if (self->owned_names == NULL)
        self->owned_names = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(self->owned_names, copy);
    name->text = copy;
}

/* A property that the schema knows is told apart by its bit; only other names need to be compared. */
static gboolean
is_new_name(Scan *self, Frame *frame, const LtJsonText *name, guint32 hash)
{
    const LtSchemaProperty *property = frame->property;
    guint64 bit;

    if (property == NULL || property->index >= 64)
        return lt_json_names_add(&self->names, &frame->names, name->text, name->length, hash);
    bit = G_GUINT64_CONSTANT(1) << property->index;
    if ((frame->seen & bit) != 0)
        return FALSE;
    frame->seen |= bit;
    return TRUE;
}

static gboolean
scan_name(Scan *self, GError **error)
{
    Frame *frame = &self->frames[self->depth - 1];
    const guint8 *begin = self->reader.at;
    LtJsonText name;
    guint32 hash;

    if (begin == self->reader.end || *begin != '"')
        return lt_json_reader_fail_here(&self->reader, "a name is expected", error);
    self->reader.at++;
    if (!lt_json_reader_string(&self->reader, self->profile->any_value, &name, error))
        return FALSE;
    if (name.length > MAX_NAME_BYTES)
        return fail(self, begin, "json.size", "a name is too long", error);
    if (++frame->count > MAX_NAMES)
        return fail(self, begin, "json.count", "too many names in one object", error);
    if (name.unescaped)
        keep_name(self, &name);
    hash = lt_json_name_hash(name.text, name.length);
    if (frame->state != NULL) {
        frame->property = lt_schema_state_lookup(frame->state, name.text, name.length, hash);
        frame->next = frame->property != NULL ? frame->property->state : frame->state->other;
        frame->n_required += frame->property != NULL && frame->property->required;
    }
    if (!is_new_name(self, frame, &name, hash))
        return fail(self, begin, "json.dup-name", "a name for the second time", error);
    frame->next_picks = frame->picks == 0 ? 0 : lt_json_picks_follow(&self->picks, frame->picks, self->depth - 1, &name);
    if (!emit(self, LT_JSON_NAME, begin, &name, NULL, error))
        return FALSE;
    skip_space(&self->reader);
    if (self->reader.at == self->reader.end || *self->reader.at != ':')
        return lt_json_reader_fail_here(&self->reader, "a colon is expected", error);
    self->reader.at++;
    return TRUE;
}

/* Behind a value inside an object or array. */
static gboolean
scan_more(Scan *self, Expect *expect, GError **error)
{
    const Frame *frame = &self->frames[self->depth - 1];
    guint8 byte = self->reader.at < self->reader.end ? *self->reader.at : '\0';

    if (byte == ',') {
        self->reader.at++;
        *expect = frame->is_object ? EXPECT_NAME : EXPECT_VALUE;
        return TRUE;
    }
    if (byte == (frame->is_object ? '}' : ']'))
        return close_frame(self, expect, error);
    return lt_json_reader_fail_here(&self->reader, "a comma or the end is expected", error);
}

static gboolean
scan_document(Scan *self, GError **error)
{
    Expect expect = EXPECT_VALUE;
    gboolean ok = TRUE;

    while (ok && expect != EXPECT_NOTHING) {
        skip_space(&self->reader);
        if ((expect == EXPECT_FIRST_NAME || expect == EXPECT_FIRST_ITEM) && self->reader.at < self->reader.end &&
            *self->reader.at == (expect == EXPECT_FIRST_NAME ? '}' : ']')) {
            ok = close_frame(self, &expect, error);
        } else if (expect == EXPECT_MORE) {
            ok = scan_more(self, &expect, error);
        } else if (expect == EXPECT_NAME || expect == EXPECT_FIRST_NAME) {
            ok = scan_name(self, error);
            expect = EXPECT_VALUE;
        } else {
            ok = scan_value(self, &expect, error);
        }
    }
    if (!ok)
        return FALSE;
    skip_space(&self->reader);
    if (self->reader.at < self->reader.end)
        return fail(self, self->reader.at, "json.trailing", "something stands behind the value", error);
    return TRUE;
}

static void
scan_clear(Scan *self)
{
    while (self->depth > 0)
        lt_json_names_end(&self->names, &self->frames[--self->depth].names);
    lt_json_names_clear(&self->names);
    g_clear_pointer(&self->owned_names, g_ptr_array_unref);
    if (self->event_text != NULL)
        g_string_free(self->event_text, TRUE);
    if (self->reader.scratch != NULL)
        g_string_free(self->reader.scratch, TRUE);
}

gboolean
lt_json_scan(const char *data, gsize size, LtJsonProfile profile, const LtSchema *schema, LtJsonVisit visit, gpointer visit_data,
             LtJsonPick *picks, GError **error)
{
    const guint8 *bytes = (const guint8 *) (size == 0 ? "" : data);
    Scan self;
    gboolean ok;

    self.reader = (LtJsonReader){ bytes, bytes, bytes + size, NULL };
    self.profile = &profiles[profile];
    self.visit = visit;
    self.visit_data = visit_data;
    self.root = schema == NULL ? NULL : lt_schema_get_root(schema);
    self.owned_names = NULL;
    self.event_text = NULL;
    self.n_values = 0;
    self.depth = 0;
    lt_json_names_init(&self.names);
    lt_json_picks_init(&self.picks, picks);
    if (size > self.profile->max_bytes)
        ok = fail(&self, self.reader.start, "json.size", "too many bytes", error);
    else
        ok = scan_document(&self, error);
    scan_clear(&self);
    if (!ok)
        lt_json_picks_drop(&self.picks);
    return ok;
}
