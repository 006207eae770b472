/* SPDX-License-Identifier: Apache-2.0 */
/* rest.h: what the files of this plugin share. */
#pragma once

#include <lienthong/plugin.h>

#include "credential.h"
#include "exchange.h"

typedef struct {
    char *form;
    char *path;
    char *deliver_map, *reply_map, *answer_map, *collect_map, *items_map, *token_map;
    char *attachments;
    gint64 attachments_max;
    gint64 map_time;
    gint64 map_memory;
    char *auth;
    char *user, *password;
    char *token, *auth_header, *auth_query;
    char *token_path, *token_form, *client_id, *client_secret, *scope;
    char *hmac_secret, *hmac_text, *hmac_hash, *hmac_encoding;
    char **hmac_headers;
    char **types;

    /* made by open */
    Mapping *deliver, *reply, *answer, *collect, *items, *ask_token;
    Credential *credential;
} Rest;

/* reply.c */
/**
 * rest_judge: the outcome of a delivery from the answer
 * @expired: (out): the reply map says that our session or token is no longer known; then the result is FALSE without an error
 */
gboolean rest_judge(const Rest *self, LtReply *reply, LtMessage *message, gboolean *expired, GError **error);
/** rest_hand_in_answer: what the answer map finds in the answer to a delivery, for the unit that asked */
gboolean rest_hand_in_answer(const Rest *self, LtReply *reply, LtMessage *message, LtLink *link, GError **error);

/* collect.c */
gboolean rest_collect(gpointer data, LtInbox *inbox, LtLink *link, GCancellable *cancellable, GError **error);
