/* SPDX-License-Identifier: Apache-2.0 */
/* test-container.c: the strict ZIP profile: what is refused, with which code; and that writing gives the bytes back. */
#include "trust/container.h"

#include <string.h>

#define GOOD "mimetype envelope.json payload.json att/0001 att/0002 META-INF/ASiCManifest001.xml META-INF/signature001.p7s"
#define N_GOOD 7

/* Entries from a list of names; `NAME:SIZE` sets the size, "mimetype" has its content. */
static GBytes *
build(const char *list)
{
    g_auto(GStrv) words = g_strsplit(list, " ", -1);
    guint n = g_strv_length(words);
    g_autofree LtEntrySource *sources = g_new0(LtEntrySource, n);
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);

    for (guint i = 0; i < n; i++) {
        char *size = strrchr(words[i], ':');
        guint length = size != NULL ? (guint) g_ascii_strtoull(size + 1, NULL, 10) : 10 + i;
        g_autofree char *content = g_strnfill(length, 'x');
        GBytes *bytes;

        if (size != NULL)
            *size = '\0';
        if (strcmp(words[i], "mimetype") == 0 && size == NULL)
            bytes = g_bytes_new_static(LT_CONTAINER_MEDIA_TYPE, strlen(LT_CONTAINER_MEDIA_TYPE));
        else if (strcmp(words[i], "mimetype") == 0 && length == 32)
            bytes = g_bytes_new_static(LT_CONTAINER_MEDIA_TYPE "\n", 32);
        else
            bytes = g_bytes_new(content, length);
        g_ptr_array_add(owned, bytes);
        sources[i] = (LtEntrySource){ .name = words[i], .bytes = bytes, .crc32 = lt_crc32(0, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)) };
    }
    return lt_container_build(sources, n, NULL);
}

static GByteArray *
bytes_of(const char *list)
{
    g_autoptr(GBytes) bytes = build(list);
    GByteArray *array = g_byte_array_new();

    g_byte_array_append(array, g_bytes_get_data(bytes, NULL), (guint) g_bytes_get_size(bytes));
    return array;
}

static void
assert_reason(const GByteArray *data, gsize step, const char *reason)
{
    g_autoptr(LtContainerReader) reader = lt_container_reader_new(G_MAXUINT64, NULL);
    g_autoptr(LtContainer) container = NULL;
    g_autoptr(GError) error = NULL;

    for (gsize at = 0; at < data->len; at += step)
        if (!lt_container_reader_feed(reader, data->data + at, MIN(step, data->len - at), NULL))
            break;
    container = lt_container_reader_finish(reader, &error);
    if (reason == NULL) {
        g_assert_no_error(error);
        g_assert_nonnull(container);
        return;
    }
    g_assert_nonnull(error);
    g_assert_cmpstr(lt_error_get_reason(error), ==, reason);
    g_assert_null(container);
}

/* In one piece, byte by byte, and in an odd size: the code must not depend on how the bytes arrive. */
static void
assert_refused(const GByteArray *data, const char *reason)
{
    assert_reason(data, MAX(data->len, 1), reason);
    assert_reason(data, 1, reason);
    assert_reason(data, 7, reason);
}

