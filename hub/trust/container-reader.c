/* SPDX-License-Identifier: Apache-2.0 */
/* container-reader.c: walks a container forward once, in whatever pieces it arrives (envelope.md §2, step V1 of §9).
 *
 * Nothing that the file states is used to seek; sizes only bound what is read next. Each record is checked in the order of
 * the rows of V1. After the first fault the reader stays failed. Small content is kept, large content goes to the spool
 * in the pieces in which it came, so memory does not grow with an attachment.
 */
#include "trust/container-private.h"

#include <string.h>

#include "trust/digest.h"
#include "trust/refusal.h"

typedef enum { AT_RECORD, AT_LOCAL, AT_NAME, AT_CONTENT, AT_CENTRAL, AT_END, AT_EOF } Place;

struct _LtContainerReader {
    guint64 max_bytes;
    LtSpool *spool;
    guint64 position;    /* bytes walked */
    Place place;
    guint8 record[NAME_MAX_SIZE + CENTRAL_SIZE];
    guint have, want;    /* of the record that is being collected */
    guint name_left;     /* of a name that is longer than any may be */
    guint8 seen[SLOT_COUNT / 8 + 1];
    LtContainer *container;
    GArray *offsets;     /* guint32: where each local header was */
    LtEntry *entry;      /* whose content is being read; owned by the container */
    int slot;
    GByteArray *content; /* nullable: content that is kept in memory */
    guint64 left;        /* bytes of content still to come */
    guint32 stated_crc32;
    LtHasher *hasher;
    guint n_central;
    guint64 central_offset;
    GError *failed;
};

static guint32
get16(const guint8 *p)
{
    return (guint32) p[0] | (guint32) p[1] << 8;
}

static guint32
get32(const guint8 *p)
{
    return get16(p) | get16(p + 2) << 16;
}

static void
expect(LtContainerReader *self, Place place, guint want)
{
    self->place = place;
    self->want = want;
}

static void
expect_record(LtContainerReader *self)
{
    self->have = 0;
    expect(self, AT_RECORD, END_SIZE); /* no record is shorter */
}

LtContainerReader *
lt_container_reader_new(guint64 max_bytes, LtSpool *spool)
{
    LtContainerReader *self = g_new0(LtContainerReader, 1);

    self->max_bytes = MIN(max_bytes, CONTAINER_MAX_BYTES);
    self->spool = spool;
    self->container = lt_container_new();
    self->offsets = g_array_new(FALSE, FALSE, sizeof(guint32));
    self->hasher = lt_hasher_new();
    expect_record(self);
    return self;
}

void
lt_container_reader_free(LtContainerReader *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->container, lt_container_unref);
    g_clear_pointer(&self->content, g_byte_array_unref);
    g_array_unref(self->offsets);
    lt_hasher_free(self->hasher);
    g_clear_error(&self->failed);
    g_free(self);
}

/* Flags, method and ZIP64 stand at the same distances in both headers, two bytes further on in the central one. */
static gboolean
check_form(const guint8 *fields, const char *what, GError **error)
{
    if (get16(fields + 2) != 0)
        return lt_refuse(error, "env.zip.flags", "%s has flags 0x%04x", what, get16(fields + 2));
    if (get16(fields + 4) != 0)
        return lt_refuse(error, "env.zip.method", "%s has compression method %u", what, get16(fields + 4));
    if (get32(fields + 14) == G_MAXUINT32 || get32(fields + 18) == G_MAXUINT32)
        return lt_refuse(error, "env.zip.zip64", "%s has a ZIP64 size", what);
    if (get16(fields) != ZIP_VERSION)
        return lt_refuse(error, "env.zip.field", "%s needs version %u", what, get16(fields));
    if (get16(fields + 6) != 0 || get16(fields + 8) != ZIP_DATE)
        return lt_refuse(error, "env.zip.field", "%s has a time or date", what);
    if (get16(fields + 24) != 0)
        return lt_refuse(error, "env.zip.field", "%s has an extra field", what);
    return TRUE;
}

static gboolean
walk_local(LtContainerReader *self, GError **error)
{
    const guint8 *r = self->record;
    guint name_length = get16(r + 26);

    if (!check_form(r + 4, "local header", error))
        return FALSE;
    if (get32(r + 18) != get32(r + 22))
        return lt_refuse(error, "env.zip.field", "local header has unequal sizes");
    /* A name outside the grammar is still walked to its end, so that a cut one is "truncated". */
    self->name_left = name_length > NAME_MAX_SIZE ? name_length - NAME_MAX_SIZE : 0;
    expect(self, AT_NAME, LOCAL_SIZE + MIN(name_length, NAME_MAX_SIZE));
    return TRUE;
}

