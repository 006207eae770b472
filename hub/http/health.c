/* SPDX-License-Identifier: Apache-2.0 */
/* health.c: whether the process lives, whether it takes envelopes, and what it is. Nothing here needs a caller: the admin site is this machine's own. */
#include "http/resources.h"

#include "base/json.h"
#include "http/openapi.h"
#include "http/routes.h"
#include "http/server-private.h"

void
lt_health_live(LtExchange *exchange)
{
    lt_exchange_reply_text(exchange, 200, LT_TEXT, g_strdup("ok\n"));
}

void
lt_health_ready(LtExchange *exchange)
{
    static const char *const words[] = { [LT_STORE_OK] = "ok", [LT_STORE_DEGRADED] = "degraded", [LT_STORE_HALTED] = "halted" };
    const char *code = NULL;
    LtStoreState state = lt_store_get_state(lt_exchange_get_parts(exchange)->store, &code);
    gboolean stopping = g_atomic_int_get(&lt_exchange_get_server(exchange)->stopping) != 0;
    GString *out = g_string_new("{");

    lt_json_append_member(out, "state", stopping ? "stopping" : words[state]);
    lt_json_append_member(out, "code", state == LT_STORE_OK ? NULL : code);
    g_string_append_c(out, '}');
    lt_exchange_reply_text(exchange, stopping || state == LT_STORE_HALTED ? 503 : 200, LT_JSON, g_string_free(out, FALSE));
}

void
lt_health_version(LtExchange *exchange)
{
    const LtHttpParts *parts = lt_exchange_get_parts(exchange);
    GString *out = g_string_new("{");

    lt_json_append_member(out, "version", LT_VERSION);
    lt_json_append_member(out, "unit", parts->unit);
    g_string_append_printf(out, ",\"demo\":%s}", parts->demo ? "true" : "false");
    lt_exchange_reply_text(exchange, 200, LT_JSON, g_string_free(out, FALSE));
}

void
lt_health_openapi(LtExchange *exchange)
{
    lt_exchange_reply_text(exchange, 200, LT_JSON, lt_openapi_write());
}
