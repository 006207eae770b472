/* SPDX-License-Identifier: Apache-2.0 */
/* digest.h: SHA-256 of bytes at hand and of bytes that pass by. */
#pragma once

#include "base/value.h"

/** lt_sha256: @out: 32 bytes. Costs no allocation and no look-up after a thread's first call */
void lt_sha256(const void *data, gsize size, guint8 out[LT_SHA256_SIZE]);
/** lt_sha256_dup_hex: Returns: (transfer full): 64 lower-case hex digits */
char *lt_sha256_dup_hex(const void *data, gsize size);

typedef struct _LtHasher LtHasher; /* one stream of bytes at a time */
LtHasher *lt_hasher_new(void);
void lt_hasher_update(LtHasher *self, const void *data, gsize size);
/** lt_hasher_finish: gives the digest of all bytes since the last finish and begins anew */
void lt_hasher_finish(LtHasher *self, guint8 out[LT_SHA256_SIZE]);
void lt_hasher_free(LtHasher *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtHasher, lt_hasher_free)
