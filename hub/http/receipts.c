/* SPDX-License-Identifier: Apache-2.0 */
/* receipts.c: the newest receipt of an envelope, for the two units that it names. */
#include "http/resources.h"

#include "http/reading.h"
#include "http/routes.h"

void
lt_receipts_get(LtExchange *exchange)
{
    const char *from = lt_exchange_get_param(exchange, 0), *id = lt_exchange_get_param(exchange, 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtMessage) message = lt_reading_find_message(exchange, from, id, &error);
    g_autoptr(GBytes) receipt = message == NULL ? NULL : lt_store_find_receipt(lt_exchange_get_parts(exchange)->store, from, id, NULL, &error);

    if (receipt != NULL)
        lt_exchange_reply(exchange, 200, LT_ASICE, receipt);
    else
        lt_exchange_fail_full(exchange, error, -1, lt_reading_id(id), NULL);
}
