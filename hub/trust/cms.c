/* SPDX-License-Identifier: Apache-2.0 */
/* cms.c: reads a CMS signature against the one profile that envelopes have (envelope.md §5, steps V2 and V3 of §9).
 *
 * First the bytes are walked as strict DER and taken apart; what cannot be taken apart is `env.sig.der`. Only then are
 * the fields compared with the allow-list, in the order of the rows. OpenSSL reads the certificates and verifies the value;
 * its CMS code is not used, because it accepts far more than the profile (docs/decisions says why).
 */
#include "trust/cms.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "trust/digest.h"
#include "trust/refusal.h"

#define OID(literal) { (const guint8 *) (literal), sizeof(literal) - 1 }

static const LtDer oids[LT_OID_COUNT] = {
    [LT_OID_SIGNED_DATA] = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"),
    [LT_OID_DATA] = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"),
    [LT_OID_CONTENT_TYPE] = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03"),
    [LT_OID_MESSAGE_DIGEST] = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04"),
    [LT_OID_SIGNING_TIME] = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05"),
    [LT_OID_SIGNING_CERTIFICATE] = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f"),
};

typedef struct {
    LtDer content_type, content_info; /* what the outer [0] holds */
    LtDer version, digest_algorithms, encapsulated_type;
    gboolean has_content, has_certificates, has_crls;
    LtDer certificates;
    guint n_signers;
    /* Of the signer, when there is exactly one. */
    LtDer signer_version, issuer, serial, sid, digest, attributes, attributes_whole, algorithm, value;
    gboolean by_issuer, has_attributes, has_unsigned;
    /* Of the signed attributes: the value of each, once it was seen. */
    LtDer attribute[LT_OID_COUNT];
    guint8 time_tag;
} Cms;

void
lt_cms_facts_clear(LtCmsFacts *facts)
{
    g_clear_pointer(&facts->exception, g_free);
}

LtDer
lt_cms_oid(LtCmsOid oid)
{
    return oids[oid];
}

static gboolean
is_oid(const LtDer *content, LtCmsOid oid)
{
    return lt_der_equals(content, oids[oid].at, oids[oid].size);
}

/* AlgorithmIdentifier: an identifier, then at most one element. */
static gboolean
take_algorithm(LtDer *in, LtDer *content)
{
    LtDer inside;

    if (!lt_der_take(in, LT_DER_SEQUENCE, NULL, content))
        return FALSE;
    inside = *content;
    return lt_der_take(&inside, LT_DER_OID, NULL, NULL) &&
           (inside.size == 0 || (lt_der_take_any(&inside, NULL, NULL, NULL) && inside.size == 0));
}

/* Attributes: a sorted set of (identifier, sorted set of values). */
static gboolean
are_attributes(LtDer set)
{
    LtDer attribute, values;

    if (!lt_der_is_sorted(set))
        return FALSE;
    while (set.size > 0)
        if (!lt_der_take(&set, LT_DER_SEQUENCE, NULL, &attribute) || !lt_der_take(&attribute, LT_DER_OID, NULL, NULL) ||
            !lt_der_take(&attribute, LT_DER_SET, NULL, &values) || attribute.size > 0 || !lt_der_is_sorted(values))
            return FALSE;
    return TRUE;
}

static gboolean
take_signer(LtDer in, Cms *cms)
{
    LtDer names, unsigned_attributes;

    if (!lt_der_take(&in, LT_DER_INTEGER, NULL, &cms->signer_version))
        return FALSE;
    cms->by_issuer = lt_der_take(&in, LT_DER_SEQUENCE, &cms->sid, &names);
    if (cms->by_issuer) {
        if (!lt_der_take(&names, LT_DER_SEQUENCE, &cms->issuer, NULL) ||
            !lt_der_take(&names, LT_DER_INTEGER, NULL, &cms->serial) || names.size > 0)
            return FALSE;
    } else if (!lt_der_take(&in, LT_DER_PRIMITIVE_0, NULL, NULL)) {
        return FALSE;
    }
    if (!take_algorithm(&in, &cms->digest))
        return FALSE;
    cms->has_attributes = lt_der_take(&in, LT_DER_CONTEXT_0, &cms->attributes_whole, &cms->attributes);
    if (cms->has_attributes && !are_attributes(cms->attributes))
        return FALSE;
    if (!take_algorithm(&in, &cms->algorithm) || !lt_der_take(&in, LT_DER_OCTET_STRING, NULL, &cms->value))
        return FALSE;
    cms->has_unsigned = lt_der_take(&in, LT_DER_CONTEXT_1, NULL, &unsigned_attributes);
    return in.size == 0 && (!cms->has_unsigned || are_attributes(unsigned_attributes));
}