static const struct {
    const char *name, *entries, *reason;
} lists[] = {
    { "takes-the-smallest", "mimetype envelope.json META-INF/ASiCManifest001.xml META-INF/signature001.p7s", NULL },
    { "takes-a-payload-and-attachments", GOOD, NULL },
    { "takes-xml", "mimetype envelope.json payload.xml META-INF/ASiCManifest001.xml META-INF/signature001.p7s", NULL },
    { "refuses-mimetype-second", "envelope.json mimetype META-INF/ASiCManifest001.xml META-INF/signature001.p7s", "env.zip.mimetype" },
    { "refuses-mimetype-absent", "envelope.json META-INF/ASiCManifest001.xml META-INF/signature001.p7s", "env.zip.mimetype" },
    { "refuses-mimetype-with-newline", "mimetype:32 envelope.json META-INF/ASiCManifest001.xml META-INF/signature001.p7s", "env.zip.mimetype" },
    { "refuses-mimetype-of-another-content", "mimetype:31 envelope.json META-INF/ASiCManifest001.xml META-INF/signature001.p7s", "env.zip.mimetype" },
    { "refuses-mimetype-empty", "mimetype:0 envelope.json META-INF/ASiCManifest001.xml META-INF/signature001.p7s", "env.zip.mimetype" },
    { "refuses-a-foreign-name", GOOD " extra.txt", "env.zip.extra-entry" },
    { "refuses-a-path-upwards", GOOD " ../evil", "env.zip.extra-entry" },
    { "refuses-a-folder", "mimetype envelope.json att/:0 META-INF/ASiCManifest001.xml META-INF/signature001.p7s", "env.zip.extra-entry" },
    { "refuses-upper-case", GOOD " ATT/0003", "env.zip.extra-entry" },
    { "refuses-attachment-0", GOOD " att/0000", "env.zip.extra-entry" },
    { "refuses-attachment-1000", GOOD " att/1000", "env.zip.extra-entry" },
    { "refuses-a-second-signature", GOOD " META-INF/signature002.p7s", "env.zip.extra-entry" },
    { "refuses-a-batch-proof", GOOD " META-INF/batch001.proof", "env.zip.extra-entry" },
    { "refuses-a-name-of-65-bytes", GOOD " att/0001x123456789012345678901234567890123456789012345678901234567", "env.zip.extra-entry" },
    { "refuses-a-name-for-the-second-time", "mimetype envelope.json envelope.json META-INF/ASiCManifest001.xml META-INF/signature001.p7s", "env.zip.duplicate-entry" },
    { "refuses-mimetype-for-the-second-time", GOOD " mimetype", "env.zip.duplicate-entry" },
    { "refuses-an-empty-header", "mimetype envelope.json:0 META-INF/ASiCManifest001.xml META-INF/signature001.p7s", "env.zip.empty-entry" },
    { "refuses-an-empty-attachment", "mimetype envelope.json att/0001:0 META-INF/ASiCManifest001.xml META-INF/signature001.p7s", "env.zip.empty-entry" },
    { "refuses-a-signature-of-70000-bytes", "mimetype envelope.json META-INF/ASiCManifest001.xml META-INF/signature001.p7s:70000", "env.zip.entry-size" },
    { "refuses-a-header-over-its-limit", "mimetype envelope.json:262145 META-INF/ASiCManifest001.xml META-INF/signature001.p7s", "env.zip.entry-size" },
    { "refuses-a-manifest-over-its-limit", "mimetype envelope.json META-INF/ASiCManifest001.xml:524289 META-INF/signature001.p7s", "env.zip.entry-size" },
    { "refuses-a-payload-over-its-limit", "mimetype envelope.json payload.json:8388609 META-INF/ASiCManifest001.xml META-INF/signature001.p7s", "env.zip.entry-size" },
    { "takes-a-header-at-its-limit", "mimetype envelope.json:262144 META-INF/ASiCManifest001.xml META-INF/signature001.p7s", NULL },
    { "refuses-without-header", "mimetype META-INF/ASiCManifest001.xml META-INF/signature001.p7s", "env.zip.missing-entry" },
    { "refuses-without-manifest", "mimetype envelope.json META-INF/signature001.p7s", "env.zip.missing-entry" },
    { "refuses-without-signature", "mimetype envelope.json META-INF/ASiCManifest001.xml", "env.zip.missing-entry" },
    { "refuses-both-payloads", "mimetype envelope.json payload.json payload.xml META-INF/ASiCManifest001.xml META-INF/signature001.p7s", "env.zip.order" },
    { "refuses-a-hole", "mimetype envelope.json att/0001 att/0003 META-INF/ASiCManifest001.xml META-INF/signature001.p7s", "env.zip.order" },
    { "refuses-attachments-from-2", "mimetype envelope.json att/0002 META-INF/ASiCManifest001.xml META-INF/signature001.p7s", "env.zip.order" },
    { "refuses-attachments-exchanged", "mimetype envelope.json att/0002 att/0001 META-INF/ASiCManifest001.xml META-INF/signature001.p7s", "env.zip.order" },
    { "refuses-signature-before-manifest", "mimetype envelope.json META-INF/signature001.p7s META-INF/ASiCManifest001.xml", "env.zip.order" },
    { "refuses-payload-after-attachment", "mimetype envelope.json att/0001 payload.json META-INF/ASiCManifest001.xml META-INF/signature001.p7s", "env.zip.order" },
    { "refuses-an-attachment-after-the-manifest", "mimetype envelope.json META-INF/ASiCManifest001.xml META-INF/signature001.p7s att/0001", "env.zip.order" },
};

static void
test_list(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(GByteArray) bytes = bytes_of(lists[i].entries);

    if (bytes->len > 100000)
        assert_reason(bytes, bytes->len, lists[i].reason);
    else
        assert_refused(bytes, lists[i].reason);
}