static gboolean
check_entry(LtContainerReader *self, const char *name, guint name_length, guint64 size, GError **error)
{
    self->slot = name_length > NAME_MAX_SIZE ? -1 : lt_slot_of_name(name, name_length);
    if (self->container->entries->len == 0 && (self->slot != SLOT_MIMETYPE || size != MIMETYPE_SIZE))
        return lt_refuse(error, "env.zip.mimetype", "first entry is not mimetype with %u bytes", MIMETYPE_SIZE);
    if (self->slot < 0)
        return lt_refuse(error, "env.zip.extra-entry", "entry %u has a name that is not allowed",
                         self->container->entries->len + 1);
    if (self->seen[self->slot / 8] & (1u << (self->slot % 8)))
        return lt_refuse(error, "env.zip.duplicate-entry", "entry %.*s for the second time", (int) name_length, name);
    if (size == 0)
        return lt_refuse(error, "env.zip.empty-entry", "entry %.*s is empty", (int) name_length, name);
    if (size > lt_slot_limit(self->slot))
        return lt_refuse(error, "env.zip.entry-size", "entry %.*s has %" G_GUINT64_FORMAT " bytes, over its limit",
                         (int) name_length, name, size);
    return TRUE;
}

static gboolean
walk_name(LtContainerReader *self, GError **error)
{
    const char *name = (const char *) self->record + LOCAL_SIZE;
    guint name_length = get16(self->record + 26);
    guint32 offset = (guint32) (self->position - self->have);
    guint64 size = get32(self->record + 22);
    LtEntry *entry;

    if (!check_entry(self, name, name_length, size, error))
        return FALSE;
    self->seen[self->slot / 8] |= (guint8) (1u << (self->slot % 8));
    entry = g_new0(LtEntry, 1);
    memcpy(entry->name, name, name_length);
    entry->size = size;
    self->stated_crc32 = get32(self->record + 14);
    g_ptr_array_add(self->container->entries, entry);
    g_array_append_val(self->offsets, offset);
    self->entry = entry;
    self->left = size;
    self->place = AT_CONTENT;
    if (!lt_slot_is_attachment(self->slot) || size < LT_CONTAINER_SMALL)
        self->content = g_byte_array_sized_new((guint) MIN(size, LT_CONTAINER_SMALL));
    else if (self->spool != NULL)
        return (entry->file = self->spool->create(self->spool, error)) != NULL;
    return TRUE;
}

static gboolean
end_entry(LtContainerReader *self, GError **error)
{
    LtEntry *entry = self->entry;

    lt_hasher_finish(self->hasher, entry->sha256);
    if (self->content != NULL)
        entry->bytes = g_byte_array_free_to_bytes(g_steal_pointer(&self->content));
    if (self->slot == SLOT_MIMETYPE &&
        memcmp(g_bytes_get_data(entry->bytes, NULL), LT_CONTAINER_MEDIA_TYPE, MIMETYPE_SIZE) != 0)
        return lt_refuse(error, "env.zip.mimetype", "mimetype has another content");
    if (entry->crc32 != self->stated_crc32)
        return lt_refuse(error, "env.zip.crc", "entry %s: CRC-32 differs", entry->name);
    expect_record(self);
    return TRUE;
}

static gboolean
walk_content(LtContainerReader *self, const guint8 *data, gsize size, GError **error)
{
    lt_hasher_update(self->hasher, data, size);
    self->entry->crc32 = lt_crc32(self->entry->crc32, data, size);
    if (self->content != NULL)
        g_byte_array_append(self->content, data, (guint) size);
    else if (self->entry->file != NULL && !self->entry->file->write(self->entry->file, data, size, error))
        return FALSE;
    self->left -= size;
    return self->left > 0 || end_entry(self, error);
}

