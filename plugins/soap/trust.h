/* SPDX-License-Identifier: Apache-2.0 */
/* trust.h: whose key may have signed: what KeyInfo says is a hint and never the reason to believe. Only verify.c includes this. */
#pragma once

#include <xmlsec/xmlsec.h> /* first: the other needs its types */

#include <xmlsec/keys.h>

#include "security.h"

typedef struct {
    xmlSecKeyPtr key; /* owned */
    char signer[65];  /* SHA-256 of its SubjectPublicKeyInfo */
} TrustKey;

/**
 * trust_find_keys:
 * @token: (nullable): the BinarySecurityToken of the same header
 * @ids: what is registered, for the reference to the token
 *
 * Errors: SIGNATURE `soap.key`: KeyInfo is none of X.509, or the certificate is none that is trusted, or out of its dates
 *
 * Returns: (transfer full) (element-type TrustKey): at least one
 */
GPtrArray *trust_find_keys(const Trust *self, xmlNode *key_info, xmlNode *token, GHashTable *ids, gint64 now_us, GError **error);
