/* SPDX-License-Identifier: Apache-2.0 */
/* container.h: the strict ZIP profile of envelope.md §§1–2, read forward once and written from its entries.
 *
 * The reader is fed pieces as they arrive; it hashes every entry while it passes, keeps small ones in memory and hands large
 * ones (64 KiB and more) to the spool. It needs no inflate and never seeks. The writer's bytes follow from the entries, so that
 * a container can be rebuilt exactly.
 */
#pragma once

#include <gio/gio.h>
#include <lienthong/error.h>
#include "base/spool.h"
#include "base/value.h"

#define LT_CONTAINER_MEDIA_TYPE "application/vnd.etsi.asic-e+zip"
#define LT_CONTAINER_SMALL 65536u /* content of this size and more goes to the spool */

typedef struct {
    char name[65];
    guint64 size;
    guint32 crc32;
    guint8 sha256[LT_SHA256_SIZE];
    GBytes *bytes;      /* content kept in memory: always for header, payload, manifest, signature; else below 64 KiB */
    LtSpoolFile *file;  /* content in the spool; both NULL when there was no spool */
} LtEntry;

typedef struct {
    GPtrArray *entries; /* of LtEntry *, in order, `mimetype` included */
    guint64 size;       /* of the whole container */
    gatomicrefcount refs;
} LtContainer;

/* A message that came out of a container keeps it alive, so it is counted. Immutable once read. */
LtContainer *lt_container_ref(LtContainer *self);
void lt_container_unref(LtContainer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtContainer, lt_container_unref)
/** lt_container_lookup: Returns: (transfer none) (nullable) */
LtEntry *lt_container_lookup(LtContainer *self, const char *name);
/** lt_container_get: the entry that must exist in a walked container: header, manifest, signature */
LtEntry *lt_container_get(LtContainer *self, const char *name);
/** lt_container_slice: (transfer full): content of an entry of the container that was read from @bytes, however large; shares their memory */
GBytes *lt_container_slice(LtContainer *self, GBytes *bytes, const LtEntry *entry);
/** lt_entry_open: Returns: (transfer full): the entry's content from its start. Errors: NOT_FOUND when it was only hashed */
GInputStream *lt_entry_open(LtEntry *self, GError **error);
/** lt_container_open_stream: Returns: (transfer full): the container's bytes, written again from its entries; it keeps @self alive */
GInputStream *lt_container_open_stream(LtContainer *self, guint64 *size, GError **error);

typedef struct _LtContainerReader LtContainerReader;
/** lt_container_reader_new: @max_bytes: policy `envelope.max_bytes`; @spool: (nullable): large content is only hashed without one */
LtContainerReader *lt_container_reader_new(guint64 max_bytes, LtSpool *spool);
/** lt_container_reader_feed: Errors: the codes of step V1, `env.size.total`; after an error every later call fails alike */
gboolean lt_container_reader_feed(LtContainerReader *self, const guint8 *data, gsize size, GError **error);
/**
 * lt_container_reader_step: walks the longest beginning of @data that lies in one place
 * @size: not 0
 * @kept_in: (out) (nullable) (transfer none): the file that took these bytes, which are the next of its content; NULL: no file did
 *
 * Returns: how many bytes; 0 with an error, as lt_container_reader_feed() has it: then none of @data counts as kept
 */
gsize lt_container_reader_step(LtContainerReader *self, const guint8 *data, gsize size, LtSpoolFile **kept_in, GError **error);
/** lt_container_reader_finish: Returns: (transfer full): the walked container, or NULL with `env.zip.truncated`, `.missing-entry`, `.order`, … */
LtContainer *lt_container_reader_finish(LtContainerReader *self, GError **error);
void lt_container_reader_free(LtContainerReader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtContainerReader, lt_container_reader_free)

LtContainer *lt_container_read_bytes(GBytes *bytes, guint64 max_bytes, LtSpool *spool, GError **error);

/* An entry to write: content either in memory or a stream of known size, CRC and digest. */
typedef struct {
    const char *name;
    GBytes *bytes;
    guint64 size;
    guint32 crc32;
    GInputStream *(*open)(gpointer data, GError **error); /* when bytes is NULL */
    gpointer data;
} LtEntrySource;

/**
 * lt_container_stream:
 * @entries: names and bytes are copied or referenced; `data` must live as long as @owner
 * @free_owner: (nullable): called with @owner when the stream is freed
 *
 * Returns: (transfer full): the container's bytes as a stream; *size its length. Opens one entry at a time
 */
GInputStream *lt_container_stream(const LtEntrySource *entries, guint n_entries, GDestroyNotify free_owner, gpointer owner,
                                  guint64 *size);
/** lt_container_build: for small ones, in memory; writes exactly what the stream would give */
GBytes *lt_container_build(const LtEntrySource *entries, guint n_entries, GError **error);
/** lt_crc32: of ZIP. @crc: 0, or the result for the bytes before */
guint32 lt_crc32(guint32 crc, const guint8 *data, gsize size);
