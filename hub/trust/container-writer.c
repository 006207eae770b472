/* SPDX-License-Identifier: Apache-2.0 */
/* container-writer.c: a container's bytes from its entries, without any choice (envelope.md §2).
 *
 * The stream makes one record at a time and opens one content at a time, so a large container costs no memory. Building
 * in memory reads the same stream, so there is one writer only.
 */
#include "trust/container-private.h"

#include <string.h>

typedef struct {
    char *name;
    GBytes *bytes;
    guint64 size;
    guint32 crc32;
    guint32 offset;
    GInputStream *(*open)(gpointer data, GError **error);
    gpointer data;
} Source;

#define LT_TYPE_CONTAINER_STREAM (lt_container_stream_get_type())
G_DECLARE_FINAL_TYPE(LtContainerStream, lt_container_stream, LT, CONTAINER_STREAM, GInputStream)

struct _LtContainerStream {
    GInputStream parent;
    Source *sources;
    guint n_sources;
    GDestroyNotify free_owner;
    gpointer owner;
    guint next;            /* source whose header comes next; n_sources: the directory */
    GByteArray *record;    /* header or directory that is being given out, */
    gsize given;           /* and how much of it was */
    gboolean in_content;
    GInputStream *content; /* of source next − 1, when it is not in memory */
    guint64 content_given;
};

G_DEFINE_FINAL_TYPE(LtContainerStream, lt_container_stream, G_TYPE_INPUT_STREAM)

/* Each field is a few bytes: there is room for them before they are put. */
static void
put16(GByteArray *out, guint32 value)
{
    out->data[out->len++] = (guint8) value;
    out->data[out->len++] = (guint8) (value >> 8);
}

static void
make_room(GByteArray *out, guint n_bytes)
{
    guint length = out->len;

    g_byte_array_set_size(out, length + n_bytes);
    out->len = length;
}

static void
put32(GByteArray *out, guint32 value)
{
    put16(out, value & 0xffff);
    put16(out, value >> 16);
}

/* What local header and central record have in common: version needed … extra length. */
static void
put_common(GByteArray *out, const Source *source)
{
    put16(out, ZIP_VERSION);
    put16(out, 0); /* flags */
    put16(out, 0); /* method: stored */
    put16(out, 0); /* time */
    put16(out, ZIP_DATE);
    put32(out, source->crc32);
    put32(out, (guint32) source->size);
    put32(out, (guint32) source->size);
    put16(out, (guint32) strlen(source->name));
    put16(out, 0); /* extra */
}

static void
put_name(GByteArray *out, const Source *source)
{
    g_byte_array_append(out, (const guint8 *) source->name, (guint) strlen(source->name));
}

static void
put_local(GByteArray *out, const Source *source)
{
    make_room(out, LOCAL_SIZE);
    put32(out, LOCAL_SIGNATURE);
    put_common(out, source);
    put_name(out, source);
}

static void
put_directory(GByteArray *out, const Source *sources, guint n_sources, guint64 offset)
{
    guint32 size;

    for (guint i = 0; i < n_sources; i++) {
        make_room(out, CENTRAL_SIZE);
        put32(out, CENTRAL_SIGNATURE);
        put16(out, ZIP_VERSION); /* made by: version 1.0, system 0 */
        put_common(out, &sources[i]);
        put16(out, 0); /* comment */
        put16(out, 0); /* disk */
        put16(out, 0); /* internal attributes */
        put32(out, 0); /* external attributes */
        put32(out, sources[i].offset);
        put_name(out, &sources[i]);
    }
    size = out->len;
    make_room(out, END_SIZE);
    put32(out, END_SIGNATURE);
    put32(out, 0); /* disks */
    put16(out, n_sources);
    put16(out, n_sources);
    put32(out, size);
    put32(out, (guint32) offset);
    put16(out, 0); /* comment */
}

/* Places every entry. Returns: offset of the directory */
static guint64
place_sources(Source *sources, guint n_sources)
{
    guint64 offset = 0;

    for (guint i = 0; i < n_sources; i++) {
        sources[i].offset = (guint32) offset;
        offset += LOCAL_SIZE + strlen(sources[i].name) + sources[i].size;
    }
    return offset;
}

static void
next_record(LtContainerStream *self)
{
    g_byte_array_set_size(self->record, 0);
    self->given = 0;
    if (self->next < self->n_sources)
        put_local(self->record, &self->sources[self->next]);
    else if (self->next == self->n_sources)
        put_directory(self->record, self->sources, self->n_sources, place_sources(self->sources, self->n_sources));
    self->next++;
}

