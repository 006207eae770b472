/* SPDX-License-Identifier: Apache-2.0 */
/* forge.h: a test PKI in memory, and signatures and envelopes that are wrong in one place: what a receiver must refuse.
 *
 * A spec of zeros makes what is right; each member makes one thing wrong. Everything is signed anew, so that only the fault
 * that was asked for is there. Time stands still at FORGE_NOW.
 */
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "trust/envelope.h"

#define FORGE_NOW G_GINT64_CONSTANT(1795449810) /* 2026-11-23T16:03:30Z */
#define FORGE_ISSUED "2026-11-23T16:03:00Z"
#define FORGE_ISSUED_S (FORGE_NOW - 30)
#define FORGE_DAY 86400

/** forge_key: @kind: "P-256", "P-384", "secp256k1", "RSA:2048", "ED25519" */
EVP_PKEY *forge_key(const char *kind);

typedef struct {
    const char *subject;      /* common name */
    EVP_PKEY *key;
    X509 *issuer;             /* nullable: self-signed */
    EVP_PKEY *issuer_key;     /* of the issuer; nullable with it */
    gint64 from_s, until_s;   /* from FORGE_NOW; 0: −1 day, +365 days */
    const char *usage;        /* keyUsage; NULL: "critical,digitalSignature"; "": none */
    const char *extended;     /* extendedKeyUsage; NULL: none */
    gboolean authority;
    long serial;
} ForgeCertificate;
X509 *forge_certificate(const ForgeCertificate *spec);
/** forge_crl: times from FORGE_NOW; @revoked: serial numbers, ended by 0 */
X509_CRL *forge_crl(X509 *issuer, EVP_PKEY *key, gint64 made_s, gint64 next_s, const long *revoked);

typedef struct {
    X509 *certificate;
    EVP_PKEY *key;
    GBytes *content;
    gint64 signed_s;             /* 0: FORGE_ISSUED */
    X509 *const *certificates;   /* ended by NULL; NULL: the signer's; an empty list: the field is absent */
    X509 *named;                 /* whom sid names; NULL: the signer */
    X509 *vouched;               /* whom signingCertificateV2 names; NULL: the signer */
    const char *content_type, *inner_type; /* dotted */
    gboolean attached, two_signers, no_signer, by_key_id, crl, no_attributes, empty_attributes, unsigned_attribute;
    guint8 version, signer_version;
    const char *digest;          /* "SHA1", "SHA256", …; NULL: that of the key */
    const char *declared_digest; /* in digestAlgorithms, when it differs */
    gboolean two_digests, parameters;
    gboolean pkcs1;              /* RSA without PSS */
    int salt;                    /* of PSS; 0: 32; −1: not stated, 20 */
    const char *omitted;         /* attribute that is left out: "type", "time", "digest", "certificate" */
    const char *doubled;         /* attribute that has its value twice */
    gboolean fifth;
    gboolean generalized_time, bad_time;
    GBytes *digested;            /* what messageDigest is of; NULL: the content */
    gboolean broken;             /* one bit of the signature is turned */
    gboolean unsorted;           /* attributes in falling order */
    GBytes *value;               /* nullable: signature value as given */
} ForgeCms;
GBytes *forge_cms(const ForgeCms *spec);

/* A root, a unit and its key, a trust with a fresh CRL. */
typedef struct {
    char *folder;
    EVP_PKEY *root_key, *key;
    X509 *root, *certificate;
    LtTrust *trust;
} Forge;
Forge *forge_new(void);
void forge_free(Forge *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Forge, forge_free)
/** forge_trust: @crl: (nullable) */
LtTrust *forge_trust(const Forge *self, X509 *const *anchors, X509_CRL *const *crls);
/** forge_issue: a certificate under the root for a new or given key */
X509 *forge_issue(const Forge *self, const ForgeCertificate *spec);

typedef struct {
    const char *header;          /* NULL: a dossier.submit of H52.101 to H52 with a payload and two attachments */
    const char *find, *replace;  /* in the header */
    const char *manifest_find, *manifest_replace;
    const char *payload;         /* NULL: a small JSON object; "": none */
    const char *payload_name;    /* NULL: payload.json */
    guint n_attachments;         /* G_MAXUINT: none; 0: two */
    const char *changed;         /* entry whose content is changed after it was signed */
    ForgeCms cms;                /* certificate, key and content are filled in when NULL */
    GBytes *signature;           /* nullable: instead of one that is made */
} ForgeEnvelope;
/** forge_envelope: Returns: the container; *manifest_hex: (out) (optional) */
GBytes *forge_envelope(const Forge *self, const ForgeEnvelope *spec, char **manifest_hex);
