/* SPDX-License-Identifier: Apache-2.0 */
/* log-index.h: the table `log_ref`, by which rare entries are found (audit-log.md §4): derived, rebuilt when it is empty, no evidence.
 *
 * Entries of the message path are not in it: they are found through the rows of messages, receipts and dossier events, so that accepting and
 * delivering a message writes nothing here.
 */
#pragma once

#include "store/database.h"
#include "trust/record.h"

typedef enum {
    LT_LOG_REF_DOSSIER = 1, /* key: dossier reference */
    LT_LOG_REF_EVENT,       /* key: name of the event */
    LT_LOG_REF_ACTOR,       /* key: user; acts of units, plugins and the hub are found by walking the log */
    LT_LOG_REF_ENVELOPE,    /* key: `id` or `re_id` */
} LtLogRefKind;

/** lt_log_index_covers: FALSE for an event of the message path */
gboolean lt_log_index_covers(const char *event);
/** lt_log_index_wants: whether an entry has any row at all */
gboolean lt_log_index_wants(const char *event, const char *actor_kind);
/** lt_log_index_add: inside the writer's transaction */
gboolean lt_log_index_add(LtDatabase *database, guint64 index, const LtRecordView *entry, GError **error);
/** lt_log_index_rebuild: inside a transaction: empties the table and makes it anew from the entries */
gboolean lt_log_index_rebuild(LtDatabase *database, GError **error);
