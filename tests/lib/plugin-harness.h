/* SPDX-License-Identifier: Apache-2.0 */
/* plugin-harness.h: a real plugin, opened by the real loader as a real endpoint, with a link that is live, dry or plays back, and an inbox
 * that keeps what it is given so that a test can look at it. The program must be linked with export_dynamic. */
#pragma once

#include "base/message.h"
#include "routing/endpoint.h"

typedef struct {
    LtLoader *loader;
    LtLinkThread *thread;
    LtEndpointShared shared;
    char *folder; /* of this test, removed at the end */
} Harness;

/** harness_new: plugins come from $LTHUB_PLUGINS */
Harness *harness_new(void);
void harness_free(Harness *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Harness, harness_free)
/** harness_file: Returns: (transfer full): path of a file of this test; written when @content is given */
char *harness_file(Harness *self, const char *name, const char *content);
/** harness_endpoint: the lines of an [endpoint t] section; asserts that there is no fault */
LtEndpoint *harness_endpoint(Harness *self, const char *lines);
/** harness_fault: asserts that there is exactly one fault. Returns: (transfer full): it, from "[endpoint t]" on */
char *harness_fault(Harness *self, const char *lines);

/* A message out of nothing. */
typedef struct {
    const char *id, *type, *from, *to, *dossier; /* nullable: a preset */
    const char *payload;                         /* nullable: "{}" */
    const char *payload_type;                    /* nullable: application/json */
    const char *const *attachments;              /* nullable: contents; each is a text/plain with the role "form" */
    GBytes *envelope;                            /* nullable: "container" */
} HarnessMessage;
LtMessage *harness_message(const HarnessMessage *fields);

/* The inbox under lt_inbox_*(). */
typedef struct {
    GPtrArray *built;       /* of LtMessageBuilder * */
    char *cursor;
    LtMessage *submission;  /* what lt_inbox_find_submission() finds for the code "known" */
    const char *code;           /* instead of "known" */
    const char *handed_in_code; /* nullable: the code for which lt_inbox_find_handed_in() finds it */
    int fail_code;          /* LtErrorCode of the refusal, for messages whose key is in @fail_key */
    const char *fail_key;
    LtStanding standing;    /* what lt_inbox_find_standing() says of the code in @standing_code, of no other */
    const char *standing_code; /* nullable: "known" */
} HarnessInbox;
LtInbox *harness_inbox(HarnessInbox *inbox);
void harness_inbox_clear(HarnessInbox *inbox);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HarnessInbox, harness_inbox_clear)
