/* SPDX-License-Identifier: Apache-2.0 */
/* print-openapi.c: the HTTP API as the table of routes says it, for docs/reference/openapi.json. */
#include <stdio.h>

#include "http/openapi.h"

#include <glib.h>

int
main(void)
{
    g_autofree char *text = lt_openapi_write();

    return fputs(text, stdout) < 0;
}
