/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.h: the verbs of `lthub endpoint`: the table and describe in endpoint.c, the others in endpoint-VERB.c. */
#pragma once

#include "cli/command.h"
#include "cli/endpoint-open.h"

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

typedef struct {
    char *plugin;
    char **set;
    char *wsdl, *operation; /* nullable: short for --set wsdl=, --set operation= */
    char *output;
    char *plugins;
} LtEndpointNew;
extern const LtKey lt_endpoint_new_keys[];
int lt_endpoint_new_run(gpointer options, char **arguments, const LtTerminal *terminal);

typedef struct {
    char *message;
    char *sample;
    char *type;
    char *from;
    char *to;
    char **attachments;
    char *role;
    char *media_type;
    gboolean send;
} LtEndpointTry;
extern const LtKey lt_endpoint_try_keys[];
int lt_endpoint_try_run(gpointer options, char **arguments, const LtTerminal *terminal);
/** lt_endpoint_try_message: the message that the options name. Errors: CONFIG, INVALID, UNAVAILABLE */
LtMessage *lt_endpoint_try_message(const LtEndpointTry *options, LtOpenEndpoint *open, GError **error);

typedef struct {
    gboolean faults;
} LtEndpointTest;
extern const LtKey lt_endpoint_test_keys[];
int lt_endpoint_test_run(gpointer options, char **arguments, const LtTerminal *terminal);

typedef struct {
    LtEndpointTry try;
    char *name;
} LtEndpointRecord;
extern const LtKey lt_endpoint_record_keys[];
int lt_endpoint_record_run(gpointer options, char **arguments, const LtTerminal *terminal);

int lt_endpoint_ping_run(gpointer options, char **arguments, const LtTerminal *terminal);
int lt_endpoint_list_run(gpointer options, char **arguments, const LtTerminal *terminal);
int lt_endpoint_status_run(gpointer options, char **arguments, const LtTerminal *terminal);
