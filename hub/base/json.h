/* SPDX-License-Identifier: Apache-2.0 */
/* json.h: the strict JSON scanner (security.md §4.1): RFC 8259 exactly, in one pass, without a tree.
 *
 * On the message path it is the only reader of JSON: it checks syntax, UTF-8, duplicate names, limits and, when a
 * compiled schema is given, the schema, and picks out the few values that the caller asked for. Depth costs no stack.
 */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

typedef struct _LtSchema LtSchema; /* schema.h */

/* Which limits hold (security.md §4.1). */
typedef enum {
    LT_JSON_HEADER,  /* depth 8, 256 KiB, integers only */
    LT_JSON_PAYLOAD, /* depth 32, 8 MiB */
    LT_JSON_CONFIG,  /* depth 32, 1 MiB, integers only */
    LT_JSON_SCHEMA,  /* schema files: depth 32, 8 MiB; numbers of any size and \u0000 are allowed, since a schema may speak of them */
} LtJsonProfile;

/* What the scanner meets, for readers that want the values. */
typedef enum {
    LT_JSON_OBJECT_BEGIN, LT_JSON_OBJECT_END, LT_JSON_ARRAY_BEGIN, LT_JSON_ARRAY_END,
    LT_JSON_NAME, LT_JSON_STRING, LT_JSON_INTEGER, LT_JSON_NUMBER, LT_JSON_TRUE, LT_JSON_FALSE, LT_JSON_NULL,
} LtJsonKind;

typedef struct {
    LtJsonKind kind;
    guint depth;         /* 0 for the outermost value; a name has the depth of its object plus 1 */
    const char *text;    /* NAME, STRING: unescaped UTF-8; NUMBER, INTEGER: as written. NUL-terminated, valid during the call */
    gsize length;
    gint64 integer;      /* INTEGER: no fraction, no exponent, within ±(2^53−1) */
    double number;       /* NUMBER; INTEGER too */
    gsize offset;        /* byte offset in the input where the token begins */
} LtJsonEvent;

/** LtJsonVisit: Returns: FALSE to stop with an error that it has set */
typedef gboolean (*LtJsonVisit)(const LtJsonEvent *event, gpointer data, GError **error);

#define LT_JSON_MAX_PICKS 32

/* A wanted value: a member of the outermost object, or of a chain of at most four objects written "a.b". Strings, and
 * integers as they are written. */
typedef struct {
    const char *path;
    char *value; /* out: owned, NULL when absent or neither */
} LtJsonPick;

/**
 * lt_json_scan:
 * @data: @size bytes; need not end with NUL
 * @schema: (nullable): compiled schema that must hold
 * @visit: (nullable): called for every event, in order
 * @picks: (nullable): at most %LT_JSON_MAX_PICKS rows, ended by a row with path %NULL; every value is set or %NULL, and
 *   %NULL in all rows when the scan fails
 *
 * Errors: %LT_ERROR_INVALID with the reasons `json.size`, `json.utf8`, `json.syntax`, `json.depth`, `json.dup-name`, `json.nul`,
 * `json.surrogate`, `json.number`, `json.count`, `json.trailing`, each text with the byte offset; `json.schema` with the JSON
 * Pointer of the value and the keyword that failed. Never content: a name that the schema does not know stands as `?`.
 * Source: security.md §4.1.
 */
gboolean lt_json_scan(const char *data, gsize size, LtJsonProfile profile, const LtSchema *schema, LtJsonVisit visit,
                      gpointer visit_data, LtJsonPick *picks, GError **error);

/* Writing. The only escapes written are those that RFC 8259 requires. @text is UTF-8. */

/** lt_json_append_string: appends @text escaped and with its quotes */
void lt_json_append_string(GString *out, const char *text);
/** lt_json_append_member: appends `"name":"text"`, after a comma when needed; nothing when @text is %NULL */
void lt_json_append_member(GString *out, const char *name, const char *text);
/** lt_json_append_integer: appends `"name":value`, after a comma when needed */
void lt_json_append_integer(GString *out, const char *name, gint64 value);
