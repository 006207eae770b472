/* SPDX-License-Identifier: Apache-2.0 */
/* record.h: one leaf of the audit log, in the canonical encoding of audit-log.md §1, and the table of events of §2.
 *
 * A record is built before its index and time are known; the store's writer adds both when it appends. A value outside the
 * grammar makes the record bad, and a bad record aborts its transaction: free text cannot enter the log.
 */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

#define LT_RECORD_MIN_SIZE 2u
#define LT_RECORD_MAX_SIZE 65535u
#define LT_RECORD_MAX_INTEGER G_GINT64_CONSTANT(9007199254740991) /* 2^53 − 1 */

/* What a field of an event may hold. */
typedef enum {
    LT_FIELD_TEXT = 1,   /* any string of the grammar */
    LT_FIELD_INTEGER,
    LT_FIELD_HASH,       /* 64 hex digits */
    LT_FIELD_KEY,        /* 8 hex digits */
    LT_FIELD_UNIT,       /* unit id */
    LT_FIELD_ENVELOPE,   /* UUID 7 */
    LT_FIELD_DOSSIER,    /* UUID 4 */
    LT_FIELD_LIST,       /* strings */
} LtFieldType;

typedef struct {
    const char *name;
    LtFieldType type;
    gboolean optional;
} LtFieldRule;

#define LT_EVENT_MAX_FIELDS 14
typedef struct {
    const char *event;
    LtFieldRule fields[LT_EVENT_MAX_FIELDS]; /* ended by name NULL */
} LtEventRule;

/** lt_record_events: the table of audit-log.md §2, sorted by event; *n rows */
const LtEventRule *lt_record_events(gsize *n);
/** lt_record_find_event: (nullable): row of an event; an unknown event is no error when reading */
const LtEventRule *lt_record_find_event(const char *event);

typedef struct _LtRecord LtRecord;

/** lt_record_new: @actor_kind: "unit", "user", "hub" or "plugin"; @actor: unit id, UUID of the user's row, or plugin name; never a person's name */
LtRecord *lt_record_new(const char *event, const char *actor_kind, const char *actor);
void lt_record_free(LtRecord *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtRecord, lt_record_free)
void lt_record_set_string(LtRecord *self, const char *name, const char *value); /* NULL value: nothing */
void lt_record_set_integer(LtRecord *self, const char *name, gint64 value);
void lt_record_set_strings(LtRecord *self, const char *name, const char *const *values);
const char *lt_record_get_event(const LtRecord *self);
const char *lt_record_get_actor_kind(const LtRecord *self);
/** lt_record_get_string: *text: inside the record, not NUL-terminated. FALSE when no such string was set */
gboolean lt_record_get_string(const LtRecord *self, const char *name, const char **text, gsize *length);

/**
 * lt_record_encode:
 * @at_us: written in milliseconds, the rest cut off
 *
 * Errors: %LT_ERROR_INTERNAL `log.entry-form`: unknown event, a field that the event does not have, a required one absent, a value
 * outside the grammar or its type. The text names event and field, never the value.
 * Returns: (transfer full): bytes of the entry
 */
GBytes *lt_record_encode(const LtRecord *self, guint64 index, gint64 at_us, GError **error);

/* Reading, for checks and searches: form and common fields of every entry, own fields of the events known. */
typedef struct {
    guint64 index;
    gint64 at_us;
    char *event, *actor_kind, *actor;
    GHashTable *fields; /* name → char *: own fields; strings as they are, integers as digits, lists joined by "," */
} LtRecordView;

/**
 * lt_record_read:
 *
 * Strict: accepts exactly what audit-log.md §1 allows. Of a known event the required fields must be there and typed; other names are
 * kept, so that an old reader can check the log of a newer hub.
 *
 * Errors: %LT_ERROR_INVALID `log.entry-form`
 */
LtRecordView *lt_record_read(const char *data, gsize size, GError **error);
void lt_record_view_free(LtRecordView *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtRecordView, lt_record_view_free)

/** lt_record_check: the same verdict as lt_record_read() without allocation, for the bulk check; *at_us, when given, is the entry's time.
 * Errors: %LT_ERROR_INVALID `log.entry-form`, also when `n` is not @index */
gboolean lt_record_check(const char *data, gsize size, guint64 index, gint64 *at_us, GError **error);
