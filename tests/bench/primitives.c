/* SPDX-License-Identifier: Apache-2.0 */
/* primitives.c: what one dossier costs at least (the divisor of P4): verify its signature, sign its receipt, scan its payload.
 *
 *   primitives COUNT KEY PAYLOAD      does it COUNT times over the bytes of one envelope
 *
 * Run under callgrind with two counts; the difference is free of start-up.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "base/json.h"

static EVP_PKEY *
read_key(const char *path)
{
    FILE *file = fopen(path, "re");
    EVP_PKEY *key = file == NULL ? NULL : PEM_read_PrivateKey(file, NULL, NULL, NULL);

    if (key == NULL)
        g_error("%s: no private key", path);
    fclose(file);
    return key;
}

static void
sign(EVP_PKEY *key, const char *data, gsize size, guint8 *signature, gsize *signature_size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    *signature_size = 128;
    if (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(context, signature, signature_size, (const guint8 *) data, size) != 1)
        g_error("sign");
    EVP_MD_CTX_free(context);
}

static void
verify(EVP_PKEY *key, const char *data, gsize size, const guint8 *signature, gsize signature_size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestVerify(context, signature, signature_size, (const guint8 *) data, size) != 1)
        g_error("verify");
    EVP_MD_CTX_free(context);
}

int
main(int argc, char **argv)
{
    g_autofree char *payload = NULL;
    g_autoptr(GError) error = NULL;
    guint8 signature[128];
    gsize size, signature_size;
    EVP_PKEY *key;

    if (argc != 4)
        g_error("primitives COUNT KEY PAYLOAD");
    key = read_key(argv[2]);
    if (!g_file_get_contents(argv[3], &payload, &size, &error))
        g_error("%s", error->message);
    sign(key, payload, size, signature, &signature_size);
    for (int i = 0; i < atoi(argv[1]); i++) {
        guint8 receipt[128];
        gsize receipt_size;

        verify(key, payload, size, signature, signature_size);
        sign(key, payload, size, receipt, &receipt_size);
        if (!lt_json_scan(payload, size, LT_JSON_PAYLOAD, NULL, NULL, NULL, NULL, &error))
            g_error("%s", error->message);
    }
    EVP_PKEY_free(key);
    return 0;
}
