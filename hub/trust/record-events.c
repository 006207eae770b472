/* SPDX-License-Identifier: Apache-2.0 */
/* record-events.c: the events of the log and their own fields, as data (audit-log.md §2).
 *
 * Sorted by name. A writer may set only the fields of its row; a reader asks for the required ones. An event that grows gets a new
 * optional field here; a field never changes its type.
 */
#include "trust/record.h"

#include <stdlib.h>
#include <string.h>

#define TEXT(name) { name, LT_FIELD_TEXT, FALSE }
#define TEXT_MAYBE(name) { name, LT_FIELD_TEXT, TRUE }
#define INTEGER(name) { name, LT_FIELD_INTEGER, FALSE }
#define INTEGER_MAYBE(name) { name, LT_FIELD_INTEGER, TRUE }
#define HASH(name) { name, LT_FIELD_HASH, FALSE }
#define HASH_MAYBE(name) { name, LT_FIELD_HASH, TRUE }
#define UNIT(name) { name, LT_FIELD_UNIT, FALSE }
#define UNIT_MAYBE(name) { name, LT_FIELD_UNIT, TRUE }
#define ENVELOPE(name) { name, LT_FIELD_ENVELOPE, FALSE }
#define ENVELOPE_MAYBE(name) { name, LT_FIELD_ENVELOPE, TRUE }
#define DOSSIER(name) { name, LT_FIELD_DOSSIER, FALSE }
#define DOSSIER_MAYBE(name) { name, LT_FIELD_DOSSIER, TRUE }
#define KEY(name) { name, LT_FIELD_KEY, FALSE }
#define LIST(name) { name, LT_FIELD_LIST, FALSE }

/* Fields that several rows share. */
#define HANDED ENVELOPE("id"), UNIT("from"), HASH("m"), TEXT("ep"), INTEGER("attempt")
#define RECEIPT ENVELOPE("id"), HASH("m"), UNIT("re_from"), ENVELOPE("re_id"), HASH("re_m"), TEXT("stage")
#define PLUGIN TEXT("name"), TEXT("ver"), HASH("sha")
#define ERASURE DOSSIER("d"), TEXT("basis"), HASH_MAYBE("decision"), INTEGER_MAYBE("count"), TEXT_MAYBE("by2")
#define LOGIN TEXT("sid"), TEXT("how"), TEXT_MAYBE("code")
#define SPKI HASH("spki"), UNIT("unit"), TEXT("use")
#define FOREIGN TEXT("origin"), INTEGER("size"), HASH("root"), HASH("root_own")

