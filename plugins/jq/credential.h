/* SPDX-License-Identifier: Apache-2.0 */
/* credential.h: how a request says who we are, and what is renewed when the other side no longer believes it. */
#pragma once

#include <lienthong/plugin.h>

#include "mapping.h"

typedef struct _Credential Credential;

/* Borrowed as long as the credential lives: members of the plugin's own struct. */
typedef struct {
    const char *kind;                      /* "none", "basic", "bearer", "header", "query", "oauth2" or "hmac" */
    const char *user, *password;           /* basic; hmac: user is {user} */
    const char *token, *header, *query;    /* bearer; header: name of the header; query: name of the parameter; oauth2: token in header beside it */
    const char *token_path, *token_form;   /* oauth2: "basic", "form" or "json" */
    const char *client_id, *client_secret, *scope;
    Mapping *token_map;                    /* oauth2: nullable: makes the request itself */
    const char *hmac_secret, *hmac_text, *hmac_hash, *hmac_encoding;
    char **hmac_headers;
} CredentialOptions;

/** credential_new: Errors: CONFIG `auth.settings`: a key that this kind needs is missing, an unknown {placeholder} */
Credential *credential_new(const CredentialOptions *options, GError **error);
void credential_free(Credential *self);

/** credential_reads_body: the body must be in memory: it is signed, or may have to be sent again */
gboolean credential_reads_body(const Credential *self);
/** credential_dress: (transfer full): a map's output with what belongs into its query */
jv credential_dress(const Credential *self, jv output);
/** credential_expire: what was obtained is no longer good; the next request gets a new one */
void credential_expire(Credential *self);

/**
 * credential_send:
 *
 * lt_link_send() with the credential. A token that was obtained is fetched when there is none or its time is nearly over; an answer of 401 makes it fetch
 * one new token and send once more. In a dry run no token is fetched.
 *
 * Errors: those of lt_link_send(); CONFIG `auth.token`: the token service says no; UNAVAILABLE: it does not answer, or nonsense
 */
LtReply *credential_send(Credential *self, LtLink *link, LtRequest *request, GError **error);
