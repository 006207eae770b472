/* SPDX-License-Identifier: Apache-2.0 */
/* security.h: WS-Security 1.1 with X.509: who signed Body and Timestamp, and our own signature.
 *
 * xmlsec is used as a library with a fixed context: what may be signed, with what and by whom is decided here before it computes
 * anything (envelope.md §10). */
#pragma once

#include "envelope.h"

#define WSSE_NS "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
#define WSU_NS "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
#define DSIG_NS "http://www.w3.org/2000/09/xmldsig#"
#define EXC_C14N "http://www.w3.org/2001/10/xml-exc-c14n#"
#define TOKEN_TYPE "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
#define TOKEN_ENCODING "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"

/** security_prepare: xmlsec, once per process, whoever comes first. Errors: INTERNAL `soap.xmlsec` */
gboolean security_prepare(GError **error);

/* Whose signatures are believed. */
typedef struct _Trust Trust;
/**
 * trust_open:
 * @certificates: (nullable): PEM file of the signers' own certificates: their keys and no others
 * @authorities: (nullable): PEM file of authorities; then @subject is the one name that they may vouch for, as RFC 2253 writes it
 *
 * Errors: CONFIG `soap.certificate`, `soap.settings`
 */
Trust *trust_open(const char *certificates, const char *authorities, const char *subject, GError **error);
void trust_free(Trust *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trust, trust_free)

/* What a good signature shows. */
typedef struct {
    char signer[65];     /* SHA-256 of the signer's SubjectPublicKeyInfo */
    char *body_digest;   /* base64 */
    char *signature;     /* base64, without white space */
    gint64 created_us;
    gint64 expires_us;
} Proof;
void proof_clear(Proof *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Proof, proof_clear)

/**
 * security_verify:
 * @envelope: its Body is the signed one when this is %TRUE: nobody needs to look for it again
 *
 * Errors: SIGNATURE `soap.comment`, `soap.structure`, `soap.id-duplicate`, `soap.algorithm`, `soap.key`, `soap.signature`, `soap.coverage`,
 * `soap.time`
 */
gboolean security_verify(const Trust *trust, const Envelope *envelope, gint64 now_us, Proof *proof, GError **error);
/** security_is_present: a wsse:Security block, whatever is in it */
gboolean security_is_present(const Envelope *envelope);

/* Our own key and certificate. */
typedef struct _Seal Seal;
/** seal_open: @key: PEM text. Errors: CONFIG `soap.certificate`, `soap.key` */
Seal *seal_open(const char *certificate_path, const char *key, GError **error);
void seal_free(Seal *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Seal, seal_free)
/**
 * security_sign:
 * @doc: an envelope of envelope_new(), finished
 *
 * Adds the Security header: a Timestamp of five minutes, our certificate, and a signature over Body and Timestamp.
 *
 * Errors: INTERNAL `soap.xmlsec`
 */
gboolean security_sign(const Seal *seal, xmlDoc *doc, gint64 now_us, GError **error);
