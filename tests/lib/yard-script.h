/* SPDX-License-Identifier: Apache-2.0 */
/* yard-script.h: what the endpoints of a yard do, and what they have seen: for tests of the dispatcher. */
#pragma once

#include "lib/yard.h"

/* What the endpoints have seen, and what they are told to do. */
typedef struct {
    GMutex lock;
    GPtrArray *seen;         /* "endpoint id dossier" in order of the calls */
    GHashTable *poisoned;    /* dossiers that fail */
    LtErrorCode code;        /* how they fail */
    guint failures;          /* this many calls fail first, whoever it is */
    gint64 retry_after_s;    /* of those; −1: none */
    gint64 slow_us;
    const char *hanging;     /* endpoint that hangs until cancelled */
    guint running, most_running;
} YardScript;

void yard_script_init(YardScript *script);
void yard_script_clear(YardScript *script);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(YardScript, yard_script_clear)
/** yard_script_start: a yard whose endpoints follow the script, its dispatcher running */
Yard *yard_script_start(YardScript *script, const char *configuration, guint n_workers);
/** yard_script_deliver: a FakeDeliver */
gboolean yard_script_deliver(const char *endpoint, LtMessage *message, GCancellable *cancellable, gpointer data, GError **error);
guint yard_script_count(YardScript *script);
/** yard_script_poison, yard_script_heal: a dossier fails from now on; none does */
void yard_script_poison(YardScript *script, const char *dossier);
void yard_script_heal(YardScript *script);
