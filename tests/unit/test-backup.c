/* SPDX-License-Identifier: Apache-2.0 */
#include "store/backup.h"

#include <glib/gstdio.h>
#include <string.h>

#include "lib/store-lab.h"
#include "store/audit-log.h"
#include "store/blobs.h"

/* Two messages, one with a large attachment, backed up. */
static void
fill(StoreLab *lab)
{
    const gsize sizes[] = { 500, 100000 };

    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        LabMessage message = { .attachment_sizes = { sizes[i] } };
        g_autoptr(GBytes) bytes = store_lab_bytes(lab, &message);
        g_autoptr(LtEnvelope) envelope = store_lab_open(lab, bytes);
        GError *error = NULL;
        g_autoptr(LtAccepted) accepted = store_lab_accept(lab, envelope, NULL, &error);

        g_assert_no_error(error);
        g_assert_nonnull(accepted);
    }
}

static void
back_up(StoreLab *lab, const char *folder, LtBackup *backup)
{
    GError *error = NULL;

    lt_store_backup(lab->store, folder, NULL, NULL, backup, &error);
    g_assert_no_error(error);
}

static LtStore *
open_copy(StoreLab *lab, const char *folder, LtSigner *signer)
{
    LtStoreOptions options = store_lab_options(lab);
    GError *error = NULL;
    LtStore *store;

    options.folder = folder;
    options.signer = signer;
    options.read_only = TRUE;
    store = lt_store_open(&options, &error);
    g_assert_no_error(error);
    return store;
}

/* First code that a full check of a copy finds; NULL when it is sound. */
static const char *
find_fault(LtStore *store)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) findings = lt_store_log_check(store, TRUE, 0, NULL, NULL, &error);

    g_assert_no_error(error);
    return findings->len > 0 ? ((LtLogFinding *) findings->pdata[0])->code : NULL;
}

