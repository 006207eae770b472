/* SPDX-License-Identifier: Apache-2.0 */
/* digest.c: SHA-256 through OpenSSL, which uses the processor's instructions.
 *
 * OpenSSL 3 looks an algorithm up by name on every use unless a context is kept. Each hasher keeps its own; lt_sha256()
 * keeps one per thread. A digest of bytes in memory cannot fail, so a failure here is a broken installation: it aborts.
 */
#include "trust/digest.h"

#include <openssl/evp.h>

struct _LtHasher {
    EVP_MD_CTX *context;
};

static EVP_MD_CTX *
context_new(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (context == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
        g_error("SHA-256 is not available in this OpenSSL");
    return context;
}

static void
context_free(gpointer context)
{
    EVP_MD_CTX_free(context);
}

static void
context_finish(EVP_MD_CTX *context, guint8 out[LT_SHA256_SIZE])
{
    if (EVP_DigestFinal_ex(context, out, NULL) != 1 || EVP_DigestInit_ex(context, NULL, NULL) != 1)
        g_error("SHA-256 failed");
}

void
lt_sha256(const void *data, gsize size, guint8 out[LT_SHA256_SIZE])
{
    static GPrivate per_thread = G_PRIVATE_INIT(context_free);
    EVP_MD_CTX *context = g_private_get(&per_thread);

    if (context == NULL) {
        context = context_new();
        g_private_set(&per_thread, context);
    }
    if (EVP_DigestUpdate(context, data, size) != 1)
        g_error("SHA-256 failed");
    context_finish(context, out);
}

char *
lt_sha256_dup_hex(const void *data, gsize size)
{
    guint8 digest[LT_SHA256_SIZE];

    lt_sha256(data, size, digest);
    return lt_hex_dup(digest, sizeof digest);
}

LtHasher *
lt_hasher_new(void)
{
    LtHasher *self = g_new0(LtHasher, 1);

    self->context = context_new();
    return self;
}

void
lt_hasher_update(LtHasher *self, const void *data, gsize size)
{
    if (EVP_DigestUpdate(self->context, data, size) != 1)
        g_error("SHA-256 failed");
}

void
lt_hasher_finish(LtHasher *self, guint8 out[LT_SHA256_SIZE])
{
    context_finish(self->context, out);
}

void
lt_hasher_free(LtHasher *self)
{
    if (self == NULL)
        return;
    EVP_MD_CTX_free(self->context);
    g_free(self);
}
