/* SPDX-License-Identifier: Apache-2.0 */
/* breaker.c: the three states of the circuit breaker and what leads from one to another. */
#include "routing/breaker.h"

void
lt_breaker_init(LtBreaker *self, guint limit, gint64 rest_us, gint64 cap_us)
{
    self->limit = CLAMP(limit, 1, LT_BREAKER_MOST);
    self->rest_us = rest_us;
    self->cap_us = MAX(cap_us, rest_us);
}

gboolean
lt_breaker_may_send(const LtBreaker *self, gint64 now_us)
{
    return self->state == LT_BREAKER_CLOSED || (self->state == LT_BREAKER_OPEN && now_us >= self->retry_at_us);
}

void
lt_breaker_sent(LtBreaker *self)
{
    if (self->state == LT_BREAKER_OPEN)
        self->state = LT_BREAKER_PROBING;
}

gboolean
lt_breaker_succeeded(LtBreaker *self)
{
    gboolean was_open = self->state != LT_BREAKER_CLOSED;

    self->state = LT_BREAKER_CLOSED;
    self->n_failed = 0;
    self->n_rests = 0;
    self->retry_at_us = 0;
    return was_open;
}

static gboolean
is_new(const LtBreaker *self, gint64 delivery)
{
    for (guint i = 0; i < self->n_failed; i++)
        if (self->failed[i] == delivery)
            return FALSE;
    return TRUE;
}

static void
rest(LtBreaker *self, gint64 now_us)
{
    gint64 rest_us = self->rest_us;

    for (guint i = 0; i < self->n_rests && rest_us < self->cap_us; i++)
        rest_us *= 2;
    self->state = LT_BREAKER_OPEN;
    self->n_rests++;
    self->retry_at_us = now_us + MIN(rest_us, self->cap_us);
}

void
lt_breaker_failed(LtBreaker *self, gint64 delivery, gint64 now_us)
{
    if (self->n_failed < LT_BREAKER_MOST && is_new(self, delivery))
        self->failed[self->n_failed++] = delivery;
    if (self->state == LT_BREAKER_PROBING || (self->state == LT_BREAKER_CLOSED && self->n_failed >= self->limit))
        rest(self, now_us);
}

void
lt_breaker_skipped(LtBreaker *self)
{
    if (self->state == LT_BREAKER_PROBING)
        self->state = LT_BREAKER_OPEN;
}

const char *
lt_breaker_word(const LtBreaker *self)
{
    switch (self->state) {
    case LT_BREAKER_OPEN:
        return "open";
    case LT_BREAKER_PROBING:
        return "probing";
    case LT_BREAKER_CLOSED:
    default:
        return "closed";
    }
}
