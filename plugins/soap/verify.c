/* SPDX-License-Identifier: Apache-2.0 */
/* verify.c: a signed envelope is accepted only under one template (envelope.md §10). What is signed is known by node pointer before
 * anything is computed, so there is nothing that a second search could find elsewhere. */
#include "security.h"

#include <string.h>
#include <xmlsec/xmlsec.h> /* first: the others need its types */

#include <xmlsec/xmldsig.h>

#include "trust.h"

#define LIFE_MAX_US (300 * G_USEC_PER_SEC)
#define REFERENCES_MAX 8
#define XMLDSIG_MORE "http://www.w3.org/2001/04/xmldsig-more#"

/* The pieces of one Security header, each found once. */
typedef struct {
    const Envelope *envelope;
    xmlNode *security, *signature, *time, *token; /* token: nullable */
    xmlNode *info, *key_info;
    GHashTable *ids; /* value → node */
} Parts;

static gboolean
fail(GError **error, const char *reason, const char *cause)
{
    lt_error_set(error, LT_ERROR_SIGNATURE, reason, "the envelope's signature: %s", cause);
    return FALSE;
}

void
proof_clear(Proof *self)
{
    g_clear_pointer(&self->body_digest, g_free);
    g_clear_pointer(&self->signature, g_free);
}

gboolean
security_is_present(const Envelope *envelope)
{
    return envelope->header != NULL && document_first(envelope->header, WSSE_NS, "Security") != NULL;
}

/* Two readers that treat comments differently are how one value comes to be two. */
static gboolean
has_comment(const xmlNode *top)
{
    const xmlNode *node = top->children;

    while (node != NULL && node != top) {
        if (node->type == XML_COMMENT_NODE)
            return TRUE;
        if (node->type == XML_ELEMENT_NODE && node->children != NULL) {
            node = node->children;
            continue;
        }
        while (node != top && node->next == NULL)
            node = node->parent;
        if (node != top)
            node = node->next;
    }
    return FALSE;
}

/* The only child with this name, or NULL when there is none or more than one. */
static xmlNode *
only(const xmlNode *parent, const char *ns, const char *name)
{
    return document_count(parent, ns, name) == 1 ? document_first(parent, ns, name) : NULL;
}

static gboolean
find_parts(Parts *parts, GError **error)
{
    xmlNode *header = parts->envelope->header;
    guint known = 0;

    parts->security = header != NULL ? only(header, WSSE_NS, "Security") : NULL;
    parts->signature = parts->security != NULL ? only(parts->security, DSIG_NS, "Signature") : NULL;
    parts->time = parts->security != NULL ? only(parts->security, WSU_NS, "Timestamp") : NULL;
    if (parts->signature == NULL || parts->time == NULL)
        return fail(error, "soap.structure", "the header must hold exactly one Security with exactly one Signature and one Timestamp");
    parts->token = only(parts->security, WSSE_NS, "BinarySecurityToken");
    known = parts->token != NULL ? 3 : 2;
    if (document_count(parts->security, NULL, NULL) != known)
        return fail(error, "soap.structure", "Security holds more than Timestamp, BinarySecurityToken and Signature");
    parts->info = only(parts->signature, DSIG_NS, "SignedInfo");
    parts->key_info = only(parts->signature, DSIG_NS, "KeyInfo");
    if (parts->info == NULL || parts->key_info == NULL || only(parts->signature, DSIG_NS, "SignatureValue") == NULL ||
        document_count(parts->signature, NULL, NULL) != 3)
        return fail(error, "soap.structure", "Signature must hold SignedInfo, SignatureValue and KeyInfo, once each");
    return TRUE;
}

/* Ours are the wsu:Id; libxml2 has registered xml:id by itself, so those count as well. */
static gboolean
register_ids(Parts *parts, GError **error)
{
    xmlNode *root = xmlDocGetRootElement(parts->envelope->doc);

    for (xmlNode *node = root; node != NULL; node = document_walk(node, root)) {
        for (xmlAttr *attribute = node->properties; attribute != NULL; attribute = attribute->next) {
            const char *ns = attribute->ns != NULL ? (const char *) attribute->ns->href : "";
            gboolean is_ours = strcmp(ns, WSU_NS) == 0 && strcmp((const char *) attribute->name, "Id") == 0;
            gboolean is_libxml = strcmp(ns, (const char *) XML_XML_NAMESPACE) == 0 && strcmp((const char *) attribute->name, "id") == 0;
            g_autofree char *value = is_ours || is_libxml ? document_attribute(node, ns, (const char *) attribute->name) : NULL;

            if (value == NULL)
                continue;
            if (g_hash_table_contains(parts->ids, value))
                return fail(error, "soap.id-duplicate", "one wsu:Id stands on two elements");
            if (is_ours && xmlAddID(NULL, parts->envelope->doc, BAD_CAST value, attribute) == NULL)
                return fail(error, "soap.id-duplicate", "one wsu:Id stands on two elements");
            g_hash_table_insert(parts->ids, g_steal_pointer(&value), node);
        }
    }
    return TRUE;
}

