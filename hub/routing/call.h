/* SPDX-License-Identifier: Apache-2.0 */
/* call.h: the link as one call of a verb sees it: the endpoint's wire, the call's deadline and cancellation, and what was answered last. */
#pragma once

#include <lienthong/plugin.h>
#include "routing/link.h"
#include "routing/transcript.h"

typedef enum { LT_CALL_LIVE, LT_CALL_DRY, LT_CALL_REPLAY, LT_CALL_SCRIPT } LtCallMode;

/* Answers in place of the wire: a test case, or the hub on the other side of a plugin host. */
typedef struct {
    LtReply *(*answer)(gpointer data, LtTranscript *transcript, LtRequest *request, GError **error);
    gpointer data;
    void (*mask)(gpointer data, const char *secret); /* nullable */
    void (*keep)(gpointer data, LtReply *reply);     /* nullable: an answer of another call became the receipt */
    gboolean is_dry;
} LtScript;

typedef struct {
    LtLinkTarget *target;     /* nullable: the endpoint has no url */
    LtTranscript *transcript; /* keeps or plays back */
    LtCallMode mode;
    const LtScript *script;   /* of LT_CALL_SCRIPT */
    gint64 deadline_us;       /* monotonic */
    GCancellable *cancellable;
    LtInbox *inbox;           /* nullable: where an answer to a delivery is handed in */
} LtCallOptions;

/** lt_link_new: everything in @options is borrowed until lt_link_free() */
LtLink *lt_link_new(const LtCallOptions *options);
void lt_link_free(LtLink *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtLink, lt_link_free)
/**
 * lt_link_take_receipt:
 * @type: (out) (nullable): its media type
 *
 * Returns: (transfer full) (nullable): the last answer's body, verbatim; in dry mode the requests that would have been sent
 */
GBytes *lt_link_take_receipt(LtLink *self, char **type);