static gssize
read_content(LtContainerStream *self, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
    const Source *source = &self->sources[self->next - 1];
    gsize n = (gsize) MIN((guint64) count, source->size - self->content_given);
    gssize got = (gssize) n;

    if (source->bytes != NULL) {
        memcpy(buffer, (const guint8 *) g_bytes_get_data(source->bytes, NULL) + self->content_given, n);
    } else {
        if (self->content == NULL && (self->content = source->open(source->data, error)) == NULL)
            return -1;
        got = g_input_stream_read(self->content, buffer, n, cancellable, error);
        if (got == 0)
            lt_error_set(error, LT_ERROR_INTERNAL, "internal", "content of %s is shorter than it was", source->name);
        if (got <= 0)
            return -1;
    }
    self->content_given += (guint64) got;
    return got;
}

static gssize
stream_read(GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
    LtContainerStream *self = LT_CONTAINER_STREAM(stream);
    gsize n;

    if (self->in_content && self->content_given < self->sources[self->next - 1].size)
        return read_content(self, buffer, count, cancellable, error);
    if (self->in_content) {
        g_clear_object(&self->content);
        self->content_given = 0;
        self->in_content = FALSE;
        next_record(self);
    }
    n = MIN(count, self->record->len - self->given);
    memcpy(buffer, self->record->data + self->given, n);
    self->given += n;
    if (self->given == self->record->len && self->next <= self->n_sources)
        self->in_content = TRUE;
    return (gssize) n;
}

static void
stream_finalize(GObject *object)
{
    LtContainerStream *self = LT_CONTAINER_STREAM(object);

    for (guint i = 0; i < self->n_sources; i++) {
        g_free(self->sources[i].name);
        g_clear_pointer(&self->sources[i].bytes, g_bytes_unref);
    }
    g_free(self->sources);
    g_clear_object(&self->content);
    g_byte_array_unref(self->record);
    if (self->free_owner != NULL)
        self->free_owner(self->owner);
    G_OBJECT_CLASS(lt_container_stream_parent_class)->finalize(object);
}

static void
lt_container_stream_class_init(LtContainerStreamClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = stream_finalize;
    G_INPUT_STREAM_CLASS(klass)->read_fn = stream_read;
}

static void
lt_container_stream_init(LtContainerStream *self)
{
    self->record = g_byte_array_sized_new(1024);
}

GInputStream *
lt_container_stream(const LtEntrySource *entries, guint n_entries, GDestroyNotify free_owner, gpointer owner, guint64 *size)
{
    LtContainerStream *self = g_object_new(LT_TYPE_CONTAINER_STREAM, NULL);
    gsize names = 0;

    self->sources = g_new0(Source, n_entries);
    self->n_sources = n_entries;
    self->free_owner = free_owner;
    self->owner = owner;
    for (guint i = 0; i < n_entries; i++) {
        const LtEntrySource *entry = &entries[i];

        self->sources[i] = (Source){ .name = g_strdup(entry->name), .size = entry->size, .crc32 = entry->crc32,
                                     .open = entry->open, .data = entry->data };
        if (entry->bytes != NULL) {
            self->sources[i].bytes = g_bytes_ref(entry->bytes);
            self->sources[i].size = g_bytes_get_size(entry->bytes);
        }
        names += strlen(entry->name);
    }
    if (size != NULL)
        *size = place_sources(self->sources, n_entries) + (guint64) n_entries * CENTRAL_SIZE + names + END_SIZE;
    next_record(self);
    return G_INPUT_STREAM(self);
}

GBytes *
lt_container_build(const LtEntrySource *entries, guint n_entries, GError **error)
{
    guint64 size;
    g_autoptr(GInputStream) stream = lt_container_stream(entries, n_entries, NULL, NULL, &size);
    g_autofree guint8 *data = NULL;
    gsize got;

    if (size > CONTAINER_MAX_BYTES) {
        lt_error_set(error, LT_ERROR_TOO_LARGE, "env.size.total", "container would have %" G_GUINT64_FORMAT " bytes", size);
        return NULL;
    }
    data = g_malloc((gsize) size);
    if (!g_input_stream_read_all(stream, data, (gsize) size, &got, NULL, error))
        return NULL;
    g_assert(got == size);
    return g_bytes_new_take(g_steal_pointer(&data), (gsize) size);
}