/* The only child element @name with exactly this Algorithm and nothing inside but, for C14N, its list of prefixes. */
static gboolean
has_algorithm(const xmlNode *parent, const char *name, const char *const *allowed)
{
    xmlNode *node = only(parent, DSIG_NS, name);
    g_autofree char *algorithm = node != NULL ? document_attribute(node, NULL, "Algorithm") : NULL;
    xmlNode *inside = node != NULL ? document_first(node, NULL, NULL) : NULL;

    return algorithm != NULL && g_strv_contains(allowed, algorithm) &&
           (inside == NULL || (strcmp(algorithm, EXC_C14N) == 0 && document_is(inside, EXC_C14N, "InclusiveNamespaces") &&
                               document_next(inside, NULL, NULL) == NULL));
}

static const char *const c14n_methods[] = { EXC_C14N, NULL };
static const char *const digest_methods[] = { "http://www.w3.org/2001/04/xmlenc#sha256", NULL };
static const char *const signature_methods[] = { XMLDSIG_MORE "rsa-sha256", XMLDSIG_MORE "ecdsa-sha256", NULL };

static gboolean
check_reference(const xmlNode *reference, GError **error)
{
    g_autofree char *uri = document_attribute(reference, NULL, "URI");
    xmlNode *transforms = only(reference, DSIG_NS, "Transforms");

    if (uri == NULL || uri[0] != '#' || xmlValidateNCName(BAD_CAST (uri + 1), 0) != 0)
        return fail(error, "soap.algorithm", "a reference leads elsewhere than to an element of this document");
    if (transforms == NULL || document_count(transforms, NULL, NULL) != 1 || !has_algorithm(transforms, "Transform", c14n_methods) ||
        !has_algorithm(reference, "DigestMethod", digest_methods) || only(reference, DSIG_NS, "DigestValue") == NULL ||
        document_count(reference, NULL, NULL) != 3)
        return fail(error, "soap.algorithm", "a reference is not digested by exclusive C14N and SHA-256 alone");
    return TRUE;
}

static gboolean
check_algorithms(const Parts *parts, GError **error)
{
    guint n = document_count(parts->info, DSIG_NS, "Reference");

    if (!has_algorithm(parts->info, "CanonicalizationMethod", c14n_methods) || !has_algorithm(parts->info, "SignatureMethod", signature_methods) ||
        document_count(parts->info, NULL, NULL) != n + 2)
        return fail(error, "soap.algorithm", "it is not exclusive C14N with rsa-sha256 or ecdsa-sha256");
    if (n < 1 || n > REFERENCES_MAX)
        return fail(error, "soap.coverage", "it has no references, or more than 8");
    for (xmlNode *node = document_first(parts->info, DSIG_NS, "Reference"); node != NULL; node = document_next(node, DSIG_NS, "Reference")) {
        if (!check_reference(node, error))
            return FALSE;
    }
    return TRUE;
}

/* Which nodes the references name, before anything is computed. Beside Body and Timestamp only blocks of the header may be signed: a
 * reference into a Body-like thing elsewhere is how wrapping begins. */
static gboolean
check_coverage(const Parts *parts, Proof *proof, GError **error)
{
    gboolean has_body = FALSE, has_time = FALSE;

    for (xmlNode *node = document_first(parts->info, DSIG_NS, "Reference"); node != NULL; node = document_next(node, DSIG_NS, "Reference")) {
        g_autofree char *uri = document_attribute(node, NULL, "URI");
        xmlNode *target = g_hash_table_lookup(parts->ids, uri + 1);

        if (target == NULL || (target != parts->envelope->body && target->parent != parts->security && target->parent != parts->envelope->header))
            return fail(error, "soap.coverage", "a reference leads to something that is neither Body nor a block of the header");
        if (target == parts->envelope->body && !has_body) {
            proof->body_digest = document_text(document_first(node, DSIG_NS, "DigestValue"));
            has_body = TRUE;
        }
        has_time = has_time || target == parts->time;
    }
    return (has_body && has_time) || fail(error, "soap.coverage", "Body and Timestamp are not both signed");
}

