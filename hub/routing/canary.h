/* SPDX-License-Identifier: Apache-2.0 */
/* canary.h: a changed endpoint is watched: of its first deliveries, do more fail than did under the version before? Pure counting. */
#pragma once

#include <glib.h>

/* How often one version of an endpoint was tried, and failed. */
typedef struct {
    guint64 n_seen, n_failed;
} LtCanaryRate;

typedef struct {
    guint limit;        /* deliveries that are watched; 0: nothing is watched */
    LtCanaryRate old;   /* of the version before */
    LtCanaryRate own;
} LtCanary;

typedef enum { LT_CANARY_NOT_WATCHED, LT_CANARY_WATCHED, LT_CANARY_GOOD, LT_CANARY_BAD } LtCanaryState;

void lt_canary_begin(LtCanary *self, guint limit, LtCanaryRate old);
/** lt_canary_note: one more outcome. BAD as soon as so many have failed that the whole series will have failed more often than the version before; GOOD
 * when the series is over without that. After either nothing is watched any more */
LtCanaryState lt_canary_note(LtCanary *self, gboolean failed);

/* What is told when a series was bad. Borrowed. */
typedef struct {
    const char *endpoint;
    guint n_failed, n_seen, old_failed, old_seen;
    const gint64 *held; /* deliveries that it held */
    guint n_held;
} LtCanaryVerdict;
