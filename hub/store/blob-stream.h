/* SPDX-License-Identifier: Apache-2.0 */
/* blob-stream.h: a file read as a stream that proves its content: the last piece is handed out only when the digest is right. */
#pragma once

#include <gio/gio.h>

/** lt_blob_stream_new: @fd: (transfer full); @sha256: (nullable): then size and digest are checked. Errors when read: INTERNAL `log.blob-hash` */
GInputStream *lt_blob_stream_new(int fd, guint64 size, const guint8 *sha256);
