/* SPDX-License-Identifier: Apache-2.0 */
/* client.h: how a unit's command line reaches a hub: URL, token or client certificate. Used by `send` and `inbox`. */
#pragma once

#include "base/settings.h"
#include "routing/link.h"

typedef struct {
    char *hub;
    char *token;
    char *ca;
    char *client_certificate;
    char *client_key;
} LtClientSettings;

/* Rows for the options of a command whose struct holds an LtClientSettings as @member. */
#define LT_CLIENT_KEY_(Struct, member, field, type, preset, help)                                                      \
    { #field, type, G_STRUCT_OFFSET(Struct, member.field), preset, NULL, help }
#define LT_CLIENT_KEYS(Struct, member)                                                                                 \
    LT_CLIENT_KEY_(Struct, member, hub, LT_KEY_URL, NULL, "URL of the hub, such as https://hub.sonla.example"),        \
        LT_CLIENT_KEY_(Struct, member, token, LT_KEY_PATH, "", "file that holds the unit's token"),                    \
        LT_CLIENT_KEY_(Struct, member, ca, LT_KEY_PATH, "", "PEM file of the CA of the hub's TLS certificate"),        \
        LT_CLIENT_KEY_(Struct, member, client_certificate, LT_KEY_PATH, "", "PEM certificate for TLS, instead of a token"), \
        LT_CLIENT_KEY_(Struct, member, client_key, LT_KEY_PATH, "", "its private key")

typedef struct _LtClient LtClient;
LtClient *lt_client_new(const LtClientSettings *settings, GError **error);
void lt_client_free(LtClient *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtClient, lt_client_free)
/** lt_client_send: (transfer full) @request: adds the token and waits */
LtReply *lt_client_send(LtClient *self, LtRequest *request, GError **error);
/** lt_client_fail: makes an error of a problem document: its code is the reason */
void lt_client_fail(LtReply *reply, GError **error);