static gboolean
take_encapsulated(LtDer in, Cms *cms)
{
    LtDer content;

    if (!lt_der_take(&in, LT_DER_OID, NULL, &cms->encapsulated_type))
        return FALSE;
    cms->has_content = lt_der_take(&in, LT_DER_CONTEXT_0, NULL, &content);
    return in.size == 0 && (!cms->has_content || (lt_der_take_any(&content, NULL, NULL, NULL) && content.size == 0));
}

static gboolean
take_signed_data(LtDer in, Cms *cms)
{
    LtDer encapsulated, algorithms, signers, signer, crls;

    if (!lt_der_take(&in, LT_DER_INTEGER, NULL, &cms->version) ||
        !lt_der_take(&in, LT_DER_SET, NULL, &cms->digest_algorithms) || !lt_der_is_sorted(cms->digest_algorithms))
        return FALSE;
    for (algorithms = cms->digest_algorithms; algorithms.size > 0;)
        if (!take_algorithm(&algorithms, &encapsulated))
            return FALSE;
    if (!lt_der_take(&in, LT_DER_SEQUENCE, NULL, &encapsulated) || !take_encapsulated(encapsulated, cms))
        return FALSE;
    cms->has_certificates = lt_der_take(&in, LT_DER_CONTEXT_0, NULL, &cms->certificates);
    cms->has_crls = lt_der_take(&in, LT_DER_CONTEXT_1, NULL, &crls);
    if ((cms->has_certificates && !lt_der_is_sorted(cms->certificates)) || (cms->has_crls && !lt_der_is_sorted(crls)))
        return FALSE;
    if (!lt_der_take(&in, LT_DER_SET, NULL, &signers) || in.size > 0 || !lt_der_is_sorted(signers))
        return FALSE;
    while (signers.size > 0) {
        if (!lt_der_take(&signers, LT_DER_SEQUENCE, NULL, &signer) || !take_signer(signer, cms))
            return FALSE;
        cms->n_signers++;
    }
    return TRUE;
}

static gboolean
take_apart(GBytes *signature, Cms *cms)
{
    LtDer in, content_info, explicit_content;

    in.at = g_bytes_get_data(signature, &in.size);
    if (!lt_der_is_strict(in.at, in.size) || !lt_der_take(&in, LT_DER_SEQUENCE, NULL, &content_info) ||
        !lt_der_take(&content_info, LT_DER_OID, NULL, &cms->content_type) ||
        !lt_der_take(&content_info, LT_DER_CONTEXT_0, NULL, &explicit_content) || content_info.size > 0)
        return FALSE;
    if (!is_oid(&cms->content_type, LT_OID_SIGNED_DATA))
        return TRUE; /* of another type: nothing more to take apart */
    return lt_der_take(&explicit_content, LT_DER_SEQUENCE, NULL, &cms->content_info) && explicit_content.size == 0 &&
           take_signed_data(cms->content_info, cms);
}

static gboolean
check_signer_form(const Cms *cms, GError **error)
{
    static const guint8 one = 1;

    if (!is_oid(&cms->content_type, LT_OID_SIGNED_DATA))
        return lt_refuse(error, "env.sig.type", "signature is not SignedData");
    if (!is_oid(&cms->encapsulated_type, LT_OID_DATA))
        return lt_refuse(error, "env.sig.type", "signed content is not of the type id-data");
    if (cms->has_content)
        return lt_refuse(error, "env.sig.not-detached", "signature carries content");
    if (cms->n_signers != 1)
        return lt_refuse(error, "env.sig.signer-count", "signature has %u signers", cms->n_signers);
    if (!lt_der_equals(&cms->version, &one, 1) || !lt_der_equals(&cms->signer_version, &one, 1) || !cms->by_issuer)
        return lt_refuse(error, "env.sig.signer-id", "signer is not named by issuer and serial number");
    return TRUE;
}

