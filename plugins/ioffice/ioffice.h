/* SPDX-License-Identifier: Apache-2.0 */
/* ioffice.h: what the files of this plugin share. */
#pragma once

#include <lienthong/plugin.h>

#include "edxml.h"

typedef struct {
    char *transport;

    /* made by open */
    GPtrArray *trusted; /* of GBytes *: DER */
} Ioffice;

/* inspect.c */
char *ioffice_inspect(GHashTable *options, GBytes *document, GError **error);
/** ioffice_read_certificates: @path: (nullable): PEM file. Returns: (transfer full): of GBytes *, DER; empty without a file */
GPtrArray *ioffice_read_certificates(const char *path, GError **error);
