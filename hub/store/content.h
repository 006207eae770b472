/* SPDX-License-Identifier: Apache-2.0 */
/* content.h: what messages hold, kept and given back. The only door to payloads and attachments, so that encryption at rest lies
 * beneath it and nowhere else.
 *
 * What is given back is what was signed: header, payload and the list of attachments are proved against the manifest digest when they
 * are loaded, each attachment against its own digest while it is read. A difference is INTERNAL `log.blob-hash`, naming the row.
 */
#pragma once

#include "base/message.h"
#include "store/store-private.h"
#include "trust/container.h"

/** lt_content_needs_disk: does the container hold content that becomes files: then lt_content_prepare() blocks on fsync */
gboolean lt_content_needs_disk(LtContainer *container);
/** lt_content_prepare: before the transaction: large content durable under its digest. May be called again after a failure */
gboolean lt_content_prepare(LtStore *store, LtContainer *container, GError **error);
/** lt_content_write: in the transaction: rows of header, payload, signature and attachments */
gboolean lt_content_write(LtStoreTransaction *tx, gint64 message, LtContainer *container, GError **error);
/** lt_content_settle: after the commit */
void lt_content_settle(LtStore *store, LtContainer *container);

/** lt_content_load: Returns: (transfer full): the message, its large content read from the store when asked for */
LtMessage *lt_content_load(LtStore *store, LtDatabase *database, gint64 message, const guint8 manifest[LT_SHA256_SIZE], GError **error);