typedef enum { LOCAL, CENTRAL, END } Record;

static guint
offset_of(const GByteArray *data, Record record, guint entry)
{
    static const char *const signatures[] = { "PK\3\4", "PK\1\2", "PK\5\6" };
    guint found = 0;

    for (guint i = 0; i + 4 <= data->len; i++)
        if (memcmp(data->data + i, signatures[record], 4) == 0 && found++ == entry)
            return i;
    g_assert_not_reached();
}

static const struct {
    const char *name;
    Record record;
    guint entry, field, width;
    guint32 value;
    const char *reason;
} patches[] = {
    { "deflated", LOCAL, 2, 8, 2, 8, "env.zip.method" },
    { "encrypted", LOCAL, 2, 6, 2, 1, "env.zip.flags" },
    { "a-data-descriptor", LOCAL, 2, 6, 2, 8, "env.zip.flags" },
    { "the-utf8-flag", LOCAL, 2, 6, 2, 0x800, "env.zip.flags" },
    { "a-time", LOCAL, 1, 10, 2, 1, "env.zip.field" },
    { "a-date", LOCAL, 1, 12, 2, 0x5a21, "env.zip.field" },
    { "an-extra-field", LOCAL, 1, 28, 2, 4, "env.zip.field" },
    { "version-20", LOCAL, 0, 4, 2, 20, "env.zip.field" },
    { "unequal-sizes", LOCAL, 1, 18, 4, 5, "env.zip.field" },
    { "a-zip64-size", LOCAL, 3, 22, 4, 0xffffffff, "env.zip.zip64" },
    { "a-wrong-crc", LOCAL, 3, 14, 4, 12345, "env.zip.crc" },
    { "a-name-longer-than-the-file", LOCAL, 6, 26, 2, 60000, "env.zip.truncated" },
    { "an-empty-name", LOCAL, 6, 26, 2, 0, "env.zip.extra-entry" },
    { "flags-in-the-directory", CENTRAL, 2, 8, 2, 0x800, "env.zip.flags" },
    { "a-method-in-the-directory", CENTRAL, 2, 10, 2, 8, "env.zip.method" },
    { "a-date-in-the-directory", CENTRAL, 2, 14, 2, 0x5a21, "env.zip.field" },
    { "version-made-by-unix", CENTRAL, 2, 4, 2, 0x030a, "env.zip.field" },
    { "version-20-in-the-directory", CENTRAL, 2, 6, 2, 20, "env.zip.field" },
    { "an-extra-field-in-the-directory", CENTRAL, 2, 30, 2, 4, "env.zip.field" },
    { "an-entry-comment", CENTRAL, 2, 32, 2, 4, "env.zip.field" },
    { "a-disk-number", CENTRAL, 2, 34, 2, 1, "env.zip.field" },
    { "internal-attributes", CENTRAL, 2, 36, 2, 1, "env.zip.field" },
    { "unix-attributes", CENTRAL, 2, 38, 4, 0x81a40000, "env.zip.field" },
    { "a-crc-that-differs", CENTRAL, 2, 16, 4, 1, "env.zip.mismatch" },
    { "a-size-that-differs", CENTRAL, 2, 20, 4, 1, "env.zip.mismatch" },
    { "another-size-that-differs", CENTRAL, 2, 24, 4, 1, "env.zip.mismatch" },
    { "a-zip64-size-in-the-directory", CENTRAL, 2, 24, 4, 0xffffffff, "env.zip.zip64" },
    { "a-name-length-that-differs", CENTRAL, 2, 28, 2, 11, "env.zip.mismatch" },
    { "an-offset-that-differs", CENTRAL, 2, 42, 4, 1, "env.zip.mismatch" },
    { "a-name-that-differs", CENTRAL, 2, 46, 1, 'q', "env.zip.mismatch" },
    { "a-disk-in-the-end-record", END, 0, 4, 2, 1, "env.zip.mismatch" },
    { "fewer-entries-in-the-end-record", END, 0, 8, 2, N_GOOD - 1, "env.zip.mismatch" },
    { "more-entries-in-the-end-record", END, 0, 10, 2, N_GOOD + 1, "env.zip.mismatch" },
    { "a-directory-size-that-differs", END, 0, 12, 4, 1, "env.zip.mismatch" },
    { "a-directory-offset-that-differs", END, 0, 16, 4, 1, "env.zip.mismatch" },
    { "a-comment", END, 0, 20, 2, 1, "env.zip.trailing" },
    { "another-first-record", LOCAL, 0, 0, 4, 0x41414141, "env.zip.signature" },
    { "another-record-inside", LOCAL, 3, 0, 4, 0x41414141, "env.zip.signature" },
    { "another-directory-record", CENTRAL, 3, 0, 4, 0x41414141, "env.zip.signature" },
    { "another-end-record", END, 0, 0, 4, 0x41414141, "env.zip.signature" },
    { "a-zip64-end-record", END, 0, 0, 4, 0x06064b50, "env.zip.zip64" },
    { "a-directory-that-ends-early", CENTRAL, 3, 0, 4, 0x06054b50, "env.zip.mismatch" },
};