/* After the walk of the entries: all there, in their places. */
static gboolean
check_entries(LtContainerReader *self, GError **error)
{
    static const struct { int slot; const char *name; } required[] = {
        { SLOT_HEADER, "envelope.json" }, { SLOT_MANIFEST, "manifest" }, { SLOT_SIGNATURE, "signature" },
    };
    GPtrArray *entries = self->container->entries;
    int last = -1, last_attachment = SLOT_ATTACHMENT - 1;

    for (guint i = 0; i < G_N_ELEMENTS(required); i++)
        if (!(self->seen[required[i].slot / 8] & (1u << (required[i].slot % 8))))
            return lt_refuse(error, "env.zip.missing-entry", "no %s", required[i].name);
    for (guint i = 0; i < entries->len; i++) {
        const LtEntry *entry = g_ptr_array_index(entries, i);
        int slot = lt_slot_of_name(entry->name, strlen(entry->name));

        if (slot < last || (slot == SLOT_PAYLOAD_XML && last == SLOT_PAYLOAD_JSON) ||
            (lt_slot_is_attachment(slot) && slot != last_attachment + 1))
            return lt_refuse(error, "env.zip.order", "entry %s is not in its place", entry->name);
        if (lt_slot_is_attachment(slot))
            last_attachment = slot;
        last = slot;
    }
    return TRUE;
}

static gboolean
walk_central(LtContainerReader *self, GError **error)
{
    const guint8 *r = self->record;
    const LtEntry *entry = g_ptr_array_index(self->container->entries, self->n_central);
    gsize name_length = strlen(entry->name);

    if (self->have == CENTRAL_SIZE) {
        if (!check_form(r + 6, "central record", error))
            return FALSE;
        if (get16(r + 4) != ZIP_VERSION || get16(r + 32) != 0 || get16(r + 34) != 0 || get16(r + 36) != 0 ||
            get32(r + 38) != 0)
            return lt_refuse(error, "env.zip.field", "central record of %s has a field that is not allowed", entry->name);
        if (get32(r + 16) != entry->crc32 || get32(r + 20) != entry->size || get32(r + 24) != entry->size ||
            get16(r + 28) != name_length || get32(r + 42) != g_array_index(self->offsets, guint32, self->n_central))
            return lt_refuse(error, "env.zip.mismatch", "central record of %s differs from its entry", entry->name);
        expect(self, AT_CENTRAL, CENTRAL_SIZE + (guint) name_length);
        return TRUE;
    }
    if (memcmp(r + CENTRAL_SIZE, entry->name, name_length) != 0)
        return lt_refuse(error, "env.zip.mismatch", "central record %u has another name", self->n_central + 1);
    self->n_central++;
    expect_record(self);
    return TRUE;
}

static gboolean
walk_end(LtContainerReader *self, GError **error)
{
    const guint8 *r = self->record;
    guint n_entries = self->container->entries->len;
    guint64 central_size = self->position - END_SIZE - self->central_offset;

    if (get32(r + 12) == G_MAXUINT32 || get32(r + 16) == G_MAXUINT32)
        return lt_refuse(error, "env.zip.zip64", "end record has a ZIP64 size");
    if (get16(r + 4) != 0 || get16(r + 6) != 0 || get16(r + 8) != n_entries || get16(r + 10) != n_entries ||
        get32(r + 12) != central_size || get32(r + 16) != self->central_offset)
        return lt_refuse(error, "env.zip.mismatch", "end record differs from the walk");
    if (get16(r + 20) != 0)
        return lt_refuse(error, "env.zip.trailing", "end record has a comment");
    self->place = AT_EOF;
    return TRUE;
}

/* Which record begins here? The first four bytes must be those of a record that may come now. */
static gboolean
walk_record(LtContainerReader *self, GError **error)
{
    guint32 signature = get32(self->record);
    guint n_entries = self->container->entries->len;
    gboolean in_central = self->central_offset > 0;

    if (signature == LOCAL_SIGNATURE && !in_central) {
        expect(self, AT_LOCAL, LOCAL_SIZE);
        return TRUE;
    }
    if (n_entries == 0 || (signature != CENTRAL_SIGNATURE && signature != END_SIGNATURE &&
                           signature != ZIP64_END_SIGNATURE && signature != ZIP64_LOCATOR_SIGNATURE))
        return lt_refuse(error, "env.zip.signature", "no record begins at byte %" G_GUINT64_FORMAT,
                         self->position - self->have);
    if (signature == ZIP64_END_SIGNATURE || signature == ZIP64_LOCATOR_SIGNATURE)
        return lt_refuse(error, "env.zip.zip64", "a ZIP64 record");
    if (!in_central && !check_entries(self, error))
        return FALSE;
    if (!in_central)
        self->central_offset = self->position - self->have;
    if ((signature == CENTRAL_SIGNATURE) != (self->n_central < n_entries))
        return lt_refuse(error, "env.zip.mismatch", "central directory has %s records than there are entries",
                         signature == CENTRAL_SIGNATURE ? "more" : "fewer");
    if (signature == CENTRAL_SIGNATURE)
        expect(self, AT_CENTRAL, CENTRAL_SIZE);
    else
        expect(self, AT_END, END_SIZE);
    return TRUE;
}

