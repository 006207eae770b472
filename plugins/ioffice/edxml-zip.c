/* SPDX-License-Identifier: Apache-2.0 */
/* edxml-zip.c: ZIPs of one entry, as edXML carries attachments (domain.md §2.4, security.md §4.3).
 *
 * Reading starts from the end record, as every unpacker does, and takes exactly one entry, stored or deflated, whose name is ignored. What comes
 * out is bounded by size and by ratio while it is unpacked. Other bytes than a ZIP are the caller's to keep.
 */
#include "edxml.h"

#include <gio/gio.h>
#include <string.h>

#define LOCAL_SIZE 30u
#define CENTRAL_SIZE 46u
#define END_SIZE 22u
#define COMMENT_MAX 65535u
#define UTF8_NAMES 0x0800u
#define ENCRYPTED 0x0041u
#define PIECE 65536u

static guint32
read16(const guint8 *at)
{
    return (guint32) at[0] | (guint32) at[1] << 8;
}

static guint32
read32(const guint8 *at)
{
    return read16(at) | read16(at + 2) << 16;
}

static guint32
crc32_of(const guint8 *data, gsize size)
{
    guint32 table[256], crc = 0xffffffffu;

    for (guint32 i = 0; i < 256; i++) {
        guint32 c = i;

        for (int bit = 0; bit < 8; bit++)
            c = (c & 1) != 0 ? 0xedb88320u ^ c >> 1 : c >> 1;
        table[i] = c;
    }
    for (gsize i = 0; i < size; i++)
        crc = table[(crc ^ data[i]) & 0xff] ^ crc >> 8;
    return ~crc;
}

/* The end record, which a comment may follow. */
static const guint8 *
find_end(const guint8 *data, gsize size)
{
    gsize stop = size > END_SIZE + COMMENT_MAX ? size - END_SIZE - COMMENT_MAX : 0;

    for (gsize at = size >= END_SIZE ? size - END_SIZE + 1 : 0; at-- > stop;) {
        if (memcmp(data + at, "PK\5\6", 4) == 0 && at + END_SIZE + read16(data + at + 20) == size)
            return data + at;
    }
    return NULL;
}

typedef struct {
    const guint8 *packed;
    gsize packed_size, size;
    guint32 crc, method, flags;
} Entry;

/* The first entry by the central directory; its own header only says where its bytes begin. */
static gboolean
locate(const guint8 *data, gsize size, const guint8 *end, Entry *entry)
{
    gsize offset = read32(end + 16), room = (gsize) (end - data), local, begin;
    const guint8 *row;

    if (offset > room || room - offset < CENTRAL_SIZE || memcmp(data + offset, "PK\1\2", 4) != 0)
        return FALSE;
    row = data + offset;
    *entry = (Entry) { .flags = read16(row + 8), .method = read16(row + 10), .crc = read32(row + 16), .packed_size = read32(row + 20),
                       .size = read32(row + 24) };
    local = read32(row + 42);
    if (local > size || size - local < LOCAL_SIZE || memcmp(data + local, "PK\3\4", 4) != 0)
        return FALSE;
    begin = local + LOCAL_SIZE + read16(data + local + 26) + read16(data + local + 28);
    if (begin > offset || offset - begin < entry->packed_size)
        return FALSE;
    entry->packed = data + begin;
    return TRUE;
}

/* @max bounds what comes out, whatever the ZIP says. */
static GBytes *
inflate(const Entry *entry, gsize max)
{
    g_autoptr(GZlibDecompressor) inflater = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_RAW);
    g_autoptr(GByteArray) out = g_byte_array_new();
    g_autofree guint8 *piece = g_malloc(PIECE);
    gsize at = 0;

    for (;;) {
        g_autoptr(GError) cause = NULL;
        gsize n_read = 0, n_written = 0;
        GConverterResult result = g_converter_convert(G_CONVERTER(inflater), entry->packed + at, entry->packed_size - at, piece, PIECE,
                                                      G_CONVERTER_INPUT_AT_END, &n_read, &n_written, &cause);

        if (result == G_CONVERTER_ERROR || out->len + n_written > max)
            return NULL;
        at += n_read;
        g_byte_array_append(out, piece, (guint) n_written);
        if (result == G_CONVERTER_FINISHED)
            return at == entry->packed_size ? g_byte_array_free_to_bytes(g_steal_pointer(&out)) : NULL;
    }
}

