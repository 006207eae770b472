/* SPDX-License-Identifier: Apache-2.0 */
/* cms.h: signature001.p7s: the CMS profile of envelope.md §5, read (steps V2 and V3) and written. Private to the room. */
#pragma once

#include "trust/certificates.h"
#include "trust/signer-certificate.h"

/* What a signature says of itself. */
typedef struct {
    gint64 signed_us;      /* signingTime */
    gboolean form_passed;  /* V2 was good */
    const char *algorithm; /* (nullable): static name */
    char *exception;       /* (nullable): by which it was taken; owned, only of a signature that is good */
} LtCmsFacts;
void lt_cms_facts_clear(LtCmsFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LtCmsFacts, lt_cms_facts_clear)

/**
 * lt_cms_verify:
 * @signature: DER of the SignedData
 * @content: the bytes that were signed: the manifest
 * @facts: (out): also on failure, as far as the steps went
 *
 * Errors: the codes of V2 and V3, in the order of their rows
 *
 * Returns: (transfer full): the signer, trusted at @now_us
 */
LtSignerCertificate *lt_cms_verify(LtTrust *trust, GBytes *signature, GBytes *content, gint64 now_us, LtCmsFacts *facts, GError **error);

/** LtCmsSign: makes the signature value over @data. Returns: (transfer full) */
typedef GBytes *(*LtCmsSign)(gpointer data, const GByteArray *attributes, GError **error);

/**
 * lt_cms_write:
 * @signer: the certificate; what came with it goes into the signature too
 * @signed_us: signingTime, cut to seconds
 *
 * Returns: (transfer full): DER, equal to what `openssl cms -sign -cades -binary -nosmimecap` makes but for the signature value
 */
GBytes *lt_cms_write(const LtSignerCertificate *signer, GBytes *content, gint64 signed_us, LtCmsSign sign, gpointer data,
                     GError **error);

/* Content of the OBJECT IDENTIFIERs that reader and writer share. */
typedef enum {
    LT_OID_SIGNED_DATA, LT_OID_DATA, LT_OID_CONTENT_TYPE, LT_OID_MESSAGE_DIGEST, LT_OID_SIGNING_TIME, LT_OID_SIGNING_CERTIFICATE,
    LT_OID_COUNT,
} LtCmsOid;
LtDer lt_cms_oid(LtCmsOid oid);
