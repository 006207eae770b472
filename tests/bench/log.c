/* SPDX-License-Identifier: Apache-2.0 */
/* log.c: what the audit log costs: appending, checking, proving; and the bare SHA-256 of the same bytes (the divisor of P12).
 *
 *   log FOLDER COUNT ROUNDS     COUNT entries as the message path writes them, in groups of 64 messages; prints one JSON object
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/value.h"
#include "store/log-check.h"
#include "trust/authority.h"

#define H64 "64ee89af141c4a36057800e73431b44bba6aa24820ff1d6541cda05cfd09de26"
#define GROUP 64

typedef struct {
    LtStore *store;
    guint64 bytes;
} Log;

static LtRecord *
accepted(const char *id, gint64 seq)
{
    LtRecord *record = lt_record_new("env.accepted", "unit", "H52.101");

    lt_record_set_string(record, "id", id);
    lt_record_set_string(record, "from", "H52.101");
    lt_record_set_string(record, "to", "H52");
    lt_record_set_string(record, "type", "dossier.submit");
    lt_record_set_string(record, "m", H64);
    lt_record_set_string(record, "d", "c9d5d49c-b56f-4552-96a3-c9b95ec99950");
    lt_record_set_string(record, "peer", H64);
    lt_record_set_string(record, "signer", H64);
    lt_record_set_integer(record, "seq", seq);
    lt_record_set_integer(record, "size", 7234);
    return record;
}

static LtRecord *
promised(const char *id)
{
    LtRecord *record = lt_record_new("receipt.out", "hub", "H52");

    lt_record_set_string(record, "id", id);
    lt_record_set_string(record, "m", H64);
    lt_record_set_string(record, "re_from", "H52.101");
    lt_record_set_string(record, "re_id", id);
    lt_record_set_string(record, "re_m", H64);
    lt_record_set_string(record, "stage", "received");
    lt_record_set_string(record, "to", "H52.101");
    return record;
}

static LtRecord *
arrived(const char *id)
{
    LtRecord *record = lt_record_new("delivery.arrived", "hub", "H52");

    lt_record_set_string(record, "id", id);
    lt_record_set_string(record, "from", "H52.101");
    lt_record_set_string(record, "m", H64);
    lt_record_set_string(record, "ep", "igate");
    lt_record_set_integer(record, "attempt", 1);
    return record;
}

static gboolean
write_group(LtStoreTransaction *tx, gpointer data G_GNUC_UNUSED, GError **error)
{
    for (gint64 i = 1; i <= GROUP; i++) {
        char id[37];

        lt_uuid7_new(lt_store_transaction_time(tx), id);
        if (!lt_store_append_record(tx, accepted(id, i), NULL, NULL, error) ||
            !lt_store_append_record(tx, promised(id), NULL, NULL, error) ||
            !lt_store_append_record(tx, arrived(id), NULL, NULL, error))
            return FALSE;
    }
    return TRUE;
}

static void
fail_on(const GError *error)
{
    if (error != NULL)
        g_error("%s", error->message);
}

static double
append(LtStore *store, guint count)
{
    gint64 begun_us = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;
    guint n = 0;

    for (; n < count && error == NULL; n += 3 * GROUP)
        lt_store_write(store, write_group, NULL, &error);
    fail_on(error);
    return (double) (g_get_monotonic_time() - begun_us) / n;
}

/* Entries, nodes and root of the whole log, from the file. */
static double
check(const char *path, guint64 *size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtDatabase) database = lt_database_open(path, LT_DATABASE_READ, 8 << 20, &error);
    LtLogCheck check = { .database = database, .full = TRUE };
    gint64 begun_us = g_get_monotonic_time();
    g_autoptr(GPtrArray) findings = database == NULL ? NULL : lt_log_check_run(&check, &error);

    fail_on(error);
    if (findings->len > 0)
        g_error("%s", ((LtLogFinding *) findings->pdata[0])->text);
    *size = check.size;
    return (double) (g_get_monotonic_time() - begun_us);
}

static gboolean
keep_entry(guint64 index G_GNUC_UNUSED, GBytes *entry, gpointer data)
{
    g_ptr_array_add(data, g_bytes_ref(entry));
    return TRUE;
}

static double
hash(GPtrArray *entries)
{
    gint64 begun_us = g_get_monotonic_time();
    LtHash sink;

    for (guint i = 0; i < entries->len; i++) {
        gsize size;
        const void *data = g_bytes_get_data(entries->pdata[i], &size);

        lt_merkle_leaf(data, size, &sink);
    }
    return (double) (g_get_monotonic_time() - begun_us);
}

static double
prove(LtStore *store, guint64 size)
{
    gint64 begun_us = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < 1000; i++) {
        g_free(lt_store_log_prove(store, (guint64) i * 7919 % size, &error));
        fail_on(error);
    }
    return (double) (g_get_monotonic_time() - begun_us) / 1000;
}

int
main(int argc, char **argv)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    g_autofree char *key = argc < 4 ? NULL : g_build_filename(argv[1], "log.key", NULL);
    g_autofree char *path = argc < 4 ? NULL : g_build_filename(argv[1], "lthub.db", NULL);
    LtSignerOptions keys = { .unit = (char *) "H52", .log_key = key };
    LtStoreOptions options = { .cache_bytes = 8 << 20 };
    g_autoptr(GError) error = NULL;
    LtLogQuery all = { .limit = 20000 };
    double append_us, check_us = 0, hash_us = 0;
    guint64 size = 0;

    if (argc < 4)
        return 2;
    options.folder = argv[1];
    options.signer = lt_log_key_create(key, &error) ? lt_signer_open(&keys, &error) : NULL;
    fail_on(error);
    {
        g_autoptr(LtStore) store = lt_store_open(&options, &error);

        fail_on(error);
        append_us = append(store, (guint) atoi(argv[2]));
        lt_store_log_list(store, &all, keep_entry, entries, &error);
        fail_on(error);
        for (int i = 0; i < atoi(argv[3]); i++) {
            check_us += check(path, &size);
            hash_us += hash(entries);
        }
        printf("{\"entries\":%" G_GUINT64_FORMAT ",\"append_us\":%.2f,\"check_us\":%.3f,\"hash_us\":%.3f,\"prove_us\":%.1f}\n", size, append_us,
               check_us / atoi(argv[3]) / (double) size, hash_us / atoi(argv[3]) / entries->len, prove(store, size));
    }
    lt_signer_unref(options.signer);
    return 0;
}
