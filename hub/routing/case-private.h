/* SPDX-License-Identifier: Apache-2.0 */
/* case-private.h: what case.c, which reads cases, and case-run.c, which runs them, share. */
#pragma once

#include "routing/case.h"

/* Keys of case.conf, section [case]. */
typedef struct {
    char *verb;
    char *type, *from, *to, *id, *dossier, *issued;
    char *payload;       /* nullable */
    char **attachments;  /* nullable: file names beside case.conf */
    char *role, *media_type;
    char *cursor;        /* nullable: of collect, before */
    char *cursor_after;  /* nullable: expected */
    char *outcome;
    char *reason;        /* nullable */
} LtCaseKeys;

/* One request that is expected, and what is answered. */
typedef struct {
    char *request_path;  /* nullable: any request */
    char *reply_path;
} LtCaseExchange;

struct _LtCase {
    char *name;
    char *folder;
    gboolean is_mapping;   /* X.in, X.out */
    LtCaseKeys keys;
    GPtrArray *exchanges;  /* of LtCaseExchange * */
    char **attachments;    /* nullable: whole paths */
    char *expected;        /* nullable: X.out, messages.txt or answer.http: file */
    char *received;        /* nullable: received.http */
};

/** lt_case_compare: @expected may hold {any}. Returns: (transfer full) (nullable): the first line that differs */
char *lt_case_compare(const char *expected, const char *found);
/** lt_case_render_built: a message that was handed in, as text */
char *lt_case_render_built(LtMessageBuilder *message);
