/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.h: a wired system: a plugin with its settings, its link and its limits. Running a verb means: link with deadline, verb, outcome. */
#pragma once

#include <lienthong/plugin.h>
#include "base/settings.h"

typedef struct _LtEndpoint LtEndpoint;

LtEndpoint *lt_endpoint_ref(LtEndpoint *self);
void lt_endpoint_unref(LtEndpoint *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtEndpoint, lt_endpoint_unref)
const char *lt_endpoint_get_name(LtEndpoint *self);
gboolean lt_endpoint_serves(LtEndpoint *self, const char *unit);

/** lt_endpoint_deliver: *receipt: what the other side answered, verbatim (nullable) */
gboolean lt_endpoint_deliver(LtEndpoint *self, LtMessage *message, GCancellable *cancellable, GBytes **receipt, char **receipt_type, GError **error);
gboolean lt_endpoint_collect(LtEndpoint *self, LtInbox *inbox, GCancellable *cancellable, GError **error);
gboolean lt_endpoint_receive(LtEndpoint *self, LtRequest *request, LtReply **reply, LtInbox *inbox, GCancellable *cancellable, GError **error);
