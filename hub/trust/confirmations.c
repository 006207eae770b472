/* SPDX-License-Identifier: Apache-2.0 */
/* confirmations.c: one small file per origin with the three lines of the confirmed checkpoint.
 *
 * Confirming happens after every commit and must cost nothing there, so a thread of its own writes what changed, at most
 * once a second; it sleeps while nothing changes. A crash may forget the last second: then the database is ahead of the
 * memory, which is no fault; the other way round is.
 */
#include "trust/confirmations.h"

#include <string.h>

#include "trust/digest.h"
#include "trust/note.h"

#define SUFFIX ".confirmed"

typedef struct {
    char *path;
    guint64 size;
    LtHash root;
    gboolean dirty;
} Confirmed;

struct _LtConfirmations {
    char *folder;
    GMutex lock;
    GCond changed;
    GHashTable *origins; /* of origin → Confirmed */
    gboolean dirty, stopping;
    GThread *writer;
};

static void
confirmed_free(gpointer data)
{
    Confirmed *self = data;

    g_free(self->path);
    g_free(self);
}

static Confirmed *
find(LtConfirmations *self, const char *origin)
{
    Confirmed *confirmed = g_hash_table_lookup(self->origins, origin);

    if (confirmed == NULL) {
        g_autofree char *name = lt_sha256_dup_hex(origin, strlen(origin));

        confirmed = g_new0(Confirmed, 1);
        if (self->folder != NULL)
            confirmed->path = g_strdup_printf("%s/%.16s" SUFFIX, self->folder, name);
        g_hash_table_insert(self->origins, g_strdup(origin), confirmed);
    }
    return confirmed;
}

/* Returns: %TRUE when the file is on disk */
static gboolean
write_one(const char *path, const char *text)
{
    g_autoptr(GError) error = NULL;

    if (g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &error))
        return TRUE;
    g_warning("cannot remember the confirmed checkpoint, will try again: %s", error->message);
    return FALSE;
}

/* Called with the lock held; gives it up while it writes. What cannot be written stays changed. */
static void
write_changes(LtConfirmations *self)
{
    g_autoptr(GPtrArray) changed = g_ptr_array_new(); /* of Confirmed: they live as long as the table */
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_autofree gboolean *written = NULL;
    GHashTableIter iter;
    gpointer origin, value;

    self->dirty = FALSE;
    g_hash_table_iter_init(&iter, self->origins);
    while (g_hash_table_iter_next(&iter, &origin, &value)) {
        Confirmed *confirmed = value;

        if (!confirmed->dirty || confirmed->path == NULL)
            continue;
        confirmed->dirty = FALSE;
        g_ptr_array_add(changed, confirmed);
        g_ptr_array_add(texts, lt_checkpoint_text(origin, confirmed->size, &confirmed->root));
    }
    written = g_new0(gboolean, changed->len);
    g_mutex_unlock(&self->lock);
    for (guint i = 0; i < changed->len; i++)
        written[i] = write_one(((Confirmed *) changed->pdata[i])->path, texts->pdata[i]);
    g_mutex_lock(&self->lock);
    for (guint i = 0; i < changed->len; i++)
        if (!written[i])
            self->dirty = ((Confirmed *) changed->pdata[i])->dirty = TRUE;
}

static gpointer
write_in_background(gpointer data)
{
    LtConfirmations *self = data;

    g_mutex_lock(&self->lock);
    while (!self->stopping) {
        gint64 next;

        if (!self->dirty) {
            g_cond_wait(&self->changed, &self->lock);
            continue;
        }
        write_changes(self);
        next = g_get_monotonic_time() + G_TIME_SPAN_SECOND;
        while (!self->stopping && g_cond_wait_until(&self->changed, &self->lock, next))
            continue; /* woken by a change: it waits for its second */
    }
    if (self->dirty)
        write_changes(self);
    g_mutex_unlock(&self->lock);
    return NULL;
}

static gboolean
read_one(LtConfirmations *self, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(self->folder, name, NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) cause = NULL;
    g_auto(LtCheckpoint) checkpoint = { 0 };
    Confirmed *confirmed;
    gsize length;

    if (!g_file_get_contents(path, &text, &length, &cause) || !lt_checkpoint_read(text, length, &checkpoint, &cause)) {
        lt_error_set(error, LT_ERROR_CONFIG, "signer.state", "%s: %s", path, cause->message);
        return FALSE;
    }
    confirmed = find(self, checkpoint.origin);
    confirmed->size = checkpoint.size;
    confirmed->root = checkpoint.root;
    return TRUE;
}

LtConfirmations *
lt_confirmations_open(const char *folder, GError **error)
{
    g_autoptr(LtConfirmations) self = g_new0(LtConfirmations, 1);
    g_autoptr(GDir) dir = NULL;
    g_autoptr(GError) cause = NULL;

    g_mutex_init(&self->lock);
    g_cond_init(&self->changed);
    self->origins = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, confirmed_free);
    self->folder = g_strdup(folder);
    if (folder == NULL)
        return g_steal_pointer(&self);
    dir = g_dir_open(folder, 0, &cause);
    if (dir == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "signer.state", "%s", cause->message);
        return NULL;
    }
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
        if (g_str_has_suffix(name, SUFFIX) && !read_one(self, name, error))
            return NULL;
    self->writer = g_thread_new("confirmations", write_in_background, self);
    return g_steal_pointer(&self);
}

void
lt_confirmations_free(LtConfirmations *self)
{
    if (self == NULL)
        return;
    if (self->writer != NULL) {
        g_mutex_lock(&self->lock);
        self->stopping = TRUE;
        g_cond_signal(&self->changed);
        g_mutex_unlock(&self->lock);
        g_thread_join(self->writer);
    }
    g_hash_table_unref(self->origins);
    g_cond_clear(&self->changed);
    g_mutex_clear(&self->lock);
    g_free(self->folder);
    g_free(self);
}

void
lt_confirmations_set(LtConfirmations *self, const char *origin, guint64 size, const guint8 root[LT_SHA256_SIZE])
{
    Confirmed *confirmed;

    g_mutex_lock(&self->lock);
    confirmed = find(self, origin);
    if (size > confirmed->size) {
        confirmed->size = size;
        memcpy(confirmed->root.b, root, LT_SHA256_SIZE);
        confirmed->dirty = TRUE;
        if (!self->dirty)
            g_cond_signal(&self->changed);
        self->dirty = TRUE;
    }
    g_mutex_unlock(&self->lock);
}

gboolean
lt_confirmations_get(LtConfirmations *self, const char *origin, guint64 *size, guint8 root[LT_SHA256_SIZE])
{
    Confirmed *confirmed;

    g_mutex_lock(&self->lock);
    confirmed = g_hash_table_lookup(self->origins, origin);
    if (confirmed != NULL) {
        *size = confirmed->size;
        memcpy(root, confirmed->root.b, LT_SHA256_SIZE);
    }
    g_mutex_unlock(&self->lock);
    return confirmed != NULL;
}
