/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-manifest.c: the ASiCManifest. Property: what is read and written again from its rows gives the same bytes. */
#include "fuzz.h"

#include "trust/manifest.h"

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) items = lt_manifest_read((const char *) data, size, &error);
    g_autofree LtManifestRow *rows = NULL;
    g_autoptr(GBytes) again = NULL;

    if (items == NULL) {
        FUZZ_CHECK_REFUSED(error, "env.manifest.");
        return 0;
    }
    rows = g_new0(LtManifestRow, items->len + 1);
    for (guint i = 0; i < items->len; i++) {
        LtManifestItem *item = &g_array_index(items, LtManifestItem, i);

        rows[i] = (LtManifestRow){ item->name, item->media_type, item->sha256 };
    }
    again = lt_manifest_write(rows, items->len);
    FUZZ_CHECK(g_bytes_get_size(again) == size && memcmp(g_bytes_get_data(again, NULL), data, size) == 0);
    return 0;
}
