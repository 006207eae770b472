/* SPDX-License-Identifier: Apache-2.0 */
/* json.h: the strict JSON scanner (security.md §4.1): RFC 8259 exactly, in one pass, without a tree.
 *
 * On the message path it is the only reader of JSON: it checks syntax, UTF-8, duplicate names, limits and, when a
 * compiled schema is given, the schema, and picks out the few top-level values that the caller asked for. Depth costs no stack.
 */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

typedef struct _LtSchema LtSchema; /* schema.h */

typedef enum { LT_JSON_HEADER, LT_JSON_PAYLOAD, LT_JSON_CONFIG } LtJsonProfile; /* limits of security.md §4.1 */

/* What the scanner meets, for readers that want the values. */
typedef enum {
    LT_JSON_OBJECT_BEGIN, LT_JSON_OBJECT_END, LT_JSON_ARRAY_BEGIN, LT_JSON_ARRAY_END,
    LT_JSON_NAME, LT_JSON_STRING, LT_JSON_INTEGER, LT_JSON_NUMBER, LT_JSON_TRUE, LT_JSON_FALSE, LT_JSON_NULL,
} LtJsonKind;

typedef struct {
    LtJsonKind kind;
    guint depth;         /* 0 for the outermost value */
    const char *text;    /* NAME, STRING: unescaped UTF-8, NUL-terminated, valid during the call; NUMBER, INTEGER: as written */
    gsize length;
    gint64 integer;      /* INTEGER */
    double number;       /* NUMBER */
    gsize offset;        /* byte offset in the input where the token begins */
} LtJsonEvent;

/** LtJsonVisit: Returns: FALSE to stop with an error that it has set */
typedef gboolean (*LtJsonVisit)(const LtJsonEvent *event, gpointer data, GError **error);

/* A wanted value: a member of the outermost object, or of a chain of objects written "a.b". Strings only. */
typedef struct {
    const char *path;
    char *value; /* out: owned, NULL when absent or not a string */
} LtJsonPick;

/**
 * lt_json_scan:
 * @schema: (nullable): compiled schema that must hold
 * @visit: (nullable): called for every event, in order
 * @picks: (nullable): ended by a row with path NULL
 *
 * Errors: %LT_ERROR_INVALID with the reasons `json.size`, `json.utf8`, `json.syntax`, `json.depth`, `json.dup-name`, `json.nul`,
 * `json.surrogate`, `json.number`, `json.count`, `json.trailing`, each text with the byte offset; `json.schema` with the JSON
 * Pointer of the value and the keyword that failed. Never content.
 */
gboolean lt_json_scan(const char *data, gsize size, LtJsonProfile profile, const LtSchema *schema, LtJsonVisit visit,
                      gpointer visit_data, LtJsonPick *picks, GError **error);

/* Writing: append one escaped string with its quotes. The only escapes written are those that RFC 8259 requires. */
void lt_json_append_string(GString *out, const char *text);
void lt_json_append_member(GString *out, const char *name, const char *text /* nullable: writes nothing */); /* adds a comma when needed */
void lt_json_append_integer(GString *out, const char *name, gint64 value);
