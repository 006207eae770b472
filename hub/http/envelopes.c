/* SPDX-License-Identifier: Apache-2.0 */
/* envelopes.c: containers in, receipts out; and the container again, byte for byte, for those who sent or may receive it. */
#include "http/resources.h"

#include "http/reading.h"
#include "http/routes.h"

/* From here on the bytes are the intake's; it answers on this thread, after the commit. */
static void
on_judged(gpointer data, LtAnswer *answer)
{
    LtExchange *exchange = data;

    if (answer->receipt != NULL)
        lt_exchange_reply(exchange, answer->status, LT_ASICE, answer->receipt);
    else if (answer->error != NULL)
        lt_exchange_fail_full(exchange, answer->error, answer->index, NULL, NULL);
    else
        lt_exchange_reply(exchange, answer->status, NULL, NULL);
    lt_answer_free(answer);
    lt_exchange_answer(exchange);
}

void
lt_envelopes_post(LtExchange *exchange)
{
    const LtHttpParts *parts = lt_exchange_get_parts(exchange);
    LtUpload *upload = lt_exchange_steal_upload(exchange);

    lt_intake_submit(parts->intake, upload, lt_exchange_get_caller(exchange), on_judged, lt_exchange_later(exchange), lt_exchange_get_context(exchange));
}

void
lt_envelopes_get(LtExchange *exchange)
{
    const char *from = lt_exchange_get_param(exchange, 0), *id = lt_exchange_get_param(exchange, 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtMessage) message = lt_reading_find_message(exchange, from, id, &error);
    g_autoptr(GInputStream) stream = NULL;
    guint64 size = 0;

    if (message != NULL)
        stream = lt_message_open_envelope(message, &size, &error);
    if (stream == NULL) {
        lt_exchange_fail_full(exchange, error, -1, lt_reading_id(id), NULL);
        return;
    }
    lt_exchange_reply_stream(exchange, LT_ASICE, stream, size);
    if (lt_message_get_dossier(message) != NULL)
        lt_reading_record(exchange, lt_message_get_dossier(message), "download", id);
}