static void
test_patch(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(GByteArray) bytes = bytes_of(GOOD);
    guint at = offset_of(bytes, patches[i].record, patches[i].entry) + patches[i].field;

    for (guint b = 0; b < patches[i].width; b++)
        bytes->data[at + b] = (guint8) (patches[i].value >> (8 * b));
    assert_refused(bytes, patches[i].reason);
}

static GByteArray *
splice(guint at, const char *junk, guint size)
{
    GByteArray *good = bytes_of(GOOD);
    GByteArray *out = g_byte_array_new();

    g_byte_array_append(out, good->data, at);
    g_byte_array_append(out, (const guint8 *) junk, size);
    g_byte_array_append(out, good->data + at, good->len - at);
    g_byte_array_unref(good);
    return out;
}

static void
test_junk(void)
{
    g_autoptr(GByteArray) good = bytes_of(GOOD);
    g_autoptr(GByteArray) prefix = splice(0, "#!/bin/sh\nexec unzip $0\n", 24);
    g_autoptr(GByteArray) gap = splice(offset_of(good, LOCAL, 2), "gap", 3);
    g_autoptr(GByteArray) before_directory = splice(offset_of(good, CENTRAL, 0), "gap", 3);
    g_autoptr(GByteArray) before_end = splice(offset_of(good, END, 0), "g", 1);
    g_autoptr(GByteArray) after = splice(good->len, "\n", 1);

    assert_refused(prefix, "env.zip.signature");
    assert_refused(gap, "env.zip.signature");
    assert_refused(before_directory, "env.zip.signature");
    assert_refused(before_end, "env.zip.signature");
    assert_refused(after, "env.zip.trailing");
}

static void
test_cut(void)
{
    g_autoptr(GByteArray) good = bytes_of(GOOD);
    guint size = good->len;

    for (guint n = 0; n < size; n++) {
        good->len = n;
        assert_reason(good, MAX(n, 1), "env.zip.truncated");
    }
    good->len = size;
}

static void
test_limit(void)
{
    g_autoptr(GBytes) good = build(GOOD);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtContainer) at_limit = lt_container_read_bytes(good, g_bytes_get_size(good), NULL, NULL);
    g_autoptr(LtContainer) over = lt_container_read_bytes(good, g_bytes_get_size(good) - 1, NULL, &error);

    g_assert_nonnull(at_limit);
    g_assert_null(over);
    g_assert_cmpstr(lt_error_get_reason(error), ==, "env.size.total");
    g_assert_cmpint(error->code, ==, LT_ERROR_TOO_LARGE);
}

