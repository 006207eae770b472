/* SPDX-License-Identifier: Apache-2.0 */
/* test-upload.c: whatever arrived, in whatever pieces, and wherever the walk stopped: what goes to quarantine is what was received. */
#include "routing/upload.h"

#include <glib/gstdio.h>
#include <string.h>

#include "lib/store-lab.h"
#include "store/blobs.h"
#include "trust/digest.h"

#define BIG_SIZE 150000u
#define OTHER_SIZE 70001u

typedef struct {
    char *folder;
    LtBlobs *blobs;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *quarantine = NULL;

    fixture->folder = g_dir_make_tmp("lthub-upload-XXXXXX", NULL);
    g_assert_nonnull(fixture->folder);
    quarantine = g_build_filename(fixture->folder, "quarantine", NULL);
    g_assert_cmpint(g_mkdir(quarantine, 0700), ==, 0);
    fixture->blobs = lt_blobs_new(fixture->folder);
}

static void
tear_down(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    lt_blobs_free(fixture->blobs);
    store_lab_remove(fixture->folder);
    g_free(fixture->folder);
}

static LtEntrySource
entry(GPtrArray *owned, const char *name, const char *text, gsize size)
{
    guint8 *content = g_malloc(size);
    GBytes *bytes;

    for (gsize i = 0; i < size; i++)
        content[i] = text != NULL ? (guint8) text[i] : (guint8) (i * 7 + i / 251);
    bytes = g_bytes_new_take(content, size);
    g_ptr_array_add(owned, bytes);
    return (LtEntrySource){ .name = name, .bytes = bytes, .crc32 = lt_crc32(0, content, size) };
}

/* Two attachments that go to the spool, one that stays in memory. */
static GByteArray *
make_envelope(void)
{
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    LtEntrySource sources[] = {
        entry(owned, "mimetype", LT_CONTAINER_MEDIA_TYPE, strlen(LT_CONTAINER_MEDIA_TYPE)),
        entry(owned, "envelope.json", NULL, 300),
        entry(owned, "payload.json", NULL, 900),
        entry(owned, "att/0001", NULL, BIG_SIZE),
        entry(owned, "att/0002", NULL, 4000),
        entry(owned, "att/0003", NULL, OTHER_SIZE),
        entry(owned, "META-INF/ASiCManifest001.xml", NULL, 500),
        entry(owned, "META-INF/signature001.p7s", NULL, 700),
    };
    g_autoptr(GBytes) bytes = lt_container_build(sources, G_N_ELEMENTS(sources), NULL);
    GByteArray *array = g_byte_array_new();

    g_byte_array_append(array, g_bytes_get_data(bytes, NULL), (guint) g_bytes_get_size(bytes));
    return array;
}

typedef struct {
    const char *name;
    gint cut, flip_at;    /* bytes taken off the end; position to flip, 0: none */
    gint append;          /* bytes added */
    guint64 max_bytes;
    const char *reason;   /* NULL: it walks to its end, and is refused by a later step */
} Case;

static const Case cases[] = {
    { "a-good-one-that-a-later-step-refuses", .max_bytes = G_MAXUINT32 },
    { "cut-within-a-large-attachment", .cut = 60000, .max_bytes = G_MAXUINT32, .reason = "env.zip.truncated" },
    { "cut-within-the-directory", .cut = 30, .max_bytes = G_MAXUINT32, .reason = "env.zip.truncated" },
    { "altered-in-the-first-header", .flip_at = 2, .max_bytes = G_MAXUINT32, .reason = "env.zip.signature" },
    { "altered-in-a-large-attachment", .flip_at = 100000, .max_bytes = G_MAXUINT32, .reason = "env.zip.crc" },
    { "with-bytes-after-its-end", .append = 5, .max_bytes = G_MAXUINT32, .reason = "env.zip.trailing" },
    { "larger-than-it-may-be", .max_bytes = 100000, .reason = "env.size.total" },
};