static GBytes *
unpack(const Entry *entry, gsize max_size, const char **code)
{
    g_autoptr(GBytes) content = NULL;

    if ((entry->flags & ENCRYPTED) != 0 || (entry->method != 0 && entry->method != 8)) {
        *code = "attachment.method";
        return NULL;
    }
    if (entry->size > max_size) {
        *code = "attachment.size";
        return NULL;
    }
    if (entry->size / EDXML_RATIO_MAX > entry->packed_size) {
        *code = "attachment.ratio";
        return NULL;
    }
    *code = "attachment.zip";
    if (entry->method == 0)
        content = entry->packed_size == entry->size ? g_bytes_new(entry->packed, entry->size) : NULL;
    else
        content = inflate(entry, entry->size);
    if (content == NULL || g_bytes_get_size(content) != entry->size ||
        crc32_of(g_bytes_get_data(content, NULL), entry->size) != entry->crc)
        return NULL;
    *code = NULL;
    return g_steal_pointer(&content);
}

GBytes *
edxml_zip_read(GBytes *zip, gsize max_size, const char **code)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(zip, &size);
    const guint8 *end;
    Entry entry;

    *code = "attachment.not-zip";
    if (size < 4 || (memcmp(data, "PK\3\4", 4) != 0 && memcmp(data, "PK\5\6", 4) != 0))
        return NULL;
    end = find_end(data, size);
    *code = "attachment.zip";
    if (end == NULL)
        return NULL;
    if (read16(end + 10) != 1) {
        *code = "attachment.entries";
        return NULL;
    }
    return locate(data, size, end, &entry) ? unpack(&entry, max_size, code) : NULL;
}

static void
append16(GByteArray *out, guint32 value)
{
    const guint8 bytes[2] = { (guint8) value, (guint8) (value >> 8) };

    g_byte_array_append(out, bytes, 2);
}

static void
append32(GByteArray *out, guint32 value)
{
    append16(out, value);
    append16(out, value >> 16);
}

/* What local header and central directory have in common, from the version needed on. No time of day: the same content gives the same bytes. */
static void
append_fields(GByteArray *out, gsize packed_size, gsize size, guint32 crc, const char *name)
{
    append16(out, 20);
    append16(out, UTF8_NAMES);
    append16(out, 8);
    append16(out, 0);
    append16(out, 0x21);
    append32(out, crc);
    append32(out, (guint32) packed_size);
    append32(out, (guint32) size);
    append16(out, (guint32) strlen(name));
    append16(out, 0);
}

static GByteArray *
deflate(GBytes *content)
{
    g_autoptr(GZlibCompressor) deflater = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_RAW, 6);
    g_autofree guint8 *piece = g_malloc(PIECE);
    GByteArray *out = g_byte_array_new();
    GConverterResult result = G_CONVERTER_CONVERTED;
    gsize size, at = 0;
    const guint8 *data = g_bytes_get_data(content, &size);

    while (result == G_CONVERTER_CONVERTED) {
        gsize n_read = 0, n_written = 0;

        result = g_converter_convert(G_CONVERTER(deflater), data + at, size - at, piece, PIECE, G_CONVERTER_INPUT_AT_END, &n_read, &n_written, NULL);
        at += n_read;
        g_byte_array_append(out, piece, (guint) n_written);
    }
    g_assert(result == G_CONVERTER_FINISHED); /* memory is the only limit */
    return out;
}

GBytes *
edxml_zip_write(GBytes *content, const char *name)
{
    g_autoptr(GByteArray) packed = deflate(content);
    GByteArray *out = g_byte_array_new();
    gsize size, central;
    const guint8 *data = g_bytes_get_data(content, &size);
    guint32 crc = crc32_of(data, size);

    g_byte_array_append(out, (const guint8 *) "PK\3\4", 4);
    append_fields(out, packed->len, size, crc, name);
    g_byte_array_append(out, (const guint8 *) name, (guint) strlen(name));
    g_byte_array_append(out, packed->data, packed->len);
    central = out->len;
    g_byte_array_append(out, (const guint8 *) "PK\1\2\24\0", 6);
    append_fields(out, packed->len, size, crc, name);
    for (int i = 0; i < 7; i++) /* no comment, first disk, no attributes, offset 0 */
        append16(out, 0);
    g_byte_array_append(out, (const guint8 *) name, (guint) strlen(name));
    append32(out, 0x06054b50u);
    append32(out, 0);
    append16(out, 1);
    append16(out, 1);
    append32(out, (guint32) (out->len - 12 - central));
    append32(out, (guint32) central);
    append16(out, 0);
    return g_byte_array_free_to_bytes(out);
}
