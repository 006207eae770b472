/* SPDX-License-Identifier: Apache-2.0 */
/* replay.h: what was seen within the time that signatures live. In memory, per endpoint; thread-safe. */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

typedef struct _Replay Replay;

Replay *replay_new(void);
void replay_free(Replay *self);
/**
 * replay_check:
 * @key: what must not come twice
 * @until_us: when it may be forgotten
 *
 * Errors: SIGNATURE `soap.replay`; UNAVAILABLE `soap.replay.full`: a hundred thousand are remembered already
 */
gboolean replay_check(Replay *self, const char *key, gint64 now_us, gint64 until_us, GError **error);
/** replay_forget: what was checked came to nothing for a reason of ours: it may come again */
void replay_forget(Replay *self, const char *key);
