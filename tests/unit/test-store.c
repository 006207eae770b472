/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/faulty-vfs.h"
#include "lib/store-lab.h"
#include "store/audit-log.h"
#include "store/migrations.h"
#include "store/store-private.h"

static LtRecord *
stop_record(const char *why)
{
    LtRecord *record = lt_record_new("hub.stop", "hub", LAB_HUB);

    lt_record_set_string(record, "why", why);
    return record;
}

static gboolean
write_stop(LtStoreTransaction *tx, gpointer data, GError **error)
{
    return lt_store_append_record(tx, stop_record(data), NULL, NULL, error);
}

static guint64
log_size(StoreLab *lab)
{
    GError *error = NULL;
    g_autoptr(LtLogHead) head = lt_store_log_head(lab->store, &error);

    g_assert_no_error(error);
    return head->size;
}

static void
test_opens_a_new_folder(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autofree char *database = g_build_filename(lab->store_folder, "lthub.db", NULL);
    g_autofree char *wal = g_strconcat(database, "-wal", NULL);
    struct stat file;

    g_assert_cmpuint(log_size(lab), ==, 1);
    g_assert_cmpint(stat(database, &file), ==, 0);
    g_assert_cmpint(file.st_mode & 0777, ==, 0600);
    g_assert_cmpint(stat(wal, &file), ==, 0);
    g_assert_cmpint(file.st_mode & 0777, ==, 0600);
    store_lab_assert_sound(lab);
}

static void
test_is_locked_by_its_process(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    LtStoreOptions options = store_lab_options(lab);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtStore) second = lt_store_open(&options, &error);

    g_assert_null(second);
    g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
    g_assert_cmpstr(lt_error_get_reason(error), ==, "store.locked");
}

static void
test_opens_for_reading_beside_the_hub(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    LtStoreOptions options = store_lab_options(lab);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtStore) reader = NULL;
    g_autoptr(LtLogHead) head = NULL;

    options.read_only = TRUE;
    reader = lt_store_open(&options, &error);
    g_assert_no_error(error);
    head = lt_store_log_head(reader, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(head->size, ==, 1);
    g_assert_false(lt_store_write(reader, write_stop, (gpointer) "test", &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "env.store.halted");
}

static const struct { const char *name, *sql, *reason; } foreign[] = {
    { "newer", "PRAGMA user_version = 9999", "store.newer" },
    { "another-program's", "PRAGMA application_id = 7", "store.foreign" },
};

static void
test_refuses_a_database(gconstpointer data)
{
    gsize row = GPOINTER_TO_SIZE(data);
    g_autoptr(StoreLab) lab = store_lab_new();
    LtStoreOptions options = store_lab_options(lab);
    g_autoptr(GError) error = NULL;

    g_clear_pointer(&lab->store, lt_store_close);
    store_lab_change(lab, foreign[row].sql);
    lab->store = lt_store_open(&options, &error);
    g_assert_null(lab->store);
    g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
    g_assert_cmpstr(lt_error_get_reason(error), ==, foreign[row].reason);
}

/* tests/data/store/NNNN.db.gz: three messages as the program of that version kept them. */
static char *
unpack_fixture(const char *packed)
{
    g_autofree char *folder = g_dir_make_tmp("lthub-old-XXXXXX", NULL);
    char *path = g_build_filename(folder, "lthub.db", NULL);
    g_autoptr(GFile) from = g_file_new_for_path(packed), to = g_file_new_for_path(path);
    g_autoptr(GError) error = NULL;
    g_autoptr(GConverter) gunzip = G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP));
    g_autoptr(GInputStream) in = G_INPUT_STREAM(g_file_read(from, NULL, &error));
    g_autoptr(GInputStream) plain = g_converter_input_stream_new(in, gunzip);
    g_autoptr(GOutputStream) out = G_OUTPUT_STREAM(g_file_create(to, G_FILE_CREATE_PRIVATE, NULL, &error));

    g_assert_no_error(error);
    g_output_stream_splice(out, plain, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, &error);
    g_assert_no_error(error);
    return path;
}

