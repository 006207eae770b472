/* SPDX-License-Identifier: Apache-2.0 */
/* ioffice.c: a mailbox of the state document axis. */
#include "ioffice.h"

static const LtKey keys[] = {
    LT_CHOICE(Ioffice, transport, "vxp", "vxp|lgsp|folder", "how the mailbox is reached"),
    LT_KEYS_END,
};

LT_PLUGIN_EXPORT(.name = "ioffice", .version = "1.0", .summary = "A mailbox of the state document axis: edXML over VXP, a provincial LGSP or a folder",
                 .keys = keys, .self_size = sizeof(Ioffice), .inspect = ioffice_inspect)
