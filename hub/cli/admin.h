/* SPDX-License-Identifier: Apache-2.0 */
/* admin.h: where a command goes that looks at or changes what the hub keeps.
 *
 * Looking needs nothing but the files: a read-only connection beside the running hub. Changing goes to the running hub through its admin socket; when no hub holds the
 * store's lock, the command opens the store itself and writes with the same functions, records included.
 */
#pragma once

#include "hub.h"

/** lt_admin_open_reader: (transfer full): the store of the configuration, read only */
LtStore *lt_admin_open_reader(const char *config, GError **error);

typedef struct _LtAdmin LtAdmin;
/** lt_admin_open: Errors: CONFIG; UNAVAILABLE when a hub runs whose admin socket does not answer */
LtAdmin *lt_admin_open(const char *config, GError **error);
void lt_admin_free(LtAdmin *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtAdmin, lt_admin_free)
/** lt_admin_get_store: Returns: (nullable) (transfer none): the store to write to; NULL: a hub runs, use lt_admin_call() */
LtStore *lt_admin_get_store(LtAdmin *self);
/** lt_admin_get_unit: unit id of the hub: the actor of what is written */
const char *lt_admin_get_unit(LtAdmin *self);
const LtHubSettings *lt_admin_get_settings(LtAdmin *self);
/** lt_admin_get_signer: (nullable) (transfer none): with the store */
LtSigner *lt_admin_get_signer(LtAdmin *self);
/** lt_admin_fetch: (transfer full): as lt_admin_call(), for an answer that is no text */
GBytes *lt_admin_fetch(LtAdmin *self, const char *method, const char *path, const char *body, GError **error);
/** lt_admin_call: asks the running hub. @body: (nullable): JSON. Returns: (transfer full): the answer's body. A problem becomes an error with its code */
char *lt_admin_call(LtAdmin *self, const char *method, const char *path, const char *body, GError **error);
