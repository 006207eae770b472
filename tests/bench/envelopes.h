/* SPDX-License-Identifier: Apache-2.0 */
/* envelopes.h: sealed envelopes made before the clock starts, each of its own dossier. */
#pragma once

#include <glib.h>

/* A unit that sends: key and certificate for its seal, token for its calls. */
typedef struct {
    char *unit;
    char *token;
    char *certificate;
    char *key;
} BenchSender;

/** bench_senders_read: file of `unit token certificate key` lines. Returns: (element-type BenchSender) (transfer full) */
GPtrArray *bench_senders_read(const char *path, GError **error);

typedef struct {
    const char *to;
    GBytes *payload;        /* every `@CODE@` in it becomes the code of the dossier */
    guint64 attachment;     /* bytes of one attachment; 0: none */
    guint first;            /* seq of the first envelope of each sender */
    guint count;            /* how many in all, dealt to the senders in turn */
    guint n_threads;
} BenchOrder;

/** bench_envelopes_seal: Returns: (element-type GBytes) (transfer full): envelope i is of sender i % n */
GPtrArray *bench_envelopes_seal(GPtrArray *senders, const BenchOrder *order, GError **error);
