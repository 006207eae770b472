/* SPDX-License-Identifier: Apache-2.0 */
/* confirmations.h: the newest checkpoint that was confirmed for each origin: what shows that a database was put back. Private to the
 * room. Thread-safe. */
#pragma once

#include <lienthong/error.h>
#include "base/value.h"

typedef struct _LtConfirmations LtConfirmations;

/** lt_confirmations_open: @folder: (nullable): %NULL remembers nothing over the end. Errors: %LT_ERROR_CONFIG `signer.state` */
LtConfirmations *lt_confirmations_open(const char *folder, GError **error);
/** lt_confirmations_free: writes what is not written yet */
void lt_confirmations_free(LtConfirmations *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtConfirmations, lt_confirmations_free)

/** lt_confirmations_set: durable within a second; a smaller size than the one known is ignored */
void lt_confirmations_set(LtConfirmations *self, const char *origin, guint64 size, const guint8 root[LT_SHA256_SIZE]);
gboolean lt_confirmations_get(LtConfirmations *self, const char *origin, guint64 *size, guint8 root[LT_SHA256_SIZE]);
