/* SPDX-License-Identifier: Apache-2.0 */
/* request.h: what the hub itself needs of a request beyond include/lienthong/link.h. */
#pragma once

#include <lienthong/link.h>
#include "routing/headers.h"

/**
 * lt_request_check:
 *
 * Whether it may be sent at all: method, path and every header byte (security.md S17). Fields that frame a message or name the host are
 * the link's own, and a path never climbs out of the base URL.
 *
 * Errors: INVALID `link.method`, `link.path`, `link.header`
 */
gboolean lt_request_check(LtRequest *self, GError **error);
const LtHeaderList *lt_request_get_headers(LtRequest *self);
/** lt_request_get_stream: Returns: (transfer none) (nullable): the body, when it is a stream of *size bytes */
GInputStream *lt_request_get_stream(LtRequest *self, guint64 *size);
