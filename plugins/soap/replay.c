/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c: see replay.h. What has ended is swept when the table has doubled since the last time. */
#include "replay.h"

#define SEEN_MAX 100000u
#define SWEEP_FIRST 1024u

struct _Replay {
    GMutex mutex;
    GHashTable *seen; /* key → gint64 *: until when */
    guint sweep_at;
};

Replay *
replay_new(void)
{
    Replay *self = g_new0(Replay, 1);

    g_mutex_init(&self->mutex);
    self->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    self->sweep_at = SWEEP_FIRST;
    return self;
}

void
replay_free(Replay *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->seen);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

static gboolean
has_ended(gpointer key, gpointer value, gpointer now_us)
{
    (void) key;
    return *(gint64 *) value <= *(gint64 *) now_us;
}

static void
sweep(Replay *self, gint64 now_us)
{
    g_hash_table_foreach_remove(self->seen, has_ended, &now_us);
    self->sweep_at = MIN(MAX(SWEEP_FIRST, 2 * g_hash_table_size(self->seen)), SEEN_MAX);
}

gboolean
replay_check(Replay *self, const char *key, gint64 now_us, gint64 until_us, GError **error)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED lock = g_mutex_locker_new(&self->mutex);
    const gint64 *known;

    if (g_hash_table_size(self->seen) >= self->sweep_at)
        sweep(self, now_us);
    known = g_hash_table_lookup(self->seen, key);
    if (known != NULL && *known > now_us) {
        lt_error_set(error, LT_ERROR_SIGNATURE, "soap.replay", "this signed envelope came before");
        return FALSE;
    }
    if (g_hash_table_size(self->seen) >= SEEN_MAX) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "soap.replay.full", "more signed envelopes came than can be remembered");
        return FALSE;
    }
    g_hash_table_insert(self->seen, g_strdup(key), g_memdup2(&until_us, sizeof until_us));
    return TRUE;
}

void
replay_forget(Replay *self, const char *key)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED lock = g_mutex_locker_new(&self->mutex);

    g_hash_table_remove(self->seen, key);
}
