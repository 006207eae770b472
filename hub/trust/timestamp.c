/* SPDX-License-Identifier: Apache-2.0 */
/* timestamp.c: time stamps of RFC 3161, by OpenSSL.
 *
 * A token is taken apart before it is verified, because the time at which its certificates are judged stands in it. What is taken from it then
 * (its time, its signer) is told only after everything verified.
 */
#include "trust/timestamp.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <string.h>
#include <time.h>

#include "base/value.h"
#include "trust/digest.h"
#include "trust/refusal.h"

#define RESPONSE_MAX 65536u

void
lt_timestamp_clear(LtTimestamp *self)
{
    g_clear_pointer(&self->authority, g_free);
}

static TS_MSG_IMPRINT *
imprint_new(const void *data, gsize size)
{
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    guint8 digest[LT_SHA256_SIZE];

    lt_sha256(data, size, digest);
    X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL);
    TS_MSG_IMPRINT_set_algo(imprint, algorithm);
    TS_MSG_IMPRINT_set_msg(imprint, digest, sizeof digest);
    X509_ALGOR_free(algorithm);
    return imprint;
}

static ASN1_INTEGER *
nonce_new(const guint8 nonce[LT_TIMESTAMP_NONCE_SIZE])
{
    BIGNUM *number = BN_bin2bn(nonce, LT_TIMESTAMP_NONCE_SIZE, NULL);
    ASN1_INTEGER *integer = BN_to_ASN1_INTEGER(number, NULL);

    BN_free(number);
    return integer;
}

GBytes *
lt_timestamp_request(const void *data, gsize size, const guint8 nonce[LT_TIMESTAMP_NONCE_SIZE])
{
    TS_REQ *request = TS_REQ_new();
    TS_MSG_IMPRINT *imprint = imprint_new(data, size);
    ASN1_INTEGER *number = nonce_new(nonce);
    guint8 *der = NULL;
    GBytes *bytes;
    int length;

    TS_REQ_set_version(request, 1);
    TS_REQ_set_msg_imprint(request, imprint);
    TS_REQ_set_nonce(request, number);
    TS_REQ_set_cert_req(request, 1);
    length = i2d_TS_REQ(request, &der);
    bytes = g_bytes_new(der, (gsize) MAX(length, 0));
    OPENSSL_free(der);
    ASN1_INTEGER_free(number);
    TS_MSG_IMPRINT_free(imprint);
    TS_REQ_free(request);
    return bytes;
}

static gboolean
refuse(GError **error, const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;

    lt_error_set(error, LT_ERROR_SIGNATURE, "anchor.tsr", "time stamp: %s%s%s", what, reason != NULL ? ": " : "", reason != NULL ? reason : "");
    ERR_clear_error();
    return FALSE;
}

static TS_RESP *
read_response(GBytes *bytes, GError **error)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(bytes, &size), *at = data;
    TS_RESP *response = size <= RESPONSE_MAX ? d2i_TS_RESP(NULL, &at, (long) size) : NULL;

    if (response != NULL && at == data + size && TS_RESP_get_tst_info(response) != NULL)
        return response;
    TS_RESP_free(response);
    refuse(error, "not an answer with a token, in DER to the last byte");
    return NULL;
}

static X509_STORE *
load_anchors(const char *path, gint64 at_s, GError **error)
{
    X509_STORE *store = X509_STORE_new();

    if (X509_STORE_load_file(store, path) != 1) {
        lt_error_set(error, LT_ERROR_CONFIG, "trust.file", "%s holds no certificate that can be read", path);
        ERR_clear_error();
        X509_STORE_free(store);
        return NULL;
    }
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t) at_s);
    return store;
}

static gboolean
read_time(TS_TST_INFO *info, gint64 *at_us)
{
    struct tm parts;

    if (ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &parts) != 1)
        return FALSE;
    *at_us = (gint64) timegm(&parts) * LT_US_PER_SECOND;
    return *at_us > 0;
}

static char *
read_authority(TS_RESP *response)
{
    STACK_OF(X509) *signers = PKCS7_get0_signers(TS_RESP_get_token(response), NULL, 0);
    X509 *signer = signers != NULL && sk_X509_num(signers) > 0 ? sk_X509_value(signers, 0) : NULL;
    BIO *out = BIO_new(BIO_s_mem());
    char *text = NULL, *name;
    long length;

    if (signer != NULL)
        X509_NAME_print_ex(out, X509_get_subject_name(signer), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    length = BIO_get_mem_data(out, &text);
    name = g_strndup(text == NULL ? "" : text, (gsize) MAX(length, 0));
    BIO_free(out);
    sk_X509_free(signers);
    text = lt_escape_for_log(name);
    g_free(name);
    return text;
}

/* @store: taken. */
static gboolean
verify(TS_RESP *response, X509_STORE *store, const void *data, gsize size)
{
    TS_VERIFY_CTX *context = TS_VERIFY_CTX_new();
    guint8 *digest = OPENSSL_malloc(LT_SHA256_SIZE); /* the context frees it */
    gboolean good;

    lt_sha256(data, size, digest);
    TS_VERIFY_CTX_set_flags(context, TS_VFY_VERSION | TS_VFY_SIGNATURE | TS_VFY_IMPRINT);
    TS_VERIFY_CTX_set_store(context, store);
    TS_VERIFY_CTX_set_imprint(context, digest, LT_SHA256_SIZE);
    good = TS_RESP_verify_response(context, response) == 1;
    TS_VERIFY_CTX_free(context);
    return good;
}

static gboolean
is_sha256(TS_TST_INFO *info)
{
    const X509_ALGOR *algorithm = TS_MSG_IMPRINT_get_algo(TS_TST_INFO_get_msg_imprint(info));
    const ASN1_OBJECT *object;

    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    return OBJ_obj2nid(object) == NID_sha256;
}

static gboolean
has_nonce(TS_TST_INFO *info, const guint8 nonce[LT_TIMESTAMP_NONCE_SIZE])
{
    const ASN1_INTEGER *found = TS_TST_INFO_get_nonce(info);
    ASN1_INTEGER *wanted = nonce_new(nonce);
    gboolean equal = found != NULL && ASN1_INTEGER_cmp(found, wanted) == 0;

    ASN1_INTEGER_free(wanted);
    return equal;
}

gboolean
lt_timestamp_verify(GBytes *bytes, const void *data, gsize size, const char *ca_path, const guint8 nonce[LT_TIMESTAMP_NONCE_SIZE],
                    LtTimestamp *out, GError **error)
{
    TS_RESP *response = read_response(bytes, error);
    TS_TST_INFO *info = response == NULL ? NULL : TS_RESP_get_tst_info(response);
    X509_STORE *store;
    gint64 at_us = 0;
    gboolean good = FALSE;

    if (response == NULL)
        return FALSE;
    if (!is_sha256(info) || !read_time(info, &at_us)) {
        refuse(error, "imprint is not SHA-256, or without a time");
    } else if (nonce != NULL && !has_nonce(info, nonce)) {
        refuse(error, "answers another request");
    } else if ((store = load_anchors(ca_path, at_us / LT_US_PER_SECOND, error)) != NULL) {
        good = verify(response, store, data, size) || refuse(error, "does not verify");
    }
    if (good)
        *out = (LtTimestamp){ at_us, read_authority(response) };
    TS_RESP_free(response);
    ERR_clear_error();
    return good;
}