static void
test_comes_back_whole(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autofree char *folder = g_build_filename(lab->folder, "backup", NULL), *to = g_build_filename(lab->folder, "restored", NULL);
    g_auto(LtBackup) made = { 0 }, restored = { 0 };
    g_autoptr(LtStore) store = NULL;
    g_autoptr(LtMessage) message = NULL;
    GError *error = NULL;

    fill(lab);
    back_up(lab, folder, &made);
    g_assert_cmpuint(made.files, ==, 1);
    g_assert_true(lt_store_record_backup(lab->store, &made, "hub", LAB_HUB, &error));
    g_assert_cmpuint(store_lab_count(lab, "backup.made"), ==, 1);
    lt_backup_restore(folder, to, NULL, NULL, &restored, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(restored.root, ==, made.root);
    store = open_copy(lab, to, NULL);
    g_assert_cmpstr(find_fault(store), ==, NULL);
    message = lt_store_load_message(store, 2, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(lt_message_get_n_attachments(message), ==, 1);
}

/* The signer remembers more than an old backup holds. */
static void
test_says_when_the_signer_is_ahead(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autofree char *folder = g_build_filename(lab->folder, "backup", NULL), *to = g_build_filename(lab->folder, "restored", NULL);
    g_auto(LtBackup) made = { 0 }, restored = { 0 };
    g_autoptr(LtStore) store = NULL;
    GError *error = NULL;

    fill(lab);
    back_up(lab, folder, &made);
    fill(lab);
    lt_backup_restore(folder, to, NULL, NULL, &restored, &error);
    g_assert_no_error(error);
    store = open_copy(lab, to, lab->signer);
    g_assert_cmpstr(find_fault(store), ==, "log.signer-ahead");
}

typedef struct {
    StoreLab *lab;
    gint stop;
} Load;

static gpointer
keep_writing(gpointer data)
{
    Load *load = data;

    while (!g_atomic_int_get(&load->stop))
        fill(load->lab);
    return NULL;
}

static void
test_is_one_moment_while_the_hub_writes(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    Load load = { lab, 0 };
    GThread *thread;

    fill(lab);
    thread = g_thread_new("load", keep_writing, &load);
    for (guint i = 0; i < 3; i++) {
        g_autofree char *folder = g_strdup_printf("%s/backup-%u", lab->folder, i);
        g_auto(LtBackup) made = { 0 };
        g_autoptr(LtStore) copy = NULL;

        back_up(lab, folder, &made);
        copy = open_copy(lab, folder, NULL);
        g_assert_cmpstr(find_fault(copy), ==, NULL);
    }
    g_atomic_int_set(&load.stop, 1);
    g_thread_join(thread);
    store_lab_assert_sound(lab);
}

static void
flip_byte(const char *path, gsize at)
{
    g_autofree char *content = NULL;
    gsize size;

    g_assert_true(g_file_get_contents(path, &content, &size, NULL));
    content[at % size] ^= 1;
    g_assert_true(g_file_set_contents(path, content, (gssize) size, NULL));
}

static char *
first_blob(const char *folder)
{
    g_autofree char *blobs = g_build_filename(folder, "blobs", NULL);
    g_autoptr(GDir) outer = g_dir_open(blobs, 0, NULL);
    g_autofree char *inner = g_build_filename(blobs, g_dir_read_name(outer), NULL);
    g_autoptr(GDir) dir = g_dir_open(inner, 0, NULL);

    return g_build_filename(inner, g_dir_read_name(dir), NULL);
}

static const struct { const char *name, *reason; } damages[] = {
    { "database", "log.db" },
    { "blob", "log.blob-hash" },
    { "absent-blob", "log.missing-blob" },
    { "label", "restore.not-a-backup" },
};

static void
test_refuses_a_damaged_one(gconstpointer data)
{
    gsize row = GPOINTER_TO_SIZE(data);
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autofree char *folder = g_build_filename(lab->folder, "backup", NULL), *to = g_build_filename(lab->folder, "restored", NULL);
    g_autofree char *database = g_build_filename(folder, "lthub.db", NULL), *label = g_build_filename(folder, "backup.txt", NULL);
    g_autofree char *restored_database = g_build_filename(to, "lthub.db", NULL), *blob = NULL;
    g_auto(LtBackup) made = { 0 }, restored = { 0 };
    g_autoptr(GError) error = NULL;

    fill(lab);
    back_up(lab, folder, &made);
    blob = first_blob(folder);
    switch (row) {
    case 0:
        flip_byte(database, 30000);
        break;
    case 1:
        flip_byte(blob, 70000);
        break;
    case 2:
        g_unlink(blob);
        break;
    default:
        g_unlink(label);
    }
    g_assert_false(lt_backup_restore(folder, to, NULL, NULL, &restored, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, damages[row].reason);
    g_assert_false(g_file_test(restored_database, G_FILE_TEST_EXISTS));
}

static void
test_never_overwrites(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autofree char *folder = g_build_filename(lab->folder, "backup", NULL);
    g_auto(LtBackup) made = { 0 }, again = { 0 }, restored = { 0 };
    g_autoptr(GError) error = NULL;

    back_up(lab, folder, &made);
    g_assert_false(lt_store_backup(lab->store, folder, NULL, NULL, &again, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "backup.folder");
    g_clear_error(&error);
    g_assert_false(lt_backup_restore(folder, lab->store_folder, NULL, NULL, &restored, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "restore.folder");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/backup/comes-back-whole", test_comes_back_whole);
    g_test_add_func("/backup/says-when-the-signer-is-ahead", test_says_when_the_signer_is_ahead);
    g_test_add_func("/backup/is-one-moment-while-the-hub-writes", test_is_one_moment_while_the_hub_writes);
    for (gsize i = 0; i < G_N_ELEMENTS(damages); i++) {
        g_autofree char *path = g_strdup_printf("/backup/refuses-one-with-a-damaged-%s", damages[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_refuses_a_damaged_one);
    }
    g_test_add_func("/backup/never-overwrites", test_never_overwrites);
    return g_test_run();
}
