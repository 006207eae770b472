/* SPDX-License-Identifier: Apache-2.0 */
/* reply.h: what the hub itself needs of a reply beyond include/lienthong/link.h. */
#pragma once

#include <lienthong/link.h>
#include "routing/headers.h"

/** lt_reply_new_take: (transfer full) @body and @headers */
LtReply *lt_reply_new_take(guint status, GBytes *body, LtHeaderList *headers);
/** lt_reply_add_header: appends; a reply may hold a name twice (Set-Cookie) */
void lt_reply_add_header(LtReply *self, const char *name, const char *value);
const LtHeaderList *lt_reply_get_headers(LtReply *self);
