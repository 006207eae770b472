/* SPDX-License-Identifier: Apache-2.0 */
/* quota.c: counters per unit in two windows, the running hour and the running day in UTC. */
#include "http/quota.h"

#define HOUR_US (G_GINT64_CONSTANT(3600) * G_USEC_PER_SEC)
#define DAY_US (24 * HOUR_US)

typedef struct {
    gint64 window;          /* number of the hour or day since 1970 */
    guint64 messages, bytes;
} Counter;

typedef struct {
    Counter hour, day;
} Usage;

struct _LtQuota {
    LtQuotaLimits limits;
    GMutex lock;
    GHashTable *units;      /* id → Usage */
};

LtQuota *
lt_quota_new(const LtQuotaLimits *limits)
{
    LtQuota *self = g_new0(LtQuota, 1);

    self->limits = *limits;
    g_mutex_init(&self->lock);
    self->units = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return self;
}

void
lt_quota_free(LtQuota *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->units);
    g_mutex_clear(&self->lock);
    g_free(self);
}

static gboolean
fits(Counter *counter, gint64 window, guint64 bytes, guint64 most_messages, guint64 most_bytes)
{
    if (counter->window != window)
        *counter = (Counter) { .window = window };
    if (most_messages > 0 && counter->messages >= most_messages)
        return FALSE;
    return most_bytes == 0 || (counter->bytes <= most_bytes && bytes <= most_bytes - counter->bytes);
}

static void
count(Counter *counter, guint64 bytes)
{
    counter->messages++;
    counter->bytes += bytes;
}

/* Under the lock. */
static gboolean
take(LtQuota *self, const char *unit, guint64 bytes, gint64 now_us, gint64 *wait_us)
{
    Usage *usage = g_hash_table_lookup(self->units, unit);

    if (usage == NULL) {
        usage = g_new0(Usage, 1);
        g_hash_table_insert(self->units, g_strdup(unit), usage);
    }
    if (!fits(&usage->day, now_us / DAY_US, bytes, self->limits.day_messages, self->limits.day_bytes)) {
        *wait_us = DAY_US - now_us % DAY_US;
        return FALSE;
    }
    if (!fits(&usage->hour, now_us / HOUR_US, bytes, self->limits.hour_messages, self->limits.hour_bytes)) {
        *wait_us = HOUR_US - now_us % HOUR_US;
        return FALSE;
    }
    count(&usage->day, bytes);
    count(&usage->hour, bytes);
    return TRUE;
}

gboolean
lt_quota_take(LtQuota *self, const char *unit, guint64 bytes, gint64 now_us, GError **error)
{
    GError *refusal = NULL;
    gint64 wait_us = 0;
    gboolean fitted;

    g_mutex_lock(&self->lock);
    fitted = take(self, unit, bytes, now_us, &wait_us);
    g_mutex_unlock(&self->lock);
    if (fitted)
        return TRUE;
    lt_error_set(&refusal, LT_ERROR_UNAVAILABLE, "env.quota", "unit %s is over its quota", unit);
    lt_error_set_retry_after(refusal, wait_us / G_USEC_PER_SEC + 1);
    g_propagate_error(error, refusal);
    return FALSE;
}
