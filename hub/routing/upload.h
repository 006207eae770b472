/* SPDX-License-Identifier: Apache-2.0 */
/* upload.h: an envelope while its bytes arrive: walked, hashed, and kept as received in case it must go to quarantine. */
#pragma once

#include "store/messages.h"
#include "trust/container.h"

typedef struct _LtUpload LtUpload;

/** lt_upload_open: @max_bytes: policy `envelope.max_bytes`; @spool: of the store */
LtUpload *lt_upload_open(guint64 max_bytes, LtSpool *spool);
/** lt_upload_feed: an error is final: step V1 has refused it, and what follows need not be read */
gboolean lt_upload_feed(LtUpload *self, const guint8 *data, gsize size, GError **error);
void lt_upload_free(LtUpload *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtUpload, lt_upload_free)
guint64 lt_upload_get_size(LtUpload *self);

/** lt_upload_finish: Returns: (transfer full): the walked container, or the refusal of step V1, also one that feed met before */
LtContainer *lt_upload_finish(LtUpload *self, GError **error);

/* What goes to quarantine; borrowed from the upload. */
typedef struct {
    guint8 salt[LT_SHA256_SIZE];
    guint8 commitment[LT_SHA256_SIZE]; /* SHA-256 of salt and bytes */
    GBytes *bytes;                     /* either this */
    LtSpoolFile *file;                 /* or this; neither when the disk would not take them */
} LtQuarantine;
/** lt_upload_commit: makes salt and commitment over the bytes received */
const LtQuarantine *lt_upload_commit(LtUpload *self);
