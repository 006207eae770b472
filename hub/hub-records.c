/* SPDX-License-Identifier: Apache-2.0 */
/* hub-records.c: what a hub writes into its log about itself. Each function is one transaction. */
#include "hub-records.h"

#include <string.h>

#include "routing/loader.h"
#include "store/audit-log.h"

#define OBJECTS_MAX 63 /* of a list in the log */

typedef struct {
    const LtHubNews *news;
    GArray *crls;      /* of LtCrlFacts: those that the log does not name yet */
    guint64 n_entries; /* of the log when it was checked at the start */
} Entry;

static gboolean
append_plugins(LtStoreTransaction *tx, const Entry *entry, GError **error)
{
    for (guint i = 0; i < entry->news->plugins->len; i++) {
        const LtLoaded *loaded = entry->news->plugins->pdata[i];
        LtRecord *record = lt_record_new("plugin.loaded", "hub", entry->news->unit);

        lt_record_set_string(record, "name", loaded->plugin.name);
        lt_record_set_string(record, "ver", loaded->plugin.version);
        lt_record_set_string(record, "sha", loaded->sha256);
        if (!lt_store_append_record(tx, record, NULL, NULL, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
append_crls(LtStoreTransaction *tx, const Entry *entry, GError **error)
{
    for (guint i = 0; i < entry->crls->len; i++) {
        const LtCrlFacts *crl = &g_array_index(entry->crls, LtCrlFacts, i);
        LtRecord *record = lt_record_new("crl.updated", "hub", entry->news->unit);

        lt_record_set_string(record, "ca", crl->ca_hex);
        lt_record_set_integer(record, "number", crl->number);
        lt_record_set_string(record, "sha", crl->sha_hex);
        if (!lt_store_append_record(tx, record, NULL, NULL, error))
            return FALSE;
    }
    return TRUE;
}

/* The newest entries are asked first: a list that is in force was mostly named lately. */
static gboolean
forget_named(guint64 index, GBytes *bytes, gpointer data)
{
    GArray *crls = data;
    g_autoptr(LtRecordView) view = lt_record_read(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL);
    const char *sha = view == NULL ? NULL : g_hash_table_lookup(view->fields, "sha");

    (void) index;
    for (guint i = 0; i < crls->len; i++)
        if (g_strcmp0(g_array_index(crls, LtCrlFacts, i).sha_hex, sha) == 0)
            g_array_remove_index_fast(crls, i--);
    return crls->len > 0;
}

static GArray *
find_new_crls(LtStore *store, LtTrust *trust, GError **error)
{
    g_autoptr(GArray) crls = lt_trust_list_crls(trust);
    LtLogQuery query = { .event = "crl.updated", .newest = TRUE };

    return lt_store_log_list(store, &query, forget_named, crls, error) ? g_steal_pointer(&crls) : NULL;
}

static gboolean
add_generation(LtStoreTransaction *tx, const Entry *entry, GError **error)
{
    LtGeneration row = *entry->news->plan;

    row.actor = (char *) (entry->news->actor != NULL ? entry->news->actor : entry->news->unit);
    return !entry->news->plan_is_new || lt_store_add_generation(tx, &row, entry->news->files, error);
}

/* Sections of the plan by name, algorithms beside them; the configuration as a whole when no part of the plan did change. */
static void
set_objects(LtRecord *record, const LtHubNews *news)
{
    g_autofree const char **algorithms = lt_algorithms_list(lt_trust_get_algorithms(news->trust));
    g_auto(GStrv) changes = g_strsplit(news->plan->changes, "\n", -1);
    const char *objects[OBJECTS_MAX + 1] = { NULL };
    guint n = 0;

    if (changes[0] == NULL || *changes[0] == '\0')
        objects[n++] = "configuration";
    for (guint i = 0; n < OBJECTS_MAX && changes[i] != NULL && *changes[i] != '\0'; i++)
        objects[n++] = changes[i] + 1;
    for (guint i = 0; n < OBJECTS_MAX && algorithms[i] != NULL; i++)
        objects[n++] = algorithms[i];
    lt_record_set_strings(record, "obj", objects);
}

static gboolean
write_change(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Entry *entry = data;
    LtRecord *record = lt_record_new("cfg.changed", "hub", entry->news->actor);

    lt_record_set_integer(record, "gen", (gint64) entry->news->plan->number);
    lt_record_set_string(record, "sha", entry->news->digest);
    set_objects(record, entry->news);
    return add_generation(tx, entry, error) && append_plugins(tx, entry, error) && lt_store_append_record(tx, record, NULL, NULL, error) && append_crls(tx, entry, error);
}

/* A hub that starts has checked its log, or it would be halted: the entries that were read in full. */
static gboolean
append_check(LtStoreTransaction *tx, const Entry *entry, GError **error)
{
    LtRecord *record = lt_record_new("check.ok", "hub", entry->news->unit);

    lt_record_set_integer(record, "from", (gint64) (entry->n_entries - MIN(entry->n_entries, LT_LOG_CHECK_TAIL)));
    lt_record_set_integer(record, "to", (gint64) entry->n_entries - 1);
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

static gboolean
write_start(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Entry *entry = data;
    LtRecord *record = lt_record_new("hub.start", "hub", entry->news->unit);

    lt_record_set_string(record, "ver", LT_VERSION);
    lt_record_set_string(record, "cfg", entry->news->digest);
    return add_generation(tx, entry, error) && append_plugins(tx, entry, error) && lt_store_append_record(tx, record, NULL, NULL, error) &&
           append_crls(tx, entry, error) && append_check(tx, entry, error);
}

static gboolean
record(LtStore *store, const LtHubNews *news, LtStoreWrite write, GError **error)
{
    g_autoptr(LtLogHead) head = lt_store_log_head(store, error); /* the entries that were there when the start check ran */
    g_autoptr(GArray) crls = head == NULL ? NULL : find_new_crls(store, news->trust, error);
    Entry entry = { .news = news, .crls = crls, .n_entries = head != NULL ? head->size : 0 };

    return crls != NULL && lt_store_write(store, write, &entry, error);
}

gboolean
lt_hub_record_start(LtStore *store, const LtHubNews *news, GError **error)
{
    return record(store, news, write_start, error);
}

gboolean
lt_hub_record_change(LtStore *store, const LtHubNews *news, GError **error)
{
    return record(store, news, write_change, error);
}

typedef struct {
    const char *unit;
    const LtLoaded *loaded;
    gboolean is_first;
} Crash;

static gboolean
write_crash(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Crash *crash = data;
    LtRecord *crashed = lt_record_new("plugin.crashed", "hub", crash->unit);
    LtRecord *incident;
    guint64 index = 0;

    lt_record_set_string(crashed, "name", crash->loaded->plugin.name);
    lt_record_set_string(crashed, "ver", crash->loaded->plugin.version);
    lt_record_set_string(crashed, "sha", crash->loaded->sha256);
    if (!lt_store_append_record(tx, crashed, &index, NULL, error))
        return FALSE;
    if (!crash->is_first)
        return TRUE;
    incident = lt_record_new("incident.open", "hub", crash->unit);
    lt_record_set_string(incident, "code", "plugin.crashed");
    lt_record_set_integer(incident, "ref", (gint64) index);
    return lt_store_append_record(tx, incident, NULL, NULL, error);
}

gboolean
lt_hub_record_crash(LtStore *store, const char *unit, const LtLoaded *loaded, gboolean is_first, GError **error)
{
    Crash crash = { unit, loaded, is_first };

    return lt_store_write(store, write_crash, &crash, error);
}

static gboolean
write_stop(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const char *const *words = data; /* unit, why */
    LtRecord *stop = lt_record_new("hub.stop", "hub", words[0]);

    lt_record_set_string(stop, "why", words[1]);
    return lt_store_append_record(tx, stop, NULL, NULL, error);
}

gboolean
lt_hub_record_stop(LtStore *store, const char *unit, const char *why, GError **error)
{
    const char *words[] = { unit, why };

    return lt_store_write(store, write_stop, words, error);
}