static gboolean
walk(LtContainerReader *self, GError **error)
{
    switch (self->place) {
    case AT_RECORD:
        return walk_record(self, error);
    case AT_LOCAL:
        return walk_local(self, error);
    case AT_NAME:
        return self->name_left > 0 || walk_name(self, error);
    case AT_CENTRAL:
        return walk_central(self, error);
    case AT_END:
        return walk_end(self, error);
    case AT_CONTENT:
    case AT_EOF:
        break;
    }
    return TRUE;
}

/* Takes from @data what the present place can use: Returns how many bytes. */
static gsize
take(LtContainerReader *self, const guint8 *data, gsize size, GError **error)
{
    gsize n;

    if (self->place == AT_EOF) {
        lt_refuse(error, "env.zip.trailing", "bytes after the end record");
        return 0;
    }
    if (self->place == AT_CONTENT) {
        n = MIN(MIN(size, self->left), LT_CONTAINER_SMALL);
        self->position += n;
        return walk_content(self, data, n, error) ? n : 0;
    }
    if (self->place == AT_NAME && self->have == self->want) {
        n = MIN(size, self->name_left);
        self->position += n;
        self->name_left -= (guint) n;
        return self->name_left > 0 || walk_name(self, error) ? n : 0;
    }
    n = MIN(size, self->want - self->have);
    memcpy(self->record + self->have, data, n);
    self->have += (guint) n;
    self->position += n;
    /* One record may complete several places at once: its signature, then its fixed part, then its name. */
    while (self->place != AT_CONTENT && self->place != AT_EOF && self->have == self->want && self->want > 0) {
        Place before = self->place;
        guint wanted = self->want;

        if (!walk(self, error))
            return 0;
        if (self->place == before && self->want == wanted)
            break;
    }
    return n;
}

gsize
lt_container_reader_step(LtContainerReader *self, const guint8 *data, gsize size, LtSpoolFile **kept_in, GError **error)
{
    LtSpoolFile *file = self->place == AT_CONTENT ? self->entry->file : NULL;
    gsize n = 0;

    if (self->failed == NULL && size > self->max_bytes - MIN(self->position, self->max_bytes))
        lt_refuse(&self->failed, "env.size.total", "container has more than %" G_GUINT64_FORMAT " bytes", self->max_bytes);
    if (self->failed == NULL)
        n = take(self, data, size, &self->failed);
    *kept_in = file;
    if (self->failed == NULL)
        return n;
    g_propagate_error(error, g_error_copy(self->failed));
    return 0;
}

gboolean
lt_container_reader_feed(LtContainerReader *self, const guint8 *data, gsize size, GError **error)
{
    while (size > 0) {
        LtSpoolFile *file;
        gsize n = lt_container_reader_step(self, data, size, &file, error);

        if (n == 0)
            return FALSE;
        data += n;
        size -= n;
    }
    return TRUE;
}

LtContainer *
lt_container_reader_finish(LtContainerReader *self, GError **error)
{
    if (self->failed == NULL && self->place != AT_EOF)
        lt_refuse(&self->failed, "env.zip.truncated", "container ends inside a record or content");
    if (self->failed != NULL) {
        g_propagate_error(error, g_error_copy(self->failed));
        return NULL;
    }
    self->container->size = self->position;
    return g_steal_pointer(&self->container);
}

LtContainer *
lt_container_read_bytes(GBytes *bytes, guint64 max_bytes, LtSpool *spool, GError **error)
{
    g_autoptr(LtContainerReader) reader = lt_container_reader_new(max_bytes, spool);
    gsize size;
    const guint8 *data = g_bytes_get_data(bytes, &size);

    if (!lt_container_reader_feed(reader, data, size, error))
        return NULL;
    return lt_container_reader_finish(reader, error);
}
