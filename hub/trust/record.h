/* SPDX-License-Identifier: Apache-2.0 */
/* record.h: one leaf of the audit log, in the canonical encoding of audit-log.md §1, and the table of events of §2.
 *
 * A record is built before its index and time are known; the store's writer adds both when it appends. A value outside the
 * grammar makes the record bad, and a bad record aborts its transaction: free text cannot enter the log.
 */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

typedef struct _LtRecord LtRecord;

/** @actor_kind: "unit", "user", "hub" or "plugin" */
LtRecord *lt_record_new(const char *event, const char *actor_kind, const char *actor);
void lt_record_free(LtRecord *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtRecord, lt_record_free)
void lt_record_set_string(LtRecord *self, const char *name, const char *value); /* NULL value: nothing */
void lt_record_set_integer(LtRecord *self, const char *name, gint64 value);
void lt_record_set_strings(LtRecord *self, const char *name, const char *const *values);

/** lt_record_encode: Returns: (transfer full): bytes of the entry. Errors: INTERNAL `log.entry-form` */
GBytes *lt_record_encode(LtRecord *self, guint64 index, gint64 at_us, GError **error);

/* Reading, for checks and searches: form and common fields of every entry, own fields of the events known. */
typedef struct {
    guint64 index;
    gint64 at_us;
    char *event, *actor_kind, *actor;
    GHashTable *fields; /* name → char *: strings as they are, integers as digits, lists joined by "," */
} LtRecordView;
LtRecordView *lt_record_read(const char *data, gsize size, GError **error);
void lt_record_view_free(LtRecordView *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtRecordView, lt_record_view_free)
/** lt_record_check: canonical form only, no allocation: for the bulk check. Errors: `log.entry-form` */
gboolean lt_record_check(const char *data, gsize size, guint64 index, gint64 *at_us, GError **error);
