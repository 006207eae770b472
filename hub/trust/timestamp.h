/* SPDX-License-Identifier: Apache-2.0 */
/* timestamp.h: RFC 3161: asking for a time stamp over bytes, and what an answer proves (audit-log.md §9). */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

#define LT_TIMESTAMP_NONCE_SIZE 8

/** lt_timestamp_request: Returns: (transfer full): DER of a TimeStampReq: SHA-256, certReq, @nonce */
GBytes *lt_timestamp_request(const void *data, gsize size, const guint8 nonce[LT_TIMESTAMP_NONCE_SIZE]);

typedef struct {
    gint64 at_us;      /* genTime */
    char *authority;   /* subject of the authority's certificate, escaped for display */
} LtTimestamp;
void lt_timestamp_clear(LtTimestamp *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LtTimestamp, lt_timestamp_clear)

/**
 * lt_timestamp_verify:
 * @response: DER of a TimeStampResp, as an authority sends it and as `openssl ts -verify -in` takes it
 * @ca_path: PEM file of the authority's CA
 * @nonce: (nullable): that of the request, compared when given
 *
 * The status is granted, the imprint is that of @data, the signature verifies, the chain ends in @ca_path and its certificate is for time stamping.
 * Certificates are judged at the time that the token states: what was valid then is valid, and renewal is a newer token over a newer checkpoint.
 *
 * Errors: %LT_ERROR_SIGNATURE `anchor.tsr`; %LT_ERROR_CONFIG `trust.file` when @ca_path cannot be read
 */
gboolean lt_timestamp_verify(GBytes *response, const void *data, gsize size, const char *ca_path,
                             const guint8 nonce[LT_TIMESTAMP_NONCE_SIZE], LtTimestamp *out, GError **error);
