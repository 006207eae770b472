/* SPDX-License-Identifier: Apache-2.0 */
/* container.c: the entries of a container, their places and limits (envelope.md §1), and a walked container as a value.
 *
 * The order of the places is the order of the entries: whoever knows the place of a name knows what may stand before and
 * after it. Reading and writing the bytes are in container-reader.c and container-writer.c.
 */
#include "trust/container-private.h"

#include <string.h>

static const struct {
    const char *name;
    int slot;
    guint64 limit;
} fixed_names[] = {
    { "mimetype",                      SLOT_MIMETYPE,     MIMETYPE_SIZE },
    { "envelope.json",                 SLOT_HEADER,       262144 },
    { "payload.json",                  SLOT_PAYLOAD_JSON, 8388608 },
    { "payload.xml",                   SLOT_PAYLOAD_XML,  8388608 },
    { "META-INF/ASiCManifest001.xml",  SLOT_MANIFEST,     524288 },
    { "META-INF/signature001.p7s",     SLOT_SIGNATURE,    65536 },
};

int
lt_slot_of_name(const char *name, gsize length)
{
    int number = 0;

    if (length == 8 && memcmp(name, "att/0", 5) == 0) {
        for (guint i = 5; i < 8; i++) {
            if (!g_ascii_isdigit(name[i]))
                return -1;
            number = number * 10 + (name[i] - '0');
        }
        return number > 0 ? SLOT_ATTACHMENT + number - 1 : -1;
    }
    for (guint i = 0; i < G_N_ELEMENTS(fixed_names); i++)
        if (strlen(fixed_names[i].name) == length && memcmp(fixed_names[i].name, name, length) == 0)
            return fixed_names[i].slot;
    return -1;
}

gboolean
lt_slot_is_attachment(int slot)
{
    return slot >= SLOT_ATTACHMENT && slot < SLOT_MANIFEST;
}

guint64
lt_slot_limit(int slot)
{
    for (guint i = 0; i < G_N_ELEMENTS(fixed_names); i++)
        if (fixed_names[i].slot == slot)
            return fixed_names[i].limit;
    return CONTAINER_MAX_BYTES;
}

void
lt_entry_free(LtEntry *entry)
{
    if (entry == NULL)
        return;
    g_clear_pointer(&entry->bytes, g_bytes_unref);
    if (entry->file != NULL)
        entry->file->free(entry->file);
    g_free(entry);
}

static void
entry_free(gpointer entry)
{
    lt_entry_free(entry);
}

LtContainer *
lt_container_new(void)
{
    LtContainer *self = g_new0(LtContainer, 1);

    self->entries = g_ptr_array_new_with_free_func(entry_free);
    g_atomic_ref_count_init(&self->refs);
    return self;
}

LtContainer *
lt_container_ref(LtContainer *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void
lt_container_unref(LtContainer *self)
{
    if (self == NULL || !g_atomic_ref_count_dec(&self->refs))
        return;
    g_ptr_array_unref(self->entries);
    g_free(self);
}

LtEntry *
lt_container_lookup(LtContainer *self, const char *name)
{
    for (guint i = 0; i < self->entries->len; i++) {
        LtEntry *entry = g_ptr_array_index(self->entries, i);

        if (strcmp(entry->name, name) == 0)
            return entry;
    }
    return NULL;
}

LtEntry *
lt_container_get(LtContainer *self, const char *name)
{
    LtEntry *entry = lt_container_lookup(self, name);

    g_assert(entry != NULL && entry->bytes != NULL);
    return entry;
}

GInputStream *
lt_entry_open(LtEntry *self, GError **error)
{
    if (self->bytes != NULL)
        return g_memory_input_stream_new_from_bytes(self->bytes);
    if (self->file != NULL)
        return self->file->open(self->file, error);
    lt_error_set(error, LT_ERROR_NOT_FOUND, "not-found", "content of %s was not kept", self->name);
    return NULL;
}

static GInputStream *
open_source(gpointer data, GError **error)
{
    return lt_entry_open(data, error);
}

static void
free_container(gpointer data)
{
    lt_container_unref(data);
}

GInputStream *
lt_container_open_stream(LtContainer *self, guint64 *size, GError **error)
{
    g_autofree LtEntrySource *sources = g_new0(LtEntrySource, self->entries->len);

    for (guint i = 0; i < self->entries->len; i++) {
        LtEntry *entry = g_ptr_array_index(self->entries, i);

        if (entry->bytes == NULL && entry->file == NULL) {
            lt_error_set(error, LT_ERROR_NOT_FOUND, "not-found", "content of %s was not kept", entry->name);
            return NULL;
        }
        sources[i] = (LtEntrySource){ .name = entry->name, .bytes = entry->bytes, .size = entry->size,
                                      .crc32 = entry->crc32, .open = open_source, .data = entry };
    }
    return lt_container_stream(sources, self->entries->len, free_container, lt_container_ref(self), size);
}

/* The profile leaves no gap: where an entry begins follows from those before it. */
GBytes *
lt_container_slice(LtContainer *self, GBytes *bytes, const LtEntry *entry)
{
    gsize at = 0;

    for (guint i = 0; i < self->entries->len; i++) {
        const LtEntry *one = self->entries->pdata[i];

        at += LOCAL_SIZE + strlen(one->name);
        if (one == entry)
            return g_bytes_new_from_bytes(bytes, at, (gsize) one->size);
        at += (gsize) one->size;
    }
    return g_bytes_new(NULL, 0);
}
