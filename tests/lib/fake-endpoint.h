/* SPDX-License-Identifier: Apache-2.0 */
/* fake-endpoint.h: endpoints without plugins: the functions of routing/endpoint.h, linked in place of the hub's own, which do what a test tells them. For tests of
 * what stands around endpoints: plans, the dispatcher. */
#pragma once

#include "routing/endpoint.h"

typedef gboolean (*FakeDeliver)(const char *endpoint, LtMessage *message, GCancellable *cancellable, gpointer data, GError **error);
typedef gboolean (*FakeCollect)(const char *endpoint, LtInbox *inbox, gpointer data, GError **error);

/** fake_endpoint_tell: what all endpoints made from now on do; called on the hub's workers */
void fake_endpoint_tell(FakeDeliver deliver, FakeCollect collect, gpointer data);
