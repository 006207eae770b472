/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint-open.h: one endpoint of the configuration, opened by a command as it stands there but for a few keys. */
#pragma once

#include "hub.h"

/* A key that is set otherwise. */
typedef struct {
    const char *key, *value;
} LtOtherKey;

typedef struct {
    LtSettings *all;      /* the whole configuration */
    LtSettings *settings; /* this section alone, with the other keys */
    LtLoader *loader;
    LtLinkThread *thread;
    LtEndpoint *endpoint;
    char *unit;           /* of the hub */
} LtOpenEndpoint;

/** lt_open_endpoint: @others: rows ended by NULL. @script: (nullable). Errors: CONFIG with every fault, one a line. The rest is cleared by lt_open_endpoint_clear() in any case */
gboolean lt_open_endpoint(LtOpenEndpoint *self, const char *config, const char *name, const LtOtherKey *others, const LtScript *script, GError **error);
void lt_open_endpoint_clear(LtOpenEndpoint *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LtOpenEndpoint, lt_open_endpoint_clear)
/** lt_open_section: the section as it stands in the configuration. Errors: CONFIG */
LtSection *lt_open_section(LtSettings *settings, const char *name, GError **error);
