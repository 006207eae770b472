/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-container.c: the ZIP walk. Properties: what is accepted and written again from its entries gives the same bytes, and
 * the walk does not care how the bytes are cut into pieces. */
#include "fuzz.h"

#include "trust/container.h"

#define MAX_BYTES (1024 * 1024)

/* In pieces whose lengths follow from the input. Returns: (nullable) */
static LtContainer *
read_in_pieces(const guint8 *data, gsize size, GError **error)
{
    g_autoptr(LtContainerReader) reader = lt_container_reader_new(MAX_BYTES, NULL);
    gsize at = 0;

    while (at < size) {
        gsize piece = MIN((gsize) data[at] % 61 + 1, size - at);

        if (!lt_container_reader_feed(reader, data + at, piece, error))
            return NULL;
        at += piece;
    }
    return lt_container_reader_finish(reader, error);
}

static GBytes *
write_again(const LtContainer *container)
{
    g_autofree LtEntrySource *sources = g_new0(LtEntrySource, container->entries->len);

    for (guint i = 0; i < container->entries->len; i++) {
        const LtEntry *entry = g_ptr_array_index(container->entries, i);

        if (entry->bytes == NULL)
            return NULL;
        sources[i] = (LtEntrySource){ .name = entry->name, .bytes = entry->bytes, .size = entry->size, .crc32 = entry->crc32 };
    }
    return lt_container_build(sources, container->entries->len, NULL);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) piece_error = NULL;
    g_autoptr(LtContainer) container = lt_container_read_bytes(bytes, MAX_BYTES, NULL, &error);
    g_autoptr(LtContainer) pieces = read_in_pieces(data, size, &piece_error);
    g_autoptr(GBytes) again = NULL;

    FUZZ_CHECK((container == NULL) == (pieces == NULL));
    if (container == NULL) {
        FUZZ_CHECK_REFUSED(error, "env.");
        FUZZ_CHECK(g_str_equal(lt_error_get_reason(error), lt_error_get_reason(piece_error)));
        return 0;
    }
    again = write_again(container);
    FUZZ_CHECK(again == NULL || g_bytes_equal(again, bytes));
    return 0;
}
