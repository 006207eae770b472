/* SPDX-License-Identifier: Apache-2.0 */
/* sample.h: messages out of nothing, for trying an endpoint and for its test cases: not sealed, and unknown to store and log. */
#pragma once

#include "base/message.h"

/* What such a message is made of. Strings are borrowed. */
typedef struct {
    const char *type, *from, *to;
    const char *id;                 /* nullable: a new one */
    const char *dossier;            /* nullable: a new one, where the type has one */
    gint64 issued_us;               /* 0: now */
    GBytes *payload;                /* nullable */
    const char *const *attachments; /* nullable: paths */
    const char *role, *media_type;  /* of the attachments */
    GBytes *paper;                  /* nullable: in place of attachments: content of the only one */
} LtSample;

/** lt_sample_message: Errors: UNAVAILABLE when an attachment cannot be read */
LtMessage *lt_sample_message(const LtSample *sample, GError **error);

/** lt_sample_payload: Returns: (transfer full) (nullable): the built-in payload of a message type */
GBytes *lt_sample_payload(const char *type);
/** lt_sample_types: Returns: (transfer full): types that have a built-in payload, in order of name */
char **lt_sample_types(void);
/** lt_sample_paper: Returns: (transfer full): a small PDF that says that it is a sample */
GBytes *lt_sample_paper(void);
