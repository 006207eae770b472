/* SPDX-License-Identifier: Apache-2.0 */
/* test-manifest.c: the template: written, read back, and held against ETSI's schema; what strays from it is refused. */
#include <string.h>

#include "base/xml.h"
#include "lib/vectors.h"
#include "trust/manifest.h"

#include <lienthong/error.h>

static const guint8 digest[LT_SHA256_SIZE] = { 1, 2, 3 };
static const LtManifestRow rows[] = {
    { "envelope.json", "application/json", digest },
    { "payload.xml", "application/xml", digest },
    { "att/0001", "application/pdf", digest },
    { "att/0999", "application/vnd.oasis.opendocument.text", digest },
};

static char *
good(gsize *size)
{
    g_autoptr(GBytes) bytes = lt_manifest_write(rows, G_N_ELEMENTS(rows));

    *size = g_bytes_get_size(bytes);
    return g_strndup(g_bytes_get_data(bytes, NULL), *size);
}

static void
test_same(void)
{
    gsize size;
    g_autofree char *text = good(&size);
    g_autoptr(GArray) items = lt_manifest_read(text, size, NULL);
    LtManifestRow again[G_N_ELEMENTS(rows)];
    g_autoptr(GBytes) written = NULL;

    g_assert_nonnull(items);
    g_assert_cmpuint(items->len, ==, G_N_ELEMENTS(rows));
    for (guint i = 0; i < items->len; i++) {
        const LtManifestItem *item = &g_array_index(items, LtManifestItem, i);

        g_assert_cmpstr(item->name, ==, rows[i].name);
        again[i] = (LtManifestRow){ item->name, item->media_type, item->sha256 };
    }
    written = lt_manifest_write(again, items->len);
    g_assert_cmpmem(text, size, g_bytes_get_data(written, NULL), g_bytes_get_size(written));
}

static const struct {
    const char *name, *find, *replace;
} cases[] = {
    { "a-space-between-attributes", "\" MimeType", "\"  MimeType" },
    { "a-space-at-the-end-of-a-tag", "\"/>", "\" />" },
    { "single-quotes", "URI=\"att/0001\"", "URI='att/0001'" },
    { "another-declaration", "version=\"1.0\"", "version=\"1.1\"" },
    { "no-declaration", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "" },
    { "another-prefix", "xmlns:ds", "xmlns:dsig" },
    { "another-namespace", "v1.2.1#", "v1.2.2#" },
    { "another-signature", "signature001", "signature002" },
    { "a-rootfile", "MimeType=\"application/pdf\"", "MimeType=\"application/pdf\" Rootfile=\"true\"" },
    { "a-name-outside-the-grammar", "att/0001", "att/1" },
    { "attachment-zero", "att/0001", "att/0000" },
    { "the-signature-as-a-row", "URI=\"att/0001\"", "URI=\"META-INF/signature001.p7s\"" },
    { "an-escape-in-a-name", "att/0001", "att&#47;0001" },
    { "an-upper-case-media-type", "application/pdf", "Application/pdf" },
    { "no-media-type", "application/pdf", "" },
    { "another-type-of-the-header", "URI=\"envelope.json\" MimeType=\"application/json\"", "URI=\"envelope.json\" MimeType=\"text/json\"" },
    { "a-digest-with-unused-bits", "AAAAAA=<", "AAAAAB=<" },
    { "a-short-digest", "AAAAAA=<", "AAAA<" },
    { "a-digest-with-a-newline", "AAAAAA=<", "AAAAA\n=<" },
    { "an-end-tag-in-a-row", "</asic:DataObjectReference>", "" },
    { "text-between-rows", "</asic:DataObjectReference>", "</asic:DataObjectReference>x" },
};

static void
test_case(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data), size;
    g_autofree char *text = good(&size);
    g_auto(GStrv) pieces = g_strsplit(text, cases[i].find, 2);
    g_autofree char *changed = g_strconcat(pieces[0], cases[i].replace, pieces[1], NULL);
    g_autoptr(GError) error = NULL;

    g_assert_cmpuint(g_strv_length(pieces), ==, 2);
    g_assert_null(lt_manifest_read(changed, strlen(changed), &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "env.manifest.template");
}

static void
test_cut(void)
{
    gsize size;
    g_autofree char *text = good(&size);

    for (gsize n = 0; n < size; n++) {
        g_autofree char *cut = g_memdup2(text, n); /* no NUL behind it: the reader must not need one */

        g_assert_null(lt_manifest_read(cut != NULL ? cut : "", n, NULL));
    }
}

static void
test_schema(void)
{
    g_autofree char *path = vectors_path("asic/asic.xsd");
    g_autoptr(GError) error = NULL;
    g_autoptr(LtXmlSchema) schema = NULL;
    gsize size;
    g_autofree char *text = good(&size);

    if (vectors_missing())
        return;
    schema = lt_xml_schema_load(path, &error);
    g_assert_no_error(error);
    lt_xml_check(text, size, schema, NULL, NULL, &error);
    g_assert_no_error(error);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/manifest/refuses-", cases[i].name, NULL);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
    }
    g_test_add_func("/manifest/reads-what-it-writes", test_same);
    g_test_add_func("/manifest/refuses-every-cut", test_cut);
    g_test_add_func("/manifest/follows-the-schema-of-etsi", test_schema);
    return g_test_run();
}
