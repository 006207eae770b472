/* SPDX-License-Identifier: Apache-2.0 */
/* caller.h: who calls: a certificate that nginx has checked, or a bearer token, becomes a unit that is registered and alive (S1). */
#pragma once

#include "http/listener.h"
#include "routing/intake.h"

/* Certificates already read: the escaped text that nginx sends → SHA-256 of the key in it. One per thread, no lock. */
typedef struct _LtCallerCache LtCallerCache;
LtCallerCache *lt_caller_cache_new(void);
void lt_caller_cache_free(LtCallerCache *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtCallerCache, lt_caller_cache_free)

/* What the request says of its sender. All nullable. */
typedef struct {
    const char *verify;         /* X-Lt-Verify */
    const char *certificate;    /* X-Lt-Cert: PEM, URL-escaped */
    const char *authorization;
} LtCredentials;

/**
 * lt_caller_identify:
 * @site: a certificate counts on the peer site only, a token on the api site only; on a demo's port both do
 * @out: (out): its strings live in @registry and @cache, until the next call; @out->peer is set also when a readable certificate is unknown
 *
 * Errors: %LT_ERROR_FORBIDDEN `env.peer.unknown`, `env.peer.suspended`
 */
gboolean lt_caller_identify(LtCallerCache *cache, LtRegistry *registry, guint site, const LtCredentials *credentials, gint64 now_us, LtCaller *out, GError **error);