static void
check_fixture(const char *packed)
{
    g_autofree char *path = unpack_fixture(packed);
    g_autofree char *folder = g_path_get_dirname(path);
    g_autoptr(LtDatabase) connection = NULL;
    g_autoptr(LtStore) store = NULL;
    g_autoptr(GPtrArray) deliveries = NULL;
    LtStoreOptions options = { .folder = folder, .read_only = TRUE };
    LtDeliveryQuery all = { .limit = 10 };
    GError *error = NULL;

    connection = lt_database_open(path, LT_DATABASE_WRITE, 0, &error);
    g_assert_no_error(error);
    lt_migrations_run(connection, &error);
    g_assert_no_error(error);
    store = lt_store_open(&options, &error);
    g_assert_no_error(error);
    deliveries = lt_store_list_deliveries(store, &all, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(deliveries->len, ==, 3);
    for (guint i = 0; i < deliveries->len; i++) {
        g_autoptr(LtMessage) message = lt_store_load_message(store, ((LtDelivery *) deliveries->pdata[i])->message, &error);

        g_assert_no_error(error);
        g_assert_cmpstr(lt_message_get_from(message), ==, LAB_COMMUNE);
    }
    g_clear_pointer(&store, lt_store_close);
    g_clear_pointer(&connection, lt_database_close);
    g_unlink(path);
    g_rmdir(folder);
}

static void
test_opens_old_databases(void)
{
    g_autofree char *folder = g_build_filename(g_getenv("LTHUB_SOURCE"), "tests", "data", "store", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    guint n = 0;

    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        if (g_str_has_suffix(name, ".db.gz")) {
            check_fixture(path);
            n++;
        }
    }
    g_assert_cmpuint(n, ==, lt_migrations_version()); /* one for each version */
}

/* Writes what becomes the fixture of this version: tests/data/store/README.md. */
static int
write_fixture(const char *path)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autofree char *sql = g_strdup_printf("VACUUM INTO '%s'", path);

    for (guint i = 0; i < 3; i++) {
        g_autoptr(LtAccepted) accepted = store_lab_accept_new(lab, NULL, NULL);

        g_assert_nonnull(accepted);
    }
    store_lab_change(lab, sql);
    return 0;
}

/* Many writes at once, each answered once, on the thread that asked. */
typedef struct {
    StoreLab *lab;
    GMainContext *context;
    guint answered, wanted;
    GThread *thread;
} Asker;

static gboolean
write_asked(LtStoreTransaction *tx, gpointer data G_GNUC_UNUSED, GError **error)
{
    return lt_store_append_record(tx, stop_record("asked"), NULL, NULL, error);
}

static void
answered(gpointer data, const GError *error)
{
    Asker *asker = data;

    g_assert_no_error(error);
    g_assert_true(g_thread_self() == asker->thread);
    asker->answered++;
}

static gpointer
ask_many(gpointer data)
{
    Asker *asker = data;

    asker->thread = g_thread_self();
    asker->context = g_main_context_new();
    for (guint i = 0; i < asker->wanted; i++)
        lt_store_submit(asker->lab->store, write_asked, answered, asker, asker->context);
    while (asker->answered < asker->wanted)
        g_main_context_iteration(asker->context, TRUE);
    g_main_context_unref(asker->context);
    return NULL;
}

