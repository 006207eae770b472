/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.h: the ASiCManifest of envelope.md §3: written from one template, read by comparing bytes with it. Pure. */
#pragma once

#include "base/message.h"
#include "base/value.h"

typedef struct {
    const char *name;
    const char *media_type;
    const guint8 *sha256; /* 32 bytes */
} LtManifestRow;

GBytes *lt_manifest_write(const LtManifestRow *rows, guint n_rows);

typedef struct {
    char name[65];
    char media_type[101];
    guint8 sha256[LT_SHA256_SIZE];
} LtManifestItem;
/** lt_manifest_read: Returns: (element-type LtManifestItem) (transfer full): Errors: `env.manifest.template` */
GArray *lt_manifest_read(const char *data, gsize size, GError **error);
