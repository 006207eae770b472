/* SPDX-License-Identifier: Apache-2.0 */
/* portal.h: what the files of this plugin share. */
#pragma once

#include <lienthong/plugin.h>

#include "batch.h"
#include "credential.h"
#include "exchange.h"

typedef struct {
    char *form;
    char *dstcode, *dstcode_in;
    char *login_path, *service_path, *share_path, *username, *password, *unit_code;
    gint64 session_life;
    char *token_path, *client_id, *client_secret, *dossier_path, *progress_path, *state_path, *upload_path;
    gint64 batch_size, batch_wait, attachments_max;
    char *dossier_map, *reply_map, *filing_map;
    char *portal_unit, **unit_codes;
    char *catalogue, **catalogue_services;
    gint64 catalogue_every;

    /* made by open */
    gboolean is_token_form;
    Mapping *dossier, *reply, *filing;
    Credential *credential; /* form = token */
    Batch *progress, *states;
    GMutex mutex;           /* guards the session */
    char *session;          /* nullable */
    gint64 session_until_us;
} Portal;

typedef enum { PORTAL_FAILED, PORTAL_OK, PORTAL_EXISTS, PORTAL_MISSING, PORTAL_EXPIRED } PortalOutcome;

/* codes.c */
/** codes_value: Returns: {to, from, marks}: LoaiDoiTuong of payloads to this form's codes and back; marks: codes that ours cannot say */
jv codes_value(gboolean is_token_form);

/* portal.c */
/** portal_judge: what an answer means. PORTAL_FAILED: @error is set */
PortalOutcome portal_judge(const Portal *self, const char *service, LtReply *reply, GError **error);
/** portal_call: one service in the form of this endpoint. @arguments: (transfer full); @reply: (out) (optional) */
PortalOutcome portal_call(Portal *self, const char *service, jv arguments, LtLink *link, LtReply **reply, GError **error);

/* session.c */
PortalOutcome session_call(Portal *self, const char *service, jv arguments, LtLink *link, LtReply **reply, GError **error);

/* token.c */
PortalOutcome token_call(Portal *self, const char *service, jv arguments, LtLink *link, LtReply **reply, GError **error);
/** token_upload: Returns: {name: {IdTepTin, HashTepTin}} of all attachments; invalid on error */
jv token_upload(Portal *self, LtMessage *message, LtLink *link, GError **error);

/* catalogue.c */
gboolean portal_collect(gpointer data, LtInbox *inbox, LtLink *link, GCancellable *cancellable, GError **error);

/* filing.c */
gboolean portal_receive(gpointer data, LtRequest *request, LtReply **reply, LtInbox *inbox, GCancellable *cancellable, GError **error);