/* Nineteen characters of RFC 3339, perhaps a fraction, and Z. */
static gboolean
is_utc(const char *text)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd";
    gsize digits;

    for (guint i = 0; shape[i] != '\0'; i++) {
        if (shape[i] == 'd' ? !g_ascii_isdigit(text[i]) : text[i] != shape[i])
            return FALSE;
    }
    text += strlen(shape);
    if (*text != '.')
        return strcmp(text, "Z") == 0;
    digits = strspn(text + 1, "0123456789");
    return digits >= 1 && digits <= 9 && strcmp(text + 1 + digits, "Z") == 0;
}

/* wsu:Created and wsu:Expires. */
static gboolean
read_time(const xmlNode *parent, const char *name, gint64 *at_us)
{
    xmlNode *node = only(parent, WSU_NS, name);
    g_autofree char *text = node != NULL ? document_text(node) : NULL;
    g_autoptr(GDateTime) time = text != NULL && is_utc(text) ? g_date_time_new_from_iso8601(text, NULL) : NULL;

    if (time == NULL)
        return FALSE;
    *at_us = g_date_time_to_unix(time) * G_USEC_PER_SEC;
    return TRUE;
}

static gboolean
check_time(const Parts *parts, gint64 now_us, Proof *proof, GError **error)
{
    if (document_count(parts->time, NULL, NULL) != 2 || !read_time(parts->time, "Created", &proof->created_us) ||
        !read_time(parts->time, "Expires", &proof->expires_us))
        return fail(error, "soap.time", "its Timestamp does not hold Created and Expires in UTC");
    if (proof->expires_us <= proof->created_us || proof->expires_us - proof->created_us > LIFE_MAX_US)
        return fail(error, "soap.time", "its Timestamp lasts longer than five minutes, or not at all");
    if (now_us < proof->created_us - LIFE_MAX_US || now_us >= proof->expires_us)
        return fail(error, "soap.time", "its Timestamp is of another time; are both clocks right?");
    return TRUE;
}

static gboolean
verify_with(const Parts *parts, xmlSecKeyPtr key)
{
    xmlSecDSigCtxPtr context = xmlSecDSigCtxCreate(NULL);
    gboolean good;

    if (context == NULL)
        g_error("out of memory");
    context->enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
    context->signKey = xmlSecKeyDuplicate(key);
    good = context->signKey != NULL && xmlSecDSigCtxVerify(context, parts->signature) == 0 && context->status == xmlSecDSigStatusSucceeded;
    xmlSecDSigCtxDestroy(context);
    return good;
}

/* The keys that may have signed, and whether one did. */
static gboolean
check_signature(const Trust *trust, const Parts *parts, gint64 now_us, Proof *proof, GError **error)
{
    g_autoptr(GPtrArray) candidates = trust_find_keys(trust, parts->key_info, parts->token, parts->ids, now_us, error);

    for (guint i = 0; candidates != NULL && i < candidates->len; i++) {
        const TrustKey *candidate = candidates->pdata[i];

        if (!verify_with(parts, candidate->key))
            continue;
        g_strlcpy(proof->signer, candidate->signer, sizeof proof->signer);
        return TRUE;
    }
    return candidates != NULL && fail(error, "soap.signature", "it does not verify");
}

static char *
compact_text(const xmlNode *node)
{
    g_autofree char *text = document_text(node);
    GString *out = g_string_new(NULL);

    for (const char *c = text; *c != '\0'; c++) {
        if (!g_ascii_isspace(*c))
            g_string_append_c(out, *c);
    }
    return g_string_free(out, FALSE);
}

gboolean
security_verify(const Trust *trust, const Envelope *envelope, gint64 now_us, Proof *proof, GError **error)
{
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Parts parts = { .envelope = envelope, .ids = ids };

    *proof = (Proof) { 0 };
    if (has_comment(envelope->body))
        return fail(error, "soap.comment", "there is a comment inside Body");
    if (!find_parts(&parts, error) || !register_ids(&parts, error) || !check_algorithms(&parts, error))
        return FALSE;
    if (has_comment(parts.security))
        return fail(error, "soap.comment", "there is a comment inside Security");
    if (!check_coverage(&parts, proof, error) || !check_signature(trust, &parts, now_us, proof, error) || !check_time(&parts, now_us, proof, error)) {
        proof_clear(proof);
        return FALSE;
    }
    proof->signature = compact_text(document_first(parts.signature, DSIG_NS, "SignatureValue"));
    return TRUE;
}