static const LtAlgorithm *
check_algorithm(const Cms *cms, int *salt_size, GError **error)
{
    const LtAlgorithm *algorithm = lt_algorithm_find(cms->digest, cms->algorithm, salt_size);
    LtDer in = cms->digest_algorithms, declared = { NULL, 0 };

    if (algorithm == NULL || !take_algorithm(&in, &declared) || in.size > 0 || !lt_algorithm_is_digest(algorithm, declared)) {
        lt_refuse(error, "env.sig.algorithm", "digest or signature algorithm is not allowed");
        return NULL;
    }
    return algorithm;
}

/* The signed attributes are exactly the four, each once with one value of its type. */
static gboolean
check_attributes(Cms *cms, GError **error)
{
    LtDer set = cms->attributes, attribute, oid, values, whole;
    guint n = 0, known = 0;

    if (!cms->has_attributes || set.size == 0)
        return lt_refuse(error, "env.sig.no-signed-attrs", "signature has no signed attributes");
    for (; lt_der_take(&set, LT_DER_SEQUENCE, NULL, &attribute); n++) {
        guint8 tag = 0;

        lt_der_take(&attribute, LT_DER_OID, NULL, &oid);
        lt_der_take(&attribute, LT_DER_SET, NULL, &values);
        if (!lt_der_take_any(&values, &tag, &whole, NULL) || values.size > 0)
            return lt_refuse(error, "env.sig.signed-attrs", "a signed attribute has not one value");
        for (LtCmsOid i = LT_OID_CONTENT_TYPE; i < LT_OID_COUNT; i++)
            if (is_oid(&oid, i) && cms->attribute[i].at == NULL) {
                cms->attribute[i] = whole;
                known++;
            }
    }
    if (n != 4 || known != 4)
        return lt_refuse(error, "env.sig.signed-attrs", "signed attributes are not exactly the four");
    return TRUE;
}

static gboolean
check_attribute_values(Cms *cms, LtDer *digest, gint64 *signed_us, GError **error)
{
    LtDer type = cms->attribute[LT_OID_CONTENT_TYPE], message_digest = cms->attribute[LT_OID_MESSAGE_DIGEST];
    LtDer time = cms->attribute[LT_OID_SIGNING_TIME], content;
    guint8 tag;

    if (!lt_der_take(&type, LT_DER_OID, NULL, &content) || !is_oid(&content, LT_OID_DATA))
        return lt_refuse(error, "env.sig.signed-attrs", "signed content type is not id-data");
    if (!lt_der_take(&message_digest, LT_DER_OCTET_STRING, NULL, digest))
        return lt_refuse(error, "env.sig.signed-attrs", "message digest is of another type");
    if (!lt_der_take_any(&time, &tag, NULL, &content) || !lt_der_read_time(tag, &content, signed_us))
        return lt_refuse(error, "env.sig.signed-attrs", "signing time is not a time in DER");
    if (cms->has_unsigned)
        return lt_refuse(error, "env.sig.unsigned-attrs", "signature has unsigned attributes");
    return TRUE;
}

/* ESSCertIDv2: hashAlgorithm (SHA-256 when absent), hash, and optionally issuer and serial number. */
static gboolean
is_signing_certificate(LtDer value, const LtSignerCertificate *signer)
{
    const struct _LtSignerPrivate *private = signer->private;
    LtDer in, ids, id, identifier, hash, names, name, serial;
    gsize size = LT_SHA256_SIZE;

    if (!lt_der_take(&value, LT_DER_SEQUENCE, NULL, &in) || !lt_der_take(&in, LT_DER_SEQUENCE, NULL, &ids) ||
        !lt_der_take(&ids, LT_DER_SEQUENCE, NULL, &id))
        return FALSE;
    if (lt_der_take(&id, LT_DER_SEQUENCE, NULL, &identifier) && lt_algorithm_digest_name(identifier, &size) == NULL)
        return FALSE;
    if (!lt_der_take(&id, LT_DER_OCTET_STRING, NULL, &hash) ||
        !lt_der_equals(&hash, size == LT_SHA256_SIZE ? private->sha256 : private->sha384, size))
        return FALSE;
    if (id.size == 0)
        return TRUE;
    return lt_der_take(&id, LT_DER_SEQUENCE, NULL, &in) && id.size == 0 && lt_der_take(&in, LT_DER_SEQUENCE, NULL, &names) &&
           lt_der_take(&names, 0xa4, NULL, &name) && names.size == 0 && lt_der_take(&in, LT_DER_INTEGER, NULL, &serial) &&
           in.size == 0 && lt_signer_certificate_is_named(signer, name, serial);
}

