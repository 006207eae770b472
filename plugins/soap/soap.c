/* SPDX-License-Identifier: Apache-2.0 */
/* soap.c: systems that speak SOAP 1.1 or 1.2, as client and as server: the descriptor. What a message becomes is said by XSLT maps. */
#include "soap.h"

LT_PLUGIN_EXPORT(.name = "soap", .version = "1.0", .summary = "Systems that speak SOAP 1.1 or 1.2: XSLT maps, WSDL, WS-Security, MTOM", .keys = soap_keys,
                 .self_size = sizeof(Soap), .open = soap_open, .close = soap_close, .collect = soap_collect, .receive = soap_receive,
                 .deliver = soap_deliver, .scaffold = soap_scaffold)
