/* SPDX-License-Identifier: Apache-2.0 */
/* caller.c: from what nginx says of a connection, or from a token, to a unit.
 *
 * Whether a certificate is good was nginx's question (chain, dates, CRL, proof of the key); whose key it is, is ours, and is asked of the registry for each request, so that a
 * change counts at once. What each site does not ask for is not looked at: a token on the peer site is nobody.
 */
#include "http/caller.h"

#include <string.h>

#define CACHED 1024        /* certificates; then the cache starts anew */
#define MAX_CERTIFICATE 24576

struct _LtCallerCache {
    GHashTable *keys; /* escaped PEM → 64 hex */
};

LtCallerCache *
lt_caller_cache_new(void)
{
    LtCallerCache *self = g_new0(LtCallerCache, 1);

    self->keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return self;
}

void
lt_caller_cache_free(LtCallerCache *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->keys);
    g_free(self);
}

/* Returns: (nullable): SHA-256 of the key; NULL when the text is no certificate. */
static const char *
key_of_certificate(LtCallerCache *cache, const char *escaped)
{
    const char *known = g_hash_table_lookup(cache->keys, escaped);
    g_autofree char *pem = NULL;
    char *spki;

    if (known != NULL)
        return known;
    if (strlen(escaped) > MAX_CERTIFICATE)
        return NULL;
    pem = g_uri_unescape_string(escaped, NULL);
    spki = pem == NULL ? NULL : lt_certificate_spki((const guint8 *) pem, strlen(pem), NULL);
    if (spki == NULL)
        return NULL;
    if (g_hash_table_size(cache->keys) >= CACHED)
        g_hash_table_remove_all(cache->keys);
    g_hash_table_insert(cache->keys, g_strdup(escaped), spki);
    return spki;
}

static gboolean
fail(GError **error, const char *text)
{
    lt_error_set(error, LT_ERROR_FORBIDDEN, "env.peer.unknown", "%s", text);
    return FALSE;
}

static gboolean
identify_by_certificate(LtCallerCache *cache, LtRegistry *registry, const LtCredentials *credentials, gint64 now_us, LtCaller *out, GError **error)
{
    if (credentials->certificate == NULL || g_strcmp0(credentials->verify, "SUCCESS") != 0)
        return fail(error, "the connection has no verified certificate");
    out->peer = key_of_certificate(cache, credentials->certificate);
    if (out->peer == NULL)
        return fail(error, "the certificate of the connection cannot be read");
    out->unit = lt_registry_unit_of_key(registry, out->peer, now_us, &out->is_hub);
    return out->unit != NULL || fail(error, "the certificate's key belongs to no unit at this time");
}

static gboolean
identify_by_token(LtRegistry *registry, const char *authorization, gint64 now_us, LtCaller *out, GError **error)
{
    if (authorization == NULL || g_ascii_strncasecmp(authorization, "Bearer ", 7) != 0)
        return fail(error, "the request has no bearer token");
    out->unit = lt_registry_unit_of_token(registry, authorization + 7, now_us, &out->peer);
    return out->unit != NULL || fail(error, "the bearer token belongs to no unit at this time");
}

static gboolean
identify(LtCallerCache *cache, LtRegistry *registry, guint site, const LtCredentials *credentials, gint64 now_us, LtCaller *out, GError **error)
{
    *out = (LtCaller) { 0 };
    if ((site & LT_SITE_API) != 0 && (credentials->authorization != NULL || (site & LT_SITE_PEER) == 0))
        return identify_by_token(registry, credentials->authorization, now_us, out, error);
    if ((site & LT_SITE_PEER) != 0)
        return identify_by_certificate(cache, registry, credentials, now_us, out, error);
    return fail(error, "units have no business on this site");
}

gboolean
lt_caller_identify(LtCallerCache *cache, LtRegistry *registry, guint site, const LtCredentials *credentials, gint64 now_us, LtCaller *out, GError **error)
{
    if (!identify(cache, registry, site, credentials, now_us, out, error))
        return FALSE;
    if (lt_registry_suspension(registry, out->unit, now_us) == NULL)
        return TRUE;
    lt_error_set(error, LT_ERROR_FORBIDDEN, "env.peer.suspended", "unit %s is suspended", out->unit);
    out->unit = NULL;
    return FALSE;
}
