/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.c: the ASiCManifest, from one template.
 *
 * The reader compares bytes with the template and takes out only name, media type and digest of each row, whose grammars
 * need no escapes. There is no XML parser, so there is no XML to attack. Whether the rows are those of the container is
 * asked by envelope.c.
 */
#include "trust/manifest.h"

#include <string.h>

#include "trust/container-private.h"
#include "trust/refusal.h"

#define HEAD                                                                                                           \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                                                     \
    "<asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">" \
    "<asic:SigReference URI=\"META-INF/signature001.p7s\" MimeType=\"application/pkcs7-signature\"/>"
#define ROW_NAME "<asic:DataObjectReference URI=\""
#define ROW_TYPE "\" MimeType=\""
#define ROW_DIGEST                                                                                                     \
    "\"><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>"
#define ROW_END "</ds:DigestValue></asic:DataObjectReference>"
#define TAIL "</asic:ASiCManifest>\n"

#define DIGEST_TEXT_SIZE 44

GBytes *
lt_manifest_write(const LtManifestRow *rows, guint n_rows)
{
    GString *out = g_string_sized_new(sizeof HEAD + sizeof TAIL + n_rows * 300);

    g_string_append(out, HEAD);
    for (guint i = 0; i < n_rows; i++) {
        g_autofree char *digest = lt_base64_dup(rows[i].sha256, LT_SHA256_SIZE);

        g_string_append(out, ROW_NAME);
        g_string_append(out, rows[i].name);
        g_string_append(out, ROW_TYPE);
        g_string_append(out, rows[i].media_type);
        g_string_append(out, ROW_DIGEST);
        g_string_append(out, digest);
        g_string_append(out, ROW_END);
    }
    g_string_append(out, TAIL);
    return g_string_free_to_bytes(out);
}

typedef struct {
    const char *at, *end;
} Cursor;

static gboolean
skip(Cursor *cursor, const char *literal, gsize length)
{
    if ((gsize) (cursor->end - cursor->at) < length || memcmp(cursor->at, literal, length) != 0)
        return FALSE;
    cursor->at += length;
    return TRUE;
}

/* Takes what stands before the next quote, which ends every value of the template. */
static const char *
take_value(Cursor *cursor, gsize *length)
{
    const char *value = cursor->at;
    const char *quote = memchr(value, '"', (gsize) (cursor->end - value));

    if (quote == NULL)
        return NULL;
    *length = (gsize) (quote - value);
    cursor->at = quote;
    return value;
}

static gboolean
read_row(Cursor *cursor, LtManifestItem *item)
{
    const char *name, *type;
    gsize name_length, type_length;
    int slot;

    name = take_value(cursor, &name_length);
    slot = name == NULL ? -1 : lt_slot_of_name(name, name_length);
    if (slot < SLOT_HEADER || slot >= SLOT_MANIFEST || !skip(cursor, ROW_TYPE, strlen(ROW_TYPE)))
        return FALSE;
    type = take_value(cursor, &type_length);
    if (type == NULL || !lt_media_type_is_valid(type, type_length) || type_length >= sizeof item->media_type ||
        !skip(cursor, ROW_DIGEST, strlen(ROW_DIGEST)))
        return FALSE;
    memcpy(item->name, name, name_length);
    memcpy(item->media_type, type, type_length);
    if (slot == SLOT_HEADER && strcmp(item->media_type, "application/json") != 0)
        return FALSE;
    if (cursor->end - cursor->at < DIGEST_TEXT_SIZE ||
        !lt_base64_read(cursor->at, DIGEST_TEXT_SIZE, item->sha256, sizeof item->sha256))
        return FALSE;
    cursor->at += DIGEST_TEXT_SIZE;
    return skip(cursor, ROW_END, strlen(ROW_END));
}

GArray *
lt_manifest_read(const char *data, gsize size, GError **error)
{
    g_autoptr(GArray) items = g_array_new(FALSE, TRUE, sizeof(LtManifestItem));
    Cursor cursor = { data, data + size };
    gboolean good = skip(&cursor, HEAD, strlen(HEAD));

    while (good && skip(&cursor, ROW_NAME, strlen(ROW_NAME))) {
        LtManifestItem item = { 0 };

        good = read_row(&cursor, &item);
        g_array_append_val(items, item);
    }
    if (!good || !skip(&cursor, TAIL, strlen(TAIL)) || cursor.at != cursor.end) {
        lt_refuse(error, "env.manifest.template", "manifest differs from the template at or after byte %" G_GSIZE_FORMAT,
                  (gsize) (cursor.at - data));
        return NULL;
    }
    return g_steal_pointer(&items);
}
