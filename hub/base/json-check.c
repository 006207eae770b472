/* SPDX-License-Identifier: Apache-2.0 */
/* json-check.c: the strict scanner, as plugins get it: a look, without events. */
#include <lienthong/json.h>

#include "base/json.h"

gboolean
lt_json_check(GBytes *json, GError **error)
{
    gsize size = 0;
    const char *data = g_bytes_get_data(json, &size);

    return lt_json_scan(data != NULL ? data : "", size, LT_JSON_PAYLOAD, NULL, NULL, NULL, NULL, error);
}

char *
lt_json_pick(GBytes *json, const char *path)
{
    LtJsonPick picks[] = { { path, NULL }, { NULL, NULL } };
    gsize size = 0;
    const char *data = g_bytes_get_data(json, &size);

    if (lt_json_scan(data != NULL ? data : "", size, LT_JSON_PAYLOAD, NULL, NULL, NULL, picks, NULL))
        return picks[0].value;
    g_free(picks[0].value);
    return NULL;
}
