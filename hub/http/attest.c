/* SPDX-License-Identifier: Apache-2.0 */
/* attest.c: the operator has the newest checkpoint cosigned, or stamped and signed, now. Runs in a worker. */
#include "http/resources.h"

#include "http/routes.h"

static gboolean
has_attestor(LtExchange *exchange)
{
    g_autoptr(GError) error = NULL;

    if (lt_exchange_get_parts(exchange)->attestor != NULL)
        return TRUE;
    lt_error_set(&error, LT_ERROR_UNAVAILABLE, "env.store.halted", "the store is halted: no checkpoint of it is attested");
    lt_exchange_fail(exchange, error);
    return FALSE;
}

void
lt_admin_attest_push(LtExchange *exchange)
{
    g_autoptr(GError) error = NULL;
    guint n;

    if (!has_attestor(exchange))
        return;
    n = lt_attestor_push(lt_exchange_get_parts(exchange)->attestor, &error);
    if (n == 0 && error != NULL)
        lt_exchange_fail(exchange, error);
    else
        lt_exchange_reply_text(exchange, 200, LT_JSON, g_strdup_printf("{\"rows\":%u}", n));
}

void
lt_admin_attest_anchor(LtExchange *exchange)
{
    g_autoptr(GError) error = NULL;

    if (!has_attestor(exchange))
        return;
    if (lt_attestor_anchor(lt_exchange_get_parts(exchange)->attestor, &error))
        lt_exchange_reply_text(exchange, 200, LT_JSON, g_strdup("{\"rows\":1}"));
    else
        lt_exchange_fail(exchange, error);
}
