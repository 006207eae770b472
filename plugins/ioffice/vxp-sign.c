/* SPDX-License-Identifier: Apache-2.0 */
/* vxp-sign.c: the HMAC-signed headers of VXP REST, as VNPT's SDK writes them (domain.md §3.1). Values are ASCII: the SDK's JSON writer and ours then
 * agree on every byte. */
#include "ioffice.h"

#include <string.h>

#define PREFIX "XroadVnpt-"

static void
append_quoted(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *p);
    }
    g_string_append_c(out, '"');
}

char *
vxp_timestamp(gint64 now_us)
{
    g_autoptr(GTimeZone) home = g_time_zone_new_offset(7 * 3600);
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(now_us / G_USEC_PER_SEC);
    g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, home);
    g_autofree char *text = g_date_time_format(local, "%d%m%YT%H%M%S");

    return g_strdup_printf("%s+%04d", text, (int) (now_us % G_USEC_PER_SEC / 1000));
}

void
vxp_sign(LtRequest *request, const VxpParameter *parameters, const char *secret)
{
    g_autoptr(GString) names = g_string_new(NULL);
    g_autoptr(GString) json = g_string_new("{");
    g_autofree char *hash = NULL;

    for (; parameters->name != NULL; parameters++) {
        g_autofree char *header = g_strconcat(PREFIX, parameters->name, NULL);

        lt_request_set_header(request, header, parameters->value);
        g_string_append_printf(names, "%s%s", names->len > 0 ? ";" : "", parameters->name);
        g_string_append(json, json->len > 1 ? "," : "");
        append_quoted(json, header);
        g_string_append_c(json, ':');
        append_quoted(json, parameters->value);
    }
    g_string_append_c(json, '}');
    hash = g_compute_hmac_for_string(G_CHECKSUM_SHA256, (const guchar *) secret, strlen(secret), json->str, (gssize) json->len);
    lt_request_set_header(request, PREFIX "sign-header-key", names->str);
    lt_request_set_header(request, PREFIX "sign-header", json->str);
    lt_request_set_header(request, PREFIX "hash-header", hash);
}