static gboolean
is_digest_of(const LtAlgorithm *algorithm, const LtDer *digest, GBytes *content)
{
    guint8 found[EVP_MAX_MD_SIZE];
    gsize size;
    const guint8 *data = g_bytes_get_data(content, &size);

    if (algorithm->digest_size == LT_SHA256_SIZE)
        lt_sha256(data, size, found);
    else if (EVP_Digest(data, size, found, NULL, EVP_sha384(), NULL) != 1)
        return FALSE;
    return lt_der_equals(digest, found, algorithm->digest_size);
}

/* The signature is over the attributes as a SET, whatever tag they carry in the SignerInfo (RFC 5652 §5.4). */
static gboolean
is_signature(const Cms *cms, const LtAlgorithm *algorithm, const LtSignerCertificate *signer, int salt_size)
{
    guint8 small[512];
    g_autofree guint8 *large = cms->attributes_whole.size > sizeof small ? g_malloc(cms->attributes_whole.size) : NULL;
    guint8 *set = large != NULL ? large : small;

    memcpy(set, cms->attributes_whole.at, cms->attributes_whole.size);
    set[0] = LT_DER_SET;
    return lt_signer_certificate_verify(signer, algorithm, salt_size, cms->value.at, cms->value.size, set, cms->attributes_whole.size);
}

/* A verdict depends on all certificates that came and on which of them is named. */
static void
cache_key(const Cms *cms, guint8 key[LT_SHA256_SIZE])
{
    guint8 both[2 * LT_SHA256_SIZE];

    lt_sha256(cms->certificates.at, cms->certificates.size, both);
    lt_sha256(cms->sid.at, cms->sid.size, both + LT_SHA256_SIZE);
    lt_sha256(both, sizeof both, key);
}

/* V3 for a signer whose certificate is at hand. */
static gboolean
check_signature(const Cms *cms, const LtAlgorithm *algorithm, const LtSignerCertificate *signer, const LtDer *digest,
                int salt_size, GBytes *content, GError **error)
{
    if (!is_signing_certificate(cms->attribute[LT_OID_SIGNING_CERTIFICATE], signer))
        return lt_refuse(error, "env.sig.signing-cert", "signature was made for another certificate than %s", signer->subject);
    if (!is_digest_of(algorithm, digest, content))
        return lt_refuse(error, "env.sig.digest", "signature is of another manifest");
    if (!is_signature(cms, algorithm, signer, salt_size))
        return lt_refuse(error, "env.sig.bad-signature", "signature of %s does not verify", signer->subject);
    return TRUE;
}

/* An algorithm that this key may use at this time, if need be by exception. */
static gboolean
check_allowed(LtTrust *trust, const LtAlgorithm *algorithm, const LtSignerCertificate *signer, gint64 now_us, LtCmsFacts *facts, GError **error)
{
    LtAlgorithms *allowed = lt_trust_get_algorithms(trust);
    const char *exception = NULL;

    facts->algorithm = algorithm->name;
    if (!lt_algorithms_allow(allowed, algorithm->name, now_us))
        return lt_refuse(error, "env.sig.algorithm", "%s is not allowed at this time", algorithm->name);
    if (!algorithm->by_exception)
        return TRUE;
    if (signer != NULL)
        exception = lt_algorithms_except(allowed, signer->spki_hex, algorithm->name, now_us, NULL);
    if (exception == NULL)
        return lt_refuse(error, "env.sig.algorithm", "%s is allowed only by exception, and there is none for this signer", algorithm->name);
    facts->exception = g_strdup(exception);
    return TRUE;
}

/* The certificate's own exception stands beside that of the signature's algorithm. */
static void
note_exception(const LtSignerCertificate *signer, LtCmsFacts *facts)
{
    const char *more = signer->private->exception;
    g_autofree char *one = NULL;

    if (more == NULL || g_strcmp0(more, facts->exception) == 0)
        return;
    one = facts->exception;
    facts->exception = one == NULL ? g_strdup(more) : g_strdup_printf("%s,%s", one, more);
}

