/* SPDX-License-Identifier: Apache-2.0 */
#include "store/blobs.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/store-lab.h"
#include "store/migrations.h"
#include "trust/digest.h"

typedef struct {
    char *folder;
    LtDatabase *database;
    LtBlobs *blobs;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    static const char *const names[] = { "blobs", "quarantine" };
    g_autofree char *path = NULL;
    GError *error = NULL;

    fixture->folder = g_dir_make_tmp("lthub-blobs-XXXXXX", &error);
    g_assert_no_error(error);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *folder = g_build_filename(fixture->folder, names[i], NULL);

        g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
    }
    path = g_build_filename(fixture->folder, "lthub.db", NULL);
    fixture->database = lt_database_open(path, LT_DATABASE_WRITE, 0, &error);
    g_assert_no_error(error);
    lt_migrations_run(fixture->database, &error);
    g_assert_no_error(error);
    fixture->blobs = lt_blobs_new(fixture->folder);
}

static void
tear_down(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    lt_blobs_free(fixture->blobs);
    lt_database_close(fixture->database);
    store_lab_remove(fixture->folder);
    g_free(fixture->folder);
}

static const char content[] = "content of a paper";

static LtSpoolFile *
spool(Fixture *fixture, guint8 sha256[LT_SHA256_SIZE])
{
    LtSpool *spool = lt_blobs_get_spool(fixture->blobs);
    GError *error = NULL;
    LtSpoolFile *file = spool->create(spool, &error);

    g_assert_no_error(error);
    g_assert_true(file->write(file, (const guint8 *) content, 8, &error));
    g_assert_true(file->write(file, (const guint8 *) content + 8, sizeof content - 8, &error));
    lt_sha256(content, sizeof content, sha256);
    return file;
}

