/* SPDX-License-Identifier: Apache-2.0 */
/* rest.h: what the files of this plugin share. */
#pragma once

#include <lienthong/plugin.h>

#include "mapping.h"
#include "value.h"

typedef struct {
    char *form;
    char *path;
    char *deliver_map, *reply_map, *collect_map, *items_map;
    char *attachments;
    gint64 attachments_max;
    gint64 map_time;
    gint64 map_memory;
    char *auth;
    char *user;
    char *password;
    char *token;
    char *auth_header;
    char **types;

    /* made by open */
    Mapping *deliver, *reply, *collect, *items;
    char *credential; /* value of the header, nullable */
} Rest;

/* request.c */
/** rest_header_value: Returns: the message's header as the maps see it */
jv rest_header_value(LtMessage *message);
/** rest_map_input: Returns: {header, payload, attachments}; invalid on error */
jv rest_map_input(const Rest *self, LtMessage *message, GError **error);
/** rest_request_of: a map's output as a request, with the credential of this endpoint. Errors: CONFIG `rest.map.output` */
LtRequest *rest_request_of(const Rest *self, jv output, GError **error);
void rest_add_credential(const Rest *self, LtRequest *request);

/* reply.c */
/** rest_reply_value: Returns: {status, headers, body}: the body parsed when it is JSON, as text when it is UTF-8, else null */
jv rest_reply_value(LtReply *reply);
/** rest_set_nonsense: UNAVAILABLE `rest.reply.nonsense`: what the map said, and why the body is no JSON, if it is none */
void rest_set_nonsense(LtReply *reply, const GError *cause, GError **error);
/** rest_judge: the outcome of a delivery from the answer. @message: (nullable) */
gboolean rest_judge(const Rest *self, LtReply *reply, LtMessage *message, GError **error);

/* collect.c */
gboolean rest_collect(gpointer data, LtInbox *inbox, LtLink *link, GCancellable *cancellable, GError **error);
