/* SPDX-License-Identifier: Apache-2.0 */
/* receipt.c: receipts of the hub, in two steps.
 *
 * What is promised (payload, header, manifest) follows from fields that were fixed in the transaction which the receipt
 * reports, so it can be made again with the same bytes. The signature over it is made later and may differ each time.
 */
#include "trust/receipt.h"

#include <string.h>

#include "base/json.h"
#include "trust/digest.h"
#include "trust/header.h"
#include "trust/manifest.h"

#define LIFETIME_S 604800

static GBytes *
make_payload(const LtReceiptFields *fields)
{
    GString *out = g_string_new("{\"v\":1");
    char at[25];

    lt_time_write_millis(fields->at_us, at);
    lt_json_append_member(out, "stage", fields->stage);
    lt_json_append_member(out, "code", fields->code);
    lt_json_append_member(out, "at", at);
    lt_json_append_member(out, "origin", fields->origin);
    g_string_append_printf(out, ",\"index\":%" G_GUINT64_FORMAT "}", fields->index);
    return g_string_free_to_bytes(out);
}

/* `issued` is the second of the log entry's time. */
static GBytes *
make_header(const LtReceiptFields *fields, gsize payload_size)
{
    g_autoptr(LtHeader) header = lt_header_new();

    header->id = g_strdup(fields->id);
    header->type = g_strdup("receipt");
    header->from = g_strdup(fields->from);
    header->to = g_strdup(fields->to);
    header->issued_us = fields->at_us - fields->at_us % LT_US_PER_SECOND;
    header->expires_us = header->issued_us + LIFETIME_S * LT_US_PER_SECOND;
    header->seq = fields->seq;
    header->nonce = g_strdup(fields->nonce);
    header->dossier = g_strdup(fields->dossier);
    header->re_from = g_strdup(fields->re_from);
    header->re_id = g_strdup(fields->re_id);
    header->re_manifest = g_strdup(fields->re_manifest);
    header->checkpoint = g_strdup(fields->checkpoint);
    g_ptr_array_add(header->parts, lt_part_new("payload.json", "payload", "application/json", payload_size, NULL));
    return lt_header_write(header);
}

void
lt_receipt_body_make(const LtReceiptFields *fields, LtReceiptBody *body)
{
    guint8 header[LT_SHA256_SIZE], payload[LT_SHA256_SIZE];
    const LtManifestRow rows[] = {
        { "envelope.json", "application/json", header },
        { "payload.json", "application/json", payload },
    };

    body->payload = make_payload(fields);
    body->header = make_header(fields, g_bytes_get_size(body->payload));
    lt_sha256(g_bytes_get_data(body->header, NULL), g_bytes_get_size(body->header), header);
    lt_sha256(g_bytes_get_data(body->payload, NULL), g_bytes_get_size(body->payload), payload);
    body->manifest = lt_manifest_write(rows, G_N_ELEMENTS(rows));
    lt_sha256(g_bytes_get_data(body->manifest, NULL), g_bytes_get_size(body->manifest), body->manifest_sha256);
}

void
lt_receipt_body_clear(LtReceiptBody *body)
{
    g_clear_pointer(&body->header, g_bytes_unref);
    g_clear_pointer(&body->payload, g_bytes_unref);
    g_clear_pointer(&body->manifest, g_bytes_unref);
}

GBytes *
lt_receipt_build(const LtReceiptBody *body, GBytes *signature, GError **error)
{
    const LtSealed sealed = { .header = body->header, .payload = body->payload, .manifest = body->manifest,
                              .signature = signature, .attachment_crcs = g_array_new(FALSE, FALSE, sizeof(guint32)) };
    GBytes *container = lt_sealed_build(&sealed, error);

    g_array_unref(sealed.attachment_crcs);
    return container;
}

GBytes *
lt_receipt_sign(const LtReceiptBody *body, gint64 at_us, LtSigner *signer, GBytes **signature, GError **error)
{
    g_autoptr(GBytes) made = lt_signer_sign_envelope(signer, body->manifest, at_us - at_us % LT_US_PER_SECOND, error);
    GBytes *container = made == NULL ? NULL : lt_receipt_build(body, made, error);

    if (container != NULL && signature != NULL)
        *signature = g_steal_pointer(&made);
    return container;
}
