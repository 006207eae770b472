/* SPDX-License-Identifier: Apache-2.0 */
/* quota.h: how much one unit may send in an hour and in a day (S5). Kept in memory: a restart begins anew, which docs/decisions/0013 gives reasons for. Thread-safe. */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

/* 0: no limit. */
typedef struct {
    guint64 hour_messages, hour_bytes;
    guint64 day_messages, day_bytes;
} LtQuotaLimits;

typedef struct _LtQuota LtQuota;
LtQuota *lt_quota_new(const LtQuotaLimits *limits);
void lt_quota_free(LtQuota *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtQuota, lt_quota_free)
/** lt_quota_take: Errors: %LT_ERROR_UNAVAILABLE `env.quota`, with the time until the hour or day is over as Retry-After; nothing is taken then */
gboolean lt_quota_take(LtQuota *self, const char *unit, guint64 bytes, gint64 now_us, GError **error);
