/* SPDX-License-Identifier: Apache-2.0 */
/* json-private.h: what the files of the JSON scanner share. Not for other rooms. */
#pragma once

#include "base/json.h"

#include <string.h>

/* Where the scan stands, and the last string that had to be unescaped. */
typedef struct {
    const guint8 *start;
    const guint8 *at;
    const guint8 *end;
    GString *scratch; /* nullable: made when the first string needs it */
} LtJsonReader;

typedef struct {
    const char *text; /* in the input, or in the scratch buffer until the next string */
    gsize length;
    gboolean unescaped; /* stands in the scratch buffer */
} LtJsonText;

typedef struct {
    const char *text;
    gsize length;
    gint64 integer;
    gboolean is_plain; /* neither fraction nor exponent */
    gboolean is_safe;  /* plain, and within ±(2^53−1): integer is set */
    gboolean may_overflow; /* so long, or with such an exponent, that a double may not hold it */
} LtJsonNumber;

/** lt_json_reader_fail: sets a fault at @at. Returns: %FALSE */
gboolean lt_json_reader_fail(LtJsonReader *self, const guint8 *at, const char *reason, const char *text, GError **error);
/** lt_json_reader_fail_here: a byte that may not stand here: `json.syntax`, or `json.utf8` when it is no UTF-8 */
gboolean lt_json_reader_fail_here(LtJsonReader *self, const char *expected, GError **error);
/** lt_json_reader_string: @self->at is behind the opening quote; afterwards behind the closing one */
gboolean lt_json_reader_string(LtJsonReader *self, gboolean allow_nul, LtJsonText *text, GError **error);
/** lt_json_reader_number: @self->at is on the first byte; reads by the grammar, judges no range */
gboolean lt_json_reader_number(LtJsonReader *self, LtJsonNumber *number, GError **error);
/** lt_json_number_to_double: infinite when the number is too large for a double */
double lt_json_number_to_double(const char *text, gsize length);

/* Names met so far, of all objects that are open: an object's names stand behind each other from its first one. */
typedef struct {
    const char *text;
    guint32 length;
    guint32 hash;
} LtJsonName;

typedef struct {
    guint32 *slots; /* nullable: index + 1 of a name; only for objects with many names */
    guint n_slots;  /* a power of two */
    guint first;    /* index of the object's first name */
} LtJsonNameSet;

#define LT_JSON_INLINE_NAMES 64

typedef struct {
    LtJsonName *names;
    guint n_names;
    guint n_allocated;
    gboolean has_seed;
    guint64 seed[2]; /* random per scan, so that nobody can prepare names that collide */
    LtJsonName first_names[LT_JSON_INLINE_NAMES];
} LtJsonNames;

void lt_json_names_init(LtJsonNames *self);
void lt_json_names_clear(LtJsonNames *self);
/** lt_json_names_add: Returns: %FALSE when the object has the name already */
gboolean lt_json_names_add(LtJsonNames *self, LtJsonNameSet *set, const char *text, gsize length, guint32 hash);
/** lt_json_names_end: forgets the names of the innermost object */
void lt_json_names_end(LtJsonNames *self, LtJsonNameSet *set);

/** lt_json_name_hash: cheap and unseeded: for names of schemas and for objects with few names */
static inline guint32
lt_json_name_hash(const char *text, gsize length)
{
    guint64 hash = length;

    for (; length >= 8; text += 8, length -= 8) {
        guint64 piece;

        memcpy(&piece, text, 8);
        hash = (hash ^ piece) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    if (length > 0) {
        guint64 piece = 0;

        for (gsize i = 0; i < length; i++)
            piece = piece << 8 | (guint8) text[i];
        hash = (hash ^ piece) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    return (guint32) hash;
}

/* The values that the caller wants, as sets of bits: bit i is the wanted path i. */
#define LT_JSON_MAX_PICK_DEPTH 4

typedef struct {
    const char *part[LT_JSON_MAX_PICK_DEPTH];
    gsize length[LT_JSON_MAX_PICK_DEPTH];
    guint n_parts;
} LtJsonPath;

typedef struct {
    LtJsonPick *picks;
    guint n_picks;
    guint32 root; /* all of them */
    LtJsonPath paths[LT_JSON_MAX_PICKS];
} LtJsonPicks;

void lt_json_picks_init(LtJsonPicks *self, LtJsonPick *picks);
/** lt_json_picks_follow: Returns: those of @alive that go on with @name in an object at @level */
guint32 lt_json_picks_follow(const LtJsonPicks *self, guint32 alive, guint level, const LtJsonText *name);
/** lt_json_picks_take: keeps @text for those of @alive that end at @depth */
void lt_json_picks_take(LtJsonPicks *self, guint32 alive, guint depth, const LtJsonText *text);
/** lt_json_picks_drop: nothing was wanted after all */
void lt_json_picks_drop(LtJsonPicks *self);

/* A tree, for schemas and for enum members that are objects or arrays; never for messages as such. */
typedef struct _LtJsonValue LtJsonValue;
struct _LtJsonValue {
    LtJsonKind kind;   /* OBJECT_BEGIN or ARRAY_BEGIN stand for the whole */
    char *text;        /* STRING; INTEGER and NUMBER as written */
    gsize length;
    GPtrArray *names;  /* objects: of LtJsonValue *, strings, in the order of values */
    GPtrArray *values; /* objects and arrays: of LtJsonValue * */
};

/** lt_json_value_parse: Errors: as lt_json_scan() */
LtJsonValue *lt_json_value_parse(const char *data, gsize size, GError **error);
void lt_json_value_free(LtJsonValue *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtJsonValue, lt_json_value_free)
/** lt_json_value_equal: by value: 1 equals 1.0, the order of names does not matter */
gboolean lt_json_value_equal(const LtJsonValue *a, const LtJsonValue *b);
/** lt_json_value_member: Returns: (nullable): the member of an object; %NULL when absent or not an object */
const LtJsonValue *lt_json_value_member(const LtJsonValue *self, const char *name, gsize length);