static gboolean
check_key(LtTrust *trust, const LtAlgorithm *algorithm, const LtSignerCertificate *signer, GError **error)
{
    guint bits = lt_algorithms_min_bits(lt_trust_get_algorithms(trust), algorithm->name);

    if (signer->private->kind != algorithm->key)
        return lt_refuse(error, "env.sig.key", "key of %s does not fit %s", signer->subject, algorithm->name);
    if (algorithm->key == LT_SIGNER_RSA && EVP_PKEY_get_bits(X509_get0_pubkey(signer->private->x509)) < (int) bits)
        return lt_refuse(error, "env.sig.key", "key of %s has fewer than %u bits", signer->subject, bits);
    return TRUE;
}

/* V2 as far as it is about the signer. @signer: (inout): known already, or found here */
static const LtAlgorithm *
check_signer(LtTrust *trust, Cms *cms, LtSignerCertificate **signer, GPtrArray *certificates, gint64 now_us, int *salt_size,
             LtCmsFacts *facts, GError **error)
{
    g_autoptr(GError) strange = NULL;
    const LtAlgorithm *algorithm;

    if (!check_signer_form(cms, error) || (algorithm = check_algorithm(cms, salt_size, error)) == NULL)
        return NULL;
    if (*signer == NULL && certificates != NULL)
        *signer = lt_signer_certificate_find(cms->certificates, certificates, cms->issuer, cms->serial, &strange);
    if (!check_allowed(trust, algorithm, *signer, now_us, facts, error))
        return NULL;
    if (!cms->has_certificates || cms->has_crls) {
        lt_refuse(error, "env.sig.certs", "signature has %s", cms->has_crls ? "CRLs" : "no certificates");
        return NULL;
    }
    if (*signer == NULL) {
        g_propagate_error(error, g_steal_pointer(&strange));
        return NULL;
    }
    return check_key(trust, algorithm, *signer, error) ? algorithm : NULL;
}

static LtSignerCertificate *
verify(LtTrust *trust, Cms *cms, GBytes *content, gint64 now_us, LtCmsFacts *facts, GError **error)
{
    g_autoptr(LtSignerCertificate) signer = NULL;
    g_autoptr(GPtrArray) certificates = NULL;
    const LtAlgorithm *algorithm;
    guint8 key[LT_SHA256_SIZE];
    int salt_size = 0;
    gboolean known;
    LtDer digest;

    if (cms->has_certificates && cms->by_issuer) {
        cache_key(cms, key);
        signer = lt_trust_lookup_signer(trust, key, now_us);
    }
    known = signer != NULL;
    if (!known && cms->has_certificates && (certificates = lt_certificates_read(cms->certificates, error)) == NULL)
        return NULL;
    algorithm = check_signer(trust, cms, &signer, certificates, now_us, &salt_size, facts, error);
    if (algorithm == NULL || !check_attributes(cms, error) || !check_attribute_values(cms, &digest, &facts->signed_us, error))
        return NULL;
    facts->form_passed = TRUE;
    if (!check_signature(cms, algorithm, signer, &digest, salt_size, content, error))
        return NULL;
    if (!known) {
        if (!lt_trust_check(trust, signer, now_us, error))
            return NULL;
        lt_trust_keep_signer(trust, key, signer);
    }
    note_exception(signer, facts);
    return g_steal_pointer(&signer);
}

LtSignerCertificate *
lt_cms_verify(LtTrust *trust, GBytes *signature, GBytes *content, gint64 now_us, LtCmsFacts *facts, GError **error)
{
    Cms cms = { 0 };
    LtSignerCertificate *signer;

    *facts = (LtCmsFacts) { 0 };
    if (!take_apart(signature, &cms)) {
        lt_refuse(error, "env.sig.der", "signature is not a SignedData in DER");
        return NULL;
    }
    signer = verify(trust, &cms, content, now_us, facts, error);
    if (signer != NULL)
        return signer;
    g_clear_pointer(&facts->exception, g_free);
    ERR_clear_error(); /* what OpenSSL left would be taken for a fault of this thread's next call */
    return NULL;
}
