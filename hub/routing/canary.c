/* SPDX-License-Identifier: Apache-2.0 */
/* canary.c: failures of the new version against the rate of the old one. A version before that never delivered anything is taken for one that never failed. */
#include "routing/canary.h"

void
lt_canary_begin(LtCanary *self, guint limit, LtCanaryRate old)
{
    *self = (LtCanary) { .limit = limit, .old = old };
}

/* failed / limit > old.failed / old.seen, in whole numbers. */
static gboolean
is_worse(const LtCanary *self)
{
    if (self->old.n_seen == 0)
        return self->own.n_failed > 0;
    return self->own.n_failed * self->old.n_seen > self->old.n_failed * self->limit;
}

LtCanaryState
lt_canary_note(LtCanary *self, gboolean failed)
{
    if (self->limit == 0)
        return LT_CANARY_NOT_WATCHED;
    self->own.n_seen++;
    self->own.n_failed += failed;
    if (is_worse(self)) {
        self->limit = 0;
        return LT_CANARY_BAD;
    }
    if (self->own.n_seen < self->limit)
        return LT_CANARY_WATCHED;
    self->limit = 0;
    return LT_CANARY_GOOD;
}