static const LtEventRule events[] = {
    { "anchor.cms", { INTEGER("size"), HASH("sha"), TEXT_MAYBE("code") } },
    { "anchor.failed", { INTEGER("size"), HASH_MAYBE("sha"), TEXT_MAYBE("code") } },
    { "anchor.tsr", { INTEGER("size"), HASH("sha"), TEXT_MAYBE("code") } },
    { "auth.denied", { TEXT("right"), TEXT("obj"), TEXT_MAYBE("sid") } },
    { "auth.failed", { LOGIN } },
    { "auth.locked", { LOGIN } },
    { "auth.login", { LOGIN } },
    { "auth.logout", { LOGIN } },
    { "backup.made", { INTEGER("size"), HASH("root"), HASH("sha") } },
    { "cfg.changed", { INTEGER("gen"), HASH("sha"), LIST("obj"), TEXT_MAYBE("by2"), TEXT_MAYBE("basis") } },
    { "check.failed", { INTEGER("from"), INTEGER("to"), TEXT_MAYBE("code") } },
    { "check.ok", { INTEGER("from"), INTEGER("to"), TEXT_MAYBE("code") } },
    { "clock.step", { INTEGER("ms"), TEXT("src") } },
    { "crl.updated", { HASH("ca"), INTEGER("number"), HASH("sha") } },
    { "delivery.arrived", { HANDED } },
    { "delivery.attempt", { ENVELOPE("id"), UNIT("from"), TEXT("ep"), INTEGER("attempt"), TEXT("code") } },
    { "delivery.confirmed", { HANDED } },
    { "delivery.held", { HANDED, TEXT("code") } },
    { "delivery.readdressed", { ENVELOPE("id"), UNIT("from"), TEXT("ep"), UNIT("old"), UNIT("new"), TEXT("basis") } },
    { "delivery.refused", { HANDED, TEXT("code") } },
    { "delivery.released", { ENVELOPE("id"), UNIT("from"), TEXT("ep"), TEXT_MAYBE("by2") } },
    { "delivery.withdrawn", { HANDED, TEXT("code") } },
    { "dossier.deadline", { DOSSIER("d"), TEXT("old"), TEXT("new"), TEXT("code"), TEXT_MAYBE("by2") } },
    { "dossier.readdress", { DOSSIER("d"), UNIT("old"), UNIT("new"), TEXT("basis") } },
    { "dossier.state", { DOSSIER("d"), TEXT("old"), TEXT("new"), ENVELOPE_MAYBE("id") } },
    { "env.accepted", { ENVELOPE("id"), UNIT("from"), UNIT("to"), TEXT("type"), HASH("m"), DOSSIER_MAYBE("d"), HASH("peer"),
                        HASH("signer"), INTEGER("seq"), INTEGER("size"), TEXT_MAYBE("ex"), TEXT_MAYBE("orig") } },
    { "env.conflict", { ENVELOPE("id"), UNIT("from"), HASH("m"), HASH("m_new") } },
    { "env.duplicate", { ENVELOPE("id"), UNIT("from"), HASH("m") } },
    { "env.refused", { TEXT("code"), HASH("c"), HASH("peer"), INTEGER("size"), ENVELOPE_MAYBE("id"), UNIT_MAYBE("from") } },
    { "erase.approved", { ERASURE } },
    { "erase.asked", { ERASURE } },
    { "erase.done", { ERASURE } },
    { "export.evidence", { DOSSIER("d"), HASH("m"), UNIT("to"), INTEGER("part") } },
    { "hub.start", { TEXT("ver"), HASH("cfg") } },
    { "hub.stop", { TEXT("why") } },
    { "incident.close", { TEXT("code"), INTEGER("ref") } },
    { "incident.open", { TEXT("code"), INTEGER("ref") } },
    { "key.added", { SPKI } },
    { "key.retired", { SPKI } },
    { "key.revoked", { SPKI } },
    { "log.close", { TEXT("next") } },
    { "log.key", { KEY("key"), HASH("vkey") } },
    { "log.open", { TEXT("origin"), KEY("key"), TEXT("prev"), INTEGER_MAYBE("prev_size"), HASH_MAYBE("prev_root") } },
    { "peer.fork", { FOREIGN } },
    { "peer.rollback", { FOREIGN } },
    { "plugin.crashed", { PLUGIN } },
    { "plugin.loaded", { PLUGIN } },
    { "plugin.unloaded", { PLUGIN } },
    { "read.dossier", { DOSSIER("d"), TEXT("what"), ENVELOPE_MAYBE("id") } },
    { "receipt.in", { RECEIPT, UNIT("from") } },
    { "receipt.out", { RECEIPT, UNIT("to") } },
    { "restore.done", { INTEGER("size"), HASH("root"), HASH("sha"), INTEGER_MAYBE("lost_size") } },
    { "seq.gap", { UNIT("from"), UNIT("to"), INTEGER("seq"), INTEGER_MAYBE("count") } },
    { "seq.reuse", { UNIT("from"), UNIT("to"), INTEGER("seq"), INTEGER_MAYBE("count") } },
    { "user.changed", { TEXT("user"), TEXT("what"), TEXT_MAYBE("by2") } },
    { "wit.cosigned", { TEXT("name"), INTEGER("size"), TEXT_MAYBE("code") } },
    { "wit.refused", { TEXT("name"), INTEGER("size"), TEXT_MAYBE("code") } },
};

const LtEventRule *
lt_record_events(gsize *n)
{
    *n = G_N_ELEMENTS(events);
    return events;
}

static int
compare_event(const void *key, const void *row)
{
    return strcmp(key, ((const LtEventRule *) row)->event);
}

const LtEventRule *
lt_record_find_event(const char *event)
{
    return bsearch(event, events, G_N_ELEMENTS(events), sizeof *events, compare_event);
}
