/* SPDX-License-Identifier: Apache-2.0 */
/* private-key.h: a key that signs: from a file that only its owner reads, or in a token behind PKCS#11. Private to the room. Thread-safe. */
#pragma once

#include <openssl/evp.h>

#include <glib.h>
#include <lienthong/error.h>

typedef struct _LtPrivateKey LtPrivateKey;

/**
 * lt_private_key_load:
 * @where: PEM file, or "pkcs11:…" (RFC 7512; `pin-value` or `pin-source` inside, `module-path` names the library)
 * @digest: (nullable): OpenSSL's name of the digest that is signed; %NULL for Ed25519
 * @pss: RSASSA-PSS with MGF1 of the same digest and a salt of 32 bytes
 *
 * Errors: %LT_ERROR_CONFIG `signer.key`: not readable, readable by others, of another owner, not a key
 */
LtPrivateKey *lt_private_key_load(const char *where, const char *digest, gboolean pss, GError **error);
void lt_private_key_free(LtPrivateKey *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtPrivateKey, lt_private_key_free)

/** lt_private_key_get: Returns: (transfer none): for comparing with a certificate, or asking for the public half */
EVP_PKEY *lt_private_key_get(LtPrivateKey *self);
/** lt_private_key_sign: Errors: %LT_ERROR_UNAVAILABLE `env.busy`: the token does not answer */
GBytes *lt_private_key_sign(LtPrivateKey *self, const void *data, gsize size, GError **error);
