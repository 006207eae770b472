/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.h: the verbs of `lthub endpoint`: describe in endpoint.c, check in endpoint-check.c. */
#pragma once

#include "cli/command.h"

typedef struct {
    char *type;
    char *from;
    char *to;
    char **attachments;
    char *role;
    char *media_type;
} LtEndpointCheck;
extern const LtKey lt_endpoint_check_keys[];
int lt_endpoint_check_run(gpointer options, char **arguments, const LtTerminal *terminal);
