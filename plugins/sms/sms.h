/* SPDX-License-Identifier: Apache-2.0 */
/* sms.h: what the files of this plugin share. */
#pragma once

#include <lienthong/plugin.h>

#include "credential.h"
#include "exchange.h"
#include "template.h"
#include "text.h"

typedef struct {
    char *send_path, *sender, *request_map, *reply_map;
    char *templates, *language, *diacritics;
    char **states;
    gint64 max_segments;
    char *consent, *language_member;
    char *quiet_from, *quiet_to;
    char *answer_form;
    char *auth, *user, *password, *token, *auth_header;

    /* made by open */
    Templates *texts;
    Mapping *request, *reply;
    Credential *credential;
    int quiet_from_min, quiet_to_min; /* minutes of the local day */
} Sms;

/** sms_text: the text of an event, as it goes on the air. Errors: CONFIG `sms.length`: more than max_segments */
char *sms_text(const Sms *self, const char *language, const char *event, const char *code, int state, TextSize *size, GError **error);

/* notice.c */
/** sms_quiet_left_s: seconds until the quiet hours are over; 0: they are not. @now_s: seconds since 1970, UTC */
gint64 sms_quiet_left_s(const Sms *self, gint64 now_s);
gboolean sms_deliver(gpointer data, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error);

/* look-up.c */
gboolean sms_receive(gpointer data, LtRequest *request, LtReply **reply, LtInbox *inbox, GCancellable *cancellable, GError **error);
