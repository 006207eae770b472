/* SPDX-License-Identifier: Apache-2.0 */
/* algorithm.c: the table of allowed algorithms, and their identifiers read and written exactly.
 *
 * Until when each may be used, and who may use PKCS#1 v1.5 all the same, is an office's decision: algorithms.c. A new row (and its
 * tests) is all that a new algorithm needs.
 */
#include "trust/algorithm.h"

#include <string.h>

#define OID(literal) { (const guint8 *) (literal), sizeof(literal) - 1 }
#define SHA256_OID OID("\x60\x86\x48\x01\x65\x03\x04\x02\x01")
#define SHA384_OID OID("\x60\x86\x48\x01\x65\x03\x04\x02\x02")

static const LtAlgorithm algorithms[] = {
    { "ecdsa-p256-sha256", LT_SIGNER_P256, "SHA256", 32, SHA256_OID, OID("\x2a\x86\x48\xce\x3d\x04\x03\x02"), FALSE },
    { "ecdsa-p384-sha384", LT_SIGNER_P384, "SHA384", 48, SHA384_OID, OID("\x2a\x86\x48\xce\x3d\x04\x03\x03"), FALSE },
    { "rsa-pss-sha256", LT_SIGNER_RSA, "SHA256", 32, SHA256_OID, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"), TRUE },
    /* rsaEncryption, as CMS writes it, and sha256WithRSAEncryption */
    { LT_ALGORITHM_PKCS1, LT_SIGNER_RSA, "SHA256", 32, SHA256_OID, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"), FALSE, TRUE },
    { LT_ALGORITHM_PKCS1, LT_SIGNER_RSA, "SHA256", 32, SHA256_OID, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), FALSE, TRUE },
};

static const LtDer mgf1_oid = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08");

/* Parameters of a digest are absent or NULL. */
static gboolean
is_digest(LtDer identifier, const LtDer *digest_oid)
{
    LtDer oid;

    if (!lt_der_take(&identifier, LT_DER_OID, NULL, &oid) || !lt_der_equals(&oid, digest_oid->at, digest_oid->size))
        return FALSE;
    return identifier.size == 0 || (lt_der_take(&identifier, LT_DER_NULL, NULL, NULL) && identifier.size == 0);
}

static gboolean
read_salt(const LtDer *integer, int *salt_size)
{
    if (integer->size > 2 || (integer->at[0] & 0x80))
        return FALSE;
    *salt_size = integer->size == 1 ? integer->at[0] : integer->at[0] << 8 | integer->at[1];
    return *salt_size >= LT_PSS_SALT_SIZE;
}

/* RSASSA-PSS-params: the digest, MGF1 with it, a salt of at least 32 bytes, the trailer left to its default. */
static gboolean
is_pss(LtDer parameters, const LtDer *digest_oid, int *salt_size)
{
    LtDer in, field, identifier, oid;

    if (!lt_der_take(&parameters, LT_DER_SEQUENCE, NULL, &in) || parameters.size > 0)
        return FALSE;
    if (!lt_der_take(&in, LT_DER_CONTEXT_0, NULL, &field) || !lt_der_take(&field, LT_DER_SEQUENCE, NULL, &identifier) ||
        field.size > 0 || !is_digest(identifier, digest_oid))
        return FALSE;
    if (!lt_der_take(&in, LT_DER_CONTEXT_1, NULL, &field) || !lt_der_take(&field, LT_DER_SEQUENCE, NULL, &identifier) ||
        field.size > 0 || !lt_der_take(&identifier, LT_DER_OID, NULL, &oid) ||
        !lt_der_equals(&oid, mgf1_oid.at, mgf1_oid.size))
        return FALSE;
    if (!lt_der_take(&identifier, LT_DER_SEQUENCE, NULL, &field) || identifier.size > 0 || !is_digest(field, digest_oid))
        return FALSE;
    return lt_der_take(&in, LT_DER_CONTEXT_2, NULL, &field) && lt_der_take(&field, LT_DER_INTEGER, NULL, &oid) &&
           field.size == 0 && in.size == 0 && read_salt(&oid, salt_size);
}

/* ECDSA has no parameters; those of RSA PKCS#1 v1.5 are NULL, or absent (RFC 4055 §5). */
static gboolean
has_parameters(const LtAlgorithm *row, LtDer parameters, int *salt_size)
{
    if (row->pss)
        return is_pss(parameters, &row->digest_oid, salt_size);
    return parameters.size == 0 || (row->by_exception && lt_der_take(&parameters, LT_DER_NULL, NULL, NULL) && parameters.size == 0);
}

const LtAlgorithm *
lt_algorithm_find(LtDer digest, LtDer signature, int *salt_size)
{
    LtDer oid;

    if (!lt_der_take(&signature, LT_DER_OID, NULL, &oid))
        return NULL;
    for (guint i = 0; i < G_N_ELEMENTS(algorithms); i++) {
        const LtAlgorithm *row = &algorithms[i];

        if (lt_der_equals(&oid, row->signature_oid.at, row->signature_oid.size) && is_digest(digest, &row->digest_oid) &&
            has_parameters(row, signature, salt_size))
            return row;
    }
    return NULL;
}

const char *
lt_algorithm_name(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(algorithms); i++)
        if (g_strcmp0(algorithms[i].name, name) == 0)
            return algorithms[i].name;
    return NULL;
}

