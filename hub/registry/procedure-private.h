/* SPDX-License-Identifier: Apache-2.0 */
/* procedure-private.h: the catalogue's inside, shared by the files of this room only. */
#pragma once

#include "registry/procedure.h"

struct _LtCatalogue {
    gint references;
    GPtrArray *rows;        /* of LtProcedureRow * */
    GHashTable *by_code;    /* code → GPtrArray of const LtProcedureRow *, by day */
    GHashTable *publishers; /* set of unit ids */
};
