/* SPDX-License-Identifier: Apache-2.0 */
/* openapi.h: the description of the HTTP API, written from the table of routes. */
#pragma once

/** lt_openapi_write: Returns: (transfer full): an OpenAPI 3.1 document: JSON, one line per member, the same for the same table */
char *lt_openapi_write(void);