const char *
lt_algorithm_names(void)
{
    return "ecdsa-p256-sha256, ecdsa-p384-sha384, rsa-pss-sha256, " LT_ALGORITHM_PKCS1;
}

const LtAlgorithm *
lt_algorithm_for_key(LtSignerKind key)
{
    for (guint i = 0; i < G_N_ELEMENTS(algorithms); i++)
        if (algorithms[i].key == key)
            return &algorithms[i];
    return NULL;
}

gboolean
lt_algorithm_is_digest(const LtAlgorithm *self, LtDer identifier)
{
    return is_digest(identifier, &self->digest_oid);
}

const char *
lt_algorithm_digest_name(LtDer identifier, gsize *size)
{
    for (guint i = 0; i < G_N_ELEMENTS(algorithms); i++)
        if (is_digest(identifier, &algorithms[i].digest_oid)) {
            *size = algorithms[i].digest_size;
            return algorithms[i].digest;
        }
    return NULL;
}

void
lt_algorithm_put_digest(const LtAlgorithm *self, GByteArray *out)
{
    g_autoptr(GByteArray) content = g_byte_array_new();

    lt_der_put(content, LT_DER_OID, self->digest_oid.at, self->digest_oid.size);
    lt_der_put(out, LT_DER_SEQUENCE, content->data, content->len);
}

static void
put_inside(GByteArray *out, guint8 tag, const GByteArray *content)
{
    lt_der_put(out, tag, content->data, content->len);
}

static void
put_pss(const LtAlgorithm *self, GByteArray *out)
{
    const guint8 salt = LT_PSS_SALT_SIZE;
    g_autoptr(GByteArray) digest = g_byte_array_new();
    g_autoptr(GByteArray) mgf = g_byte_array_new();
    g_autoptr(GByteArray) mgf_identifier = g_byte_array_new();
    g_autoptr(GByteArray) size = g_byte_array_new();
    g_autoptr(GByteArray) parameters = g_byte_array_new();

    lt_algorithm_put_digest(self, digest);
    lt_der_put(mgf, LT_DER_OID, mgf1_oid.at, mgf1_oid.size);
    lt_algorithm_put_digest(self, mgf);
    put_inside(mgf_identifier, LT_DER_SEQUENCE, mgf);
    lt_der_put(size, LT_DER_INTEGER, &salt, 1);
    put_inside(parameters, LT_DER_CONTEXT_0, digest);
    put_inside(parameters, LT_DER_CONTEXT_1, mgf_identifier);
    put_inside(parameters, LT_DER_CONTEXT_2, size);
    put_inside(out, LT_DER_SEQUENCE, parameters);
}

void
lt_algorithm_put_signature(const LtAlgorithm *self, GByteArray *out)
{
    g_autoptr(GByteArray) content = g_byte_array_new();

    lt_der_put(content, LT_DER_OID, self->signature_oid.at, self->signature_oid.size);
    if (self->pss)
        put_pss(self, content);
    put_inside(out, LT_DER_SEQUENCE, content);
}