static void
assert_quarantined(const LtQuarantine *quarantine, const GByteArray *sent)
{
    g_autoptr(LtHasher) hasher = lt_hasher_new();
    g_autofree guint8 *found = g_malloc0(sent->len + 1);
    guint8 expected[LT_SHA256_SIZE];
    gsize n = 0;

    lt_hasher_update(hasher, quarantine->salt, LT_SHA256_SIZE);
    lt_hasher_update(hasher, sent->data, sent->len);
    lt_hasher_finish(hasher, expected);
    g_assert_cmpmem(quarantine->commitment, LT_SHA256_SIZE, expected, LT_SHA256_SIZE);
    if (quarantine->file != NULL) {
        g_autoptr(GInputStream) stream = quarantine->file->open(quarantine->file, NULL);

        g_assert_true(g_input_stream_read_all(stream, found, sent->len + 1, &n, NULL, NULL));
    } else {
        g_assert_nonnull(quarantine->bytes);
        n = g_bytes_get_size(quarantine->bytes);
        g_assert_cmpuint(n, <=, sent->len);
        memcpy(found, g_bytes_get_data(quarantine->bytes, NULL), n);
    }
    g_assert_cmpmem(found, n, sent->data, sent->len);
}

static void
receive(Fixture *fixture, const Case *test, const GByteArray *sent, gsize step)
{
    g_autoptr(LtUpload) upload = lt_upload_open(test->max_bytes, lt_blobs_get_spool(fixture->blobs));
    g_autoptr(LtContainer) container = NULL;
    g_autoptr(GError) error = NULL;

    for (gsize at = 0; at < sent->len; at += step)
        lt_upload_feed(upload, sent->data + at, MIN(step, sent->len - at), NULL);
    g_assert_cmpuint(lt_upload_get_size(upload), ==, sent->len);
    container = lt_upload_finish(upload, &error);
    g_assert_true((container == NULL) == (test->reason != NULL));
    if (test->reason != NULL)
        g_assert_cmpstr(lt_error_get_reason(error), ==, test->reason);
    assert_quarantined(lt_upload_commit(upload), sent);
    assert_quarantined(lt_upload_commit(upload), sent); /* asked again after a failed write */
}

static void
test_keeps_what_was_received(Fixture *fixture, gconstpointer data)
{
    static const gsize steps[] = { 61, 997, 8192, 65536, G_MAXUINT32 };
    const Case *test = data;
    g_autoptr(GByteArray) sent = make_envelope();

    if (test->flip_at > 0)
        sent->data[test->flip_at] ^= 0x20;
    g_byte_array_set_size(sent, sent->len - (guint) test->cut);
    for (int i = 0; i < test->append; i++)
        g_byte_array_append(sent, (const guint8 *) "x", 1);
    for (guint i = 0; i < G_N_ELEMENTS(steps); i++)
        receive(fixture, test, sent, steps[i]);
}

/* The files of the walk are the only ones: a large envelope is written once. */
static void
test_writes_large_content_once(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GByteArray) sent = make_envelope();
    g_autoptr(LtUpload) upload = lt_upload_open(G_MAXUINT32, lt_blobs_get_spool(fixture->blobs));
    g_autofree char *quarantine = g_build_filename(fixture->folder, "quarantine", NULL);
    g_autoptr(GDir) folder = NULL;
    guint64 written = 0;
    const char *name;

    g_assert_true(lt_upload_feed(upload, sent->data, sent->len, NULL));
    folder = g_dir_open(quarantine, 0, NULL);
    while ((name = g_dir_read_name(folder)) != NULL) {
        g_autofree char *path = g_build_filename(quarantine, name, NULL);
        GStatBuf found;

        g_assert_cmpint(g_stat(path, &found), ==, 0);
        written += (guint64) found.st_size;
    }
    g_assert_cmpuint(written, ==, BIG_SIZE + OTHER_SIZE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/upload/keeps-%s", cases[i].name);

        g_test_add(path, Fixture, &cases[i], set_up, test_keeps_what_was_received, tear_down);
    }
    g_test_add("/upload/writes-large-content-once", Fixture, NULL, set_up, test_writes_large_content_once, tear_down);
    return g_test_run();
}