static guint
count_quarantine(Fixture *fixture)
{
    g_autofree char *path = g_build_filename(fixture->folder, "quarantine", NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    guint n = 0;

    while (g_dir_read_name(dir) != NULL)
        n++;
    return n;
}

static gboolean
reads_back(GInputStream *stream, GError **error)
{
    char piece[64];
    gsize n = 0;

    return stream != NULL && g_input_stream_read_all(stream, piece, sizeof piece, &n, NULL, error) && n == sizeof content &&
           memcmp(piece, content, n) == 0;
}

static void
test_forgets_what_is_not_kept(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    guint8 sha256[LT_SHA256_SIZE];
    LtSpoolFile *file = spool(fixture, sha256);
    GError *error = NULL;
    g_autoptr(GInputStream) stream = file->open(file, &error);

    g_assert_true(reads_back(stream, &error));
    g_assert_cmpuint(count_quarantine(fixture), ==, 1);
    file->free(file);
    g_assert_cmpuint(count_quarantine(fixture), ==, 0);
}

static void
test_adopts(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    guint8 sha256[LT_SHA256_SIZE];
    LtSpoolFile *file = spool(fixture, sha256);
    g_autofree char *path = lt_blobs_path(fixture->blobs, sha256);
    g_autoptr(GInputStream) kept = NULL, fresh = NULL;
    struct stat found;
    GError *error = NULL;

    g_assert_true(lt_blobs_adopt(fixture->blobs, file, sha256, &error));
    g_assert_true(lt_blobs_adopt(fixture->blobs, file, sha256, &error)); /* a write tried again */
    g_assert_cmpint(stat(path, &found), ==, 0);
    g_assert_cmpint(found.st_mode & 0777, ==, 0600);
    g_assert_cmpuint(count_quarantine(fixture), ==, 1); /* the marker, until the commit */
    lt_blobs_settle(fixture->blobs, file);
    g_assert_cmpuint(count_quarantine(fixture), ==, 0);
    fresh = file->open(file, &error);
    g_assert_true(reads_back(fresh, &error));
    file->free(file);
    kept = lt_blobs_open_file(fixture->blobs, sha256, sizeof content, &error);
    g_assert_true(reads_back(kept, &error));
}

static void
test_mends_a_rotten_one(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    guint8 sha256[LT_SHA256_SIZE];
    LtSpoolFile *first = spool(fixture, sha256), *second = NULL;
    g_autofree char *path = lt_blobs_path(fixture->blobs, sha256);
    g_autoptr(GInputStream) kept = NULL, rotten = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(lt_blobs_adopt(fixture->blobs, first, sha256, &error));
    lt_blobs_settle(fixture->blobs, first);
    first->free(first);
    g_assert_true(g_file_set_contents(path, "content of a papex", sizeof content, NULL));
    rotten = lt_blobs_open_file(fixture->blobs, sha256, sizeof content, &error);
    g_assert_false(reads_back(rotten, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "log.blob-hash");
    g_clear_error(&error);
    second = spool(fixture, sha256);
    g_assert_true(lt_blobs_adopt(fixture->blobs, second, sha256, &error));
    second->free(second);
    kept = lt_blobs_open_file(fixture->blobs, sha256, sizeof content, &error);
    g_assert_true(reads_back(kept, &error));
}

static void
test_names_what_is_wrong(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    guint8 sha256[LT_SHA256_SIZE];
    LtSpoolFile *file = spool(fixture, sha256);
    g_autoptr(GError) error = NULL;

    g_assert_null(lt_blobs_open_file(fixture->blobs, sha256, sizeof content, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "log.missing-blob");
    g_clear_error(&error);
    g_assert_true(lt_blobs_adopt(fixture->blobs, file, sha256, &error));
    file->free(file);
    g_assert_null(lt_blobs_open_file(fixture->blobs, sha256, sizeof content + 1, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "log.blob-hash");
}

/* What a crash leaves: half a file, an adopted one without a row, an adopted one with a row. */
static void
test_sweeps_orphans(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    guint8 sha256[LT_SHA256_SIZE];
    LtSpoolFile *half = spool(fixture, sha256), *adopted = spool(fixture, sha256);
    g_autofree char *path = lt_blobs_path(fixture->blobs, sha256);
    GError *error = NULL;

    g_assert_true(lt_blobs_adopt(fixture->blobs, adopted, sha256, &error));
    g_assert_cmpuint(count_quarantine(fixture), ==, 2);
    g_assert_true(lt_blobs_sweep(fixture->blobs, fixture->database, &error));
    g_assert_cmpuint(count_quarantine(fixture), ==, 0);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    half->free(half);
    adopted->free(adopted);

    adopted = spool(fixture, sha256);
    g_assert_true(lt_blobs_adopt(fixture->blobs, adopted, sha256, &error));
    g_assert_true(LT_RUN(fixture->database, &error, "INSERT INTO attachment (row, digest, size, crc, bytes) VALUES (1025, ?1, ?2, 0, NULL)",
                         LT_BLOB(sha256, sizeof sha256), LT_INT(sizeof content)));
    g_assert_true(lt_blobs_sweep(fixture->blobs, fixture->database, &error));
    g_assert_cmpuint(count_quarantine(fixture), ==, 0);
    g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
    adopted->free(adopted);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/blobs/forgets-what-is-not-kept", Fixture, NULL, set_up, test_forgets_what_is_not_kept, tear_down);
    g_test_add("/blobs/adopts-a-file-under-its-digest", Fixture, NULL, set_up, test_adopts, tear_down);
    g_test_add("/blobs/mends-a-rotten-file", Fixture, NULL, set_up, test_mends_a_rotten_one, tear_down);
    g_test_add("/blobs/names-what-is-wrong", Fixture, NULL, set_up, test_names_what_is_wrong, tear_down);
    g_test_add("/blobs/sweeps-what-was-never-committed", Fixture, NULL, set_up, test_sweeps_orphans, tear_down);
    return g_test_run();
}
