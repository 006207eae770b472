/* SPDX-License-Identifier: Apache-2.0 */
/* make-log: a store with a log of so many entries, for tests of what others do with it.
 *
 *   make-log FOLDER LOG-KEY N [CHECKPOINT-EVERY]
 */
#include <stdlib.h>
#include "store/store.h"
#include "trust/authority.h"

static gboolean
write_some(LtStoreTransaction *tx, gpointer data, GError **error)
{
    guint n = *(guint *) data;

    for (guint i = 0; i < n; i++) {
        LtRecord *record = lt_record_new("hub.stop", "hub", "H52");

        lt_record_set_string(record, "why", "test");
        if (!lt_store_append_record(tx, record, NULL, NULL, error))
            return FALSE;
    }
    return TRUE;
}

int
main(int argc, char **argv)
{
    LtSignerOptions keys = { .unit = (char *) "H52" };
    LtStoreOptions options = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSigner) signer = NULL;
    g_autoptr(LtStore) store = NULL;
    guint left, every;

    if (argc < 4)
        return 2;
    left = (guint) atoi(argv[3]) - 1; /* log.open is the first */
    every = argc > 4 ? (guint) atoi(argv[4]) : 100;
    keys.log_key = argv[2];
    options.folder = keys.state = argv[1];
    g_mkdir_with_parents(argv[1], 0700);
    signer = g_file_test(argv[2], G_FILE_TEST_EXISTS) || lt_log_key_create(argv[2], &error) ? lt_signer_open(&keys, &error) : NULL;
    options.signer = signer;
    store = signer == NULL ? NULL : lt_store_open(&options, &error);
    for (guint n; store != NULL && left > 0 && error == NULL; left -= n) {
        n = MIN(left, every);
        lt_store_write(store, write_some, &n, &error);
    }
    if (error != NULL)
        g_printerr("%s\n", error->message);
    return error == NULL ? 0 : 1;
}
