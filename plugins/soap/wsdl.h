/* SPDX-License-Identifier: Apache-2.0 */
/* wsdl.h: what a WSDL 1.1 says of one port: version, address, operations with their actions and elements. */
#pragma once

#include "envelope.h"

typedef struct {
    char *name;
    char *action;                  /* "" when there is none */
    gboolean is_rpc;
    char *input_ns, *input_name;   /* the element in Body */
    char *output_ns, *output_name; /* nullable: one-way */
} WsdlOperation;

typedef struct {
    xmlDoc *doc;
    char *port;
    SoapVersion version;
    char *address;
    GPtrArray *operations; /* of WsdlOperation * */
} Wsdl;

/**
 * wsdl_open:
 * @port: (nullable): name of the port; %NULL: the first with a SOAP binding
 *
 * One file: imports of other WSDL files are not followed.
 *
 * Errors: CONFIG `soap.xml`, `soap.wsdl`: no WSDL 1.1, no such port, a port without SOAP over HTTP, a name that leads nowhere
 */
Wsdl *wsdl_open(const char *path, const char *port, GError **error);
void wsdl_free(Wsdl *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Wsdl, wsdl_free)
/** wsdl_find: Returns: (nullable): by name */
const WsdlOperation *wsdl_find(const Wsdl *self, const char *name);
/** wsdl_find_input: Returns: (nullable): the operation whose request has this element in Body */
const WsdlOperation *wsdl_find_input(const Wsdl *self, const xmlNode *element);
/** wsdl_list: Returns: (transfer full): names of all operations, for messages */
char *wsdl_list(const Wsdl *self);
