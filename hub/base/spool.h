/* SPDX-License-Identifier: Apache-2.0 */
/* spool.h: where content lies while it arrives and nobody knows yet whether it may stay.
 *
 * An interface, because the room that reads containers must not know the room that keeps content. The store implements
 * it (quarantine folder, later encryption); a verifier that keeps nothing passes NULL and content is only hashed.
 * A file that is not kept is removed when it is freed.
 */
#pragma once

#include <gio/gio.h>

typedef struct _LtSpool LtSpool;
typedef struct _LtSpoolFile LtSpoolFile;

struct _LtSpool {
    LtSpoolFile *(*create)(LtSpool *self, GError **error);
};
struct _LtSpoolFile {
    gboolean (*write)(LtSpoolFile *self, const guint8 *data, gsize size, GError **error);
    GInputStream *(*open)(LtSpoolFile *self, GError **error); /* from its start; after the last write */
    void (*free)(LtSpoolFile *self);
};
