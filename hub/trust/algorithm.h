/* SPDX-License-Identifier: Apache-2.0 */
/* algorithm.h: the pairs of key and digest that an envelope may be signed with (envelope.md §5), as rows. Private to the room. */
#pragma once

#include "trust/der.h"

typedef enum { LT_SIGNER_OTHER, LT_SIGNER_P256, LT_SIGNER_P384, LT_SIGNER_RSA } LtSignerKind;

#define LT_DIGEST_MAX_SIZE 48
#define LT_PSS_SALT_SIZE 32

typedef struct {
    const char *name;
    LtSignerKind key;
    const char *digest;   /* OpenSSL's name */
    gsize digest_size;
    LtDer digest_oid;     /* content of the OBJECT IDENTIFIERs */
    LtDer signature_oid;
    gboolean pss;
    gboolean by_exception; /* only for a signer that has one (algorithms.h) */
} LtAlgorithm;

#define LT_ALGORITHM_PKCS1 "rsa-pkcs1-sha256"
#define LT_EXCEPT_USAGE "extended-key-usage"

/**
 * lt_algorithm_find:
 * @digest, @signature: content of the two AlgorithmIdentifiers of a SignerInfo
 * @salt_size: (out): of RSASSA-PSS
 *
 * Returns: (nullable): the row, or %NULL when digest, signature algorithm or their parameters are not allowed
 */
const LtAlgorithm *lt_algorithm_find(LtDer digest, LtDer signature, int *salt_size);
/** lt_algorithm_name: (nullable): the static name equal to @name; lt_algorithm_names: all, for people */
const char *lt_algorithm_name(const char *name);
const char *lt_algorithm_names(void);
/** lt_algorithm_for_key: the row with which a key of this kind signs */
const LtAlgorithm *lt_algorithm_for_key(LtSignerKind key);
/** lt_algorithm_is_digest: is this AlgorithmIdentifier's content that of the row's digest, parameters absent or NULL */
gboolean lt_algorithm_is_digest(const LtAlgorithm *self, LtDer identifier);
/** lt_algorithm_digest_name: size and OpenSSL's name of an allowed digest; %NULL for another one */
const char *lt_algorithm_digest_name(LtDer identifier, gsize *size);
/** lt_algorithm_put_digest, lt_algorithm_put_signature: append the AlgorithmIdentifier */
void lt_algorithm_put_digest(const LtAlgorithm *self, GByteArray *out);
void lt_algorithm_put_signature(const LtAlgorithm *self, GByteArray *out);