static void
assert_rewritten(GBytes *bytes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtContainer) container = lt_container_read_bytes(bytes, G_MAXUINT64, NULL, &error);
    g_autoptr(GInputStream) stream = NULL;
    g_autofree char *again = g_malloc(g_bytes_get_size(bytes) + 1);
    guint64 size;
    gsize got;

    g_assert_no_error(error);
    g_assert_cmpuint(container->size, ==, g_bytes_get_size(bytes));
    stream = lt_container_open_stream(container, &size, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(size, ==, g_bytes_get_size(bytes));
    g_assert_true(g_input_stream_read_all(stream, again, (gsize) size + 1, &got, NULL, &error));
    g_assert_cmpmem(again, got, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

static void
test_rewrite(void)
{
    g_autoptr(GBytes) bytes = build(GOOD);

    assert_rewritten(bytes);
}

/* A spool that counts: nothing of a large attachment may stay in memory. */
typedef struct { LtSpoolFile file; GByteArray *content; gsize largest; } TestFile;
static TestFile *last_file;

static gboolean
file_write(LtSpoolFile *file, const guint8 *data, gsize size, GError **error)
{
    TestFile *self = (TestFile *) file;

    (void) error;
    self->largest = MAX(self->largest, size);
    g_byte_array_append(self->content, data, (guint) size);
    return TRUE;
}

static GInputStream *
file_open(LtSpoolFile *file, GError **error)
{
    TestFile *self = (TestFile *) file;

    (void) error;
    return g_memory_input_stream_new_from_data(self->content->data, self->content->len, NULL);
}

static void
file_free(LtSpoolFile *file)
{
    TestFile *self = (TestFile *) file;

    g_byte_array_unref(self->content);
    g_free(self);
}

static LtSpoolFile *
spool_create(LtSpool *spool, GError **error)
{
    (void) spool;
    (void) error;
    last_file = g_new0(TestFile, 1);
    last_file->file = (LtSpoolFile){ .write = file_write, .open = file_open, .free = file_free };
    last_file->content = g_byte_array_new();
    return &last_file->file;
}

static void
test_spool(void)
{
    LtSpool spool = { .create = spool_create };
    g_autoptr(GBytes) bytes =
        build("mimetype envelope.json att/0001:65535 att/0002:200000 META-INF/ASiCManifest001.xml META-INF/signature001.p7s");
    g_autoptr(GError) error = NULL;
    g_autoptr(LtContainer) container = lt_container_read_bytes(bytes, G_MAXUINT64, &spool, &error);
    LtEntry *small = lt_container_lookup(container, "att/0001");
    LtEntry *large = lt_container_lookup(container, "att/0002");
    g_autoptr(GInputStream) stream = NULL;
    char again[300000];
    gsize got;

    g_assert_no_error(error);
    g_assert_nonnull(small->bytes);
    g_assert_null(small->file);
    g_assert_null(large->bytes);
    g_assert_true(large->file == &last_file->file);
    g_assert_cmpuint(last_file->content->len, ==, 200000);
    g_assert_cmpuint(last_file->largest, <=, LT_CONTAINER_SMALL);
    stream = lt_container_open_stream(container, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(g_input_stream_read_all(stream, again, sizeof again, &got, NULL, NULL));
    g_assert_cmpmem(again, got, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

static void
test_crc(void)
{
    g_assert_cmphex(lt_crc32(0, (const guint8 *) "123456789", 9), ==, 0xcbf43926);
    g_assert_cmphex(lt_crc32(lt_crc32(0, (const guint8 *) "12", 2), (const guint8 *) "3456789", 7), ==, 0xcbf43926);
}

static void
test_vectors(void)
{
    const char *set = g_getenv("LTHUB_VECTORS");
    g_autofree char *vectors = set != NULL ? g_strdup(set) : g_build_filename(g_getenv("LTHUB_SOURCE"), "../shared/vectors", NULL);
    g_autofree char *folder = g_build_filename(vectors, "conforming", "envelope", NULL);
    g_autofree char *sample = g_build_filename(vectors, "sample", "envelope", "good.asice", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    GByteArray old = { 0 };
    gsize size;
    guint n = 0;

    if (dir == NULL) {
        g_test_skip("SKIP vectors: ../shared/vectors not found");
        return;
    }
    for (const char *name; (name = g_dir_read_name(dir)) != NULL; n++) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *content = NULL;
        g_autoptr(GBytes) bytes = NULL;

        g_assert_true(g_file_get_contents(path, &content, &size, NULL));
        bytes = g_bytes_new(content, size);
        assert_rewritten(bytes);
    }
    g_assert_cmpuint(n, >, 0);
    g_assert_true(g_file_get_contents(sample, (char **) &old.data, &size, NULL));
    old.len = (guint) size;
    assert_reason(&old, size, "env.zip.field");
    g_free(old.data);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_autofree char *path = g_strconcat("/container/", lists[i].name, NULL);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_list);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(patches); i++) {
        g_autofree char *path = g_strconcat("/container/refuses-", patches[i].name, NULL);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_patch);
    }
    g_test_add_func("/container/refuses-bytes-before-between-and-after", test_junk);
    g_test_add_func("/container/refuses-a-cut-at-every-byte", test_cut);
    g_test_add_func("/container/refuses-more-than-the-limit", test_limit);
    g_test_add_func("/container/writes-the-same-bytes-again", test_rewrite);
    g_test_add_func("/container/hands-large-content-to-the-spool-in-pieces", test_spool);
    g_test_add_func("/container/computes-the-crc-of-zip", test_crc);
    g_test_add_func("/container/rewrites-the-conforming-vectors", test_vectors);
    return g_test_run();
}