static void
test_answers_each_write_once(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    Asker askers[8] = { 0 };
    GThread *threads[8];
    LtStoreFigures figures;

    for (guint i = 0; i < G_N_ELEMENTS(askers); i++) {
        askers[i] = (Asker){ .lab = lab, .wanted = 100 };
        threads[i] = g_thread_new("asker", ask_many, &askers[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    lt_store_get_figures(lab->store, &figures);
    g_assert_cmpuint(figures.writes, ==, 800);
    g_assert_cmpuint(figures.commits, <, 800); /* groups were shared */
    g_assert_cmpuint(log_size(lab), ==, 801);
    store_lab_assert_sound(lab);
}

/* A closure that fails takes back what it wrote, and nothing else. */
static gboolean
write_and_fail(LtStoreTransaction *tx, gpointer data, GError **error)
{
    if (!LT_RUN(tx->database, error, "INSERT INTO cursor (endpoint, value) VALUES (?1, 'half')", LT_TEXT(data)) ||
        !lt_store_append_record(tx, stop_record("half"), NULL, NULL, error))
        return FALSE;
    lt_error_set(error, LT_ERROR_CONFLICT, "test.half", "stopped half way");
    return FALSE;
}

static gboolean
write_whole(LtStoreTransaction *tx, gpointer data, GError **error)
{
    return LT_RUN(tx->database, error, "INSERT OR REPLACE INTO cursor (endpoint, value) VALUES (?1, 'whole')", LT_TEXT(data)) &&
           lt_store_append_record(tx, stop_record("whole"), NULL, NULL, error);
}

typedef struct {
    const char *name;
    gboolean fails;
    GMutex *gate;  /* of the one that keeps the writer until all others are queued */
    gint *answered; /* atomic */
} Member;

static gboolean
write_member(LtStoreTransaction *tx, gpointer data, GError **error)
{
    Member *member = data;

    if (member->gate != NULL) {
        g_mutex_lock(member->gate);
        g_mutex_unlock(member->gate);
        return TRUE;
    }
    return member->fails ? write_and_fail(tx, (gpointer) member->name, error) : write_whole(tx, (gpointer) member->name, error);
}

static void
member_answered(gpointer data, const GError *error)
{
    Member *member = data;

    if (member->fails)
        g_assert_cmpstr(lt_error_get_reason(error), ==, "test.half");
    else
        g_assert_no_error(error);
    g_atomic_int_inc(member->answered);
}

static void
test_rolls_back_one_closure_of_a_group(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    gint answers = 0;
    GMutex gate;
    Member members[] = { { .gate = &gate }, { .name = "a" }, { .name = "b", .fails = TRUE }, { .name = "c" }, { .name = "d", .fails = TRUE } };
    LtStoreFigures figures;

    g_mutex_init(&gate);
    g_mutex_lock(&gate);
    for (guint i = 0; i < G_N_ELEMENTS(members); i++) {
        members[i].answered = &answers;
        lt_store_submit(lab->store, write_member, member_answered, &members[i], NULL);
        if (i == 0)
            g_usleep(20000); /* the first is a group of its own */
    }
    g_mutex_unlock(&gate);
    while (g_atomic_int_get(&answers) < (gint) G_N_ELEMENTS(members))
        g_usleep(1000);
    g_mutex_clear(&gate);
    for (guint i = 1; i < G_N_ELEMENTS(members); i++) {
        g_autofree char *value = lt_store_get_cursor(lab->store, members[i].name);

        g_assert_cmpstr(value, ==, members[i].fails ? NULL : "whole");
    }
    lt_store_get_figures(lab->store, &figures);
    g_assert_cmpuint(figures.commits, ==, 2);
    g_assert_cmpuint(store_lab_count(lab, "hub.stop"), ==, 2);
    store_lab_assert_sound(lab);
}

static void
test_rolls_back_a_closure(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autoptr(GError) error = NULL;
    guint64 before = log_size(lab);
    g_autofree char *a = NULL, *b = NULL;

    g_assert_false(lt_store_write(lab->store, write_and_fail, (gpointer) "a", &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "test.half");
    g_clear_error(&error);
    g_assert_true(lt_store_write(lab->store, write_whole, (gpointer) "b", &error));
    a = lt_store_get_cursor(lab->store, "a");
    b = lt_store_get_cursor(lab->store, "b");
    g_assert_null(a);
    g_assert_cmpstr(b, ==, "whole");
    g_assert_cmpuint(log_size(lab), ==, before + 1);
    g_assert_cmpuint(store_lab_count(lab, "hub.stop"), ==, 1);
    store_lab_assert_sound(lab);
}

/* A disk that fails: the group is rolled back, each write is told, and all is well again afterwards. */
static const struct { const char *name; int code; } faults[] = {
    { "full", SQLITE_FULL },
    { "failing-write", SQLITE_IOERR_WRITE },
    { "failing-fsync", SQLITE_IOERR_FSYNC },
};

static void
test_survives_a_disk(gconstpointer data)
{
    gsize row = GPOINTER_TO_SIZE(data);
    g_autoptr(StoreLab) lab = store_lab_new();
    guint64 before = log_size(lab);
    LtStoreFigures figures;

    for (int after = 0; after < 12; after++) {
        g_autoptr(GError) error = NULL;
        gboolean written;

        faulty_vfs_fail(faults[row].code, after);
        written = lt_store_write(lab->store, write_whole, (gpointer) "x", &error);
        faulty_vfs_heal();
        if (!written) {
            g_assert_error(error, LT_ERROR, LT_ERROR_UNAVAILABLE);
            g_assert_cmpstr(lt_error_get_reason(error), ==, "env.store.full");
        }
        g_assert_cmpuint(log_size(lab), ==, written ? ++before : before);
        g_clear_error(&error);
        g_assert_true(lt_store_write(lab->store, write_whole, (gpointer) "y", &error));
        before++;
    }
    lt_store_get_figures(lab->store, &figures);
    g_assert_cmpuint(figures.groups_failed, >, 0);
    store_lab_assert_sound(lab);
    store_lab_reopen(lab);
    g_assert_cmpuint(log_size(lab), ==, before);
    store_lab_assert_sound(lab);
}

static void
test_keeps_new_dossiers_out_when_space_is_short(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    LtStoreOptions options = store_lab_options(lab);
    LabMessage dossier = { 0 }, status = { .type = "dossier.status", .payload = "{\"TrangThaiHoSo\":\"2\"}" };
    g_autoptr(GBytes) dossier_bytes = store_lab_bytes(lab, &dossier), status_bytes = store_lab_bytes(lab, &status);
    g_autoptr(LtEnvelope) dossier_envelope = NULL, status_envelope = NULL;
    g_autoptr(LtAccepted) accepted = NULL;
    g_autoptr(GError) error = NULL;

    g_clear_pointer(&lab->store, lt_store_close);
    options.reserve_bytes = G_MAXINT64;
    lab->store = lt_store_open(&options, &error);
    g_assert_no_error(error);
    dossier_envelope = store_lab_open(lab, dossier_bytes);
    status_envelope = store_lab_open(lab, status_bytes);
    g_assert_null(store_lab_accept(lab, dossier_envelope, NULL, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "env.store.full");
    g_clear_error(&error);
    accepted = store_lab_accept(lab, status_envelope, NULL, &error);
    g_assert_no_error(error);
    g_assert_nonnull(accepted);
}

int
main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--fixture") == 0)
        return write_fixture(argv[2]);
    g_test_init(&argc, &argv, NULL);
    faulty_vfs_install();
    g_test_add_func("/store/opens-a-new-folder", test_opens_a_new_folder);
    g_test_add_func("/store/is-locked-by-its-process", test_is_locked_by_its_process);
    g_test_add_func("/store/opens-for-reading-beside-the-hub", test_opens_for_reading_beside_the_hub);
    for (gsize i = 0; i < G_N_ELEMENTS(foreign); i++) {
        g_autofree char *path = g_strdup_printf("/store/refuses-%s-database", foreign[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_refuses_a_database);
    }
    g_test_add_func("/store/opens-old-databases", test_opens_old_databases);
    g_test_add_func("/store/answers-each-write-once-on-its-thread", test_answers_each_write_once);
    g_test_add_func("/store/rolls-back-a-closure-that-fails", test_rolls_back_a_closure);
    g_test_add_func("/store/rolls-back-one-closure-of-a-group", test_rolls_back_one_closure_of_a_group);
    for (gsize i = 0; i < G_N_ELEMENTS(faults); i++) {
        g_autofree char *path = g_strdup_printf("/store/survives-a-%s-disk", faults[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_survives_a_disk);
    }
    g_test_add_func("/store/keeps-new-dossiers-out-when-space-is-short", test_keeps_new_dossiers_out_when_space_is_short);
    return g_test_run();
}
