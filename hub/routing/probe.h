/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h: a peer looked at step by step: name, connection, TLS and its certificates, an answer, its clock. */
#pragma once

#include "routing/link.h"

typedef struct {
    const char *step; /* "dns", "tcp", "tls", "certificate", "http", "clock" */
    gboolean ok;
    gint64 took_us;   /* -1: nothing to time */
    char *text;
} LtProbeStep;

/** lt_link_target_probe: one GET of the base URL with the headers of @request (nullable), on this thread, over a connection of its own. Stops at
 * the first step that fails. @status: (out): of the answer, or 0. Returns: (transfer full) (element-type LtProbeStep) */
GPtrArray *lt_link_target_probe(LtLinkTarget *self, LtRequest *request, guint *status);
